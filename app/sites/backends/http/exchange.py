"""One question, one answer: sent, read as JSON, and taken out of its envelope."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from app.core.errors import (
    BackendBusyError,
    BackendDataError,
    BackendError,
    BackendRefusedError,
)
from app.core.ports import Clock
from app.sites.answers import PartTimeoutError, PartUnreachableError
from app.sites.backends.http.bodies import json_of
from app.sites.backends.http.fields import FieldPath, harmless
from app.sites.backends.http.messages import HttpReply, HttpRequest
from app.sites.backends.http.options import EnvelopeOptions, Meaning


class Carrier(Protocol):
    """What carries requests: `transport.Transport`."""

    @property
    def host(self) -> str:
        """Name of the machine that is asked."""
        ...

    async def fetch(self, request: HttpRequest) -> HttpReply:
        """Send a request; only an answer with status 2xx comes back."""
        ...

    async def picture(self, url: str) -> HttpReply:
        """Fetch a picture from the system or a host that the settings allow."""
        ...

    async def close(self) -> None:
        """Give back connections."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What the system said."""

    document: object
    """JSON; None where it knows of nothing."""
    nothing: bool = False
    """Whether the vendor's code says that there is nothing."""
    date: datetime | None = None
    """By the system's clock."""


class Exchange:
    """Asks through a carrier; remembers how far the system's clock is off."""

    def __init__(
        self,
        carrier: Carrier,
        envelope: EnvelopeOptions | None,
        *,
        title: str,
        clock: Clock,
    ) -> None:
        """Take the carrier, what answers are wrapped in, and the desk's clock."""
        self.carrier: Final = carrier
        self.title: Final = title
        self._envelope = envelope
        self._clock = clock
        self.clock_off: timedelta | None = None
        """The system's time minus ours at the last answer; None: it told none."""

    async def ask(
        self, request: HttpRequest, *, ok: FieldPath | None = None
    ) -> Answered:
        """Send a request and open its answer; `ok` must give true too.

        Raises:
            BackendError: There is no answer, or the envelope says it is none.
        """
        reply = await self.carrier.fetch(request)
        if reply.date is not None:
            self.clock_off = reply.date - self._clock.now()
        document = json_of(reply)
        nothing = False
        if self._envelope is not None:
            nothing = self._opened(self._envelope, document)
        if ok is not None and self._searched(ok, document) is not True:
            raise BackendRefusedError(f"{self.title}答复说自己不正常")
        return Answered(
            document=None if nothing else document, nothing=nothing, date=reply.date
        )

    def _opened(self, envelope: EnvelopeOptions, document: object) -> bool:
        """Say whether the answer is that there is nothing."""
        said_ok = self._searched(envelope.ok, document)
        if said_ok is True:
            return False
        code = self._code(envelope, document)
        sentence = self._sentence(envelope, document)
        if not code and not sentence:
            raise BackendDataError(
                f"{self.title}的答复不是约定的形式, 看不出查询是否成功",
                "请核对系统配置里的地址和 [envelope]。",
            )
        meaning = envelope.codes.get(code, Meaning.REFUSED)
        if meaning is Meaning.NOTHING:
            return True
        told = ", ".join(
            part
            for part in (f"代码 {harmless(code)}" if code else "", harmless(sentence))
            if part
        )
        raise _error(meaning, f"{self.title}答复: {told}")

    def _code(self, envelope: EnvelopeOptions, document: object) -> str:
        code = self._searched(envelope.code, document)
        if isinstance(code, bool) or not isinstance(code, int | str):
            return ""
        return str(code)

    def _sentence(self, envelope: EnvelopeOptions, document: object) -> str:
        sentence = self._searched(envelope.message, document)
        return sentence if isinstance(sentence, str) else ""

    def _searched(self, path: FieldPath | None, document: object) -> object:
        """Give what is there; what does not fit counts as not there."""
        try:
            return None if path is None else path.search(document)
        except ValueError:
            return None


def _error(meaning: Meaning, sentence: str) -> BackendError:
    match meaning:
        case Meaning.TIMEOUT:
            return PartTimeoutError(sentence)
        case Meaning.BUSY:
            return BackendBusyError(sentence)
        case Meaning.UNREACHABLE:
            return PartUnreachableError(sentence)
        case Meaning.BAD_DATA:
            return BackendDataError(sentence)
        case _:
            return BackendRefusedError(sentence)
