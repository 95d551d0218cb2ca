"""Scenes of the settings: as they are, changed, with what cannot be, before saving."""

from app.desktop.settings.door import wire_settings
from app.desktop.settings.page import SettingsPage
from app.desktop.settings.showing import ChangesDialog
from tests.gui.gallery.scene import SMALL, USUAL, Scene, Stage
from tests.gui.own_settings import OwnSettings
from tests.gui.people_scenes import enter, staffed
from tests.gui.support import Expect


async def opened(stage: Stage, text: str = "") -> SettingsPage:
    """Open the page on a settings file of its own, with this in it."""
    path = stage.folder / "settings.toml"
    if text:
        path.write_text(text, encoding="utf-8")
    own = OwnSettings(path, stage.desk.presence)
    door = wire_settings(stage.window, stage.look, stage.session, own)
    door.open()
    assert door.page is not None
    async with Expect(door.page.settled):
        pass
    return door.page


async def settings(stage: Stage) -> None:
    await opened(stage)


async def changed(stage: Stage) -> None:
    page = await opened(stage, 'schema = 2\n[voice]\nvoice = "Huihui"\nmutet = "on"\n')
    page.rows.row("voice.read_back").field.put("all")
    page.rows.row("voice.volume").field.put(0.5)
    page.rows.show_row(page.rows.row("voice.read_back"))


async def wrong(stage: Stage) -> None:
    page = await opened(stage)
    page.rows.row("desk.operator").field.put(" ")
    page.ask_save()


async def before_saving(stage: Stage) -> None:
    await changed(stage)
    (page,) = stage.window.findChildren(SettingsPage)
    page.ask_save()
    assert stage.window.findChildren(ChangesDialog)


async def tables(stage: Stage) -> None:
    page = await opened(
        stage,
        'schema = 2\n[backend]\nname = "tickets"\n[backend.routes]\n'
        'detection = "cameras"\n"work_orders region=济南" = "jinan"\n',
    )
    page.rows.show_row(page.rows.row("backend.name"))


async def broken(stage: Stage) -> None:
    await opened(stage, "[voice\n")


async def read_only(stage: Stage) -> None:
    await enter(stage.window, "wangjg")
    await opened(stage)


SETTINGS_SCENES = (
    Scene(name="settings", act=settings),
    Scene(name="settings-changed", act=changed),
    Scene(name="settings-not-allowed", act=wrong, settings=(SMALL,)),
    Scene(name="settings-before-saving", act=before_saving, settings=USUAL),
    Scene(name="settings-tables", act=tables, settings=(SMALL,)),
    Scene(name="settings-unreadable", act=broken, settings=(SMALL,)),
    Scene(name="settings-read-only", act=read_only, prepare=staffed, settings=(SMALL,)),
)
