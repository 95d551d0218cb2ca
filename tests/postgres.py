"""A PostgreSQL server of the test's own: made, started, stopped and removed."""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PASSWORD = "s3cret-of-the-owner"


@dataclass(frozen=True, kw_only=True)
class Postgres:
    """Where it listens; `owner` may write, `reader` reads what it is granted."""

    port: int
    socket_dir: Path
    owner: str = "owner"

    def url(self, user: str = "owner", database: str = "postgres") -> str:
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    def run(self, *statements: str) -> list[tuple[object, ...]]:
        """Run statements as the owner, committed; give the last one's rows."""
        import pg8000.dbapi

        with contextlib.closing(
            pg8000.dbapi.connect(
                user=self.owner,
                password=PASSWORD,
                host="127.0.0.1",
                port=self.port,
                database="postgres",
            )
        ) as connection:
            connection.autocommit = True
            cursor = connection.cursor()
            for statement in statements:
                cursor.execute(statement)
            return (
                [tuple(row) for row in cursor.fetchall()] if cursor.description else []
            )


@contextlib.contextmanager
def running_postgres() -> Iterator[Postgres]:
    """Run a server on a free port of the loopback until the block ends."""
    home = Path(tempfile.mkdtemp(prefix="griddesk-pg-"))
    try:
        data, password = home / "data", home / "password"
        password.write_text(PASSWORD)
        if (user := _user()) is not None:
            for path in (home, password):
                shutil.chown(path, user)
        _do(
            user, home, "initdb", "-D", data, "-U", "owner", "--pwfile", password,
            "-A", "scram-sha-256", "-E", "UTF8", "--locale=C", "--no-sync",
        )  # fmt: skip
        port = _free_port()
        options = (
            f"-c listen_addresses=127.0.0.1 -c port={port} -c fsync=off "
            f"-c unix_socket_directories={home} -c max_connections=30 "
            "-c shared_buffers=8MB -c autovacuum=off"
        )
        control = ("pg_ctl", "-D", data, "-l", home / "log", "-w", "-t", "60")
        _do(user, home, *control, "-o", options, "start")
        try:
            yield Postgres(port=port, socket_dir=home)
        finally:
            _do(user, home, *control, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _user() -> str | None:
    """The server refuses to run as root."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return None
    import pwd

    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _do(user: str | None, home: Path, name: str, *arguments: object) -> None:
    with tempfile.TemporaryFile() as out:
        done = subprocess.run(
            [_program(name), *map(str, arguments)],
            user=user,
            group=None if user is None else _group(user),
            extra_groups=None if user is None else [],
            cwd=home,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C", "TZ": "UTC"},
            stdin=subprocess.DEVNULL,
            # Not a pipe: the server inherits it and would keep it open.
            stdout=out,
            stderr=subprocess.STDOUT,
            check=False,
        )
        out.seek(0)
        said = out.read().decode(errors="replace")
    log = home / "log"
    assert done.returncode == 0, said + (log.read_text() if log.exists() else "")


def _group(user: str) -> int:
    import pwd

    return pwd.getpwnam(user).pw_gid


def _program(name: str) -> str:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    program = shutil.which(name) or (str(found[-1]) if found else None)
    assert program, f"{name} of PostgreSQL is not installed"
    return program


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]
