r"""A record as canonical text, and the chain that makes the text unalterable.

Each row of the table `journal_entries` holds a text `body`: one JSON object (RFC 8259)
with its keys sorted by code point, no blanks, non-ASCII characters as themselves, and
these members:

- `kind`: what the entry is, and the name of the member that holds it: "run" is a
  `core.model.RunRecord`, "acknowledgement" a `core.alarms.Acknowledgement`; the others
  are of `core.entries`: "disposition", "correction", "decision", and "event"
- `recorded_at`: when the desk wrote it
- `schema`: version of this layout, today 7; readers refuse a greater one

In it every field of every dataclass is written under its own name, defaults too. Times
are `YYYY-MM-DDTHH:MM:SS.ffffffZ` (UTC, always six digits), days `YYYY-MM-DD`, enums are
their values, tuples are arrays, an unknown is `null`. A number with a fraction is the
shortest decimal that reads back as the same IEEE 754 double (Python's `repr`), so it
never changes on a round trip; the three doubles that JSON cannot write are the strings
"NaN", "Infinity" and "-Infinity". A surrogate without its other half is written as a
`\uXXXX` escape. The hash is over the stored bytes: whoever verifies need not be able
to write this form, only to read the column.

An entry stays in the layout it was written in; a reader gives what that layout does not
have as the default of today. The layouts:

1.  `evidence` of an Observation is one Evidence or `null`.
2.  `evidence` of an Observation is an array. New are `annotated`, `camera` and
    `taken_at` of an Evidence, `valid_from` and `valid_until` (days) of a Site.
3.  New are `alternatives` of an Utterance, `continues`, `reasons` and `repeats` of an
    Understanding, and "repeated" as an outcome.
4.  New is `uncertain` of an Utterance, an array of Span.
5.  New is the kind "acknowledgement": `run_id` and `index` name a finding of an earlier
    entry, the first finding of a run being 0. A finding has at most one.
6.  New are the kinds "disposition", "correction", "decision" and "event"; `role`,
    `edits_run` and `read_aloud` of a RunRecord, and `exchanges` of an Observation.
7.  New is `audio_kept` of an Utterance: true, false, or `null` where nobody says. New
    as what happened at the desk are "settings_changed", "diagnosed",
    "signing_key_made" and "recordings_expired".

    hash = SHA-256, as 64 small hexadecimal digits, of the UTF-8 bytes of
           "griddesk-journal/1" LF previous_hash LF seq LF body

where `seq` counts 1, 2, 3 … without a gap, in decimal, and `previous_hash` is the hash
of the entry before; that of the first entry is 64 zeros. To verify a journal without
this program (a test runs these lines):

    import hashlib
    import sqlite3
    import sys

    db = sqlite3.connect(sys.argv[1])
    head, count = "0" * 64, 0
    columns = "seq, previous_hash, hash, body"
    for seq, previous, digest, body in db.execute(
        f"SELECT {columns} FROM journal_entries ORDER BY seq"
    ):
        count += 1
        link = f"griddesk-journal/1\n{previous}\n{seq}\n{body}"
        computed = hashlib.sha256(link.encode("utf-8")).hexdigest()
        if (seq, previous, digest) != (count, head, computed):
            sys.exit(f"entry {count} is broken")
        head = digest
    print(count, head)
"""

import hashlib
import math
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import cache
from typing import Any, Final, TypeAlias, TypeVar

from app.core.alarms import Acknowledgement
from app.core.entries import Correction, Decision, DeskEvent, Disposition
from app.core.model import RunRecord, Site, Understanding, Utterance
from app.core.observation import Evidence, Observation
from app.journal.form import Json, is_written, parsed, written

SCHEMA: Final = 7
"""Version of the text's layout; raised whenever a field comes, goes or changes."""

_SINCE: Final[dict[tuple[type, str], int]] = {
    (Evidence, "annotated"): 2,
    (Evidence, "camera"): 2,
    (Evidence, "taken_at"): 2,
    (Site, "valid_from"): 2,
    (Site, "valid_until"): 2,
    (Understanding, "continues"): 3,
    (Understanding, "reasons"): 3,
    (Understanding, "repeats"): 3,
    (Utterance, "alternatives"): 3,
    (Utterance, "uncertain"): 4,
    (RunRecord, "role"): 6,
    (RunRecord, "edits_run"): 6,
    (RunRecord, "read_aloud"): 6,
    (Observation, "exchanges"): 6,
    (Utterance, "audio_kept"): 7,
}
"""The layout that a field came with, where it is not the first; it has a default."""

