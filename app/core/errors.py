"""Coded errors: what happened, why, and what the operator can do.

GridDeskError
├── Cancelled                 asked for; never shown as an error
└── UserFacingError           has a code, a cause and a remedy
    ├── BadInputError         exit status 2
    │   ├── AudioFormatError      audio.format     file is not readable audio
    │   ├── AudioEmptyError       audio.empty      no samples, or silence only
    │   ├── AudioTooLongError     audio.too_long   more than the desk listens to
    │   ├── TextTooLongError      text.too_long    more than a command can be
    │   ├── TextEmptyError        text.empty       nothing typed
    │   ├── SitesFileError        sites.file       the directory file is wrong
    │   ├── SettingsError         settings.invalid a setting has a wrong value
    │   └── UsageError            usage            anything else asked wrongly
    ├── AccessError           exit status 2
    │   ├── SignInError           access.sign_in   unknown, wrong, disabled or locked
    │   └── NotAllowedError       access.not_allowed the role may not
    ├── PeopleError               people           the accounts cannot be read or kept
    ├── MissingError          exit status 3
    │   ├── ModelMissingError     model.missing    artefact is not on this machine
    │   ├── ModelCorruptError     model.corrupt    hashes or shapes do not fit
    │   ├── ModelMemoryError      model.memory     no way to hold a model fits
    │   ├── AudioDeviceError      audio.device     no microphone, or it is gone
    │   ├── DisplayMissingError   display.missing  no screen to open a window on
    │   └── LibraryMissingError   library.missing  a system library is absent
    ├── JournalError          exit status 1
    │   ├── JournalUnwritableError journal.unwritable disk full, read-only, locked
    │   └── JournalBrokenError    journal.broken   the chain does not verify
    ├── BackendError          becomes 数据缺失 with its reason, never a zero
    │   ├── BackendTimeoutError   backend.timeout
    │   ├── BackendUnreachableError backend.unreachable
    │   │   └── BackendBusyError      backend.busy     come back later
    │   ├── BackendRefusedError   backend.refused
    │   └── BackendDataError      backend.data     an answer that makes no sense
    └── InternalError             internal         a bug: run id and log file named

`message` and `remedy` are Chinese sentences for the operator; `code` is stable and
is what programs and tests compare.
"""

from typing import ClassVar, Final


class GridDeskError(Exception):
    """Base of everything this program raises on purpose."""


class Cancelled(GridDeskError):
    """The operator, or the closing window, asked to stop."""


class UserFacingError(GridDeskError):
    """A fault that a person reads: a stable code, a cause, a remedy."""

    code: ClassVar[str] = "error"
    exit_status: ClassVar[int] = 1
    default_remedy: ClassVar[str] = "请把运行编号和日志交给维护人员。"

    def __init__(self, message: str, remedy: str = "") -> None:
        """Take a sentence on what happened and why, and one on what to do."""
        super().__init__(message)
        self.message: Final = message
        self.remedy: Final = remedy or self.default_remedy

    def __str__(self) -> str:
        """Give cause and remedy as one line."""
        return f"{self.message.removesuffix('。')}。{self.remedy}"


class BadInputError(UserFacingError):
    """What was given cannot be used as it is."""

    code = "input"
    exit_status = 2
    default_remedy = "请更正后再试。"


class AudioFormatError(BadInputError):
    """The file is not audio that can be read."""

    code = "audio.format"
    default_remedy = "请使用 WAV 或 FLAC 录音文件。"


class AudioEmptyError(BadInputError):
    """The recording holds no samples, or nothing but silence."""

    code = "audio.empty"
    default_remedy = "请按住说话键, 听到提示后再说一遍, 或直接输入文字。"


class AudioTooLongError(BadInputError):
    """The recording is longer than a command can be."""

    code = "audio.too_long"
    default_remedy = "请只说一条指令, 或把录音截短。"


class TextTooLongError(BadInputError):
    """The text is longer than a command can be."""

    code = "text.too_long"
    default_remedy = "请只输入一条指令, 例如: 查一下济南工地的人数。"


class TextEmptyError(BadInputError):
    """Nothing was typed."""

    code = "text.empty"
    default_remedy = "请输入一条指令, 例如: 查一下济南工地的人数。"


