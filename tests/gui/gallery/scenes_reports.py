"""Scenes of what is written to files: asked for, written, refused."""

from app.core.reporting import ReportKind
from app.desktop.reports import ReportWindow
from tests.gui.gallery.scene import USUAL, Scene, Stage
from tests.gui.gallery.scenes_review import review
from tests.gui.support import Expect


async def asked(stage: Stage, kind: ReportKind) -> ReportWindow:
    """Open the window that asks, on one kind."""
    opened = await review(stage)
    opened.reports.click()
    (made,) = opened.findChildren(ReportWindow)
    for each in made.form.kinds.buttons():
        if each.property("key") == kind.value:
            each.click()
    made.form.path.setText(str(stage.folder / f"{kind.value}.csv"))
    return made


async def shift(stage: Stage) -> None:
    await asked(stage, ReportKind.SHIFT)


async def written(stage: Stage) -> None:
    made = await asked(stage, ReportKind.LOG)
    for each in made.form.forms.buttons():
        if each.property("key") == ".csv":
            each.click()
    made.form.path.setText(str(stage.folder / "log.csv"))
    async with Expect(made.settled):
        made.begin.click()


async def refused(stage: Stage) -> None:
    made = await asked(stage, ReportKind.MONTH)
    made.form.path.setText(str(stage.folder / "none" / "month.csv"))
    async with Expect(made.settled):
        made.begin.click()


REPORTS = (
    Scene(name="report-shift", act=shift, settings=USUAL),
    Scene(name="report-written", act=written, settings=USUAL),
    Scene(name="report-refused", act=refused, settings=USUAL),
)
