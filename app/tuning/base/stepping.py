"""One optimiser step of a whole model, in half precision and on several processes.

The model that runs is in bfloat16 where the processor is made for it; the weights that
learn are in float32. Several processes of one thread each use two cores better than
one process of two threads, whose small matrices leave the second thread waiting.
"""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import torch

    from app.agent.prefix_lm import GlmMiniForCausalLM


def half_pays() -> bool:
    """Whether this processor multiplies bfloat16 faster than float32.

    Measured two to five times as fast where it does; elsewhere it is slower.
    """
    import torch

    able = torch.cpu.get_capabilities()
    return bool(able.get("avx512_bf16") or able.get("amx_bf16"))


MEETING: Final = ".meeting"
"""The file at which the processes of a training meet. One that a killed training left
must go first: who meets there waits for processes long gone."""


@contextmanager
def meeting(rank: int, workers: int, folder: Path) -> Iterator[None]:
    """Join the processes of a training; they meet at a file in `folder`."""
    if workers == 1:
        yield
        return
    from torch import distributed

    place = folder / MEETING
    distributed.init_process_group(
        "gloo",
        init_method=place.resolve().as_uri(),
        rank=rank,
        world_size=workers,
    )
    try:
        yield
    finally:
        distributed.destroy_process_group()
        if rank == 0:
            place.unlink(missing_ok=True)


class Stepper:
    """Muon for matrices, AdamW for all else, over one or more processes.

    Muon reaches here in 200 steps what AdamW alone reaches in more than 300. The
    learning rate means the same for both.
    """

    def __init__(
        self,
        model: "GlmMiniForCausalLM",
        heads: "torch.nn.ModuleList",
        weight_decay: float,
        rank: int,
        workers: int,
    ) -> None:
        """Take the model whose float32 weights learn, and heads that learn with it."""
        import torch

        from app.tuning.base.muon import Muon

        self.fast: GlmMiniForCausalLM = copy.deepcopy(model) if half_pays() else model
        """The model to run; its gradients are what `step` takes."""
        self.heads = heads
        self._workers = workers
        if self.fast is not model:
            # Parameters only: rotary frequencies in half precision would be others.
            for parameter in self.fast.parameters():
                parameter.data = parameter.data.bfloat16()
        self._whole = [*model.parameters(), *heads.parameters()]
        self._run = [*self.fast.parameters(), *heads.parameters()]
        matrices: list[torch.nn.Parameter] = []
        others: list[torch.nn.Parameter] = []
        for name, parameter in model.named_parameters():
            matrix = parameter.ndim == 2 and "embed" not in name
            (matrices if matrix else others).append(parameter)
        others += heads.parameters()
        self._matrices = matrices
        mine = matrices[rank::workers]
        self._optimizers: tuple[torch.optim.Optimizer, ...] = (
            Muon(
                mine,
                weight_decay=weight_decay,
                dtype=torch.bfloat16 if half_pays() else torch.float32,
            ),
            torch.optim.AdamW(others, betas=(0.9, 0.97), weight_decay=0.0, fused=True),
        )

    def agree(self, value: float) -> float:
        """Return the first process's value in all of them."""
        if self._workers == 1:
            return value
        import torch
        from torch import distributed

        shared = torch.tensor([value], dtype=torch.float64)
        distributed.broadcast(shared, 0)
        return float(shared)

    def step(self, rate: float) -> None:
        """Learn from the gradients of all processes at a learning rate."""
        import torch

        for whole, run in zip(self._whole, self._run, strict=True):
            # Every process must have the same: heads may have had nothing to tell.
            grad = torch.zeros_like(run) if run.grad is None else run.grad
            whole.grad = grad.float()
        if self._workers > 1:
            self._share_gradients()
        torch.nn.utils.clip_grad_norm_(self._whole, 1.0)
        for optimizer in self._optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate
            optimizer.step()
        if self._workers > 1:
            self._share_matrices()
        with torch.no_grad():
            for whole, run in zip(self._whole, self._run, strict=True):
                if run is not whole:
                    run.copy_(whole)
                run.grad = whole.grad = None

    def _share_gradients(self) -> None:
        import torch
        from torch import distributed

        grads = [one.grad for one in self._whole if one.grad is not None]
        flat = torch.cat([grad.flatten() for grad in grads]) / self._workers
        distributed.all_reduce(flat)
        _spread(flat, grads)

    def _share_matrices(self) -> None:
        """Send round what each process learnt: Muon's cost is divided among them."""
        import torch
        from torch import distributed

        for owner in range(self._workers):
            theirs = [one.data for one in self._matrices[owner :: self._workers]]
            flat = torch.cat([one.flatten() for one in theirs])
            distributed.broadcast(flat, owner)
            _spread(flat, theirs)


def _spread(flat: "torch.Tensor", targets: "list[torch.Tensor]") -> None:
    """Write a row of numbers into tensors, one after the other."""
    start = 0
    for target in targets:
        target.copy_(flat[start : start + target.numel()].view_as(target))
        start += target.numel()
