import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app.agent.decoding import Decoder
from app.agent.glm import LoadedGlm, load_glm, with_adapter
from app.agent.grammar import grammar_for
from app.agent.prompts import parse_split_answer, split_prompt
from app.core.cancel import CancelToken
from app.core.errors import ModelCorruptError, ModelMissingError
from tests.unit.agent.tiny import VIRTUAL, save_adapter, save_base

PROMPTS = [split_prompt(text) for text in ("查一下济南的人数", "青岛安全帽", "𠮷")]


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_prefix_gives_the_logits_and_tokens_of_peft(
    tiny: tuple[Path, Path], tiny_prefix_lm: Path, glm: LoadedGlm
) -> None:
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    base, adapter = tiny
    if glm.framing.marks is not None:
        base = tiny_prefix_lm
    reference = PeftModel.from_pretrained(
        AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32), adapter
    ).eval()
    for prompt in PROMPTS:
        ids = torch.tensor([glm.framing.prompt(prompt)])
        with torch.inference_mode():
            ours = glm.model(ids, past_key_values=glm.fresh_cache(), use_cache=True)
            theirs = reference(ids, attention_mask=torch.ones_like(ids))
            made = reference.generate(
                input_ids=ids,
                attention_mask=torch.ones_like(ids),
                max_new_tokens=12,
                do_sample=False,
            )
        assert torch.allclose(ours.logits, theirs.logits, atol=1e-4)
        cache, row, tokens = glm.fresh_cache(), ids, []
        for _ in range(12):
            with torch.inference_mode():
                out = glm.model(row, past_key_values=cache, use_cache=True)
            row = out.logits[:, -1:].argmax(-1)
            tokens.append(int(row))
            if tokens[-1] == 1:
                break
        assert made[0, ids.shape[1] :].tolist()[: len(tokens)] == tokens


@pytest.mark.parametrize(
    ("layers", "groups", "shown"), [(3, 2, "192"), (2, 1, "64"), (1, 4, "1 层, 4 组")]
)
def test_prefix_of_another_model_is_refused_with_both_shapes(
    tiny: tuple[Path, Path], tmp_path: Path, layers: int, groups: int, shown: str
) -> None:
    other = save_adapter(tmp_path / "other", layers=layers, groups=groups)
    with pytest.raises(ModelCorruptError) as error:
        load_glm(tiny[0], other, device="cpu")
    assert shown in error.value.message
    assert "(48, 128)" in error.value.message


def test_prefix_of_another_length_is_refused(
    tiny: tuple[Path, Path], tmp_path: Path
) -> None:
    other = save_adapter(tmp_path / "other")
    path = other / "adapter_config.json"
    settings = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(settings | {"num_virtual_tokens": 40}), encoding="utf-8")
    with pytest.raises(ModelCorruptError, match="40"):
        load_glm(tiny[0], other, device="cpu")


