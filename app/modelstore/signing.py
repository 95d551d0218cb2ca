"""Whose packages this desk takes without asking."""

import json
from pathlib import Path

from app.modelstore.files import write_whole


class TrustedSigners:
    """The fingerprints that this desk trusts, in a file."""

    def __init__(self, path: Path) -> None:
        """Take the file's path; nothing there means nobody."""
        self._path = path

    def read(self) -> frozenset[str]:
        """Give the fingerprints; a file that cannot be read trusts nobody."""
        try:
            stated = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return frozenset()
        return frozenset(map(str, stated)) if isinstance(stated, list) else frozenset()

    def add(self, fingerprint: str) -> None:
        """Trust one more.

        Raises:
            OSError: The file cannot be written.
        """
        known = sorted(self.read() | {fingerprint})
        write_whole(self._path, json.dumps(known, indent=1).encode())
