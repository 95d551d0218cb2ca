"""The regions of a directory, and the sites in them that are worked at today."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Final

from app.agent.lexicon import Lexicon, fold_digits, lexicon
from app.agent.sweep_words import sweep_words
from app.core.model import Site
from app.core.workdays import is_worked

_MANY: Final = 3
"""More regions than this are counted in a label instead of named."""
_KIND: Final = 4
"""Characters that 片区, 供电公司 and the like add to a name."""


class Regions:
    """The regions of a directory, by the ways to write them."""

    def __init__(self, sites: Sequence[Site], words: Lexicon | None = None) -> None:
        """Index `sites` as they are now."""
        self.sites = tuple(sites)
        self._lexicon = words or lexicon()
        self._kind = sweep_words().kind
        self._members: dict[str, list[Site]] = {}
        self._spelt: dict[str, str] = {}
        for site in self.sites:
            if key := self._key(site.region):
                self._members.setdefault(key, []).append(site)
                self._spelt.setdefault(key, site.region.strip())
        # 济南片区 in the directory is also what somebody means who says 济南, unless
        # 济南供电公司 is in it as well.
        bare: dict[str, set[str]] = {}
        for key in self._members:
            bare.setdefault(self._kind.sub("", key), set()).add(key)
        self._bare = {
            short: keys.pop()
            for short, keys in bare.items()
            if len(keys) == 1 and len(short) >= 2
        }
        self.longest = max(map(len, (*self._spelt, *self._bare)), default=0) + _KIND

    def names(self) -> tuple[str, ...]:
        """Give the regions as the directory spells them."""
        return tuple(self._spelt.values())

    def find(self, words: str) -> str | None:
        """Give the directory's spelling of the region that is written like this."""
        return self.named(self._key(words))

    def named(self, key: str) -> str | None:
        """Give the same for words that are folded already."""
        for form in (key, self._kind.sub("", key)):
            if form in self._spelt:
                return self._spelt[form]
            if form in self._bare:
                return self._spelt[self._bare[form]]
        return None

    def members(self, regions: Sequence[str]) -> tuple[Site, ...]:
        """Give the sites of these regions, of all where there is none named."""
        found = self.sites
        if wanted := {self._key(region) for region in regions}:
            ids = {s.id for key in wanted for s in self._members.get(key, ())}
            found = tuple(site for site in found if site.id in ids)
        return found

    def of(
        self, regions: Sequence[str], day: date, *, but: Collection[str] = ()
    ) -> tuple[tuple[Site, ...], int]:
        """Give the members that are worked at on `day`, less those with ids in `but`.

        The second is how many were left out because there is no work on that day.
        """
        found = tuple(s for s in self.members(regions) if s.id not in but)
        working = tuple(site for site in found if is_worked(site, day))
        return working, len(found) - len(working)

    def _key(self, words: str) -> str:
        return fold_digits(self._lexicon.normalise(words))


def sweep_label(regions: Sequence[str], count: int, but: Sequence[str] = ()) -> str:
    """Name all sites of these regions, less what is in `but`, in a few words."""
    where = "、".join(regions)
    if len(regions) > _MANY:
        where = f"{regions[0]}等 {len(regions)} 个片区"
    if not but:
        return f"{where}的全部 {count} 个工地" if where else f"全部 {count} 个工地"
    rest = "、".join(but) if len(but) <= _MANY else f"{but[0]}等 {len(but)} 处"
    return f"{where}除{rest}以外的全部 {count} 个工地"
