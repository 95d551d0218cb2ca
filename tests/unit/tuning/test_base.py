"""The base's training: processes that agree, half precision, going on at the end."""

import json
import logging
import random
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save, save_file

from app.agent.int8 import WEIGHTS, is_int8
from app.tuning.base import train
from app.tuning.base.architecture import (
    HEADS,
    build_model,
    deepened,
    glm_config,
    lengthen_rare,
    load_base,
    save_base,
    ship_base,
    worded,
)
from app.tuning.base.learning import buckets
from app.tuning.base.recogniser_lm import LanguageModelError
from app.tuning.base.skills import Skills, Stage
from app.tuning.base.stepping import MEETING, Stepper, half_pays
from app.tuning.base.tagging import make_heads
from app.tuning.base.tokens import build_vocabulary, load_characters
from app.tuning.base.train import (
    TRAINING,
    BaseConfig,
    Course,
    take_heads,
    train_base,
)
from app.tuning.base.variety import RARE
from app.tuning.base.wordvectors import lexical_tables
from app.tuning.phrases.lexicon import Lexicon
from app.tuning.phrases.sounds import chinese_characters
from app.tuning.training.pace import schedule
from app.tuning.training.rows import IGNORED
from tests.unit.tuning.language_model import FOLLOWS, write_language_model
from tests.unit.tuning.tiny import tables, write_base

COURSE = Course(stage=Stage.SKILLS, steps=2, learning_rate=1e-3)


def config(out: Path, workers: int = 1) -> BaseConfig:
    ear = out.with_name(f"{out.name}-ear")
    if not ear.exists():
        write_language_model(ear, FOLLOWS)
    return BaseConfig(
        out=out,
        recogniser=ear,
        courses=(COURSE,),
        workers=workers,
        batches=2,
        rows=4,
        readings=6,
        micro=2,
        copying_steps=1,
        measured_rows=4,
    )


@pytest.mark.slow
def test_two_processes_take_one_course_and_a_second_goes_on(tmp_path: Path) -> None:
    wanted = config(tmp_path, workers=2)
    train_base(wanted)
    first = load_base(tmp_path).model.layers[0].mlp.down_proj.weight.clone()
    work = replace(COURSE, stage=Stage.WORK)
    train_base(replace(wanted, workers=1, courses=(work,), resume=True))
    taken = json.loads((tmp_path / TRAINING).read_text(encoding="utf-8"))["courses"]
    assert [one["stage"] for one in taken] == ["skills", "work"]
    assert [one["rows"] for one in taken] == [16, 16]
    assert [one["readings"] for one in taken] == [0, 12]
    second = load_base(tmp_path).model.layers[0].mlp.down_proj.weight
    assert not torch.equal(first, second)
    assert not (tmp_path / MEETING).exists()


def test_a_deepened_base_answers_as_before_and_can_learn(tmp_path: Path) -> None:
    folder = write_base(tmp_path, layers=4)
    base = load_base(folder)
    deeper = deepened(base)
    tokens = torch.tensor([[2, 40, 50, 60, 3, 41, 42]])
    with torch.no_grad():
        torch.testing.assert_close(deeper(tokens).logits, base(tokens).logits)
    copied = (2, 4)
    deeper(tokens).logits.square().mean().backward()
    for number, layer in enumerate(deeper.model.layers):
        written = (layer.self_attn.o_proj.weight, layer.mlp.down_proj.weight)
        for weight in written:
            assert bool(weight.any()) is (number not in copied)
            assert weight.grad is not None
            assert weight.grad.any()


def test_rare_characters_get_vectors_as_long_as_those_of_others() -> None:
    characters, model = build_vocabulary(Lexicon()), build_model(1)
    weight = model.model.embed_tokens.weight.detach()
    rows = torch.tensor([characters.ids[char] for char in chinese_characters()])
    common, rare = rows[:2000], rows[2000:]
    others = torch.ones(len(weight), dtype=torch.bool)
    others[rows] = False
    fresh = weight.clone()
    lengthen_rare(model, characters)
    assert float((weight - fresh).norm() / fresh.norm()) < 0.15
    weight[common] *= 2
    # What is never right is pushed away, all of it to one side.
    weight[rare] += 0.04
    before = weight.clone()
    lengthen_rare(model, characters)

    def about_its_mean(vectors: torch.Tensor) -> torch.Tensor:
        return vectors - vectors.mean(0)

    short, long = about_its_mean(weight[rare]), about_its_mean(weight[common])
    assert float(short.norm(dim=1).min() / long.norm(dim=1).mean()) > 0.9
    apart = (weight[rare].mean(0) - weight[common].mean(0)).norm()
    assert float(apart) < 0.1 * float(
        (before[rare].mean(0) - before[common].mean(0)).norm()
    )
    same = torch.nn.functional.cosine_similarity(short, about_its_mean(before[rare]))
    assert float(same.min()) > 0.9
    assert torch.equal(weight[others], before[others])
    assert int((weight[common] == before[common]).all(1).sum()) > 300


