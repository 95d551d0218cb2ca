"""Where the words of the text index stand, summed up: by the records, by the index.

What is compared for each word is how often it stands anywhere, and the sums of the
documents, of their squares and of the places within them. So a word that stands in
another document than it should, or elsewhere in it, shows, although a million
documents are never held in memory.
"""

from collections import defaultdict
from typing import Final

from sqlalchemy import Connection

_PRIME: Final = 2_147_483_647
_BITS: Final = 72
"""Of each sum; all four are one number, which is added to at once."""


class WordPlaces:
    """The sums of every word."""

    def __init__(self) -> None:
        """Begin with none."""
        self.sums: defaultdict[str, int] = defaultdict(int)

    def add(self, document: int, words: str) -> None:
        """Add the words of a document, as they were given to the index."""
        each = _packed(1, document, document * document % _PRIME, 0)
        further = _packed(0, 0, 0, document)
        sums = self.sums
        for word in words.split():
            sums[word] += each
            each += further


def of_index(connection: Connection, last: int) -> dict[str, int] | None:
    """Give the sums of every word in the index; None: of an entry that is not there.

    One pass, and no write lock. `last` is the number of the last entry.
    """
    ask = connection.exec_driver_sql
    ask(
        "CREATE VIRTUAL TABLE IF NOT EXISTS temp.journal_vocabulary "
        "USING fts5vocab('main', 'journal_words', 'instance')"
    )
    rows = ask(
        "SELECT term, min(doc), max(doc), count(*), sum(doc), "
        f"sum(doc * doc % {_PRIME}), sum(doc * offset) "
        "FROM temp.journal_vocabulary GROUP BY term"
    ).all()
    ask("DROP TABLE temp.journal_vocabulary")
    if any(least < -last or most > last for _, least, most, *_ in rows):
        return None
    return {str(word): _packed(*sums) for word, _, _, *sums in rows}


def _packed(count: int, documents: int, squares: int, places: int) -> int:
    return count + (documents << _BITS) + (squares << 2 * _BITS) + (places << 3 * _BITS)
