"""A card of NVIDIA's is seen without asking its driver."""

import sys
from pathlib import Path

import pytest

from app.system.graphics import has_nvidia_card


@pytest.mark.skipif(sys.platform == "win32", reason="there the driver is looked for")
@pytest.mark.parametrize(
    ("vendor", "kind", "seen"),
    [
        ("0x10de", "0x030000", True),
        ("0x10de", "0x030200", True),
        # Its sound, and somebody else's card.
        ("0x10de", "0x040300", False),
        ("0x8086", "0x030000", False),
    ],
)
def test_a_card_is_told_by_its_maker_and_its_kind(
    tmp_path: Path, vendor: str, kind: str, seen: bool
) -> None:
    (tmp_path / "gone").mkdir()
    card = tmp_path / "0000:01:00.0"
    card.mkdir()
    (card / "vendor").write_text(f"{vendor}\n")
    (card / "class").write_text(f"{kind}\n")
    assert has_nvidia_card(tmp_path) is seen
    assert not has_nvidia_card(tmp_path / "none")
