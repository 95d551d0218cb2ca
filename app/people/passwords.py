"""Passwords: what is a good one, and what is kept in its place.

Kept is an Argon2id hash that nobody can turn back; see RFC 9106.
"""

import unicodedata
from collections.abc import Iterable
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from app.core.errors import PeopleError, UsageError
from app.core.people import Person
from app.people.logins import folded
from app.system import paths

SHORTEST: Final = 8
"""Characters; NIST SP 800-63B asks for no more of a password, and for no mixture."""
LONGEST: Final = 128
_FEWEST_DIFFERENT: Final = 3


class Passwords:
    """Makes and checks hashes; the defaults are what RFC 9106 recommends second."""

    def __init__(
        self, *, rounds: int = 3, memory_kib: int = 64 * 1024, lanes: int = 4
    ) -> None:
        """Take the cost of one hash: section 4 of RFC 9106, for less memory."""
        self._hasher = PasswordHasher(
            time_cost=rounds, memory_cost=memory_kib, parallelism=lanes
        )

    def hashed(self, password: str) -> str:
        """Give what is kept of a password."""
        return self._hasher.hash(_bytes(password))

    def fits(self, kept: str, password: str) -> bool:
        """Say whether it is the password of which this was kept.

        Raises:
            PeopleError: What was kept is no hash: somebody has meddled with it.
        """
        try:
            return self._hasher.verify(kept, _bytes(password))
        except VerifyMismatchError:
            return False
        except (InvalidHashError, VerificationError) as error:
            raise PeopleError(
                "账户文件里的密码记录已损坏, 不能核对密码",
                "请由管理账户的人员重设这个账户的密码。",
            ) from error

    def fits_nobody(self, password: str) -> None:
        """Take as long as `fits` does: a login that there is not must not show."""
        self.hashed(password)

    def is_weaker(self, kept: str) -> bool:
        """Say whether it was hashed at another cost than is usual today."""
        return self._hasher.check_needs_rehash(kept)


def check_new(password: str, person: Person) -> None:
    """Refuse a password that is guessed soon.

    Raises:
        UsageError: Too short, too long, too common, the person's own name, or with
            what takes an input method to type.
    """
    plain = _plain(password)
    if len(plain) < SHORTEST:
        raise UsageError(
            f"密码只有{len(plain)}个字符, 至少要{SHORTEST}个", "请换一个更长的密码。"
        )
    if len(plain) > LONGEST:
        raise UsageError(f"密码超过{LONGEST}个字符", "请换一个短一些的密码。")
    if not (plain.isascii() and plain.isprintable()):
        # The field for a password takes no input method: it could not be typed there.
        raise UsageError("密码里有登录时打不出来的字", "请只用字母、数字和符号。")
    lowered = folded(plain)
    # 「zhangwei2026」 is tried as soon as 「zhangwei」 is.
    stem = lowered.strip("0123456789!@#.·_- ")
    if {lowered, stem} & {folded(person.login), folded(person.name)}:
        raise UsageError(
            "密码就是登录名或姓名, 很容易猜到", "请换一个和姓名无关的密码。"
        )
    if len(set(lowered)) < _FEWEST_DIFFERENT or lowered in _common():
        raise UsageError(
            "这个密码太常见, 很容易猜到", "请换一个, 例如几个不相干的词连在一起。"
        )


@cache
def _common() -> frozenset[str]:
    path = paths.resources() / "people" / "common_passwords.txt"
    try:
        lines: Iterable[str] = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise PeopleError(
            f"常见密码表读不出来: {error.strerror}", "请重新取得完整的程序。"
        ) from error
    return frozenset(folded(line) for line in lines if line and line[0] != "#")


def _plain(password: str) -> str:
    """Give the one spelling of a password, whatever keyboard it was typed on."""
    return unicodedata.normalize("NFKC", password)


def _bytes(password: str) -> bytes:
    """Give what is hashed; what a terminal could not read is merely wrong."""
    return _plain(password).encode("utf-8", "surrogatepass")
