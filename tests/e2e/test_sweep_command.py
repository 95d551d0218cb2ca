"""`griddesk sweep`: all sites at once, as a subprocess, stopped by Ctrl-C as well."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.forked import nest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.e2e
JINAN_SITES = 10

# A job in the background inherits Ctrl-C as ignored; an operator's does not.
_HEEDING = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from app.cli import main; main()"
)


def started(home: Path, *args: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", _HEEDING, *args],
        cwd=ROOT,
        env={**os.environ, "GRIDDESK_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def griddesk(home: Path, *args: str) -> tuple[int, str, str]:
    env = {**os.environ, "GRIDDESK_HOME": str(home)}
    done = nest().run(_HEEDING, *args, env=env)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout, done.stderr


def recorded(home: Path) -> dict[str, object]:
    _, out, _ = griddesk(home, "log", "list", "--json")
    (record,) = json.loads(out)["records"]
    return record


def a_slow_system(home: Path) -> None:
    """Let one site be asked after the other, half a second each."""
    (home / "systems").mkdir()
    (home / "systems" / "slow.toml").write_text(
        'kind = "demo"\nlatency_ms = 500\n', encoding="utf-8"
    )
    (home / "settings.toml").write_text(
        '[backend]\nname = "slow"\nmax_concurrent = 1\n', encoding="utf-8"
    )


def test_a_sweep_of_a_region_is_shown_and_journalled(tmp_path: Path) -> None:
    status, out, error = griddesk(
        tmp_path, "sweep", "helmet", "equipment", "helmet", "--region", "济南片区"
    )
    assert status == 0, error
    lines = out.splitlines()
    assert lines[0] == "济南的全部 10 个工地 安全检查、设备检查: 共 20 项"
    counts = dict(line.split() for line in lines[1:5])
    assert list(counts) == ["告警", "数据缺失", "注意", "正常"]
    assert sum(map(int, counts.values())) == 2 * JINAN_SITES
    listed = [line for line in lines[5:] if line.startswith("  SD-JN-")]
    assert len(listed) == int(counts["告警"]) + int(counts["数据缺失"])
    assert "进度   已答复 20 / 20" in error
    record = recorded(tmp_path)
    assert record["outcome"] == "answered"
    assert len(record["calls"]) == 2 * JINAN_SITES  # type: ignore[arg-type]


def test_a_sweep_as_json_has_a_tally_and_nothing_else_on_standard_output(
    tmp_path: Path,
) -> None:
    status, out, _ = griddesk(tmp_path, "sweep", "headcount", "--json")
    assert status == 0
    shown = json.loads(out)
    tally = shown["tally"]
    assert tally["total"] == len(shown["calls"]) == 102
    assert sum(count for name, count in tally.items() if name != "total") == 102
    assert recorded(tmp_path)["run_id"] == shown["run_id"]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("headcount", "--region", "火星"), "目录里的片区: 济南、"),
        (("headcount", "--region", ""), "要查全部工地请不带 --region"),
        (("weather",), "weather"),
        ((), "CHECK"),
    ],
)
def test_what_is_not_there_is_bad_usage_and_no_record(
    args: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    status, out, error = griddesk(tmp_path, "sweep", *args)
    assert (status, out) == (2, "")
    assert said in error
    _, log, _ = griddesk(tmp_path, "log", "list", "--json")
    assert json.loads(log)["records"] == []


def test_sites_whose_work_is_over_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text(
        "id,name,region,valid_until\n1,广州,华南,\n2,佛山,华南,2020-01-01\n",
        encoding="utf-8",
    )
    griddesk(tmp_path, "sites", "import", str(tmp_path / "own.csv"), "--yes")
    status, out, error = griddesk(tmp_path, "sweep", "helmet", "--json")
    assert status == 0, error
    assert [call["site"] for call in json.loads(out)["calls"]] == ["广州"]
    assert "1 个工地已结束或还没开工" in error
    (tmp_path / "own.csv").write_text(
        "id,name,valid_until\n2,佛山,2020-01-01\n", encoding="utf-8"
    )
    griddesk(tmp_path, "sites", "import", str(tmp_path / "own.csv"), "--yes")
    status, _, error = griddesk(tmp_path, "sweep", "helmet")
    assert status == 2
    assert "没有可查的工地" in error


def test_ctrl_c_stops_a_sweep_and_keeps_what_was_answered(tmp_path: Path) -> None:
    a_slow_system(tmp_path)
    checks = ("headcount", "helmet", "equipment")
    process = started(tmp_path, "sweep", *checks, "--region", "济南")
    assert process.stderr is not None
    for line in process.stderr:
        if "进度" in line:
            break
    process.send_signal(signal.SIGINT)
    out, error = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "Traceback" not in error
    assert "已停止" in error
    assert out.startswith("济南的全部 10 个工地")
    record = recorded(tmp_path)
    assert record["outcome"] == "cancelled"
    calls: list[dict[str, object]] = record["calls"]  # type: ignore[assignment]
    assert len(calls) == 3 * JINAN_SITES
    stopped = [call for call in calls if call["missing"] == "cancelled"]
    assert 0 < len(stopped) < len(calls)
    assert any(call["actual"] is not None for call in calls)
    for call in stopped:
        assert call["actual"] is None
        assert f"{call['site']}\t{call['summary']}" in out
