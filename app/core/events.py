"""What happens in a run, one dataclass a step.

The order is `RunStarted`, any `PartialHeard`, `Heard`, `Understood`, then for each call
`CallStarted` and `Observed`, then – once the record is durable – `Asked`, `Declined` or
one `Summarised` a call, and exactly one terminal event. A run that fails or is
cancelled goes from any step straight to its terminal event; but one with several
calls that is cancelled after `CallStarted` still has its record and one `Summarised`
a call before `RunCancelled`, so that nothing is lost that was answered by then.
"""

from dataclasses import dataclass

from app.core.model import (
    Call,
    Fault,
    Finding,
    Question,
    RunRecord,
    Understanding,
    Utterance,
)
from app.core.observation import MissingReason


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEvent:
    """Base of everything a run says."""

    run_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted(RunEvent):
    """The run has an identifier and will leave a record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartialHeard(RunEvent):
    """An unconfirmed transcript of what was said so far."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard(RunEvent):
    """The final transcript."""

    utterance: Utterance


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood(RunEvent):
    """What the transcript was taken to mean."""

    understanding: Understanding


@dataclass(frozen=True, slots=True, kw_only=True)
class CallStarted(RunEvent):
    """A call has been given to the backends."""

    index: int
    call: Call


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed(RunEvent):
    """The backends have answered a call, or failed to.

    Carries no counts: a number is shown only when its record is durable.
    """

    index: int
    call: Call
    latency_ms: float
    missing: MissingReason | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Summarised(RunEvent):
    """The answer to one call; its record is durable."""

    index: int
    finding: Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked(RunEvent):
    """Nothing was dispatched; the operator decides."""

    question: Question


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined(RunEvent):
    """Nothing to inspect: a greeting, a refusal, or an earlier answer once more."""

    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalEvent(RunEvent):
    """The last event of a run. `record` is durable when `journalled` is true."""

    record: RunRecord
    journalled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinished(TerminalEvent):
    """The run answered, asked, greeted or declined."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFailed(TerminalEvent):
    """The run could not answer; `fault` says why and what to do."""

    fault: Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCancelled(TerminalEvent):
    """The operator stopped the run; `record` holds what was answered by then."""
