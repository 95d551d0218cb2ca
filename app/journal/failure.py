"""What SQLite and the system say, put into the journal's own errors."""

import errno
import sqlite3
from pathlib import Path
from typing import Final

from sqlalchemy.exc import DBAPIError, MultipleResultsFound, SQLAlchemyError

from app.core.errors import (
    JournalBrokenError,
    JournalError,
    JournalUnwritableError,
    UsageError,
)
from app.journal.reserve import SIZE, free_space

FAILURES: Final = (SQLAlchemyError, sqlite3.Error, OSError)
"""Everything that database and file system raise."""

_MEGABYTE: Final = 1024 * 1024
_NEWER_REMEDY: Final = "请用较新版本的程序打开, 不要删除或覆盖这个文件。"


def newer(path: Path, version: str) -> JournalError:
    """Say that the journal was written by a newer program."""
    return JournalError(
        f"巡检日志「{path}」由较新版本的程序写成 (格式版本{version}), 本程序不能读写",
        _NEWER_REMEDY,
    )


def foreign(path: Path) -> JournalError:
    """Say that the file is a database, and not a journal."""
    return JournalError(
        f"「{path}」是别的程序的数据库, 不是巡检日志",
        "请在设置中改用另一个日志文件夹, 或移走这个文件后重试。",
    )


def vanished(path: Path) -> JournalError:
    """Say that the file was taken away while it was open."""
    return JournalUnwritableError(
        f"巡检日志「{path}」在程序运行中被移走或替换, 不能接着写",
        "请把原来的日志文件放回原处, 然后重新启动程序; 不要另建新文件。",
    )


def closed() -> JournalError:
    """Say that the program is closing."""
    return JournalUnwritableError(
        "巡检日志已经关闭, 程序正在退出", "请重新启动程序后再查询。"
    )


def duplicate(run_id: str) -> JournalError:
    """Say that the run has its record already."""
    return JournalUnwritableError(
        f"运行编号{run_id[:8]}已有日志记录, 不能再写一条",
        "请重新查询一次; 若再次出现, 请把运行编号交给维护人员。",
    )


def no_alarm(run_id: str) -> UsageError:
    """Say that there is nothing to acknowledge."""
    return UsageError(
        f"巡检日志里没有运行编号{run_id[:8]}的这条告警, 不能确认",
        "请用 griddesk log list --severity alarm 查看告警的运行编号。",
    )


def is_full(error: BaseException, path: Path) -> bool:
    """Say whether the disk is full, however it was said."""
    code = _code(error)
    if code == sqlite3.SQLITE_FULL or _errno(error) in {errno.ENOSPC, errno.EDQUOT}:
        return True
    # The files beside the database report a full disk as a plain input/output error.
    free = free_space(path.parent)
    tight = free is not None and free < SIZE
    return tight and code in {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN}


def cramped(path: Path, free: int, needed: int) -> JournalError:
    """Say that an older journal cannot be brought up to date for want of space."""
    return JournalUnwritableError(
        f"巡检日志「{path}」由旧版本写成, 写新记录之前要先升级: "
        f"需要{needed // _MEGABYTE + 1} MB空间, 磁盘只剩{free // _MEGABYTE} MB; "
        "日志没有改动, 原有记录可以照常查看",
        f"请清理这个磁盘, 腾出至少{needed // _MEGABYTE + 1} MB, 然后重新查询。",
    )


def unwritable(error: BaseException, path: Path) -> JournalError:
    """Say why a record could not be made durable."""
    if is_full(error, path):
        return JournalUnwritableError(
            f"磁盘已满, 巡检日志「{path}」写不下新的记录",
            "请清理这个磁盘, 腾出至少64 MB空间, 然后重新查询。",
        )
    code = _code(error)
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return JournalUnwritableError(
            f"巡检日志「{path}」一直被另一个程序占用",
            "请关闭占用它的程序 (备份、数据库工具或另一个窗口), 然后重新查询。",
        )
    if code in {
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_AUTH,
    } or isinstance(error, OSError):
        return JournalUnwritableError(
            f"巡检日志「{path}」或它的文件夹是只读的, 或者打不开",
            "请检查文件和文件夹的写权限, 或在设置中改用另一个日志文件夹。",
        )
    if code in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}:
        return JournalUnwritableError(*_damaged(path))
    if code == sqlite3.SQLITE_IOERR:
        return JournalUnwritableError(
            f"写巡检日志「{path}」时磁盘出错",
            "请检查磁盘是否完好、是否有文件大小限制, 并立即备份日志文件。",
        )
    return JournalUnwritableError(
        f"写巡检日志「{path}」时数据库出错: {said(error)}",
        "请重新查询; 若再次出现, 请把日志文件交给维护人员。",
    )


def unreadable(error: BaseException, path: Path) -> JournalError:
    """Say why the journal could not be read."""
    code = _code(error)
    if code in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}:
        return JournalBrokenError(*_damaged(path))
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return JournalError(
            f"巡检日志「{path}」一直被另一个程序占用",
            "请关闭占用它的程序后再试。",
        )
    if is_strange(error):
        return JournalBrokenError(
            f"巡检日志「{path}」可能被改动过, 读不出来: {said(error)}",
            "请先备份这个文件, 再用 griddesk log verify 查出从哪一条起被改动。",
        )
    return JournalError(
        f"巡检日志「{path}」读不出来: {said(error)}",
        "请检查文件是否存在、是否有读权限。",
    )


def _damaged(path: Path) -> tuple[str, str]:
    return (
        f"「{path}」不是巡检日志的数据库文件, 或者已经损坏",
        "请先备份这个文件, 再从备份恢复日志, 或在设置中改用另一个日志文件夹。",
    )


def is_strange(error: BaseException) -> bool:
    """Say whether the file holds what this program has not written.

    A table or a column that is not there, a text that is no text, a row twice.
    """
    if isinstance(error, MultipleResultsFound):
        return True
    found = _original(error)
    # Python itself gives no code for a text that it cannot decode.
    return isinstance(found, sqlite3.OperationalError) and _code(error) in {
        0,
        sqlite3.SQLITE_ERROR,
    }


def said(error: BaseException) -> str:
    """Give the words of SQLite or of the system."""
    return str(_original(error))


def _original(error: BaseException) -> BaseException:
    if isinstance(error, DBAPIError) and error.orig is not None:
        return error.orig
    return error


def _code(error: BaseException) -> int:
    """Give SQLite's primary result code; 0 when it was not SQLite."""
    extended = getattr(_original(error), "sqlite_errorcode", None)
    return int(extended) & 0xFF if extended is not None else 0


def _errno(error: BaseException) -> int | None:
    found = _original(error)
    return found.errno if isinstance(found, OSError) else None
