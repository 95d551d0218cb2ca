"""A doctor who finds what he was told to find."""

from collections.abc import Sequence
from pathlib import Path

from app.core.doctoring import Diagnostics
from app.core.errors import UsageError
from app.core.ports import Health

LONG_PATH = "/home/值班室/.local/share/GridDesk/很长的文件夹名称/models/vosk-small"
FOUND = (
    Health(name="python", ok=True, detail="Python 3.12.4, Linux"),
    Health(name="chinese-font", ok=True, detail="WenQuanYi Micro Hei"),
    Health(
        key="model:vosk",
        name="模型 vosk-model-small-cn-0.22",
        ok=True,
        detail=f"文件齐全 ({LONG_PATH}); 许可 Apache-2.0",
    ),
    Health(
        key="microphone",
        name="麦克风",
        ok=False,
        detail="没有找到麦克风",
        remedy="请检查麦克风连接后重试; 期间可以直接输入文字。",
    ),
    Health(
        key="agent",
        name="语言模型",
        ok=True,
        detail="glm-mini (cpu, float32), 每秒约 42 个词元, 未使用 GPU: 没有显卡",
    ),
    Health(key="journal-chain", name="日志链", ok=True, detail="1204条全部完好"),
)
LEVEL = Health(
    key="microphone-level", name="麦克风音量", ok=True, detail="「头戴式」最响 -12 dBFS"
)


class FakeDoctor:
    """`core.doctoring.Doctor` from memory."""

    def __init__(self, found: Sequence[Health] = FOUND) -> None:
        self.found = found
        self.verbose = False
        self.examined = 0
        self.refusal = ""
        self.saved: list[tuple[Path, int]] = []

    def be_verbose(self, wanted: bool) -> None:
        self.verbose = wanted

    async def examine(self) -> Sequence[Health]:
        self.examined += 1
        return self.found

    async def listen(self) -> Health:
        return LEVEL

    async def save(self, path: Path, found: Sequence[Health]) -> Diagnostics:
        if self.refusal:
            raise UsageError(self.refusal)
        self.saved.append((path, len(found)))
        return Diagnostics(path=path, sha256="0" * 64, names=("doctor.json",))
