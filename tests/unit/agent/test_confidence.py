"""From signals to a probability: each signal counts one way, and none is absurd."""

import math
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.agent.confidence import (
    CAUTIOUS,
    CAUTIOUS_RULES,
    FAR,
    Signals,
    Weights,
    features,
)
from app.agent.reading import Reading, Spoken
from app.agent.rules import RuleReader
from app.agent.weighing import (
    MOST_HEARINGS,
    Hearing,
    ModelReading,
    other_hearings,
    signals_of,
)
from app.core.model import Check, Intent, Origin, Resolution, SiteMatch, Utterance
from tests.unit.agent.sentences import directory

SITES = directory()
RULES = RuleReader(SITES)
BEST = Signals(odds=10, rules=1.0, typed=True)

unit = st.floats(0, 1)
signals = st.builds(
    Signals,
    odds=st.floats(-1e6, 1e6),
    mass=unit,
    agreed=st.booleans(),
    rules=unit,
    known=st.booleans(),
    exact=st.booleans(),
    distance=unit,
    margin=st.floats(-1, 1),
    typed=st.booleans(),
    ears=st.none() | unit,
    hearings=st.integers(1, 4),
    same=st.just(1),
    calls=st.integers(0, 50),
)


@given(signals)
def test_a_probability_is_one_and_its_features_stay_between_nothing_and_all(
    found: Signals,
) -> None:
    for calibration in (CAUTIOUS, CAUTIOUS_RULES):
        assert 0 < calibration.probability(found) < 1
    assert len(features(found)) == len(fields(Weights)) - 1
    assert all(0 <= value <= 1 for value in features(found))


@pytest.mark.parametrize(
    "worse",
    [
        {"odds": 1.0},
        {"mass": 0.2},
        {"agreed": False},
        {"rules": 0.6},
        {"known": False},
        {"exact": False},
        {"distance": 0.2},
        {"margin": 0.1},
        {"typed": False, "ears": 0.0},
        {"typed": False, "ears": 0.4},
        {"hearings": 3, "same": 1},
        {"calls": 4},
    ],
)
def test_each_signal_that_speaks_against_a_reading_lowers_its_probability(
    worse: dict[str, float],
) -> None:
    assert CAUTIOUS.probability(replace(BEST, **worse)) < CAUTIOUS.probability(BEST)


def test_a_reading_that_the_model_would_not_choose_is_less_likely_than_its_choice() -> (
    None
):
    rules = RULES.read("济南的人数")
    other = RULES.read("青岛的人数")
    model = ModelReading(reading=replace(other, confidence=0.95), mass=0.9, name="m")
    said = Utterance(text="济南的人数", origin=Origin.TYPED)
    theirs = signals_of(other, said, rules, model)
    ours = signals_of(rules, said, rules, model)
    assert theirs.odds == -ours.odds == pytest.approx(math.log(0.95 / 0.05))
    assert not theirs.agreed
    assert CAUTIOUS.probability(theirs) > CAUTIOUS.probability(ours)


def test_the_odds_are_against_the_best_other_answer_that_there_can_be() -> None:
    model = ModelReading(
        reading=Reading(intent=Intent.UNCLEAR, confidence=0.6),
        mass=1.0,
        name="m",
        alternative=0.03,
    )
    assert model.odds == pytest.approx(math.log(20))
    certain = replace(model, alternative=0.0)
    assert certain.odds == 10


def test_the_least_sure_place_counts() -> None:
    sites = SITES.sites()
    sure = Spoken(place="济南", resolution=SITES.resolve("济南"), check=Check.HEADCOUNT)
    near = Resolution(
        words="青捣",
        site=sites[1],
        matches=(
            SiteMatch(site=sites[1], distance=0.1),
            SiteMatch(site=sites[2], distance=0.4),
        ),
    )
    unsure = Spoken(place="青捣", resolution=near, check=Check.HEADCOUNT)
    reading = Reading(intent=Intent.INSPECT, spoken=(sure, unsure), confidence=0.8)
    said = Utterance(text="济南和青捣的人数", origin=Origin.FILE, agreement=0.1)
    found = signals_of(reading, said, reading, None)
    assert (found.exact, found.distance, found.calls) == (False, 0.1, 2)
    assert found.margin == pytest.approx(0.3)
    assert found.ears == 0.1
    assert found.known
    nowhere = replace(unsure, resolution=Resolution(words="火星", site=None))
    lost = signals_of(replace(reading, spoken=(nowhere,)), said, reading, None)
    assert (lost.known, lost.distance) == (False, FAR)


def test_hearings_with_the_same_effect_are_counted() -> None:
    rules = RULES.read("济南的人数")
    others = [
        Hearing(text=text, reading=RULES.read(text))
        for text in ("济南工地的人数", "青岛的人数")
    ]
    said = Utterance(text="济南的人数", origin=Origin.FILE)
    found = signals_of(rules, said, rules, None, others)
    assert (found.hearings, found.same) == (3, 2)
    assert found.share == pytest.approx(2 / 3)


@pytest.mark.parametrize(("same", "counted"), [(3, (3, 2)), (2, (3, 2)), (1, (3, 1))])
def test_the_reader_counts_that_more_hearings_lead_elsewhere(
    same: int, counted: tuple[int, int]
) -> None:
    """A model that hears the same in every hearing does not outvote the rules."""
    rules = RULES.read("济南的人数")
    others = [
        Hearing(text=text, reading=RULES.read(text))
        for text in ("看济南的人数", "青岛的人数")
    ]
    model = ModelReading(
        reading=replace(rules, confidence=0.99),
        mass=1.0,
        name="m",
        hearings=3,
        same=same,
    )
    said = Utterance(text="济南的人数", origin=Origin.FILE)
    found = signals_of(rules, said, rules, model, others)
    assert (found.hearings, found.same) == counted


def test_other_hearings_are_distinct_and_few() -> None:
    said = Utterance(
        text="甲",
        origin=Origin.FILE,
        lexicon_text="甲",
        free_text="乙",
        alternatives=("丙", "乙", "丁", "戊", ""),
    )
    assert other_hearings(said) == ("乙", "丙", "丁")
    assert len(other_hearings(said)) == MOST_HEARINGS - 1
    assert other_hearings(Utterance(text="甲", origin=Origin.TYPED)) == ()
