"""A tiny random GLM with a character tokenizer, saved as a real base and adapter."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from app.agent.prompts import (
    CHECK_LABELS,
    GREETING_ANSWER,
    GREETING_SPLIT_ANSWER,
    NO_CHECK_CLAUSE,
    NO_PLACE_CLAUSE,
    PLACE_CLAUSE,
    UNSUPPORTED_ANSWER,
)

LAYERS, GROUPS, SIZE, VIRTUAL = 2, 2, 16, 48
_TEXT = (
    "查一下看济南青岛烟台工地的人数安全帽电笔设备检测要求步骤语音理解并基于输入拆分参"
    "问候总结函数调用结果进行工单询目标检测任务类型应到实缺勤正常出佩戴携带隐患有无均未"
    + GREETING_ANSWER
    + UNSUPPORTED_ANSWER
    + GREETING_SPLIT_ANSWER
    + NO_CHECK_CLAUSE
    + NO_PLACE_CLAUSE
    + PLACE_CLAUSE
    + "".join(CHECK_LABELS.values())
)


def save_tokenizer(folder: Path, controls: Sequence[str] = ()) -> int:
    """Save a character tokenizer with byte fallback; give its size.

    `controls` are control tokens besides its own.
    """
    from tokenizers import Tokenizer, decoders, models
    from transformers import PreTrainedTokenizerFast

    own = ["<|user|>", "<|assistant|>", *controls]
    words = ["<|pad|>", "<|endoftext|>", *own]
    words += [f"<0x{byte:02X}>" for byte in range(256)]
    words += [chr(code) for code in range(32, 127)]
    words += sorted(set(_TEXT))
    vocab = {word: n for n, word in enumerate(dict.fromkeys(words))}
    tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=[], byte_fallback=True))
    tokenizer.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Fuse()])
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<|pad|>",
        eos_token="<|endoftext|>",
        additional_special_tokens=list(dict.fromkeys(own)),
        clean_up_tokenization_spaces=False,
        chat_template=(
            "{% for m in messages %}<|user|>{{ m['content'] }}{% endfor %}"
            "{% if add_generation_prompt %}<|assistant|>{% endif %}"
        ),
    ).save_pretrained(folder)
    return len(vocab)


def save_base(
    folder: Path,
    *,
    seed: int = 0,
    inner: int = 96,
    causal: bool = True,
    controls: Sequence[str] = (),
) -> Path:
    import torch
    from transformers import GlmConfig, GlmForCausalLM

    from app.agent.prefix_lm import GlmMiniConfig, GlmMiniForCausalLM

    size = save_tokenizer(folder, controls)
    torch.manual_seed(seed)
    config = (GlmConfig if causal else GlmMiniConfig)(
        vocab_size=size,
        hidden_size=64,
        intermediate_size=inner,
        num_hidden_layers=LAYERS,
        num_attention_heads=4,
        num_key_value_heads=GROUPS,
        head_dim=SIZE,
        max_position_embeddings=512,
        initializer_range=0.3,
        tie_word_embeddings=True,
        eos_token_id=1,
        pad_token_id=0,
        bos_token_id=None,
    )
    model = GlmForCausalLM(config) if causal else GlmMiniForCausalLM(config)
    model.generation_config.eos_token_id = 1
    model.save_pretrained(folder)
    return folder


def save_adapter(
    folder: Path, *, layers: int = LAYERS, groups: int = GROUPS, scale: float = 1.0
) -> Path:
    """Write what `PeftModel.save_pretrained` writes for PrefixTuning."""
    import torch
    from safetensors.torch import save_file

    folder.mkdir()
    generator = torch.Generator().manual_seed(7)
    shape = (VIRTUAL, layers * 2 * groups * SIZE)
    table = torch.randn(shape, generator=generator) * scale
    save_file({"prompt_embeddings": table}, folder / "adapter_model.safetensors")
    settings: dict[str, Any] = {
        "peft_type": "PREFIX_TUNING",
        "task_type": "CAUSAL_LM",
        "num_virtual_tokens": VIRTUAL,
        "num_layers": layers,
        "num_attention_heads": groups,
        "token_dim": groups * SIZE,
        "encoder_hidden_size": groups * SIZE,
        "num_transformer_submodules": 1,
        "prefix_projection": False,
        "inference_mode": True,
        "base_model_name_or_path": "",
    }
    path = folder / "adapter_config.json"
    path.write_text(json.dumps(settings), encoding="utf-8")
    return folder
