"""Which SQL may run: one SELECT that only reads, with binds of a closed set.

This reads the words of the installer's query once, when the system is made, and errs
on the side of refusing. The database's own protection comes on top (`sql_engine`): a
function that writes looks like any other function here.
"""

import re
from collections.abc import Collection, Iterable
from typing import Any, Final

import sqlparse
from sqlalchemy import text
from sqlparse import tokens
from sqlparse.sql import Token

from app.core.errors import SettingsError

LONGEST: Final = 20_000

_WORDS: Final = frozenset({
    "INSERT", "UPDATE", "DELETE", "MERGE", "UPSERT", "TRUNCATE", "INTO", "RETURNING",
    "CREATE", "ALTER", "DROP", "RENAME", "GRANT", "REVOKE", "DENY", "CALL", "EXEC",
    "EXECUTE", "DO", "COPY", "BULK", "LOAD", "UNLOAD", "IMPORT", "SET", "RESET",
    "PRAGMA", "ATTACH", "DETACH", "USE", "DECLARE", "BEGIN", "START", "COMMIT",
    "ROLLBACK", "SAVEPOINT", "PREPARE", "DEALLOCATE", "LOCK", "VACUUM", "ANALYZE",
    "REINDEX", "CLUSTER", "NOTIFY", "LISTEN", "UNLISTEN", "BACKUP", "RESTORE",
    "SHUTDOWN", "KILL", "DBCC", "RECONFIGURE", "WAITFOR", "HANDLER", "OUTFILE",
    "DUMPFILE", "OPENROWSET", "OPENQUERY", "OPENDATASOURCE", "SET_CONFIG", "SETVAL",
    "NEXTVAL", "DBLINK", "DBLINK_EXEC", "DBLINK_SEND_QUERY", "LO_EXPORT", "LO_IMPORT",
    "PG_TERMINATE_BACKEND", "PG_CANCEL_BACKEND", "LOAD_EXTENSION", "WRITEFILE",
    "SP_EXECUTESQL", "XP_CMDSHELL", "DBLINK_CONNECT", "DBLINK_OPEN", "PG_FILE_WRITE",
    "LO_UNLINK", "LO_CREATE", "PG_ADVISORY_LOCK", "PG_LOGICAL_EMIT_MESSAGE",
})  # fmt: skip
"""Words that write, lock, change the session or end the transaction. Some databases
take a second statement without a semicolon, so none may stand anywhere."""
_LOCKING: Final = frozenset({"UPDATE", "SHARE", "NO", "KEY"})
"""What follows FOR in a query that locks rows."""
_AMBIGUOUS: Final = (("/*", "/*"), ("\\", "反斜杠"), ("$$", "$$"), ("#", "#"))
"""Where databases disagree about what is comment, text and statement."""
_BIND: Final = re.compile(r"(?<![:\w])(:\w+)(?!:)")
_IN_QUOTES: Final = (tokens.Literal.String, tokens.Comment, tokens.Name.Quoted)


def checked_query(query: str, *, binds: Collection[str], where: str) -> str:
    """Give the query without its semicolon, when it may run.

    Args:
        query: What the installer wrote.
        binds: Names that may stand after a colon.
        where: The option that holds the query, for the sentence.

    Raises:
        SettingsError: It may not; the sentence says why, without the query.
    """
    cause = _cause(query, binds)
    if cause:
        raise SettingsError(
            f"{where} 不能使用: {cause}",
            "查询只能是一条 SELECT (或 WITH … SELECT), 参数用 :名称 表示, "
            "可用的有 " + "、".join(f":{name}" for name in sorted(binds)) + "。",
        )
    return _bare(query)


def _cause(query: str, binds: Collection[str]) -> str:
    if not query.strip():
        return "查询是空的"
    if len(query) > LONGEST or "\0" in query:
        return f"查询超过{LONGEST}个字符或含有控制字符"
    for mark, name in _AMBIGUOUS:
        if mark in query:
            return f"不能含有 {name} (注释请用 -- )"
    statements = [each for each in map(_flat, sqlparse.parse(query)) if _meant(each)]
    if len(statements) != 1:
        return "必须正好是一条语句"
    words = _meant(statements[0])
    return (
        _cause_in_first(words)
        or _cause_in_words(words)
        or _cause_in_binds(query, statements[0], binds)
    )


def _flat(statement: Any) -> list[Token]:
    return list(statement.flatten())


def _meant(found: Iterable[Token]) -> list[Token]:
    """Leave out blanks, comments and the semicolon at the end."""
    kept = [t for t in found if not t.is_whitespace and t.ttype not in tokens.Comment]
    while kept and kept[-1].value == ";":
        kept.pop()
    return kept


def _cause_in_first(words: list[Token]) -> str:
    first = words[0].value.upper()
    if first not in ("SELECT", "WITH"):
        return "必须以 SELECT 或 WITH 开头"
    if not any(word.value.upper() == "SELECT" for word in words):
        return "没有 SELECT"
    return ""


def _cause_in_words(words: list[Token]) -> str:
    for place, word in enumerate(words):
        if any(word.ttype in kind for kind in _IN_QUOTES):
            if word.value[:1] not in "'\"[`" or word.value[-1] not in "'\"]`":
                return "引号不成对"
            after = words[place + 1].value[:1] if place + 1 < len(words) else ""
            if word.value[0] != "'" and after == "(":
                return "含有带引号的函数名"
            continue
        if word.value == ";":
            return "必须正好是一条语句"
        if word.ttype in tokens.Error:
            return f"有不认识的符号 {word.value[:5]}"
        said = re.split(r"\W+", word.value.upper())
        for each in said:
            if each in _WORDS:
                return f"含有 {each}, 不是只读查询 (若是列名请加双引号)"
        following = words[place + 1].value.upper() if place + 1 < len(words) else ""
        if "FOR" in said and (_LOCKING & {*said, *following.split()}):
            return "含有锁定数据的 FOR UPDATE 或 FOR SHARE"
    return ""


def _cause_in_binds(query: str, found: list[Token], binds: Collection[str]) -> str:
    for token in found:
        quoted = any(token.ttype in kind for kind in _IN_QUOTES)
        if quoted and _BIND.search(token.value):
            return "引号或注释里含有冒号参数"
        known = token.value[:1] == ":" and token.value[1:] in binds
        if token.ttype in tokens.Name.Placeholder and not known:
            return f"不能使用参数 {token.value[:20]}"
    # What is bound in the end is found by SQLAlchemy; it has the last word.
    for name in text(query).compile().params:
        if name not in binds:
            return f"不能使用参数 :{name[:20]}"
    return ""


def _bare(query: str) -> str:
    """Leave out comments and semicolons: what runs is what was looked at."""
    kept = [
        "\n" if token.ttype in tokens.Comment else token.value
        for statement in sqlparse.parse(query)
        for token in _flat(statement)
    ]
    return "".join(kept).strip("; \t\r\n")
