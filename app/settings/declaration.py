"""Every setting, once: its type, default, unit, meaning and what it may be.

A section is a frozen dataclass whose fields carry a `Rule`. Making one checks it, so
there is never a `Settings` with a value that it cannot have. The descriptions are the
source text of translations: they are looked up when shown, not here.
"""

import socket
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from difflib import get_close_matches
from typing import Any, Final, TypeVar, cast, get_origin, get_type_hints

from app.core.labels import UNNAMED
from app.settings.rules import SWITCH, Rule, checked_value

_T = TypeVar("_T")
_RULE: Final = "rule"

HOLD_KEYS: Final = (
    *(f"F{number}" for number in range(1, 25) if number != 9),
    "Insert",
    "Pause",
    "ScrollLock",
)
"""Keys that type nothing; F9 is the window's own."""

_MODEL: Final = "模型的名称, 见 griddesk models list"


def _setting(default: _T, name: str, about: str, **rule: Any) -> _T:
    metadata = {_RULE: Rule(name=name, about=about, **rule)}
    return field(default=default, metadata=metadata)


def _switch(default: str, name: str, about: str) -> str:
    return _setting(default, name, about, choices=SWITCH)


class _Section:
    """Checks every field when it is made."""

    __slots__ = ()

    def __post_init__(self) -> None:
        hints = get_type_hints(type(self))
        for declared in fields(cast("Any", self)):
            value = getattr(self, declared.name)
            checked = checked_value(
                f"{_SECTION_KEYS[type(self)]}.{declared.name}",
                value,
                hints[declared.name],
                rule_of(declared),
            )
            if checked is not value:
                object.__setattr__(self, declared.name, checked)


