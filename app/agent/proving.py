"""A first computation with a base model that was just imported."""

import tempfile
from pathlib import Path
from typing import Any

from app.agent.framing import framing_of
from app.agent.glm import know_architectures, read_tokenizer
from app.agent.prompts import split_prompt
from app.core.errors import ModelCorruptError

_AGAIN = "请重新取得该模型后再导入。"


def prove_base(folder: Path) -> None:
    """Compute a prompt's logits; layer after layer comes from the disk.

    So a model of 12 GB needs little more memory than its largest layer.

    Raises:
        ModelCorruptError: A weight is missing, or what comes out is no number or says
            nothing: all tokens are equally likely.
    """
    import torch
    from transformers import AutoModelForCausalLM

    know_architectures()
    with tempfile.TemporaryDirectory() as offloaded:
        try:
            tokenizer = read_tokenizer(folder)
            model, report = AutoModelForCausalLM.from_pretrained(
                folder,
                local_files_only=True,
                trust_remote_code=False,
                use_safetensors=True,
                output_loading_info=True,
                dtype=torch.float32,
                device_map={"": "disk"},
                offload_folder=offloaded,
            )
        except Exception as error:
            raise ModelCorruptError(
                f"导入的模型载入失败 ({type(error).__name__}: {error})", _AGAIN
            ) from error
        if lacking := sorted(report["missing_keys"]):
            raise ModelCorruptError(f"导入的模型缺少权重 {lacking[0]}", _AGAIN)
        framing = framing_of(tokenizer, model.generation_config.eos_token_id)
        ids = torch.tensor([framing.prompt(split_prompt("查一下人数"))])
        with torch.inference_mode():
            logits: Any = model(ids, use_cache=False, logits_to_keep=1).logits.float()
    if not bool(torch.isfinite(logits).all()):
        raise ModelCorruptError("导入的模型算出无效数值", _AGAIN)
    if float(logits.max() - logits.min()) < 1e-6:
        raise ModelCorruptError("导入的模型对每个字的判断都相同, 权重无效", _AGAIN)
