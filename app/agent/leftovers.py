"""Places among what no word of the lexicon explains."""

import re

from app.agent.lexicon import CHECK_MARKS, PLACE_MARKS, Lexicon
from app.agent.places import Found, PlaceFinder, Residue

_PLACE = re.compile(f"[{PLACE_MARKS}]")
_ANY_MARK = re.compile(f"[{PLACE_MARKS}{CHECK_MARKS}]")


class Leftovers:
    """Tells the places that the directory does not know from other words."""

    def __init__(self, places: PlaceFinder, words: Lexicon) -> None:
        """Take what resolves places, and the words."""
        self._places, self._words = places, words

    def near_site(self, residue: Residue) -> Found | None:
        """Give the site that the words surely sound like."""
        if len(residue.text) < 2:
            return None
        found = self._places.unknown(residue.text)
        return found if found.resolution.site and found.certain else None

    def new_places(
        self,
        masked: str,
        places: list[Found],
        residues: list[Residue],
        has_check: bool,
    ) -> tuple[dict[int, Found], int]:
        """Give left-over spans that are places, by start, and the number of others."""
        extra: dict[int, Found] = {}
        others = 0
        usable = [
            one
            for one in residues
            if 2 <= len(one.text) <= 16 and one.text not in self._words.vague
        ]
        for one in usable:
            beside_place = self._joined(masked, one)
            if places and not beside_place and not _clause_alone(masked, one):
                others += 1
                continue
            rival = any(other.anchored for other in usable) and not one.anchored
            if not places and not beside_place and rival:
                found = self.near_site(one)
                if found is None:
                    others += 1
                    continue
            else:
                found = self._places.unknown(one.text)
            if not has_check and not one.anchored and found.resolution.site is None:
                others += 1
                continue
            extra[one.start] = found
        return extra, others + sum(1 for one in residues if one not in usable)

    def _joined(self, masked: str, residue: Residue) -> bool:
        """Whether a joint ties the residue to a place that is known."""
        generic = "|".join(sorted(self._words.generic, key=len, reverse=True))
        joint = "|".join(sorted(self._words.joints, key=len, reverse=True))
        before = re.search(
            f"[\ue000-\ue0ff](?:{generic})?(?:的)?(?:{joint}|,)$",
            masked[: residue.start],
        )
        after = re.match(
            f"(?:{generic})?(?:的)?(?:{joint})[\ue000-\ue0ff]", masked[residue.end :]
        )
        return bool(before or after)


def _clause_alone(masked: str, residue: Residue) -> bool:
    """Whether the residue is the only place of a clause that has a check."""
    start = masked.rfind(",", 0, residue.start) + 1
    end = masked.find(",", residue.end)
    clause = masked[start : end if end >= 0 else len(masked)]
    return (
        residue.anchored
        and _PLACE.search(clause) is None
        and _ANY_MARK.search(clause) is not None
    )
