"""The journal's file: one connection that writes, others that read.

The writing connection lives on the writer thread. A transaction begins IMMEDIATE, so
that what it reads – the hash of the last entry – cannot be changed by another process
before it commits.
"""

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import (
    Connection,
    Engine,
    Integer,
    NullPool,
    QueuePool,
    cast,
    create_engine,
    event,
    insert,
    inspect,
    select,
    update,
)

from app.journal import canonical, failure, schema, versions
from app.journal.reserve import SIZE, free_space
from app.journal.second_name import drop_second_name

_TABLES: Final = "tables"
_RECORDS: Final = "records"


class _Moment(threading.local):
    """What a thread reads with while it is within a moment; None: no file yet."""

    within = False
    connection: Connection | None = None


class Database:
    """Opens the file when it is first needed, and makes it when it is not there."""

    def __init__(self, path: Path, *, busy_s: float) -> None:
        """Name the file; nothing is opened yet."""
        self._path = path
        self._busy_s = busy_s
        self._writer: Connection | None = None
        self._identity: tuple[int, int] | None = None
        self._moment = _Moment()
        self._write_engine = self._engine(
            self._connect_writing, "BEGIN IMMEDIATE", pooled=False
        )
        self._read_engine = self._engine(self._connect_reading, "BEGIN", pooled=True)

    @contextmanager
    def writing(self, now: datetime) -> Iterator[Connection]:
        """Give a write transaction; only on the writer thread.

        Raises:
            JournalError: Not a journal, a newer one, or taken away while open.
            failure.FAILURES: From the database; nothing was written.
        """
        if self._writer is None:
            self._writer = self._open(now)
        elif self._identify() != self._identity:
            raise failure.vanished(self._path)
        try:
            with self._writer.begin():
                yield self._writer
        except failure.FAILURES:
            # Begin anew next time: the cause may be gone by then.
            self.drop_writer()
            raise

    @contextmanager
    def reading(self) -> Iterator[Connection | None]:
        """Give a read transaction, one moment of the journal; None: no file yet.

        Within `moment` it is that one.

        Raises:
            JournalError: Not a journal, a newer one, damaged, unreadable.
        """
        try:
            if self._moment.within:
                yield self._moment.connection
                return
            if not self._path.exists() or self._path.stat().st_size == 0:
                yield None
                return
            with self._read_engine.connect() as connection, connection.begin():
                known = self._recognise(connection)
                if known:
                    versions.see(connection, self.version(connection))
                yield connection if known else None
        except failure.FAILURES as error:
            raise failure.unreadable(error, self._path) from error

    @contextmanager
    def moment(self) -> Iterator[None]:
        """Let everything that this thread reads within be of one moment.

        Raises:
            JournalError: As for `reading`.
        """
        held = self._moment
        with self.reading() as connection:
            before = held.within, held.connection
            held.within, held.connection = True, connection
            try:
                yield
            finally:
                held.within, held.connection = before

    @property
    def in_moment(self) -> bool:
        """Whether this thread is within a moment."""
        return self._moment.within

    def note_layout(self, connection: Connection) -> None:
        """Say in the file that it holds entries of today's layout, and tables for them.

        An older program that shares the file, or is put back, then refuses it with a
        sentence, and does not take its newest entries for damaged ones.

        Raises:
            JournalUnwritableError: There is not the space to make the tables in.
        """
        meta = schema.meta.c
        version = self.version(connection)
        if version < versions.VERSION:
            self.require_room(connection)
            versions.upgrade(connection, version)
            connection.execute(
                update(schema.meta)
                .where(meta.key == _TABLES)
                .values(value=str(versions.VERSION))
            )
        connection.execute(
            update(schema.meta)
            .where(meta.key == _RECORDS, cast(meta.value, Integer) < canonical.SCHEMA)
            .values(value=str(canonical.SCHEMA))
        )

    def require_room(self, connection: Connection) -> None:
        """Refuse to begin what a full disk would end after minutes.

        Raises:
            JournalUnwritableError: The tables are of an older version, and there is
                not the space to bring them up to date.
        """
        if self.is_current(connection):
            return
        needed = int(self._path.stat().st_size * versions.ROOM)
        free = free_space(self._path.parent)
        # What the reserve can hold is written as any other entry is.
        if free is not None and needed > SIZE and free < needed:
            raise failure.cramped(self._path, free, needed)

    @staticmethod
    def version(connection: Connection) -> int:
        """Give the version of the tables; see `journal.versions`."""
        meta = schema.meta.c
        found = connection.execute(select(meta.value).where(meta.key == _TABLES))
        return int(found.scalar_one())

    def is_current(self, connection: Connection) -> bool:
        """Say whether the tables are today's, with their indexes."""
        return self.version(connection) == versions.VERSION

    def drop_writer(self) -> None:
        """Close the writing connection; only on the writer thread."""
        if self._writer is not None:
            writer, self._writer = self._writer, None
            writer.close()

    def close(self) -> None:
        """Close the reading connections."""
        self._read_engine.dispose()

    def _open(self, now: datetime) -> Connection:
        # A file taken away once stays an error until it is back: no second chain.
        if self._identity is not None and self._identify() != self._identity:
            raise failure.vanished(self._path)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        before = self._identify()
        connection = self._write_engine.connect()
        try:
            # First look, so that a file of another program stays as it is.
            with connection.begin():
                self._recognise(connection)
            self._enable_wal(connection)
            with connection.begin():
                if not self._recognise(connection):
                    self._create(connection, now)
            # A backup may have taken its place while this one was being opened.
            if before is not None and self._identify() != before:
                raise failure.vanished(self._path)
        except BaseException:
            connection.close()
            raise
        self._identity = self._identify()
        # Nobody restores while the file is open here: what is left is of one who died.
        drop_second_name(self._path)
        return connection

    def _create(self, connection: Connection, now: datetime) -> None:
        versions.create(connection)
        connection.execute(
            insert(schema.meta),
            [
                {"key": _TABLES, "value": str(versions.VERSION)},
                {"key": _RECORDS, "value": str(canonical.SCHEMA)},
                {"key": "created_at", "value": now.isoformat()},
            ],
        )

    def _recognise(self, connection: Connection) -> bool:
        """Refuse what is no journal or a newer one; say whether there is anything."""
        meta = schema.meta
        if not inspect(connection).has_table(meta.name):
            if inspect(connection).get_table_names():
                raise failure.foreign(self._path)
            return False
        rows = connection.execute(select(meta.c.key, meta.c.value)).all()
        found = {str(key): str(value) for key, value in rows}
        for key, known in ((_TABLES, versions.VERSION), (_RECORDS, canonical.SCHEMA)):
            version = found.get(key, "")
            if not version.isdecimal():
                raise failure.foreign(self._path)
            if int(version) > known:
                raise failure.newer(self._path, version)
        return True

    def _identify(self) -> tuple[int, int] | None:
        try:
            found = os.stat(self._path)
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def _connect_writing(self) -> sqlite3.Connection:
        connection = self._connect("rwc")
        try:
            # FULL: a record that was acknowledged survives a power cut.
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _enable_wal(self, connection: Connection) -> None:
        """Change to WAL; SQLite does not wait here for another that is opening."""
        driver = connection.connection.driver_connection
        patience = time.monotonic() + self._busy_s
        while driver is not None:
            try:
                driver.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
                if not busy or time.monotonic() > patience:
                    raise
                time.sleep(0.01)
            else:
                return

    def _connect_reading(self) -> sqlite3.Connection:
        connection = self._connect("ro")
        try:
            connection.execute("SELECT 1 FROM sqlite_master")
        except sqlite3.Error as error:
            connection.close()
            beside = self._path.with_name(self._path.name + "-wal")
            code = error.sqlite_errorcode & 0xFF
            if code != sqlite3.SQLITE_CANTOPEN or beside.exists():
                raise
            # On a read-only medium SQLite cannot make the files WAL needs to read.
            connection = self._connect("ro&immutable=1")
        return connection

    def _connect(self, mode: str) -> sqlite3.Connection:
        return sqlite3.connect(
            f"{self._path.absolute().as_uri()}?mode={mode}",
            uri=True,
            timeout=self._busy_s,
            isolation_level=None,
            # The pool hands a connection to one thread at a time.
            check_same_thread=False,
        )

    def _engine(self, connect: object, begin: str, *, pooled: bool) -> Engine:
        engine = create_engine(
            "sqlite://",
            creator=connect,
            poolclass=QueuePool if pooled else NullPool,
            # An error names the statement, and not what was said: it goes to the log.
            hide_parameters=True,
        )

        def begin_transaction(connection: Connection) -> None:
            connection.exec_driver_sql(begin)

        event.listen(engine, "begin", begin_transaction)
        return engine
