"""Secrets of site systems: kept in a key ring, told to nobody."""

import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail, null
from keyring.backends.chainer import ChainerBackend
from keyring.errors import KeyringLocked, NoKeyringError

from app.core.errors import (
    BackendRefusedError,
    LibraryMissingError,
    MissingError,
    UsageError,
)
from app.sites import secrets as secrets_module
from app.sites.secrets import KeyringSecrets, SecretPlace, variable, wanted
from app.system.logging import setup_logging
from tests.keyrings import MemoryKeyring, using


@pytest.fixture
def ring() -> Iterator[MemoryKeyring]:
    made = MemoryKeyring()
    with using(made):
        yield made


def test_a_secret_is_kept_under_system_and_name(ring: MemoryKeyring) -> None:
    secrets = KeyringSecrets()
    assert secrets.place("jinan", "token") is None
    assert "Memory" in secrets.set("jinan", "token", "第一把-key")
    assert ring.kept == {("griddesk/jinan", "token"): "第一把-key"}
    assert secrets.get("jinan", "token") == "第一把-key"
    assert secrets.place("jinan", "token") is SecretPlace.KEYRING
    assert secrets.delete("jinan", "token")
    assert not secrets.delete("jinan", "token")
    assert ring.kept == {}


def test_a_secret_that_is_nowhere_names_the_command_that_keeps_it(
    ring: MemoryKeyring,
) -> None:
    with pytest.raises(BackendRefusedError) as caught:
        KeyringSecrets().get("jinan", "token")
    assert caught.value.message == "系统 jinan 的密钥 token 没有存入本机钥匙串"
    assert "griddesk sites secret jinan token" in caught.value.remedy


def test_deleting_a_secret_forgets_it_at_once(ring: MemoryKeyring) -> None:
    secrets = KeyringSecrets()
    secrets.set("jinan", "token", "to-be-deleted")
    assert secrets.get("jinan", "token") == "to-be-deleted"
    secrets.delete("jinan", "token")
    with pytest.raises(BackendRefusedError):
        secrets.get("jinan", "token")


