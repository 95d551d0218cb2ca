"""Scenes of what helps: the first steps, what can be said, buttons, history."""

from app.desktop.aids import Aids
from tests.gui.gallery.scene import SCALED, SMALL, Scene, Stage
from tests.gui.support import SPOKEN, said


def aids_of(stage: Stage) -> Aids:
    """Give the helps of the window."""
    (found,) = stage.window.findChildren(Aids)
    return found


async def first_steps(stage: Stage) -> None:
    aids_of(stage).show_guide()


async def first_steps_on(stage: Stage) -> None:
    aids = aids_of(stage)
    aids.show_guide()
    assert aids.guide is not None
    aids.guide.next.click()


async def first_steps_done(stage: Stage) -> None:
    aids_of(stage).show_guide()
    await said(stage.session, SPOKEN)


async def help_page(stage: Stage) -> None:
    aids_of(stage).toggle_help()


async def quick_site(stage: Stage) -> None:
    aids = aids_of(stage)
    aids.quick.keep(("s1", "s2"))
    aids.quick._buttons[0].click()


async def quick_grid(stage: Stage) -> None:
    aids = aids_of(stage)
    aids.quick.keep(("s1", "s2", "s3"))
    aids.quick.all_sites.click()


HELP = (
    Scene(name="first-run", act=first_steps, records=0),
    Scene(name="first-run-command", act=first_steps_on, records=0, settings=(SMALL,)),
    Scene(name="first-run-connect", act=first_steps_done, records=0),
    Scene(name="help", act=help_page),
    Scene(name="quick-site", act=quick_site, settings=(SMALL,)),
    Scene(name="quick-grid", act=quick_grid, settings=(SCALED,)),
)
