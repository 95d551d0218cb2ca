"""The settings in the window: made from their declaration, kept with a name."""

import asyncio
import os
import signal
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QPushButton

from app.core.entries import DeskEvent
from app.core.people import Role
from app.desktop import main
from app.desktop.asking import ask_for_archive
from app.desktop.look import Look, ThemeName
from app.desktop.settings.door import SettingsDoor, wire_settings
from app.desktop.settings.fields import ChoiceField
from app.desktop.settings.page import SettingsPage
from app.desktop.settings.showing import ChangesDialog
from app.desktop.settings.words import DECLARED
from app.settings.declaration import SECTION_NAMES, Settings, describe
from app.settings.file import changed, exported, save, value_of
from tests.gui.conftest import Play, Stage
from tests.gui.own_settings import OwnSettings
from tests.gui.people_scenes import enter, leave, staffed
from tests.gui.support import DeskForTests, Expect, texts
from tests.gui.test_accessible import check
from tests.gui.test_help import active

EVERYTHING = {
    "desk.operator": "李明",
    "desk.workstation": "南湖1号",
    "microphone.device": "USB 麦克风 #2",
    "microphone.standby": "off",
    "backend.routes": {"detection": "cameras", "work_orders region=济南": "jinan"},
    "backend.timeout_s": 7.12345,
    "backend.max_concurrent": 32,
    "interface.hold_key": "Insert",
    "window.favourites": ("P001", "P002"),
    "voice.rate": -0.25,
    "recordings.keep": "flac",
}


def own_of(stage: Stage) -> OwnSettings:
    return OwnSettings(
        stage.desk.evidence_dir.parent / "settings.toml", stage.desk.presence
    )


async def opened(stage: Stage, own: OwnSettings) -> tuple[SettingsPage, SettingsDoor]:
    door = wire_settings(stage.window, Look(), stage.session, own)
    return await again(door), door


class Muting:
    """As much of a voice as the settings need."""

    def __init__(self) -> None:
        self.muted: list[bool] = []

    def set_muted(self, muted: bool) -> None:
        self.muted.append(muted)


async def again(door: SettingsDoor) -> SettingsPage:
    door.open()
    assert door.page is not None
    async with Expect(door.page.settled):
        pass
    return door.page


async def gone(door: SettingsDoor) -> None:
    """Wait until the page is deleted; the scene has its own limit."""
    while door.page is not None:
        await asyncio.sleep(0)


def put(page: SettingsPage, key: str, value: object) -> None:
    page.rows.row(key).field.put(value)  # type: ignore[arg-type]


def asked(page: SettingsPage) -> ChangesDialog:
    dialogs = [each for each in page.findChildren(ChangesDialog) if each.isVisible()]
    (dialog,) = dialogs
    return dialog


async def saved(page: SettingsPage) -> None:
    page.save.click()
    async with Expect(page.settled):
        asked(page).make.click()


def said(page: SettingsPage) -> str:
    return page.notice.text


def test_the_program_has_its_settings_at_hand_and_ends_with_some_unsaved(
    clean_qt: QApplication, tmp_path: Path
) -> None:
    desk = DeskForTests(tmp_path)
    own = OwnSettings(tmp_path / "settings.toml", desk.presence)
    found: list[SettingsDoor] = []

    def look() -> None:
        doors = [
            door
            for top in clean_qt.topLevelWidgets()
            for door in top.findChildren(SettingsDoor)
        ]
        if not doors:
            QTimer.singleShot(10, look)
            return
        found.extend(doors)
        doors[0].open()
        page = doors[0].page
        assert page is not None
        page.settled.connect(partial(edit_and_end, page))

    def edit_and_end(page: SettingsPage) -> None:
        put(page, "agent.device", "cpu")
        os.kill(os.getpid(), signal.SIGTERM)

    async def make() -> DeskForTests:
        QTimer.singleShot(0, look)
        return desk

    assert main.run_window(make, configuration=own) == 0
    assert len(found) == 1
    assert not own.path.exists()


