"""Published ChatGLM checkpoints become models that compute what was published."""

import json
import math
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM

import app.agent.chatglm6b
from app.core.cancel import CancelToken
from app.core.errors import (
    Cancelled,
    MissingError,
    ModelCorruptError,
    ModelMissingError,
)
from app.modelstore.chatglm.convert import convert_weights
from app.modelstore.chatglm.names import IGNORED, published
from app.modelstore.chatglm.shape import shape_of

assert app.agent.chatglm6b, "makes transformers know the first generation"

CHATGLM3: dict[str, object] = {
    "model_type": "chatglm",
    "architectures": ["ChatGLMModel"],
    "add_bias_linear": False,
    "add_qkv_bias": True,
    "apply_residual_connection_post_layernorm": False,
    "ffn_hidden_size": 13696,
    "hidden_size": 4096,
    "kv_channels": 128,
    "layernorm_epsilon": 1e-05,
    "multi_query_attention": True,
    "multi_query_group_num": 2,
    "num_attention_heads": 32,
    "num_layers": 28,
    "original_rope": True,
    "padded_vocab_size": 65024,
    "post_layer_norm": True,
    "rmsnorm": True,
    "seq_length": 8192,
    "torch_dtype": "float16",
    "eos_token_id": 2,
    "pad_token_id": 0,
}
"""What the published config.json of ChatGLM3-6B says of its architecture; that of
ChatGLM2-6B differs in `seq_length` (32768) alone."""
GLM4 = CHATGLM3 | {
    "layernorm_epsilon": 1.5625e-07,
    "num_layers": 40,
    "padded_vocab_size": 151552,
    "seq_length": 131072,
    "rope_ratio": 500,
    "torch_dtype": "bfloat16",
    "eos_token_id": [151329, 151336, 151338],
    "pad_token_id": 151329,
}
CHATGLM_6B: dict[str, object] = {
    "model_type": "chatglm",
    "architectures": ["ChatGLMModel"],
    "bos_token_id": 130004,
    "eos_token_id": 130005,
    "gmask_token_id": 130001,
    "hidden_size": 4096,
    "inner_hidden_size": 16384,
    "layernorm_epsilon": 1e-05,
    "mask_token_id": 130000,
    "max_sequence_length": 2048,
    "num_attention_heads": 32,
    "num_layers": 28,
    "pad_token_id": 3,
    "position_encoding_2d": True,
    "torch_dtype": "float16",
    "vocab_size": 130528,
}
SMALL = {
    "ffn_hidden_size": 48,
    "hidden_size": 32,
    "kv_channels": 8,
    "num_attention_heads": 4,
    "num_layers": 2,
    "padded_vocab_size": 40,
    "seq_length": 64,
    "torch_dtype": "float32",
}
SMALL_FIRST = {
    "inner_hidden_size": 48,
    "hidden_size": 32,
    "num_attention_heads": 4,
    "num_layers": 2,
    "vocab_size": 40,
    "bos_token_id": 35,
    "eos_token_id": 36,
    "torch_dtype": "float32",
}
KINDS = {
    "ChatGLM2": CHATGLM3 | SMALL | {"seq_length": 32768},
    "ChatGLM3": CHATGLM3 | SMALL,
    "GLM-4": GLM4 | SMALL | {"eos_token_id": [38, 39], "pad_token_id": 38},
    "every head its own keys": CHATGLM3 | SMALL | {"multi_query_attention": False},
    "ChatGLM-6B": CHATGLM_6B | SMALL_FIRST,
}
IDS = [5, 6, 7, 8, 9, 10, 35, 11, 12]


def weights_of(configuration: dict[str, object]) -> dict[str, torch.Tensor]:
    torch.manual_seed(3)
    made = {
        each.name: torch.randn(each.shape) * 0.2
        for each in published(shape_of(configuration, "test"))
    }
    # THUDM's files carry what the configuration already says.
    made["transformer.rotary_pos_emb.inv_freq"] = torch.ones(4)
    return made


