"""A prompt's characters are also what they sound like and the words they stand in."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from transformers import DynamicCache

from app.agent.int8 import write_int8
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
        hidden_size=16,
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
    with torch.no_grad():
        embedding.words.weight.copy_(torch.eye(16))
    parts = added(embedding, 5, 6, 8).view(3, 4, 4).unbind(1)
    alone, begins, inside, ends = parts
    two, _, three, one = VECTORS
    none = torch.zeros(4)
    assert torch.equal(alone, torch.stack([none, none, one]))
    assert torch.equal(begins, torch.stack([two + three, none, none]))
    assert torch.equal(inside, torch.stack([none, three, none]))
    assert torch.equal(ends, torch.stack([none, two, three]))


def test_a_misheard_word_is_found_by_its_sound(embedding: LexicalEmbedding) -> None:
    with torch.no_grad():
        embedding.sounding.weight.copy_(torch.eye(16, 12))
    right, misheard = added(embedding, 5, 6), added(embedding, 5, 9)
    assert torch.equal(right, misheard)
    begins, inside, ends = misheard[:, :12].view(2, 3, 4).unbind(1)
    none = torch.zeros(4)
    assert torch.equal(begins, torch.stack([VECTORS[0], none]))
    assert torch.equal(ends, torch.stack([none, VECTORS[0]]))
    assert not bool(inside.any())
    assert not bool(added(embedding, 10, 10).any())


def test_a_syllable_is_the_same_for_all_its_characters(
    embedding: LexicalEmbedding,
) -> None:
    with torch.no_grad():
        embedding.sound.weight.copy_(torch.randn(6, 16))
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


def test_the_most_frequent_of_words_that_sound_alike_is_found(
    embedding: LexicalEmbedding,
) -> None:
    alike = Tables.of(SOUNDS, SOUNDS, [(5, 9), (5, 6)], VECTORS[:2], vocabulary=12)
    (number,) = alike.sounding_words.tolist()
    assert torch.equal(alike.word_vectors[number], VECTORS[0])


@pytest.mark.parametrize("words", [[], [(0, 5)], [(5,)], [(4, 11)]])
def test_words_that_no_text_could_have_are_refused(
    words: list[tuple[int, ...]],
) -> None:
    with pytest.raises(ValueError, match="none of the words"):
        Tables.of(SOUNDS, SOUNDS, words, VECTORS[: len(words)], vocabulary=12)


def test_tables_in_float32_serve_weights_in_half_precision(
    embedding: LexicalEmbedding,
) -> None:
    with torch.no_grad():
        for part in (embedding.words, embedding.sounding, embedding.sound):
            part.weight.normal_()
    whole = added(embedding, 5, 6, 8)
    for parameter in embedding.parameters():
        parameter.data = parameter.data.bfloat16()
    half = added(embedding, 5, 6, 8)
    assert half.dtype is torch.bfloat16
    torch.testing.assert_close(half.float(), whole, atol=0.1, rtol=0.1)


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


def test_eight_bits_leave_the_tables_as_they_are(tmp_path: Path) -> None:
    one = model()
    one.save_pretrained(str(tmp_path))
    weights = {n: w for n, w in one.state_dict().items() if n != "lm_head.weight"}
    write_int8(weights, tmp_path)
    for dtype in (torch.float32, torch.bfloat16):
        other = GlmMiniForCausalLM.from_pretrained(tmp_path, dtype=dtype)
        ours, theirs = one.model.embed_tokens, other.model.embed_tokens
        for name in TABLES - {"word_vectors"}:
            assert torch.equal(getattr(ours, name), getattr(theirs, name))
            assert getattr(theirs, name).dtype is getattr(ours, name).dtype
        ids = torch.tensor([[USER, 5, 6, 8, ASSISTANT, 7]])
        with torch.inference_mode():
            wanted, found = one(ids).logits, other.eval()(ids).logits.float()
        assert float((wanted - found).abs().mean() / wanted.abs().mean()) < 0.1


def test_a_prompt_in_pieces_is_read_like_a_whole_one() -> None:
    one, ids = model(), [7, USER, 5, 6, 8, ASSISTANT, 7, 5]
    with torch.inference_mode():
        whole = one.model(torch.tensor([ids]))[0]
        cache = DynamicCache(config=one.config)
        parts = [
            one.model(torch.tensor([part]), past_key_values=cache, use_cache=True)[0]
            for part in (ids[:1], ids[1:5], ids[5:7], ids[7:])
        ]
        looked_up = one.model(
            inputs_embeds=one.get_input_embeddings()(torch.tensor([ids]))
        )
    torch.testing.assert_close(torch.cat(parts, dim=1), whole)
    torch.testing.assert_close(looked_up[0], whole)


def test_the_tables_are_no_parameters(tmp_path: Path) -> None:
    one = model()
    one.save_pretrained(str(tmp_path))
    assert {name for name, _ in one.model.embed_tokens.named_buffers()} == TABLES
    learns = sum(part.numel() for part in one.parameters())
    assert parameters_in(tmp_path / "model.safetensors") == learns


def test_the_tables_do_not_learn_and_the_output_knows_no_words() -> None:
    one = model()
    names = {name for name, _ in one.named_parameters()}
    assert "model.embed_tokens.words.weight" in names
    assert not any("word_vectors" in name or "codes" in name for name in names)
    assert one.lm_head.weight is one.model.embed_tokens.weight
