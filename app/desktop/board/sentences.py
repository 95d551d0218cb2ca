"""What a cell of the board says in words: for tooltips and screen readers."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from app.core import checks
from app.core.model import Site
from app.desktop import words
from app.desktop.board.ages import age_text
from app.desktop.board.answers import Asking
from app.desktop.board.figures import short

if TYPE_CHECKING:
    from app.desktop.board.model import BoardModel, Region


def _tr(text: str) -> str:
    return QCoreApplication.translate("board", text)


def region_title(region: "Region") -> str:
    """Name a region."""
    if region.name:
        return region.name
    return _tr("全部工地") if region.only else _tr("未写片区")


class Sentences:
    """Puts cells of a model into words."""

    def __init__(self, model: "BoardModel") -> None:
        self._model = model

    def text(self, line: "Region | Site", column: int) -> str:
        """Give the words of a cell."""
        if not isinstance(line, Site):
            return self._region(line, column)
        if column == 0:
            return line.name
        check = tuple(checks.SPECS)[column - 1]
        parts = []
        asking = self._model.asking(line, check)
        if asking is not None:
            parts.append(asking_word(asking))
        answer = self._model.answer(line, check)
        if answer is not None:
            age = age_text(answer.answered_at, self._model.now)
            parts += [short(answer.finding), age]
        elif asking is None:
            parts.append(self._model.nothing)
        return " ".join(parts)

    def tip(self, line: "Region | Site", column: int) -> str:
        """Give everything that a cell has no room for, and what a click does."""
        if not isinstance(line, Site):
            what = words.check_word(tuple(checks.SPECS)[column - 1]) if column else ""
            wanted = what or _tr("三项检查")
            click = _tr("单击：查询该片区的{check}，先请您确认").format(check=wanted)
            return f"{region_title(line)}\n{self._region(line, column)}\n{click}"
        idle = [] if self._model.works(line) else [self._idle(line)]
        if column == 0:
            also = _tr("又名：{names}").format(names=words.listed(line.aliases))
            parts = [line.name, *([also] if line.aliases else []), *idle]
            return "\n".join((*parts, _tr("单击：三项检查都查")))
        check = tuple(checks.SPECS)[column - 1]
        head = f"{line.name} · {words.check_word(check)}"
        asking = self._model.asking(line, check)
        answer = self._model.answer(line, check)
        said = self._none()
        if answer is not None:
            at = words.full_time(answer.answered_at)
            age = age_text(answer.answered_at, self._model.now)
            said = _tr("{sentence}\n{at}（{age}）").format(
                sentence=answer.finding.summary, at=at, age=age
            )
        last = _tr("单击：现在查一次") if asking is None else asking_word(asking)
        return "\n".join((head, said, *idle, last))

    def _none(self) -> str:
        known = self._model.answers.known
        return _tr("还没有查过") if known else _tr("还没有读到日志")

    def _idle(self, site: Site) -> str:
        since = site.valid_from.isoformat() if site.valid_from else "…"
        until = site.valid_until.isoformat() if site.valid_until else "…"
        return _tr("今天不在工期内（{a} 至 {b}）").format(a=since, b=until)

    def _region(self, region: "Region", column: int) -> str:
        if column == 0:
            count = _tr("{n} 个工地").format(n=len(region.sites))
            return f"{region_title(region)} {count}"
        check = tuple(checks.SPECS)[column - 1]
        tally = self._model.tally(region, check)
        present = [severity for severity in checks.URGENCY if tally[severity]]
        said = [f"{words.severity_word(s)} {tally[s]}" for s in present]
        return words.clauses(said) or self._model.nothing


def asking_word(asking: Asking) -> str:
    """Say that a call is under way."""
    if asking is Asking.ANSWERED:
        return _tr("已答，记录中")
    return _tr("正在查")
