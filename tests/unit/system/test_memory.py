import sys
from pathlib import Path

import pytest

from app.system.memory import free_ram


@pytest.mark.skipif(sys.platform == "darwin", reason="not known there")
def test_free_memory_of_this_machine_is_some_and_not_all_there_could_be() -> None:
    free = free_ram()
    assert free is not None
    assert 10**7 < free < 10**14


@pytest.mark.skipif(sys.platform == "win32", reason="Windows is asked by a call")
def test_free_memory_is_what_programs_may_take_caches_included(tmp_path: Path) -> None:
    told = tmp_path / "meminfo"
    told.write_text(
        "MemTotal: 24000000 kB\nMemFree: 1000 kB\nMemAvailable:   2048 kB\n", "ascii"
    )
    assert free_ram(told) == 2048 * 1024


@pytest.mark.skipif(sys.platform == "win32", reason="Windows is asked by a call")
@pytest.mark.parametrize("text", ["", "MemAvailable:\n", "MemAvailable: much kB\n"])
def test_memory_that_is_not_told_is_unknown_and_not_none_at_all(
    tmp_path: Path, text: str
) -> None:
    told = tmp_path / "meminfo"
    told.write_text(text, "ascii")
    assert free_ram(told) is None
    assert free_ram(tmp_path / "nowhere") is None
