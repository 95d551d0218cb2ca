"""The first ChatGLM, against tensors of another program and a second reading."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, DynamicCache

from app.agent.chatglm6b import ChatGlm6bConfig, ChatGlm6bForCausalLM, ChatGlm6bModel

DATA = Path(__file__).parents[2] / "data" / "chatglm"
"""From chatglm.cpp (MIT): weights, then tokens and hidden states in turn."""
GMASK, SOP, PAD = 41, 44, 3


def config(**sizes: int) -> ChatGlm6bConfig:
    shape = {
        "vocab_size": 50,
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "intermediate_size": 48,
        "bos_token_id": SOP,
        "eos_token_id": 45,
        "gmask_token_id": GMASK,
        "mask_token_id": 40,
        "pad_token_id": PAD,
    }
    return ChatGlm6bConfig(**{**shape, **sizes})


@pytest.fixture(scope="module", params=[0, 1], ids=["4 heads of 8", "2 heads of 12"])
def model(request: pytest.FixtureRequest) -> ChatGlm6bForCausalLM:
    torch.manual_seed(request.param)
    sizes = {"hidden_size": 24, "num_attention_heads": 2} if request.param else {}
    made = ChatGlm6bForCausalLM(config(**sizes)).eval().requires_grad_(False)
    for name, weight in made.named_parameters():
        if "norm" not in name:
            weight.normal_(0, 0.2)
    return made


def prefix_of(model: ChatGlm6bForCausalLM, length: int) -> torch.Tensor:
    """Give `[layers, 2, heads, length, size]` of keys and values."""
    shape = model.config
    torch.manual_seed(5)
    return torch.randn(
        shape.num_hidden_layers, 2, shape.num_attention_heads, length, shape.head_dim
    )


def cache_with(model: ChatGlm6bForCausalLM, prefix: torch.Tensor) -> DynamicCache:
    cache = DynamicCache(config=model.config)
    for layer, (keys, values) in enumerate(prefix):
        cache.update(keys[None], values[None], layer)
    return cache


def second_reading(
    model: ChatGlm6bForCausalLM, ids: list[int], prefix: torch.Tensor | None = None
) -> torch.Tensor:
    """Give the logits of one row, token by token and head by head.

    After modeling_chatglm.py of the checkpoint, without a line of the code under test:
    everything at once, no cache, no batches.
    """
    weights = {name: value.double() for name, value in model.state_dict().items()}
    shape = model.config
    size, half = shape.head_dim, shape.head_dim // 2
    end = ids.index(SOP)

    def norm(name: str, x: torch.Tensor) -> torch.Tensor:
        mean = x.mean(-1, keepdim=True)
        spread = ((x - mean) ** 2).mean(-1, keepdim=True)
        normed = (x - mean) / torch.sqrt(spread + 1e-5)
        return normed * weights[f"{name}.weight"] + weights[f"{name}.bias"]

    def linear(name: str, x: torch.Tensor) -> torch.Tensor:
        return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]

    def turned(vector: torch.Tensor, position: int) -> torch.Tensor:
        out = vector.clone()
        for pair in range(half // 2):
            angle = position / 10_000 ** (2 * pair / half)
            one, two = vector[pair], vector[pair + half // 2]
            out[pair] = one * math.cos(angle) - two * math.sin(angle)
            out[pair + half // 2] = two * math.cos(angle) + one * math.sin(angle)
        return out

    def both(vector: torch.Tensor, at: int) -> torch.Tensor:
        place, block = min(at, end - 1), max(at - (end - 1), 0)
        return torch.cat((turned(vector[:half], place), turned(vector[half:], block)))

    x = weights["transformer.word_embeddings.weight"][ids]
    scale = math.sqrt(2 * 28)
    for layer in range(shape.num_hidden_layers):
        base = f"transformer.layers.{layer}"
        a = norm(f"{base}.input_layernorm", x)
        fused = linear(f"{base}.attention.query_key_value", a)
        out = torch.zeros_like(x)
        for head in range(shape.num_attention_heads):
            mine = fused[:, head * 3 * size : (head + 1) * 3 * size]
            q = [both(v, at) for at, v in enumerate(mine[:, :size])]
            k = [both(v, at) for at, v in enumerate(mine[:, size : 2 * size])]
            v = list(mine[:, 2 * size :])
            before = 0
            if prefix is not None:
                before = prefix.shape[3]
                k = [*prefix[layer, 0, head].double(), *k]
                v = [*prefix[layer, 1, head].double(), *v]
            for at, query in enumerate(q):
                seen = before + max(end, at + 1)
                scores = torch.stack([query @ key for key in k[:seen]])
                share = torch.softmax(scores / math.sqrt(size), 0)
                got = sum(s * w for s, w in zip(share, v[:seen], strict=True))
                out[at, head * size : (head + 1) * size] = got
        x = a * scale + linear(f"{base}.attention.dense", out)
        a = norm(f"{base}.post_attention_layernorm", x)
        wide = linear(f"{base}.mlp.dense_h_to_4h", a)
        root = math.sqrt(2 / math.pi)
        gelu = 0.5 * wide * (1 + torch.tanh(root * (wide + 0.044715 * wide**3)))
        x = a * scale + linear(f"{base}.mlp.dense_4h_to_h", gelu)
    x = norm("transformer.final_layernorm", x)
    return x @ weights["lm_head.weight"].T


def near(got: torch.Tensor, wanted: torch.Tensor) -> None:
    assert float((got - wanted).abs().max()) <= 1e-4 * float(wanted.abs().max())


PROMPT = [5, 6, 7, 8, 9, GMASK, SOP]
ANSWER = [11, 12, 13, 14]


@pytest.mark.parametrize("length", [0, 5])
def test_the_tensors_of_another_program_come_out(length: int) -> None:
    name = "glm_ptuning_v2_model.data" if length else "glm_model.data"
    raw, at = (DATA / name).read_bytes(), 0

    def take(*shape: int, kind: str = "<f4") -> torch.Tensor:
        nonlocal at
        found = np.frombuffer(raw, kind, math.prod(shape), at).reshape(shape).copy()
        at += found.nbytes
        return torch.from_numpy(found)

    small = config(
        vocab_size=5,
        num_hidden_layers=1,
        num_attention_heads=8,
        intermediate_size=128,
        bos_token_id=2,
    )
    model = ChatGlm6bModel(small).eval()
    cache = DynamicCache(config=small)
    if length:
        keys, values = take(2, 1, 8, length, 4, kind="<f2").float()
        cache.update(keys, values, 0)
    order = ["word_embeddings.weight"]
    for part in (
        "input_layernorm",
        "attention.query_key_value",
        "attention.dense",
        "post_attention_layernorm",
        "mlp.dense_h_to_4h",
        "mlp.dense_4h_to_h",
    ):
        order += [f"layers.0.{part}.weight", f"layers.0.{part}.bias"]
    order += ["final_layernorm.weight", "final_layernorm.bias"]
    shapes = model.state_dict()
    model.load_state_dict({name: take(*shapes[name].shape) for name in order})
    with torch.inference_mode():
        for width in (3, 1, 1):
            ids, wanted = take(1, width, kind="<i4").long(), take(width, 32)
            got = model(ids, past_key_values=cache).last_hidden_state[0]
            near(got, wanted)
    assert at == len(raw)


@pytest.mark.parametrize("length", [0, 6])
def test_a_second_reading_gives_the_same_logits(
    model: ChatGlm6bForCausalLM, length: int
) -> None:
    prefix = prefix_of(model, length) if length else None
    wanted = second_reading(model, PROMPT + ANSWER, prefix)
    cache = cache_with(model, prefix) if prefix is not None else None
    got = model(torch.tensor([PROMPT + ANSWER]), past_key_values=cache).logits[0]
    near(got, wanted)


@pytest.mark.parametrize("length", [0, 6])
def test_steps_on_a_cache_equal_one_pass(
    model: ChatGlm6bForCausalLM, length: int
) -> None:
    prefix = prefix_of(model, length)
    wanted = second_reading(model, PROMPT + ANSWER, prefix if length else None)
    cache = cache_with(model, prefix[:, :, :, :length] if length else prefix[:0])
    got = [model(torch.tensor([PROMPT]), past_key_values=cache).logits[0]]
    for token in ANSWER[:2]:
        step = model(torch.tensor([[token]]), past_key_values=cache)
        got.append(step.logits[0])
    # A guess that was wrong is taken back, and computed again.
    cache.crop(-1)
    rest = torch.tensor([ANSWER[1:]])
    got[-1] = model(rest, past_key_values=cache).logits[0]
    near(torch.cat(got), wanted)


def test_a_cache_that_is_taken_back_into_the_prompt_learns_the_new_one(
    model: ChatGlm6bForCausalLM,
) -> None:
    prefix = prefix_of(model, 4)
    cache = cache_with(model, prefix)
    model(torch.tensor([PROMPT + ANSWER]), past_key_values=cache)
    cache.crop(-len(PROMPT + ANSWER))
    other = [7, 7, GMASK, SOP]
    model(torch.tensor([other]), past_key_values=cache)
    got = model(torch.tensor([ANSWER]), past_key_values=cache).logits[0]
    near(got, second_reading(model, other + ANSWER, prefix)[len(other) :])


def test_rows_filled_up_in_front_are_what_they_are_alone(
    model: ChatGlm6bForCausalLM,
) -> None:
    short = [9, 8, GMASK, SOP]
    fill = len(PROMPT) - len(short)
    ids = torch.tensor([PROMPT, [PAD] * fill + short])
    present = torch.tensor([[1] * len(PROMPT), [0] * fill + [1] * len(short)])
    out = model(ids, attention_mask=present)
    step = torch.tensor([[11], [12]])
    more = torch.cat((present, torch.ones(2, 1, dtype=torch.long)), 1)
    after = model(step, attention_mask=more, past_key_values=out.past_key_values)
    first = second_reading(model, [*PROMPT, 11])
    second = second_reading(model, [*short, 12])
    near(out.logits[0], first[:-1])
    near(out.logits[1, fill:], second[:-1])
    near(after.logits[:, 0], torch.stack((first[-1], second[-1])))


def test_generate_says_what_the_second_reading_would(
    model: ChatGlm6bForCausalLM,
) -> None:
    ids = list(PROMPT)
    for _ in range(5):
        ids.append(int(second_reading(model, ids)[-1].argmax()))
    asked = torch.tensor([PROMPT])
    got = model.generate(
        asked,
        attention_mask=torch.ones_like(asked),
        max_new_tokens=5,
        do_sample=False,
        eos_token_id=None,
    )
    assert got[0].tolist() == ids


def test_a_folder_is_loaded_as_transformers_loads_any_model(
    model: ChatGlm6bForCausalLM, tmp_path: Path
) -> None:
    model.save_pretrained(tmp_path)
    again = AutoModelForCausalLM.from_pretrained(tmp_path, local_files_only=True)
    ids = torch.tensor([PROMPT])
    with torch.inference_mode():
        assert torch.equal(again(ids).logits, model(ids).logits)


def test_the_places_that_are_asked_for_are_computed_and_no_others(
    model: ChatGlm6bForCausalLM,
) -> None:
    ids = torch.tensor([PROMPT + ANSWER])
    whole = model(ids).logits
    near(model(ids, logits_to_keep=2).logits, whole[:, -2:])
    places = torch.tensor([3, 8])
    near(model(ids, logits_to_keep=places).logits, whole[:, places])


@pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing.*:FutureWarning")
def test_pefts_prefix_tuning_and_a_prefix_put_in_by_hand_agree(
    model: ChatGlm6bForCausalLM,
) -> None:
    from peft import PrefixTuningConfig, get_peft_model

    shape, ids = model.config, torch.tensor([PROMPT + ANSWER])
    plain = model(ids).logits
    settings = PrefixTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=6)
    tuned = get_peft_model(model, settings).eval()
    table = tuned.prompt_encoder["default"].embedding.weight.detach()
    with torch.inference_mode():
        got = tuned(input_ids=ids, attention_mask=torch.ones_like(ids)).logits
    layers, heads = shape.num_hidden_layers, shape.num_attention_heads
    rows = table.view(6, layers, 2, heads, shape.head_dim).permute(1, 2, 3, 0, 4)
    near(got[0], second_reading(model, PROMPT + ANSWER, rows))
    assert float((got - plain).abs().max()) > 1e-3
