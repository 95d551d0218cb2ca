"""Mishears names as recognisers do, and counts what the directory makes of it.

`python -m tests.unit.sites.confusions` from the repository root prints the table of
`app/sites/directory.py`. Names: `counties.txt`, the short names of Chinese counties
and districts.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from app.core.model import Site
from app.sites.directory import Directory

INITIALS = "zh ch sh b p m f d t n l g k h j q x r z c s"
ACCENT_INITIALS = "z/zh c/ch s/sh n/l f/h r/l b/p d/t g/k j/q z/c zh/ch j/zh x/sh"
ACCENT_FINALS = (
    "an/ang en/eng in/ing ian/iang uan/uang un/ong u/ou ai/ei an/ian i/u e/uo a/ia"
    " ou/ao ie/ian i/ing ong/eng en/in eng/ing ao/uo ui/ei un/en"
)


def confused(pairs: str, one: str, other: str) -> bool:
    return any({one, other} == set(pair.split("/")) for pair in pairs.split())


@cache
def counties() -> tuple[str, ...]:
    text = Path(__file__).with_name("counties.txt").read_text(encoding="utf-8")
    return tuple(sorted(set(text.split())))


@cache
def characters() -> dict[str, list[str]]:
    """Common characters (GB 2312, level one) by toneless reading."""
    from pypinyin import Style, pinyin

    found: dict[str, list[str]] = defaultdict(list)
    for row in range(0xB0, 0xD8):
        for cell in range(0xA1, 0xFF):
            try:
                character = bytes((row, cell)).decode("gb2312")
            except UnicodeDecodeError:
                continue
            readings = pinyin(character, style=Style.NORMAL, heteronym=True)[0]
            if len(readings) == 1:
                found[readings[0]].append(character)
    return dict(found)


@cache
def reading(name: str) -> tuple[str, ...]:
    from pypinyin import Style, lazy_pinyin

    return tuple(lazy_pinyin(name, style=Style.NORMAL))


def parts(sound: str) -> tuple[str, str]:
    initial = next((i for i in INITIALS.split() if sound.startswith(i)), "")
    return initial, sound[len(initial) :]


@cache
def _neighbours(sound: str) -> dict[str, list[str]]:
    initial, final = parts(sound)
    real = list(characters())
    near, initials, finals = [], [], []
    for other in real:
        if other == sound:
            continue
        i, f = parts(other)
        if (f == final and confused(ACCENT_INITIALS, i, initial)) or (
            i == initial and confused(ACCENT_FINALS, f, final)
        ):
            near.append(other)
        elif f == final:
            initials.append(other)
        elif i == initial and i:
            finals.append(other)
    return {"near": near, "initial": initials, "final": finals, "any": real}


def mishear(name: str, rng: random.Random) -> str:
    """Write a name as a recogniser may have heard it; never as it is written."""
    known = characters()
    while True:
        heard: list[str] = []
        for sound in reading(name):
            if rng.random() >= 0.5:
                heard.append(sound)
                continue
            kind = rng.choices(
                ("same", "near", "initial", "final", "any", "lost", "extra"),
                (20, 40, 16, 12, 5, 4, 3),
            )[0]
            if kind == "lost":
                continue
            if kind == "extra":
                heard += [sound, rng.choice(list(known))]
                continue
            choice = [sound] if kind == "same" else _neighbours(sound)[kind]
            heard.append(rng.choice(choice or [sound]))
        text = "".join(rng.choice(known[s]) for s in heard if s in known)
        if text and text != name:
            return text


def sites_named(names: Sequence[str]) -> list[Site]:
    return [Site(id=f"S{i:05d}", name=name) for i, name in enumerate(names)]


@dataclass(frozen=True)
class Outcome:
    """Shares of all trials, in percent."""

    rank_1: float
    top_3: float
    taken: float
    wrong: float
    strangers_taken: float
    exact_broken: float

    @property
    def wrong_of_taken(self) -> float:
        return 100 * self.wrong / self.taken if self.taken else 0.0


def measure(
    sites: int,
    trials: int,
    *,
    seed: int = 1,
    names: Sequence[str] | None = None,
    hear: Callable[[str, random.Random], str] = mishear,
) -> Outcome:
    """Resolve misheard names of random catalogues of so many sites."""
    rng = random.Random(f"{seed}/{sites}")
    rank_1 = top_3 = taken = wrong = strangers = broken = 0
    rounds = max(1, min(20, trials // 100))
    each = trials // rounds
    for _ in range(rounds):
        pool = list(names or counties())
        rng.shuffle(pool)
        chosen, outside = pool[:sites], pool[sites:] or pool[:1]
        directory = Directory(sites_named(chosen))
        for _ in range(each):
            name = rng.choice(chosen)
            found = directory.resolve(hear(name, rng))
            ranked = [m.site.name for m in found.matches]
            rank_1 += ranked[:1] == [name]
            top_3 += name in ranked
            taken += found.site is not None
            wrong += found.site is not None and found.site.name != name
            stranger = directory.resolve(rng.choice(outside))
            strangers += stranger.site is not None
            said = directory.resolve(name)
            broken += said.site is None or said.site.name != name
    total = rounds * each / 100
    return Outcome(
        rank_1=rank_1 / total,
        top_3=top_3 / total,
        taken=taken / total,
        wrong=wrong / total,
        strangers_taken=strangers / total,
        exact_broken=broken / total,
    )


def main() -> None:
    print("sites  rank 1  top 3  taken  wrong  strangers taken  broken")
    for sites in (30, 60, 200, 1000):
        o = measure(sites, 4000)
        print(
            f"{sites:5d}  {o.rank_1:6.1f}  {o.top_3:5.1f}  {o.taken:5.1f}"
            f"  {o.wrong:5.2f}  {o.strangers_taken:15.2f}  {o.exact_broken:6.2f}"
        )


if __name__ == "__main__":
    main()
