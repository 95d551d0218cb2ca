"""Phrases and places for the synthesiser, split into train, dev and test.

Every list item and every place belongs to one split by a hash of its text, so that
adding a line never moves another. The first `core` items of a list are the words of
the trade and belong to all splits; no carrier phrase of dev or test is one of them.
"""

import hashlib
import math
import random
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, cached_property
from itertools import accumulate, product
from pathlib import Path
from typing import Any, Final

from app.core.model import Check

PHRASES: Final = Path(__file__).resolve().parents[3] / "resources" / "phrases"

_CHOICE: Final = re.compile(r"[\[\]]")
_STEM_SUFFIXES: Final = ("自治县", "街道", "市", "区", "县", "镇", "乡", "旗", "村")
_GENERAL: Final = 1500
"""So many of the most frequent words for things are too general to be foreign."""
_NO_THING: Final = re.compile(
    "[况状势态]|动静|进展|问题|异常|迹象"
    "|[人员者工队众民师帽盔装具器仪设备笔护防安险患岗勤佩戴数站网]|现场"
)
"""Words that ask of a site as a whole, and of people, helmets and tools: a check's, or
in a frame beside another word like one's (当事人 and 数量)."""
_CORE_IN_TRAINING: Final = 0.35
_SHORT_CORE: Final = 8
_TEST_SHARE: Final = 12
_DEV_SHARE: Final = 8


class Split(StrEnum):
    """Which part of the data something belongs to."""

    TRAIN = "train"
    DEV = "dev"
    TEST = "test"


def split_of(text: str) -> Split:
    """Return the split that a text belongs to: 12 % test, 8 % dev, by its hash."""
    bucket = int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") % 100
    if bucket < _TEST_SHARE:
        return Split.TEST
    return Split.DEV if bucket < _TEST_SHARE + _DEV_SHARE else Split.TRAIN


def stem_of(name: str) -> str:
    """Cut the administrative suffix, so that 济南 and 济南市 share a split."""
    if not name.endswith(_STEM_SUFFIXES):
        return name
    for suffix in _STEM_SUFFIXES:
        if name.endswith(suffix) and len(name) - len(suffix) >= 2:
            return name[: -len(suffix)]
    return name


@dataclass(frozen=True)
class Pool:
    """A list of phrases with its splits.

    A phrase may offer choices, `[one|two|]`: all that it can say is in its split. What
    two phrases of different splits can say belongs to the first that is no choice, else
    to the first, so that no split can say what another says.
    """

    items: tuple[str, ...]
    core: int

    @cached_property
    def _splits(self) -> tuple[Split, ...]:
        return tuple(
            Split.TRAIN if index < self.core else split_of(item)
            for index, item in enumerate(self.items)
        )

    @cached_property
    def _owners(self) -> dict[str, Split]:
        owners: dict[str, Split] = {}
        phrases = zip(self.items, self._splits, strict=True)
        for item, split in sorted(phrases, key=lambda pair: "[" in pair[0]):
            for variant in _variants(item):
                owners.setdefault(_bare(variant), split)
        return owners

    @cached_property
    def _said(self) -> dict[Split, tuple[tuple[str, ...], ...]]:
        """What each phrase of a split can say."""
        said: dict[Split, list[tuple[str, ...]]] = {split: [] for split in Split}
        for item, split in zip(self.items, self._splits, strict=True):
            own = tuple(v for v in _variants(item) if self._owners[_bare(v)] is split)
            if own:
                said[split].append(own)
        return {split: tuple(found) for split, found in said.items()}

    @cached_property
    def _weights(self) -> dict[Split, list[float]]:
        return {
            split: list(accumulate(1 + math.log2(len(variants)) for variants in said))
            for split, said in self._said.items()
        }

    @cached_property
    def _core(self) -> tuple[str, ...]:
        return tuple(v for item in self.items[: self.core] for v in _variants(item))

    def own(self, split: Split) -> tuple[str, ...]:
        """Return what only one split says; the core counts as training."""
        return tuple(v for variants in self._said[split] for v in variants)

    def owner(self, phrase: str) -> Split | None:
        """Return the split that says `phrase`; None where the list does not know it."""
        return self._owners.get(_bare(phrase))

    def draw(self, rng: random.Random, split: Split, *, strict: bool = False) -> str:
        """Draw what may appear in `split`.

        Dev and test take half of theirs from the core, training a third, unless
        `strict`, which leaves only what no other split says.

        Raises:
            LookupError: There is nothing to draw.
        """
        own = self._said[split]
        shared = () if strict else self._core
        share = _CORE_IN_TRAINING if split is Split.TRAIN else 0.5
        if own and (not shared or rng.random() >= share):
            # A phrase with many choices is drawn more often, but not as often as all
            # its choices together.
            return rng.choice(rng.choices(own, cum_weights=self._weights[split])[0])
        if shared:
            return rng.choice(shared)
        raise LookupError(f"no phrase of this list is in {split}")


