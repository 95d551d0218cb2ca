"""The calibration beside an adapter: written by the bench, read by the desk.

`calibration.json` holds the weights and the threshold, and the measurement that they
come from, so that whoever reviews an adapter sees what a threshold costs. An adapter
without one is read with the cautious default.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import cache
from pathlib import Path
from typing import Final

from app.agent.confidence import CAUTIOUS_RULES, Calibration, Reader, Weights
from app.core.errors import ModelCorruptError
from app.system import paths
from app.system.files import sha256_of

FILE: Final = "calibration.json"
VERSION: Final = 1
RULES_FILE: Final = "calibration/rules.json"
"""Below `resources`: what rules alone are worth."""

_WEIGHTS: Final = "adapter_model.safetensors"
_REMEDY: Final = "请用 griddesk tune calibrate 重新校准; 在此之前按谨慎的默认值判断。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What becomes of rows at a threshold."""

    threshold: float
    rows: int
    dispatched: int
    """Without a question."""
    silently_wrong: int
    """Dispatched, and not what was meant."""
    needless: int
    """Asked about or declined, though every place is in the directory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What becomes of the rows of one kind at the threshold that was chosen."""

    name: str
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A calibration with everything needed to judge it."""

    calibration: Calibration
    aim: float
    """Share of silently wrong rows that the threshold was chosen for."""
    proven: bool
    """Whether the upper end of the 95 % interval keeps the aim, not only the share."""
    curve: tuple[Outcome, ...]
    groups: tuple[Group, ...]
    data_sha256: str
    commit: str
    program: str
    adapter_sha256: str = ""
    """Of the weights that were measured; empty for rules alone."""

    def text(self) -> str:
        """Write it as JSON."""
        stated = {
            "version": VERSION,
            "reader": self.calibration.reader.value,
            "weights": asdict(self.calibration.weights),
            "threshold": self.calibration.threshold,
            "aim": self.aim,
            "proven": self.proven,
            "curve": [asdict(one) for one in self.curve],
            "groups": [{"name": g.name, **asdict(g.outcome)} for g in self.groups],
            "data_sha256": self.data_sha256,
            "commit": self.commit,
            "program": self.program,
            "adapter_sha256": self.adapter_sha256,
        }
        return json.dumps(stated, ensure_ascii=False, indent=1) + "\n"


def parse_calibration(text: bytes | str) -> Measured:
    """Read what `Measured.text` wrote, and nothing else.

    Raises:
        ValueError: It is anything else; the message is a Chinese clause.
    """
    try:
        stated = json.loads(text)
    except ValueError:
        raise ValueError("不是 JSON") from None
    if not isinstance(stated, dict):
        raise ValueError("内容有误")
    if stated.get("version") != VERSION:
        raise ValueError(f"格式版本是 {stated.get('version')}, 本程序只认识 {VERSION}")
    try:
        measured = Measured(
            calibration=Calibration(
                reader=Reader(stated["reader"]),
                weights=_weights(stated["weights"]),
                threshold=_number(stated["threshold"]),
                origin=FILE,
            ),
            aim=_number(stated["aim"]),
            proven=bool(stated["proven"]),
            curve=tuple(map(_outcome, stated["curve"])),
            groups=tuple(
                Group(name=str(one["name"]), outcome=_outcome(one))
                for one in stated["groups"]
            ),
            data_sha256=str(stated["data_sha256"]),
            commit=str(stated["commit"]),
            program=str(stated["program"]),
            adapter_sha256=str(stated["adapter_sha256"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"内容有误 ({error})") from None
    if not 0.5 <= measured.calibration.threshold < 1:
        raise ValueError(f"阈值 {measured.calibration.threshold} 不在 0.5 与 1 之间")
    return measured


def read_calibration(adapter: Path) -> Calibration | None:
    """Read the calibration of an adapter; None where it brings none.

    Raises:
        ModelCorruptError: The file cannot be used: it is broken, of another version,
            or was measured on other weights.
    """
    file = adapter / FILE
    if not file.is_file():
        return None
    measured = _read(file)
    if measured.calibration.reader is not Reader.BOTH:
        raise ModelCorruptError(f"校准文件 {FILE} 不是为模型做的", _REMEDY)
    if measured.adapter_sha256 != sha256_of(adapter / _WEIGHTS):
        raise ModelCorruptError(
            f"校准文件 {FILE} 是对另一个适配器做的 (权重的 SHA-256 不同)", _REMEDY
        )
    return measured.calibration


@cache
def rules_alone() -> Calibration:
    """Give the calibration of rules alone, which comes with the program."""
    file = paths.resources() / RULES_FILE
    return _read(file).calibration if file.is_file() else CAUTIOUS_RULES


def _read(file: Path) -> Measured:
    try:
        return parse_calibration(file.read_bytes())
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise ModelCorruptError(
            f"校准文件 {file.name} 不能使用: {why}", _REMEDY
        ) from None


def _weights(stated: Mapping[str, object]) -> Weights:
    names = [one.name for one in fields(Weights)]
    if sorted(stated) != sorted(names):
        raise ValueError("权重的名称不对")
    weights = Weights(**{name: _number(stated[name]) for name in names})
    if min(weights.values()) < 0:
        raise ValueError("权重不能小于零")
    return weights


def _outcome(stated: Mapping[str, object]) -> Outcome:
    return Outcome(
        threshold=_number(stated["threshold"]),
        rows=_count(stated["rows"]),
        dispatched=_count(stated["dispatched"]),
        silently_wrong=_count(stated["silently_wrong"]),
        needless=_count(stated["needless"]),
    )


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{value!r} 不是数")
    if not math.isfinite(value):
        raise ValueError(f"{value!r} 不是数")
    return float(value)


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"{value!r} 不是个数")
    return value
