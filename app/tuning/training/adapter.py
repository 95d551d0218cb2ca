"""Train an adapter on a frozen base, or the base itself, by one of seven methods.

What is trained and how is a `Plan` (`training.methods`). The folder that is written
holds what peft and the desk load, `griddesk.json` with all that decides the result,
and `training/` with history, curves and, until the end, checkpoints.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.system.files import write_json
from app.tuning.data.brought import dev_rows
from app.tuning.data.rowfile import read_rows
from app.tuning.training import checkpoint
from app.tuning.training.attach import attach, trainable, trainable_line, write_model
from app.tuning.training.backbone import Backbone, has_fast_bf16, load_backbone
from app.tuning.training.curves import draw
from app.tuning.training.errors import TuneError
from app.tuning.training.feed import Example, encode, padding, parts
from app.tuning.training.memory import Memory, MemoryWatch
from app.tuning.training.methods import Plan, PtuningV2
from app.tuning.training.outfolder import OutFolder
from app.tuning.training.progress import best_step, looks, losses
from app.tuning.training.record import CARD, Origin, origin_of, provenance

if TYPE_CHECKING:
    from app.tuning.training.trainer import TuneTrainer


@dataclass(frozen=True, kw_only=True)
class TuneConfig:
    """One training."""

    base: Path
    data: Path
    """A folder with train.json and dev.json."""
    out: Path
    plan: Plan = field(default_factory=PtuningV2)
    preset: str = "griddesk"
    """Where the plan's numbers came from, for the record."""
    dev_rows: int = 400
    """Rows of dev.json that are looked at on the way, besides what a user brought;
    0 looks at all."""
    seed: int = 20240531
    threads: int = 1
    log_every: int = 25
    tensorboard: bool = False
    resume: bool = False
    """Go on from the last intact checkpoint, if there is one."""
    overwrite: bool = False
    """Replace another training in the folder."""


@dataclass(frozen=True, kw_only=True)
class TuneReport:
    """How a training went."""

    steps: int
    rows: int
    minutes: float
    """Of all runs up to their last checkpoints, and of the last one to its end."""
    training_minutes: float
    """The part of it that went into steps: without loading, looks and saving."""
    training_cpu_minutes: float
    """The same in time of the processors, which other programs do not disturb."""
    rows_per_second: float
    """By `training_minutes`."""
    first_loss: float
    last_loss: float
    best_step: int
    exact_match: float
    """Whole answers right on the dev rows, at the best step."""
    dev_loss: float
    """Per answer token of the dev rows, at the best step."""
    trainable: int
    parameters: int
    memory: Memory


Tell = Callable[[str], None]


def train_adapter(config: TuneConfig, tell: Tell | None = None) -> TuneReport:
    """Train, keep the best on the dev rows, and write it.

    Runs in every process that `accelerate launch` starts; the first one tells and
    writes.

    Raises:
        TuneError: Base, data, folder or disk are not as they must be.
        CompleteError: There is nothing to resume: the training has ended.
        DataError: A row is broken.
    """
    # Parts come in many shapes, and for each one oneDNN would keep its code for ever:
    # gigabytes in the end. Making it again costs nothing that could be measured.
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "64")
    import torch

    first = os.environ.get("RANK", "0") == "0"
    tell = tell if tell and first else _silent
    plan, folder = config.plan, OutFolder(config.out)
    torch.set_num_threads(config.threads)
    watch = MemoryWatch()
    train_rows = read_rows(config.data / "train.json")
    looked_at = dev_rows(config.data, config.dev_rows)
    origin = _origin(config)
    with _explained(folder):
        if first:
            folder.check(origin, resume=config.resume, overwrite=config.overwrite)
        torch.manual_seed(config.seed)
        backbone = load_backbone(config.base, four_bits=plan.four_bits)
        train = _encoded(backbone, plan, train_rows, tell)
        # Dev rows stay whole: an answer that is cut off would be too easy.
        dev = encode(backbone.framing, backbone.end, looked_at)
        model = attach(backbone, plan)
        if first:
            folder.claim(origin, resume=config.resume)
        tell(trainable_line(model))
        share = padding(train[: plan.batch * plan.accumulation])
        tell(f"每步 {plan.batch * plan.accumulation} 行, 其中填充约占 {share:.1%}")
        trainer = _trainer(config, origin, folder, model, train, dev, tell)
        report = _run(trainer, folder, model, watch)
        if first:
            _write(config, origin, folder, backbone, model, trainer, report)
            tell(_end(report, folder))
    return report


def _silent(_: str) -> None:
    """Tell nobody."""


def _origin(config: TuneConfig) -> Origin:
    return origin_of(
        plan=config.plan,
        preset=config.preset,
        base=config.base,
        data=config.data,
        dev_rows=config.dev_rows,
        seed=config.seed,
        threads=config.threads,
        processes=int(os.environ.get("WORLD_SIZE", "1")),
        bf16=config.plan.bf16 and has_fast_bf16(),
    )


