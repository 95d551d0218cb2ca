"""Which state of the source made something."""

import subprocess
from typing import Final

from app.system.paths import program_root

UNKNOWN: Final = "unknown"

_DECIDES: Final = ("app", "resources/phrases")
"""What rows and questions are drawn by, and everything is done with."""


def commit() -> str:
    """Name the commit of the source, with a `+` where files changed or came since."""
    root = program_root()
    if not (root / ".git").exists():
        return UNKNOWN

    def git(*arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments],
            cwd=root,
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
        )
        return done.stdout.strip()

    try:
        changed = git("status", "--porcelain", "--", *_DECIDES)
        return git("rev-parse", "HEAD") + ("+" if changed else "")
    except (OSError, subprocess.SubprocessError):
        return UNKNOWN
