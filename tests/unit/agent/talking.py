"""Turns of a conversation with the demo directory, without a desk around them."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from app.agent.answers import answered_in_words
from app.agent.completing import Heard, usable
from app.agent.followups import in_context
from app.agent.rules import RuleReader
from app.agent.understanding import decide
from app.agent.weighing import ModelReading
from app.core.checks import judge
from app.core.dialogue import NOTHING, Context
from app.core.model import Call, Check, Finding, Origin, Understanding, Utterance
from app.core.observation import Observation
from app.sites.files import load_directory
from app.system.paths import resources

DEMO = load_directory(resources() / "demo" / "sites.csv")
RULES = RuleReader(DEMO)
SITES = {site.name: site for site in DEMO.sites()}
AT = datetime(2026, 11, 21, 6, 3, tzinfo=UTC)
CHECKS = {
    "人数": Check.HEADCOUNT,
    "安全帽": Check.HELMET,
    "电笔": Check.EQUIPMENT,
}


def calls(*pairs: str) -> tuple[Call, ...]:
    """Give calls by 济南 人数."""
    return tuple(
        Call(SITES[place], CHECKS[check]) for place, check in map(str.split, pairs)
    )


def finding(call: Call, actual: int = 3) -> Finding:
    seen = Observation(expected=3, actual=actual, wearing=actual, carrying=actual)
    judged = judge(call, seen)
    return Finding(
        call=call,
        observation=seen,
        verdict=judged.verdict,
        severity=judged.severity,
        summary=judged.sentence,
    )


def after(*pairs: str) -> Context:
    """Give what is left of a run that asked for these calls and was answered."""
    asked = calls(*pairs)
    return Context(
        calls_run="run-1",
        calls=asked,
        findings=tuple(map(finding, asked)),
        answered_at=AT,
    )


def say(
    text: str, context: Context = NOTHING, model: str | None = None, **more: Any
) -> Understanding:
    """Understand a turn; the model reads as if `model` had been said (None: none)."""
    utterance = replace(Utterance(text=text, origin=Origin.TYPED), **more)
    typed = utterance.origin is Origin.TYPED
    sites = tuple(DEMO.sites())
    context = usable(context, sites)
    if answer := answered_in_words(utterance, context, sites):
        return answer
    reading = None
    if model is not None:
        said = RULES.read(model, typed=typed)
        said = replace(said, confidence=0.995, forbidden=False)
        reading = ModelReading(reading=said, mass=1.0, name="tiny")
    policy = partial(decide, utterance, sites=sites)
    heard = Heard(
        utterance=utterance,
        rules=RULES.read(text, typed=typed),
        model=reading,
        others=(),
        decide=lambda rules, model, others: policy(rules, model, others=others),
    )
    return in_context(heard, context)


def asked(made: Understanding, context: Context = NOTHING) -> Context:
    """Give what is left when this has been asked, after what was before."""
    assert made.question is not None
    return replace(
        context, question_run="run-2", question=made.question, mentions=made.mentions
    )


def asking(text: str, context: Context = NOTHING) -> Context:
    """Give what is left when this was said and asked about."""
    return asked(say(text, context), context)


def spelt(made: Understanding) -> list[str]:
    """Give the calls as `calls` takes them."""
    names = {check: name for name, check in CHECKS.items()}
    return [f"{call.site.name} {names[call.check]}" for call in made.calls]


def offered(made: Understanding) -> list[list[str]]:
    """Give the candidates' calls as `calls` takes them; nothing is dispatched."""
    assert made.calls == ()
    assert made.question is not None
    assert len(made.question.candidates) <= 3
    return [spelt(replace(made, calls=one.calls)) for one in made.question.candidates]
