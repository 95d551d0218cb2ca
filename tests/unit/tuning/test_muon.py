"""Muon: torch's own steps, and updates that are orthogonal."""

import pytest
import torch

from app.tuning.base.muon import Muon, orthogonal


@pytest.mark.parametrize("shape", [(24, 64), (64, 24), (32, 32)])
def test_its_steps_are_those_of_torch(shape: tuple[int, int]) -> None:
    generator = torch.Generator().manual_seed(7)
    start = torch.randn(*shape, generator=generator)
    ours, theirs = torch.nn.Parameter(start.clone()), torch.nn.Parameter(start.clone())
    mine = Muon([ours], weight_decay=0.05, dtype=torch.bfloat16)
    known = torch.optim.Muon(
        [theirs], weight_decay=0.05, adjust_lr_fn="match_rms_adamw"
    )
    for rate in (0.02, 0.01, 0.005):
        grad = torch.randn(*shape, generator=generator)
        for optimizer, parameter in ((mine, ours), (known, theirs)):
            parameter.grad = grad.clone()
            optimizer.param_groups[0]["lr"] = rate
            optimizer.step()
    moved = (theirs - start).norm()
    assert (ours - theirs).norm() < 0.01 * moved


def test_full_precision_moves_the_same_way_as_half() -> None:
    start = torch.randn(48, 96, generator=torch.Generator().manual_seed(3))
    moved = []
    for dtype in (torch.float32, torch.bfloat16):
        matrix = torch.nn.Parameter(start.clone())
        matrix.grad = start.cos()
        Muon([matrix], weight_decay=0.0, dtype=dtype).step()
        moved.append(matrix.detach() - start)
    assert torch.cosine_similarity(*(each.flatten() for each in moved), dim=0) > 0.999


def test_singular_values_come_near_one() -> None:
    matrix = torch.randn(40, 90, generator=torch.Generator().manual_seed(1))
    values = torch.linalg.svdvals(orthogonal(matrix))
    assert 0.6 < float(values.min()) < float(values.max()) < 1.3
    assert torch.equal(orthogonal(matrix.T), orthogonal(matrix).T)


def test_a_matrix_without_a_gradient_stays() -> None:
    matrix = torch.nn.Parameter(torch.ones(3, 4))
    Muon([matrix], weight_decay=0.5, dtype=torch.float32).step()
    assert torch.equal(matrix, torch.ones(3, 4))
