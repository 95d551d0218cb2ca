"""Where the program's own log goes: a rotating file, and a ring in memory for reports.

What an operator says or types is logged at DEBUG only, which the desk does not record
unless somebody asked for it; at the default level no speech reaches file or ring.
Secrets that were handed out reach neither at any level.
"""

import logging
import logging.handlers
import os
from collections import deque
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from app.system.redaction import redacted

log = logging.getLogger(__name__)

FILE_NAME: Final = "griddesk.log"
FILE_BYTES: Final = 2_000_000
FILE_COUNT: Final = 5
RING_LINES: Final = 500

_FORMAT: Final = "%(asctime)s %(levelname)-7s %(threadName)s %(name)s: %(message)s"
# They narrate every connection and file at INFO and DEBUG.
_TALKATIVE: Final = (
    "asyncio",
    "filelock",
    "h11",
    "httpcore",
    "httpcore2",
    "httpx",
    "httpx2",
    "huggingface_hub",
    "keyring",
    "matplotlib",
    "PIL",
    "qasync",
    "sqlalchemy",
    "transformers",
    "urllib3",
)


class _Formatter(logging.Formatter):
    """Times as ISO 8601 in UTC, like the journal's; secrets as •••."""

    def format(self, record: logging.LogRecord) -> str:
        # The whole line: a secret may stand in message, arguments or traceback.
        return redacted(super().format(record))

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        moment = datetime.fromtimestamp(record.created, UTC)
        return moment.isoformat(timespec="milliseconds")


class RingHandler(logging.Handler):
    """Keeps the last lines in memory, for a report after something went wrong."""

    def __init__(self, lines: int = RING_LINES) -> None:
        """Keep at most `lines` records."""
        super().__init__()
        self._lines: deque[str] = deque(maxlen=lines)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record, formatted now, because its arguments may change later."""
        try:
            self._lines.append(self.format(record))
        except Exception:  # noqa: BLE001 – a log line must never stop the program
            self.handleError(record)

    def lines(self) -> tuple[str, ...]:
        """Give what is kept, oldest first."""
        self.acquire()
        try:
            return tuple(self._lines)
        finally:
            self.release()


class Logs:
    """The handlers that `setup_logging` installed."""

    def __init__(
        self,
        ring: RingHandler,
        file: logging.FileHandler | None,
        problem: str,
        level_before: int,
    ) -> None:
        """Hold on to the handlers, to give them back later."""
        self.ring: Final = ring
        self.problem: Final = problem
        """Why there is no file, in the operator's words; empty when there is one."""
        self._file = file
        self._level_before = level_before

    @property
    def path(self) -> Path | None:
        """The log file, when one could be opened."""
        return Path(self._file.baseFilename) if self._file else None

    def close(self) -> None:
        """Stop logging and close the file; idempotent."""
        _installed.pop(self, None)
        logging.captureWarnings(False)
        root = logging.getLogger()
        root.setLevel(self._level_before)
        for handler in (self.ring, self._file):
            if handler is not None:
                root.removeHandler(handler)
                handler.close()


_installed: Final[dict[Logs, None]] = {}
"""Of this process, the newest last."""


def current() -> Logs | None:
    """Give what this process logs with; None: nothing was set up."""
    return next(reversed(_installed), None)


def level() -> int:
    """Give the level from which on is logged."""
    return logging.getLogger().level


def set_level(wanted: int) -> None:
    """Log from another level on, at once; DEBUG also keeps what is said."""
    before = level()
    logging.getLogger().setLevel(wanted)
    if wanted != before:
        log.info("the log keeps %s and above", logging.getLevelName(wanted))


class _PrivateFile(logging.handlers.RotatingFileHandler):
    """A rotating file that only its owner may read."""

    def _open(self):  # type: ignore[no-untyped-def]
        stream = super()._open()
        if hasattr(os, "fchmod"):
            os.fchmod(stream.fileno(), 0o600)
        return stream


def setup_logging(folder: Path, level: int | str = logging.INFO) -> Logs:
    """Log to `folder` and to memory from `level` upwards.

    A folder that cannot be written to costs the file, not the program: `problem` says
    why. Nothing is printed; what an operator should see is shown by who speaks to him.
    """
    root = logging.getLogger()
    formatter = _Formatter(_FORMAT)
    ring = RingHandler()
    ring.setFormatter(formatter)
    root.addHandler(ring)
    level_before = root.level
    root.setLevel(level)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    # Warnings of libraries belong in the log, not on the operator's screen.
    logging.captureWarnings(True)
    file: logging.FileHandler | None = None
    problem = ""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = _PrivateFile(
            folder / FILE_NAME,
            maxBytes=FILE_BYTES,
            backupCount=FILE_COUNT,
            encoding="utf-8",
        )
    except OSError as error:
        problem = f"日志文件夹 {folder} 无法写入 ({error.strerror})"
        log.warning("no log file: %s", error)
    else:
        file.setFormatter(formatter)
        root.addHandler(file)
    logs = Logs(ring, file, problem, level_before)
    _installed[logs] = None
    return logs