@dataclass(frozen=True)
class Places:
    """Names of one split by size of what they name."""

    cities: tuple[str, ...]
    counties: tuple[str, ...]
    towns: tuple[str, ...]
    villages: tuple[str, ...]


@dataclass(frozen=True)
class Regions:
    """What a region's name is put together of, around the name of a place."""

    before: tuple[str, ...]
    side: tuple[str, ...]
    of: tuple[str, ...]
    which: tuple[str, ...]
    what: tuple[str, ...]


class Lexicon:
    """All phrases and places under `resources/phrases`."""

    def __init__(self, folder: Path = PHRASES) -> None:
        """Read the lists in `folder`."""
        carriers = _read(folder / "carriers.toml")
        others = _read(folder / "others.toml")
        checks = _read(folder / "checks.toml")
        places = _read(folder / "places.toml")
        noise = _read(folder / "noise.toml")
        general = _read(folder / "general.toml")
        self.verbs = _pool(carriers["verbs"], "words")
        self.short_verbs = Pool(tuple(carriers["verbs"]["short"]), _SHORT_CORE)
        self.carriers = {
            name: _pool(table, "carriers")
            for name, table in carriers.items()
            if "carriers" in table
        }
        self.openers = _pool(carriers["decorations"], "openers")
        self.loose_openers = frozenset(carriers["decorations"]["loose_openers"])
        """Openers without a comma that may also stand before a noun."""
        self.closers = _pool(carriers["decorations"], "closers")
        self.others = {
            name: _pool(table, "phrases")
            for name, table in others.items()
            if "phrases" in table
        }
        self.foreign = _pools(others["foreign"])
        """What is asked about nouns that no check knows."""
        self.operations = _pools(others["operations"])
        """What may be done to things, and by whom."""
        self.lookalikes = _pools(others["lookalikes"])
        """Speech about checks that asks for none."""
        self.nouns = _read_nouns(folder / "nouns.txt")
        """Nouns that no check knows, `trade` and `common`."""
        self._words = _sections(folder / "words.txt")
        self.checks = {
            check: {
                kind: _pool(checks[check.value], kind)
                for kind in ("nouns", "questions", "actions")
            }
            for check in Check
        }
        self.shells = _pool(places, "shells")
        self.spans = Pool(tuple(places["spans"]), 0)
        """What stands for all sites, or a region, where a place would."""
        self.region_frames = Pool(tuple(places["region_frames"]), 0)
        self.regions = Regions(
            **{name: tuple(words) for name, words in places["regions"].items()}
        )
        """What the name of a region may be put together of, see `variety`."""
        self.joints: tuple[str, ...] = tuple(places["pair_joints"])
        self.name_suffixes: tuple[str, ...] = tuple(places["name_suffixes"])
        self.name_prefixes: tuple[str, ...] = tuple(places["name_prefixes"])
        self.loose_suffixes: tuple[str, ...] = tuple(places["loose_suffixes"])
        self.town_suffixes: tuple[str, ...] = tuple(places["town_suffixes"])
        self.city_suffix: str = places["city_suffix"]
        self.village_suffix: str = places["village_suffix"]
        self.skills: dict[str, Any] = _read(folder / "skills.toml")
        """Words for the base's tasks, see `forms` and `figures`."""
        self.dialects: list[dict[str, Any]] = _read(folder / "dialects.toml")["dialect"]
        """Invented desks, see `dialects`."""
        self.frames = Pool(tuple(general["frames"]), 0)
        self.fillers: tuple[str, ...] = tuple(noise["fillers"])
        self.confusions: dict[str, tuple[str, ...]] = {
            word: tuple(heard) for word, heard in noise["confusions"].items()
        }
        self._places = _read_places(folder / "places.txt")

    @cached_property
    def words(self) -> tuple[str, ...]:
        """Words of all kinds for training, that name no place and no check.

        None is a phrase that dev or test hold out, not even without its meaning.
        """
        held = self.held_words(Split.DEV) | self.held_words(Split.TEST)
        return tuple(word for word in self._every_word() if word not in held)

    @cached_property
    def things(self) -> tuple[str, ...]:
        """Words for training that name things which no check knows.

        The most frequent are too general, those of people and tools too near a check,
        and what ends like the name of a place is taken for one.
        """
        allowed = frozenset(self.words)
        endings = tuple(
            suffix for suffix in (*self.name_suffixes, *self.loose_suffixes) if suffix
        )
        return tuple(
            word
            for word in self._words["things"][_GENERAL:]
            if word in allowed
            and not _NO_THING.search(word)
            and not word.endswith(endings)
        )

    def is_word(self, text: str) -> bool:
        """Whether the dictionary has it, as a word of any split."""
        return text in self._dictionary

    @cached_property
    def _dictionary(self) -> frozenset[str]:
        return frozenset(self._every_word())

    def held_words(self, split: Split) -> frozenset[str]:
        """Return the words of the dictionary that are phrases of one split alone."""
        pools = _pools_in(vars(self))
        said = {_bare(text) for pool in pools for text in pool.own(split)}
        return frozenset(said.intersection(self._every_word()))

    def _every_word(self) -> Iterator[str]:
        return (word for words in self._words.values() for word in words)

    def places(self, split: Split) -> Places:
        """Return the names of one split.

        Prefectures are training places: they are what a desk has most of, and what is
        measured must be unseen.
        """
        return self._places[split]

    def characters(self) -> set[str]:
        """Return every character of a place, for the tokenizer.

        Not those of phrases, which change often: a vocabulary must last longer.
        """
        found: set[str] = set()
        for places in self._places.values():
            for names in (places.cities, places.counties, places.towns):
                found.update(*names)
            found.update(*places.villages)
        return found


