"""Scenes of what opens beside the conversation: records, pictures, adapters, log."""

from PySide6.QtWidgets import QApplication

from app.desktop.adapters import AdapterWindow
from app.desktop.evidence import EvidenceWindow
from tests.gui.gallery.furniture import SWEEP
from tests.gui.gallery.scene import SCALED, SMALL, Scene, Stage
from tests.gui.support import SPOKEN, Expect, said
from tests.gui.test_adapters import ShelfInMemory


async def record(stage: Stage) -> None:
    await said(stage.session, SPOKEN)
    card = stage.window.conversation.cards[-1]
    card.details_wanted.emit(card.record)


async def sweep_record(stage: Stage) -> None:
    await said(stage.session, SWEEP)
    card = stage.window.conversation.cards[-1]
    card.details_wanted.emit(card.record)


async def evidence(stage: Stage) -> None:
    await said(stage.session, SPOKEN)
    thumbnail = stage.window.conversation.cards[-1].finding_views[0].thumbnail
    assert thumbnail is not None
    thumbnail.click()


async def evidence_bare(stage: Stage) -> None:
    await evidence(stage)
    for top in QApplication.topLevelWidgets():
        if isinstance(top, EvidenceWindow):
            top.step_on()


async def evidence_gone(stage: Stage) -> None:
    (stage.desk.evidence_dir / "a.png").unlink()
    await evidence(stage)


async def adapters(stage: Stage) -> None:
    stage.window.offer(ShelfInMemory())
    stage.window.adapters_button.click()
    (opened,) = (
        top for top in QApplication.topLevelWidgets() if isinstance(top, AdapterWindow)
    )
    stage.others.append(opened)


async def journal(stage: Stage) -> None:
    stage.window.journal_button.setChecked(True)


async def journal_sound(stage: Stage) -> None:
    await journal(stage)
    assert stage.window.journal is not None
    async with Expect(stage.window.journal.verified):
        stage.window.journal.verify()


async def journal_broken(stage: Stage) -> None:
    stage.desk.journal.broken = 17
    await journal_sound(stage)


async def journal_nothing_found(stage: Stage) -> None:
    await journal(stage)
    assert stage.window.journal is not None
    async with Expect(stage.window.journal.model.loaded):
        stage.window.journal.filter.setText("没有这样的工地")


VIEWS = (
    Scene(name="record", act=record, settings=(SMALL, SCALED)),
    Scene(name="record-of-a-sweep", act=sweep_record, settings=(SMALL,)),
    Scene(name="evidence", act=evidence, settings=(SMALL, SCALED)),
    Scene(name="evidence-unmarked", act=evidence_bare, settings=(SMALL,)),
    Scene(name="evidence-gone", act=evidence_gone, settings=(SMALL,)),
    Scene(name="adapters", act=adapters),
    Scene(name="journal", act=journal),
    Scene(name="journal-sound", act=journal_sound, settings=(SMALL,)),
    Scene(name="journal-broken", act=journal_broken, settings=(SMALL, SCALED)),
    Scene(name="journal-nothing-found", act=journal_nothing_found, settings=(SMALL,)),
)
