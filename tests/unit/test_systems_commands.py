"""Site systems from the command line, on a key ring in memory."""

import json
import re
import socket
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from importlib.metadata import EntryPoint
from pathlib import Path
from unittest.mock import patch

import pytest
from click.testing import Result
from keyring.backends import fail
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from typer.testing import CliRunner

from app.cli import app
from app.commands.conforming import RULE_WORDS
from app.settings.file import load
from app.sites.backends import table
from app.sites.conformance import RULES
from app.system import paths
from tests.keyrings import MemoryKeyring, using
from tests.site_server import serving_in_thread

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
HTTP = """
kind = "http"
[connection]
base_url = "BASE"
[connection.auth]
kind = "token"
prefix = "Bearer "
secret = "token"
[envelope]
ok = "code == `0`"
code = "code"
message = "message"
[envelope.codes]
"4010" = "refused"
[work_orders]
items = "orders"
expected = "expected"
ticket = "ticket"
leader = "leader"
[work_orders.request]
path = "/orders/{site.work_order_key}"
[[detection]]
people = "people"
wearing = "wearing"
carrying = "carrying"
taken_at = "taken_at"
[detection.request]
path = "/scene/{site.id}"
"""
DIRECTORY = "id,name,aliases,region,work_order_key,cameras\nP001,一号塔,,济南,GD-77,\n"
SOUND = {"people": 9, "wearing": 8, "carrying": 1}
ORDERS = (
    {"expected": 7, "ticket": "GD-0001", "leader": "张三"},
    {"expected": 5, "ticket": "GD-0002", "leader": "张三"},
)


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
            {
                "name": "app-key",
                "place": None,
                "problem": "",
                "remedy": "请运行 griddesk sites secret jinan app-key。",
            },
            {"name": "token", "place": "keyring", "problem": "", "remedy": ""},
        ],
        "changed": True,
        "default": False,
    }
    assert kept.read_bytes() == vendor.read_bytes()
    assert [path.name for path in kept.parent.iterdir()] == ["jinan.toml"]
    assert load(own_home / "settings.toml").settings.backend.name == "demo"


def test_connecting_tells_a_person_what_to_do_next(
    vendor: Path, ring: MemoryKeyring
) -> None:
    first = told(sites("list", "--json"))["sites"][0]["id"]
    said = sites("connect", vendor).stdout
    assert "→ 请运行 griddesk sites secret jinan app-key。" in said
    assert f"存好密钥后运行 griddesk sites conform jinan --site {first}" in said
    ring.kept["griddesk/jinan", "app-key"] = ring.kept["griddesk/jinan", "token"] = "x"
    again = sites("connect", vendor)
    assert again.exit_code == 0
    assert "没有变化" in again.stdout
    assert "已添加" not in again.stdout
    assert f"下一步: griddesk sites conform jinan --site {first}" in again.stdout


@pytest.mark.parametrize(
    "address",
    [
        "https://site.example.com",
        "https://EXAMPLE.org:8443/x",
        "postgresql://me@db.example.net/w",
        "http://192.0.2.10:5000",
    ],
)
def test_an_address_that_is_still_the_examples_is_refused(
    address: str, vendor: Path, own_home: Path
) -> None:
    vendor.write_text(VENDOR.replace("https://vendor.example", address))
    refused = sites("connect", vendor, "--name", "east")
    assert refused.exit_code == 2
    assert "还是样例" in refused.stderr
    assert str(vendor) in refused.stderr
    assert not (own_home / "systems").exists()


@pytest.mark.parametrize(
    "address", ["https://myexample.com", "https://example.com.cn", "http://192.0.21.0"]
)
def test_an_address_that_only_looks_like_an_example_is_taken(
    address: str, vendor: Path, ring: MemoryKeyring
) -> None:
    vendor.write_text(VENDOR.replace("https://vendor.example", address))
    assert sites("connect", vendor).exit_code == 0


@pytest.mark.parametrize(
    "text", ["kind = ", 'kind = "vendor"\nx = ["', 'kind = "no"\n']
)
def test_a_mistake_is_told_of_the_file_that_was_given(
    text: str, vendor: Path, own_home: Path
) -> None:
    vendor.write_text(text)
    refused = sites("connect", vendor, "--name", "east")
    assert refused.exit_code == 2
    assert "east.toml" not in refused.stderr


