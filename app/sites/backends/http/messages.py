"""What goes to a vendor's interface, and what came back."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """One question, before the address of the system and its login are added."""

    method: str
    """GET or POST."""
    path: str
    """Below the system's address. `%XX` is left as it is, what must be is encoded."""
    query: tuple[tuple[str, str], ...] = ()
    """In the order in which it is sent; not yet encoded."""
    body: bytes = field(default=b"", repr=False)
    content_type: str = ""
    """Of the body; not sent without one."""
    accept: str = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpReply:
    """An answer that was meant as one: its status is 2xx."""

    status: int
    body: bytes = field(repr=False)
    media_type: str
    """Lower case, without parameters; "" where the system does not say."""
    date: datetime | None
    """The server's own clock, aware; None where it does not say."""
