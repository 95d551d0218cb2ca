"""How fast the decoder is on a GLM of six billion parameters, as operators' desks use.

    python -m tests.benchmarks.six_billion [--layers 28] [--device cuda]

The weights are random, in the shape of ChatGLM3-6B: how long a pass takes does not
depend on them. The language is that of one call, so that every answer is as long as a
real one, and `generate` writes as many tokens. Needs a GPU with 14 GiB; `--layers 1
--device cpu` shows that it works.
Prints one JSON object: our decoding without a guess, with a right one, transformers'
`generate`, and tokens a second of single steps beside what the memory could give if
every weight were read once a token.
"""

import argparse
import json
from collections.abc import Sequence
from statistics import median
from time import perf_counter
from typing import Any

from app.agent.bench import generate
from app.agent.decoding import Decoder
from app.agent.framing import framing_of
from app.agent.glm import LoadedGlm
from app.agent.grammar import AnswerGrammar, Option, State, grammar_for
from app.agent.prompts import PATTERN_VERSION, split_prompt
from app.core.cancel import CancelToken
from app.system import paths

SENTENCES = (
    "查一下济南工地的人数",
    "先查佛山的安全帽, 再查东莞的人数",
    "青岛今天有几个人没带电笔",
    "铁厂沟那边安全帽戴得怎么样",
)
PREFIX = 48


class OneCall(AnswerGrammar):
    """Answers with one place and one check; random weights would rather refuse."""

    def options(self, state: State) -> Sequence[Option]:
        found = super().options(state)
        if state == self.start:
            return [one for one in found if one.then.placed]
        return [one for one in found if not one.stem] or found


def language(text: str) -> AnswerGrammar:
    return OneCall(grammar_for(text).places)


def random_glm(layers: int, device: str, dtype: Any) -> LoadedGlm:
    """Make a GLM with random weights and a random prefix, and GLM-mini's tokenizer."""
    import torch
    from transformers import AutoTokenizer, GlmConfig, GlmForCausalLM

    config = GlmConfig(
        vocab_size=65_024,
        hidden_size=4096,
        intermediate_size=13_696,
        num_hidden_layers=layers,
        num_attention_heads=32,
        num_key_value_heads=2,
        head_dim=128,
        max_position_embeddings=8192,
        pad_token_id=0,
        eos_token_id=1,
    )
    torch.manual_seed(0)
    with torch.device(device):
        before = torch.get_default_dtype()
        torch.set_default_dtype(dtype)
        try:
            model = GlmForCausalLM(config).eval()
        finally:
            torch.set_default_dtype(before)
    shape = (1, config.num_key_value_heads, PREFIX, config.head_dim)
    prefix = tuple(
        (
            torch.randn(shape, device=device, dtype=dtype),
            torch.randn(shape, device=device, dtype=dtype),
        )
        for _ in range(layers)
    )
    folder = paths.program_root() / "models" / "glm-mini"
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    return LoadedGlm(
        name="random",
        model=model,
        framing=framing_of(tokenizer, 1),
        prefix=prefix,
        device=device,
        precision=str(dtype).removeprefix("torch."),
        not_gpu="",
        pattern_version=PATTERN_VERSION,
    )


def bandwidth(device: str) -> float:
    """Measure how many bytes a second are read, by copying one GiB."""
    import torch

    data = torch.ones(1 << 28, device=device)
    other = torch.empty_like(data)
    times = []
    for _ in range(8):
        wait(device)
        began = perf_counter()
        other.copy_(data)
        wait(device)
        times.append(perf_counter() - began)
    return 2 * data.numel() * data.element_size() / median(times)


def wait(device: str) -> None:
    import torch

    if device == "cuda":
        torch.cuda.synchronize()


def measure(glm: LoadedGlm, repeats: int) -> dict[str, object]:
    import torch

    guided, unguided = Decoder(glm), Decoder(glm)
    cancel = CancelToken()
    right = {}
    for text in SENTENCES:
        prompt, grammar = split_prompt(text), language(text)
        right[text] = Decoder(glm).choose(prompt, grammar, cancel).text
    times: dict[str, list[float]] = {"guessed": [], "unguessed": [], "generate": []}
    passes: dict[str, list[int]] = {"guessed": [], "unguessed": []}
    for _ in range(repeats):
        for text in SENTENCES:
            prompt, grammar = split_prompt(text), language(text)
            for name, decoder, draft in (
                ("guessed", guided, right[text]),
                ("unguessed", unguided, ""),
            ):
                wait(glm.device)
                began = perf_counter()
                answer = decoder.choose(prompt, grammar, cancel, draft=draft)
                wait(glm.device)
                times[name].append(perf_counter() - began)
                passes[name].append(answer.passes)
            began = perf_counter()
            generate(glm, prompt, len(glm.framing.encode(right[text])))
            wait(glm.device)
            times["generate"].append(perf_counter() - began)
    written = Decoder(glm).write(split_prompt(SENTENCES[0]), longest=8, cancel=cancel)
    began = perf_counter()
    again = Decoder(glm).write(split_prompt(SENTENCES[1]), longest=64, cancel=cancel)
    wait(glm.device)
    step = (perf_counter() - began) / again.passes
    weights = sum(p.numel() * p.element_size() for p in glm.model.parameters())
    ms = {f"{name}_ms": round(median(took) * 1000, 1) for name, took in times.items()}
    return {
        "device": torch.cuda.get_device_name() if glm.device == "cuda" else "cpu",
        "parameters": sum(p.numel() for p in glm.model.parameters()),
        "precision": glm.precision,
        **ms,
        "passes": {name: median(count) for name, count in passes.items()},
        "ratio": round(median(times["generate"]) / median(times["guessed"]), 1),
        "ratio_without_a_guess": round(
            median(times["generate"]) / median(times["unguessed"]), 1
        ),
        "tokens_per_s": round(1 / step, 1),
        "tokens_per_s_of_memory": round(bandwidth(glm.device) / weights, 1),
        "warmed": written.passes > 0,
    }


def main() -> None:
    import torch

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--layers", type=int, default=28)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument(
        "--device", default="cuda" if torch.cuda.is_available() else "cpu"
    )
    asked = parser.parse_args()
    glm = random_glm(asked.layers, asked.device, torch.bfloat16)
    print(json.dumps(measure(glm, asked.repeats), ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
