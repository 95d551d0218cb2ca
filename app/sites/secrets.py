"""Secrets of site systems: in the operating system's key ring, and nowhere else.

Servers and tests without a key ring give them in the environment, which wins:
`GRIDDESK_SECRET_<SYSTEM>_<NAME>`, in capitals, with _ for -. A secret that was handed
out is kept out of every log line from then on.
"""

import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from enum import StrEnum
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, Final, TypeVar

from app.core.errors import (
    BackendRefusedError,
    LibraryMissingError,
    MissingError,
    UsageError,
    UserFacingError,
)
from app.core.ports import Health
from app.sites.backends.described import is_name, is_secret_name
from app.system.redaction import hide

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

log = logging.getLogger(__name__)

PATIENCE_S: Final = 20.0
"""How long the key ring may take; it may be asking a person to unlock it."""
KEPT_S: Final = 60.0
"""How long a secret is used before the key ring is asked whether it changed."""
MOST_CHARACTERS: Final = 2_000
_UNSAFE: Final = ("keyrings.alt", "keyring.backends.fail", "keyring.backends.null")
"""Families that keep secrets in plain files, or not at all."""
_T = TypeVar("_T")


class SecretPlace(StrEnum):
    """Where a secret was found."""

    ENVIRONMENT = "environment"
    KEYRING = "keyring"


class KeyringSecrets:
    """Reads and keeps secrets by system and name. Blocks: call it from a thread."""

    def __init__(self, *, patience_s: float = PATIENCE_S) -> None:
        """Wait at most `patience_s` for the key ring."""
        self._patience_s = patience_s
        self._turn = Lock()
        self._overdue: Future[Any] | None = None
        self._kept: dict[tuple[str, str], tuple[float, str]] = {}

    def get(self, system: str, name: str) -> str:
        """Give a secret.

        Raises:
            BackendRefusedError: There is none, or the key ring cannot be read.
        """
        kept_at, value = self._kept.get((system, name), (-KEPT_S, ""))
        if time.monotonic() - kept_at < KEPT_S:
            return value
        try:
            _, value = self._found(system, name)
        except UserFacingError as error:
            raise BackendRefusedError(
                f"系统 {system} 的密钥 {name} 取不出来: {error.message}", error.remedy
            ) from error
        if not value:
            raise BackendRefusedError(
                f"系统 {system} 的密钥 {name} 没有存入本机钥匙串",
                command_for(system, name),
            )
        self._kept[system, name] = (time.monotonic(), value)
        return value

    def place(self, system: str, name: str) -> SecretPlace | None:
        """Say where a secret is; None: nowhere.

        Raises:
            MissingError: There is no usable key ring, and it is not elsewhere.
        """
        return self._found(system, name)[0]

    def set(self, system: str, name: str, value: str) -> str:
        """Keep a secret; give the name of the key ring that has it now.

        Raises:
            UsageError: The names or the secret cannot be used.
            MissingError: There is no usable key ring.
        """
        _check(system, name)
        if not value or "\0" in value or len(value) > MOST_CHARACTERS:
            raise UsageError(
                f"密钥不能为空, 不能含 NUL, 不能超过 {MOST_CHARACTERS} 个字符",
                "请重新输入密钥。",
            )
        hide(value)

        def keep() -> str:
            store = next(_stores())
            store.set_password(_service(system), name, value)
            if store.get_password(_service(system), name) != value:
                raise MissingError("钥匙串没有留住密钥", _NONE_REMEDY)
            return str(store.name)

        self._kept.pop((system, name), None)
        with _meant_for(system, name):
            return self._asked(keep)

    def delete(self, system: str, name: str) -> bool:
        """Forget a secret; say whether there was one.

        Raises:
            UsageError: The names cannot be used.
            MissingError: There is no usable key ring.
        """
        _check(system, name)

        def forget() -> bool:
            having = [
                store
                for store in _stores()
                if store.get_password(_service(system), name) is not None
            ]
            for store in having:
                store.delete_password(_service(system), name)
            return bool(having)

        self._kept.pop((system, name), None)
        return self._asked(forget)

    def health(self) -> Health:
        """Say which key ring is there; does not open it."""
        try:
            store = self._asked(lambda: str(next(_stores()).name))
        except UserFacingError as error:
            ok, detail, remedy = False, error.message, error.remedy
        else:
            ok, detail, remedy = True, store, ""
        return Health(key="keyring", name="钥匙串", ok=ok, detail=detail, remedy=remedy)

    def _found(self, system: str, name: str) -> tuple[SecretPlace | None, str]:
        given = os.environ.get(variable(system, name), "")
        if given:
            hide(given)
            return SecretPlace.ENVIRONMENT, given

        def look() -> str | None:
            asked = (s.get_password(_service(system), name) for s in _stores())
            return next((value for value in asked if value), None)

        with _meant_for(system, name):
            stored = self._asked(look)
        if not stored:
            return None, ""
        hide(stored)
        return SecretPlace.KEYRING, stored

    def _asked(self, question: Callable[[], _T]) -> _T:
        """Ask the key ring on a thread of its own, and not for ever.

        A key ring that is locked asks whoever sits there for its password. Nothing of
        the desk may hang on that: later questions fail at once until it answers.
        """
        if self._overdue is not None and not self._overdue.done():
            raise _unanswered()
        if not self._turn.acquire(timeout=self._patience_s):
            raise _unanswered()
        answer: Future[_T] = Future()

        def ask() -> None:
            try:
                answer.set_result(question())
            except Exception as error:  # noqa: BLE001 – handed to whoever asked
                answer.set_exception(error)
            finally:
                self._turn.release()

        # A daemon: the end of the program does not wait for it.
        Thread(target=ask, name="keyring", daemon=True).start()
        try:
            return answer.result(self._patience_s)
        except TimeoutError:
            self._overdue = answer
            raise _unanswered() from None
        except UserFacingError:
            raise
        except Exception as error:
            raise _sentence_for(error) from error