def test_wrong_options_send_nobody_to_a_file_that_is_not_there(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('kind = "demo"\nx = 1\n')
    refused = sites("connect", file, "--name", "east")
    assert f"请更正 {file}" in refused.stderr
    assert "systems/east.toml" not in refused.stderr


def test_a_table_is_no_description(tmp_path: Path) -> None:
    file = tmp_path / "sites.csv"
    file.write_text(DIRECTORY, encoding="utf-8")
    refused = sites("connect", file)
    assert refused.exit_code == 2
    assert "sites.csv 不是 .toml 文件" in refused.stderr
    assert "sites.toml" not in refused.stderr


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


def test_a_secret_that_nothing_asks_for_is_refused(
    vendor: Path, ring: MemoryKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(sites("connect", vendor, "--json"))
    refused = sites("secret", "jinan", "tokem", stdin="hunter2")
    assert refused.exit_code == 2
    assert "app-key、token" in refused.stderr
    refused = sites("secret", "jinnan", "token", stdin="hunter2")
    assert refused.exit_code == 2
    assert "还没有名为 jinnan" in refused.stderr
    assert "jinan" in refused.stderr
    assert ring.kept == {}
    monkeypatch.setenv("GRIDDESK_SECRET_JINAN_TOKEN", "other-one")
    done = sites("secret", "jinan", "token", stdin="hunter2")
    assert "GRIDDESK_SECRET_JINAN_TOKEN" in done.stderr
    assert ring.kept == {("griddesk/jinan", "token"): "hunter2"}


def test_a_secret_of_a_system_that_is_gone_can_be_deleted(ring: MemoryKeyring) -> None:
    ring.kept["griddesk/gone", "token"] = "left-behind"
    assert told(sites("secret", "gone", "token", "--delete", "--json"))["deleted"]


def test_an_empty_secret_is_bad_input(vendor: Path, ring: MemoryKeyring) -> None:
    told(sites("connect", vendor, "--json"))
    refused = sites("secret", "jinan", "token", stdin="\n")
    assert refused.exit_code == 2
    assert "不能为空" in refused.stderr
    assert ring.kept == {}


def test_without_a_key_ring_something_is_missing_and_listing_goes_on(
    vendor: Path, ring: MemoryKeyring
) -> None:
    (app_key, _) = told(sites("connect", vendor, "--json"))["secrets"]
    ring.error = OSError("bus")
    refused = sites("secret", "jinan", "token", "--json", stdin="hunter2")
    assert "GRIDDESK_SECRET_JINAN_TOKEN" in told(refused, 3)["error"]["remedy"]
    (app_key, _) = told(sites("systems", "--json"))["systems"][1]["secrets"]
    assert app_key["place"] is None
    assert app_key["problem"]
    assert "GRIDDESK_SECRET_JINAN_APP_KEY" in app_key["remedy"]


def test_without_a_key_ring_the_real_variable_is_named_everywhere(
    vendor: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with using(fail.Keyring()):
        token = "请设置环境变量 GRIDDESK_SECRET_JINAN_TOKEN (本机没有钥匙串)"
        for said in (sites("connect", vendor).stdout, sites("systems").stdout):
            assert token in said
            assert "GRIDDESK_SECRET_JINAN_APP_KEY" in said
            assert "sites secret" not in said
        refused = sites("secret", "jinan", "token", stdin="hunter2")
        assert refused.exit_code == 3
        assert token in refused.stderr
        monkeypatch.setenv("GRIDDESK_SECRET_JINAN_TOKEN", "outside-1")
        done = sites("secret", "jinan", "token", stdin="")
        assert done.exit_code == 0
        assert "取自环境变量 GRIDDESK_SECRET_JINAN_TOKEN" in done.stdout
        assert "outside-1" not in done.output


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


def test_every_rule_has_a_chinese_sentence_of_its_own() -> None:
    assert [rule for rule, _ in RULES] == list(RULE_WORDS)
    assert len(set(RULE_WORDS.values())) == len(RULES)
    assert not any(words.isascii() for words in RULE_WORDS.values())


def test_conforming_shows_the_answers_and_every_rule() -> None:
    site = told(sites("list", "--json"))["sites"][3]["id"]
    done = sites("conform", "demo", "--site", site)
    assert site in done.stdout.splitlines()[0]
    answers, _, rules = done.stdout.partition("接口规则:\n")
    assert answers.count("✓") == 4
    lines = rules.splitlines()
    assert [line[2:] for line in lines] == list(RULE_WORDS.values())
    shown = told(sites("conform", "demo", "--json"))
    assert shown["ok"]
    assert len(shown["answers"]) == 4
    assert all(rule["ok"] and rule["about"] for rule in shown["rules"])


class Vendor:
    """A site system behind a real server; what it answers can be changed."""

    def __init__(self) -> None:
        self.orders: list[dict] = [dict(each) for each in ORDERS]
        self.scene: dict = dict(SOUND)
        self.age = timedelta(seconds=5)
        self.asked: list[str] = []
        self.app = Starlette(
            routes=[
                Route("/orders/{key}", self.answer),
                Route("/scene/{key}", self.answer),
            ]
        )

    @property
    def taken_at(self) -> datetime:
        return datetime.now(UTC) - self.age

    async def answer(self, request: Request) -> JSONResponse:
        self.asked.append(request.url.path)
        if request.headers.get("Authorization") != "Bearer right":
            return JSONResponse({"code": 4010, "message": "令牌无效"})
        if request.url.path.startswith("/orders/"):
            return JSONResponse({"code": 0, "orders": self.orders})
        taken_at = self.taken_at.isoformat()
        return JSONResponse({"code": 0, "taken_at": taken_at, **self.scene})


@pytest.fixture
def server(
    tmp_path: Path, own_home: Path, ring: MemoryKeyring
) -> Iterator[tuple[Vendor, str]]:
    own_home.mkdir()
    (own_home / "sites.csv").write_text(DIRECTORY, encoding="utf-8")
    (own_home / "systems").mkdir()
    ring.kept["griddesk/web", "token"] = "right"
    vendor = Vendor()
    with serving_in_thread(vendor.app) as url:
        text = HTTP.replace("BASE", url)
        (own_home / "systems" / "web.toml").write_text(text, encoding="utf-8")
        yield vendor, url


def answer_lines(done: Result) -> list[str]:
    return done.stdout.partition("接口规则:")[0].splitlines()[1:]


def test_conforming_prints_what_the_system_answers_about_the_site(
    server: tuple[Vendor, str],
) -> None:
    done = sites("conform", "web", "--site", "P001")
    assert done.exit_code == 0, done.output
    first = done.stdout.splitlines()[0]
    assert "P001 一号塔" in first
    assert "GD-77" in first
    order, *scenes = answer_lines(done)
    assert order == "✓ 工单查询: 应到 12 人 · 工单 GD-0001、GD-0002 · 负责人 张三"
    assert [line.partition(":")[0] for line in scenes] == [
        "✓ 目标检测 人数",
        "✓ 目标检测 安全帽",
        "✓ 目标检测 电笔",
    ]
    for line in scenes:
        assert re.search(
            r": 实到 9 人 · 戴安全帽 8 · 带电笔 1 · 拍摄 \d\d:\d\d:\d\d · 图片 0 张$",
            line,
        )
    shown = told(sites("conform", "web", "--site", "P001", "--json"))
    assert shown["ok"]
    order_json, people, *_ = shown["answers"]
    assert (order_json["question"], order_json["check"]) == ("work_orders", None)
    assert (order_json["ok"], order_json["expected"]) == (True, 12)
    assert order_json["ticket"] == "GD-0001、GD-0002"
    assert (people["question"], people["check"]) == ("detection", "headcount")
    assert (people["people"], people["wearing"], people["pictures"]) == (9, 8, 0)
    assert datetime.fromisoformat(people["taken_at"]).utcoffset() is not None


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        ("token", "代码 4010, 令牌无效"),
        ("secret", "密钥 token 没有存入本机钥匙串"),
        ("path", "没有这个地址 (状态 404)"),
        ("stopped", "拒绝连接"),
    ],
)
def test_a_system_that_gives_only_errors_does_not_pass(
    trouble: str,
    said: str,
    server: tuple[Vendor, str],
    own_home: Path,
    ring: MemoryKeyring,
) -> None:
    file = own_home / "systems" / "web.toml"
    text = file.read_text(encoding="utf-8")
    if trouble == "token":
        ring.kept["griddesk/web", "token"] = "wrong"
    elif trouble == "secret":
        ring.kept.clear()
    elif trouble == "path":
        text = text.replace("/orders/", "/orderz/").replace("/scene/", "/scenes/")
        file.write_text(text, encoding="utf-8")
    else:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
            file.write_text(
                text.replace(server[1], f"http://127.0.0.1:{port}"), encoding="utf-8"
            )
            done = sites("conform", "web", "--site", "P001")
    if trouble != "stopped":
        done = sites("conform", "web", "--site", "P001")
    assert done.exit_code == 1
    lines = answer_lines(done)
    wrong = [line for line in lines if line.startswith("✗")]
    assert len(wrong) == 4
    assert all(said in line for line in wrong), wrong
    assert len([line for line in lines if line.startswith("    → ")]) == 4
    assert "✓ 目标检测" not in done.stdout


@pytest.mark.parametrize(
    ("scene", "wrong"),
    [
        ({"people": None}, "人数 安全帽 电笔"),
        ({"wearing": None}, "安全帽"),
        ({"carrying": None}, "电笔"),
        ({"wearing": 10}, "安全帽"),
        ({"people": 0, "wearing": None, "carrying": None}, ""),
    ],
)
def test_a_count_that_is_not_given_fails_where_the_check_needs_it(
    scene: dict, wrong: str, server: tuple[Vendor, str]
) -> None:
    server[0].scene |= scene
    done = sites("conform", "web", "--site", "P001")
    failed = [line for line in answer_lines(done) if line.startswith("✗")]
    assert [line.split()[2].rstrip(":") for line in failed] == wrong.split()
    assert done.exit_code == (1 if wrong else 0)
    if None in scene.values():
        assert "没有给出" in done.stdout


def test_a_scene_that_is_too_old_fails_with_its_numbers(
    server: tuple[Vendor, str],
) -> None:
    server[0].age = timedelta(hours=2, minutes=1)
    done = sites("conform", "web", "--site", "P001")
    assert done.exit_code == 1
    assert "✗ 目标检测 人数: 画面是2小时前拍摄的 (实到 9 人" in done.stdout


def test_no_work_order_passes_with_a_doubt_about_the_key(
    server: tuple[Vendor, str],
) -> None:
    server[0].orders = [{"expected": 0, "ticket": "", "leader": ""}]
    done = sites("conform", "web", "--site", "P001")
    assert done.exit_code == 0, done.output
    (order, *_) = answer_lines(done)
    assert order.startswith("✓ 工单查询: 应到 0 人")
    assert "今日无工单; 若不对请核对站点的工单编号 GD-77" in order


def test_an_order_without_a_number_fails(server: tuple[Vendor, str]) -> None:
    server[0].orders = [{"expected": None, "ticket": "GD-1", "leader": ""}]
    done = sites("conform", "web", "--site", "P001")
    assert done.exit_code == 1
    assert "✗ 工单查询: 工单系统没有给出应到人数 (工单 GD-1)\n    → " in done.stdout


def test_a_system_that_does_not_answer_in_time_fails(
    vendor: Path, tmp_path: Path, own_home: Path, ring: MemoryKeyring
) -> None:
    (tmp_path / "griddesk_vendor.py").write_text(
        PLUGIN.replace("return", "made =")
        + "    made.expected = never\n    return made\n"
        + "import asyncio\nasync def never(site, at):\n"
        + "    await asyncio.Event().wait()\n",
        encoding="utf-8",
    )
    own_home.mkdir()
    (own_home / "settings.toml").write_text("schema = 2\n[backend]\ntimeout_s = 0.2\n")
    told(sites("connect", vendor, "--json"))
    with patched_rules("has a name"):
        done = sites("conform", "jinan")
    assert done.exit_code == 1
    order, remedy, *_ = answer_lines(done)
    assert order == "✗ 工单查询: 工单系统在0.2秒内没有答复"
    assert "timeout_s" in remedy


def patched_rules(*kept: str) -> AbstractContextManager[object]:
    """Try few rules: each waits as long as the system does."""
    rules = tuple(each for each in RULES if each[0] in kept)
    return patch("app.sites.conformance.RULES", rules)


def test_a_check_that_is_not_set_up_is_told_and_not_asked(
    server: tuple[Vendor, str], own_home: Path
) -> None:
    file = own_home / "systems" / "web.toml"
    text = file.read_text(encoding="utf-8")
    checks = '[[detection]]\nchecks = ["headcount", "helmet"]\n'
    file.write_text(text.replace("[[detection]]\n", checks), encoding="utf-8")
    done = sites("conform", "web", "--site", "P001")
    assert done.exit_code == 0, done.output
    assert "- 目标检测 电笔: 该系统的配置里没有这项检查" in done.stdout


def test_a_server_that_is_there_does_not_prove_the_login(
    server: tuple[Vendor, str], ring: MemoryKeyring
) -> None:
    ring.kept["griddesk/web", "token"] = "wrong"
    said = sites("systems").stdout
    state = next(line for line in said.splitlines() if "可以连接" in line)
    assert state.endswith("(登录和数字请用 sites conform 检验)")
    assert said.count("conform") == 1


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
    assert "nobody" in args or "griddesk sites list" in refused.stderr
    assert refused.stdout == ""


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
