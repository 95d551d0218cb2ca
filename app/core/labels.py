"""What a record says wherever it is shown: in the window, lists, files."""

from collections.abc import Mapping
from typing import Final

from app.core.model import Outcome

UNNAMED: Final = "值班员"
"""The operator of a desk whose settings nobody has filled in: a post, and no name."""

OUTCOMES: Final[Mapping[Outcome, str]] = {
    Outcome.ANSWERED: "已答复",
    Outcome.ASKED: "已询问",
    Outcome.GREETED: "问候",
    Outcome.DECLINED: "未受理",
    Outcome.REPEATED: "重说",
    Outcome.FAILED: "失败",
    Outcome.CANCELLED: "已取消",
}
