"""`tune train`: tune a base by one of the methods."""

from pathlib import Path
from typing import Annotated

import typer

from app.commands.acting import AsLogin
from app.commands.errors import told
from app.commands.output import note
from app.commands.tune.options import Base, Data, Threads, require_tuner

_NUMBER = "Instead of the preset's."


def train(
    out: Annotated[Path, typer.Argument(help="Folder for the result.")],
    data: Data,
    base: Base = Path("models/glm-mini"),
    method: Annotated[
        str,
        typer.Option(
            help="ptuning-v2, prompt-soft, prompt-text, ptuning-v1, lora, qlora, full."
        ),
    ] = "ptuning-v2",
    preset: Annotated[
        str, typer.Option(help="griddesk, or reference: the references' recipe.")
    ] = "griddesk",
    steps: Annotated[int | None, typer.Option(help=_NUMBER)] = None,
    lr: Annotated[float | None, typer.Option(help=_NUMBER)] = None,
    batch: Annotated[int | None, typer.Option(help=_NUMBER)] = None,
    accumulation: Annotated[int | None, typer.Option(help=_NUMBER)] = None,
    virtual_tokens: Annotated[int | None, typer.Option(help=_NUMBER)] = None,
    rank: Annotated[int | None, typer.Option(help="Of LoRA.")] = None,
    max_source: Annotated[
        int | None, typer.Option(help="Tokens of a prompt; 0 for all.")
    ] = None,
    max_target: Annotated[
        int | None, typer.Option(help="Tokens of an answer; 0 for all.")
    ] = None,
    four_bits: Annotated[
        bool | None, typer.Option("--4bit/--no-4bit", help="Hold the base in nf4.")
    ] = None,
    bf16: Annotated[
        bool | None, typer.Option("--bf16/--fp32", help="Number format of the sums.")
    ] = None,
    projection: Annotated[
        bool | None, typer.Option(help="P-tuning v2 through two layers.")
    ] = None,
    eval_every: Annotated[
        int | None, typer.Option(help="Steps from one checkpoint to the next.")
    ] = None,
    patience: Annotated[
        int | None, typer.Option(help="Looks without a better one; 0 never stops.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of everything drawn.")] = 20240531,
    threads: Threads = 1,
    log_every: Annotated[int, typer.Option(min=1, help="Steps to a line.")] = 25,
    tensorboard: Annotated[
        bool, typer.Option(help="Also write TensorBoard's events.")
    ] = False,
    resume: Annotated[
        bool, typer.Option(help="Go on after the last intact checkpoint.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option(help="Replace another training in the folder.")
    ] = False,
    login: AsLogin = "",
) -> None:
    """Tune a base: the best state on the dev rows is kept.

    On several GPUs: accelerate launch -m app tune train …
    """
    from app.tuning.training.adapter import TuneConfig, train_adapter
    from app.tuning.training.methods import adjusted, plan_of

    with told():
        require_tuner(login)
        chosen = adjusted(
            plan_of(method, preset),
            steps=steps,
            learning_rate=lr,
            batch=batch,
            accumulation=accumulation,
            virtual_tokens=virtual_tokens,
            rank=rank,
            max_source=max_source,
            max_target=max_target,
            four_bits=four_bits,
            bf16=bf16,
            projection=projection,
            eval_every=eval_every,
            patience=patience,
        )
        train_adapter(
            TuneConfig(
                base=base,
                data=data,
                out=out,
                plan=chosen,
                preset=preset,
                seed=seed,
                threads=threads,
                log_every=log_every,
                tensorboard=tensorboard,
                resume=resume,
                overwrite=overwrite,
            ),
            note,
        )
