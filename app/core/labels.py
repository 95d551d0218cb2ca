"""What a record says wherever it is shown: in the window, lists, files."""

from collections.abc import Iterable, Mapping
from typing import Final

from app.core import checks
from app.core.model import Check, Outcome, Site

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


def asked_label(site: Site, asked: Iterable[Check]) -> str:
    """Name checks at a site as the operator pointed at them: 济南东站 · 人数检测."""
    return f"{site.name} · {'、'.join(map(checks.label, asked))}"
