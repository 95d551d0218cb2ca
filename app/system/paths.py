"""Where things lie: the source tree or frozen bundle, and the user's own data."""

import os
import sys
from functools import cache
from pathlib import Path

import platformdirs


@cache
def program_root() -> Path:
    """Give the folder that holds `resources/` and `models/`."""
    if getattr(sys, "frozen", False):
        return Path(getattr(sys, "_MEIPASS", Path(sys.executable).parent))
    return Path(__file__).resolve().parents[2]


def resources() -> Path:
    """Give the folder of icons, demo data, phrases and samples."""
    return program_root() / "resources"


def home() -> Path:
    """Give the folder of settings, journal, evidence and logs; `GRIDDESK_HOME` wins."""
    override = os.environ.get("GRIDDESK_HOME")
    if override:
        return Path(override).expanduser()
    return Path(platformdirs.user_data_dir("GridDesk", appauthor=False))


def model_folders() -> tuple[Path, ...]:
    """Give the folders searched for models, first wins."""
    override = os.environ.get("GRIDDESK_MODELS")
    own = (Path(override).expanduser(),) if override else ()
    beside = program_root() / "models"
    if getattr(sys, "frozen", False):
        beside = Path(sys.executable).parent / "models"
    return (*own, home() / "models", beside)
