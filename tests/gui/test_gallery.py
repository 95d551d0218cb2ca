"""Every scene of the gallery can be played, shows something, and cuts no word."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
import qasync
from PIL import Image
from PySide6.QtWidgets import QApplication

from app.desktop.look import chinese_family
from tests.gui.gallery.catalogue import SCENES
from tests.gui.gallery.faults import blank, cut_off
from tests.gui.gallery.scene import SCALED, SETTINGS, SMALL, Scene
from tests.gui.gallery.theatre import perform, strike

ROOT = Path(__file__).resolve().parents[2]


def test_each_scene_has_a_name_of_its_own() -> None:
    names = [scene.name for scene in SCENES]
    assert len(set(names)) == len(names)


def test_there_are_letters_for_the_pictures(clean_qt: QApplication) -> None:
    assert chinese_family(), "install fonts-wqy-microhei"


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_every_scene_shows_something_and_cuts_no_word(
    clean_qt: QApplication,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    scene: Scene,
) -> None:
    setting = SMALL if SMALL in scene.settings else scene.settings[0]

    async def whole() -> None:
        picture, stage = await perform(scene, setting, tmp_path)
        try:
            assert not blank(picture)
            assert "\n".join(cut_off(stage.window)) == ""
        finally:
            await strike(stage)

    qasync.run(asyncio.wait_for(whole(), 30))
    if scene.logged:
        caplog.clear()


def test_the_command_takes_a_picture_of_the_scaled_screen(tmp_path: Path) -> None:
    done = gallery(tmp_path, "start", "answered", "--setting", SCALED.name)
    assert done.returncode == 0, done.stdout + done.stderr
    for name in ("start", "answered"):
        with Image.open(tmp_path / SCALED.name / f"{name}.png") as picture:
            assert picture.size == (1365, 768)


@pytest.mark.slow
def test_no_word_is_cut_at_any_size_and_scale_in_any_language(tmp_path: Path) -> None:
    done = gallery(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    for setting in SETTINGS:
        taken = {path.stem for path in (tmp_path / setting.name).glob("*.png")}
        assert taken == {one.name for one in SCENES if setting in one.settings}


def gallery(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.gui.gallery", str(folder), "--offscreen"]
    return subprocess.run(
        [*command, *options],
        cwd=ROOT, capture_output=True, text=True, timeout=540, check=False,
    )  # fmt: skip
