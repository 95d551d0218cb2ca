"""What is said when nothing was heard."""

from typing import Final

from app.core.errors import AudioEmptyError

SILENCE_PEAK: Final = 200 / 32768
"""Below -44 dB of full scale at the loudest: nobody spoke into this microphone."""


def nothing_recorded() -> AudioEmptyError:
    """Give what is said about a recording without samples."""
    return AudioEmptyError("没有录到声音")


def nothing_heard(peak: float) -> AudioEmptyError:
    """Give what is said about a recording without words; `peak` is its loudest."""
    if peak < SILENCE_PEAK:
        return AudioEmptyError(
            "录音里没有声音, 音量太低",
            "请检查麦克风是否静音、选对了设备, 靠近一些再说一遍。",
        )
    return AudioEmptyError(
        "有声音, 但没有听清任何词", "请靠近麦克风, 用普通语速再说一遍, 或直接输入文字。"
    )