def publish(
    folder: Path,
    configuration: dict[str, object],
    weights: dict[str, torch.Tensor],
    *,
    pickled: bool = False,
) -> Path:
    """Write a checkpoint as it is published: two files and an index."""
    folder.mkdir()
    names = sorted(weights)
    halves = names[: len(names) // 2], names[len(names) // 2 :]
    table = {}
    suffix = "bin" if pickled else "safetensors"
    stem = "pytorch_model" if pickled else "model"
    for number, half in enumerate(halves, 1):
        file = f"{stem}-{number:05d}-of-00002.{suffix}"
        held = {name: weights[name].clone() for name in half}
        torch.save(held, folder / file) if pickled else save_file(held, folder / file)
        table.update(dict.fromkeys(half, file))
    index = json.dumps({"metadata": {}, "weight_map": table})
    (folder / f"{stem}.{suffix}.index.json").write_text(index)
    (folder / "config.json").write_text(json.dumps(configuration))
    return folder


@pytest.fixture
def target(tmp_path: Path) -> Path:
    made = tmp_path / "中文 空格"
    made.mkdir()
    return made


def later_reading(
    configuration: dict[str, object],
    weights: dict[str, torch.Tensor],
    ids: list[int] = IDS,
    prefix: torch.Tensor | None = None,
) -> torch.Tensor:
    """Give the logits of a row after modeling_chatglm.py, token by token.

    `prefix` is what its PrefixEncoder gives, `[tokens, layers · 2 · groups · size]`.
    """
    size, heads = 8, 4
    grouped = configuration["multi_query_attention"]
    groups = int(str(configuration["multi_query_group_num"])) if grouped else heads
    epsilon = float(str(configuration["layernorm_epsilon"]))
    base = 10_000 * int(str(configuration.get("rope_ratio", 1)))
    w = {name: value.double() for name, value in weights.items()}

    def norm(name: str, x: torch.Tensor) -> torch.Tensor:
        root = torch.sqrt((x**2).mean(-1, keepdim=True) + epsilon)
        return x / root * w[name]

    def turned(vector: torch.Tensor, position: int) -> torch.Tensor:
        out = vector.clone()
        for pair in range(size // 4):
            angle = position / base ** (2 * pair / (size // 2))
            one, two = vector[2 * pair], vector[2 * pair + 1]
            out[2 * pair] = one * math.cos(angle) - two * math.sin(angle)
            out[2 * pair + 1] = two * math.cos(angle) + one * math.sin(angle)
        return out

    # get_prompt: two rows a layer, keys and values as they are.
    before = () if prefix is None else prefix.double().view(len(prefix), 4, groups, 8)
    x = w["transformer.embedding.word_embeddings.weight"][ids]
    for number in range(2):
        layer = f"transformer.encoder.layers.{number}"
        a = norm(f"{layer}.input_layernorm.weight", x)
        fused = a @ w[f"{layer}.self_attention.query_key_value.weight"].T
        fused = fused + w[f"{layer}.self_attention.query_key_value.bias"]
        q, k, v = fused.split([heads * size, groups * size, groups * size], -1)
        out = torch.zeros(len(ids), heads * size, dtype=torch.float64)
        for head in range(heads):
            group = head // (heads // groups)
            mine = slice(head * size, (head + 1) * size)
            theirs = slice(group * size, (group + 1) * size)
            keys = [row[2 * number, group] for row in before]
            keys += [turned(row[theirs], at) for at, row in enumerate(k)]
            values = [row[2 * number + 1, group] for row in before]
            values += list(v[:, theirs])
            for at, row in enumerate(q):
                query, seen = turned(row[mine], at), len(before) + at + 1
                scores = torch.stack([query @ key for key in keys[:seen]])
                share = torch.softmax(scores / math.sqrt(size), 0)
                out[at, mine] = share @ torch.stack(values[:seen])
        x = x + out @ w[f"{layer}.self_attention.dense.weight"].T
        a = norm(f"{layer}.post_attention_layernorm.weight", x)
        gate, up = (a @ w[f"{layer}.mlp.dense_h_to_4h.weight"].T).chunk(2, -1)
        wide = gate * torch.sigmoid(gate) * up
        x = x + wide @ w[f"{layer}.mlp.dense_4h_to_h.weight"].T
    x = norm("transformer.encoder.final_layernorm.weight", x)
    return x @ w["transformer.output_layer.weight"].T


@pytest.mark.parametrize("pickled", [False, True], ids=["safetensors", "pickle"])
@pytest.mark.parametrize("kind", [name for name in KINDS if name != "ChatGLM-6B"])
def test_an_imported_model_computes_what_was_published(
    tmp_path: Path, target: Path, kind: str, pickled: bool
) -> None:
    weights = weights_of(KINDS[kind])
    source = publish(tmp_path / "from", KINDS[kind], weights, pickled=pickled)
    convert_weights(source, target, shard=8_000)
    assert len(list(target.glob("model-*.safetensors"))) > 2, "shard by shard"
    model, report = AutoModelForCausalLM.from_pretrained(
        target, local_files_only=True, output_loading_info=True
    )
    assert not report["missing_keys"]
    assert not report["unexpected_keys"]
    with torch.inference_mode():
        got = model.eval()(torch.tensor([IDS])).logits[0]
    wanted = later_reading(KINDS[kind], weights)
    assert float((got - wanted).abs().max()) <= 1e-4 * float(wanted.abs().max())


@pytest.mark.parametrize("kind", [name for name in KINDS if name != "ChatGLM-6B"])
def test_steps_filled_rows_and_generated_tokens_are_what_was_published(
    tmp_path: Path, target: Path, kind: str
) -> None:
    """Without a prefix; with one it is tested where prefixes are converted."""
    weights = weights_of(KINDS[kind])
    convert_weights(publish(tmp_path / "from", KINDS[kind], weights), target)
    model = AutoModelForCausalLM.from_pretrained(target, local_files_only=True).eval()

    def near(got: torch.Tensor, ids: list[int]) -> None:
        wanted = later_reading(KINDS[kind], weights, ids)[-len(got) :]
        assert float((got - wanted).abs().max()) <= 1e-4 * float(wanted.abs().max())

    short = IDS[:5]
    fill = len(IDS) - len(short)
    ids = torch.tensor([IDS, [0] * fill + short])
    present = torch.tensor([[1] * len(IDS), [0] * fill + [1] * len(short)])
    places = (present.cumsum(-1) - 1).clamp(min=0)
    with torch.inference_mode():
        out = model(ids, attention_mask=present, position_ids=places)
        near(out.logits[0], IDS)
        near(out.logits[1, fill:], short)
        # Both rows go on, one token after another, on what was computed.
        for number, token in enumerate((11, 12), 1):
            present = torch.cat((present, torch.ones(2, 1, dtype=torch.long)), 1)
            out = model(
                torch.tensor([[token]] * 2),
                attention_mask=present,
                position_ids=present.sum(1, keepdim=True) - 1,
                past_key_values=out.past_key_values,
            )
            near(out.logits[0], [*IDS, 11, 12][: len(IDS) + number])
            near(out.logits[1], [*short, 11, 12][: len(short) + number])
    wanted = [list(IDS), list(short)]
    for row in wanted:
        for _ in range(4):
            row.append(int(later_reading(KINDS[kind], weights, row)[-1].argmax()))
    got = model.generate(
        ids,
        attention_mask=torch.tensor([[1] * len(IDS), [0] * fill + [1] * len(short)]),
        max_new_tokens=4,
        do_sample=False,
        eos_token_id=None,
        pad_token_id=0,
    )
    assert got[0].tolist() == wanted[0]
    assert got[1, fill:].tolist() == wanted[1]


def test_the_first_generation_keeps_its_weights_as_they_are(
    tmp_path: Path, target: Path
) -> None:
    """What they compute is tested with the architecture."""
    weights = weights_of(KINDS["ChatGLM-6B"])
    convert_weights(publish(tmp_path / "from", KINDS["ChatGLM-6B"], weights), target)
    model, report = AutoModelForCausalLM.from_pretrained(
        target, local_files_only=True, output_loading_info=True
    )
    assert not report["missing_keys"]
    assert not report["unexpected_keys"]
    assert model.config.bos_token_id == 35
    for name, weight in model.state_dict().items():
        assert torch.equal(weight, weights[name]), name


FULL = {"ChatGLM2-6B": CHATGLM3, "GLM-4-9B": GLM4, "ChatGLM-6B": CHATGLM_6B}


@pytest.mark.parametrize("name", FULL)
def test_every_weight_of_the_published_size_has_its_place(
    name: str, tmp_path: Path
) -> None:
    shape = shape_of(FULL[name], name)
    (tmp_path / "config.json").write_text(json.dumps(shape.configuration()))
    from transformers import AutoConfig

    with torch.device("meta"):
        config = AutoConfig.from_pretrained(tmp_path, local_files_only=True)
        model = AutoModelForCausalLM.from_config(config)
    wanted = {key: tuple(value.shape) for key, value in model.state_dict().items()}
    got = {}
    for each in published(shape):
        for part in each.parts:
            rows = each.shape[0] if part.rows is None else part.rows[1] - part.rows[0]
            got[part.name] = (rows, *each.shape[1:])
    assert got == wanted
    parameters = {
        "ChatGLM2-6B": 6_243_584_000,
        "GLM-4-9B": 9_399_951_360,
        # What peft prints for it counts the table of words once.
        "ChatGLM-6B": 6_173_286_400 + 130_528 * 4096,
    }
    assert sum(math.prod(each.shape) for each in published(shape)) == parameters[name]


LATER_LISTS = {
    "self_attention.query_key_value.weight": (4608, 4096),
    "self_attention.query_key_value.bias": (4608,),
    "self_attention.dense.weight": (4096, 4096),
    "mlp.dense_h_to_4h.weight": (27392, 4096),
    "mlp.dense_4h_to_h.weight": (4096, 13696),
    "input_layernorm.weight": (4096,),
    "post_attention_layernorm.weight": (4096,),
}
FIRST_LISTS = {
    "attention.query_key_value.weight": (12288, 4096),
    "attention.query_key_value.bias": (12288,),
    "attention.dense.weight": (4096, 4096),
    "attention.dense.bias": (4096,),
    "attention.rotary_emb.inv_freq": (32,),
    "mlp.dense_h_to_4h.weight": (16384, 4096),
    "mlp.dense_h_to_4h.bias": (16384,),
    "mlp.dense_4h_to_h.weight": (4096, 16384),
    "mlp.dense_4h_to_h.bias": (4096,),
    "input_layernorm.weight": (4096,),
    "input_layernorm.bias": (4096,),
    "post_attention_layernorm.weight": (4096,),
    "post_attention_layernorm.bias": (4096,),
}


def listed(name: str) -> dict[str, tuple[int, ...]]:
    """Give the names and shapes in the files of a published checkpoint."""
    if name == "ChatGLM-6B":
        layers = {
            f"transformer.layers.{number}.{part}": shape
            for number in range(28)
            for part, shape in FIRST_LISTS.items()
        }
        return layers | {
            "lm_head.weight": (130528, 4096),
            "transformer.word_embeddings.weight": (130528, 4096),
            "transformer.final_layernorm.weight": (4096,),
            "transformer.final_layernorm.bias": (4096,),
        }
    count, words = (40, 151552) if name == "GLM-4-9B" else (28, 65024)
    layers = {
        f"transformer.encoder.layers.{number}.{part}": shape
        for number in range(count)
        for part, shape in LATER_LISTS.items()
    }
    return layers | {
        "transformer.embedding.word_embeddings.weight": (words, 4096),
        "transformer.encoder.final_layernorm.weight": (4096,),
        "transformer.output_layer.weight": (words, 4096),
        "transformer.rotary_pos_emb.inv_freq": (32,),
    }


@pytest.mark.parametrize("name", [*FULL, "ChatGLM3-6B"])
def test_the_published_lists_of_weights_are_those_that_are_expected(
    name: str,
) -> None:
    """Names and shapes as the checkpoints' files and indexes have them."""
    known = listed(name)
    shape = shape_of(FULL.get(name, CHATGLM3), name)
    dropped = {key for key in known if IGNORED.search(key)}
    assert len(dropped) == (28 if name == "ChatGLM-6B" else 1)
    expected = {each.name: each.shape for each in published(shape)}
    assert expected == {key: known[key] for key in known.keys() - dropped}
    count = {"GLM-4-9B": 284, "ChatGLM-6B": 368}.get(name, 200)
    assert len(known) == count, "tensors of the published checkpoint"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"quantization_bit": 4}, "已按 4 位压缩"),
        ({"pre_seq_len": 128}, "微调后的检查点"),
        ({"rmsnorm": False}, "rmsnorm"),
        ({"add_bias_linear": True}, "add_bias_linear"),
        ({"kv_channels": None}, "kv_channels"),
        ({"num_layers": "28"}, "num_layers"),
        ({"torch_dtype": "int4"}, "torch_dtype"),
        ({"rope_ratio": "many"}, "rope_ratio"),
        ({"eos_token_id": ["</s>"]}, "eos_token_id"),
    ],
)
def test_a_configuration_that_is_not_as_published_is_refused_by_name(
    change: dict[str, object], said: str
) -> None:
    with pytest.raises(ModelCorruptError, match=said):
        shape_of(CHATGLM3 | change, "chatglm3-6b")


