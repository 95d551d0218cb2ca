"""JSON in the one form in which every desk writes it: one meaning has one text.

Where a member stands twice, one reader takes the first and another the last; and what
the database finds in a text is not what this program reads.
"""

import json
import re
from typing import Final, TypeAlias

Json: TypeAlias = bool | int | float | str | list["Json"] | dict[str, "Json"] | None

_SURROGATES: Final = re.compile("[\ud800-\udfff]")
_ENCODER: Final = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
)
_DEEP: Final = 4
"""So deep an entry is written member by member: the calls of a run are in its third."""
_HALVES: Final = re.compile(
    r"(?<!\\)((?:\\\\)*)(\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2})"
)


def written(value: Json) -> str:
    """Give a value as canonical text.

    Raises:
        ValueError: A number that JSON has not.
    """
    return _in_pieces(value, _DEEP)


def parsed(text: str) -> Json:
    """Give the value of a text; other threads have their turn meanwhile.

    Raises:
        ValueError: It is no JSON.
        RecursionError: It is too deep.
    """
    # The library keeps every other thread waiting until it is through, and for the
    # sweep of a province that is thirty milliseconds: where it calls Python for each
    # object, Python looks who else wants to run.
    value: Json = json.loads(text, object_hook=_as_it_is)
    return value


def _as_it_is(value: dict[str, Json]) -> Json:
    return value


def _in_pieces(value: Json, deep: int) -> str:
    """Write a value piece by piece, so that other threads have their turn between."""
    if deep and isinstance(value, dict):
        members = (
            f"{_in_pieces(key, 0)}:{_in_pieces(value[key], deep - 1)}"
            for key in sorted(value)
        )
        return f"{{{','.join(members)}}}"
    if deep and isinstance(value, list):
        return f"[{','.join(_in_pieces(each, 0) for each in value)}]"
    return _SURROGATES.sub(_escape, _ENCODER.encode(value))


def is_written(text: str, value: Json) -> bool:
    """Say whether a text, which was read as this value, is its canonical text."""
    again = written(value)
    # Two halves that met in a text are written apart, and read as one character.
    return text == again or _HALVES.sub(_joined, text) == again


def escaped(text: str) -> str:
    """Give a text as it stands between its quotation marks in a canonical text."""
    return _SURROGATES.sub(_escape, json.dumps(text, ensure_ascii=False)[1:-1])


def unescaped(text: str) -> str:
    """Give the text that stands so in a canonical text."""
    return str(json.loads(f'"{text}"'))


def _escape(half: re.Match[str]) -> str:
    return f"\\u{ord(half.group()):04x}"


def _joined(halves: re.Match[str]) -> str:
    return halves[1] + unescaped(halves[2])