def test_every_word_of_the_declaration_can_be_translated() -> None:
    declared = set(SECTION_NAMES.values())
    for info in describe():
        rule = info.rule
        declared |= {rule.name, rule.about, rule.unit, *rule.words}
        assert len(rule.words) in (0, len(rule.choices)), info.key
    assert declared - {""} == set(DECLARED)


def test_each_setting_is_shown_as_the_file_says_and_nothing_counts_as_edited(
    play: Play,
) -> None:
    async def scene(stage: Stage) -> None:
        own = own_of(stage)
        made = Settings()
        for key, value in EVERYTHING.items():
            made = changed(made, key, value)
        save(own.path, made)
        page, _ = await opened(stage, own)
        rows = {row.setting.key: row for row in page.rows.all}
        assert list(rows) == [info.key for info in describe()]
        for info in describe():
            row = rows[info.key]
            assert row.value == value_of(made, info.key), info.key
            assert row.differs == (row.value != info.default), info.key
            assert row.restore.isHidden() != row.differs
            assert "●" in row.state.text() or not row.differs
            assert row.key.text() == info.key
            if isinstance(row.field, ChoiceField):
                box = row.field.box
                letters, room = box.fontMetrics(), row.field.width() - 40
                for place in range(box.count()):
                    word = box.itemText(place)
                    assert letters.horizontalAdvance(word) < room, word
        assert page.changes == ()
        assert not page.save.isEnabled()
        page.close()

    play(scene)


def test_what_is_saved_is_shown_first_and_is_in_the_log_with_the_name(
    play: Play,
) -> None:
    async def scene(stage: Stage) -> None:
        own = own_of(stage)
        page, _ = await opened(stage, own)
        put(page, "agent.device", "cpu")
        put(page, "backend.routes", {"detection": "cameras"})
        put(page, "recordings.days", 60)
        assert "▲" in page.rows.row("agent.device").state.text()
        page.save.click()
        dialog = asked(page)
        shown = texts(dialog).replace("\u200b", "")
        assert "自动 → 处理器" in shown
        assert "（空） → detection = cameras" in shown
        assert "30 天 → 60 天" in shown
        assert not own.path.exists()
        dialog.back.click()
        assert not own.path.exists()
        assert len(page.changes) == 3
        await saved(page)
        assert own.settings.agent.device == "cpu"
        assert own.settings.backend.routes == {"detection": "cameras"}
        (event,) = own.entered
        assert event.by == "李明"
        assert "agent.device: auto → cpu" in event.detail
        assert "recordings.days: 30 → 60" in event.detail
        assert page.changes == ()
        assert "下次启动时生效：在哪里运行、分派、保留多久" in said(page)
        page.close()

    play(scene)


