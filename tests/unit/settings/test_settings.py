"""Settings: declared once, checked when made, saved without losing anything."""

import socket
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from tomlkit import TOMLDocument

from app.core.errors import SettingsError
from app.settings import file
from app.settings.declaration import (
    AgentSettings,
    BackendSettings,
    Settings,
    describe,
    nearest,
)
from app.settings.file import LoadedSettings, changed, load, save


def test_defaults_work_on_a_fresh_machine(tmp_path: Path) -> None:
    loaded = load(tmp_path / "none" / "settings.toml")
    assert loaded == LoadedSettings(settings=Settings())
    desk, agent = loaded.settings.desk, loaded.settings.agent
    assert (desk.operator, desk.workstation) == ("值班员", socket.gethostname())
    assert (agent.model, agent.device) == ("glm-mini", "auto")
    assert loaded.settings.backend.name == "demo"
    assert loaded.settings.recogniser.model == "vosk-model-small-cn-0.22"
    assert not (tmp_path / "none").exists()


def test_every_setting_has_a_chinese_description() -> None:
    for info in describe():
        assert any("\u4e00" <= c <= "\u9fff" for c in info.rule.about), info.key
    assert {info.kind for info in describe()} == {
        str,
        int,
        float,
        tuple,
        Mapping,
    }


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "a" / "settings.toml"
    routes = {"work_orders region=济南": "jinan", 'site="8"': "cams"}
    settings = changed(Settings(), "backend.routes", routes)
    settings = changed(settings, "interface.scale", 2)
    settings = changed(settings, "microphone.device", "USB 麦克风 #2")
    save(path, settings)
    assert load(path) == LoadedSettings(settings=settings)
    assert "# 值班员姓名" in path.read_text(encoding="utf-8")
    assert path.stat().st_mode & 0o077 == 0
    assert [p.name for p in path.parent.iterdir()] == ["settings.toml"]


