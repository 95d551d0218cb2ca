"""A larger model teaches a smaller one; what it is not sure of is left out."""

import asyncio
import json
import random
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.agent.decoding import Decoder
from app.agent.prompts import parse_split_answer, split_answer, split_prompt
from app.cli import app
from app.compose import House
from app.core.cancel import CancelToken
from app.core.errors import ModelMissingError
from app.core.model import Check
from app.tuning.data.errors import DataError
from app.tuning.data.maker import overlap, read_rows
from app.tuning.data.report import CARD
from app.tuning.data.rowset import Row
from app.tuning.data.sources import read_phrases
from app.tuning.data.transcripts import read_transcripts
from app.tuning.distil import UNSURE, DistilConfig, DistilReport, distil, label_of
from app.tuning.measuring.loading import load_tuned
from app.tuning.training.adapter import TuneConfig, train_adapter
from app.tuning.training.methods import Full
from tests.unit.journal.records import record
from tests.unit.reports.told import export
from tests.unit.tuning.tiny import CHECKS, PLACES, write_base

pytestmark = pytest.mark.filterwarnings(
    "ignore:.*is_gradient_checkpointing.*:FutureWarning"
)

VERBS = ("查一下", "看看", "查", "检查", "请查", "我要")
TAILS = ("", "啊", "呢", "吧", "一下", "了", "呀", "谢")
SPOKEN = [
    f"{verb}{place}的{check}{tail}"
    for verb, place, check, tail in product(VERBS, PLACES, CHECKS, TAILS)
]
random.Random(5).shuffle(SPOKEN)
HEARD, LATER = SPOKEN[:200], SPOKEN[200:250]
ODD = ["天气怎么样", "你好你好", "一加一", "把灯关了", "电话打不通", "谁在说话", "嗯嗯"]
SURE = 0.87


