"""Site systems from the command line, on a key ring in memory."""

import json
import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from app.cli import app
from app.settings.file import load
from app.sites.backends import table
from app.sites.conformance import RULES
from app.system import paths
from tests.keyrings import MemoryKeyring, using

PLUGIN = """
from app.core.errors import SettingsError
from app.sites.backends.demo import DemoBackend

def make(context):
    if "address" not in context.options:
        raise SettingsError("系统没有写明 address", "请写上。")
    return DemoBackend(context.evidence_dir, name=context.name, latency_ms=0)
"""
VENDOR = """# 厂商样例
kind = "vendor"
address = "https://vendor.example"
auth = { app_id = "a", secret = "app-key" }
[detection]
headers = { X-Token = { secret = "token" } }
"""


@pytest.fixture
def ring() -> Iterator[MemoryKeyring]:
    made = MemoryKeyring()
    with using(made):
        yield made


@pytest.fixture
def vendor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the description of a system whose kind a plug-in brings."""
    (tmp_path / "griddesk_vendor.py").write_text(PLUGIN, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "griddesk_vendor", raising=False)
    point = EntryPoint(name="vendor", value="griddesk_vendor:make", group=table.GROUP)
    monkeypatch.setattr(table, "entry_points", lambda group: [point])
    file = tmp_path / "stick" / "jinan.toml"
    file.parent.mkdir()
    file.write_text(VENDOR, encoding="utf-8")
    return file


def sites(*args: object, stdin: str = "") -> Result:
    return CliRunner().invoke(app, ["sites", *map(str, args)], input=stdin)


def told(result: Result, status: int = 0) -> dict:
    assert result.exit_code == status, result.output
    (line,) = result.stdout.splitlines()
    return json.loads(line)


def test_connecting_says_what_is_still_wanted_and_copies_the_description(
    vendor: Path, own_home: Path, ring: MemoryKeyring
) -> None:
    ring.kept["griddesk/jinan", "token"] = "there-already"
    shown = told(sites("connect", vendor, "--json"))
    kept = own_home / "systems" / "jinan.toml"
    assert shown == {
        "system": "jinan",
        "kind": "vendor",
        "file": str(kept),
        "former": None,
        "questions": ["work_orders", "detection"],
        "secrets": [
            {"name": "app-key", "place": None, "problem": ""},
            {"name": "token", "place": "keyring", "problem": ""},
        ],
        "default": False,
    }
    assert kept.read_bytes() == vendor.read_bytes()
    assert [path.name for path in kept.parent.iterdir()] == ["jinan.toml"]
    assert load(own_home / "settings.toml").settings.backend.name == "demo"


def test_connecting_tells_a_person_what_to_do_next(
    vendor: Path, ring: MemoryKeyring
) -> None:
    said = sites("connect", vendor).stdout
    assert "→ griddesk sites secret jinan app-key" in said
    assert "griddesk sites conform jinan" in said


def test_a_connected_system_can_be_the_default_under_another_name(
    vendor: Path, own_home: Path, ring: MemoryKeyring
) -> None:
    told(sites("connect", vendor, "--name", "east-1", "--default", "--json"))
    settings = load(own_home / "settings.toml").settings
    assert settings.backend.name == "east-1"
    (east, *others) = told(sites("systems", "--json"))["systems"]
    assert (east["name"], east["kind"], east["routes"]) == (
        "east-1",
        "vendor",
        ["default"],
    )
    assert east["health"]["ok"]
    assert [each["name"] for each in others] == ["demo", "vendor"]


def test_a_system_is_replaced_only_when_told_and_the_former_is_kept(
    vendor: Path, own_home: Path, ring: MemoryKeyring
) -> None:
    told(sites("connect", vendor, "--json"))
    told(sites("connect", vendor, "--json"))
    vendor.write_text(VENDOR + "# neu\n", encoding="utf-8")
    kept = own_home / "systems" / "jinan.toml"
    refused = sites("connect", vendor)
    assert refused.exit_code == 2
    assert "--replace" in refused.stderr
    assert kept.read_text(encoding="utf-8") == VENDOR
    shown = told(sites("connect", vendor, "--replace", "--json"))
    assert Path(shown["former"]).read_text(encoding="utf-8") == VENDOR
    assert kept.read_text(encoding="utf-8") == VENDOR + "# neu\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('kind = "vendor"\n', "address"),
        ('kind = "oracle"\n', "oracle"),
        ('address = "x"\n', "kind"),
        ("kind = ", "TOML"),
        ('kind = "demo"\npassword = "hunter2"\n', "password"),
        ("x" * ((1 << 20) + 1), "1 MB"),
    ],
)
@pytest.mark.parametrize("replacing", [False, True])
def test_a_wrong_description_is_refused_and_leaves_no_trace(
    text: str,
    said: str,
    replacing: bool,
    vendor: Path,
    own_home: Path,
    ring: MemoryKeyring,
) -> None:
    folder = own_home / "systems"
    if replacing:
        told(sites("connect", vendor, "--json"))
    before = {path.name: path.read_bytes() for path in folder.glob("*")}
    vendor.write_text(text, encoding="utf-8")
    refused = sites("connect", vendor, "--replace", "--default")
    assert refused.exit_code == 2
    assert said in refused.stderr
    assert "hunter2" not in refused.output
    assert {path.name: path.read_bytes() for path in folder.glob("*")} == before
    assert not (own_home / "settings.toml").exists()


def test_a_plug_in_that_cannot_be_loaded_is_not_connected(
    vendor: Path, own_home: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "griddesk_vendor.py").write_text("1 / 0\n")
    refused = sites("connect", vendor)
    assert refused.exit_code == 2
    assert "ZeroDivisionError" in refused.stderr
    assert not (own_home / "systems" / "jinan.toml").exists()
    caplog.clear()


@pytest.mark.parametrize(
    ("name", "args"), [("济南.toml", ()), ("a.toml", ("--name", "../b"))]
)
def test_a_name_that_cannot_be_a_systems_is_refused(
    name: str, args: tuple[str, ...], vendor: Path, own_home: Path
) -> None:
    file = vendor.rename(vendor.with_name(name))
    refused = sites("connect", file, *args)
    assert refused.exit_code == 2
    assert "--name" in refused.stderr
    assert not (own_home / "systems").exists()


def test_a_secret_is_read_from_standard_input_and_shown_nowhere(
    vendor: Path, own_home: Path, ring: MemoryKeyring
) -> None:
    told(sites("connect", vendor, "--json"))
    done = sites("secret", "jinan", "app-key", "--json", stdin="hunter2 值\r\n")
    shown = told(done)
    assert shown["stored"]
    assert ring.kept == {("griddesk/jinan", "app-key"): "hunter2 值"}
    assert done.stderr == ""
    assert "hunter2" not in done.output
    for file in own_home.rglob("*"):
        assert not file.is_file() or b"hunter2" not in file.read_bytes()
    assert told(sites("secret", "jinan", "app-key", "--delete", "--json"))["deleted"]
    assert ring.kept == {}
    again = told(sites("secret", "jinan", "app-key", "--delete", "--json"))
    assert not again["deleted"]


def test_a_secret_that_nothing_asks_for_is_doubted(
    vendor: Path, ring: MemoryKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(sites("connect", vendor, "--json"))
    done = sites("secret", "jinan", "tokem", stdin="hunter2")
    assert done.exit_code == 0
    assert "app-key、token" in done.stderr
    assert "还没有名为 jinnan" in sites("secret", "jinnan", "x", stdin="hunter2").stderr
    monkeypatch.setenv("GRIDDESK_SECRET_JINAN_TOKEN", "other-one")
    done = sites("secret", "jinan", "token", stdin="hunter2")
    assert "GRIDDESK_SECRET_JINAN_TOKEN" in done.stderr


def test_an_empty_secret_is_bad_input(ring: MemoryKeyring) -> None:
    assert sites("secret", "jinan", "token", stdin="\n").exit_code == 2
    assert ring.kept == {}


def test_without_a_key_ring_something_is_missing_and_listing_goes_on(
    vendor: Path, ring: MemoryKeyring
) -> None:
    ring.error = OSError("bus")
    refused = sites("secret", "jinan", "token", "--json", stdin="hunter2")
    assert told(refused, 3)["error"]["remedy"]
    (app_key, _) = told(sites("connect", vendor, "--json"))["secrets"]
    assert app_key["place"] is None
    assert app_key["problem"]


def test_systems_are_listed_with_routes_secrets_and_health(
    vendor: Path, own_home: Path, ring: MemoryKeyring
) -> None:
    told(sites("connect", vendor, "--json"))
    (own_home / "systems" / "wrong.toml").write_text("kind = 3\n")
    (own_home / "settings.toml").write_text(
        'schema = 2\n[backend.routes]\ndetection = "jinan"\n'
        '"work_orders region=济南" = "jinan"\n',
        encoding="utf-8",
    )
    listed = told(sites("systems", "--json"))["systems"]
    assert [each["name"] for each in listed] == ["demo", "jinan", "vendor", "wrong"]
    demo, jinan, _, wrong = listed
    assert (demo["routes"], demo["kind"]) == (["default"], "demo")
    assert jinan["routes"] == ["detection", "work_orders region=济南"]
    assert [each["name"] for each in jinan["secrets"]] == ["app-key", "token"]
    assert not wrong["health"]["ok"]
    assert wrong["health"]["remedy"]
    assert wrong["routes"] == []
    said = sites("systems").stdout
    assert "✓ jinan (vendor): 工单查询、目标检测" in said
    assert "密钥 token: 还没有存入" in said
    assert "✗ wrong" in said


def test_routes_that_cannot_be_read_are_bad_input(own_home: Path) -> None:
    own_home.mkdir()
    (own_home / "settings.toml").write_text(
        'schema = 2\n[backend.routes]\n"colour=red" = "demo"\n', encoding="utf-8"
    )
    assert told(sites("systems", "--json"), 2)["error"]["code"] == "settings.invalid"


def test_conforming_shows_every_rule_and_its_sentence(own_home: Path) -> None:
    site = told(sites("list", "--json"))["sites"][3]["id"]
    done = sites("conform", "demo", "--site", site)
    rules = [line for line in done.stdout.splitlines() if line[0] in "✓✗"]
    assert len(rules) == len(RULES)
    for line, (_, test) in zip(rules, RULES, strict=True):
        assert (test.__doc__ or "").splitlines()[0].removesuffix(".") in line
    assert site in done.stdout
    shown = told(sites("conform", "demo", "--json"))
    assert shown["ok"]
    assert all(rule["ok"] and rule["about"] for rule in shown["rules"])


def test_a_system_that_breaks_a_rule_is_status_one(
    vendor: Path, tmp_path: Path, ring: MemoryKeyring
) -> None:
    (tmp_path / "griddesk_vendor.py").write_text(
        PLUGIN.replace("context.name", "' spaced '"), encoding="utf-8"
    )
    told(sites("connect", vendor, "--json"))
    shown = told(sites("conform", "jinan", "--json"), 1)
    assert [rule["ok"] for rule in shown["rules"]].count(False) == 1
    assert "✗" in sites("conform", "jinan").stdout


@pytest.mark.parametrize("args", [("nobody",), ("demo", "--site", "nowhere")])
def test_conforming_asks_for_what_there_is(args: tuple[str, ...]) -> None:
    refused = sites("conform", *args)
    assert refused.exit_code == 2
    assert "nobody" in refused.stderr or "nowhere" in refused.stderr


def test_examples_are_listed_and_copied_but_never_over_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "resources" / "systems"
    folder.mkdir(parents=True)
    (folder / "jinan.toml").write_text(VENDOR, encoding="utf-8")
    monkeypatch.setattr(paths, "resources", lambda: tmp_path / "resources")
    listed = told(sites("examples", "--json"))["examples"]
    assert listed == [{"name": "jinan", "about": "厂商样例"}]
    target = tmp_path / "mine.toml"
    assert told(sites("examples", "jinan", target, "--json"))["file"] == str(target)
    assert target.read_text(encoding="utf-8") == VENDOR
    target.write_text("mine")
    assert sites("examples", "jinan", target).exit_code == 2
    assert target.read_text() == "mine"
    assert sites("examples", "nothing").exit_code == 2
