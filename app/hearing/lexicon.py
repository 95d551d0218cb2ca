"""The lexicon: the desk's own words, spelt in the recogniser's vocabulary.

The lexicon-limited ear hears only what is in here, and hears *everything* as something
in here: a word that people say and that is missing becomes the nearest site name. So
the phrase lists hold function words and out-of-scope words too.

The grammar that Vosk makes of it is no list but a bigram model: every phrase counts as
a sentence. What is said around names and checks therefore stands in it as it is said,
in whole pieces of sentences, and every name stands in the same few frames: each is as
likely as the others, and what follows a name is likelier than another name.
"""

import itertools
import json
import re
import struct
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Final

from app.core import numerals
from app.core.errors import ModelCorruptError
from app.hearing.transcript import UNKNOWN, by_telephone, syllables

NAME: Final = "…"
"""Stands for a name in a frame."""
CHECKS: Final = "checks"
"""Name of the file of phrases that say what is to be checked."""
OTHERS: Final = "others"
"""Name of the file of phrases that call nothing."""
_BESIDE_ANY: Final = "别不没未无非除外勿儿"
"""Negations and the 儿 of 这块儿 mean something beside any other word."""
MOST_FRAMED: Final = 8_000
"""Phrases with a name in them; where there are many names, each is in fewer frames."""
_FST_MAGIC: Final = 2125659606
_SYMBOLS_MAGIC: Final = 2125658996
_HAS_SYMBOLS: Final = 1
_HEADER_NUMBERS: Final = 8 + 3 * 8
_SIZE: Final = struct.Struct("<i")
_KEY_BYTES: Final = 8
_CONTROL: Final = b"<[#!"
"""How the symbols begin that are no words."""
_DIGIT_RUN: Final = re.compile(r"\d+")
_TONES: Final = "12345"
_UNITS: Final = re.compile(r"kv", re.IGNORECASE)
_SILENT: Final = re.compile(r"[\W_]+")
_RUN_ON: Final = {
    "yi": "ni", "yin": "nin", "ying": "ning", "yan": "nian", "yang": "niang",
    "yao": "niao", "you": "niu", "ye": "nie", "yu": "nv", "yue": "nve", "wu": "nu",
    "wan": "nuan", "an": "nan", "ai": "nai", "ao": "nao", "ou": "nou", "en": "nen",
}  # fmt: skip
"""Syllables without an initial, and what they are after an n that runs on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexicon:
    """What this desk talks about, in ordinary spelling."""

    names: tuple[str, ...] = ()
    """Site names and aliases."""
    phrases: tuple[str, ...] = ()
    """Check expressions, carriers, function words, out-of-scope words."""
    frames: tuple[str, ...] = ()
    """What is said beside a name, `…` in its place; the most useful first."""
    checks: tuple[str, ...] = ()
    """Those of the phrases that say what is to be checked."""
    others: tuple[str, ...] = ()
    """Those that call nothing, which are in it to be heard as themselves."""


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
    pairs: frozenset[tuple[str, str]] = frozenset()
    """Words that stand side by side in some phrase."""
    alone: frozenset[str] = frozenset()
    """Words that mean something beside any other: names, phrases, negations."""

    def loose(self, words: Sequence[str]) -> tuple[int, ...]:
        """Give the places of words that nothing beside them supports.

        The ear that knows the desk's words only makes them of what it does not know:
        施工对 of 施工队, 禹 (of 禹城) of 与.
        """
        if not self.pairs:
            return ()
        return tuple(
            at
            for at, word in enumerate(words)
            if word not in self.alone
            and word != UNKNOWN
            and not any(
                pair in self.pairs
                for pair in itertools.pairwise(words[max(0, at - 1) : at + 2])
            )
        )

    def restore(self, text: str) -> str:
        """Put names that had to be spelt by sound back into their own spelling."""
        for heard, written in self.respelt:
            text = text.replace(heard, written)
        return text


def load_lexicon(names: Iterable[str], folder: Path) -> Lexicon:
    """Join the site names with the phrases in `folder`/*.txt.

    The files hold phrases separated by blanks or line ends; `#` starts a comment. A
    phrase with a `…` is a frame for names.
    """
    found: dict[str, None] = {}
    kinds: dict[str, dict[str, None]] = {CHECKS: {}, OTHERS: {}}
    for path in sorted(folder.glob("*.txt")):
        for line in path.read_text(encoding="utf-8").splitlines():
            phrases = dict.fromkeys(line.partition("#")[0].split())
            found |= phrases
            if path.stem in kinds:
                kinds[path.stem] |= phrases
    return Lexicon(
        checks=tuple(kinds[CHECKS]),
        others=tuple(kinds[OTHERS]),
        names=tuple(dict.fromkeys(names)),
        phrases=tuple(phrase for phrase in found if NAME not in phrase),
        frames=tuple(phrase for phrase in found if NAME in phrase),
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
    # A hundred thousand words: the calls above would take as long as the model.
    for _ in range(number("<q")):
        (size,) = _SIZE.unpack_from(data, at)
        at += _SIZE.size
        end = at + size
        if size < 1 or end > len(data):
            raise ValueError("bad string length")
        if data[at] not in _CONTROL:
            yield data[at:end].decode()
        at = end + _KEY_BYTES


@dataclass(frozen=True)
class Vocabulary:
    """The words that a model can hear, and how to write others with them."""

    words: frozenset[str]
    _homophones: dict[str, str] = field(default_factory=dict, repr=False, compare=False)
    _phrases: dict[str, str] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def _longest(self) -> int:
        return max(map(len, self.words), default=0)

    def segment(self, text: str) -> tuple[str, ...] | None:
        """Cut `text` into the fewest words, longer ones first; None: impossible."""
        # best[i]: (pieces so far, minus the squares of their lengths, last piece)
        best: list[tuple[int, int, str] | None] = [(0, 0, "")]
        words, longest = self.words, self._longest
        for end in range(1, len(text) + 1):
            found: tuple[int, int, str] | None = None
            for start in range(max(0, end - longest), end):
                word = text[start:end]
                if word not in words or (before := best[start]) is None:
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

        for style in (Style.TONE3, Style.NORMAL):
            sounds = lazy_pinyin(text, style=style, errors=list)  # type: ignore[arg-type]
            alike = self._homophone(sounds[at]) if len(sounds) == len(text) else ""
            if alike:
                return alike
        return text[at]

    def _homophone(self, sound: str) -> str:
        """Give the commonest character with this sound; empty: there is none."""
        if not self._homophones:
            self._homophones.update(self._by_sound())
        return self._homophones.get(sound, "")

    def _by_sound(self) -> dict[str, str]:
        """Map each syllable, with and without tone, to its commonest character."""
        from pypinyin import Style, lazy_pinyin

        commonness = Counter("".join(self.words))
        # Of two that are as common always the same, whatever order a set has.
        chars = sorted(
            (char for char in commonness if char in self.words),
            key=lambda char: (-commonness[char], char),
        )
        sounds: dict[str, str] = {}
        toned = lazy_pinyin(chars, style=Style.TONE3)
        for read in (toned, [sound.rstrip(_TONES) for sound in toned]):
            for char, sound in zip(chars, read, strict=True):
                sounds.setdefault(sound, char)
        return sounds

    def compile(self, lexicon: Lexicon) -> Grammar:
        """Spell every name and phrase; what has no spelling is reported, not lost."""
        names = frozenset(lexicon.names)
        spelt: dict[str, None] = {}
        respelt: dict[str, str] = {}
        unspeakable: list[str] = []
        for name in lexicon.names:
            ways = [
                way for said in _spoken(name) for way in (said, *self._run_on(said))
            ]
            spellings = [pieces for way in ways if (pieces := self.spell(way))]
            if not spellings:
                unspeakable.append(name)
            for pieces in spellings:
                spelt[" ".join(pieces)] = None
                heard = "".join(pieces)
                if heard != name and heard not in names:
                    respelt.setdefault(heard, name)
        phrases = dict.fromkeys(spelt)
        for frame in lexicon.frames[: MOST_FRAMED // max(1, len(spelt))]:
            before, _, after = frame.partition(NAME)
            sides = [self._spelt_phrase(side) for side in (before, after)]
            for name in spelt:
                phrases[" ".join(filter(None, (sides[0], name, sides[1])))] = None
        for phrase in lexicon.phrases:
            for way in _spoken(phrase):
                phrases[self._spelt_phrase(way)] = None
        phrases.pop("", None)
        split = [phrase.split() for phrase in phrases]
        others = frozenset(lexicon.others)
        said = [one for one in lexicon.phrases if len(one) > 1 and one not in others]
        alone = {name for name in spelt if " " not in name}
        alone |= {self._spelt_phrase(word) for word in (*said, *lexicon.checks)}
        alone |= {*_BESIDE_ANY}
        return Grammar(
            pairs=frozenset(pair for one in split for pair in itertools.pairwise(one)),
            alone=frozenset(word for word in alone if word and " " not in word),
            text=json.dumps([*phrases, UNKNOWN], ensure_ascii=False),
            size=len(phrases),
            respelt=tuple(sorted(respelt.items(), key=lambda pair: -len(pair[0]))),
            unspeakable=tuple(unspeakable),
        )

    def _spelt_phrase(self, phrase: str) -> str:
        """Give the words of a phrase, separated by blanks; empty: it has no sounds.

        Kept, since the phrases stay when the names change.
        """
        if phrase not in self._phrases:
            self._phrases[phrase] = " ".join(self.spell(phrase) or ())
        return self._phrases[phrase]

    def _run_on(self, name: str) -> Iterator[str]:
        """Give a name as it sounds where an n runs on into the next syllable.

        临沂 said quickly is lin-ni, as 天安门 is tian-nan-men.
        """
        sounds = syllables(name)
        if len(sounds) != len(name):
            return
        for at, (one, following) in enumerate(itertools.pairwise(sounds), 1):
            if not one.endswith("n") or following not in _RUN_ON:
                continue
            if alike := self._homophone(_RUN_ON[following]):
                yield name[:at] + alike + name[at + 1 :]


def _spoken(name: str) -> Sequence[str]:
    """Give the ways to say a written name: digits read out, no punctuation."""
    text = _UNITS.sub("千伏", unicodedata.normalize("NFKC", name))
    text = _SILENT.sub("", text)
    if not _DIGIT_RUN.search(text):
        return (text,) if text else ()
    ways: dict[str, None] = {}
    for read in (numerals.cardinal, numerals.by_digit, by_telephone):
        ways[_DIGIT_RUN.sub(partial(_read_run, read), text)] = None
    return tuple(way for way in ways if way)


def _read_run(read: Callable[[str], str], run: re.Match[str]) -> str:
    return read(run.group())
