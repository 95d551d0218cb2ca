"""How long a directory of 10 000 sites takes to read, compare, save, load and ask.

    python -m tests.benchmarks.directory [SITES]

Prints one JSON object: seconds, the best of a few rounds where the work can be done
again, else of the one time that a program does it. The names are made up of syllables
of places and the kinds of the trade; every site has an alias, a region, cameras and
dates. Nothing is asserted; `tests/unit/sites/test_sites_changes.py` says what 10 000
sites must do.
"""

import json
import platform
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TypeVar

from app.core.model import Site
from app.sites.changes import compare
from app.sites.files import load_directory, save_directory
from app.sites.homophones import shared_names, sound_alike
from app.sites.importing import COLUMNS, read_sites

_T = TypeVar("_T")
_PLACES = "山河湖江海城州川原泉东西南北中上下大小新安平阳福德康宁清华金银石龙虎凤鹤云霞"
_KINDS = ("", "220千伏变电站", "110千伏变电站", "500千伏输电线路", "35千伏线路改造工程")
_REGIONS = (
    "济南",
    "青岛",
    "淄博",
    "烟台",
    "潍坊",
    "济宁",
    "泰安",
    "威海",
    "日照",
    "临沂",
)


def made_up(count: int) -> tuple[Site, ...]:
    """Give so many sites, the same every time."""
    return tuple(_sites(count, random.Random(1)))


def _sites(count: int, rng: random.Random) -> Iterator[Site]:
    seen: set[str] = set()
    while len(seen) < count:
        place = "".join(rng.choices(_PLACES, k=rng.choice((2, 3, 3, 4))))
        name = place + rng.choice(_KINDS)
        if name in seen:
            continue
        number = len(seen)
        seen.add(name)
        yield Site(
            id=f"S{number:05d}",
            name=name,
            aliases=(f"{place}{number}号工程",),
            region=rng.choice(_REGIONS),
            work_order_key=f"WO-{number}",
            cameras=(f"cam-{number}-1", f"cam-{number}-2"),
            valid_from=date(2026, 1, 1),
            valid_until=date(2027, 12, 31),
        )


def write_workbook(path: Path, sites: Sequence[Site]) -> None:
    """Write a list as a table program does."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(COLUMNS)
    for site in sites:
        values = (getattr(site, column) for column in COLUMNS)
        sheet.append([";".join(v) if isinstance(v, tuple) else v for v in values])
    book.save(path)
    book.close()


def _timed(work: Callable[[], _T], rounds: int = 1) -> tuple[float, _T]:
    best = float("inf")
    for _ in range(rounds):
        started = time.perf_counter()
        result = work()
        best = min(best, time.perf_counter() - started)
    return round(best, 4), result


def measure(count: int, folder: Path) -> dict[str, object]:
    """Go through the life of a directory once."""
    sites = made_up(count)
    csv, xlsx, own = folder / "a.csv", folder / "a.xlsx", folder / "own" / "sites.csv"
    save_directory(csv, sites)
    write_workbook(xlsx, sites)
    # One of three is different, one of ten is new.
    old = [
        Site(id=site.id, name=site.name) if number % 3 else site
        for number, site in enumerate(sites)
        if number % 10
    ]
    figures: dict[str, object] = {"sites": count, "python": platform.python_version()}
    figures["read_csv_s"], read = _timed(lambda: read_sites(csv), 3)
    figures["read_xlsx_s"], again = _timed(lambda: read_sites(xlsx))
    assert read.sites == again.sites == sites
    figures["compare_s"], _ = _timed(lambda: compare(old, sites), 3)
    figures["shared_names_s"], _ = _timed(lambda: shared_names(sites), 3)
    figures["sound_alike_first_s"], alike = _timed(lambda: sound_alike(sites))
    figures["sound_alike_again_s"], _ = _timed(lambda: sound_alike(sites))
    figures["sound_alike_groups"] = len(alike.groups)
    save_directory(own, old)
    figures["save_s"], _ = _timed(lambda: save_directory(own, sites))
    figures["load_s"], directory = _timed(lambda: load_directory(own), 3)
    figures["prepare_s"], _ = _timed(directory.prepare)
    names = [site.name for site in sites[:: max(1, count // 200)]]
    took, _ = _timed(lambda: [directory.resolve(name) for name in names])
    figures["resolve_written_ms"] = round(1000 * took / len(names), 3)
    # The first syllable said twice: no name as written.
    heard = [name[0] + name for name in names]
    took, _ = _timed(lambda: [directory.resolve(words) for words in heard])
    figures["resolve_by_sound_ms"] = round(1000 * took / len(heard), 3)
    return figures


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(measure(count, Path(folder)), indent=2))


if __name__ == "__main__":
    main()
