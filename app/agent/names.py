"""The names of a directory, for one scan of a text."""

from app.agent.lexicon import Lexicon, fold_digits
from app.core.model import Site


class NameIndex:
    """The directory's names and aliases, longest first, for one scan of a text."""

    def __init__(self, sites: tuple[Site, ...], lexicon: Lexicon) -> None:
        """Index `sites` as they are now."""
        self.sites = sites
        self._lexicon = lexicon
        self._by_name: dict[str, list[Site]] = {}
        for site in sites:
            for name in (site.name, *site.aliases):
                key = fold_digits(lexicon.normalise(name))
                if len(key) >= 2 and key not in lexicon.generic:
                    self._add(key, site)
        # 济南工地 in the directory is also what somebody means who says 济南.
        whole = {name: list(called) for name, called in self._by_name.items()}
        for name, called in whole.items():
            bare = strip_generic(name, lexicon)
            if len(bare) >= 2 and bare not in whole:
                for site in called:
                    self._add(bare, site)
        self._lengths = sorted({len(name) for name in self._by_name}, reverse=True)
        self.longest = max(self._lengths, default=0)
        self._heads = frozenset(name[0] for name in self._by_name)

    def named(self, words: str) -> Site | None:
        """Give the site that is called so, in folded words; of several the first."""
        return next(iter(self.called(words)), None)

    def called(self, words: str) -> tuple[Site, ...]:
        """Give all sites that are called so, in folded words."""
        return tuple(self._by_name.get(words, ()))

    def at(self, text: str, start: int) -> int | None:
        """Give the end of the longest name that begins at `start`."""
        if text[start] not in self._heads:
            return None
        for length in self._lengths:
            end = start + length
            if end <= len(text) and text[start:end] in self._by_name:
                return end
        return None

    def _add(self, name: str, site: Site) -> None:
        called = self._by_name.setdefault(name, [])
        if site not in called:
            called.append(site)


def strip_generic(words: str, lexicon: Lexicon) -> str:
    """Take the kind of a place off its words: 济南工地 → 济南; names stay whole."""
    words = words.strip(",的")
    for _ in range(3):
        for generic in sorted(lexicon.generic, key=len, reverse=True):
            if words.endswith(generic) and len(words) > len(generic):
                words = words.removesuffix(generic).rstrip("的")
                break
            if words.startswith(generic) and len(words) > len(generic) + 1:
                words = words.removeprefix(generic).lstrip("的")
                break
        else:
            break
    return words
