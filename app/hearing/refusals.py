"""Why PortAudio did not open a device: one sentence for each cause told apart."""

from enum import StrEnum
from typing import Final

from app.core.errors import AudioDeviceError

_DENIED_CODES: Final = frozenset({-1, -13, -2147024891})
"""EPERM and EACCES of ALSA, E_ACCESSDENIED of Windows."""
_GONE_CODES: Final = frozenset({-2, -19, -2004287484})
"""ENOENT and ENODEV of ALSA, AUDCLNT_E_DEVICE_INVALIDATED of Windows."""
_BUSY_CODES: Final = frozenset({-16, -2004287478})
"""EBUSY of ALSA, AUDCLNT_E_DEVICE_IN_USE of Windows."""
_TYPING: Final = "期间可以直接输入文字。"


class Refusal(StrEnum):
    """What keeps a device from being opened."""

    BUSY = "busy"
    GONE = "gone"
    DENIED = "denied"
    FORMAT = "format"
    """The device gives none of the forms that we can take."""
    OTHER = "other"


_BY_CODE: Final = {
    -9985: Refusal.BUSY,  # paDeviceUnavailable
    -9996: Refusal.GONE,  # paInvalidDevice
    -9998: Refusal.FORMAT,  # paInvalidChannelCount
    -9997: Refusal.FORMAT,  # paInvalidSampleRate
    -9994: Refusal.FORMAT,  # paSampleFormatNotSupported
}
_SENTENCES: Final = {
    Refusal.BUSY: (
        "麦克风「{name}」正被其他程序占用",
        f"请关闭正在录音或通话的程序后再说一遍; {_TYPING}",
    ),
    Refusal.GONE: (
        "麦克风「{name}」已被拔出或关机",
        f"请插好麦克风后再说一遍, 或另选一个麦克风; {_TYPING}",
    ),
    Refusal.DENIED: (
        "本程序没有使用麦克风「{name}」的权限",
        "请在系统的隐私设置中允许使用麦克风 (Linux: 把本用户加入 audio 组), "
        f"然后重新启动本程序; {_TYPING}",
    ),
    Refusal.FORMAT: (
        "麦克风「{name}」不提供可用的采样格式 ({why})",
        f"请在系统声音设置中改用 48000 Hz、16 位, 或另选一个麦克风; {_TYPING}",
    ),
    Refusal.OTHER: (
        "麦克风「{name}」无法打开 ({why})",
        f"请重新插拔麦克风后重试; {_TYPING}",
    ),
}


def refusal_of(error: Exception) -> Refusal:
    """Say what a PortAudio error means."""
    code = error.args[1] if len(error.args) > 1 else None
    if code in _BY_CODE:
        return _BY_CODE[code]
    host = error.args[2] if len(error.args) > 2 else None
    host_code, host_text = host[1:3] if isinstance(host, tuple) else (None, "")
    text = f"{error.args[0] if error.args else ''} {host_text}".lower()
    if host_code in _DENIED_CODES or "denied" in text or "not permitted" in text:
        return Refusal.DENIED
    if host_code in _BUSY_CODES or "busy" in text:
        return Refusal.BUSY
    if host_code in _GONE_CODES or "no such device" in text:
        return Refusal.GONE
    return Refusal.OTHER


def told(name: str, error: Exception) -> AudioDeviceError:
    """Give the sentence for a device that PortAudio did not open."""
    message, remedy = _SENTENCES[refusal_of(error)]
    why = error.args[0] if error.args else type(error).__name__
    return AudioDeviceError(message.format(name=name, why=why), remedy)


def lost(name: str) -> AudioDeviceError:
    """Give the sentence for a device that went away while nobody spoke."""
    return AudioDeviceError(
        f"麦克风「{name}」已断开",
        f"请检查麦克风连接, 插好后会自动恢复; {_TYPING}",
    )


def missing(name: str, others: str) -> AudioDeviceError:
    """Give the sentence for a device that was chosen and is not plugged in."""
    return AudioDeviceError(
        f"没有找到麦克风「{name}」, 现有: {others}",
        f"请插好该麦克风, 或点击状态栏的「麦克风」另选一个; {_TYPING}",
    )