def test_saving_keeps_comments_order_and_unknown_keys(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(
        "# 手写的\nschema = 2\n[future]\nx = [1, 2]\n\n[agent]\n"
        'model = "glm-mini"   # 自带\nnovel = 3\n'
        '[backend.routes]\ndetection = "cams" # 内网\n',
        encoding="utf-8",
    )
    loaded = load(path)
    assert [w for w in loaded.warnings if "future" in w]
    assert [w for w in loaded.warnings if "agent.novel" in w]
    settings = changed(loaded.settings, "agent.model", "glm-4-9b")
    routes = {"detection": "new", "region=济南": "jinan"}
    settings = changed(settings, "backend.routes", routes)
    settings = changed(settings, "desk.operator", "李明")
    save(path, settings)
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# 手写的\nschema = 2\n[future]\nx = [1, 2]\n")
    assert 'model = "glm-4-9b"   # 自带\nnovel = 3' in text
    assert 'detection = "new" # 内网' in text
    assert "timeout_s" not in text, "a default nobody wrote stays unwritten"
    assert load(path).settings == settings


def test_saving_unchanged_settings_changes_no_byte(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text('schema=2\n[desk]\noperator   = "甲"  # 班长\n', encoding="utf-8")
    before = path.read_bytes()
    save(path, load(path).settings)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("agent.device", "gpu", "auto / cpu / cuda"),
        # The first types, the second is the window's, the third is no key at all.
        ("interface.hold_key", "A", "F8"),
        ("interface.hold_key", "F9", "F8"),
        ("interface.hold_key", "说话", "F8"),
        ("backend.timeout_s", 0, "0.1 到 120 秒"),
        ("backend.timeout_s", "3", "数字"),
        ("backend.timeout_s", float("nan"), "数字"),
        ("backend.max_concurrent", 2.5, "整数"),
        ("backend.max_concurrent", True, "整数"),
        ("desk.operator", "  ", "非空文字"),
        ("desk.operator", "a\nb", "控制字符"),
        ("desk.operator", 7, "加引号"),
        ("backend.max_concurrent", 513, "1 到 512"),
        ("backend.routes", "x", "名称 = 文字"),
        ("backend.routes", {"detection": [1]}, "加引号"),
        ("window.favourites", "SD-JN-001", "一组文字"),
        ("window.favourites", ["SD-JN-001", 7], "加引号"),
        ("window.favourites", [""], "非空文字"),
        ("window.guide", "yes", "on / off"),
        ("window.language", "fr", "auto / zh_CN / en"),
    ],
)
def test_a_wrong_value_is_refused_by_name(
    key: str, value: object, allowed: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        changed(Settings(), key, value)
    assert key in caught.value.message
    assert allowed in caught.value.message
    assert key in caught.value.remedy


def test_a_section_cannot_be_made_wrong() -> None:
    with pytest.raises(SettingsError):
        AgentSettings(quantisation="3bit")
    with pytest.raises(SettingsError):
        replace(BackendSettings(), max_age_s=-1)


def test_a_wrong_value_in_the_file_is_an_error_and_not_a_default(
    tmp_path: Path,
) -> None:
    path = tmp_path / "settings.toml"
    path.write_text('[backend]\ntimeout_s = "soon"\n')
    with pytest.raises(SettingsError, match=r"backend\.timeout_s"):
        load(path)
    path.write_text("agent = 3\n")
    with pytest.raises(SettingsError, match=r"\[agent\]"):
        load(path)


@pytest.mark.parametrize("beginning", ["", "# 手写的\n"])
def test_a_wrong_value_in_a_file_without_a_version_is_no_failed_migration(
    tmp_path: Path, beginning: str
) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(beginning + '[interface]\ntheme = "pink"\n', encoding="utf-8")
    before = path.read_bytes()
    with pytest.raises(SettingsError) as caught:
        load(path)
    assert "interface.theme" in caught.value.message
    assert "dark / light" in caught.value.message
    assert "升级" not in str(caught.value)
    assert "删除这一行" in caught.value.remedy
    assert path.read_bytes() == before


def test_a_list_is_kept_and_what_stands_around_it_stays(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(
        'schema = 2\n[window]\nfavourites = [ "a",  "b" ]  # 老张要的\n',
        encoding="utf-8",
    )
    settings = load(path).settings
    assert settings.window.favourites == ("a", "b")
    before = path.read_bytes()
    save(path, settings)
    assert path.read_bytes() == before, "nothing changed"
    save(path, changed(settings, "window.favourites", ("b", "c")))
    assert "# 老张要的" in path.read_text(encoding="utf-8")
    assert load(path).settings.window.favourites == ("b", "c")
    save(path, changed(settings, "window.favourites", ()))
    assert load(path).settings.window.favourites == ()


def test_a_fresh_file_holds_the_list_in_its_own_notation(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    save(path, changed(Settings(), "window.favourites", ("SD-JN-001",)))
    assert 'favourites = ["SD-JN-001"]' in path.read_text(encoding="utf-8")
    assert load(path).settings.window.favourites == ("SD-JN-001",)


def test_a_typo_names_the_nearest_key(tmp_path: Path) -> None:
    assert nearest("agent.devise") == "agent.device"
    assert nearest("desk.hold_key") == "interface.hold_key"
    assert nearest("zzz.qqq") == ""
    path = tmp_path / "settings.toml"
    path.write_text('schema = 2\n[desk]\noperater = "x"\n')
    (warning,) = load(path).warnings
    assert "desk.operater" in warning
    assert "desk.operator" in warning
    with pytest.raises(SettingsError, match=r"agent\.device"):
        changed(Settings(), "agent.devise", "cpu")


@pytest.mark.parametrize("content", [b"[desk\n", b"\xff\xfe\x00", b"a=1\na=2"])
def test_a_corrupt_file_is_said_each_time_and_left_alone(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "settings.toml"
    path.write_bytes(content)
    for _ in range(2):
        loaded = load(path)
        assert loaded.broken
        assert loaded.settings == Settings()
        (warning,) = loaded.warnings
        assert "已损坏" in warning
        assert "不查询任何系统" in warning
    with pytest.raises(SettingsError, match="没有保存"):
        save(path, Settings())
    assert [each.read_bytes() for each in tmp_path.iterdir()] == [content]


def test_routes_may_be_added_below_a_file_that_the_program_wrote(
    tmp_path: Path,
) -> None:
    path = tmp_path / "settings.toml"
    save(path, changed(Settings(), "backend.name", "tickets"))
    with path.open("a", encoding="utf-8") as file:
        file.write('\n[backend.routes]\n"detection" = "cameras"\n')
    loaded = load(path)
    assert not loaded.broken
    assert loaded.warnings == ()
    assert loaded.settings.backend.routes == {"detection": "cameras"}
    assert loaded.settings.backend.name == "tickets"


def test_a_byte_order_mark_is_no_corruption(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text('[desk]\noperator = "甲"\n', encoding="utf-8-sig")
    assert load(path).settings.desk.operator == "甲"


def test_a_file_that_cannot_be_read_or_written_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="读不出来"):
        load(tmp_path)
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(SettingsError):
        save(blocked / "settings.toml", Settings())


def test_a_crash_while_saving_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "settings.toml"
    save(path, Settings())
    before = path.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(file.os, "fsync", full)
    with pytest.raises(SettingsError, match="写不进去"):
        save(path, changed(Settings(), "desk.operator", "乙"))
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["settings.toml"]


def test_options_that_nobody_wrote_go_with_the_first_layout(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(
        'schema = 1\n[backend]\nname = "demo"  # 演示\noptions = {}\ntimeout_s = 3.0\n',
        encoding="utf-8",
    )
    loaded = load(path)
    assert "版本2" in loaded.warnings[0]
    assert len(loaded.warnings) == 1
    assert loaded.settings.backend.timeout_s == 3
    assert path.read_text(encoding="utf-8") == (
        'schema = 2\n[backend]\nname = "demo"  # 演示\ntimeout_s = 3.0\n'
    )
    assert load(path).warnings == ()


def test_options_of_the_first_layout_are_kept_and_told_where_to_go(
    tmp_path: Path,
) -> None:
    path = tmp_path / "settings.toml"
    written = '[backend]\nname = "demo"\n[backend.options]\nurl = "http://a"\n'
    path.write_text("schema = 1\n" + written, encoding="utf-8")
    _, warning = load(path).warnings
    assert "backend.options" in warning
    assert "systems/" in warning
    assert "griddesk sites connect" in warning
    assert path.read_text(encoding="utf-8") == "schema = 2\n" + written
    assert load(path).warnings == (warning,), "until somebody has moved them"


def _rename_mic(document: TOMLDocument) -> None:
    document["microphone"] = {"device": document.pop("mic")}


def test_an_older_file_is_migrated_and_backed_up(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text('# 我的\nschema = 1\nmic = "USB"\n', encoding="utf-8")
    loaded = load(path, schema=2, migrations={1: _rename_mic})
    assert loaded.settings.microphone.device == "USB"
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# 我的\nschema = 2")
    (backup,) = tmp_path.glob("settings.v1-*.toml")
    assert 'mic = "USB"' in backup.read_text(encoding="utf-8")
    assert backup.name in loaded.warnings[0]
    assert load(path, schema=2, migrations={}).warnings == ()


@pytest.mark.parametrize("migrations", [{}, {1: _rename_mic}])
def test_a_failed_migration_leaves_the_file_as_it_was(
    tmp_path: Path, migrations: dict[int, file.Migration]
) -> None:
    path = tmp_path / "settings.toml"
    path.write_text('schema = 1\n[desk]\noperator = "甲"\n', encoding="utf-8")
    before = path.read_bytes()
    with pytest.raises(SettingsError, match="没有改动"):
        load(path, schema=2, migrations=migrations)
    assert path.read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


def test_a_newer_file_is_used_as_far_as_known(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text('schema = 9\n[desk]\noperator = "甲"\n', encoding="utf-8")
    loaded = load(path)
    assert loaded.settings.desk.operator == "甲"
    assert "版本9" in loaded.warnings[0]
    save(path, loaded.settings)
    assert path.read_text(encoding="utf-8").startswith("schema = 9")
    path.write_text("schema = 'x'\n")
    with pytest.raises(SettingsError, match="schema"):
        load(path)


def test_saved_filters_are_kept_overwritten_and_deleted_in_the_file(
    tmp_path: Path,
) -> None:
    path = tmp_path / "settings.toml"
    save(path, Settings())
    for kept in (
        {"本周.未结": "span=week open=yes", "a = b": "text='没戴 \"帽\"'"},
        {"本周.未结": "span=month"},
        {},
    ):
        save(path, changed(load(path).settings, "review.filters", kept))
        assert load(path).settings.review.filters == kept
