"""Measure what the desk's signals are worth, and choose from where on it dispatches.

The whole reader – rules, model and directory – reads what nothing was trained on. How
often readings with such signals were right gives the weights; the threshold is the
smallest at which silently wrong rows are as rare as they must be.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Final

from app import __version__
from app.agent.calibration import FILE, RULES_FILE, Group, Measured, Outcome
from app.agent.confidence import (
    CAUTIOUS,
    CAUTIOUS_RULES,
    Calibration,
    Reader,
    Weights,
    features,
)
from app.agent.decoding import Decoder
from app.agent.model_reader import ModelReader
from app.agent.precision import Device
from app.agent.reading import Reading
from app.agent.rules import RuleReader
from app.agent.understanding import decide
from app.agent.weighing import (
    Hearing,
    ModelReading,
    is_complete,
    other_hearings,
    signals_of,
)
from app.core.cancel import CancelToken
from app.core.errors import UsageError
from app.core.model import Intent, Origin, Site
from app.core.ports import SiteDirectory
from app.system.files import sha256_of, write_text
from app.tuning.measuring.desks import (
    HEARD,
    LEVELS,
    SIZES,
    Desk,
    Meant,
    hash_of,
    heard_at,
    invented,
)
from app.tuning.measuring.loading import WEIGHTS, load_tuned
from app.tuning.measuring.logistic import fit
from app.tuning.measuring.scores import wilson
from app.tuning.phrases.lexicon import Split
from app.tuning.training.commit import commit

AIM: Final = 0.005
"""Share of all rows that may be silently wrong."""

CURVE: Final = (0.5, 0.7, 0.8, 0.9, 0.95, 0.97, 0.98, 0.99, 0.995, 0.998, 0.999)
"""Thresholds of the curve."""
_LEAST: Final = 0.8
"""No threshold is lower: nobody would send what is wrong one time in five."""
_GRID: Final = tuple(
    chance
    for step in range(280)
    if (chance := round(1 / (1 + math.exp(-step / 40)), 4)) >= _LEAST
)
"""Thresholds that may be chosen: even steps of the log odds."""
_WORTH: Final = 0.25
"""Share of what could be dispatched that a threshold must leave."""
_TELLING: Final = 200
"""Rows from which on a group is looked at by itself."""
_FEWEST: Final = 10
"""Readings that are needed to weigh anything."""


@dataclass(frozen=True, kw_only=True)
class CalibrateConfig:
    """What is calibrated on what."""

    base: Path
    adapter: Path | None
    """None calibrates rules alone."""
    rows: int = 500
    """For each noise level and size of directory."""
    levels: tuple[float, ...] = LEVELS
    sizes: tuple[int, ...] = SIZES
    heard: tuple[tuple[Path, Path], ...] = ()
    """Recordings as they were heard, each with the table of what was meant."""
    heard_sites: tuple[Site, ...] = ()
    """The directory of the desk at which they were heard."""
    seed: int = 11
    threads: int = 1
    device: Device = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A row as both readers read it."""

    meant: Meant
    desk: str
    sites: tuple[Site, ...]
    rules: Reading
    model: ModelReading | None
    others: tuple[Hearing, ...]

    def right(self, reading: Reading) -> bool:
        """Whether a reading is the whole of what was meant."""
        pairs = {
            (one.site.name if one.site else one.place, one.check)
            for one in reading.spoken
        }
        meant = self.meant.intent
        if meant in (Intent.INSPECT, Intent.NO_CHECK, Intent.NO_PLACE):
            return reading.intent is meant and pairs == self.meant.pairs
        return reading.intent is meant

    @property
    def answerable(self) -> bool:
        """Whether the desk could have answered: every place is in its directory."""
        names = {site.name for site in self.sites}
        return self.meant.intent is Intent.INSPECT and all(
            place in names for place, _ in self.meant.pairs
        )


