"""Where pictures are kept: by their SHA-256, so that a picture cannot be swapped."""

import hashlib
from pathlib import Path

from app.core.model import Evidence
from app.sites.files import write_atomically


def store_evidence(
    folder: Path, data: bytes, *, suffix: str = ".png", media_type: str = "image/png"
) -> Evidence:
    """Keep a picture in the evidence folder; one that is there is not written again.

    Raises:
        OSError: The folder cannot be written.
    """
    digest = hashlib.sha256(data).hexdigest()
    relative = f"{digest[:2]}/{digest}{suffix}"
    path = folder / relative
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, data)
    return Evidence(path=relative, sha256=digest, media_type=media_type)
