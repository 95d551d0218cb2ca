"""The sentence of a finding: the model writes, the rule decides.

What is shown is always the rule's sentence. The model's own is compared with it and a
difference is recorded on the finding, so that nobody has to trust it (promise 2).
"""

import re
import unicodedata
from dataclasses import replace

from app.agent.decoding import Decoder
from app.agent.prompts import summary_prompt
from app.core.cancel import CancelToken
from app.core.draft import finding_by_rule
from app.core.model import Call, Check, Finding, Verdict
from app.core.observation import Observation

_LONGEST = 72


def finding_of(
    call: Call,
    observation: Observation,
    decoder: Decoder | None,
    cancel: CancelToken,
) -> Finding:
    """Judge an observation, and have the model say it too, if there is one.

    Raises:
        Cancelled: The token was set.
    """
    cancel.raise_if_cancelled()
    finding = finding_by_rule(call, observation)
    if decoder is None or finding.verdict is Verdict.DATA_MISSING:
        return finding
    prompt = _prompt(call.check, finding.observation, decoder.glm.pattern_version)
    if not prompt:
        return finding
    # The rule's sentence is the guess: a model that agrees needs one pass.
    sentence = decoder.write(
        prompt, draft=finding.summary, longest=_LONGEST, cancel=cancel
    ).text
    return replace(
        finding,
        model_sentence=sentence,
        model_differed=bool(sentence) and not says_the_same(sentence, finding.summary),
    )


def says_the_same(one: str, other: str) -> bool:
    """Whether two sentences are equal but for width, blanks and punctuation."""
    return _core(one) == _core(other)


def _core(sentence: str) -> str:
    folded = unicodedata.normalize("NFKC", sentence)
    # Commas keep numbers apart: 3, 4 is not 34.
    marked = re.sub(r"[,、;。.]+", ",", folded)
    return re.sub(r"\s+", "", marked).strip(",")


def _prompt(check: Check, seen: Observation, version: int) -> str:
    """Fill the pattern; empty where the model was never taught to answer."""
    if check is not Check.HEADCOUNT and version < 2:
        return ""
    actual = seen.actual or 0
    # A helmet or equipment check asks no work order, but the pattern has the field;
    # its answer never says that number.
    expected = seen.expected if seen.expected is not None else actual
    try:
        return summary_prompt(
            check,
            expected=expected,
            actual=actual,
            wearing=seen.wearing if actual else 0,
            carrying=seen.carrying if actual else 0,
        )
    except ValueError:
        return ""
