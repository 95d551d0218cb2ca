"""What each character of a command is, and which position tells it."""

import random
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from app.core.model import Check, Intent
from app.tuning.base.architecture import load_base
from app.tuning.base.learning import buckets, read_bucket, run_bucket
from app.tuning.base.skills import Batch, Skills, Stage
from app.tuning.base.tagging import LAYERS, Tag, make_heads, spread, tag_loss, tags_of
from app.tuning.base.tokens import ASSISTANT_ID, load_characters
from app.tuning.phrases.lexicon import Lexicon
from app.tuning.phrases.speech import Part, Spoken
from app.tuning.training.rows import IGNORED
from tests.unit.tuning.tiny import write_base

PARTS = (
    Part("查"),
    Part("济南", "place", 1),
    Part("的"),
    Part("人数", "check", 1),
    Part("和"),
    Part("帽", "check", 2),
)


def test_places_begin_and_checks_are_told_apart() -> None:
    calls = ((1, Check.HEADCOUNT), (1, Check.HELMET))
    spoken = Spoken(PARTS, Intent.INSPECT, calls)
    assert tags_of(spoken) == (0, 1, 2, 0, 3, 3, 0, 4, Tag.TWO_CALLS)


def test_a_refusal_has_places_only() -> None:
    told = (0, 1, 2, 0, 0, 0, 0, 0, Tag.UNSUPPORTED)
    assert tags_of(Spoken(PARTS, Intent.UNSUPPORTED)) == told


def test_a_position_tells_of_its_own_character() -> None:
    # Two tokens of speech at 3 and 4, the prompt's last token at 5, an answer behind.
    told = spread([(1, 2, 6), ()], [5, 5], 8)
    no = IGNORED
    assert told.tolist() == [[no, no, no, 1, 2, 6, no, no], [no] * 8]


@pytest.mark.parametrize("stage", [Stage.SKILLS, Stage.READING, Stage.WORK])
def test_tags_lie_on_the_speech_of_every_row(tmp_path: Path, stage: Stage) -> None:
    folder = write_base(tmp_path, layers=max(LAYERS))
    model, characters = load_base(folder), load_characters(folder)
    skills = Skills(Lexicon(), random.Random(3), rows=4, readings=4)
    batch = next(b for b in iter(lambda: skills.batch(stage), None) if any(b.tags))
    heads = make_heads(model.config)
    for bucket in buckets(characters, batch, 2):
        ends = (bucket.rows.tokens == ASSISTANT_ID).int().argmax(1)
        for row, end in enumerate(ends.tolist()):
            assert (bucket.told[row, end + 1 :] == IGNORED).all()
        _, states = run_bucket(model, bucket)
        assert len(states) == len(LAYERS)
        loss = tag_loss(heads, states, bucket.told)
        if loss is None:
            assert (bucket.told == IGNORED).all()
        else:
            loss.backward()
    assert any(
        parameter.grad is not None and bool(parameter.grad.abs().sum())
        for parameter in heads.parameters()
    )


def test_what_is_only_read_stops_behind_the_heads(tmp_path: Path) -> None:
    folder = write_base(tmp_path, layers=max(LAYERS) + 1)
    model, characters = load_base(folder), load_characters(folder)
    skills = Skills(Lexicon(), random.Random(3), rows=4, readings=8)
    (bucket,) = buckets(characters, skills.batch(Stage.READING), 8)
    _, whole = run_bucket(model, bucket)
    states = read_bucket(model, bucket)
    for one, other in zip(states, whole, strict=True):
        torch.testing.assert_close(one, other)
    torch.stack(states).sum().backward()
    last = model.model.layers[-1].parameters()
    assert all(parameter.grad is None for parameter in last)
    with pytest.raises(ValueError, match="no instruction"):
        read_bucket(model, replace(bucket, instruction=[5]))


def test_what_a_command_wants_weighs_more_than_a_character() -> None:
    head = torch.nn.Linear(2, len(Tag))
    with torch.no_grad():
        head.weight.zero_()
        head.bias.zero_()
        head.bias[Tag.OTHER] = 3.0
    states = [torch.zeros(1, 2, 2)]
    wrong_end = torch.tensor([[Tag.OTHER, Tag.GREETING]])
    wrong_character = torch.tensor([[Tag.PLACE, Tag.OTHER]])
    heads = torch.nn.ModuleList([head])
    loss, other = (
        tag_loss(heads, states, told) for told in (wrong_end, wrong_character)
    )
    assert loss is not None
    assert other is not None
    assert loss > other


def test_nothing_to_tell_has_no_loss() -> None:
    nothing = torch.full((1, 2), IGNORED)
    assert tag_loss(torch.nn.ModuleList(), [], nothing) is None


def test_places_among_any_words_are_named_and_tagged() -> None:
    skills = Skills(Lexicon(), random.Random(5), rows=20, readings=20)
    drawn: list[Batch] = []
    while len(drawn) < 3:
        batch = skills.batch(Stage.WORK)
        if any(batch.tags) and all(
            tags[-1:] in ((), (IGNORED,)) for tags in batch.tags
        ):
            drawn.append(batch)
    named = 0
    for batch in drawn:
        for (content, answer), tags in zip(batch.rows, batch.tags, strict=True):
            text = content[len(content) + 1 - len(tags) :]
            begun = [n for n, tag in enumerate(tags[:-1]) if tag == Tag.PLACE_BEGINS]
            ends = [
                next(m for m in range(n + 1, len(tags)) if tags[m] != Tag.PLACE)
                for n in begun
            ]
            names = [text[n:m] for n, m in zip(begun, ends, strict=True)]
            assert answer == ("、".join(dict.fromkeys(names)) or "无")
            named += len(names)
    assert named > 20
