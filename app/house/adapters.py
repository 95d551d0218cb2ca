"""The adapters as the window gets them: only who may tunes."""

from collections.abc import Callable, Sequence

from app.core.adapters import Adapters, AdapterSheet
from app.core.people import Actor, May


class GuardedAdapters:
    """`core.adapters.Adapters` that asks who acts before anything changes."""

    def __init__(self, adapters: Adapters, acting: Callable[[], Actor]) -> None:
        """Take the adapters, and who acts."""
        self._adapters = adapters
        self._acting = acting

    @property
    def override(self) -> str:
        """Name of an adapter that the settings insist on."""
        return self._adapters.override

    def sheets(self) -> Sequence[AdapterSheet]:
        """Give every adapter."""
        return self._adapters.sheets()

    def activate(self, name: str) -> AdapterSheet:
        """Let an adapter read commands from now on.

        Raises:
            NotAllowedError: Nobody acts, or he may not.
        """
        self._acting().require(May.TUNE)
        return self._adapters.activate(name)

    def rollback(self) -> AdapterSheet:
        """Go back to the adapter that was active before.

        Raises:
            NotAllowedError: Nobody acts, or he may not.
        """
        self._acting().require(May.TUNE)
        return self._adapters.rollback()
