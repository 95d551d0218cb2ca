"""When the program itself fails: everything into the log, one sentence to the operator.

Three ways to fail are caught: an exception nobody handled, in the main thread or in
another, and the death of the whole process inside foreign code, which leaves its stacks
in a file that the next start finds.
"""

import faulthandler
import logging
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Final

from app.core.errors import Cancelled, InternalError, UserFacingError

log = logging.getLogger(__name__)

FAULT_FILE: Final = "fault.log"
_KEPT_FAULTS: Final = 5


_tellers: Final[list[Callable[[str], object]]] = []
_faults_found: Final[list[Path]] = []


def tell_with(tell: Callable[[str], object]) -> Callable[[], None]:
    """Have sentences shown by `tell`, from any thread; give the way back."""
    _tellers.append(tell)

    def restore() -> None:
        if tell in _tellers:
            _tellers.remove(tell)

    return restore


def previous_fault() -> Path | None:
    """Give the stacks of the last start, when the process died in foreign code."""
    return _faults_found[-1] if _faults_found else None


def sentence_for(error: BaseException, log_file: Path | None) -> str:
    """Give the sentence that an operator reads about an unhandled error."""
    if isinstance(error, UserFacingError):
        return str(error)
    where = f"日志文件 {log_file}" if log_file else "日志"
    return str(
        InternalError(
            f"程序内部故障 ({type(error).__name__}), 详细情况已写入{where}",
            "请重新启动程序; 若再次出现, 请把日志交给维护人员。",
        )
    )


def _tell(sentence: str) -> None:
    """Tell whoever shows such things, else the console."""
    if _tellers:
        _tellers[-1](sentence)
    else:
        _to_stderr(sentence)


def _to_stderr(sentence: str) -> None:
    # A windowed program has no standard error.
    if sys.stderr is not None:
        print(sentence, file=sys.stderr, flush=True)  # noqa: T201 – the last resort


class CrashGuard:
    """Catches what nobody handled, from `install` until `close`."""

    def __init__(
        self,
        folder: Path,
        *,
        log_file: Path | None = None,
        tell: Callable[[str], object] = _tell,
    ) -> None:
        """Keep faults in `folder`; `tell` shows a sentence, from any thread."""
        self._folder = folder
        self._log_file = log_file
        self._tell = tell
        self._faults: IO[str] | None = None
        self._installed = False
        self.previous_fault: Path | None = None
        """Stacks of the last start, when the process died in foreign code."""

    def install(self) -> None:
        """Begin to catch; what the last start left behind is put aside and named."""
        self._sys_hook = sys.excepthook
        self._thread_hook = threading.excepthook
        sys.excepthook = self._on_error
        threading.excepthook = self._on_thread_error
        self._installed = True
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self.previous_fault = self._put_aside()
            self._faults = (self._folder / FAULT_FILE).open("a", encoding="utf-8")
        except OSError as error:
            log.warning("no fault file: %s", error)
            return
        faulthandler.enable(self._faults)
        if self.previous_fault is not None:
            _faults_found.append(self.previous_fault)
            log.warning("the last start died; its stacks: %s", self.previous_fault)

    def close(self) -> None:
        """Give back the hooks; an empty fault file goes."""
        if not self._installed:
            return
        self._installed = False
        if self.previous_fault in _faults_found:
            _faults_found.remove(self.previous_fault)
        sys.excepthook = self._sys_hook
        threading.excepthook = self._thread_hook
        if self._faults is None:
            return
        faulthandler.disable()
        self._faults.close()
        self._faults = None
        path = self._folder / FAULT_FILE
        if path.exists() and path.stat().st_size == 0:
            path.unlink()

    def report(self, error: BaseException) -> None:
        """Log an error with its traceback and tell the operator its sentence."""
        log.critical("unhandled: %s", error, exc_info=error)
        self._tell(sentence_for(error, self._log_file))

    def _put_aside(self) -> Path | None:
        path = self._folder / FAULT_FILE
        if not path.exists() or path.stat().st_size == 0:
            return None
        moment = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        aside = self._folder / f"fault-{moment:%Y%m%dT%H%M%S}.log"
        path.replace(aside)
        for old in sorted(self._folder.glob("fault-*.log"))[:-_KEPT_FAULTS]:
            old.unlink()
        return aside

    def _on_error(
        self,
        kind: type[BaseException],
        error: BaseException,
        traceback: TracebackType | None,
    ) -> None:
        # Ctrl-C and a cancelled run are what somebody asked for.
        if not isinstance(error, KeyboardInterrupt | Cancelled):
            self.report(error)

    def _on_thread_error(self, args: threading.ExceptHookArgs) -> None:
        error = args.exc_value
        if error is None or isinstance(error, SystemExit | Cancelled):
            return
        name = args.thread.name if args.thread else "?"
        log.error("thread %s ended by an error", name)
        self.report(error)
