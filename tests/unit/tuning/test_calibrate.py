"""`tune calibrate`: what signals are worth, and from where on a desk dispatches."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.agent.calibration import FILE, parse_calibration, read_calibration
from app.agent.confidence import Reader
from app.cli import app
from app.core.cancel import CancelToken
from app.core.errors import UsageError
from app.core.model import Check, Intent, Origin
from app.sites.directory import Directory
from app.tuning.measuring import card
from app.tuning.measuring.calibration import (
    AIM,
    Decided,
    choose_threshold,
    outcome,
    read_desk,
)
from app.tuning.measuring.desks import Desk, hash_of, heard_at, invented
from app.tuning.measuring.logistic import fit
from app.tuning.phrases.lexicon import Lexicon, Split
from tests.unit.agent.tiny import save_base
from tests.unit.modelstore.packed import make_adapter

SITES = Directory([]).sites()


def test_weights_are_found_again_and_never_negative() -> None:
    rows = [(a / 10, b / 10) for a in range(11) for b in range(11)] * 30
    # Right where the first is large; the second means nothing or speaks against it.
    right = [a > 0.5 or (a == 0.5 and b < 0.5) for a, b in rows]
    start, first, second = fit(rows, right, (0.0, 1.0, 1.0))
    assert first > 5
    assert second == 0
    assert start < 0
    assert fit(rows, right, (0.0, 1.0, 1.0)) == (start, first, second)


def test_a_weight_that_the_data_say_nothing_about_stays_as_expected() -> None:
    rows = [(number / 40, 1.0) for number in range(40)]
    right = [a > 0.4 for a, _ in rows]
    _, _, second = fit(rows, right, (0.0, 1.0, 1.5))
    assert second == pytest.approx(1.5, abs=0.3)
    with pytest.raises(ValueError, match="no rows"):
        fit([], [], (0.0,))


def decided(wrong: bool = False, probability: float = 0.9, **more: object) -> Decided:
    one = Decided(
        group="clean",
        desk="30",
        probability=probability,
        calls=True,
        wrong=wrong,
        answerable=True,
    )
    return replace(one, **more)


def test_the_threshold_is_the_smallest_that_keeps_the_aim_for_certain() -> None:
    rows = [decided() for _ in range(3000)]
    rows += [decided(wrong=True, probability=0.85) for _ in range(40)]
    threshold, proven = choose_threshold(rows)
    assert proven
    assert 0.85 < threshold < 0.86
    assert outcome(rows, threshold).silently_wrong == 0
    below = outcome(rows, 0.84)
    assert (below.dispatched, below.silently_wrong) == (3040, 40)
    assert outcome(rows, 0.95).needless == 3040


def test_few_rows_prove_nothing_and_a_share_must_do() -> None:
    rows = [decided() for _ in range(50)]
    assert choose_threshold(rows) == (pytest.approx(0.8, abs=0.01), False)
    threshold, proven = choose_threshold([*rows, decided(wrong=True, probability=0.85)])
    assert threshold > 0.85
    assert not proven


def test_no_kind_of_noise_may_be_shown_to_break_the_aim() -> None:
    rows = [decided() for _ in range(20_000)]
    rows += [decided(group="cer 20 %") for _ in range(280)]
    bad = {"wrong": True, "probability": 0.85, "group": "cer 20 %"}
    rows += [decided(**bad) for _ in range(20)]
    assert 20 / len(rows) < AIM / 4
    threshold, _ = choose_threshold(rows)
    assert threshold > 0.85


def test_what_was_not_dispatched_is_no_error_but_may_be_needless() -> None:
    rows = [decided(calls=False, wrong=True), decided(calls=False, answerable=False)]
    made = outcome(rows, 0.5)
    assert (made.dispatched, made.silently_wrong, made.needless) == (0, 0, 1)


@pytest.fixture(scope="module")
def desks() -> list[Desk]:
    return list(invented(Split.DEV, 150, seed=3, levels=(0.0, 0.2), sizes=(30, 60)))


def test_desks_have_the_places_of_their_rows_and_others(desks: list[Desk]) -> None:
    assert {len(desk.sites) for desk in desks} == {30, 60}
    assert sum(len(desk.rows) for desk in desks) == 600
    strange = known = 0
    for desk in desks:
        names = {site.name for site in desk.sites}
        said = {p for row in desk.rows for p, _ in row.pairs if p}
        known += len(said & names)
        strange += len(said - names)
        assert names - said
    # Some places are nobody's: a desk is asked about what it does not have.
    assert 0.05 < strange / (known + strange) < 0.4
    typed = {row.utterance.origin for desk in desks for row in desk.rows}
    assert typed == {Origin.TYPED, Origin.FILE}


def test_what_counts_is_the_place_that_was_meant(desks: list[Desk]) -> None:
    noisy = [r for d in desks for r in d.rows if r.group == "cer 20 %" and r.pairs]
    garbled = [
        row
        for row in noisy
        if any(place and place not in row.utterance.text for place, _ in row.pairs)
    ]
    assert len(garbled) > 50


def test_only_places_and_phrases_of_the_split_are_drawn(desks: list[Desk]) -> None:
    places = Lexicon().places(Split.TRAIN)
    trained = {*places.cities, *places.counties, *places.towns}
    assert not trained & {site.name for desk in desks for site in desk.sites}


def test_equal_seeds_give_equal_desks(desks: list[Desk]) -> None:
    again = list(invented(Split.DEV, 150, seed=3, levels=(0.0, 0.2), sizes=(30, 60)))
    assert hash_of(again) == hash_of(desks)
    other = invented(Split.DEV, 150, seed=4, levels=(0.0, 0.2), sizes=(30, 60))
    assert hash_of(other) != hash_of(desks)
    # A level more never changes what another one says.
    alone = list(invented(Split.DEV, 150, seed=3, levels=(0.2,), sizes=(60,)))
    assert hash_of(alone) == hash_of(
        [d for d in desks if d.rows[0].group == "cer 20 %" and len(d.sites) == 60]
    )


def recording(folder: Path, **more: object) -> tuple[Path, Path]:
    table, file = folder / "said.tsv", folder / "heard.jsonl"
    table.write_text("text\tintent\tcalls\n济南人数\tinspect\t济南:headcount\n")
    line = {
        "row": 1,
        "text": "济男人数",
        "free_text": "技能人数",
        "lexicon_text": "济南人数",
        "agreement": 0.2,
        "agreed": True,
        "alternatives": ["济南人数"],
        "confidence": 0.8,
        "overflows": 0,
        **more,
    }
    file.write_text(json.dumps(line, ensure_ascii=False) + "\n")
    return file, table


def test_recordings_are_read_with_what_was_meant(tmp_path: Path) -> None:
    file, table = recording(tmp_path)
    (row,) = heard_at((), file, table).rows
    assert row.utterance.alternatives == ("济南人数",)
    assert row.utterance.origin is Origin.FILE
    assert row.pairs == {("济南", Check.HEADCOUNT)}
    assert row.intent is Intent.INSPECT
    (read,) = read_desk(heard_at((), file, table), Directory([]), None, CancelToken())
    assert [other.text for other in read.others] == ["济南人数", "技能人数"]
    nothing = recording(tmp_path, text="")
    assert heard_at((), *nothing).rows == ()


@pytest.mark.parametrize("wrong", [{"row": 2}, {"row": 0}, {"row": None}])
def test_recordings_that_do_not_fit_their_table_are_refused(
    tmp_path: Path, wrong: dict[str, object]
) -> None:
    with pytest.raises(UsageError, match=r"heard\.jsonl"):
        heard_at((), *recording(tmp_path, **wrong))


def calibrated(*words: str, status: int = 0) -> str:
    done = CliRunner().invoke(app, ["tune", "calibrate", *words])
    assert done.exit_code == status, done.output
    return done.stdout + done.stderr


def test_the_command_writes_a_file_that_the_desk_reads(tmp_path: Path) -> None:
    base = save_base(tmp_path / "tiny")
    adapter = make_adapter(tmp_path / "shandong")
    file, table = recording(tmp_path)
    told = calibrated(
        str(adapter), "--base", str(base), "--rows", "40", "--size", "12",
        "--cer", "0", "--cer", "0.1", "--heard", f"{file}:{table}",
    )  # fmt: skip
    assert "| threshold | dispatched without asking | silently wrong |" in told
    own = read_calibration(adapter)
    assert own is not None
    measured = parse_calibration((adapter / FILE).read_bytes())
    assert own.reader is Reader.BOTH
    assert sum(group.outcome.rows for group in measured.groups) == 81
    assert {group.name.partition(",")[0] for group in measured.groups} == {
        "clean", "cer 10 %", "heard"
    }  # fmt: skip
    assert len(measured.data_sha256) == 64
    calibrated("--rows", "8", status=2)
    calibrated(str(adapter), "--heard", "nothing:there", status=2)


def test_rules_alone_are_calibrated_too(tmp_path: Path) -> None:
    options = ("--rows", "60", "--size", "12", "--cer", "0", "--json")
    text = calibrated("--out", str(tmp_path), *options)
    measured = parse_calibration((tmp_path / "rules.json").read_bytes())
    assert measured.calibration.reader is Reader.RULES
    assert measured.text() in text


def test_the_model_card_shows_the_curve_and_renews_it(tmp_path: Path) -> None:
    calibrated("--out", str(tmp_path), "--rows", "60", "--size", "12", "--cer", "0")
    folder = tmp_path / "glm"
    (folder / "adapter").mkdir(parents=True)
    assert not card.renew_dispatch(folder)
    readme = folder / "README.md"
    readme.write_text("# Model\n\n## Limits\n\n- some\n")
    (tmp_path / "rules.json").rename(folder / "adapter" / FILE)
    for _ in range(2):
        assert card.renew_dispatch(folder)
        text = readme.read_text()
        assert text.count(card.DISPATCH) == 1
        assert text.startswith("# Model\n\n## When it dispatches\n")
        assert "| threshold | dispatched without asking |" in text
        assert text.endswith("\n\n## Limits\n\n- some\n")
