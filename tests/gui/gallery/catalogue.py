"""All scenes, in the order in which one looks at them."""

from typing import Final

from tests.gui.gallery.scene import Scene
from tests.gui.gallery.scenes_board import BOARD
from tests.gui.gallery.scenes_faults import FAULTS
from tests.gui.gallery.scenes_help import HELP
from tests.gui.gallery.scenes_people import PEOPLE
from tests.gui.gallery.scenes_reports import REPORTS
from tests.gui.gallery.scenes_review import REVIEW
from tests.gui.gallery.scenes_runs import RUNS
from tests.gui.gallery.scenes_settings import SETTINGS_SCENES
from tests.gui.gallery.scenes_strange import STRANGE
from tests.gui.gallery.scenes_talk import TALK
from tests.gui.gallery.scenes_trends import TRENDS
from tests.gui.gallery.scenes_views import VIEWS

SCENES: Final[tuple[Scene, ...]] = (
    *RUNS,
    *TALK,
    *BOARD,
    *FAULTS,
    *VIEWS,
    *HELP,
    *REPORTS,
    *REVIEW,
    *TRENDS,
    *PEOPLE,
    *STRANGE,
    *SETTINGS_SCENES,
)
