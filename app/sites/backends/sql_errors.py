"""What a database's error means to the desk; never its SQL, values or address."""

import re
import ssl
from typing import Final

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError

from app.core.errors import (
    BackendBusyError,
    BackendDataError,
    BackendError,
    BackendRefusedError,
    BackendTimeoutError,
    BackendUnreachableError,
)

_TIMEOUT: Final = frozenset({"57014", "55P03", "3024", "1969", "1205"})
_BUSY: Final = frozenset(
    {"53000", "53100", "53200", "53300", "53400", "57P03", "1040", "1203", "1226"}
)
_AWAY: Final = frozenset({"57P01", "57P02", "2002", "2003", "2005", "2006", "2013"})
_LOGIN: Final = frozenset({"28P01", "28000", "1044", "1045", "1698"})
_NO_DATABASE: Final = frozenset({"3D000", "1049"})
_FORBIDDEN: Final = frozenset({"42501", "1142", "1143", "1370"})
_WRITES: Final = frozenset({"25006", "1792", "1290"})
_NO_COLUMN: Final = frozenset({"42703", "1054"})
_NO_TABLE: Final = frozenset({"42P01", "1146"})
_QUOTED: Final = re.compile(r"[\"'“«]([\w.]{1,64})[\"'”»]")
_SQLITE: Final = re.compile(r"no such (table|column): ([\w.]{1,64})")
_SQLITE_CODES: Final = (
    ("interrupted", "57014"),
    ("locked", "53300"),
    ("unable to open", "57P01"),
    ("readonly", "25006"),
    ("not a database", "XX001"),
    ("malformed", "XX001"),
)


def backend_error(error: SQLAlchemyError, title: str) -> BackendError:
    """Put an error of SQLAlchemy into the desk's words."""
    if not isinstance(error, DBAPIError) or error.orig is None:
        return BackendUnreachableError(f"{title}的数据库连接不可用 ({_kind(error)})")
    said = _said(error.orig)
    if match := _SQLITE.search(said):
        return _absent(title, "列" if match[1] == "column" else "表", match[2])
    code = _code(error.orig)
    if known := _of_code(code, said, title):
        return known
    if isinstance(error.orig.__cause__, TimeoutError | ssl.SSLError):
        return connection_error(error.orig.__cause__, title)
    if error.connection_invalidated or isinstance(error, InterfaceError):
        return BackendUnreachableError(f"连接不上{title}的数据库")
    if isinstance(error, OperationalError) and not code:
        return BackendUnreachableError(f"连接不上{title}的数据库, 或它无法工作")
    hint = f", 错误代码 {code}" if code else ""
    return BackendDataError(
        f"{title}的查询在数据库中出错{_column(said)}{hint}",
        "请核对查询中的列名和类型。",
    )


def connection_error(error: Exception, title: str) -> BackendError:
    """Put what a socket or SQLite itself raised into the desk's words."""
    if isinstance(error, TimeoutError):
        return BackendTimeoutError(f"{title}的数据库没有在时限内答复")
    if isinstance(error, ssl.SSLError):
        return BackendUnreachableError(
            f"与{title}的数据库没有建立加密连接: 证书不可信或与主机名不符",
            "请核对 url 中的主机名和 ca_file。",
        )
    return BackendUnreachableError(f"连接不上{title}的数据库 ({_kind(error)})")


def _of_code(code: str, said: str, title: str) -> BackendError | None:
    match code:
        case _ if code in _TIMEOUT:
            return BackendTimeoutError(f"{title}的查询超过语句时限, 已被数据库停止")
        case _ if code in _BUSY:
            return BackendBusyError(f"{title}的数据库忙或连接数已满")
        case _ if code in _AWAY or code.startswith("08"):
            return BackendUnreachableError(f"连接不上{title}的数据库")
        case _ if code in _LOGIN:
            return BackendRefusedError(
                f"{title}的数据库拒绝登录",
                "请核对用户名和密码; 要求加密连接的数据库还须设置 tls = true。",
            )
        case _ if code in _NO_DATABASE:
            return BackendRefusedError(
                f"{title}的数据库服务器上没有 url 所写的库", "请核对 url 中的库名。"
            )
        case _ if code in _FORBIDDEN:
            return BackendRefusedError(
                f"{title}的数据库账号没有查询权限", "请让数据库管理员授予只读权限。"
            )
        case _ if code in _WRITES:
            return BackendRefusedError(
                f"{title}的查询试图写入, 已被拒绝, 数据没有改动",
                "查询只能读取: 请去掉其中会写入的函数。",
            )
        case _ if code in _NO_COLUMN:
            return _absent(title, "列", _name_in(said))
        case _ if code in _NO_TABLE:
            return _absent(title, "表", _name_in(said))
    return None


def _said(orig: BaseException) -> str:
    first: object = orig.args[0] if orig.args else None
    return str(first.get("M", "")) if isinstance(first, dict) else str(orig)


def _code(orig: BaseException) -> str:
    """Give the SQLSTATE, or the number of MySQL; empty where there is none."""
    for name in ("sqlstate", "pgcode"):
        if isinstance(code := getattr(orig, name, None), str):
            return code
    first: object = orig.args[0] if orig.args else None
    if isinstance(first, dict):
        return str(first.get("C", ""))
    if isinstance(first, int):
        return str(first)
    if type(orig).__module__.startswith("sqlite3"):
        return next((code for word, code in _SQLITE_CODES if word in str(first)), "")
    return ""


def _absent(title: str, what: str, name: str) -> BackendDataError:
    return BackendDataError(
        f"{title}的数据库里没有查询所用的{what} {name}".rstrip(),
        f"请核对查询中的{what}名; 系统升级后名称可能变了。",
    )


def _name_in(said: str) -> str:
    found = _QUOTED.search(said)
    return found[1] if found else ""


def _column(said: str) -> str:
    """Name the column of a PostgreSQL error that speaks of one."""
    found = re.search(r"column [\"']([\w.]{1,64})", said)
    return f" (列 {found[1]})" if found else ""


def _kind(error: Exception) -> str:
    return type(error).__name__