def test_a_course_begins_with_rare_characters_as_long_as_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lengthened: list[int] = []
    monkeypatch.setattr(
        train, "lengthen_rare", lambda model, _: lengthened.append(id(model))
    )
    course = Course(stage=Stage.READING, steps=1, learning_rate=1e-3)
    train_base(replace(config(tmp_path), courses=(course, course)))
    assert len(lengthened) == 2
    taken = json.loads((tmp_path / TRAINING).read_text(encoding="utf-8"))["courses"]
    assert [one["any_characters"] for one in taken] == [RARE, RARE]


def test_a_base_of_another_depth_is_not_deepened(tmp_path: Path) -> None:
    base = load_base(write_base(tmp_path, layers=3))
    with pytest.raises(ValueError, match="a base of 3 layers"):
        deepened(base)


def test_a_base_that_is_given_words_answers_as_before(tmp_path: Path) -> None:
    base = load_base(write_base(tmp_path, layers=2))
    characters = load_characters(tmp_path)
    known = worded(base, tables(tmp_path, characters))
    assert known.config.words == known.model.embed_tokens.word_codes.shape[0] > 0
    tokens = torch.tensor([characters.frame("查济南的人数")])
    with torch.no_grad():
        torch.testing.assert_close(known(tokens).logits, base(tokens).logits)


def test_a_language_model_of_other_words_is_refused(tmp_path: Path) -> None:
    write_base(tmp_path)
    write_language_model(tmp_path / "ear", FOLLOWS)
    with pytest.raises(LanguageModelError, match="none of the words"):
        lexical_tables(load_characters(tmp_path), tmp_path / "ear")