def test_the_key_ring_is_not_asked_for_every_question(
    ring: MemoryKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = KeyringSecrets()
    ring.kept["griddesk/jinan", "token"] = "asked-once"
    assert {secrets.get("jinan", "token") for _ in range(500)} == {"asked-once"}
    assert ring.asked == 1
    # And what another program changed is seen after a while.
    ring.kept["griddesk/jinan", "token"] = "renewed"
    monkeypatch.setattr(secrets_module, "KEPT_S", 0)
    assert secrets.get("jinan", "token") == "renewed"


def test_the_environment_wins_and_needs_no_key_ring(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert variable("ji-nan", "app-key") == "GRIDDESK_SECRET_JI_NAN_APP_KEY"
    monkeypatch.setenv("GRIDDESK_SECRET_JI_NAN_APP_KEY", "from-outside")
    with using(fail.Keyring()):
        secrets = KeyringSecrets()
        assert secrets.get("ji-nan", "app-key") == "from-outside"
        assert secrets.place("ji-nan", "app-key") is SecretPlace.ENVIRONMENT
        with pytest.raises(BackendRefusedError, match="钥匙串"):
            secrets.get("ji-nan", "other")


def test_an_empty_variable_is_none(
    ring: MemoryKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRIDDESK_SECRET_JINAN_TOKEN", "")
    ring.kept["griddesk/jinan", "token"] = "from-the-ring"
    assert KeyringSecrets().get("jinan", "token") == "from-the-ring"


class PlainFile(MemoryKeyring):
    """Stands where the plain-text store of keyrings.alt stands."""


PlainFile.__module__ = "keyrings.alt.file"


@pytest.mark.parametrize("make", [fail.Keyring, null.Keyring, PlainFile])
def test_a_store_that_keeps_nothing_or_plain_text_is_refused(
    make: Callable[[], KeyringBackend],
) -> None:
    store = make()
    with using(store):
        secrets = KeyringSecrets()
        with pytest.raises(LibraryMissingError, match="没有可用的钥匙串") as caught:
            secrets.set("jinan", "token", "must-not-be-kept")
        needed = "请设置环境变量 GRIDDESK_SECRET_JINAN_TOKEN (本机没有钥匙串)。"
        assert caught.value.remedy == needed
        with pytest.raises(LibraryMissingError) as caught:
            secrets.place("jinan", "token")
        assert caught.value.remedy == needed
        with pytest.raises(BackendRefusedError) as refused:
            secrets.get("jinan", "token")
        assert refused.value.remedy == needed
        health = secrets.health()
    assert not health.ok
    assert health.remedy
    assert not getattr(store, "kept", {})


def test_in_a_chain_plain_text_is_left_out(
    ring: MemoryKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = PlainFile()
    plain.kept["griddesk/jinan", "old"] = "plain-text"
    plain.priority, ring.priority = 9, 5
    monkeypatch.setattr("keyring.backend.get_all_keyring", lambda: [plain, ring])
    with using(ChainerBackend()):
        secrets = KeyringSecrets()
        secrets.set("jinan", "token", "into-the-safe-one")
        assert secrets.place("jinan", "old") is None
    assert ring.kept == {("griddesk/jinan", "token"): "into-the-safe-one"}


class Forgetful(MemoryKeyring):
    """Takes everything, has nothing."""

    def set_password(self, service: str, username: str, password: str) -> None:
        pass


def test_a_store_that_did_not_keep_the_secret_is_told() -> None:
    with using(Forgetful()), pytest.raises(MissingError, match="没有留住"):
        KeyringSecrets().set("jinan", "token", "lost-at-once")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (KeyringLocked("no unlocking of hunter2"), "没有解锁"),
        (NoKeyringError("hunter2"), "没有可用的钥匙串"),
        (OSError("hunter2 bus is gone"), "出错 (OSError)"),
    ],
)
def test_a_failing_key_ring_is_a_sentence_with_a_remedy(
    error: Exception, said: str, ring: MemoryKeyring
) -> None:
    ring.error = error
    with pytest.raises(BackendRefusedError) as refused:
        KeyringSecrets().get("jinan", "token")
    with pytest.raises(MissingError) as missing:
        KeyringSecrets().set("jinan", "token", "some-secret")
    for caught in (refused, missing):
        assert said in caught.value.message
        assert caught.value.remedy
        assert "系统名" not in caught.value.remedy
        assert "hunter2" not in str(caught.value)


class NoWaiting:
    """A turn that nobody may wait for."""

    def acquire(self, timeout: float) -> bool:
        raise AssertionError("waited behind a question that is overdue")


def test_a_key_ring_that_waits_for_a_person_holds_nobody_up() -> None:
    unlocked, asked = threading.Event(), threading.Event()

    class Waiting(MemoryKeyring):
        def get_password(self, service: str, username: str) -> str | None:
            asked.set()
            unlocked.wait()
            return super().get_password(service, username)

    store = Waiting()
    store.kept["griddesk/jinan", "token"] = "after-unlocking"
    with using(store):
        secrets = KeyringSecrets(patience_s=0.05)
        try:
            with pytest.raises(BackendRefusedError, match="没有及时答复"):
                secrets.get("jinan", "token")
            assert asked.is_set()
            asked.clear()
            turn, secrets._turn = secrets._turn, NoWaiting()
            with pytest.raises(BackendRefusedError, match="没有及时答复"):
                secrets.get("jinan", "token")
            assert not asked.is_set(), "one open question is enough"
            secrets._turn = turn
        finally:
            waiting = [t for t in threading.enumerate() if t.name == "keyring"]
            unlocked.set()
            for thread in waiting:
                thread.join()
        assert all(thread.daemon for thread in waiting)
        assert KeyringSecrets().get("jinan", "token") == "after-unlocking"
        assert secrets.get("jinan", "token") == "after-unlocking"


@pytest.mark.parametrize(
    ("system", "name", "value"),
    [
        ("../x", "token", "value"),
        ("jinan", "", "value"),
        ("jinan", "密钥", "value"),
        ("jinan", "token", ""),
        ("jinan", "token", "a\0b"),
        ("jinan", "token", "x" * 2001),
    ],
)
def test_what_cannot_be_kept_is_refused_without_repeating_it(
    system: str, name: str, value: str, ring: MemoryKeyring
) -> None:
    with pytest.raises(UsageError) as caught:
        KeyringSecrets().set(system, name, value)
    assert ring.kept == {}
    assert "xxxx" not in str(caught.value)


def test_a_secret_that_was_handed_out_reaches_no_log(
    ring: MemoryKeyring, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ring.kept["griddesk/jinan", "token"] = "ring secret/1"
    monkeypatch.setenv("GRIDDESK_SECRET_JINAN_KEY", "outside-secret")
    secrets = KeyringSecrets()
    logs = setup_logging(tmp_path)
    try:
        token, key = secrets.get("jinan", "token"), secrets.get("jinan", "key")
        secrets.set("jinan", "new", "typed-secret")
        logging.getLogger("app.x").info("asked with %s %r typed-secret", token, key)
        logging.getLogger("app.x").info("GET /?token=ring%20secret%2F1")
    finally:
        logs.close()
    text = (tmp_path / "griddesk.log").read_text("utf-8")
    assert text.count("•••") == 4
    for told in ("ring", "outside", "typed"):
        assert told not in text


def test_the_names_of_secrets_are_found_wherever_they_stand() -> None:
    options = {
        "auth": {"kind": "hmac", "app_id": "a", "secret": "app-key"},
        "questions": [{"headers": {"X": {"secret": "token"}}}, {"secret": "app-key"}],
        "secret": 3,
    }
    assert wanted(options) == ("app-key", "token")


def test_a_secret_written_where_its_name_belongs_is_not_named() -> None:
    options = {"auth": {"secret": "s3cret-Token-91"}, "other": {"secret": "token"}}
    assert wanted(options) == ("token",)
