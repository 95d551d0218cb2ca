"""The lexicon: the desk's own words, spelt in the recogniser's vocabulary.

The lexicon-limited ear hears only what is in here, and hears *everything* as something
in here: a word that people say and that is missing becomes the nearest site name. So
the phrase lists hold function words and out-of-scope words too.
"""

import json
import re
import struct
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Final

from app.core import numerals
from app.core.errors import ModelCorruptError
from app.hearing.transcript import UNKNOWN

_FST_MAGIC: Final = 2125659606
_SYMBOLS_MAGIC: Final = 2125658996
_HAS_SYMBOLS: Final = 1
_HEADER_NUMBERS: Final = 8 + 3 * 8
_DIGIT_RUN: Final = re.compile(r"\d+")
_UNITS: Final = re.compile(r"kv", re.IGNORECASE)
_SILENT: Final = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexicon:
    """What this desk talks about, in ordinary spelling."""

    names: tuple[str, ...] = ()
    """Site names and aliases."""
    phrases: tuple[str, ...] = ()
    """Check expressions, carriers, function words, out-of-scope words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grammar:
    """A lexicon spelt in one model's vocabulary."""

    text: str
    """JSON for the recogniser: raw UTF-8, words separated by blanks."""
    size: int
    """Number of phrases, `[unk]` not counted."""
    respelt: tuple[tuple[str, str], ...] = ()
    """(as heard, as written) where they differ, longest first."""
    unspeakable: tuple[str, ...] = ()
    """Names that the model has no sounds for; only the free ear may hear them."""

    def restore(self, text: str) -> str:
        """Put names that had to be spelt by sound back into their own spelling."""
        for heard, written in self.respelt:
            text = text.replace(heard, written)
        return text


def load_lexicon(names: Iterable[str], folder: Path) -> Lexicon:
    """Join the site names with the phrases in `folder`/*.txt.

    The files hold phrases separated by blanks or line ends; `#` starts a comment.
    """
    phrases: list[str] = []
    for path in sorted(folder.glob("*.txt")):
        for line in path.read_text(encoding="utf-8").splitlines():
            phrases += line.partition("#")[0].split()
    return Lexicon(
        names=tuple(dict.fromkeys(names)), phrases=tuple(dict.fromkeys(phrases))
    )


def read_vocabulary(graph: Path) -> "Vocabulary":
    """Take the words out of the symbol table of an OpenFST file (graph/Gr.fst).

    Raises:
        ModelCorruptError: The file is not an FST with a symbol table.
    """
    try:
        return Vocabulary(words=frozenset(_symbols(graph.read_bytes())))
    except (struct.error, UnicodeDecodeError, ValueError, IndexError) as error:
        raise ModelCorruptError(
            f"语音识别模型的词表无法读取 ({graph.name}: {error})"
        ) from error


def _symbols(data: bytes) -> Iterable[str]:
    """Yield the words of the input symbol table; control symbols are left out."""
    at = 0

    def number(kind: str = "<i") -> int:
        nonlocal at
        (value,) = struct.unpack_from(kind, data, at)
        at += struct.calcsize(kind)
        return int(value)

    def chunk() -> bytes:
        nonlocal at
        size = number()
        if size < 0 or at + size > len(data):
            raise ValueError("bad string length")
        at += size
        return data[at - size : at]

    if number() != _FST_MAGIC:
        raise ValueError("not an FST")
    chunk(), chunk(), number()
    if not number() & _HAS_SYMBOLS:
        raise ValueError("no symbol table")
    at += _HEADER_NUMBERS
    if number() != _SYMBOLS_MAGIC:
        raise ValueError("no symbol table")
    chunk(), number("<q")
    for _ in range(number("<q")):
        word = chunk().decode()
        number("<q")
        if word[0] not in "<[#!":
            yield word


