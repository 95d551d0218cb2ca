"""The start of the program: its log, its last resort, and then window or command.

The window is there before the commands could be imported: whoever opens the desk waits
for no table of options.
"""

import io
import os
import sys

from app.system import paths
from app.system.crash import CrashGuard
from app.system.logging import setup_logging
from app.system.worker import left_behind


def main() -> None:
    """Open the window, or run a command; the entry point `griddesk`."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Chinese must leave the program whole, whatever the console's code page.
            stream.reconfigure(encoding="utf-8", errors="replace")
    # Outermost, so that even the last error reaches the log and not the screen.
    logs = setup_logging(paths.home() / "logs")
    guard = CrashGuard(paths.home() / "logs", log_file=logs.path)
    guard.install()
    try:
        _begin()
    except Exception as error:  # noqa: BLE001 – the last resort: no raw traceback
        guard.report(error)
        sys.exit(1)
    finally:
        guard.close()
        logs.close()
        _leave_what_is_stuck()


def _leave_what_is_stuck() -> None:
    """End at once where a thread is stuck in a driver, which waits for it at the end.

    Everything is closed by then; the program could not be started anew otherwise.
    """
    if not left_behind():
        return
    ending = sys.exception()
    status = ending.code if isinstance(ending, SystemExit) else 1
    for stream in (sys.stdout, sys.stderr):
        # A windowed program has none.
        if stream is not None:
            stream.flush()
    os._exit(status if isinstance(status, int) else int(status is not None))


def _begin() -> None:
    if sys.argv[1:] in ([], ["desk"]):
        from app.commands.desk import open_desk

        sys.exit(open_desk())
    from app.cli import app

    app()