class SitesFileError(BadInputError):
    """The directory file cannot be read, or a row of it is wrong."""

    code = "sites.file"
    default_remedy = "请按表头 id,name,aliases,region 更正文件后重新导入。"


class SettingsError(BadInputError):
    """A setting has a value that it cannot have."""

    code = "settings.invalid"
    default_remedy = "请更正设置文件中的这一项。"


class UsageError(BadInputError):
    """The request itself is wrong."""

    code = "usage"


class AccessError(UserFacingError):
    """Somebody may not do what he wants to do."""

    code = "access"
    exit_status = 2
    default_remedy = "请由有权限的人员登录后操作。"


class SignInError(AccessError):
    """Unknown name, wrong password, or an account that is disabled or locked."""

    code = "access.sign_in"
    default_remedy = "请检查登录名和密码后再试。"

    def __init__(self, message: str, remedy: str = "", *, locks: bool = False) -> None:
        """Take the sentences, and whether this was the wrong password too many."""
        super().__init__(message, remedy)
        self.locks: Final = locks


class NotAllowedError(AccessError):
    """The role of whoever is signed in may not do it."""

    code = "access.not_allowed"


class PeopleError(UserFacingError):
    """The accounts cannot be read or kept; nobody is let in by guess."""

    code = "people"
    default_remedy = "请交给运维人员检查账户文件 people.sqlite。"


class MissingError(UserFacingError):
    """Something that is needed is not on this machine."""

    code = "missing"
    exit_status = 3
    default_remedy = "请运行 griddesk doctor 查看缺少什么。"


class ModelMissingError(MissingError):
    """A model artefact is not on this machine."""

    code = "model.missing"
    default_remedy = (
        "请运行 griddesk models list 查看, 再用 models fetch 或 import 取得。"
    )


class ModelCorruptError(MissingError):
    """A model artefact does not have the bytes or shapes it should have."""

    code = "model.corrupt"
    default_remedy = "请运行 griddesk models verify, 然后重新取得该模型。"


class ModelMemoryError(MissingError):
    """No way to hold a model fits in the memory that is free."""

    code = "model.memory"
    default_remedy = (
        "请关闭占用内存或显存的程序后重新启动, 或换用较小的模型 (设置 agent.model)。"
    )


class AudioDeviceError(MissingError):
    """There is no microphone, or it went away."""

    code = "audio.device"
    default_remedy = "请检查麦克风连接后重试; 期间可以直接输入文字。"


class DisplayMissingError(MissingError):
    """There is no screen to open a window on."""

    code = "display.missing"
    default_remedy = "请在有图形界面的会话中启动, 或使用 griddesk ask。"


class LibraryMissingError(MissingError):
    """A system or Python library is absent."""

    code = "library.missing"
    default_remedy = "请运行 python3 packaging/bootstrap.py run 安装。"


class JournalError(UserFacingError):
    """The inspection log cannot do its work."""

    code = "journal"


class JournalUnwritableError(JournalError):
    """A record could not be made durable."""

    code = "journal.unwritable"
    default_remedy = "请清理磁盘空间或检查日志文件权限, 然后重新查询。"


class JournalBrokenError(JournalError):
    """The chain of records does not verify."""

    code = "journal.broken"
    default_remedy = "请立即备份日志文件并报告安监人员, 不要继续修改。"


class BackendError(UserFacingError):
    """A site system did not give a usable answer."""

    code = "backend"
    default_remedy = "请稍后重试, 或联系该系统的维护人员核实。"


class BackendTimeoutError(BackendError):
    """No answer within the time allowed."""

    code = "backend.timeout"


class BackendUnreachableError(BackendError):
    """The system cannot be connected to."""

    code = "backend.unreachable"


class BackendBusyError(BackendUnreachableError):
    """The system has too much to do, and may say when to ask again."""

    code = "backend.busy"

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        """Take the sentence, and the seconds that the system wants to be left alone."""
        super().__init__(message)
        self.retry_after_s: Final = retry_after_s


class BackendRefusedError(BackendError):
    """The system answered that it will not answer."""

    code = "backend.refused"


class BackendDataError(BackendError):
    """The system answered something that makes no sense."""

    code = "backend.data"


class InternalError(UserFacingError):
    """A bug of ours. The sentence names the run and the log file."""

    code = "internal"
