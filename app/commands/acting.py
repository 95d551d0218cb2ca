"""Who acts on the command line: `--as LOGIN`, and the password that proves it."""

import asyncio
import getpass
import os
import sys
from typing import Annotated, Final

import typer

from app.compose import House
from app.core.errors import NotAllowedError, UsageError
from app.core.people import Actor, May

VARIABLE: Final = "GRIDDESK_LOGIN"
"""May name the login; a password is never taken from the environment."""
_LONGEST_LINE: Final = 1024

AsLogin = Annotated[
    str,
    typer.Option(
        "--as",
        metavar="LOGIN",
        help="Who does it, on a desk with accounts; else $GRIDDESK_LOGIN.",
    ),
]


def acting(house: House, what: May, login: str = "") -> Actor:
    """Say who does it, and refuse what he may not do.

    On a desk without accounts that is the operator of the settings. With accounts it
    asks for the password, and the sign-in is in the journal when this returns.

    Raises:
        UsageError: Nobody is named, or a login is named where there are no accounts.
        SignInError: The password is wrong, or the account is shut.
        NotAllowedError: His role may not, or the password must be changed first.
        PeopleError: The accounts cannot be read.
        JournalError: The sign-in could not be kept.
    """
    asyncio.run(house.presence.refresh())
    if house.presence.configured:
        signed_in(house, login)
        person = house.presence.person
        if person is not None and person.must_change:
            raise NotAllowedError(
                f"{person.name}的密码由他人设定, 还没有更换",
                f"请先运行 griddesk people password --as {person.login}。",
            )
    elif login:
        raise UsageError(
            f"本席位没有账户, 不能以「{login}」的名义操作",
            "请去掉 --as, 或先用 griddesk people add 建立账户。",
        )
    actor = house.presence.acting()
    actor.require(what)
    return actor


def signed_in(house: House, login: str = "") -> str:
    """Sign in who is named; give the password, for whoever changes it next.

    Raises:
        UsageError, SignInError, PeopleError, JournalError: As for `acting`.
    """
    who = (login or os.environ.get(VARIABLE, "")).strip()
    if not who:
        raise UsageError(
            "本席位设有账户, 要说明由谁操作",
            f"请加上 --as 登录名, 或设置环境变量 {VARIABLE}。",
        )
    password = read_password(f"{who} 的密码")
    asyncio.run(house.presence.sign_in(who, password, how="命令行"))
    return password


def read_password(what: str) -> str:
    """Read a password: without echo from a person, one line from a program.

    Raises:
        UsageError: There is none.
    """
    try:
        if sys.stdin.isatty():
            line = getpass.getpass(f"{what} (不显示): ")
        else:
            line = sys.stdin.readline(_LONGEST_LINE)
    except UnicodeDecodeError:
        # Not from it: the error holds what was typed.
        raise UsageError(
            f"{what}里有读不出来的字符", "请用 UTF-8 编码, 或在终端里输入。"
        ) from None
    except EOFError:
        line = ""
    plain = line.removesuffix("\n").removesuffix("\r")
    if not plain:
        raise UsageError(f"没有输入{what}", "请在终端里输入, 或从标准输入给出一行。")
    return plain


def read_new_password(what: str) -> str:
    """Read a password that is to be kept: a person types it twice.

    Raises:
        UsageError: There is none, or the two are not the same.
    """
    first = read_password(what)
    if sys.stdin.isatty() and read_password(f"{what}, 再输一次") != first:
        raise UsageError("两次输入的密码不一样, 没有改动", "请重新运行一次。")
    return first
