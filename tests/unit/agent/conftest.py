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
def glm(tiny: tuple[Path, Path]) -> LoadedGlm:
    return load_glm(*tiny, device="cpu")