@dataclass(frozen=True)
class Vocabulary:
    """The words that a model can hear, and how to write others with them."""

    words: frozenset[str]
    _homophones: dict[str, str] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def _longest(self) -> int:
        return max(map(len, self.words), default=0)

    def segment(self, text: str) -> tuple[str, ...] | None:
        """Cut `text` into the fewest words, longer ones first; None: impossible."""
        # best[i]: (pieces so far, minus the squares of their lengths, last piece)
        best: list[tuple[int, int, str] | None] = [(0, 0, "")]
        for end in range(1, len(text) + 1):
            found: tuple[int, int, str] | None = None
            for start in range(max(0, end - self._longest), end):
                before, word = best[start], text[start:end]
                if before is None or word not in self.words:
                    continue
                option = (before[0] + 1, before[1] - len(word) ** 2, word)
                if found is None or option[:2] < found[:2]:
                    found = option
            best.append(found)
        if best[-1] is None:
            return None
        pieces: list[str] = []
        end = len(text)
        while end:
            step = best[end]
            assert step is not None
            pieces.append(step[2])
            end -= len(step[2])
        return tuple(reversed(pieces))

    def spell(self, text: str) -> tuple[str, ...] | None:
        """Cut `text` into words; characters outside the vocabulary by sound-alikes.

        None when some character has neither a word nor a sound-alike.
        """
        pieces = self.segment(text)
        if pieces is not None or not text:
            return pieces
        for can_write in (self._in_a_word, self._alone):
            pieces = self.segment(
                "".join(
                    char if can_write(char, text) else self._sound_alike(text, at)
                    for at, char in enumerate(text)
                )
            )
            if pieces is not None:
                return pieces
        return None

    def _alone(self, char: str, text: str) -> bool:
        return char in self.words

    def _in_a_word(self, char: str, text: str) -> bool:
        """Say whether `char` stands alone, or in a word that `text` contains."""
        if char in self.words:
            return True
        return any(
            char in text[start:end] and text[start:end] in self.words
            for start in range(len(text))
            for end in range(start + 2, min(len(text), start + self._longest) + 1)
        )

    def _sound_alike(self, text: str, at: int) -> str:
        from pypinyin import Style, lazy_pinyin

        if not self._homophones:
            self._homophones.update(self._by_sound())
        for style in (Style.TONE3, Style.NORMAL):
            sounds = lazy_pinyin(text, style=style, errors=list)  # type: ignore[arg-type]
            alike = self._homophones.get(sounds[at]) if len(sounds) == len(text) else ""
            if alike:
                return alike
        return text[at]

    def _by_sound(self) -> dict[str, str]:
        """Map each syllable, with and without tone, to its commonest character."""
        from pypinyin import Style, lazy_pinyin

        commonness = Counter(char for word in self.words for char in word)
        sounds: dict[str, str] = {}
        for style in (Style.TONE3, Style.NORMAL):
            for char, _ in commonness.most_common():
                if char in self.words:
                    sounds.setdefault(lazy_pinyin(char, style=style)[0], char)
        return sounds

    def compile(self, lexicon: Lexicon) -> Grammar:
        """Spell every name and phrase; what has no spelling is reported, not lost."""
        phrases: dict[str, None] = {}
        respelt: dict[str, str] = {}
        unspeakable: list[str] = []
        for name in lexicon.names:
            spellings = [pieces for way in _spoken(name) if (pieces := self.spell(way))]
            if not spellings:
                unspeakable.append(name)
            for pieces in spellings:
                phrases[" ".join(pieces)] = None
                heard = "".join(pieces)
                if heard != name and heard not in lexicon.names:
                    respelt.setdefault(heard, name)
        for phrase in lexicon.phrases:
            spoken = self.spell(phrase)
            if spoken:
                phrases[" ".join(spoken)] = None
        return Grammar(
            text=json.dumps([*phrases, UNKNOWN], ensure_ascii=False),
            size=len(phrases),
            respelt=tuple(sorted(respelt.items(), key=lambda pair: -len(pair[0]))),
            unspeakable=tuple(unspeakable),
        )


def _spoken(name: str) -> Sequence[str]:
    """Give the ways to say a written name: digits read out, no punctuation."""
    text = _UNITS.sub("千伏", unicodedata.normalize("NFKC", name))
    text = _SILENT.sub("", text)
    ways: dict[str, None] = {}
    for read in (numerals.cardinal, numerals.by_digit, _by_telephone):
        ways[_DIGIT_RUN.sub(partial(_read_run, read), text)] = None
    return tuple(way for way in ways if way)


def _read_run(read: Callable[[str], str], run: re.Match[str]) -> str:
    return read(run.group())


def _by_telephone(run: str) -> str:
    return (
        numerals.by_digit(run).replace("一", "幺")
        if len(run) > 1
        else numerals.cardinal(run)
    )