def teach(base: Path, data: Path, out: Path, *, steps: int) -> Path:
    plan = Full(
        steps=steps, batch=24, warmup=5, sampled=0, eval_every=steps, patience=0,
        learning_rate=4e-3, bf16=False,
    )  # fmt: skip
    train_adapter(TuneConfig(base=base, data=data, out=out, plan=plan, dev_rows=4))
    return out


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The larger of two bases, and what it was tuned to."""
    folder = tmp_path_factory.mktemp("teacher")
    base = write_base(folder / "base", hidden=64, causal=True)
    rows = [
        {
            "content": split_prompt(text),
            "summary": split_answer(
                [(text[text.index(place) :][:2], tuple(Check)[CHECKS.index(check)])]
            ),
        }
        for text in HEARD[:160]
        for place in PLACES
        for check in CHECKS
        if place in text and check in text
    ]
    data = folder / "data"
    data.mkdir()
    for name, part in (("train", rows[:-20]), ("dev", rows[-20:])):
        text = json.dumps(part, ensure_ascii=False)
        (data / f"{name}.json").write_text(text, encoding="utf-8")
    return base, teach(base, data, folder / "tuned", steps=250)


@pytest.fixture(scope="module")
def labelled(
    teacher: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, DistilReport]:
    folder = tmp_path_factory.mktemp("labels")
    lines = [*HEARD, *ODD, HEARD[0], "", "#*#", "看" * 130]
    (folder / "said.txt").write_text("\n".join(lines), encoding="utf-8")
    out = folder / "rows"
    config = DistilConfig(
        teacher=teacher[0],
        adapter=teacher[1],
        transcripts=folder / "said.txt",
        out=out,
        threshold=SURE,
    )
    return out, distil(config)


def agreement(teacher: tuple[Path, Path], base: Path, tuned: Path | None) -> float:
    """Share of utterances nobody was taught that both read alike."""
    ours, theirs = (
        Decoder(load_tuned(*pair, device="cpu")) for pair in (teacher, (base, tuned))
    )
    same = sum(
        label_of(ours, text, CancelToken()).answer
        == label_of(theirs, text, CancelToken()).answer
        for text in LATER
    )
    return same / len(LATER)


@pytest.mark.slow
def test_a_student_agrees_more_with_its_teacher_after_its_labels(
    teacher: tuple[Path, Path],
    labelled: tuple[Path, DistilReport],
    tmp_path: Path,
) -> None:
    student = write_base(tmp_path / "student", hidden=32, causal=True)
    before = agreement(teacher, student, None)
    tuned = teach(student, labelled[0], tmp_path / "tuned", steps=300)
    after = agreement(teacher, student, tuned)
    assert before < 0.2
    assert after > before + 0.3, (before, after)


@pytest.mark.slow
def test_labels_are_rows_like_any_others(labelled: tuple[Path, DistilReport]) -> None:
    out, report = labelled
    made: dict[str, list[Row]] = {}
    for split, count in report.rows.items():
        rows = read_rows(out / f"{split}.json") if count else []
        assert len(rows) == count
        for content, summary in rows:
            for place, _ in parse_split_answer(summary).pairs:
                assert place is None or place in content
        meta = json.loads((out / f"{split}.meta.json").read_text(encoding="utf-8"))
        made[split] = [
            replace(
                Row(one["content"], one["summary"], one["kind"], one["phrase"]),
                stems=tuple(one["stems"]),
                names=tuple(one["names"]),
            )
            for one in meta
        ]
    assert set(made) == {"train", "dev", "test"}
    assert not overlap(made["train"], made["test"])
    assert not overlap(made["train"], made["dev"])
    assert report.rows["train"] > report.rows["test"] > 0
    assert sum(report.rows.values()) == sum(report.intents.values()) == report.kept


@pytest.mark.slow
def test_what_is_left_out_is_counted_by_reason(
    teacher: tuple[Path, Path], labelled: tuple[Path, DistilReport]
) -> None:
    out, report = labelled
    assert report.read == len(HEARD) + len(ODD) + 4
    assert report.read == report.kept + sum(report.dropped.values())
    assert report.dropped["与前面的重复"] == 1
    assert report.dropped["没有文字"] == 2
    assert report.dropped["超过 120 个字"] == 1
    doubted = report.dropped[f"老师没有把握 (低于 {SURE})"]
    decoder = Decoder(load_tuned(*teacher, device="cpu"))
    labels = [label_of(decoder, text, CancelToken()) for text in (*HEARD, *ODD)]
    assert doubted == sum(label.confidence < SURE for label in labels)
    assert len(ODD) <= doubted < len(HEARD) // 2
    assert "老师没有把握" in report.table()
    card = json.loads((out / CARD).read_text(encoding="utf-8"))
    assert card["sha256"] == report.sha256
    # A person can mend it and give it back.
    phrases = read_phrases(out / UNSURE)
    assert len(phrases) == doubted
    told = (out / UNSURE).read_text(encoding="utf-8-sig").splitlines()[1:]
    sure = [float(line.rsplit(",", 1)[1]) for line in told]
    assert sure == sorted(sure)
    assert sure[-1] < SURE


def test_a_teacher_that_is_sure_of_nothing_teaches_nothing(
    tmp_path: Path,
) -> None:
    said = tmp_path / "said.txt"
    said.write_text("\n".join(HEARD[:6]), encoding="utf-8")
    untaught = write_base(tmp_path / "base", hidden=64, causal=True)
    config = DistilConfig(
        teacher=untaught, transcripts=said, out=tmp_path / "out", threshold=1.0
    )
    with pytest.raises(DataError, match="6 句里只有 0 句可用"):
        distil(config)
    assert not (tmp_path / "out").exists()
    with pytest.raises(ModelMissingError):
        distil(replace(config, teacher=tmp_path / "none"))


def test_transcripts_come_from_texts_tables_and_the_log(
    own_home: Path, tmp_path: Path
) -> None:
    plain = tmp_path / "said.txt"
    plain.write_bytes("查一下济南的人数\r\n看看青岛\r\n".encode("gb18030"))
    assert read_transcripts(plain) == ["查一下济南的人数", "看看青岛"]
    with House() as house:
        records = [record(n) for n in range(3)]
        records.append(record(3, utterance=None))
        for one in records:
            asyncio.run(house.journal.append(one))
        for suffix in ("csv", "jsonl"):
            export(house.journal, tmp_path / f"log.{suffix}")
    odd = tmp_path / "odd.jsonl"
    odd.write_text('{"text": "查\u2028济南"}\r\n{"text": "看\x85看"}', encoding="utf-8")
    assert read_transcripts(odd) == ["查\u2028济南", "看\x85看"]
    wanted = [one.utterance.text for one in records if one.utterance]
    for suffix in ("csv", "jsonl"):
        found = read_transcripts(tmp_path / f"log.{suffix}")
        assert [text for text in found if text] == wanted


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.txt", "\n \n", "没有一句话"),
        ("a.csv", "x,y\n1,2\n", "没有列 听到的话 或 text"),
        ("a.jsonl", '{"text": "查"}\n{"words": 1}\n', "第 2 行"),
        ("a.jsonl", "查一下\n", "第 1 行"),
        ("a.jsonl", '{"text": "查"}\n{"text": null}\n', "第 2 行"),
        ("a.csv", "text\n查\n" + "看" * 140_000, "第 3 行不是合格的 CSV"),
    ],
)
def test_a_file_without_transcripts_is_a_sentence(
    tmp_path: Path, name: str, text: str, said: str
) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=said):
        read_transcripts(tmp_path / name)
    with pytest.raises(DataError, match="无法读取"):
        read_transcripts(tmp_path / "none.txt")


@pytest.mark.slow
def test_the_command_says_what_became_of_them(
    teacher: tuple[Path, Path], tmp_path: Path
) -> None:
    said = tmp_path / "said.txt"
    said.write_text("\n".join(HEARD[:80]), encoding="utf-8")
    words = [
        "tune", "distil", "--teacher-base", str(teacher[0]), "--teacher-adapter",
        str(teacher[1]), "--transcripts", str(said), "--out", str(tmp_path / "rows"),
        "--threshold", "0.5",
    ]  # fmt: skip
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    assert "读入 80 句" in done.stdout
    said.write_text("")
    assert CliRunner().invoke(app, words).exit_code == 2
