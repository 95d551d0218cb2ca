"""Muon for matrices, in the precision in which this processor multiplies fast.

`torch.optim.Muon` always multiplies in bfloat16. A processor without instructions for
it takes thirty to sixty times as long for that as for float32: on two cores without
them ten seconds of every step of GLM-mini's base.
"""

import math
from collections.abc import Iterable
from typing import Final

import torch  # noqa: TID253 – imported where a training begins

_MOMENTUM: Final = 0.95
_STEPS: Final = 5
_QUINTIC: Final = (3.4445, -4.7750, 2.0315)
"""Coefficients whose slope at zero is steep; see `orthogonal`."""
_RMS: Final = 0.2
"""The root mean square of an AdamW update, which an update's is made to match."""


class Muon(torch.optim.Optimizer):
    """Momentum whose every update of a matrix is made orthogonal.

    K. Jordan et al., "Muon" (2024), with Nesterov's momentum; weight decay and learning
    rate as in Moonshot, arXiv 2502.16982: `lr` means the same as for AdamW.
    """

    def __init__(
        self,
        matrices: Iterable[torch.nn.Parameter],
        *,
        weight_decay: float,
        dtype: torch.dtype,
    ) -> None:
        """Take matrices (2 dimensions) and the precision of their multiplications."""
        super().__init__(matrices, {"lr": 1e-3, "weight_decay": weight_decay})
        self._dtype = dtype

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Move every matrix that has a gradient."""
        for group in self.param_groups:
            rate, decay = group["lr"], group["weight_decay"]
            for matrix in group["params"]:
                if matrix.grad is None:
                    continue
                state = self.state[matrix]
                if not state:
                    state["momentum"] = torch.zeros_like(matrix)
                momentum = state["momentum"].lerp_(matrix.grad, 1 - _MOMENTUM)
                update = matrix.grad.lerp(momentum, _MOMENTUM).to(self._dtype)
                matrix.mul_(1 - rate * decay)
                scale = _RMS * math.sqrt(max(matrix.shape))
                matrix.add_(orthogonal(update), alpha=-rate * scale)


def orthogonal(matrix: torch.Tensor) -> torch.Tensor:
    """Bring the singular values of a matrix near one by a Newton-Schulz iteration.

    They end between about 0.7 and 1.2, not at one: a quintic that is steep at zero
    needs five rounds where one that converges needs many more, and learns no worse
    (Jordan).
    """
    tall = matrix.shape[0] > matrix.shape[1]
    wide = matrix.T if tall else matrix
    wide = wide / wide.norm().clamp(min=1e-7)
    a, b, c = _QUINTIC
    for _ in range(_STEPS):
        gram = wide @ wide.T
        wide = torch.addmm(
            wide, torch.addmm(gram, gram, gram, beta=b, alpha=c), wide, beta=a
        )
    return wide.T if tall else wide