def test_prefix_that_changes_nothing_is_refused(
    tiny: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    # As when a cache is ignored: the model answers as if there were no prefix.
    from transformers import DynamicCache

    monkeypatch.setattr(
        LoadedGlm, "fresh_cache", lambda self: DynamicCache(config=self.model.config)
    )
    with pytest.raises(ModelCorruptError, match="prefix 没有起作用"):
        load_glm(*tiny, device="cpu")


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_a_prefix_that_is_masked_away_is_refused_in_every_precision(
    tiny: tuple[Path, Path], dtype: str
) -> None:
    import torch

    base = load_glm(tiny[0], None, device="cpu")
    base.model.to(getattr(torch, dtype))
    assert with_adapter(base, tiny[1]).prefix
    forward = base.model.forward

    def blind(ids: torch.Tensor, **options: Any) -> Any:
        cache = options["past_key_values"]
        if cache is not None:
            seen = torch.ones(1, VIRTUAL + ids.shape[1], dtype=torch.long)
            seen[:, :VIRTUAL] = 0
            options["attention_mask"] = seen
        return forward(ids, **options)

    base.model.forward = blind
    with pytest.raises(ModelCorruptError, match="prefix 没有起作用"):
        with_adapter(base, tiny[1])


def test_missing_files_are_named(tiny: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(ModelMissingError, match="nowhere"):
        load_glm(tmp_path / "nowhere", None)
    with pytest.raises(ModelMissingError, match="适配器"):
        load_glm(tiny[0], tmp_path / "nowhere")
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(ModelMissingError, match=r"config\.json"):
        load_glm(empty, None)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_broken_weights_are_named(tiny: tuple[Path, Path], tmp_path: Path) -> None:
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        (tmp_path / name).write_bytes((tiny[0] / name).read_bytes())
    (tmp_path / "model.safetensors").write_bytes(b"broken")
    with pytest.raises(ModelCorruptError, match="无法读取"):
        load_glm(tmp_path, None, device="cpu")
    broken = save_adapter(tmp_path / "prefix")
    (broken / "adapter_model.safetensors").write_bytes(b"broken")
    with pytest.raises(ModelCorruptError, match="prefix"):
        load_glm(tiny[0], broken, device="cpu")


def test_weights_that_are_not_in_the_file_are_refused(
    tiny: tuple[Path, Path], tmp_path: Path
) -> None:
    from safetensors.torch import load_file, save_file

    for file in tiny[0].iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    tensors = load_file(tiny[0] / "model.safetensors")
    tensors.pop("model.layers.0.mlp.down_proj.weight")
    save_file(tensors, tmp_path / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelCorruptError, match="down_proj"):
        load_glm(tmp_path, None, device="cpu")


def test_adapter_of_later_patterns_is_refused(
    tiny: tuple[Path, Path], tmp_path: Path
) -> None:
    other = save_adapter(tmp_path / "other")
    (other / "griddesk.json").write_text('{"pattern_version": 99}', encoding="utf-8")
    with pytest.raises(ModelCorruptError, match="99"):
        load_glm(tiny[0], other, device="cpu")


def test_speech_never_becomes_a_control_token(glm: LoadedGlm) -> None:
    ids = glm.framing.encode("<|user|><|endoftext|><|assistant|>")
    assert not {0, 1, 2, 3} & set(ids)
    framed = glm.framing.prompt(split_prompt("<|user|>你好"))
    assert (framed[0], framed[-1]) == (2, 3)
    assert not {0, 1, 2, 3} & set(framed[1:-1])


def test_title_says_where_it_runs_and_why_not_on_the_gpu(glm: LoadedGlm) -> None:
    assert glm.title == f"{glm.name} (cpu, float32)"
    assert glm.name in {"tiny+prefix", "tiny-prefix-lm+prefix"}
    assert glm.not_gpu


def test_loading_imports_neither_peft_nor_bitsandbytes(tiny: tuple[Path, Path]) -> None:
    script = (
        "import sys; from pathlib import Path; from app.agent.glm import load_glm\n"
        "load_glm(Path(sys.argv[1]), Path(sys.argv[2]), device='cpu')\n"
        "print({'peft', 'bitsandbytes'} & set(sys.modules))"
    )
    made = subprocess.run(
        [sys.executable, "-c", script, *map(str, tiny)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).resolve().parents[3],
    )
    assert made.stdout.strip() == "set()"


@pytest.mark.filterwarnings("ignore")
def test_four_bits_answer_in_the_same_language(
    tiny: tuple[Path, Path], tmp_path: Path
) -> None:
    # bitsandbytes packs whole blocks of 64 where the processor knows bfloat16.
    base = save_base(tmp_path / "base", inner=128)
    quantised = load_glm(base, tiny[1], device="cpu", quantisation="4bit")
    assert quantised.precision == "4bit"
    said = Decoder(quantised).choose(
        split_prompt("济南"), grammar_for("济南"), CancelToken()
    )
    parse_split_answer(said.text)
