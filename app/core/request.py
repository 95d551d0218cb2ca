"""What the operator asked for."""

import uuid
from dataclasses import dataclass, field
from typing import Final

from app.core.cancel import CancelToken
from app.core.dialogue import NOTHING, Context
from app.core.errors import TextEmptyError, TextTooLongError
from app.core.model import Call, Origin
from app.core.ports import AudioSource

MAX_TEXT: Final = 300
"""Characters of one typed command; longer text is refused, not cut."""


def new_run_id() -> str:
    """Give an identifier that no other desk will give."""
    return uuid.uuid4().hex


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """What the operator asked for: exactly one of audio, text and chosen calls."""

    operator: str
    role: str = ""
    """Of the account that is signed in; empty: the desk has no accounts."""
    workstation: str
    audio: AudioSource | None = None
    text: str | None = None
    chosen: tuple[Call, ...] = ()
    """Calls picked from a question."""
    chosen_label: str = ""
    answers_run: str = ""
    edits_run: str = ""
    """The run whose transcript was changed into this text."""
    read_aloud: str = ""
    """Whether the answer is to be read aloud; see `RunRecord.read_aloud`."""
    context: Context = NOTHING
    """What was said before this."""
    run_id: str = field(default_factory=new_run_id)
    cancel: CancelToken = field(default_factory=CancelToken)

    @property
    def origin(self) -> Origin:
        """How the command reached the desk."""
        if self.audio is not None:
            return self.audio.origin
        return Origin.CHOSEN if self.chosen else Origin.TYPED


def checked_text(text: str) -> str:
    """Give typed text as it is understood.

    Raises:
        TextEmptyError: Nothing but blanks.
        TextTooLongError: More than `MAX_TEXT` characters.
    """
    text = text.strip()
    if not text:
        raise TextEmptyError("没有输入内容")
    if len(text) > MAX_TEXT:
        raise TextTooLongError(f"输入了{len(text)}个字, 一条指令最多{MAX_TEXT}个字")
    return text
