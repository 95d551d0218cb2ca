r"""Lines for programs: JSON, one object a line, UTF-8.

The first line is `{"export": …}`: what was chosen, by whom, when, the head of the chain
at that moment, and how many lines follow (`records`).

An export of the log without a filter holds every entry of the chain, whatever kind it
is: the file alone proves that nothing is missing, added or changed. Each line has
`seq`, `kind`, `previous_hash`, `hash`, and `body`, the canonical text as a string (see
`journal.canonical`). To verify such a file without this program (a test runs these
lines):

    import hashlib
    import json
    import sys

    lines = open(sys.argv[1], encoding="utf-8", newline="\n")
    notice = json.loads(next(lines))["export"]
    previous, count = "0" * 64, 0
    for entry in map(json.loads, lines):
        count += 1
        link = f"griddesk-journal/1\n{previous}\n{count}\n{entry['body']}"
        computed = hashlib.sha256(link.encode("utf-8")).hexdigest()
        if (entry["seq"], entry["hash"]) != (count, computed):
            sys.exit(f"entry {count} is broken")
        previous = computed
    if notice["head"] != {"seq": count, "hash": previous}:
        sys.exit("the file does not end where the chain did")
    print(count, previous)

With a filter there is a line for each run that it finds. Each of them proves itself;
what was said of the run later stands beside it as `acknowledgements`, `dispositions`,
`corrections` and `decisions`, where there is any.

A report has a line for each row: `part` is the table, the other members its columns.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import IO, Final

from app.core.entries import History
from app.core.ports import ChainLine
from app.core.reporting import ExportNotice
from app.reports.files import settle
from app.reports.harmless import printable
from app.reports.sheet import Cell, Sheet

_HALVES: Final = re.compile("[\ud800-\udfff]")
_COUNT: Final = "9" * 12
_LATER: Final = ("acknowledgements", "dispositions", "corrections", "decisions")


def write_chain(path: Path, notice: ExportNotice, lines: Iterable[ChainLine]) -> int:
    """Write entries as they stand in the chain; give their number."""
    return _write(path, notice, (_entry(line) for line in lines), complete=True)


def write_runs(
    path: Path, notice: ExportNotice, runs: Iterable[tuple[ChainLine, History]]
) -> int:
    """Write runs with what was said of them later; give their number."""
    return _write(path, notice, (_run(*each) for each in runs))


def write_report(path: Path, notice: ExportNotice, sheets: Sequence[Sheet]) -> int:
    """Write the rows of a report; give their number."""
    keys = {sheet.key: [column.key for column in sheet.columns] for sheet in sheets}
    rows = (
        {"part": sheet.key, **dict(zip(keys[sheet.key], row, strict=True))}
        for sheet in sheets
        for row in (map(_printable, each) for each in sheet.rows)
    )
    return _write(path, notice, rows)


def _write(
    path: Path,
    notice: ExportNotice,
    objects: Iterable[Mapping[str, object]],
    *,
    complete: bool = False,
) -> int:
    count = 0
    with path.open("wb") as file:
        _line(file, {"export": _notice(notice, complete=complete)})
        place = file.tell()
        for each in objects:
            count += 1
            _line(file, each)
        _fill_in(file, place, count)
        settle(file)
    return count


def _line(file: IO[bytes], said: object) -> None:
    text = json.dumps(said, ensure_ascii=False, default=datetime.isoformat)
    # A name may hold half a character, which only an escape can write.
    text = _HALVES.sub(lambda half: f"\\u{ord(half.group()):04x}", text)
    file.write(text.encode() + b"\n")


def _fill_in(file: IO[bytes], end: int, count: int) -> None:
    """Write the number where its place was kept: the last one of the first line."""
    # `9…9}}` and the end of the line.
    file.seek(end - len(_COUNT) - 3)
    file.write(str(count).rjust(len(_COUNT)).encode())
    file.seek(0, 2)


def _notice(notice: ExportNotice, *, complete: bool) -> dict[str, object]:
    return {
        "kind": notice.kind.value,
        "filtered": notice.filtered,
        "by": notice.by,
        "login": notice.login,
        "role": notice.role,
        "workstation": notice.workstation,
        "at": notice.at,
        "program": notice.program,
        "head": {"seq": notice.head.seq, "hash": notice.head.hash},
        "complete": complete,
        "records": int(_COUNT),
    }


def _entry(line: ChainLine) -> dict[str, object]:
    return {
        "seq": line.seq,
        "kind": line.kind,
        "previous_hash": line.previous_hash,
        "hash": line.hash,
        "body": line.body,
    }


def _run(line: ChainLine, history: History) -> dict[str, object]:
    later = {name: getattr(history, name) for name in _LATER}
    told = {
        name: [asdict(each) for each in given] for name, given in later.items() if given
    }
    return {**_entry(line), **told}


def _printable(cell: Cell) -> Cell:
    return printable(cell) if isinstance(cell, str) else cell