def calibrate(
    config: CalibrateConfig,
    directory: Callable[[Sequence[Site]], SiteDirectory],
    *,
    tell: Callable[[str], None],
    cancel: CancelToken | None = None,
) -> Measured:
    """Measure, and give the calibration; `directory` makes one of sites.

    Raises:
        UsageError: What was heard cannot be read, or there are too few rows.
        ModelMissingError: Base or adapter is not there.
        ModelCorruptError: They cannot be read, or do not fit.
        Cancelled: The token was set.
    """
    desks = list(
        invented(
            Split.DEV,
            config.rows,
            seed=config.seed,
            levels=config.levels,
            sizes=config.sizes,
        )
    )
    for file, table in config.heard:
        desks.append(heard_at(config.heard_sites, file, table, name=HEARD))
    reader = None
    if config.adapter is not None:
        import torch

        torch.set_num_threads(config.threads)
        glm = load_tuned(config.base, config.adapter, device=config.device)
        reader = ModelReader(Decoder(glm))
    cancel = cancel or CancelToken()
    rows: list[Read] = []
    for desk in desks:
        rows += read_desk(desk, directory(desk.sites), reader, cancel)
        tell(f"已读 {len(rows)} 句 ({desk.rows[0].group if desk.rows else ''})")
    weighed = weigh(rows, Reader.RULES if reader is None else Reader.BOTH)
    made = [decided(row, weighed) for row in rows]
    threshold, proven = choose_threshold(made)
    return Measured(
        calibration=replace(weighed, threshold=threshold),
        aim=AIM,
        proven=proven,
        curve=tuple(outcome(made, value) for value in CURVE),
        groups=tuple(
            Group(name=name, outcome=outcome(group, threshold))
            for name, group in grouped(made).items()
        ),
        data_sha256=hash_of(desks),
        commit=commit(),
        program=f"griddesk {__version__}",
        adapter_sha256=_weights_sha256(config.adapter),
    )


def read_desk(
    desk: Desk,
    directory: SiteDirectory,
    reader: ModelReader | None,
    cancel: CancelToken,
) -> Iterator[Read]:
    """Read everything that is said at a desk, as the desk does.

    Raises:
        Cancelled: The token was set.
    """
    rules_reader = RuleReader(directory)
    sites = tuple(directory.sites())
    for row in desk.rows:
        cancel.raise_if_cancelled()
        utterance = row.utterance
        typed = utterance.origin is Origin.TYPED
        rules = rules_reader.read(utterance.text, typed=typed)
        others = tuple(
            Hearing(text=text, reading=rules_reader.read(text))
            for text in other_hearings(utterance)
        )
        model = None
        if reader is not None and not (rules.forbidden or rules.sweeps):
            model = reader.read(utterance, rules, directory, cancel, others=others)
        yield Read(
            meant=row,
            desk=desk.name,
            sites=sites,
            rules=rules,
            model=model,
            others=others,
        )


