"""Takes the pictures of one setting; a process of its own, since it sets the scale.

Usage: `python -m tests.gui.gallery.shoot FOLDER SETTING [SCENE…]`
"""

import gc
import logging
import sys
import tempfile
from pathlib import Path

import qasync
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication

from app.desktop.look import chinese_family
from tests.gui.gallery.catalogue import SCENES
from tests.gui.gallery.faults import blank, cut_off
from tests.gui.gallery.scene import SETTINGS, Scene, Setting
from tests.gui.gallery.theatre import perform, strike, translated

NO_FONT = 3
FAULTS = 1


def take(app: QApplication, scene: Scene, setting: Setting, folder: Path) -> list[str]:
    """Play one scene and keep its picture; give what is cut off in it."""
    faults: list[str] = []

    async def whole() -> None:
        with tempfile.TemporaryDirectory() as home:
            picture, stage = await perform(scene, setting, Path(home))
            faults.extend(cut_off(stage.window))
            if blank(picture):
                faults.append("nothing to be seen")
            await strike(stage)
        picture.save(str(folder / f"{scene.name}.png"))

    qasync.run(whole())
    app.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()
    return faults


def main(folder: Path, setting: Setting, names: list[str]) -> int:
    """Take every picture of a setting; give the exit status."""
    # Scenes of what goes wrong log it, as they should.
    logging.disable()
    found = 0
    app = QApplication(["griddesk"])
    app.setQuitOnLastWindowClosed(False)
    app.setStyle("Fusion")
    if not chinese_family():
        print("no font with Chinese letters: install fonts-wqy-microhei")
        return NO_FONT
    with translated(setting.language) as there:
        if not there:
            print(f"{setting.name}: no translation, no pictures")
            return 0
        (folder / setting.name).mkdir(parents=True, exist_ok=True)
        for scene in SCENES:
            if setting in scene.settings and (not names or scene.name in names):
                faults = take(app, scene, setting, folder / setting.name)
                found += len(faults)
                for line in (f"{setting.name}/{scene.name}", *faults):
                    print(line, flush=True)
    return FAULTS if found else 0


if __name__ == "__main__":
    wanted = next(one for one in SETTINGS if one.name == sys.argv[2])
    sys.exit(main(Path(sys.argv[1]), wanted, sys.argv[3:]))
