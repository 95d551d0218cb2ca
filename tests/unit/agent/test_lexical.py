"""A prompt's characters are also what they sound like and the words they stand in."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from app.agent.lexical import TABLES, LexicalEmbedding, Tables
from app.agent.prefix_lm import GlmMiniConfig, GlmMiniForCausalLM
from app.tuning.measuring.loading import parameters_in

PAD, USER, ASSISTANT = 0, 2, 3
# Two words of two characters, one of three, one that stands alone; 9 sounds like 6.
WORDS = [(5, 6), (6, 7), (5, 6, 8), (8,)]
SOUNDS = {5: 1, 6: 2, 7: 3, 8: 4, 9: 2, 10: 5}
VECTORS = torch.eye(4)


def tables() -> Tables:
    return Tables.of(SOUNDS, SOUNDS, WORDS, VECTORS, vocabulary=12)


@pytest.fixture
def embedding() -> LexicalEmbedding:
    made = tables()
    shape = SimpleNamespace(
        vocab_size=12,
        hidden_size=12,
        pad_token_id=PAD,
        user_token_id=USER,
        assistant_token_id=ASSISTANT,
        **made.counts,
    )
    found = LexicalEmbedding(shape)
    found.set_tables(made)
    with torch.no_grad():
        found.weight.zero_()
    return found


def added(embedding: LexicalEmbedding, *ids: int) -> torch.Tensor:
    with torch.inference_mode():
        found: torch.Tensor = embedding(torch.tensor([[USER, *ids, ASSISTANT]]))
    return found[0, 1:-1]


def test_new_tables_add_nothing(embedding: LexicalEmbedding) -> None:
    assert not bool(added(embedding, 5, 6, 8).any())


def test_each_character_is_told_what_it_is_in_each_word(
    embedding: LexicalEmbedding,
) -> None:
    """Of four numbers each: alone, begins, inside; ends is what is left out."""
    with torch.no_grad():
        embedding.words.weight.copy_(torch.eye(12, 16))
    alone, begins, inside = added(embedding, 5, 6, 8).view(3, 3, 4).unbind(1)
    # In what order the table holds the words is its own business.
    words = embedding.word_vectors
    codes = embedding.word_codes.tolist()
    two, three, one = (
        words[codes.index(c)] for c in (5 * 12 + 6, 5 * 144 + 6 * 12 + 8, 8)
    )
    assert torch.equal(alone, torch.stack([torch.zeros(4), torch.zeros(4), one]))
    assert torch.equal(
        begins, torch.stack([two + three, torch.zeros(4), torch.zeros(4)])
    )
    assert torch.equal(inside, torch.stack([torch.zeros(4), three, torch.zeros(4)]))


def test_a_misheard_word_is_found_by_its_sound(embedding: LexicalEmbedding) -> None:
    with torch.no_grad():
        embedding.sounding.weight.copy_(torch.eye(12))
    right, misheard = added(embedding, 5, 6), added(embedding, 5, 9)
    assert bool(right.any())
    assert torch.equal(right, misheard)
    assert not bool(added(embedding, 10, 10).any())


def test_a_syllable_is_the_same_for_all_its_characters(
    embedding: LexicalEmbedding,
) -> None:
    with torch.no_grad():
        embedding.sound.weight.copy_(torch.randn(6, 12))
    one, other, another = added(embedding, 6, 9, 7)
    assert torch.equal(one, other)
    assert not torch.equal(one, another)


def test_only_a_prompt_has_words_and_only_its_own(embedding: LexicalEmbedding) -> None:
    with torch.no_grad():
        embedding.words.weight.normal_()
        embedding.sound.weight.normal_()
        row = embedding(torch.tensor([[PAD, 5, USER, 5, 6, ASSISTANT, 5, 6]]))[0]
    told = row.abs().sum(-1) > 0
    assert told.tolist() == [False, False, False, True, True, False, False, False]
    with torch.inference_mode():
        # The last character before a mark and the first behind it make no word.
        apart = embedding(torch.tensor([[USER, 5, USER, 6, ASSISTANT]]))[0, 1]
        assert torch.equal(apart, added(embedding, 5)[0])


def test_text_without_a_prompt_is_looked_up_as_ever(
    embedding: LexicalEmbedding,
) -> None:
    with torch.no_grad():
        embedding.weight.normal_()
        embedding.words.weight.normal_()
    ids = torch.tensor([5, 6, 8])
    assert torch.equal(embedding(ids), embedding.weight[ids])


def test_padding_and_other_rows_change_nothing(embedding: LexicalEmbedding) -> None:
    with torch.no_grad():
        for part in (embedding.words, embedding.sounding, embedding.sound):
            part.weight.normal_()
    rows = torch.tensor(
        [[PAD, PAD, USER, 5, 6, ASSISTANT], [USER, 8, 5, 6, 7, ASSISTANT]]
    )
    with torch.inference_mode():
        both = embedding(rows)
    torch.testing.assert_close(both[0, 3:5], added(embedding, 5, 6))
    torch.testing.assert_close(both[1, 1:5], added(embedding, 8, 5, 6, 7))


def model() -> GlmMiniForCausalLM:
    torch.manual_seed(1)
    config = GlmMiniConfig(
        vocab_size=12,
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=8,
        tie_word_embeddings=True,
        pad_token_id=PAD,
        **tables().counts,
    )
    made: GlmMiniForCausalLM = GlmMiniForCausalLM._from_config(config)
    made.model.embed_tokens.set_tables(tables())
    with torch.no_grad():
        for part in (made.model.embed_tokens.words, made.model.embed_tokens.sound):
            part.weight.normal_()
    return made.eval()


def test_what_is_written_and_read_back_answers_the_same(tmp_path: Path) -> None:
    one = model()
    one.save_pretrained(str(tmp_path))
    other = GlmMiniForCausalLM.from_pretrained(str(tmp_path))
    assert other.model.embed_tokens.word_codes.dtype is torch.int64
    ids = torch.tensor([[USER, 5, 6, 8, ASSISTANT, 7]])
    with torch.inference_mode():
        torch.testing.assert_close(one(ids).logits, other.eval()(ids).logits)


def test_the_tables_are_no_parameters(tmp_path: Path) -> None:
    one = model()
    one.save_pretrained(str(tmp_path))
    assert set(vars(tables())) == TABLES
    learns = sum(part.numel() for part in one.parameters())
    assert parameters_in(tmp_path / "model.safetensors") == learns


def test_the_tables_do_not_learn_and_the_output_knows_no_words() -> None:
    one = model()
    names = {name for name, _ in one.named_parameters()}
    assert "model.embed_tokens.words.weight" in names
    assert not any("word_vectors" in name or "codes" in name for name in names)
    assert one.lm_head.weight is one.model.embed_tokens.weight
