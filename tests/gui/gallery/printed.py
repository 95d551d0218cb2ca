"""The printed pages as pictures: every page of every report, as a printer gets it.

Usage: `PYTHONPATH=. python -m tests.gui.gallery.printed FOLDER`

Workbooks are printed by LibreOffice (Debian: libreoffice-calc-nogui), if it is there.
"""

import asyncio
import shutil
import subprocess
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


def printed(workbook: Path) -> Path | None:
    """Print a workbook as PDF beside it; None where nothing here can open one."""
    office = shutil.which("soffice")
    if office is None:
        print(f"{workbook.name}: no LibreOffice, no picture", file=sys.stderr)
        return None
    profile = f"-env:UserInstallation={(workbook.parent / 'office').as_uri()}"
    convert = ["--headless", "--convert-to", "pdf", "--outdir", workbook.parent]
    subprocess.run(
        [office, profile, *convert, workbook],
        check=True,
        capture_output=True,
        timeout=120,
    )
    return workbook.with_suffix(".pdf")


def take(folder: Path) -> list[Path]:
    """Write every report of a told shift, and take pictures of the pages."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        home = Path(place)
        journal = SqliteJournal(home / "journal.db", clock=HeldClock())
        try:
            tell(journal, home / "evidence")
            reports = reports_of(journal, home / "evidence", END + timedelta(minutes=5))
            month = date(2026, 11, 1)
            for name in ("printed-{}.pdf", "workbook-{}.xlsx"):
                shift, whole, log = map(name.format, ("shift", "month", "log"))
                asyncio.run(reports.shift(home / shift, SHIFT, WANG))
                asyncio.run(reports.month(home / whole, month, WANG))
                asyncio.run(reports.log(home / log, ALL, WANG))
        finally:
            journal.close()
        books = [printed(book) for book in sorted(home.glob("workbook-*.xlsx"))]
        files = [
            *sorted(home.glob("printed-*.pdf")),
            *(file for file in books if file is not None),
        ]
        return [picture for file in files for picture in pictures_of(file, folder)]


def main() -> int:
    """Take the pictures and name them."""
    for picture in take(Path(sys.argv[1])):
        print(picture)
    return 0


if __name__ == "__main__":
    sys.exit(main())