class _Evil:
    def __reduce__(self) -> tuple[object, ...]:
        return (Path.write_text, (Path("ran"), "x"))


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("absent", "缺少 1 组权重"),
        ("strange", "不认识的权重"),
        ("shape", "形状为"),
        ("twice", "出现在两个文件里"),
        ("file", "缺少 1 个权重文件"),
        ("cut", "无法读取"),
        ("none", "没有权重文件"),
    ],
)
def test_a_damaged_checkpoint_is_refused_by_name(
    tmp_path: Path, target: Path, fault: str, said: str
) -> None:
    weights = weights_of(KINDS["ChatGLM3"])
    layer = "transformer.encoder.layers.1.mlp.dense_4h_to_h.weight"
    if fault == "absent":
        del weights[layer]
    if fault == "strange":
        weights[f"{layer}_scale"] = torch.ones(2)
    if fault == "shape":
        weights[layer] = weights[layer][1:]
    source = publish(tmp_path / "from", KINDS["ChatGLM3"], weights)
    first, second = sorted(source.glob("*.safetensors"))
    if fault == "twice":
        save_file({layer: weights[layer]}, first)
    if fault == "file":
        second.unlink()
    if fault == "cut":
        second.write_bytes(second.read_bytes()[:-100])
    if fault == "none":
        first.unlink()
        second.unlink()
    with pytest.raises((ModelCorruptError, ModelMissingError), match=said):
        convert_weights(source, target)
    assert not (target / "config.json").exists()


def test_a_pickle_that_would_run_code_is_refused_and_does_not_run(
    tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    weights = weights_of(KINDS["ChatGLM3"])
    source = publish(tmp_path / "from", KINDS["ChatGLM3"], weights, pickled=True)
    torch.save({"x": _Evil()}, sorted(source.glob("*.bin"))[0])
    with pytest.raises(ModelCorruptError, match="张量以外的内容"):
        convert_weights(source, target)
    assert not Path("ran").exists()


def test_without_space_nothing_is_written(tmp_path: Path, target: Path) -> None:
    weights = weights_of(KINDS["ChatGLM3"])
    source = publish(tmp_path / "from", KINDS["ChatGLM3"], weights)
    with pytest.raises(MissingError, match="磁盘空间不足"):
        convert_weights(source, target, free_bytes=lambda _: 1_000)
    assert not list(target.iterdir())


def test_importing_can_be_stopped(tmp_path: Path, target: Path) -> None:
    weights = weights_of(KINDS["ChatGLM3"])
    source = publish(tmp_path / "from", KINDS["ChatGLM3"], weights)
    token = CancelToken()
    with pytest.raises(Cancelled):
        convert_weights(source, target, lambda _: token.cancel(), token)
    assert not (target / "config.json").exists()
