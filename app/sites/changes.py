"""What a new list of sites changes in the desk's directory, before it does."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from app.core.model import Site
from app.sites.importing import COLUMNS, PlacedSite, SitesFile, without_clashes


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """One field of a site that gets another value."""

    field: str
    """Column of the site list."""
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteChange:
    """A site that stays and gets other values."""

    site: Site
    """As it will be."""
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryChanges:
    """What is different between two lists; sites are the same by their id."""

    before: int
    """Sites of the old list."""
    added: tuple[Site, ...]
    changed: tuple[SiteChange, ...]
    removed: tuple[Site, ...]
    unchanged: int

    @property
    def removes_all(self) -> bool:
        """Whether no site of the old list stays."""
        return 0 < self.before == len(self.removed)

    @property
    def removes_most(self) -> bool:
        """Whether more than half of the old list goes."""
        return 2 * len(self.removed) > self.before


def compare(old: Iterable[Site], new: Iterable[Site]) -> DirectoryChanges:
    """Say what becomes of each site when `new` takes the place of `old`."""
    before = {site.id: site for site in old}
    after = {site.id: site for site in new}
    stay = [(before[site.id], site) for site in after.values() if site.id in before]
    changed = tuple(
        SiteChange(site=site, fields=_fields(was, site))
        for was, site in stay
        if was != site
    )
    return DirectoryChanges(
        before=len(before),
        added=tuple(site for site in after.values() if site.id not in before),
        changed=changed,
        removed=tuple(site for site in before.values() if site.id not in after),
        unchanged=len(stay) - len(changed),
    )


def _fields(was: Site, site: Site) -> tuple[FieldChange, ...]:
    pairs = (
        (name, as_text(getattr(was, name)), as_text(getattr(site, name)))
        for name in COLUMNS
    )
    return tuple(
        FieldChange(field=name, old=old, new=new)
        for name, old, new in pairs
        if old != new
    )


def as_text(value: str | tuple[str, ...] | date | None) -> str:
    """Write a field of a site as it stands in a list."""
    if isinstance(value, tuple):
        return ";".join(value)
    return str(value or "")


def merged(old: Sequence[Site], file: SitesFile) -> SitesFile:
    """Add the sites of `old` that the file does not name, in their places.

    A name that belongs to a site of each becomes a problem of the file's row.
    """
    if file.problems:
        return file
    in_file = {row.site.id: row for row in file.rows}
    known = {site.id for site in old}
    kept = [PlacedSite(line=0, site=site) for site in old if site.id not in in_file]
    _, problems = without_clashes([*kept, *file.rows])
    places = [in_file.get(site.id, PlacedSite(line=0, site=site)) for site in old]
    new = [row for row in file.rows if row.site.id not in known]
    return replace(file, rows=(*places, *new), problems=tuple(problems))


def over(sites: Iterable[Site], today: date) -> tuple[Site, ...]:
    """Give the sites whose last day has passed."""
    return tuple(s for s in sites if s.valid_until and s.valid_until < today)
