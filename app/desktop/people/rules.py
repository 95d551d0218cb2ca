"""What a password has to be, said before one is typed."""

from typing import Final

from PySide6.QtCore import QCoreApplication

SHORTEST: Final = 8
"""Characters, as whoever keeps the accounts asks for them."""


def password_rules() -> str:
    """Give the rules in words."""
    return QCoreApplication.translate(
        "people",
        "新密码至少 {n} 个字符，只用字母、数字和符号，"
        "不能是登录名、姓名、原密码或常见密码。几个词的拼音连在一起，好记也难猜。",
    ).format(n=SHORTEST)
