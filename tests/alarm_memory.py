"""An alarm to put into a journal, and what a journal in memory knows of alarms."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from app.core.alarms import (
    Acknowledgement,
    OpenAlarm,
    OpenAlarms,
    alarms_of,
    of_finding,
)
from app.core.errors import UsageError
from app.core.model import (
    Call,
    Check,
    Finding,
    RunRecord,
    Severity,
    Site,
    Verdict,
)
from app.core.observation import Observation

CALL = Call(Site(id="A", name="济南工地"), Check.HELMET)
ALARM = Finding(
    call=CALL,
    observation=Observation(actual=12, wearing=11),
    verdict=Verdict.SOME_BAREHEADED,
    severity=Severity.ALARM,
    summary="[安全检查] 实到12人, 11人佩戴安全帽, 存在安全隐患",
)
CALM = replace(ALARM, severity=Severity.NORMAL, verdict=Verdict.ALL_HELMETED)


class AlarmMemory:
    """The acknowledgements; the records are the journal's."""

    def __init__(self) -> None:
        self.said: list[Acknowledgement] = []

    def take(
        self, records: Iterable[RunRecord], given: Acknowledgement
    ) -> Acknowledgement:
        if not given.by.strip():
            raise UsageError("确认告警的人没有写姓名")
        place = (given.run_id, given.index)
        if place not in {(each.run_id, each.index) for each in _alarms(records)}:
            raise UsageError("没有这条告警")
        first = of_finding(self.said, *place)
        if first is None:
            self.said.append(given)
        return first or given

    def still_open(self, records: Sequence[RunRecord], limit: int) -> OpenAlarms:
        found = [
            alarm
            for alarm in _alarms(reversed(records))
            if of_finding(self.said, alarm.run_id, alarm.index) is None
        ]
        return OpenAlarms(count=len(found), newest=tuple(found[:limit]))

    def of_runs(self, run_ids: Sequence[str]) -> Sequence[Acknowledgement]:
        return tuple(each for each in self.said if each.run_id in run_ids)


def _alarms(records: Iterable[RunRecord]) -> Iterable[OpenAlarm]:
    for record in records:
        yield from alarms_of(record)