def _pools_in(table: Mapping[Any, object]) -> Iterator[Pool]:
    for value in table.values():
        if isinstance(value, Pool):
            yield value
        elif isinstance(value, dict):
            yield from _pools_in(value)


@cache
def _variants(phrase: str) -> tuple[str, ...]:
    parts = (part.split("|") for part in _CHOICE.split(phrase))
    return tuple(dict.fromkeys("".join(chosen) for chosen in product(*parts)))


def _bare(phrase: str) -> str:
    return re.sub("[,、]", "", phrase)


def _read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _pool(table: dict[str, Any], name: str) -> Pool:
    return Pool(tuple(dict.fromkeys(table[name])), int(table["core"]))


def _pools(table: dict[str, Any]) -> dict[str, Pool]:
    """Read a table of many lists: carriers and gear share no core."""
    return {
        name: Pool(
            tuple(dict.fromkeys(items)),
            int(table["core" if name in {"carriers", "gear"} else "words_core"]),
        )
        for name, items in table.items()
        if isinstance(items, list)
    }


def _read_nouns(path: Path) -> dict[str, Pool]:
    return {
        name: Pool(tuple(dict.fromkeys(words)), 0)
        for name, words in _sections(path).items()
    }


def _sections(path: Path) -> dict[str, list[str]]:
    sections: dict[str, list[str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            words = sections.setdefault(line.strip("[]"), [])
        elif not line.startswith("#"):
            words.extend(line.split())
    return sections


def _read_places(path: Path) -> dict[Split, Places]:
    sections = _sections(path)
    # A town named like a prefecture goes where the prefecture goes.
    known = {stem_of(name) for name in sections["cities"]}

    def parts(section: str) -> dict[Split, tuple[str, ...]]:
        split: dict[Split, list[str]] = {each: [] for each in Split}
        for name in sections[section]:
            stem = stem_of(name)
            split[Split.TRAIN if stem in known else split_of(stem)].append(name)
        return {each: tuple(names) for each, names in split.items()}

    cities, counties, towns, villages = map(
        parts, ("cities", "counties", "towns", "villages")
    )
    return {
        split: Places(
            cities=cities[split],
            counties=counties[split],
            towns=towns[split],
            villages=villages[split],
        )
        for split in Split
    }
