"""What can be said, what cannot, which keys there are, and what the colours mean."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QCoreApplication, QPoint, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.core.model import Severity, Site
from app.desktop import words
from app.desktop.look import Look
from app.desktop.pieces import Mark, button, caption, text_label, tip
from app.desktop.scrolling import scrolling

_SHORT: Final = 14
"""Characters of a name that an operator would say, and that fit on a button."""
_WIDTH: Final = 760
_MARGIN: Final = 24


def _tr(text: str) -> str:
    return QCoreApplication.translate("help", text)


def sayable(sites: Sequence[Site]) -> tuple[Site, ...]:
    """Give the sites whose names are short enough for an example."""
    short = tuple(site for site in sites if len(site.name) <= _SHORT)
    return short or tuple(sites[:1])


def examples(sites: Sequence[Site]) -> tuple[str, ...]:
    """Give commands with the desk's own sites and regions."""
    named = sayable(sites)
    if not named:
        return ()
    first, second = named[0], named[1 % len(named)]
    said = [
        _tr("查一下{site}的人数").format(site=first.name),
        _tr("{site}有没有人没戴安全帽").format(site=second.name),
        _tr("检查{site}的电笔携带情况").format(site=first.name),
        _tr("查{site}的人数和安全帽").format(site=second.name),
    ]
    if second is not first:
        both = _tr("{a}和{b}的人数").format(a=first.name, b=second.name)
        said.append(both)
        said.append(_tr("那{site}呢").format(site=second.name))
    region = next((site.region for site in sites if site.region), "")
    if region:
        said.append(_tr("{region}所有工地的人数").format(region=region))
    said.append(_tr("再说一遍"))
    return tuple(dict.fromkeys(said))


def keys(talk_key: str) -> tuple[tuple[str, str], ...]:
    """Give (key, what it does) of everything that the window takes."""
    listed = (
        (talk_key, _tr("按住说话；设为免按时按一下，说完自动结束")),
        (_tr("空格"), _tr("不在打字时同 {key}").format(key=talk_key)),
        ("Esc", _tr("取消最新的查询；没有查询时清空输入框")),
        ("1 – 3", _tr("回答提问；选择常用站点的检查")),
        ("↑ ↓", _tr("在输入框里翻看说过、输入过的指令")),
        ("Ctrl+L", _tr("到输入框")),
        ("F6", _tr("审阅：查找记录，处置发现")),
        ("F7", _tr("站点")),
        ("F9", _tr("巡检日志")),
        ("Ctrl+F", _tr("筛选站点或日志")),
        ("Ctrl+K", _tr("确认告警")),
        ("Ctrl+E", _tr("打开或收起最新一条的依据")),
        ("Ctrl+M", _tr("静音，或恢复朗读")),
        ("Ctrl+Shift+L", _tr("锁定屏幕（有账户时）")),
        ("Ctrl+Shift+D", _tr("自检：每一部分的情况，保存诊断包")),
        ("Ctrl+,", _tr("设置：查看和修改，导入和导出")),
        ("F1", _tr("打开或关闭本页")),
    )
    # The key to talk does nothing else, whatever it does at other desks.
    return (listed[0], *(each for each in listed[1:] if each[0] != talk_key))


def severities() -> tuple[tuple[Severity, str], ...]:
    """Give each severity and what it asks of the operator."""
    return (
        (Severity.NORMAL, _tr("与要求相符，不用处理。")),
        (Severity.ATTENTION, _tr("有出入，例如有人缺勤，请核实。")),
        (Severity.ALARM, _tr("有危险，例如有人没戴安全帽，请立即处理并确认。")),
        (
            Severity.UNKNOWN,
            _tr("系统没有给出可信的数字，请人工核实，不要当作零。"),
        ),
    )


