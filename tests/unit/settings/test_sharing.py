"""Settings go to another desk without secrets, and say what they change."""

from pathlib import Path

import pytest

from app.core.configuring import SettingChange
from app.core.errors import SettingsError
from app.settings.declaration import Settings, describe
from app.settings.file import changed, exported, keep_copy, load
from app.settings.sharing import clause, differences, incoming

SEAT = {"desk.operator", "desk.workstation", "microphone.device", "journal.folder"}


def another() -> Settings:
    made = Settings()
    for key, value in (
        ("desk.operator", "李明"),
        ("desk.workstation", "南湖1号"),
        ("microphone.device", "李明的耳机"),
        ("journal.folder", "/data/log"),
        ("agent.device", "cpu"),
        ("backend.name", "tickets"),
        ("backend.routes", {"detection": "cameras", "site=P009": "north"}),
        ("backend.timeout_s", 7.5),
        ("window.favourites", ("P001", "P002")),
        ("recordings.days", 60),
    ):
        made = changed(made, key, value)
    return made


def test_everything_but_the_seat_arrives(tmp_path: Path) -> None:
    assert {info.key for info in describe() if info.rule.seat} == SEAT
    file = tmp_path / "给 二号席.toml"
    file.write_text(exported(another()), encoding="utf-8")
    for word in ("李明", "南湖1号", "/data/log"):
        assert word not in file.read_text(encoding="utf-8")
    present = Settings()
    planned = incoming(file, present)
    assert planned.left == ()
    assert planned.warnings == ()
    keys = {each.key for each in planned.changes}
    assert keys == {
        "agent.device",
        "backend.name",
        "backend.routes",
        "backend.timeout_s",
        "window.favourites",
        "recordings.days",
    }
    assert planned.settings.backend == another().backend
    assert planned.settings.desk == present.desk


def test_what_was_emptied_there_is_emptied_here(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text(exported(Settings()), encoding="utf-8")
    planned = incoming(file, another())
    assert dict(planned.settings.backend.routes) == {}
    assert planned.settings.window.favourites == ()
    assert planned.settings.desk.operator == "李明"


def test_what_a_file_does_not_state_stays_and_nothing_is_written_beside_it(
    tmp_path: Path,
) -> None:
    file = tmp_path / "a.toml"
    file.write_text(
        'schema = 1\n[agent]\ndevice = "cuda"\n[desk]\noperator = "王工"\n'
        '[backend]\ncolour = "red"\n[backend.options]\npassword = "geheim"\n',
        encoding="utf-8",
    )
    before = file.read_bytes()
    planned = incoming(file, another())
    assert [clause(each) for each in planned.changes] == ["agent.device: cpu → cuda"]
    assert planned.left == ("desk.operator",)
    assert len(planned.warnings) == 2
    assert "geheim" not in "".join(planned.warnings)
    with_seat = incoming(file, another(), seat=True)
    assert with_seat.settings.desk.operator == "王工"
    assert list(tmp_path.iterdir()) == [file]
    assert file.read_bytes() == before


def test_an_old_desks_password_is_not_exported(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(
        'schema = 2\n[backend]\nname = "demo"\n[backend.options]\npassword = "geheim"\n'
        "[else]\nkey = 1\n",
        encoding="utf-8",
    )
    text = exported(load(file).settings)
    assert "geheim" not in text
    assert "options" not in text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[agent\n", "损坏"),
        ('[agent]\ndevice = "abacus"\n', "abacus"),
        ("schema = 0\n", "版本号"),
    ],
)
def test_a_file_that_cannot_be_is_refused(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=said):
        incoming(file, Settings())
    with pytest.raises(SettingsError, match="没有设置文件"):
        incoming(tmp_path / "b.toml", Settings())


def test_a_copy_is_kept_under_a_name_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    assert keep_copy(file, "before-import") is None
    file.write_text("# 我的\nschema = 2\n", encoding="utf-8")
    first, second = keep_copy(file, "before"), keep_copy(file, "before")
    assert first is not None
    assert second is not None
    assert first != second
    assert first.read_text(encoding="utf-8") == "# 我的\nschema = 2\n"


def test_differences_are_named_with_both_values() -> None:
    after = changed(Settings(), "backend.routes", {"detection": "c" * 80})
    (change,) = differences(Settings(), after)
    assert clause(change).startswith("backend.routes: (空) → detection = ccc")
    assert clause(change).endswith("c" * 80)


@pytest.mark.parametrize(
    ("key", "before", "after", "told"),
    [
        (
            "window.favourites",
            tuple(f"P{number:03}" for number in range(30)),
            tuple(f"P{number:03}" for number in range(31)),
            "(增加「P030」)",
        ),
        (
            "window.favourites",
            ("甲, 乙",),
            ("甲", "乙"),
            "增加「甲」, 增加「乙」, 去掉",
        ),
        ("window.favourites", ("甲", "乙"), ("乙", "甲"), "甲, 乙 → 乙, 甲"),
        (
            "backend.routes",
            {"a": "x" * 70, "b": "demo", "c": "d"},
            {"a": "x" * 70, "b": "other", "e": "f"},
            "(增加「e = f」, 去掉「c = d」, b 由「demo」改为「other」)",
        ),
        ("backend.name", "n" * 70, "n" * 70 + "m", f"{'n' * 70}m"),
    ],
)
def test_two_values_that_differ_at_their_end_are_told_apart(
    key: str, before: object, after: object, told: str
) -> None:
    sentence = clause(SettingChange(key=key, before=before, after=after))
    assert told in sentence
    assert "…" not in sentence
