"""The accounts of the desk from the command line: `griddesk people`.

A password is never an argument: it is typed without echo, or is one line of standard
input. Where both are needed, the password of whoever does it comes first.
"""

import asyncio
from collections.abc import Sequence
from typing import Annotated

import typer

from app.commands.acting import (
    AsLogin,
    acting,
    read_new_password,
    signed_in,
)
from app.commands.errors import opened, told
from app.commands.output import Json, note, print_json
from app.core.errors import UsageError
from app.core.people import ROLE_NAMES, May, Person, Role

app = typer.Typer(help="The accounts of this desk.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Login = Annotated[str, typer.Argument(help="Whose account.")]

ALONE = "未设账户, 任何人都以「{operator}」的名义操作"
"""What a desk without accounts says of itself."""


@app.command("list")
def list_people(as_json: AsJson = False) -> None:
    """List the accounts: login, name, role, and what keeps somebody out."""
    with told(as_json), opened() as house:
        everybody = house.presence.people.everybody()
        operator = house.settings.desk.operator
    if as_json:
        print_json({"people": [_person_json(each) for each in everybody]})
        return
    for each in everybody:
        print(_line(each))
    if not everybody:
        note(f"{ALONE.format(operator=operator)}。")


@app.command("add")
def add(
    login: Annotated[str, typer.Argument(help="Short name that is typed to sign in.")],
    name: Annotated[str, typer.Argument(help="Full name, as the log shows it.")],
    role: Annotated[
        Role, typer.Option("--role", help="What the person is at this desk.")
    ] = Role.OPERATOR,
    as_json: AsJson = False,
    by: AsLogin = "",
) -> None:
    """Make an account. Its password must be changed at the first sign-in.

    The first account must be an installer's: somebody must keep the others.
    """
    with told(as_json), opened() as house:
        acting(house, May.KEEP_PEOPLE, by)
        first = not house.presence.configured
        password = read_new_password(f"{login} 的初始密码")
        wanted = Person(login=login, name=name, role=role)
        made = house.presence.people.add(wanted, password)
        _tell("已建立账户", made, as_json=as_json)
    if first:
        note("这是第一个账户: 从现在起, 使用值班台要先登录。")


@app.command("change")
def change(
    login: Login,
    name: Annotated[str | None, typer.Option("--name", help="Another name.")] = None,
    role: Annotated[Role | None, typer.Option("--role", help="Another role.")] = None,
    as_json: AsJson = False,
    by: AsLogin = "",
) -> None:
    """Give an account another name or role."""
    with told(as_json):
        if name is None and role is None:
            raise UsageError("没有说要改什么", "请加上 --name 或 --role。")
        with opened() as house:
            acting(house, May.KEEP_PEOPLE, by)
            changed = house.presence.people.change(login, name=name, role=role)
            _tell("已修改账户", changed, as_json=as_json)


@app.command("disable")
def disable(login: Login, as_json: AsJson = False, by: AsLogin = "") -> None:
    """Let an account sign in no more; the log keeps its name."""
    with told(as_json), opened() as house:
        acting(house, May.KEEP_PEOPLE, by)
        changed = house.presence.people.change(login, disabled=True)
        _tell("已停用账户", changed, as_json=as_json)


@app.command("enable")
def enable(login: Login, as_json: AsJson = False, by: AsLogin = "") -> None:
    """Let a disabled account sign in again."""
    with told(as_json), opened() as house:
        acting(house, May.KEEP_PEOPLE, by)
        changed = house.presence.people.change(login, disabled=False)
        _tell("已启用账户", changed, as_json=as_json)


@app.command("unlock")
def unlock(login: Login, as_json: AsJson = False, by: AsLogin = "") -> None:
    """Open an account that too many wrong passwords have shut."""
    with told(as_json), opened() as house:
        acting(house, May.KEEP_PEOPLE, by)
        changed = house.presence.people.unlock(login)
        _tell("已解锁账户", changed, as_json=as_json)


@app.command("reset-password")
def reset_password(login: Login, as_json: AsJson = False, by: AsLogin = "") -> None:
    """Set a new password for somebody, who must change it at the next sign-in."""
    with told(as_json), opened() as house:
        acting(house, May.KEEP_PEOPLE, by)
        password = read_new_password(f"{login} 的新密码")
        changed = house.presence.people.reset_password(login, password)
        _tell("已重设密码", changed, as_json=as_json)


@app.command("password")
def own_password(as_json: AsJson = False, login: AsLogin = "") -> None:
    """Change your own password: first the old one, then the new one."""
    with told(as_json), opened() as house:
        asyncio.run(house.presence.refresh())
        if not house.presence.configured:
            raise UsageError("本席位没有账户, 没有密码可改", "请直接使用。")
        old = signed_in(house, login)
        new = read_new_password("新密码")
        changed = asyncio.run(house.presence.change_password(old, new))
        _tell("已修改密码", changed, as_json=as_json)


def _tell(done: str, person: Person, *, as_json: bool) -> None:
    if as_json:
        print_json(_person_json(person))
    else:
        print(f"{done}: {_line(person)}")


def _line(person: Person) -> str:
    states: Sequence[str] = [
        *(["已停用"] if person.disabled else []),
        *(
            [f"锁定到 {person.locked_until.astimezone():%Y-%m-%d %H:%M}"]
            if person.locked_until
            else []
        ),
        *(["下次登录要改密码"] if person.must_change else []),
    ]
    cells = (person.login, person.name, ROLE_NAMES[person.role], ", ".join(states))
    return "\t".join(cells).rstrip()


def _person_json(person: Person) -> Json:
    until = person.locked_until
    return {
        "login": person.login,
        "name": person.name,
        "role": person.role.value,
        "must_change": person.must_change,
        "disabled": person.disabled,
        "locked_until": until.isoformat() if until else None,
    }