class HelpPage(QDialog):
    """A page beside the window; the desk goes on as if it were not there.

    Signals:
        example_wanted: The operator clicked an example; its text.
        guide_wanted: The operator wants the first steps once more.
    """

    example_wanted = Signal(str)
    guide_wanted = Signal()

    def __init__(
        self, look: Look, sites: Sequence[Site], talk_key: str, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setModal(False)
        self.setWindowTitle(self.tr("能说什么"))
        self.setMinimumSize(420, 280)
        self._look = look
        self._examples: dict[QPushButton, str] = {}
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        self.area, column = scrolling(self.windowTitle())
        column.setContentsMargins(24, 16, 24, 20)
        column.setSpacing(8)
        self._add_sayings(column, sites)
        self._add_limits(column)
        self._add_severities(column)
        self._add_keys(column, talk_key)
        column.addStretch(1)
        outer.addWidget(self.area, 1)
        foot = QHBoxLayout()
        foot.setContentsMargins(24, 10, 24, 12)
        self.guide = button(self.tr("重新看入门引导"))
        self.guide.clicked.connect(self._want_guide)
        foot.addWidget(self.guide)
        foot.addStretch(1)
        leave = button(self.tr("关闭  Esc"), "primary")
        leave.clicked.connect(self.close)
        foot.addWidget(leave)
        outer.addLayout(foot)
        leave.setFocus(Qt.FocusReason.OtherFocusReason)

    @property
    def examples(self) -> list[QPushButton]:
        """The commands that can be put into the text box."""
        return list(self._examples)

    def show_over(self, area: QWidget) -> None:
        """Open over a part of the window, no larger than the screen."""
        screen = area.screen().availableGeometry()
        width = min(_WIDTH, area.width() - _MARGIN, screen.width() - _MARGIN)
        height = min(area.height() - _MARGIN, screen.height() - 3 * _MARGIN)
        self.resize(max(width, self.minimumWidth()), max(height, 280))
        corner = area.mapToGlobal(QPoint(0, 0))
        corner += QPoint((area.width() - self.width()) // 2, _MARGIN // 2)
        self.move(corner)
        self.show()
        self.raise_()
        self.activateWindow()

    def _title(self, column: QVBoxLayout, text: str) -> None:
        column.addSpacing(6)
        column.addWidget(text_label(text, "lead"))

    def _add_sayings(self, column: QVBoxLayout, sites: Sequence[Site]) -> None:
        self._title(column, self.tr("可以这样说（点一下放进输入框）"))
        grid = QGridLayout()
        grid.setSpacing(8)
        for index, text in enumerate(examples(sites)):
            made = button(caption(text))
            made.setMinimumHeight(40)
            made.setToolTip(tip(text))
            made.clicked.connect(self._want_example)
            self._examples[made] = text
            grid.addWidget(made, index // 2, index % 2)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        column.addLayout(grid)
        if not self._examples:
            none = self.tr(
                "还没有工地目录。导入之后这里有例句：griddesk sites import 文件.csv"
            )
            column.addWidget(text_label(none, wrap=True))
        more = self.tr(
            "三项检查：人数、安全帽、电笔。查过之后两分钟内，可以只说变了的部分；"
            "拿不准时会先问，回答「第一个」「是」「不是」，或按数字键。"
        )
        column.addWidget(text_label(more, "muted", wrap=True))

    def _add_limits(self, column: QVBoxLayout) -> None:
        self._title(column, self.tr("不能做的"))
        for text in (
            self.tr("操作设备：拉闸、合闸、停电、送电、开关摄像头，一律不做。"),
            self.tr("查昨天、上周：只查现在的情况，过去的结果在日志里（F9）。"),
            self.tr("通知、派人、改数据：只查询，不替人做决定。"),
        ):
            column.addWidget(text_label("×  " + text, wrap=True))

    def _add_severities(self, column: QVBoxLayout) -> None:
        self._title(column, self.tr("颜色和形状的意思"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        for line, (severity, meaning) in enumerate(severities()):
            grid.addWidget(Mark(self._look, severity, 28), line, 0)
            badge = text_label(words.severity_word(severity))
            badge.setProperty("badge", severity.value)
            badge.setAlignment(Qt.AlignmentFlag.AlignCenter)
            grid.addWidget(badge, line, 1)
            grid.addWidget(text_label(meaning, wrap=True), line, 2)
        grid.setColumnStretch(2, 1)
        column.addLayout(grid)

    def _add_keys(self, column: QVBoxLayout, talk_key: str) -> None:
        self._title(column, self.tr("按键"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(20)
        grid.setVerticalSpacing(6)
        for line, (key, meaning) in enumerate(keys(talk_key)):
            grid.addWidget(text_label(key, "lead"), line, 0)
            grid.addWidget(text_label(meaning, wrap=True), line, 1)
        grid.setColumnStretch(1, 1)
        column.addLayout(grid)

    @Slot()
    def _want_example(self) -> None:
        sender = self.sender()
        for made, text in self._examples.items():
            if made is sender:
                self.close()
                self.example_wanted.emit(text)

    @Slot()
    def _want_guide(self) -> None:
        self.close()
        self.guide_wanted.emit()
