"""Passwords: what is refused, what is kept, and what it costs."""

import pytest

from app.core.errors import PeopleError, UsageError
from app.core.people import Person, Role
from app.people.logins import checked_login, checked_name
from app.people.passwords import Passwords, check_new

CHEAP = Passwords(rounds=1, memory_kib=8, lanes=1)
WEI = Person(login="zhangwei", name="张伟", role=Role.OPERATOR)


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("七个字的密码短", "至少要8个"),
        ("", "密码只有0个字符"),
        ("zhangwei", "登录名或姓名"),
        ("ZhangWei2026", "登录名或姓名"),
        ("zhangwei@123", "登录名或姓名"),
        ("12345678", "太常见"),
        ("Password123", "太常见"),
        ("１２３４５６７８", "太常见"),
        ("woaini1314", "太常见"),
        ("zzzzzzzzzz", "太常见"),
        ("abababababab", "太常见"),
        ("long" * 33, "超过128个"),
    ],
)
def test_a_password_that_is_guessed_soon_is_refused(password: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        check_new(password, WEI)


@pytest.mark.parametrize(
    "password",
    ["Xishan-qiuyue-77", "correct horse", "zhangweixihuandiaoyu", "q8#Lm2!x"],
)
def test_a_long_enough_password_needs_no_mixture(password: str) -> None:
    check_new(password, WEI)


@pytest.mark.parametrize(
    "password", ["张伟喜欢钓鲫鱼呀", "nanhu-春雨-33", "tab\there-99", "\udcffbroken-99"]
)
def test_a_password_that_cannot_be_typed_at_the_sign_in_is_refused(
    password: str,
) -> None:
    with pytest.raises(UsageError, match="打不出来"):
        check_new(password, WEI)


def test_bytes_that_are_no_text_are_a_wrong_password() -> None:
    assert not CHEAP.fits(CHEAP.hashed("Xishan-qiuyue-77"), "\udcff\udcfe")
    CHEAP.fits_nobody("\udcff")


def test_a_password_is_the_same_on_every_keyboard() -> None:
    kept = CHEAP.hashed("Ｇｒｉｄ－１２３４")
    assert CHEAP.fits(kept, "Grid-1234")
    assert not CHEAP.fits(kept, "grid-1234")


def test_what_is_kept_says_nothing_and_is_never_the_same_twice() -> None:
    first, second = CHEAP.hashed("Xishan-qiuyue-77"), CHEAP.hashed("Xishan-qiuyue-77")
    assert first != second
    assert "Xishan" not in first
    assert first.startswith("$argon2id$")


def test_the_usual_cost_is_the_second_recommendation_of_rfc_9106() -> None:
    usual = Passwords()
    kept = usual.hashed("Xishan-qiuyue-77")
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert usual.fits(kept, "Xishan-qiuyue-77")
    assert not usual.fits(kept, "Xishan-qiuyue-78")
    assert not usual.is_weaker(kept)
    assert usual.is_weaker(CHEAP.hashed("Xishan-qiuyue-77"))


@pytest.mark.parametrize("kept", ["", "plain", "$argon2id$v=19$m=8,t=1,p=1$x$y"])
def test_what_is_no_hash_lets_nobody_in(kept: str) -> None:
    with pytest.raises(PeopleError, match="已损坏"):
        CHEAP.fits(kept, "plain")


@pytest.mark.parametrize(
    "login", ["", " ", "li ming", ".li", "-as", "li/ming", "a" * 33, "李\n明", "<b>"]
)
def test_a_login_that_could_be_misread_is_refused(login: str) -> None:
    with pytest.raises(UsageError, match="不能用"):
        checked_login(login)


def test_a_login_is_kept_in_one_width() -> None:
    assert checked_login(" Ｌi_明.2-x ") == "Li_明.2-x"


@pytest.mark.parametrize("name", ["", "　 ", "李" * 65, "李\u202e明"])
def test_a_name_that_cannot_be_read_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="姓名"):
        checked_name(name)


def test_a_name_is_kept_with_single_blanks() -> None:
    assert checked_name(" John \t Smith ") == "John Smith"