def weigh(rows: Iterable[Read], reader: Reader) -> Calibration:
    """Fit the weights: how much each signal says about calls being what was meant.

    Of two readers that differ both readings are weighed, so that the likelier one can
    be told.

    Raises:
        UsageError: There are too few readings.
    """
    table: list[tuple[float, ...]] = []
    right: list[bool] = []
    for row in rows:
        if reader is Reader.BOTH and row.model is None:
            continue
        readings = [row.rules]
        if row.model is not None and row.model.reading.effect != row.rules.effect:
            readings.append(row.model.reading)
        for one in filter(is_complete, readings):
            signals = signals_of(
                one, row.meant.utterance, row.rules, row.model, row.others
            )
            table.append(features(signals))
            right.append(row.right(one))
    if len(table) < _FEWEST:
        raise UsageError("校准的语句太少", "请用 --rows 增加语句。")
    default = CAUTIOUS if reader is Reader.BOTH else CAUTIOUS_RULES
    expected = (default.weights.start, *default.weights.values())
    fitted = fit(table, right, expected)
    names = [one.name for one in fields(Weights)]
    weights = Weights(
        **{name: round(value, 3) for name, value in zip(names, fitted, strict=True)}
    )
    return Calibration(
        reader=reader, weights=weights, threshold=default.threshold, origin=FILE
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What the desk would do with a row if any probability were enough."""

    group: str
    desk: str
    probability: float
    calls: bool
    """Whether it would dispatch, for everything that must hold does."""
    wrong: bool
    """Whether that would not be what was meant."""
    answerable: bool


def decided(row: Read, calibration: Calibration) -> Decided:
    """Let the desk decide about a row; its threshold is left to who counts."""
    anything = replace(calibration, threshold=0.0)
    made = decide(
        row.meant.utterance,
        row.rules,
        row.model,
        row.sites,
        others=row.others,
        calibration=anything,
        alone=anything if calibration.reader is Reader.RULES else None,
    )
    sent = {(call.site.name, call.check) for call in made.calls}
    return Decided(
        group=row.meant.group,
        desk=row.desk,
        probability=made.confidence,
        calls=bool(made.calls),
        wrong=row.meant.intent is not Intent.INSPECT or sent != row.meant.pairs,
        answerable=row.answerable,
    )


def outcome(rows: Sequence[Decided], threshold: float) -> Outcome:
    """Say what becomes of rows at a threshold."""
    sent = [row for row in rows if row.calls and row.probability >= threshold]
    right = sum(row.answerable for row in sent)
    return Outcome(
        threshold=threshold,
        rows=len(rows),
        dispatched=len(sent),
        silently_wrong=sum(row.wrong for row in sent),
        needless=sum(row.answerable for row in rows) - right,
    )


def choose_threshold(rows: Sequence[Decided]) -> tuple[float, bool]:
    """Give the smallest threshold that keeps the aim, and whether that is proven.

    All rows together must keep it at the upper end of the interval where there are
    enough of them, else as a share with half of the aim as a margin. Each kind of
    noise and each size of desk must keep it with that margin, too: a few hundred
    recordings prove nothing. Where then hardly anything would be dispatched, none may
    be shown to break it.
    """
    by_noise, by_desk = _by(rows, "group"), _by(rows, "desk")
    telling = [group for group in (*by_noise, *by_desk) if len(group) >= _TELLING]
    least = _WORTH * outcome(rows, _GRID[0]).dispatched

    def keeps(threshold: float, *, proven: bool, strict: bool) -> bool:
        whole = outcome(rows, threshold)
        share = whole.silently_wrong / max(1, len(rows))
        if (wilson(share, len(rows))[1] > AIM) if proven else (share > AIM / 2):
            return False
        if strict and whole.dispatched < least:
            return False
        for group in telling:
            wrong = outcome(group, threshold).silently_wrong
            low = wilson(wrong / len(group), len(group))[0]
            if wrong > AIM / 2 * len(group) if strict else low > AIM:
                return False
        return True

    for proven in (True, False):
        for strict in (True, False):
            for threshold in _GRID:
                if keeps(threshold, proven=proven, strict=strict):
                    return threshold, proven
    return _GRID[-1], False


def grouped(rows: Iterable[Decided]) -> dict[str, list[Decided]]:
    """Part rows by noise and desk."""
    found: dict[str, list[Decided]] = {}
    for row in rows:
        found.setdefault(f"{row.group}, {row.desk}", []).append(row)
    return found


def _by(rows: Iterable[Decided], name: str) -> list[list[Decided]]:
    """Part rows by one of their fields."""
    found: dict[object, list[Decided]] = {}
    for row in rows:
        found.setdefault(getattr(row, name), []).append(row)
    return list(found.values())


def _weights_sha256(adapter: Path | None) -> str:
    if adapter is None:
        return ""
    return next(
        (sha256_of(adapter / name) for name in WEIGHTS if (adapter / name).is_file()),
        "",
    )


def write_calibration(folder: Path, measured: Measured) -> Path:
    """Write `calibration.json` beside an adapter, or `rules.json`; give its path.

    Raises:
        UsageError: It cannot be written.
    """
    alone = measured.calibration.reader is Reader.RULES
    path = folder / (RULES_FILE.rpartition("/")[2] if alone else FILE)
    try:
        write_text(path, measured.text())
    except OSError as error:
        raise UsageError(
            f"{path} 无法写入 ({error.strerror or error})", "请检查磁盘空间和权限。"
        ) from error
    return path
