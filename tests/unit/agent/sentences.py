"""The test sentences and the directory that they speak of."""

import csv
from pathlib import Path

from app.agent.reading import Reading
from app.core.model import Site
from app.sites.directory import Directory

NAMES = (
    "济南",
    "青岛",
    "烟台",
    "徐州",
    "佛山",
    "东莞",
    "深圳",
    "淄博",
    "临沂",
    "潍坊",
    "威海",
    "日照",
    "泰安",
    "历城变电站",
    "人和变电站",
    "安全路配电室",
    "设备厂",
    "3号变电站",
    "滨海新区",
    "和平区",
    "天地广场",
)


def directory() -> Directory:
    sites = [Site(id=f"S{n:02}", name=name) for n, name in enumerate(NAMES)]
    sites[13] = Site(id="S13", name="历城变电站", aliases=("历城", "历变"))
    return Directory(sites)


def sentences(part: str) -> list[tuple[str, str]]:
    path = Path(__file__).parent / "data" / "sentences.tsv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [(row["text"], row["expected"]) for row in rows if row["set"] == part]


def written(reading: Reading) -> str:
    """Write a reading as the table does."""
    pairs = [
        f"{one.mention().place}/{one.check.value if one.check else ''}"
        for one in reading.spoken
    ]
    return ";".join(pairs) or reading.intent.value