def _workstation() -> str:
    return socket.gethostname() or "本机"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskSettings(_Section):
    """Who sits where."""

    operator: str = _setting(UNNAMED, "值班员姓名", "写入每条巡检日志", seat=True)
    workstation: str = field(
        default_factory=_workstation,
        metadata={
            _RULE: Rule(
                name="席位名称", about="写入每条巡检日志; 默认为本机名", seat=True
            )
        },
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class MicrophoneSettings(_Section):
    """Which microphone listens, and how."""

    device: str = _setting(
        "", "麦克风名称", "留空使用系统默认的麦克风", may_be_empty=True, seat=True
    )
    standby: str = _switch(
        "on",
        "待命",
        "麦克风一直打开, 按键之前0.3秒的声音也听得到, 只留在内存里; 关掉后按键时才打开",
    )
    cue: str = _switch("on", "提示音", "开始听的时候响一声")
    hands_free: str = _switch("off", "免按", "按一下开始, 说完自动结束")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecogniserSettings(_Section):
    """Which model hears, and what is asked back."""

    model: str = _setting("vosk-model-small-cn-0.22", "语音识别模型", _MODEL)
    confirm: str = _setting(
        "low",
        "查询前的确认",
        "口头指令在查询前要不要先确认",
        choices=("low", "always"),
        words=("拿不准才问", "每条都先确认"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSettings(_Section):
    """Which model understands, and where it runs."""

    model: str = _setting("glm-mini", "语言模型", _MODEL)
    adapter: str = _setting(
        "",
        "前缀适配器",
        "适配器的名称; 留空使用已启用的适配器, 没有则用模型自带的",
        may_be_empty=True,
    )
    device: str = _setting(
        "auto",
        "在哪里运行",
        "自动: 有显卡时用显卡",
        choices=("auto", "cpu", "cuda"),
        words=("自动", "处理器", "显卡"),
    )
    quantisation: str = _setting(
        "auto",
        "权重的压缩",
        "自动: 按空闲的显存或内存决定",
        choices=("auto", "none", "8bit", "4bit", "fp4"),
        words=("自动", "不压缩", "8位", "4位 (nf4)", "4位 (fp4)"),
        advanced=True,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class BackendSettings(_Section):
    """Which site system answers, and how long it may take."""

    name: str = _setting("demo", "站点系统", "没有另行指定时答复的站点系统的名称")
    routes: Mapping[str, str] = field(
        default_factory=dict,
        metadata={
            _RULE: Rule(
                name="分派",
                about="哪些查询由别的站点系统答复, 条件 = 系统名; "
                '例如 "detection" = "cameras", "work_orders region=济南" = "jinan"',
            )
        },
    )
    timeout_s: float = _setting(
        5.0, "查询时限", "一次查询最多等多久", unit="秒", low=0.1, high=120
    )
    max_age_s: float = _setting(
        120.0,
        "数据时效",
        "检测结果最旧可以多旧, 再旧算数据过期",
        unit="秒",
        low=1,
        high=86_400,
    )
    max_concurrent: int = _setting(
        64,
        "同时查询数",
        "每个站点系统同时查询的个数",
        unit="个",
        low=1,
        high=512,
        advanced=True,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceSettings(_Section):
    """How the window looks and which key talks."""

    theme: str = _setting(
        "dark",
        "界面颜色",
        "也可以在窗口右上角切换",
        choices=("dark", "light"),
        words=("深色", "浅色"),
    )
    hold_key: str = _setting(
        "F8", "说话的键", "按住它说话, 松开结束", choices=HOLD_KEYS
    )
    scale: float = _setting(
        1.0, "放大倍数", "文字和按钮一起放大", unit="倍", low=0.5, high=3
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowSettings(_Section):
    """What the operator keeps in the window."""

    favourites: tuple[str, ...] = _setting(
        (), "常用站点", "站点的编号, 最多显示4个; 留空按最近查过的显示"
    )
    guide: str = _switch(
        "on", "入门引导", "下次打开窗口时显示入门引导; 走完或跳过后自动关掉"
    )
    language: str = _setting(
        "auto",
        "界面语言",
        "口头指令和结论总是中文",
        choices=("auto", "zh_CN", "en"),
        words=("随操作系统", "中文", "英文"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalSettings(_Section):
    """Where the inspection log lies."""

    folder: str = _setting(
        "",
        "日志文件夹",
        "巡检日志所在的文件夹; 留空使用程序的数据文件夹",
        may_be_empty=True,
        seat=True,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceSettings(_Section):
    """What the desk says aloud."""

    read_back: str = _setting(
        "answers",
        "朗读什么",
        "用语音说出哪些内容",
        choices=("off", "answers", "all"),
        words=("不朗读", "结论和提问", "结论、提问、理解到的指令和应答"),
    )
    muted: str = _switch("off", "静音", "暂时不朗读; 也可以在窗口里切换")
    rate: float = _setting(0.0, "朗读快慢", "0 为正常, 负数更慢", low=-1, high=1)
    volume: float = _setting(0.8, "朗读音量", "0 无声, 1 最响", low=0, high=1)
    voice: str = _setting(
        "", "朗读的语音", "语音的名称; 留空使用第一个中文语音", may_be_empty=True
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmSettings(_Section):
    """How an alarm is heard until somebody acknowledges it."""

    sound: str = _switch("on", "告警响铃", "有未确认的告警时响铃")
    repeat_s: float = _setting(
        30.0, "响铃间隔", "未确认时隔多久再响一次", unit="秒", low=5, high=600
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingSettings(_Section):
    """What is kept of the audio."""

    keep: str = _setting(
        "hash",
        "录音",
        "说过的话留下什么; 指纹写入巡检日志",
        choices=("off", "hash", "flac"),
        words=("不留痕迹", "只留指纹 (SHA-256)", "指纹和录音文件"),
    )
    days: int = _setting(
        30, "保留多久", "录音文件到期删除", unit="天", low=1, high=3650
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleSettings(_Section):
    """How the desk treats those who sign in."""

    lock_after_min: int = _setting(
        10,
        "自动锁屏",
        "有账户时, 多久无人操作就锁定屏幕; 0 不自动锁定",
        unit="分钟",
        low=0,
        high=720,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewSettings(_Section):
    """What a supervisor keeps in the review window."""

    filters: Mapping[str, str] = field(
        default_factory=dict,
        metadata={
            _RULE: Rule(
                name="常用筛选",
                about="审阅窗口的常用筛选, 名称 = 条件; "
                '例如 "本周未结的告警" = "span=week severity=alarm open=yes"',
            )
        },
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be set. The defaults work on a fresh machine."""

    desk: DeskSettings = field(default_factory=DeskSettings)
    microphone: MicrophoneSettings = field(default_factory=MicrophoneSettings)
    recogniser: RecogniserSettings = field(default_factory=RecogniserSettings)
    agent: AgentSettings = field(default_factory=AgentSettings)
    backend: BackendSettings = field(default_factory=BackendSettings)
    interface: InterfaceSettings = field(default_factory=InterfaceSettings)
    window: WindowSettings = field(default_factory=WindowSettings)
    journal: JournalSettings = field(default_factory=JournalSettings)
    voice: VoiceSettings = field(default_factory=VoiceSettings)
    alarm: AlarmSettings = field(default_factory=AlarmSettings)
    recordings: RecordingSettings = field(default_factory=RecordingSettings)
    people: PeopleSettings = field(default_factory=PeopleSettings)
    review: ReviewSettings = field(default_factory=ReviewSettings)


SECTIONS: Final[dict[str, type[_Section]]] = get_type_hints(Settings)
"""Section key → its dataclass, in the order of the file."""

SECTION_NAMES: Final[Mapping[str, str]] = {
    "desk": "席位",
    "microphone": "麦克风",
    "recogniser": "语音识别",
    "agent": "语言模型",
    "backend": "站点系统",
    "interface": "界面",
    "window": "窗口",
    "journal": "巡检日志",
    "voice": "朗读",
    "alarm": "告警",
    "recordings": "录音",
    "people": "值班人员",
    "review": "审阅",
}
"""Section key → its word for people."""

RETIRED: Final[Mapping[str, str]] = {
    "backend.options": "站点系统的选项现在写在 systems/系统名.toml 里, "
    "用 griddesk sites connect 添加; 密钥用 griddesk sites secret 存入钥匙串"
}
"""Settings of former versions → where they went, for whoever still has them."""

_SECTION_KEYS: Final = {section: key for key, section in SECTIONS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingInfo:
    """One setting, for dialogues, documents and messages."""

    key: str
    """Section and name with a dot between."""
    kind: type
    """str, int, float, tuple for a list of texts, or Mapping for a table of them."""
    default: object
    rule: Rule


def describe() -> tuple[SettingInfo, ...]:
    """Give every setting in the order of the file."""
    return tuple(
        SettingInfo(
            key=f"{section}.{declared.name}",
            kind=get_origin(hints[declared.name]) or hints[declared.name],
            default=getattr(made, declared.name),
            rule=rule_of(declared),
        )
        for section, kind in SECTIONS.items()
        for made, hints in ((kind(), get_type_hints(kind)),)
        for declared in fields(cast("Any", kind))
    )


def rule_of(declared: "Field[Any]") -> Rule:
    """Give the rule that a field carries."""
    return cast("Rule", declared.metadata[_RULE])


def nearest(key: str) -> str:
    """Give the key that was probably meant; empty when none is near."""
    keys = [*SECTIONS, *(info.key for info in describe())]
    # The right name in the wrong section is the commonest slip of all.
    name = key.rpartition(".")[2]
    namesakes = [known for known in keys if known.rpartition(".")[2] == name]
    found = namesakes or get_close_matches(key, keys, n=1, cutoff=0.6)
    return found[0] if found else ""
