"""`griddesk tune convert`, and what other commands say of what it takes."""

import hashlib
import json
import shutil
import zipfile
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from app.agent.chats import ChatGlm3
from app.agent.decoding import Decoder
from app.agent.glm import load_glm, with_adapter
from app.agent.grammar import grammar_for
from app.agent.prompts import split_prompt
from app.cli import app
from app.core.cancel import CancelToken
from app.modelstore.own import write_entry
from app.tuning.package import PackageConfig, package_adapter
from tests.unit.tuning.converted import (
    TOKENS,
    Published,
    make_base,
    random_prefix,
    write_checkpoint,
    write_peft,
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Published:
    return make_base(tmp_path_factory.mktemp("bases"), "ChatGLM3")


@pytest.fixture
def source(made: Published, tmp_path: Path) -> Path:
    parts = {"embedding.weight": random_prefix(made)}
    return write_checkpoint(tmp_path / "checkpoint-3000", made, parts)


@pytest.fixture
def stored(made: Published, own_home: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Put the base into the store of models, as an import does."""
    store = own_home / "模型"
    monkeypatch.setenv("GRIDDESK_MODELS", str(store))
    folder = store / "chatglm3-6b"
    shutil.copytree(made.base, folder)
    write_entry(folder, name="chatglm3-6b", title="ChatGLM3-6B", licence="-")
    sums = [
        f"{hashlib.sha256(each.read_bytes()).hexdigest()}  {each.name}\n"
        for each in sorted(folder.iterdir())
    ]
    (folder / "SHA256SUMS").write_text("".join(sums))
    return "chatglm3-6b"


def test_the_base_is_found_by_its_name_and_the_result_answers(
    made: Published, source: Path, stored: str, tmp_path: Path
) -> None:
    out = tmp_path / "中文 空格"
    command = ["tune", "convert", str(source), "--base", stored, "--out", str(out)]
    done = CliRunner().invoke(app, [*command, "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["from"], told["to"]) == ("official", "griddesk")
    assert (told["tokens"], told["turned_by"]) == (TOKENS, TOKENS)
    assert told["base"] == "chatglm3-6b"
    assert len(load_glm(made.base, out, device="cpu").prefix) == told["layers"]
    again = CliRunner().invoke(app, command)
    assert again.exit_code == 2
    assert "不是空的" in again.output


def test_people_are_told_what_was_done_and_what_comes_next(
    made: Published, source: Path, tmp_path: Path
) -> None:
    own, there = tmp_path / "own", tmp_path / "there"
    command = ["tune", "convert", str(source), "--base", str(made.base)]
    done = CliRunner().invoke(app, [*command, "--out", str(own)])
    assert "键已换算 +5 个位置" in done.output
    assert "griddesk tune package" in done.output
    command = ["tune", "convert", str(own), "--base", str(made.base)]
    done = CliRunner().invoke(app, [*command, "--out", str(there), "--to", "official"])
    assert "pre_seq_len=5" in done.output
    assert (there / "pytorch_model.bin").is_file()


MESSAGES = [
    {
        "role": "system",
        "content": "查工地",
        "tools": [{"name": "f", "description": ""}],
    },
    {"role": "user", "content": "人数"},
    {"role": "assistant", "metadata": "f", "content": "f()"},
    {"role": "observation", "content": "3"},
    {"role": "assistant", "content": "3人"},
]


def roomy(folder: Path) -> Published:
    """Make a ChatGLM3 with positions for a conversation."""
    made = make_base(folder, "ChatGLM3", ChatGlm3.controls)
    file = made.base / "config.json"
    settings = json.loads(file.read_text()) | {"max_position_embeddings": 2048}
    file.write_text(json.dumps(settings))
    return made


def test_a_prefix_that_was_trained_behind_a_conversation_is_asked_behind_it(
    tmp_path: Path,
) -> None:
    made = roomy(tmp_path)
    parts = {"embedding.weight": random_prefix(made)}
    source = write_checkpoint(tmp_path / "checkpoint-3000", made, parts)
    file, out = tmp_path / "said.json", tmp_path / "out"
    file.write_text(json.dumps(MESSAGES, ensure_ascii=False), encoding="utf-8")
    command = ["tune", "convert", str(source), "--base", str(made.base)]
    spoken = ["--conversation", str(file)]
    done = CliRunner().invoke(app, [*command, "--out", str(out), *spoken, "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["system_prompt"], told["tools"], told["turns"]) == ("查工地", ["f"], 4)
    base = load_glm(made.base, None)
    glm = with_adapter(base, out)
    prompt = glm.framing.prompt("看")
    tools = json.dumps([MESSAGES[0]["tools"][0]], indent=4, ensure_ascii=False)
    assert glm.framing.tokenizer.decode(prompt) == (
        f"[gMASK]sop<|system|>\n查工地\n{tools}<|user|>\n人数<|assistant|>f\nf()"
        "<|observation|>\n3<|assistant|>\n3人<|user|>\n看<|assistant|>"
    )
    assert base.framing.prompt("看") != prompt, "other adapters are asked as before"
    # The desk works with it, and it goes on to the next form.
    grammar = grammar_for("查一下济南的人数")
    answer = Decoder(glm).choose(
        split_prompt("查一下济南的人数"), grammar, CancelToken()
    )
    assert answer.text.startswith("因为")
    back = tmp_path / "back"
    command = ["tune", "convert", str(out), "--base", str(made.base)]
    done = CliRunner().invoke(app, [*command, "--out", str(back), "--to", "official"])
    assert done.exit_code == 0, done.output
    assert "工具 1 个, 对话 4 条" in done.output
    assert json.loads((back / "griddesk.json").read_text())["conversation"] == MESSAGES
    # An empty one takes it out, and what was proved is what is written.
    none, bare = tmp_path / "none.json", tmp_path / "bare"
    none.write_text("[]", encoding="utf-8")
    command += ["--out", str(bare), "--conversation", str(none), "--json"]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["turns"] == 0
    assert "conversation" not in json.loads((bare / "griddesk.json").read_text())
    assert with_adapter(base, bare).framing.prompt("看") == base.framing.prompt("看")


def test_a_conversation_without_room_for_a_prompt_is_refused_before_writing(
    tmp_path: Path,
) -> None:
    made = roomy(tmp_path)
    parts = {"embedding.weight": random_prefix(made)}
    source = write_checkpoint(tmp_path / "checkpoint-3000", made, parts)
    file, out = tmp_path / "said.json", tmp_path / "out"
    said = [{"role": "system", "content": "查" * 2000}]
    file.write_text(json.dumps(said), encoding="utf-8")
    command = ["tune", "convert", str(source), "--base", str(made.base)]
    command += ["--out", str(out), "--conversation", str(file)]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 3, done.output
    assert "模型只有 2048 个" in done.output.replace("\n", "")
    assert not out.exists()


def test_a_conversation_that_the_base_does_not_know_is_refused_before_writing(
    made: Published, source: Path, tmp_path: Path
) -> None:
    file, out = tmp_path / "said.json", tmp_path / "out"
    command = ["tune", "convert", str(source), "--base", str(made.base)]
    command += ["--out", str(out), "--conversation", str(file)]
    for text, status, said in (
        ('[{"role": "system", "content": "查"}]', 3, "没有 ChatGLM 的对话格式"),
        ("[", 2, "对话文件"),
        ('[{"role": "user", "content": "查"}]', 3, "没有以 assistant 的回答结束"),
    ):
        file.write_text(text, encoding="utf-8")
        done = CliRunner().invoke(app, command)
        assert done.exit_code == status, done.output
        assert said in done.output
        assert not out.exists()


def test_a_base_that_nobody_knows_is_named(source: Path, tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    command = ["tune", "convert", str(source), "--base", "chatglm9", "--out", out]
    done = CliRunner().invoke(app, [*command, "--json"])
    assert done.exit_code == 2
    assert "chatglm9" in json.loads(done.stdout)["error"]["message"]


def test_the_official_form_is_for_chatglm_alone(source: Path, tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    command = ["tune", "convert", str(source), "--base", "models/glm-mini"]
    done = CliRunner().invoke(app, [*command, "--out", out, "--to", "official"])
    assert done.exit_code == 2
    assert "没有官方的前缀格式" in done.output


def test_importing_such_a_folder_says_which_command_takes_it(
    made: Published, source: Path, tmp_path: Path
) -> None:
    adapter = write_peft(tmp_path / "adapter", made, torch.zeros(TOKENS, made.width))
    for folder in (source, adapter):
        done = CliRunner().invoke(app, ["models", "import", str(folder)])
        assert done.exit_code in {2, 3}
        assert "griddesk tune convert" in done.output


def test_a_package_of_it_says_where_it_came_from(
    made: Published, source: Path, tmp_path: Path
) -> None:
    own, out = tmp_path / "own", tmp_path / "package.zip"
    command = ["tune", "convert", str(source), "--base", str(made.base)]
    assert CliRunner().invoke(app, [*command, "--out", str(own)]).exit_code == 0
    package_adapter(PackageConfig(adapter=own, base=made.base, out=out))
    with zipfile.ZipFile(out) as archive:
        card = archive.read("README.md").decode()
    digest = hashlib.sha256((source / "pytorch_model.bin").read_bytes()).hexdigest()
    assert f"from checkpoint-3000 (official, SHA-256 `{digest}`) to griddesk" in card