def variable(system: str, name: str) -> str:
    """Give the environment variable that may hold a secret."""
    return f"GRIDDESK_SECRET_{system}_{name}".upper().replace("-", "_")


def command_for(system: str, name: str) -> str:
    """Say how a secret that is nowhere is kept, where there is a key ring."""
    return f"请运行 griddesk sites secret {system} {name}。"


@contextmanager
def _meant_for(system: str, name: str) -> Iterator[None]:
    """Name the variable of this very secret where the key ring is of no use."""
    known = variable(system, name)
    try:
        yield
    except LibraryMissingError as error:
        remedy = f"请设置环境变量 {known} (本机没有钥匙串)。"
        raise LibraryMissingError(error.message, remedy) from error
    except MissingError as error:
        remedy = error.remedy.replace(_ANY_VARIABLE, known)
        raise MissingError(error.message, remedy) from error


def wanted(options: Mapping[str, object]) -> tuple[str, ...]:
    """Give the names of the secrets that a system's options speak of, in order.

    Whatever the kind of the system, an option named `secret` holds such a name.
    """
    return tuple(dict.fromkeys(_secrets_in(options)))


def _secrets_in(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            if key == "secret" and isinstance(item, str):
                # Anything else is refused when it is read; it may be a secret itself.
                if is_secret_name(item):
                    yield item
            else:
                yield from _secrets_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _secrets_in(item)


def _stores() -> Iterator["KeyringBackend"]:
    """Give the stores that keyring chose and that are safe, the best first.

    Raises:
        LibraryMissingError: There is none.
    """
    import keyring

    chosen = keyring.get_keyring()
    # Where there are several, keyring gives a chain of all, plain files among them.
    chain: tuple[KeyringBackend, ...] = tuple(getattr(chosen, "backends", (chosen,)))
    safe = [each for each in chain if not type(each).__module__.startswith(_UNSAFE)]
    if not safe:
        raise LibraryMissingError("本机没有可用的钥匙串", _NONE_REMEDY)
    yield from safe


_ANY_VARIABLE: Final = "GRIDDESK_SECRET_系统名_密钥名"
_NONE_REMEDY: Final = (
    "请在登录桌面的会话中运行, Linux 上请安装 gnome-keyring 或 KWallet; "
    f"没有桌面的机器请用环境变量 {_ANY_VARIABLE}。"
)


def _sentence_for(error: Exception) -> MissingError:
    """Put a key ring's failure into words. Its own text may hold anything."""
    from keyring.errors import InitError, KeyringLocked, NoKeyringError

    log.info("key ring: %s", type(error).__name__)
    if isinstance(error, KeyringLocked):
        return MissingError("本机钥匙串没有解锁", "请解锁钥匙串 (登录密码) 后重试。")
    if isinstance(error, NoKeyringError | InitError | ImportError):
        return LibraryMissingError("本机没有可用的钥匙串", _NONE_REMEDY)
    return MissingError(
        f"本机钥匙串出错 ({type(error).__name__})",
        f"请确认钥匙串服务正在运行并已解锁后重试; 或用环境变量 {_ANY_VARIABLE}。",
    )


def _unanswered() -> MissingError:
    return MissingError("本机钥匙串没有及时答复", "请看是否有等待解锁钥匙串的窗口。")


def _service(system: str) -> str:
    return f"griddesk/{system}"


def _check(system: str, name: str) -> None:
    for what, given in (("系统名", system), ("密钥名", name)):
        if not is_name(given):
            raise UsageError(
                f"{what}「{given}」不能用",
                "请只用英文字母、数字、- 和 _, 以字母或数字开头, 不超过40个字符。",
            )