GENESIS: Final = "0" * 64
"""The hash before the first entry."""

KIND_RUN: Final = "run"
KIND_ACKNOWLEDGEMENT: Final = "acknowledgement"
KIND_DISPOSITION: Final = "disposition"
KIND_CORRECTION: Final = "correction"
KIND_DECISION: Final = "decision"
KIND_EVENT: Final = "event"

_KINDS: Final[dict[type, tuple[str, int]]] = {
    RunRecord: (KIND_RUN, 1),
    Acknowledgement: (KIND_ACKNOWLEDGEMENT, 5),
    Disposition: (KIND_DISPOSITION, 6),
    Correction: (KIND_CORRECTION, 6),
    Decision: (KIND_DECISION, 6),
    DeskEvent: (KIND_EVENT, 6),
}
"""What an entry holds → its kind, and the layout that the kind came with."""

_DOMAIN: Final = "griddesk-journal/1"

Kept: TypeAlias = (
    RunRecord | Acknowledgement | Disposition | Correction | Decision | DeskEvent
)
"""What an entry may hold."""

_PLAIN: Final = {kind: kind for kind in (str, int, bool)}

_T = TypeVar("_T")

_Encode: TypeAlias = Callable[[Any], Json]
_Decode: TypeAlias = Callable[[Any], Any]


class NotCanonicalError(ValueError):
    """A text that no desk of this version has written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A record and when it was written."""

    record: RunRecord
    recorded_at: datetime


def encode(record: Kept, *, recorded_at: datetime) -> str:
    """Give the canonical text of an entry.

    Raises:
        ValueError: A time without a zone, or one where a day should be.
    """
    held: Any = type(record)
    kind, _ = _KINDS[held]
    entry: Json = {
        "kind": kind,
        "recorded_at": _encode_time(recorded_at),
        kind: _codec(held, SCHEMA)[0](record),
        "schema": SCHEMA,
    }
    return written(entry)


def decode(text: str) -> Recorded:
    """Give back exactly what was encoded of a run, today or by an older program.

    Raises:
        NotCanonicalError: The text is no run's record, or of a newer layout.
    """
    record, recorded_at = _decode(text, RunRecord)
    return Recorded(record=record, recorded_at=recorded_at)


def decode_as(text: str, kept: type[_T]) -> _T:
    """Give back exactly what was encoded of an entry of this type.

    Raises:
        NotCanonicalError: The text is none, or of a newer layout.
    """
    return _decode(text, kept)[0]


def decode_exactly(text: str, kept: type[_T]) -> _T:
    """Do the same, and refuse a text that can be read but that no desk has written.

    Raises:
        NotCanonicalError: The text is none, of a newer layout, or in another form.
    """
    return _decode(text, kept, exactly=True)[0]


def _decode(text: str, kept: type[_T], *, exactly: bool = False) -> tuple[_T, datetime]:
    wanted: Any = kept
    kind, since = _KINDS[wanted]
    try:
        entry: Any = parsed(text)
        if entry["kind"] != kind:
            raise NotCanonicalError(f"kind {entry['kind']!r}")
        schema = entry["schema"]
        if type(schema) is not int or not since <= schema <= SCHEMA:
            raise NotCanonicalError(f"schema {schema!r}")
        held: _T = _codec(wanted, schema)[1](entry[kind])
        if exactly and not is_written(text, entry):
            raise NotCanonicalError("not in canonical form")
        return held, _decode_time(entry["recorded_at"])
    except NotCanonicalError:
        raise
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise NotCanonicalError(f"{type(error).__name__}: {error}") from error


def kind_of(kept: Kept) -> str:
    """Give the kind of what an entry holds."""
    held: Any = type(kept)
    return _KINDS[held][0]


def layout_of(text: str) -> int:
    """Give the layout that a canonical text says it is of; its last member.

    Raises:
        NotCanonicalError: It says none.
    """
    _, _, last = text.rpartition('"schema":')
    if not last.endswith("}") or not last[:-1].isdecimal():
        raise NotCanonicalError("no layout")
    return int(last[:-1])


def chain_hash(previous: str, seq: int, text: str) -> str:
    """Give the hash of an entry; see the head of this module."""
    link = f"{_DOMAIN}\n{previous}\n{seq}\n{text}"
    # A text that was tampered with may hold what UTF-8 cannot; it must not verify.
    return hashlib.sha256(link.encode("utf-8", "surrogatepass")).hexdigest()


