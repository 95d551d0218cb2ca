"""Logins and names: what they may be, and when two logins are the same."""

import re
import unicodedata
from typing import Final

from app.core.errors import UsageError

LONGEST_LOGIN: Final = 32
LONGEST_NAME: Final = 64
_LOGIN: Final = re.compile(r"[0-9A-Za-z㐀-䶿一-鿿][0-9A-Za-z㐀-䶿一-鿿._-]*")


def folded(login: str) -> str:
    """Give what two spellings of a login have in common: case and width say nothing."""
    return unicodedata.normalize("NFKC", login).strip().casefold()


def same_name(name: str) -> str:
    """Give what two spellings of a full name have in common: blanks say nothing."""
    return folded("".join(name.split()))


def checked_login(login: str) -> str:
    """Give a login as it is kept.

    Raises:
        UsageError: Empty, too long, or with other characters.
    """
    plain = unicodedata.normalize("NFKC", login).strip()
    if not _LOGIN.fullmatch(plain) or len(plain) > LONGEST_LOGIN:
        raise UsageError(
            f"登录名「{plain[:LONGEST_LOGIN]}」不能用",
            "请只用字母、数字、汉字和 . _ -, 以字母、数字或汉字开头, "
            f"不超过{LONGEST_LOGIN}个字。",
        )
    return plain


def checked_name(name: str) -> str:
    """Give a full name as it is kept.

    Raises:
        UsageError: Empty, too long, or not to be printed.
    """
    plain = " ".join(name.split())
    if not plain or len(plain) > LONGEST_NAME or not plain.isprintable():
        raise UsageError(
            "姓名不能用" if plain else "没有写姓名",
            f"请写上真实姓名, 不超过{LONGEST_NAME}个字。",
        )
    return plain
