"""The second name that a journal has while a backup takes its place.

For a moment the former journal has two names: its own, and the one it is kept under.
Who is killed in that moment leaves both, and a file under two names is written over by
whoever believes that he works on the kept one.
"""

import contextlib
from pathlib import Path
from typing import Final

KEPT: Final = "-before-restore-"
BESIDE: Final = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a file, by the ends of its names."""


def drop_second_name(journal: Path) -> None:
    """Take away another name of the journal; only where nobody is restoring.

    What had been moved aside with it comes back.
    """
    with contextlib.suppress(OSError):
        if journal.stat().st_nlink < 2:
            return
        for kept in journal.parent.glob(f"*{KEPT}*{journal.suffix}"):
            if not kept.name.startswith(f"{journal.stem}{KEPT}"):
                continue
            if not kept.is_symlink() and kept.samefile(journal):
                for end in BESIDE:
                    aside = kept.with_name(kept.name + end)
                    place = journal.with_name(journal.name + end)
                    if aside.exists() and not place.exists():
                        aside.rename(place)
                kept.unlink()
