"""The records that somebody holds in memory: none of them is read from disk again.

A sweep of a province takes a tenth of a second to read, in which the window waits
again and again for its turn; and the window has it already, from the run itself.

What is shown may therefore be what was written, and not what the file says by now. To
verify, and to export or report, reads the file.
"""

import threading
from weakref import WeakValueDictionary

from app.core.model import RunRecord


class Held:
    """Finds a record by the hash of its entry, which never changes; on any thread.

    It keeps none alive: what nobody shows or has shown lately is read when needed.
    """

    def __init__(self) -> None:
        """Know none."""
        self._records: WeakValueDictionary[str, RunRecord] = WeakValueDictionary()
        self._lock = threading.Lock()

    def find(self, digest: str) -> RunRecord | None:
        """Give the record of the entry with this hash, if anybody holds it."""
        with self._lock:
            return self._records.get(digest)

    def keep(self, digest: str, record: RunRecord) -> None:
        """Know a record that was written or read, as long as somebody holds it."""
        with self._lock:
            self._records[digest] = record
