"""Which queries an installer may write."""

import pytest

from app.core.errors import SettingsError
from app.sites.backends.sql_guard import checked_query

BINDS = frozenset({"site_id", "at"})


def checked(query: str) -> str:
    return checked_query(query, binds=BINDS, where="查询")


@pytest.mark.parametrize(
    "query",
    [
        "SELECT n AS expected FROM t WHERE site = :site_id",
        "select 1",
        "WITH a AS (SELECT 1 AS n) SELECT n FROM a WHERE :at > '2026-11-21 08:30'",
        "SELECT :site_id::text, a::int FROM t",
        "SELECT 站点 AS expected FROM 工单 WHERE 站点 = :site_id",
        'SELECT \'delete; drop\' AS n, "update", "a;b" FROM t',
        "SELECT update_time, deleted FROM t WHERE settings LIKE '%s'",
        "SELECT substring(a FOR 3), replace(a, 'x', 'y') FROM t",
        "SELECT CASE WHEN a THEN 1 ELSE 2 END FROM t UNION SELECT 3",
    ],
)
def test_a_query_that_only_reads_is_taken_as_it_stands(query: str) -> None:
    assert checked(query) == query


def test_comments_and_the_last_semicolon_are_left_out() -> None:
    query = "-- 今天; 的工单\nSELECT 1-- einer\nFROM t;  \n-- ende"
    assert checked(query).split() == ["SELECT", "1", "FROM", "t"]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "空"),
        (" ; ", "正好是一条"),
        ("SELECT 1; DELETE FROM t", "正好是一条"),
        ("SELECT 1;;SELECT 2", "正好是一条"),
        ("DELETE FROM t", "SELECT 或 WITH 开头"),
        ("VALUES (1)", "SELECT 或 WITH 开头"),
        ("EXPLAIN ANALYZE DELETE FROM t", "SELECT 或 WITH 开头"),
        ("CALL p()", "SELECT 或 WITH 开头"),
        ("PRAGMA user_version = 1", "SELECT 或 WITH 开头"),
        ("COPY t TO '/tmp/x'", "SELECT 或 WITH 开头"),
        ("SET x = 1", "SELECT 或 WITH 开头"),
        ("ATTACH 'x' AS y", "SELECT 或 WITH 开头"),
        ("WITH a AS (DELETE FROM t RETURNING 1) SELECT * FROM a", "DELETE"),
        ("WITH a AS (INSERT INTO t VALUES (1) RETURNING 1) SELECT 1", "INSERT"),
        ("WITH a AS (UPDATE t SET a = 1 RETURNING 1) SELECT 1", "UPDATE"),
        ("WITH a AS (SELECT 1) UPDATE t SET a = 1", "UPDATE"),
        ("WITH a AS (SELECT 1) DELETE FROM t", "DELETE"),
        ("SELECT * INTO copy_of_t FROM t", "INTO"),
        ("SELECT 1 INTO OUTFILE '/tmp/x'", "INTO"),
        ("SELECT 1 EXEC sp_x", "EXEC"),
        ("SELECT \"dblink_exec\"('x', 'y')", "带引号的函数名"),
        ("SELECT * FROM \"set_config\"('x')", "带引号的函数名"),
        ("SELECT lo_unlink(1)", "LO_UNLINK"),
        ("SELECT 1 DROP TABLE t", "DROP"),
        ("SELECT set_config('transaction_read_only', 'off', true)", "SET_CONFIG"),
        ("SELECT nextval('s')", "NEXTVAL"),
        ("SELECT [delete] FROM t", "DELETE"),
        ("SELECT * FROM t FOR UPDATE", "FOR UPDATE"),
        ("SELECT * FROM t for  no key update", "FOR UPDATE"),
        ("SELECT * FROM t FOR\nSHARE", "FOR SHARE"),
        ("SELECT * FROM t LOCK IN SHARE MODE", "LOCK"),
        ("SELECT 1 /*! ; DELETE FROM t */", "/*"),
        ("SELECT 'a\\'; DELETE FROM t; --'", "反斜杠"),
        ("SELECT $$ ; DELETE FROM t $$", "$$"),
        ("SELECT $x$ delete $x$", "DELETE"),
        ("SELECT 1 # ; DELETE FROM t", "#"),
        ("SELECT 'a", "不认识的符号"),
        ("SELECT :name", ":name"),
        ("SELECT :at_", ":at_"),
        ("SELECT ':at'", "引号"),
        ('SELECT ":at"', "引号"),
        ("SELECT 1 -- :at", "引号"),
        ("SELECT %s", "%s"),
        ("SELECT %(at)s", "%(at)s"),
        ("SELECT ?", "?"),
        ("SELECT $1", "$1"),
        ("SELECT {at}", "{"),
        ("SELECT 1 " + " " * 20_000, "超过"),
    ],
)
def test_any_other_is_refused_with_its_cause(query: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        checked(query)
    assert said in caught.value.message
    assert caught.value.message.startswith("查询 不能使用")
    assert "FROM t" not in str(caught.value)
    assert ":site_id" in caught.value.remedy
