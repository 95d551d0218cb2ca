"""Models that were brought to this machine and are in no catalogue: imported bases.

Such a model carries its own entry: a file beside its weights says what it is called,
where it came from and under which licence, and a list of hashes that nobody changed
it since.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import tomlkit

from app.core.errors import SettingsError
from app.modelstore.catalogue import Artefact, Kind, load_catalogue

log = logging.getLogger(__name__)

ENTRY: Final = "model.toml"
SUMS: Final = "SHA256SUMS"


def write_entry(folder: Path, *, name: str, title: str, licence: str) -> Artefact:
    """Write what a model is into its folder; give its entry.

    Raises:
        SettingsError: The name is none for a model.
        OSError: Not writable.
    """
    row = {
        "name": name,
        "kind": Kind.BASE.value,
        "version": "1",
        "title": title,
        "licence": licence,
        "manifest": SUMS,
    }
    text = tomlkit.dumps({"schema": 1, "model": [row]})
    (folder / ENTRY).write_text(text, encoding="utf-8")
    return load_catalogue(folder / ENTRY).artefacts[0]


def own_models(
    folders: Iterable[Path], known: Sequence[Artefact]
) -> Iterator[Artefact]:
    """Find the models of this machine; a name of the catalogue is the catalogue's."""
    names = {artefact.name for artefact in known}
    for folder in folders:
        for entry in sorted(folder.glob(f"*/{ENTRY}")):
            try:
                (found,) = load_catalogue(entry).artefacts
            except (SettingsError, ValueError) as error:
                log.warning("%s is left out: %s", entry, error)
                continue
            if found.name == entry.parent.name and found.name not in names:
                names.add(found.name)
                yield found