def test_the_heads_go_on_from_one_training_to_the_next_and_never_ship(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_base(config(tmp_path))
    kept = load_file(tmp_path / HEADS)
    begun: list[dict[str, torch.Tensor]] = []
    monkeypatch.setattr(
        "app.tuning.base.train._take_course",
        lambda _, heads, *rest: begun.append(heads.state_dict()) or iter(()),
    )
    train_base(replace(config(tmp_path), resume=True))
    assert begun[0].keys() == kept.keys()
    assert all(torch.equal(begun[0][name], one) for name, one in kept.items())
    ship_base(tmp_path, tmp_path.with_name("shipped"))
    assert not tmp_path.with_name("shipped").joinpath(HEADS).exists()
    train_base(config(tmp_path))
    assert not torch.equal(begun[1]["0.weight"], kept["0.weight"])


@pytest.mark.parametrize(
    "spoilt",
    [b"cut", save({"0.weight": torch.zeros(2, 2)})],
    ids=["cut short", "of another shape"],
)
def test_heads_that_do_not_fit_begin_anew(
    spoilt: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    (tmp_path / HEADS).write_bytes(spoilt)
    heads = make_heads(glm_config())
    begun = {name: one.clone() for name, one in heads.state_dict().items()}
    take_heads(heads, tmp_path / HEADS)
    assert "begin anew" in caplog.text
    assert all(torch.equal(begun[n], one) for n, one in heads.state_dict().items())


def test_until_the_first_checkpoint_the_base_before_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_base(config(tmp_path))
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("app.tuning.base.train._train", killed)
    for wanted in (config(tmp_path), replace(config(tmp_path), resume=True)):
        with pytest.raises(KeyboardInterrupt):
            train_base(wanted)
        after = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
        assert after == before


def test_a_base_whose_tables_are_missing_is_not_trained_on(tmp_path: Path) -> None:
    folder = write_base(tmp_path / "base", words=True)
    weights = load_file(folder / WEIGHTS)
    kept = {name: one for name, one in weights.items() if "word_codes" not in name}
    save_file(kept, folder / WEIGHTS, metadata={"format": "pt"})
    with pytest.raises(ValueError, match=r"base lacks .*word_codes"):
        load_base(folder)


@pytest.mark.parametrize("words", [False, True])
def test_half_precision_reads_prompts(
    words: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.tuning.base.stepping.half_pays", lambda: True)
    model = load_base(write_base(tmp_path / "base", words=words))
    stepper = Stepper(model, make_heads(model.config), 0.0, rank=0, workers=1)
    characters = load_characters(tmp_path / "base")
    prompt = torch.tensor([characters.frame("查济南的人数")])
    before = model.model.layers[0].mlp.down_proj.weight.detach().clone()
    stepper.fast(prompt, labels=prompt).loss.backward()
    stepper.step(1e-3)
    assert not torch.equal(before, model.model.layers[0].mlp.down_proj.weight)


@pytest.mark.slow
def test_a_shallow_base_is_deepened_before_it_learns_on(tmp_path: Path) -> None:
    train_base(config(tmp_path))
    shape = load_base(tmp_path).config
    assert shape.num_hidden_layers == glm_config().num_hidden_layers
    shallow = load_base(tmp_path)
    shallow.model.layers = shallow.model.layers[:4]
    shallow.config.num_hidden_layers = 4
    save_base(shallow, tmp_path)
    train_base(replace(config(tmp_path), resume=True))
    again = load_base(tmp_path).config
    assert again.num_hidden_layers == glm_config().num_hidden_layers


def test_a_course_of_reading_teaches_no_answers(tmp_path: Path) -> None:
    reading = replace(COURSE, stage=Stage.READING)
    train_base(config(tmp_path))
    before = load_base(tmp_path).model.layers
    train_base(replace(config(tmp_path), courses=(reading,), resume=True))
    after = load_base(tmp_path).model.layers
    taken = json.loads((tmp_path / TRAINING).read_text(encoding="utf-8"))["courses"]
    assert [(one["rows"], one["readings"]) for one in taken] == [(16, 0), (0, 12)]
    # What the heads read is learnt; the layer behind them only decays.
    first, last = (
        (old.mlp.down_proj.weight, new.mlp.down_proj.weight)
        for old, new in ((before[0], after[0]), (before[-1], after[-1]))
    )
    assert not torch.allclose(*first, rtol=2e-3)
    torch.testing.assert_close(*last, rtol=2e-3, atol=1e-5)
    characters = load_characters(tmp_path)
    skills = Skills(Lexicon(), random.Random(3), rows=4, readings=6)
    batch = skills.batch(Stage.READING)
    told = 0
    for part in buckets(characters, batch, 4):
        assert not part.answered
        told += int((part.told != IGNORED).any(dim=1).sum())
    assert told == len(batch.rows) == 6


def test_batches_that_cannot_be_shared_out_are_refused(tmp_path: Path) -> None:
    """Else every process would draw nothing, and the course would teach nothing."""
    with pytest.raises(ValueError, match="2 batches for 4 processes"):
        train_base(config(tmp_path / "out", workers=4))
    with pytest.raises(ValueError, match="5 readings for 2 processes"):
        train_base(replace(config(tmp_path / "out", workers=2), readings=5))
    assert not (tmp_path / "out").exists()


def test_the_meeting_place_of_a_killed_training_is_cleared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / MEETING).write_text("stale")
    found: list[bool] = []
    monkeypatch.setattr(
        "app.tuning.base.train._train",
        lambda rank, wanted: found.append((wanted.out / MEETING).exists()),
    )
    train_base(config(tmp_path))
    assert found == [False]


def test_a_step_learns_in_float32_and_runs_in_what_pays(tmp_path: Path) -> None:
    model = load_base(write_base(tmp_path))
    before = [one.detach().clone() for one in model.parameters()]
    heads = make_heads(model.config)
    stepper = Stepper(model, heads, weight_decay=0.0, rank=0, workers=1)
    kind = torch.bfloat16 if half_pays() else torch.float32
    assert {one.dtype for one in stepper.fast.parameters()} == {kind}
    tokens = torch.tensor([[5, 6, 7, 8]])
    stepper.fast(tokens, labels=tokens).loss.backward()
    stepper.step(1e-3)
    for old, whole, fast in zip(
        before, model.parameters(), stepper.fast.parameters(), strict=True
    ):
        assert whole.dtype is torch.float32
        assert not torch.equal(old, whole)
        assert torch.equal(whole.to(kind), fast)
        assert fast.grad is None
        assert whole.grad is None


@pytest.mark.parametrize("last", [0.02, 0.5])
def test_the_rate_rises_then_falls_to_its_last(last: float) -> None:
    assert schedule(0.0, warm=0.5, last=last) == pytest.approx(0.51)
    assert schedule(0.0, last=last) == pytest.approx(1.0)
    assert schedule(1.0, last=last) == pytest.approx(last)
    assert schedule(0.3, last=last) > schedule(0.7, last=last)


def test_what_ships_is_the_trained_base_in_eight_bits(tmp_path: Path) -> None:
    trained = write_base(tmp_path / "trained")
    (trained / TRAINING).write_text("{}")
    ship_base(trained, tmp_path / "shipped")
    names = {file.name for file in trained.iterdir()}
    assert {file.name for file in (tmp_path / "shipped").iterdir()} == names
    assert is_int8(tmp_path / "shipped")
    assert not is_int8(trained)
    ours, theirs = (load_base(f) for f in (tmp_path / "shipped", trained))
    assert type(ours) is type(theirs)
    for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        greatest = other.detach().abs().max().item()
        assert torch.allclose(one, other, atol=greatest / 200)