def microseconds(time: datetime) -> int:
    """Give whole microseconds since 1970, exactly."""
    since = time.astimezone(UTC) - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def _encode_time(time: datetime) -> str:
    if time.tzinfo is None:
        raise ValueError("a time in a record must have a zone")
    # isoformat, because strftime does not pad years before 1000 everywhere.
    return (
        time.astimezone(UTC)
        .replace(tzinfo=None, fold=0)
        .isoformat(timespec="microseconds")
        + "Z"
    )


def _decode_time(text: str) -> datetime:
    if len(text) != 27 or not text.endswith("Z"):
        raise NotCanonicalError(f"time {text!r}")
    return datetime.fromisoformat(text[:-1]).replace(tzinfo=UTC)


def _encode_day(day: date) -> str:
    if isinstance(day, datetime):
        raise ValueError("a day in a record must not be a time")
    return day.isoformat()


def _decode_day(text: str) -> date:
    day = date.fromisoformat(text)
    # Python reads weeks and days without hyphens too; no desk writes them.
    if day.isoformat() != text:
        raise NotCanonicalError(f"day {text!r}")
    return day


def _encode_float(value: float) -> Json:
    value = float(value)
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")


def _decode_float(value: Json) -> float:
    if isinstance(value, str):
        if value not in {"NaN", "Infinity", "-Infinity"}:
            raise NotCanonicalError(f"number {value!r}")
        return float(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise NotCanonicalError(f"number {value!r}")
    return float(value)


def _exactly(kind: type) -> _Decode:
    def decode_exactly(value: Json) -> Json:
        if type(value) is not kind:
            raise NotCanonicalError(f"{value!r} is not {kind.__name__}")
        return value

    return decode_exactly


@cache
def _codec(kind: Any, schema: int) -> tuple[_Encode, _Decode]:
    """Make, once for each type, the pair that writes it and reads it in a layout.

    What is written is always today's layout.
    """
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in {typing.Union, types.UnionType}:
        (inner,) = (a for a in arguments if a is not types.NoneType)
        write, read = _codec(inner, schema)
        return (
            lambda value: None if value is None else write(value),
            lambda value: None if value is None else read(value),
        )
    if origin is tuple:
        write, read = _codec(arguments[0], schema)
        many = _exactly(list)
        return (
            lambda value: [write(item) for item in value],
            lambda value: tuple([read(item) for item in many(value)]),
        )
    if is_dataclass(kind):
        return _dataclass_codec(kind, schema)
    if issubclass(kind, StrEnum):
        members = {member.value: member for member in kind}
        return lambda value: str(kind(value)), members.__getitem__
    if kind is datetime:
        return _encode_time, _decode_time
    if kind is date:
        return _encode_day, _decode_day
    if kind is float:
        return _encode_float, _decode_float
    if kind in {str, int, bool}:
        return kind, _exactly(kind)
    raise TypeError(f"the journal cannot write a {kind!r}")


def _dataclass_codec(kind: Any, schema: int) -> tuple[_Encode, _Decode]:
    hints = typing.get_type_hints(kind)
    codecs = {f.name: _codec(hints[f.name], schema) for f in fields(kind)}
    writers = [(name, write) for name, (write, _) in codecs.items()]
    known = {name for name in codecs if _SINCE.get((kind, name), 1) <= schema}
    decoders = {name: read for name, (_, read) in codecs.items() if name in known}
    if kind is Observation and schema == 1:
        decoders["evidence"] = _decode_one_picture
    # Most fields are plain: to look at their type here, and not in a call for each,
    # makes reading a tenth faster.
    readers = [(name, _PLAIN.get(hints[name]), read) for name, read in decoders.items()]
    size = len(readers)

    def encode_fields(value: Any) -> Json:
        return {name: write(getattr(value, name)) for name, write in writers}

    def decode_fields(value: Any) -> Any:
        if len(value) != size:
            raise NotCanonicalError(f"{kind.__name__} with {sorted(value)}")
        made = {}
        for name, plain, read in readers:
            item = value[name]
            made[name] = item if type(item) is plain else read(item)
        return kind(**made)

    return encode_fields, decode_fields


def _decode_one_picture(value: Json) -> tuple[Evidence, ...]:
    """Read what layout 1 had: a picture or none."""
    return () if value is None else (_codec(Evidence, 1)[1](value),)
