import pytest

from app.agent.decoding import Decoder
from app.agent.glm import LoadedGlm
from app.agent.summary import finding_of, says_the_same
from app.core.cancel import CancelToken
from app.core.checks import judge
from app.core.model import Call, Check, Site, Verdict
from app.core.observation import Missing, MissingReason, Observation

SITE = Site(id="a", name="济南")


def test_the_rule_decides_and_a_babbling_model_is_recorded(glm: LoadedGlm) -> None:
    call = Call(SITE, Check.HEADCOUNT)
    seen = Observation(expected=47, actual=34)
    finding = finding_of(call, seen, Decoder(glm), CancelToken())
    assert finding.summary == "[人数检测] 应到47人, 实到34人, 有人缺勤"
    assert finding.model_sentence
    assert finding.model_differed
    assert finding.verdict is Verdict.SOME_ABSENT


@pytest.mark.parametrize(
    ("check", "seen"),
    [
        (Check.HEADCOUNT, Observation(expected=4, actual=4)),
        (Check.HELMET, Observation(actual=4, wearing=3)),
        (Check.EQUIPMENT, Observation(actual=4, carrying=3)),
        (Check.HELMET, Observation(actual=0)),
    ],
)
def test_without_a_model_the_rule_speaks_alone(check: Check, seen: Observation) -> None:
    call = Call(SITE, check)
    finding = finding_of(call, seen, None, CancelToken())
    assert finding.summary == judge(call, seen).sentence
    assert (finding.model_sentence, finding.model_differed) == ("", False)


@pytest.mark.parametrize("check", [Check.HELMET, Check.EQUIPMENT])
def test_the_model_is_asked_for_every_check(glm: LoadedGlm, check: Check) -> None:
    seen = Observation(actual=4, wearing=3, carrying=3)
    finding = finding_of(Call(SITE, check), seen, Decoder(glm), CancelToken())
    assert finding.model_sentence


class Unasked(Decoder):
    def write(self, *_: object, **__: object) -> None:  # type: ignore[override]
        raise AssertionError("the model must not be asked")


@pytest.mark.parametrize(
    "seen",
    [
        Observation(missing=Missing(reason=MissingReason.TIMEOUT, detail="无答复")),
        Observation(expected=3, actual=None),
        Observation(expected=3, actual=-1),
    ],
)
def test_missing_data_never_reaches_the_model(
    glm: LoadedGlm, seen: Observation
) -> None:
    finding = finding_of(Call(SITE, Check.HEADCOUNT), seen, Unasked(glm), CancelToken())
    assert finding.verdict is Verdict.DATA_MISSING
    assert "数据缺失" in finding.summary
    assert finding.observation.missing is not None


def test_absurd_counts_are_not_put_to_the_model(glm: LoadedGlm) -> None:
    seen = Observation(expected=1_000_000, actual=1_000_000)
    finding = finding_of(Call(SITE, Check.HEADCOUNT), seen, Unasked(glm), CancelToken())
    assert finding.verdict is Verdict.ALL_PRESENT


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("[人数检测] 应到4人, 实到4人", "[人数检测]应到4人，实到4人。", True),
        ("应到4人, 实到3人", "应到4人, 实到4人", False),
        ("[安全检查] 实到3人", "[设备检查] 实到3人", False),
        ("实到3, 4人", "实到34人", False),
        ("无人缺勤, 正常出工", "无人缺勤", False),
    ],
)
def test_sentences_are_compared_by_what_they_say(
    one: str, other: str, same: bool
) -> None:
    assert says_the_same(one, other) is same
