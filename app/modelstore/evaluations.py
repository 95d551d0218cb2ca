"""The key figures of an evaluation, from the file that `tune eval` writes."""

import json
from collections.abc import Mapping
from typing import Final

from app.core.adapters import AdapterFigure

_NAMES: Final = {
    "closed_clean": "指令全对 (无噪声)",
    "closed_noisy": "指令全对 (一成错字)",
    "refused": "超出范围而拒绝 (越高越好)",
    "wrongly_refused": "范围之内被拒绝 (越低越好)",
    "silently_wrong": "悄悄查错 (越低越好)",
    "asked_instead": "该查却反问 (越低越好)",
    "summaries_after": "摘要正确",
}
"""The figures that decide, in the order in which they are shown."""

_TUNED: Final = "tuned"


def figures_of(text: bytes | str) -> tuple[AdapterFigure, ...]:
    """Read the key figures of the tuned model.

    Raises:
        ValueError: The text is no evaluation.
    """
    evaluation = json.loads(text)
    if not isinstance(evaluation, dict):
        raise ValueError("no evaluation")
    heads = evaluation.get("headlines")
    if not isinstance(heads, list):
        raise ValueError("no headlines")
    readers = [head for head in heads if isinstance(head, dict)]
    found = [head for head in readers if head.get("name") == _TUNED]
    found += [head for head in readers if head.get("parameters")]
    if not found:
        raise ValueError("nothing tuned was measured")
    return tuple(
        _figure(key, name, found[0][key])
        for key, name in _NAMES.items()
        if isinstance(found[0].get(key), dict)
    )


def measured_files(text: bytes | str) -> frozenset[str]:
    """Give the SHA-256 sums of the weights that an evaluation measured."""
    evaluation = json.loads(text)
    try:
        files = evaluation["card"]["files"]
        return frozenset(str(one["value"]) for one in files)
    except (KeyError, TypeError):
        return frozenset()


def _figure(key: str, name: str, score: Mapping[str, object]) -> AdapterFigure:
    def number(field: str) -> float:
        value = score.get(field)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise ValueError(f"{key} has no {field}")
        return float(value)

    share, low, high = number("share"), number("low"), number("high")
    if not (0 <= share <= 1 and 0 <= low <= high <= 1):
        raise ValueError(f"{key} is no share")
    return AdapterFigure(
        key=key,
        name=name,
        right=int(number("right")),
        total=int(number("total")),
        share=share,
        low=low,
        high=high,
    )
