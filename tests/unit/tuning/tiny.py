"""A base so small that a training of it takes seconds, and rows to train it with."""

import json
from pathlib import Path

from app.agent.lexical import Tables
from app.agent.prompts import greeting_prompt, split_answer, split_prompt
from app.core.model import Check
from app.tuning.base.architecture import worded
from app.tuning.base.tokens import CONTROLS, END_ID, PAD_ID, Characters, save_tokenizer
from app.tuning.base.wordvectors import lexical_tables
from tests.unit.tuning.language_model import FOLLOWS, write_language_model

PLACES = ("济南", "青岛", "烟台", "历城", "章丘", "平阴", "商河", "莱芜")
CHECKS = ("人数", "安全帽", "设备")


def rows(count: int, start: int = 0) -> list[dict[str, str]]:
    made = []
    for index in range(start, start + count):
        place = PLACES[index % len(PLACES)]
        if index % 9 == 8:
            made.append({"content": greeting_prompt(f"你好{place}"), "summary": "您好"})
            continue
        check = tuple(Check)[index % 3]
        text = f"查一下{place * (1 + index % 2)}的{CHECKS[index % 3]}"
        answer = split_answer([(place * (1 + index % 2), check)])
        made.append({"content": split_prompt(text), "summary": answer})
    return made


def characters() -> Characters:
    text = "".join(row[column] for row in rows(64) for column in row)
    text += "因为出现地名@, 所以函数一参数为; 因为出现&要求二%|没有|检查|空。"
    tokens = [*CONTROLS, *(f"<0x{byte:02X}>" for byte in range(256))]
    tokens += sorted(set(text))
    return Characters({token: index for index, token in enumerate(tokens)})


def write_base(
    folder: Path,
    *,
    hidden: int = 16,
    layers: int = 2,
    causal: bool = False,
    words: bool = False,
) -> Path:
    """Write a random base of a few thousand parameters with its tokenizer.

    It reads prompts in both directions, as GLM-mini does, or is `causal`, as GLM-4 is.
    With `words` it knows what characters sound like and which words they stand in.
    """
    import torch
    from transformers import GlmConfig, GlmForCausalLM

    from app.agent.prefix_lm import GlmMiniConfig, GlmMiniForCausalLM

    known = characters()
    config = (GlmConfig if causal else GlmMiniConfig)(
        vocab_size=len(known.ids),
        hidden_size=hidden,
        intermediate_size=2 * hidden,
        num_hidden_layers=layers,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=8,
        attention_bias=True,
        tie_word_embeddings=True,
        max_position_embeddings=256,
        pad_token_id=PAD_ID,
        eos_token_id=END_ID,
        bos_token_id=None,
        rope_parameters={
            "rope_type": "default",
            "rope_theta": 100.0,
            "partial_rotary_factor": 0.5,
        },
    )
    torch.manual_seed(1)
    kind = GlmForCausalLM if causal else GlmMiniForCausalLM
    made = kind._from_config(config)
    if words:
        made = worded(made, tables(folder, known))
        for part in ("words", "sounding", "sound"):
            getattr(made.model.embed_tokens, part).weight.data.normal_(std=0.1)
    made.save_pretrained(folder)
    save_tokenizer(known, folder)
    return folder


def tables(folder: Path, known: Characters) -> Tables:
    """Make tables of words that the rows have."""
    ear = folder.with_name(f"{folder.name}-ear")
    if not ear.exists():
        behind = FOLLOWS["开关"]
        write_language_model(ear, dict.fromkeys((*PLACES, *CHECKS[:2]), behind))
    return lexical_tables(known, ear)


def write_first_chatglm(folder: Path) -> Path:
    """Write a random ChatGLM-6B, whose prompts end with what answers begin behind."""
    import torch

    from app.agent.chatglm6b import ChatGlm6bConfig, ChatGlm6bForCausalLM

    known = characters()
    config = ChatGlm6bConfig(
        vocab_size=len(known.ids),
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=256,
        pad_token_id=PAD_ID,
        eos_token_id=END_ID,
        bos_token_id=known.ids["<|assistant|>"],
    )
    torch.manual_seed(1)
    ChatGlm6bForCausalLM._from_config(config).save_pretrained(folder)
    save_tokenizer(known, folder)
    return folder


def write_data(folder: Path, *, train: int = 24, dev: int = 6) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, made in (("train", rows(train)), ("dev", rows(dev, start=train))):
        text = json.dumps(made, ensure_ascii=False)
        (folder / f"{name}.json").write_text(text, encoding="utf-8")
    return folder
