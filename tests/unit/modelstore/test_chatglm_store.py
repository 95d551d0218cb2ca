"""A published ChatGLM goes from a folder into the store, and answers from there."""

import json
import re
import shutil
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from app.agent.decoding import Decoder
from app.agent.glm import load_glm
from app.agent.grammar import grammar_for
from app.agent.prompts import split_prompt
from app.agent.proving import prove_base
from app.cli import app
from app.core.cancel import CancelToken
from app.core.errors import ModelCorruptError
from app.modelstore.chatglm.importing import write_model
from tests.unit.modelstore.test_chatglm import (
    CHATGLM3,
    CHATGLM_6B,
    SMALL,
    SMALL_FIRST,
    publish,
    weights_of,
)
from tests.unit.modelstore.test_chatglm_tokens import proto, words


@pytest.fixture(autouse=True)
def own_models(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = own_home / "模型"
    monkeypatch.setenv("GRIDDESK_MODELS", str(folder))
    return folder


LATER = CHATGLM3 | SMALL | {"padded_vocab_size": 65_024}
FIRST = (
    CHATGLM_6B
    | SMALL_FIRST
    | {
        "vocab_size": 130_528,
        "bos_token_id": 130_004,
        "eos_token_id": 130_005,
    }
)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A small ChatGLM of each kind, with vocabularies of the published size."""
    folder = tmp_path_factory.mktemp("published")
    made = {}
    for name, configuration in (("chatglm3-6b", LATER), ("chatglm-6b", FIRST)):
        made[name] = publish(folder / name, configuration, weights_of(configuration))
    listed = [word for word, _ in zip(words(70_000), range(64_530), strict=False)]
    (made["chatglm3-6b"] / "tokenizer.model").write_bytes(proto(listed))
    (made["chatglm3-6b"] / "tokenization_chatglm.py").write_text("# <|user|>")
    (made["chatglm3-6b"] / "MODEL_LICENSE").write_text("The ChatGLM3-6B License")
    listed = [word for word, _ in zip(words(135_000), range(129_741), strict=False)]
    listed += ["[MASK]", "[gMASK]", "[sMASK]", "<unused_0>", "<sop>", "<eop>"]
    (made["chatglm-6b"] / "ice_text.model").write_bytes(proto(listed))
    return made


def imported(source: Path, *options: str) -> dict[str, object]:
    done = CliRunner().invoke(
        app, ["models", "import", str(source), "--json", *options]
    )
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", ["chatglm3-6b", "chatglm-6b"])
def test_an_imported_model_is_listed_verified_and_answers(
    published: dict[str, Path], name: str
) -> None:
    told = imported(published[name])
    assert (told["name"], told["state"]) == (name, "ready")
    runner = CliRunner()
    listed = json.loads(runner.invoke(app, ["models", "list", "--json"]).stdout)
    assert name in [model["name"] for model in listed["models"]]
    assert runner.invoke(app, ["models", "verify", name]).exit_code == 0
    glm = load_glm(Path(str(told["folder"])), None)
    grammar = grammar_for("查一下济南工地的人数")
    prompt = split_prompt("查一下济南工地的人数")
    answer = Decoder(glm).choose(prompt, grammar, CancelToken())
    assert answer.text.startswith("因为")
    # On the cache of another prompt it is the same.
    decoder = Decoder(glm)
    decoder.choose(split_prompt("看青岛"), grammar_for("看青岛"), CancelToken())
    again = decoder.choose(prompt, grammar, CancelToken())
    assert again.text == answer.text
    assert again.probability == pytest.approx(answer.probability, rel=1e-4)


@pytest.fixture(scope="module")
def converted(
    published: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    target = tmp_path_factory.mktemp("converted")
    source, cancel = published["chatglm3-6b"], CancelToken()
    write_model(source, target, lambda _: None, cancel, name="chatglm3-6b")
    return target


@pytest.fixture
def ready(converted: Path, tmp_path: Path) -> Path:
    """A checkpoint that transformers reads as it is, as GLM-4 has one (`-hf`)."""
    made = tmp_path / "glm-4-9b-chat-hf"
    shutil.copytree(converted, made)
    for each in ("model.toml", "SHA256SUMS", "MODEL_LICENSE"):
        (made / each).unlink()
    (made / "modeling_evil.py").write_text("raise SystemExit")
    (made / "pytorch_model.bin").write_bytes(b"pickle")
    return made


def test_a_checkpoint_that_needs_no_conversion_is_taken_as_it_is(ready: Path) -> None:
    told = imported(ready)
    folder = Path(str(told["folder"]))
    assert (told["name"], told["state"]) == ("glm-4-9b-chat-hf", "ready")
    assert sorted(path.name for path in folder.iterdir()) == [
        "SHA256SUMS",
        "config.json",
        "model.safetensors",
        "model.toml",
        "tokenizer.json",
        "tokenizer_config.json",
    ]
    for name in ("model.safetensors", "tokenizer.json"):
        assert (folder / name).read_bytes() == (ready / name).read_bytes()
    done = CliRunner().invoke(app, ["models", "verify", "glm-4-9b-chat-hf"])
    assert done.exit_code == 0, done.output
    glm = load_glm(folder, None)
    text = "查一下济南工地的人数"
    answer = Decoder(glm).choose(split_prompt(text), grammar_for(text), CancelToken())
    assert answer.text.startswith("因为")


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("tokenizer.json", "缺少文件 tokenizer.json"),
        ("model.safetensors", r"缺少文件 \*.safetensors"),
        ("weights", "无法读取|缺少权重|载入失败"),
        ("shard", "缺少 1 个权重文件"),
        ("chat", "自带对话模板"),
    ],
)
def test_one_that_is_not_whole_is_not_kept(
    ready: Path, own_models: Path, fault: str, said: str
) -> None:
    options: list[str] = []
    if fault == "weights":
        (ready / "model.safetensors").write_bytes(b"\x08" + bytes(64))
    elif fault == "shard":
        table = {"a": "model.safetensors", "b": "model-2.safetensors"}
        index = json.dumps({"weight_map": table})
        (ready / "model.safetensors.index.json").write_text(index)
    elif fault == "chat":
        options = ["--chat", "glm4"]
    else:
        (ready / fault).unlink()
    done = CliRunner().invoke(app, ["models", "import", str(ready), *options])
    assert done.exit_code == (2 if fault == "chat" else 3), done.output
    assert re.search(said, done.output)
    assert not (own_models / "glm-4-9b-chat-hf").exists()


def test_a_changed_byte_is_found(published: dict[str, Path]) -> None:
    folder = Path(str(imported(published["chatglm3-6b"])["folder"]))
    weights = folder / "model.safetensors"
    raw = bytearray(weights.read_bytes())
    raw[-1] ^= 1
    weights.write_bytes(raw)
    done = CliRunner().invoke(app, ["models", "verify", "chatglm3-6b"])
    assert done.exit_code == 3
    assert "SHA-256" in done.output


def test_a_name_of_the_program_is_not_taken(
    published: dict[str, Path], own_models: Path
) -> None:
    command = ["models", "import", str(published["chatglm3-6b"]), "--name", "glm-mini"]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 2
    assert "glm-mini" in done.output
    assert not (own_models / "glm-mini").exists()


def test_a_model_that_computes_nothing_is_not_kept(
    published: dict[str, Path], tmp_path: Path
) -> None:
    weights = weights_of(LATER)
    for name in weights:
        if "layernorm" in name:
            weights[name][:] = float("nan")
    source = publish(tmp_path / "chatglm3-6b", LATER, weights)
    for each in ("tokenizer.model", "tokenization_chatglm.py"):
        (source / each).write_bytes((published["chatglm3-6b"] / each).read_bytes())
    done = CliRunner().invoke(app, ["models", "import", str(source)])
    assert done.exit_code == 3
    assert "无效数值" in done.output
    listed = json.loads(CliRunner().invoke(app, ["models", "list", "--json"]).stdout)
    assert "chatglm3-6b" not in [model["name"] for model in listed["models"]]


def test_a_base_of_zeros_is_refused(published: dict[str, Path]) -> None:
    folder = Path(str(imported(published["chatglm3-6b"])["folder"]))
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    weights["lm_head.weight"] = torch.zeros_like(weights["lm_head.weight"])
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(ModelCorruptError, match="权重无效"):
        prove_base(folder)
