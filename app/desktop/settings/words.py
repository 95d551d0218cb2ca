"""The words of the settings: their declaration's, in the window's language."""

from collections.abc import Mapping
from typing import Final

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication

from app.core.configuring import Kind, Setting, SettingChange, Value, parted

DECLARED: Final = (
    QT_TRANSLATE_NOOP("settings", "席位"),
    QT_TRANSLATE_NOOP("settings", "麦克风"),
    QT_TRANSLATE_NOOP("settings", "语音识别"),
    QT_TRANSLATE_NOOP("settings", "语言模型"),
    QT_TRANSLATE_NOOP("settings", "站点系统"),
    QT_TRANSLATE_NOOP("settings", "界面"),
    QT_TRANSLATE_NOOP("settings", "窗口"),
    QT_TRANSLATE_NOOP("settings", "巡检日志"),
    QT_TRANSLATE_NOOP("settings", "朗读"),
    QT_TRANSLATE_NOOP("settings", "告警"),
    QT_TRANSLATE_NOOP("settings", "录音"),
    QT_TRANSLATE_NOOP("settings", "值班人员"),
    QT_TRANSLATE_NOOP("settings", "审阅"),
    QT_TRANSLATE_NOOP("settings", "值班员姓名"),
    QT_TRANSLATE_NOOP("settings", "写入每条巡检日志"),
    QT_TRANSLATE_NOOP("settings", "席位名称"),
    QT_TRANSLATE_NOOP("settings", "写入每条巡检日志; 默认为本机名"),
    QT_TRANSLATE_NOOP("settings", "麦克风名称"),
    QT_TRANSLATE_NOOP("settings", "留空使用系统默认的麦克风"),
    QT_TRANSLATE_NOOP("settings", "待命"),
    QT_TRANSLATE_NOOP(
        "settings",
        "麦克风一直打开, 按键之前0.3秒的声音也听得到, 只留在内存里; 关掉后按键时才打开",
    ),
    QT_TRANSLATE_NOOP("settings", "提示音"),
    QT_TRANSLATE_NOOP("settings", "开始听的时候响一声"),
    QT_TRANSLATE_NOOP("settings", "免按"),
    QT_TRANSLATE_NOOP("settings", "按一下开始, 说完自动结束"),
    QT_TRANSLATE_NOOP("settings", "语音识别模型"),
    QT_TRANSLATE_NOOP("settings", "模型的名称, 见 griddesk models list"),
    QT_TRANSLATE_NOOP("settings", "查询前的确认"),
    QT_TRANSLATE_NOOP("settings", "口头指令在查询前要不要先确认"),
    QT_TRANSLATE_NOOP("settings", "拿不准才问"),
    QT_TRANSLATE_NOOP("settings", "每条都先确认"),
    QT_TRANSLATE_NOOP("settings", "前缀适配器"),
    QT_TRANSLATE_NOOP(
        "settings", "适配器的名称; 留空使用已启用的适配器, 没有则用模型自带的"
    ),
    QT_TRANSLATE_NOOP("settings", "在哪里运行"),
    QT_TRANSLATE_NOOP("settings", "自动: 有显卡时用显卡"),
    QT_TRANSLATE_NOOP("settings", "自动"),
    QT_TRANSLATE_NOOP("settings", "处理器"),
    QT_TRANSLATE_NOOP("settings", "显卡"),
    QT_TRANSLATE_NOOP("settings", "权重的压缩"),
    QT_TRANSLATE_NOOP("settings", "自动: 按空闲的显存或内存决定"),
    QT_TRANSLATE_NOOP("settings", "不压缩"),
    QT_TRANSLATE_NOOP("settings", "8位"),
    QT_TRANSLATE_NOOP("settings", "4位 (nf4)"),
    QT_TRANSLATE_NOOP("settings", "4位 (fp4)"),
    QT_TRANSLATE_NOOP("settings", "没有另行指定时答复的站点系统的名称"),
    QT_TRANSLATE_NOOP("settings", "分派"),
    QT_TRANSLATE_NOOP(
        "settings",
        "哪些查询由别的站点系统答复, 条件 = 系统名; "
        '例如 "detection" = "cameras", "work_orders region=济南" = "jinan"',
    ),
    QT_TRANSLATE_NOOP("settings", "查询时限"),
    QT_TRANSLATE_NOOP("settings", "一次查询最多等多久"),
    QT_TRANSLATE_NOOP("settings", "秒"),
    QT_TRANSLATE_NOOP("settings", "数据时效"),
    QT_TRANSLATE_NOOP("settings", "检测结果最旧可以多旧, 再旧算数据过期"),
    QT_TRANSLATE_NOOP("settings", "同时查询数"),
    QT_TRANSLATE_NOOP("settings", "每个站点系统同时查询的个数"),
    QT_TRANSLATE_NOOP("settings", "个"),
    QT_TRANSLATE_NOOP("settings", "界面颜色"),
    QT_TRANSLATE_NOOP("settings", "也可以在窗口右上角切换"),
    QT_TRANSLATE_NOOP("settings", "深色"),
    QT_TRANSLATE_NOOP("settings", "浅色"),
    QT_TRANSLATE_NOOP("settings", "说话的键"),
    QT_TRANSLATE_NOOP("settings", "按住它说话, 松开结束"),
    QT_TRANSLATE_NOOP("settings", "放大倍数"),
    QT_TRANSLATE_NOOP("settings", "文字和按钮一起放大"),
    QT_TRANSLATE_NOOP("settings", "倍"),
    QT_TRANSLATE_NOOP("settings", "常用站点"),
    QT_TRANSLATE_NOOP("settings", "站点的编号, 最多显示4个; 留空按最近查过的显示"),
    QT_TRANSLATE_NOOP("settings", "入门引导"),
    QT_TRANSLATE_NOOP("settings", "下次打开窗口时显示入门引导; 走完或跳过后自动关掉"),
    QT_TRANSLATE_NOOP("settings", "界面语言"),
    QT_TRANSLATE_NOOP("settings", "口头指令和结论总是中文"),
    QT_TRANSLATE_NOOP("settings", "随操作系统"),
    QT_TRANSLATE_NOOP("settings", "中文"),
    QT_TRANSLATE_NOOP("settings", "英文"),
    QT_TRANSLATE_NOOP("settings", "日志文件夹"),
    QT_TRANSLATE_NOOP("settings", "巡检日志所在的文件夹; 留空使用程序的数据文件夹"),
    QT_TRANSLATE_NOOP("settings", "朗读什么"),
    QT_TRANSLATE_NOOP("settings", "用语音说出哪些内容"),
    QT_TRANSLATE_NOOP("settings", "不朗读"),
    QT_TRANSLATE_NOOP("settings", "结论和提问"),
    QT_TRANSLATE_NOOP("settings", "结论、提问、理解到的指令和应答"),
    QT_TRANSLATE_NOOP("settings", "静音"),
    QT_TRANSLATE_NOOP("settings", "暂时不朗读; 也可以在窗口里切换"),
    QT_TRANSLATE_NOOP("settings", "朗读快慢"),
    QT_TRANSLATE_NOOP("settings", "0 为正常, 负数更慢"),
    QT_TRANSLATE_NOOP("settings", "朗读音量"),
    QT_TRANSLATE_NOOP("settings", "0 无声, 1 最响"),
    QT_TRANSLATE_NOOP("settings", "朗读的语音"),
    QT_TRANSLATE_NOOP("settings", "语音的名称; 留空使用第一个中文语音"),
    QT_TRANSLATE_NOOP("settings", "告警响铃"),
    QT_TRANSLATE_NOOP("settings", "有未确认的告警时响铃"),
    QT_TRANSLATE_NOOP("settings", "响铃间隔"),
    QT_TRANSLATE_NOOP("settings", "未确认时隔多久再响一次"),
    QT_TRANSLATE_NOOP("settings", "说过的话留下什么; 指纹写入巡检日志"),
    QT_TRANSLATE_NOOP("settings", "不留痕迹"),
    QT_TRANSLATE_NOOP("settings", "只留指纹 (SHA-256)"),
    QT_TRANSLATE_NOOP("settings", "指纹和录音文件"),
    QT_TRANSLATE_NOOP("settings", "保留多久"),
    QT_TRANSLATE_NOOP("settings", "录音文件到期删除"),
    QT_TRANSLATE_NOOP("settings", "天"),
    QT_TRANSLATE_NOOP("settings", "自动锁屏"),
    QT_TRANSLATE_NOOP("settings", "有账户时, 多久无人操作就锁定屏幕; 0 不自动锁定"),
    QT_TRANSLATE_NOOP("settings", "分钟"),
    QT_TRANSLATE_NOOP("settings", "常用筛选"),
    QT_TRANSLATE_NOOP(
        "settings",
        "审阅窗口的常用筛选, 名称 = 条件; "
        '例如 "本周未结的告警" = "span=week severity=alarm open=yes"',
    ),
)
"""What the declaration calls sections, settings, units and choices."""