def _encoded(
    backbone: Backbone, plan: Plan, rows: list[tuple[str, str]], tell: Tell
) -> list[Example]:
    examples = encode(
        backbone.framing,
        backbone.end,
        rows,
        max_source=plan.max_source,
        max_target=plan.max_target,
    )
    if plan.max_source or plan.max_target:
        whole = encode(backbone.framing, backbone.end, rows)
        cut = sum(one != other for one, other in zip(examples, whole, strict=True))
        tell(f"{len(rows)} 行中有 {cut} 行因长度限制被截断")
    room = getattr(backbone.model.config, "max_position_embeddings", None)
    room = room - getattr(plan, "virtual_tokens", 0) if room else None
    for number, example in enumerate(examples, 1):
        if room and len(example) > room:
            raise TuneError(
                f"train.json 第 {number} 行数据有 {len(example)} 个词元, "
                f"底座 {backbone.name} 最多容纳 {room} 个",
                "请缩短这一行, 或用 --max-source 和 --max-target 截断。",
            )
    return examples


def _trainer(
    config: TuneConfig,
    origin: Origin,
    folder: OutFolder,
    model: Any,
    train: list[Example],
    dev: list[Example],
    tell: Tell,
) -> "TuneTrainer":
    from app.tuning.training.engine import AnswerModel
    from app.tuning.training.trainer import TuneTrainer

    answers = AnswerModel(model, config.plan)
    if not answers.prove(next(parts(dev))):
        tell("此底座不能共用公共部分的计算, 训练会慢一些")
    return TuneTrainer(
        answers,
        config.plan,
        folder=folder.checkpoints,
        train=train,
        dev=dev,
        seed=config.seed,
        log_every=config.log_every,
        bf16=origin.bf16,
        tensorboard=folder.training / "tensorboard" if config.tensorboard else None,
        tell=tell,
    )


def _run(
    trainer: "TuneTrainer", folder: OutFolder, model: Any, watch: MemoryWatch
) -> TuneReport:
    from app.tuning.training.stepclock import spent_at

    at = checkpoint.last_intact(folder.checkpoints)
    if at is not None:
        trainer.before = spent_at(at)
    if at is not None and trainer.is_done(at):
        trainer.restore(at)
    else:
        trainer.train(resume_from_checkpoint=str(at) if at else None)
    history = trainer.state.log_history
    seen = looks(history)
    if not seen or seen[-1][0] != trainer.state.global_step:
        trainer.evaluate()
    best = best_step(history) or 0
    if best != trainer.state.global_step:
        ended = trainer.state
        trainer.restore(folder.checkpoints / checkpoint.name_of(best))
        trainer.state = ended
    lost, seen = losses(history), looks(history)
    _, exact, dev_loss = next(look for look in seen if look[0] == best)
    some, every = trainable(model)
    spent = trainer.spent
    return TuneReport(
        steps=trainer.state.global_step,
        rows=trainer.state.global_step * trainer.step_rows,
        minutes=spent.whole_s / 60,
        training_minutes=spent.training_s / 60,
        training_cpu_minutes=spent.training_cpu_s / 60,
        rows_per_second=spent.per_second(trainer.step_rows),
        first_loss=lost[0][1] if lost else float("nan"),
        last_loss=lost[-1][1] if lost else float("nan"),
        best_step=best,
        exact_match=exact,
        dev_loss=dev_loss,
        trainable=some,
        parameters=every,
        memory=watch.read(),
    )


def _write(
    config: TuneConfig,
    origin: Origin,
    folder: OutFolder,
    backbone: Backbone,
    model: Any,
    trainer: "TuneTrainer",
    report: TuneReport,
) -> None:
    history = trainer.state.log_history
    write_json(folder.training / "history.json", history)
    title = f"{origin.method} on {origin.base}"
    draw(history, folder.training / "curves.png", title=title)
    aside = folder.training / "result"
    write_model(model, backbone, aside)
    card = aside / CARD
    settings = {
        **asdict(origin),
        "data": config.data.name,
        "steps_done": report.steps,
        "rows_seen": report.rows,
        **asdict(report),
        **provenance(),
    }
    write_json(card, settings)
    folder.publish(aside, card)


def _end(report: TuneReport, folder: OutFolder) -> str:
    memory = f"内存峰值 {report.memory.process:.0f} MB"
    memory += f" (训练增加 {report.memory.added:.0f} MB)"
    if report.memory.device:
        memory += f", 显存峰值 {report.memory.device:.0f} MB"
    return (
        f"共 {report.steps} 步, 用时 {report.minutes:.1f} 分钟, "
        f"每秒 {report.rows_per_second:.0f} 行, {memory}; "
        f"最佳为第 {report.best_step} 步, 验证集整句正确率 {report.exact_match:.4f}; "
        f"已写入 {folder.path}"
    )


@contextmanager
def _explained(folder: OutFolder) -> Iterator[None]:
    """Say in a sentence what a full disk or a full GPU means here."""
    import torch

    try:
        yield
    except torch.OutOfMemoryError as error:
        raise TuneError(
            "显存不足", "请减小 --batch (并增大 --accumulation), 或选用 qlora。"
        ) from error
    except Exception as error:
        if not checkpoint.is_disk_full(error, folder.path):
            raise
        kept = checkpoint.last_intact(folder.checkpoints)
        raise TuneError(
            f"磁盘已满, {folder.path} 没有写完; "
            + (f"完好的检查点保留在 {kept}" if kept else "还没有检查点"),
            "请清理磁盘空间, 然后以同样的参数加 --resume 继续。",
        ) from error
