"""Fixtures of the agent's tests: one tiny model for the whole session."""

from pathlib import Path

import pytest

from app.agent.glm import LoadedGlm, load_glm
from tests.unit.agent.tiny import save_adapter, save_base


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    import torch

    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("models")
    return save_base(folder / "tiny"), save_adapter(folder / "prefix")


@pytest.fixture(scope="session")
def tiny_prefix_lm(tiny: tuple[Path, Path]) -> Path:
    return save_base(tiny[0].parent / "tiny-prefix-lm", causal=False)


@pytest.fixture(scope="session", params=["causal", "prefix-lm"])
def glm(
    request: pytest.FixtureRequest, tiny: tuple[Path, Path], tiny_prefix_lm: Path
) -> LoadedGlm:
    """Give a model that reads forwards only, as GLM-4 does, and one like GLM-mini."""
    base, adapter = tiny
    if request.param == "prefix-lm":
        base = tiny_prefix_lm
    return load_glm(base, adapter, device="cpu")
