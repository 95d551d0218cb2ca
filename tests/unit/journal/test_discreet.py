"""What the database complains of goes to the log; what was said does not."""

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.journal.database import Database


def test_an_error_of_the_database_repeats_no_record(tmp_path: Path) -> None:
    base = Database(tmp_path / "journal.sqlite", busy_s=1)
    statement = text("INSERT INTO nowhere VALUES (:said)")
    with (
        base._write_engine.connect() as connection,
        pytest.raises(SQLAlchemyError, match="nowhere") as caught,
    ):
        connection.execute(statement, {"said": "查一下南湖的人数"})
    assert "南湖" not in str(caught.value)
