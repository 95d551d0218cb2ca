"""Summaries by the verdict table: what the model says, and what the desk then shows.

The desk asks for a sentence, compares it with the rule's and shows the rule's. So two
things are counted for every row of the table: before the check, whether the model says
the same as the rule; after it, whether what is shown is right.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from app.agent.decoding import Decoder, Written
from app.agent.glm import LoadedGlm
from app.agent.prompts import CHECK_LABELS
from app.agent.summary import finding_of
from app.core.cancel import CancelToken
from app.core.model import Call, Check, Site, Verdict
from app.core.observation import Missing, MissingReason, Observation
from app.tuning.measuring.questions import Question
from app.tuning.measuring.scores import Line, Score

_COUNTS: Final = re.compile(
    r"应到(?P<expected>\d+)人\\\*目标检测#实到(?P<actual>\d+)人"
    r"(?:, (?P<part>\d+)人(?:佩戴安全帽|未携带设备))?"
    r"\\\*任务类型#(?P<label>.+)$"
)
_DIGIT: Final = re.compile(r"\d")
_MISSING: Final = Verdict.DATA_MISSING.value
_CHECKS: Final = {label: check for check, label in CHECK_LABELS.items()}
_NOWHERE: Final = Site(id="", name="")


@dataclass(frozen=True, kw_only=True)
class Said:
    """One summary, asked as the desk asks it."""

    verdict: str
    """Check and row of the verdict table, as `headcount some_absent`."""
    before: bool
    """Whether the model said the same as the rule; True where it is not asked."""
    after: bool
    """Whether what the desk shows is right."""
    asked: bool


@dataclass(frozen=True, kw_only=True)
class SummaryFigures:
    """Summaries counted by the rows of the verdict table."""

    before: tuple[Line, ...]
    """What the model says; rows with missing data are not asked, so not in it."""
    after: tuple[Line, ...]
    """What the desk shows."""
    all_before: Score
    all_after: Score
    missing_asked: int
    """Rows with missing data that the model was asked about; must be none."""


def observation_in(prompt: str) -> tuple[Check, Observation] | None:
    """Read back what a summary's prompt says; None for any other prompt."""
    found = _COUNTS.search(prompt)
    if found is None or found["label"] not in _CHECKS:
        return None
    check, actual = _CHECKS[found["label"]], int(found["actual"])
    part = None if found["part"] is None else int(found["part"])
    return check, Observation(
        expected=int(found["expected"]),
        actual=actual,
        wearing=part if check is Check.HELMET else None,
        carrying=None
        if part is None or check is not Check.EQUIPMENT
        else actual - part,
    )


def summarise(
    glm: LoadedGlm, answered: Iterable[tuple[Question, str]], cancel: CancelToken
) -> SummaryFigures | None:
    """Take a model's sentences through the desk's check; None without summaries."""
    told = _Told(glm)
    said: list[Said] = []
    for question, text in answered:
        if (counts := observation_in(question.prompt)) is None:
            continue
        check, seen = counts
        told.prompt, told.sentence = question.prompt, text
        said.append(_say(check, seen, told, question.answer, cancel))
    if not said:
        return None
    told.prompt = ""
    for check, seen in _incomplete():
        said.append(_say(check, seen, told, "", cancel))
    asked = [one for one in said if one.asked]
    return SummaryFigures(
        before=_lines((one.verdict, one.before) for one in asked),
        after=_lines((one.verdict, one.after) for one in said),
        all_before=Score(sum(one.before for one in asked), len(asked)),
        all_after=Score(sum(one.after for one in said), len(said)),
        missing_asked=sum(one.asked for one in said if _MISSING in one.verdict),
    )


def _say(
    check: Check, seen: Observation, told: "_Told", label: str, cancel: CancelToken
) -> Said:
    told.asked = False
    finding = finding_of(Call(site=_NOWHERE, check=check), seen, told, cancel)
    if label:
        after = finding.summary == label
    else:
        # Missing data has no label: no count may be said beside it.
        head = f"[{CHECK_LABELS[check]}] 数据缺失"
        after = finding.summary.startswith(head) and not _DIGIT.search(finding.summary)
    return Said(
        verdict=f"{check.value} {finding.verdict.value}",
        before=bool(finding.model_sentence) and not finding.model_differed,
        after=after,
        asked=told.asked,
    )


def _incomplete() -> Iterator[tuple[Check, Observation]]:
    """Give what cannot be judged: every reason, counts left out."""
    for check in Check:
        for reason in MissingReason:
            missing = Missing(reason=reason, detail="实测")
            yield check, Observation(expected=9, actual=8, missing=missing)
        yield check, Observation(expected=9)
    yield Check.HEADCOUNT, Observation(actual=8)
    yield Check.HELMET, Observation(actual=8)
    yield Check.EQUIPMENT, Observation(actual=8)


class _Told(Decoder):
    """A decoder whose sentence is known: a batch wrote it before."""

    def __init__(self, glm: LoadedGlm) -> None:
        super().__init__(glm)
        self.prompt = ""
        self.sentence = ""
        self.asked = False

    def write(
        self,
        prompt: str,
        *,
        draft: str = "",
        longest: int = 96,
        cancel: CancelToken,
    ) -> Written:
        self.asked = True
        # The sentence answers one prompt; the desk must have asked that very one.
        said = self.sentence if prompt == self.prompt else ""
        return Written(text=said, finished=True, passes=0)


def _lines(rows: Iterable[tuple[str, bool]]) -> tuple[Line, ...]:
    counts: dict[str, list[bool]] = {}
    for name, right in rows:
        counts.setdefault(name, []).append(right)
    return tuple(
        Line(name, Score(sum(rights), len(rights)))
        for name, rights in sorted(counts.items())
    )