_LONGEST: Final = 60


def _tr(text: str) -> str:
    return QCoreApplication.translate("settings", text)


def said(word: str) -> str:
    """Give a word of the declaration."""
    return QCoreApplication.translate("settings", word)


def value_word(setting: Setting, value: Value) -> str:
    """Write a value for people; a long one is cut."""
    text = _word(setting, value) or _tr("（空）")
    return f"{text[: _LONGEST - 1]}…" if len(text) > _LONGEST else text


def change_word(setting: Setting, change: SettingChange) -> str:
    """Write what is another, for people who answer for it; nothing of it is cut.

    Of a list or a table only what differs, a line each.
    """
    inside = parted(change.before, change.after)
    if inside is None:
        before, after = _word(setting, change.before), _word(setting, change.after)
        return f"{before or _tr('（空）')} → {after or _tr('（空）')}"
    added, removed = _tr("增加「{text}」"), _tr("去掉「{text}」")
    return "\n".join(
        (
            *(added.format(text=text) for text in inside.added),
            *(removed.format(text=text) for text in inside.removed),
            *(f"{name}：{before} → {after}" for name, before, after in inside.changed),
        )
    )


def _word(setting: Setting, value: Value) -> str:
    if setting.kind is Kind.SWITCH:
        return _tr("开") if value == "on" else _tr("关")
    if setting.kind is Kind.CHOICE and setting.words:
        return said(setting.words[setting.choices.index(str(value))])
    if isinstance(value, Mapping):
        pairs = (f"{name} = {text}" for name, text in value.items())
        return _tr("、").join(pairs)
    if isinstance(value, tuple):
        return _tr("、").join(value)
    if isinstance(value, (int, float)):
        return f"{value:.10g} {said(setting.unit) if setting.unit else ''}".strip()
    return value