def test_the_default_comes_back_by_one_button(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        own = own_of(stage)
        own.put("backend.timeout_s", 9.0)
        page, _ = await opened(stage, own)
        row = page.rows.row("backend.timeout_s")
        row.restore.click()
        assert row.value == 5.0
        assert row.change is not None
        await saved(page)
        assert own.settings.backend.timeout_s == 5.0
        page.close()

    play(scene)


def test_what_the_window_keeps_itself_is_applied_at_once_and_said_so(
    play: Play,
) -> None:
    async def scene(stage: Stage) -> None:
        own, look, voice = own_of(stage), Look(), Muting()
        page = await again(
            wire_settings(stage.window, look, stage.session, own, voice)  # type: ignore[arg-type]
        )
        put(page, "interface.theme", "light")
        put(page, "voice.muted", "on")
        put(page, "window.favourites", ("s2",))
        put(page, "review.filters", {"告警": "severity=alarm"})
        for key in ("interface.theme", "window.favourites", "review.filters"):
            assert "保存后立即生效" in texts(page.rows.row(key))
        assert "下次启动时生效" in texts(page.rows.row("interface.scale"))
        await saved(page)
        assert look.theme.name is ThemeName.LIGHT
        assert voice.muted == [True]
        assert stage.window.aids.quick.favourites == ("s2",)
        assert stage.window.review._filters == {"告警": "severity=alarm"}
        assert "下次" not in said(page)
        page.close()

    play(scene)


def test_what_cannot_be_is_said_beside_its_field_and_the_rest_is_not_lost(
    play: Play,
) -> None:
    async def scene(stage: Stage) -> None:
        own = own_of(stage)
        page, _ = await opened(stage, own)
        put(page, "agent.device", "cpu")
        put(page, "desk.operator", " ")
        put(page, "voice.voice", "a\tb")
        assert "不能留空" in page.rows.row("desk.operator").told.text
        assert "控制字符" in page.rows.row("voice.voice").told.text
        page.save.click()
        assert page.findChildren(ChangesDialog) == []
        assert "2项不可用" in said(page)
        row = page.rows.row("desk.operator")
        assert row.isVisible()
        assert row.field.focusProxy() is page.focusWidget()
        assert not own.path.exists()
        put(page, "desk.operator", "王工")
        put(page, "voice.voice", "")
        await saved(page)
        assert own.settings.desk.operator == "王工"
        assert own.settings.agent.device == "cpu"
        page.close()

    play(scene)


def test_rows_of_a_table_are_added_removed_and_named_once(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        own = own_of(stage)
        page, _ = await opened(stage, own)
        row = page.rows.row("backend.routes")
        page.rows.show_row(row)
        more = row.field.focusProxy()
        assert isinstance(more, QPushButton)
        for name, text in (("detection", "cameras"), ("detection", "other")):
            more.click()
            place = row.field.focusWidget()
            assert isinstance(place, QLineEdit)
            QTest.keyClicks(place, name)
            place.nextInFocusChain().setText(text)  # type: ignore[attr-defined]
        assert "「detection」有两行" in row.told.text
        outs = [b for b in row.field.findChildren(QPushButton) if b.text() == "移除"]
        outs[1].click()
        assert row.fault == ""
        assert row.value == {"detection": "cameras"}
        more.click()
        assert row.value == {"detection": "cameras"}, "an empty row is none"
        await saved(page)
        assert own.settings.backend.routes == {"detection": "cameras"}
        page.close()

    play(scene)


def test_what_somebody_else_changed_meanwhile_is_not_taken_back(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        own = own_of(stage)
        page, _ = await opened(stage, own)
        put(page, "agent.device", "cpu")
        own.put("backend.name", "tickets")
        await saved(page)
        assert own.settings.backend.name == "tickets"
        assert page.rows.row("backend.name").value == "tickets"
        put(page, "backend.name", "mine")
        own.put("backend.name", "theirs")
        await saved(page)
        assert own.settings.backend.name == "theirs"
        assert "刚刚被别人改为 theirs" in said(page)
        (change,) = page.changes
        assert (change.before, change.after) == ("theirs", "mine")
        await saved(page)
        assert own.settings.backend.name == "mine"
        page.close()

    play(scene)


def test_a_full_log_changes_nothing_and_what_was_edited_stays(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        own = own_of(stage)
        page, _ = await opened(stage, own)
        put(page, "agent.device", "cpu")
        own.full = True
        await saved(page)
        assert "磁盘已满" in said(page)
        assert not own.path.exists()
        assert len(page.changes) == 1
        page.leave()

    play(scene)


def test_who_may_not_change_settings_reads_them_and_sees_who_may(play: Play) -> None:
    def prepare(desk: DeskForTests) -> None:
        staffed(desk)
        desk.people.put("yunwei", "袁伟", Role.INSTALLER)

    async def scene(stage: Stage) -> None:
        own = own_of(stage)
        await enter(stage.window, "wangjg")
        page, door = await opened(stage, own)
        assert "请由运维登录后操作" in page.about_rights.text
        row = page.rows.row("desk.operator")
        assert not row.field.isEnabled()
        assert not page.take.isEnabled()
        assert not page.give.isEnabled()
        await leave(stage.window)
        await enter(stage.window, "yunwei")
        # What another person had opened is closed.
        await gone(door)
        page = await again(door)
        assert page.about_rights.text == ""
        put(page, "agent.device", "cpu")
        await saved(page)
        assert own.entered[-1].by == "袁伟"
        page.close()

    play(scene, prepare=prepare)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[voice\n", "已损坏"),
        ('[agent]\ndevice = "abacus"\n', "abacus"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_and_left_alone(
    text: str, told: str, play: Play, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene(stage: Stage) -> None:
        own = own_of(stage)
        own.path.write_text(text)
        page, _ = await opened(stage, own)
        assert told in page.about_file.text
        assert not page.save.isEnabled()
        assert not page.take.isEnabled()
        assert not any(row.field.isEnabled() for row in page.rows.all)
        assert own.path.read_text() == text
        page.close()

    play(scene)


def test_keys_that_nobody_knows_are_told_and_stay(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        own = own_of(stage)
        own.path.write_text('# mine\n[voice]\nmutet = "on"\n')
        page, _ = await opened(stage, own)
        assert "voice.mutet" in page.about_file.text
        put(page, "voice.volume", 0.5)
        await saved(page)
        assert 'mutet = "on"' in own.path.read_text()
        assert own.path.read_text().startswith("# mine\n")
        page.close()

    play(scene)


def test_nobody_leaves_with_something_unsaved_unasked(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        own = own_of(stage)
        page, door = await opened(stage, own)
        put(page, "agent.device", "cpu")
        QTest.keyClick(page, Qt.Key.Key_Escape)
        assert page.isVisible()
        dialog = asked(page)
        assert "有1项改动没有保存" in texts(dialog)
        dialog.back.click()
        assert page.isVisible()
        # The whole window asks too.
        closed: list[int] = []
        stage.window.close_wanted.connect(lambda: closed.append(1))
        stage.window.close()
        assert closed == []
        asked(page).make.click()
        await gone(door)
        assert own.settings.agent.device == "cpu"
        stage.window.close()
        assert closed == [1]
        page = await again(door)
        put(page, "agent.device", "cuda")
        page.close()
        asked(page).drop.click()
        await gone(door)
        assert own.settings.agent.device == "cpu"

    play(scene)


class Slow:
    """A log that takes an entry only when it is told to go on."""

    def __init__(self, own: OwnSettings) -> None:
        self.entering, self.on = asyncio.Event(), asyncio.Event()
        self._note = own._note
        own._keeper._note = self._slowly

    def wait_again(self) -> None:
        self.entering.clear()
        self.on.clear()

    async def _slowly(self, event: DeskEvent) -> DeskEvent:
        self.entering.set()
        await self.on.wait()
        return await self._note(event)


async def save_begun(page: SettingsPage, slow: Slow) -> None:
    page.save.click()
    asked(page).make.click()
    await slow.entering.wait()


def test_who_closes_while_it_is_saved_is_asked_only_about_what_was_not(
    play: Play,
) -> None:
    async def scene(stage: Stage) -> None:
        own, quick = own_of(stage), stage.window.aids.quick
        page, door = await opened(stage, own)
        slow = Slow(own)
        put(page, "window.favourites", ("s2",))
        await save_begun(page, slow)
        own.full = True
        page.close()
        assert page.isVisible()
        assert [d for d in page.findChildren(ChangesDialog) if d.isVisible()] == []
        assert "完成后关闭" in said(page)
        async with Expect(page.settled):
            slow.on.set()
        # The log was full: now it is asked about.
        asked(page).back.click()
        assert not own.path.exists()
        own.full = False
        slow.wait_again()
        await save_begun(page, slow)
        page.close()
        slow.on.set()
        await gone(door)
        assert own.settings.window.favourites == ("s2",)
        assert quick.favourites == ("s2",)
        # Even where the page is gone before the entry is durable.
        page = await again(door)
        slow.wait_again()
        put(page, "window.favourites", ("s1",))
        await save_begun(page, slow)
        page.leave()
        await gone(door)
        slow.on.set()
        while quick.favourites != ("s1",):
            await asyncio.sleep(0)
        assert own.settings.window.favourites == ("s1",)

    play(scene)


def test_only_a_touched_row_is_edited_and_a_faulty_one_is_not_lost_unasked(
    play: Play,
) -> None:
    async def scene(stage: Stage) -> None:
        own = own_of(stage)
        own.put("window.favourites", (" 甲", "乙"))
        own.put("backend.routes", {"detection": "cameras", "site=P1 ": "x"})
        page, door = await opened(stage, own)
        # Spaces of the file are no edit.
        assert page.changes == ()
        row = page.rows.row("window.favourites")
        second = row.field.findChildren(QLineEdit)[1]
        second.setText(" 丙 ")
        assert row.value == (" 甲", "丙")
        second.setText("乙")
        assert page.changes == ()
        row = page.rows.row("backend.routes")
        page.rows.show_row(row)
        more = row.field.focusProxy()
        assert isinstance(more, QPushButton)
        more.click()
        for box, text in zip(
            row.field.findChildren(QLineEdit)[4:], ("detection", "cameras"), strict=True
        ):
            box.setText(text)
        assert (row.change, page.changes) == (None, ())
        assert "1项不可用" in page.count.text()
        page.save.click()
        assert "1项不可用，没有保存" in said(page)
        page.close()
        assert page.isVisible()
        dialog = asked(page)
        assert "有1项改动没有保存" in texts(dialog)
        assert "「detection」有两行" in texts(dialog)
        assert "1项不可用，没有保存" in texts(dialog)
        assert dialog.make.isHidden()
        dialog.back.click()
        closed: list[int] = []
        stage.window.close_wanted.connect(lambda: closed.append(1))
        stage.window.close()
        assert closed == []
        asked(page).drop.click()
        await gone(door)

    play(scene)


def test_an_import_makes_what_was_shown_and_shows_what_was_made(
    play: Play, tmp_path: Path
) -> None:
    async def scene(stage: Stage) -> None:
        own = own_of(stage)
        sites = tuple(f"P{number:03}" for number in range(40))
        own.put("window.favourites", sites)
        page, _ = await opened(stage, own)
        file = tmp_path / "a.toml"
        rare = page.rows.row("agent.quantisation")
        page.rows.sections.setCurrentRow(3)
        assert rare.isHidden()
        theirs = Settings()
        for key, value in (
            ("agent.quantisation", "8bit"),
            ("window.favourites", (*sites, "P999")),
            ("backend.name", "theirs"),
        ):
            theirs = changed(theirs, key, value)
        file.write_text(exported(theirs), encoding="utf-8")
        async with Expect(page.settled):
            page.import_from(str(file))
        dialog = asked(page)
        # What is new at the end of a long list is seen.
        assert "增加「P999」" in texts(dialog)
        file.write_text('[agent]\ndevice = "cuda"\n', encoding="utf-8")
        own.put("backend.name", "theirs")
        async with Expect(page.settled):
            dialog.make.click()
        assert own.settings.agent.quantisation == "8bit"
        assert own.settings.agent.device == "auto"
        assert own.settings.window.favourites[-1] == "P999"
        assert "已导入2项" in said(page)
        assert "站点系统" not in said(page)
        # A rare setting that is no longer the default is seen.
        assert not rare.isHidden()
        # Nobody is asked to replace a file that is not replaced then.
        silent = QFileDialog.Option.DontConfirmOverwrite
        page.ask_export()
        (asking,) = page.findChildren(QFileDialog)
        assert asking.testOption(silent)
        asking.reject()
        archive = ask_for_archive(page, lambda _: None)
        assert not archive.testOption(silent)
        archive.reject()
        page.close()

    play(scene)


def test_settings_of_another_desk_are_shown_before_they_are_taken(
    play: Play, tmp_path: Path
) -> None:
    async def scene(stage: Stage) -> None:
        own = own_of(stage)
        own.put("agent.device", "cpu")
        page, _ = await opened(stage, own)
        file = tmp_path / "给 二号席.toml"
        async with Expect(page.settled):
            page.export_to(str(file))
        assert "密钥不在设置里" in said(page)
        assert "李明" not in file.read_text("utf-8")
        async with Expect(page.settled):
            page.export_to(str(file))
        assert "已经存在" in said(page)
        async with Expect(page.settled):
            page.import_from(str(file))
        assert "没有改动" in said(page)
        own.put("agent.device", "cuda")
        own.put("interface.theme", "light")
        async with Expect(page.settled):
            page.import_from(str(file))
        dialog = asked(page)
        assert "显卡 → 处理器" in texts(dialog)
        assert own.settings.agent.device == "cuda"
        async with Expect(page.settled):
            dialog.make.click()
        assert own.settings.agent.device == "cpu"
        assert own.entered[-1].detail.endswith("(导入 给 二号席.toml)")
        assert "settings.before-import" in said(page)
        assert list(own.path.parent.glob("settings.before-import*"))
        page.close()

    play(scene)


def test_a_word_finds_settings_in_every_section_and_the_rare_ones(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        page, _ = await opened(stage, own_of(stage))
        page.rows.sections.setCurrentRow(3)

        def shown() -> list[str]:
            return [r.setting.key for r in page.rows.all if not r.isHidden()]

        assert shown() == ["agent.model", "agent.adapter", "agent.device"]
        page.advanced.click()
        assert "agent.quantisation" in shown()
        page.advanced.click()
        check(page)
        for word, key in (
            ("显存", "agent.quantisation"),
            ("BACKEND.max_c", "backend.max_concurrent"),
            ("站点系统 数据", "backend.max_age_s"),
            ("浅色", "interface.theme"),
        ):
            page.rows.filter.setText(word)
            assert shown() == [key]
        page.rows.filter.setText("没有的东西")
        assert shown() == []
        assert page.rows.nothing.isVisible()
        page.rows.sections.setCurrentRow(0)
        assert page.rows.filter.text() == ""
        assert shown() == ["desk.operator", "desk.workstation"]
        page.close()

    play(scene)


def test_the_key_and_the_explanation_of_a_part_open_it_once(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        own = own_of(stage)
        door = wire_settings(stage.window, Look(), stage.session, own)
        if not stage.window.strip.buttons:
            async with Expect(stage.session.health_known):
                pass
        stage.window.strip.buttons[0].click()
        popup = stage.window.strip.popup
        assert popup is not None
        (way,) = (
            each for each in popup.findChildren(QPushButton) if "设置" in each.text()
        )
        way.click()
        page = door.page
        assert page is not None
        async with Expect(page.settled):
            pass
        await active(stage.window)
        control = Qt.KeyboardModifier.ControlModifier
        QTest.keyClick(stage.window, Qt.Key.Key_Comma, control)
        assert door.page is page
        # All of it goes by keys: save, and find.
        await active(page)
        put(page, "agent.device", "cpu")
        QTest.keyClick(page, Qt.Key.Key_F, control)
        assert page.focusWidget() is page.rows.filter
        QTest.keyClick(page, Qt.Key.Key_S, control)
        assert asked(page).focusWidget() is asked(page).make
        page.leave()

    play(scene)
