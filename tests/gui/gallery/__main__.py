"""Pictures of the window in every state, to be looked at by a person.

Usage: `PYTHONPATH=. python -m tests.gui.gallery FOLDER [--setting NAME] [SCENE…]`

Each setting (size of the screen, scale, theme, language) is a process of its own, on a
screen of its own: with Xvfb where it is installed, else with Qt's offscreen platform.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

from tests.gui.gallery.printed import take
from tests.gui.gallery.scene import SETTINGS, SMALL, Setting

ROOT = Path(__file__).resolve().parents[3]
README = {"answered": "answered.png", "review-record": "review.png"}
"""Scenes whose pictures the README shows, and the files in its folder."""


def main() -> int:
    """Take the pictures; give the exit status of the last setting that failed.

    1: words are cut off, or there is nothing to be seen. 3: no Chinese font.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("scenes", nargs="*", help="names; all of them if none is given")
    parser.add_argument(
        "--setting", action="append", choices=[one.name for one in SETTINGS]
    )
    parser.add_argument(
        "--offscreen", action="store_true", help="without Xvfb even where it is"
    )
    parser.add_argument(
        "--readme", action="store_true", help="take its pictures from the gallery too"
    )
    options = parser.parse_intermixed_args()
    xvfb = None if options.offscreen else shutil.which("xvfb-run")
    print("screen:", "xvfb-run" if xvfb else "Qt offscreen")
    status = 0
    for setting in SETTINGS:
        if options.setting and setting.name not in options.setting:
            continue
        worker = [sys.executable, "-m", "tests.gui.gallery.shoot"]
        worker += [str(options.folder.resolve()), setting.name, *options.scenes]
        status = _run(worker, setting, xvfb) or status
    if not options.scenes and not options.setting:
        take(options.folder.resolve() / "printed")
    if options.readme:
        for scene, name in README.items():
            taken = options.folder / SMALL.name / f"{scene}.png"
            if taken.is_file():
                _keep_small(taken, ROOT / "resources/screenshots" / name)
    return status


def _keep_small(taken: Path, kept: Path) -> None:
    """Write a picture with the colours that it has most of: a third of the bytes."""
    most = Image.Quantize.MAXCOVERAGE
    with Image.open(taken) as picture:
        few = picture.convert("RGB").quantize(256, most, dither=Image.Dither.NONE)
    few.save(kept, optimize=True)


def _run(worker: list[str], setting: Setting, xvfb: str | None) -> int:
    """Start a screen and take the pictures on it."""
    width, height = setting.size
    env = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "QT_SCALE_FACTOR": str(setting.scale),
        "TZ": "Asia/Shanghai",
    }
    if xvfb is not None:
        env["QT_QPA_PLATFORM"] = "xcb"
        screen = f"-screen 0 {width}x{height}x24"
        return _wait([xvfb, "-a", "-s", screen, *worker], env)
    with tempfile.TemporaryDirectory() as home:
        config = Path(home) / "screen.json"
        screens = [{"name": "one", "x": 0, "y": 0, "width": width, "height": height}]
        config.write_text(json.dumps({"screens": screens}))
        env["QT_QPA_PLATFORM"] = f"offscreen:configfile={config}"
        return _wait(worker, env)


def _wait(command: list[str], env: dict[str, str]) -> int:
    return subprocess.run(command, cwd=ROOT, env=env, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
