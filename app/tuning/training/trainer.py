"""The transformers Trainer with our batches, our checkpoints and our measure.

Devices, nodes, mixed precision and accumulation are the Trainer's and accelerate's own.
Importing this module imports transformers, so it is imported inside functions only.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import torch  # noqa: TID253 – the classes below are transformers' own
from transformers import (  # noqa: TID253
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
)

from app.tuning.training import checkpoint
from app.tuning.training.engine import AnswerModel
from app.tuning.training.errors import TuneError
from app.tuning.training.feed import Example, StepSampler, collate
from app.tuning.training.methods import Plan
from app.tuning.training.pace import schedule
from app.tuning.training.progress import Progress, best_step, looks_since_best
from app.tuning.training.stepclock import Spent, StepClock

log = logging.getLogger(__name__)

STATE: Final = "trainer_state.json"
_WEIGHTS: Final = "weights.safetensors"
_LOOK_ROWS: Final = 64
"""Rows of a batch when looking at the dev rows."""


class TuneTrainer(Trainer):  # type: ignore[misc]
    """Trains an `AnswerModel` by a plan."""

    lr_scheduler: Any
    control: Any

    def __init__(
        self,
        model: AnswerModel,
        plan: Plan,
        *,
        folder: Path,
        train: Sequence[Example],
        dev: Sequence[Example],
        seed: int,
        log_every: int,
        bf16: bool,
        tensorboard: Path | None,
        tell: Callable[[str], None],
    ) -> None:
        """Prepare; `folder` takes the checkpoints."""
        on_cpu = not torch.cuda.is_available()
        arguments = TrainingArguments(
            output_dir=str(folder),
            max_steps=plan.steps,
            per_device_train_batch_size=plan.batch,
            gradient_accumulation_steps=plan.accumulation,
            learning_rate=plan.learning_rate,
            weight_decay=plan.weight_decay,
            max_grad_norm=plan.max_norm,
            optim="adamw_torch",
            bf16=bf16,
            use_cpu=on_cpu,
            seed=seed,
            logging_steps=min(log_every, plan.steps),
            logging_first_step=True,
            # A training that has run away must not look well.
            logging_nan_inf_filter=False,
            eval_strategy="steps",
            eval_steps=plan.eval_every,
            save_strategy="steps",
            save_steps=plan.eval_every,
            remove_unused_columns=False,
            dataloader_pin_memory=not on_cpu,
            ddp_find_unused_parameters=False,
            disable_tqdm=True,
            report_to="none",
            log_level="error",
        )
        super().__init__(
            model=model,
            args=arguments,
            data_collator=collate,
            train_dataset=list(train),
            eval_dataset=list(dev),
        )
        self._plan = plan
        self._dev = sorted(dev, key=len)
        self.before = Spent()
        """What earlier runs of this training took."""
        self._clock = StepClock()
        self.add_callback(self._clock)
        self.remove_callback(PrinterCallback)
        self.add_callback(_StopWhenStale(plan.patience))
        if self.is_world_process_zero():
            self.add_callback(_Teller(Progress(plan.steps, self.step_rows, tell)))
            if tensorboard is not None:
                self.add_callback(_Board(tensorboard))

    @property
    def step_rows(self) -> int:
        """Rows of one step of the optimizer over all devices."""
        devices = int(self.args.world_size)
        return self._plan.batch * self._plan.accumulation * devices

    @property
    def spent(self) -> Spent:
        """What this training took up to now, over all its runs."""
        return self.before + self._clock.spent

    def is_done(self, at: Path) -> bool:
        """Whether the training had ended when it wrote a checkpoint."""
        state = TrainerState.load_from_json(str(at / STATE))
        stale = looks_since_best(state.log_history)
        return state.global_step >= self._plan.steps or (
            0 < self._plan.patience <= stale
        )

    def restore(self, at: Path) -> None:
        """Take weights and history from a checkpoint."""
        self._load_from_checkpoint(str(at))
        self.state = TrainerState.load_from_json(str(at / STATE))

    def _get_train_sampler(self, train_dataset: Any = None) -> Any:
        return StepSampler(
            self.train_dataset,
            rows=self.step_rows,
            steps=self._plan.steps,
            seed=self.args.seed,
        )

    def create_scheduler(self, num_training_steps: int, optimizer: Any = None) -> Any:
        """Warm up in a line, then down along a cosine or a line."""
        if self.lr_scheduler is None:
            plan = self._plan

            def factor(step: int) -> float:
                warm = (step + 1) / plan.warmup if plan.warmup else 1.0
                if plan.decay == "cosine":
                    return schedule(step / num_training_steps, warm=warm)
                return min(1.0, warm) * (1 - step / num_training_steps)

            self.lr_scheduler = torch.optim.lr_scheduler.LambdaLR(
                optimizer or self.optimizer, factor
            )
            self._created_lr_scheduler = True
        return self.lr_scheduler

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Any = None,
    ) -> Any:
        """Use a part of the softmax in the first half of a training, then all."""
        half = self.state.global_step * 2 < self._plan.steps
        sampled = self._plan.sampled if half else 0
        return super().compute_loss(
            model, {**inputs, "sampled": sampled}, return_outputs, num_items_in_batch
        )

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        """Measure whole answers on the dev rows, shared out over all processes."""
        with self._clock.aside():
            return self._look()

    def _look(self) -> dict[str, float]:
        model = self.accelerator.unwrap_model(self.model)
        model.eval()
        sums = torch.zeros(4, dtype=torch.float64)
        with self.accelerator.autocast():
            for batch in self._dev_batches():
                judged = model.judge(self._prepare_inputs(batch)["parts"])
                sums += torch.tensor(
                    [judged.rows, judged.right, judged.tokens, judged.loss]
                )
        rows, right, tokens, loss = self.accelerator.reduce(
            sums.to(self.args.device), "sum"
        ).tolist()
        metrics = {
            "eval_exact_match": right / rows,
            "eval_rows": rows,
            "eval_loss": loss / tokens,
        }
        self.log(metrics)
        self.control = self.callback_handler.on_evaluate(
            self.args, self.state, self.control, metrics
        )
        return metrics

    def _dev_batches(self) -> Iterator[dict[str, Any]]:
        index, count = self.args.process_index, self.args.world_size
        rows = self._dev[index::count]
        for start in range(0, len(rows), _LOOK_ROWS):
            yield collate(rows[start : start + _LOOK_ROWS])

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        with self._clock.aside():
            self._write_checkpoint(Path(self.args.output_dir), self.state.global_step)

    def _write_checkpoint(self, folder: Path, step: int) -> None:
        if not self.is_world_process_zero():
            self.accelerator.wait_for_everyone()
            aside = folder / (checkpoint.name_of(step) + checkpoint.ASIDE)
            self._save_rng_state(str(aside))
            self.accelerator.wait_for_everyone()
            return
        with checkpoint.writing(folder, step) as aside:
            self.accelerator.wait_for_everyone()
            self._save_weights(aside)
            self._save_optimizer_and_scheduler(str(aside))
            self._save_scaler(str(aside))
            self._save_rng_state(str(aside))
            self.state.save_to_json(str(aside / STATE))
            self.spent.write(aside)
            self.accelerator.wait_for_everyone()
        checkpoint.keep_only(folder, {step, best_step(self.state.log_history) or step})

    def _trained(self) -> dict[str, torch.nn.Parameter]:
        model = self.accelerator.unwrap_model(self.model)
        return {n: p for n, p in model.named_parameters() if p.requires_grad}

    def _save_weights(self, folder: Path) -> None:
        from safetensors.torch import save_file

        tensors = {n: p.detach().contiguous() for n, p in self._trained().items()}
        save_file(tensors, folder / _WEIGHTS)

    def _load_from_checkpoint(
        self, resume_from_checkpoint: str, model: Any = None
    ) -> None:
        from safetensors.torch import load_file

        saved = load_file(Path(resume_from_checkpoint) / _WEIGHTS)
        with torch.no_grad():
            for name, parameter in self._trained().items():
                parameter.copy_(saved[name])


class _StopWhenStale(TrainerCallback):  # type: ignore[misc]
    """Ends a training whose dev exact match no longer rises."""

    def __init__(self, patience: int) -> None:
        self._patience = patience

    def on_evaluate(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **_: Any,
    ) -> None:
        # Counted from the history, which a checkpoint holds: nothing else to restore.
        if 0 < self._patience <= looks_since_best(state.log_history):
            control.should_training_stop = True


class _Teller(TrainerCallback):  # type: ignore[misc]
    """Tells a person how far the training is."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self._progress.start(state.global_step)

    def on_log(
        self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any
    ) -> None:
        self._progress.say(state.global_step, logs or {})


class _Board(TrainerCallback):  # type: ignore[misc]
    """Writes TensorBoard's events."""

    def __init__(self, folder: Path) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise TuneError(
                "没有安装 TensorBoard",
                "请安装 griddesk[tuning], 或去掉 --tensorboard。",
            ) from error

        self._writer: Any = SummaryWriter(str(folder))

    def on_log(
        self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any
    ) -> None:
        for name, value in (logs or {}).items():
            if isinstance(value, (int, float)) and name != "epoch":
                self._writer.add_scalar(name, value, state.global_step)

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self._writer.close()
