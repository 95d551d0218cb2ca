"""The libraries of the language model, imported beside the one worker.

That takes seconds, and the worker is wanted for hearing meanwhile.
"""

import asyncio
import logging
from concurrent.futures import Future
from importlib import import_module

from app.system.worker import InferenceWorker

log = logging.getLogger(__name__)

_NEEDED = "app.agent.prefix_lm"


class ModelLibraries:
    """Imports once, on a thread of its own."""

    def __init__(self) -> None:
        """Import nothing yet."""
        self._thread = InferenceWorker("model-libraries")
        self._done: Future[None] | None = None

    def begin(self) -> None:
        """Begin to import, if nobody has."""
        if self._done is None:
            self._done = self._thread.submit(_import)

    async def imported(self) -> None:
        """Wait until they are there; a model that lacks them says so itself."""
        self.begin()
        assert self._done is not None
        # Whoever stops waiting stops nobody else.
        await asyncio.shield(asyncio.wrap_future(self._done))

    def wait(self) -> None:
        """Wait until they are there; on the worker, before it loads a model.

        Two threads that import the same libraries at once may find them half made.
        """
        self.begin()
        assert self._done is not None
        self._done.result()

    def close(self) -> None:
        """Wait for what has begun; idempotent."""
        self._thread.close()


def _import() -> None:
    try:
        import_module(_NEEDED)
    except Exception as error:  # noqa: BLE001 – loading the model meets and tells it
        log.info("the libraries of the model: %s", error)
