"""The printed pages as pictures: every page of every report, as a printer gets it.

Usage: `PYTHONPATH=. python -m tests.gui.gallery.printed FOLDER`
"""

import asyncio
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path

import pypdfium2

from app.journal.store import SqliteJournal
from tests.fakes import HeldClock
from tests.unit.reports.conftest import SHIFT
from tests.unit.reports.told import ALL, END, WANG, reports_of, tell

_SCALE = 110 / 72
"""110 dots an inch."""


def pictures_of(file: Path, folder: Path) -> list[Path]:
    """Take a picture of each page."""
    document = pypdfium2.PdfDocument(file)
    try:
        taken = []
        for number, page in enumerate(document, 1):
            taken.append(folder / f"{file.stem}-{number}.png")
            page.render(scale=_SCALE).to_pil().save(taken[-1])
        return taken
    finally:
        document.close()


def take(folder: Path) -> list[Path]:
    """Write every report of a told shift, and take pictures of the pages."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        home = Path(place)
        journal = SqliteJournal(home / "journal.db", clock=HeldClock())
        try:
            tell(journal, home / "evidence")
            reports = reports_of(journal, home / "evidence", END + timedelta(minutes=5))
            asyncio.run(reports.shift(home / "printed-shift.pdf", SHIFT, WANG))
            month = date(2026, 11, 1)
            asyncio.run(reports.month(home / "printed-month.pdf", month, WANG))
            asyncio.run(reports.log(home / "printed-log.pdf", ALL, WANG))
        finally:
            journal.close()
        files = sorted(home.glob("printed-*.pdf"))
        return [picture for file in files for picture in pictures_of(file, folder)]


def main() -> int:
    """Take the pictures and name them."""
    for picture in take(Path(sys.argv[1])):
        print(picture)
    return 0


if __name__ == "__main__":
    sys.exit(main())
