"""What stands at the foot of a card: when, how long, who read it, and its number."""

from PySide6.QtCore import QCoreApplication

from app.core.explanation import ReasonKind
from app.core.model import Outcome, RunRecord
from app.desktop import words


def _tr(text: str) -> str:
    return QCoreApplication.translate("footing", text)


def number_of(run_id: str) -> str:
    """Name a run as the log commands take it."""
    return _tr("运行编号 {id}").format(id=run_id[:8])


def footing(record: RunRecord) -> str:
    """Say what is to be known of a run that has ended."""
    parts = [
        words.clock_time(record.started_at),
        _tr("用时 {took}").format(took=words.duration(record.timings.total_ms)),
    ]
    reading = record.understanding
    if reading is not None:
        source = words.source_word(reading.source)
        parts.append(_tr("读法 {source}").format(source=source))
        if record.outcome is not Outcome.ASKED:
            # What it leans on stands above, under what was heard.
            told = {
                reason.meaning
                for reason in reading.reasons
                if reason.kind is ReasonKind.CONTEXT
            }
            parts.extend(note for note in reading.notes if note not in told)
    parts.append(number_of(record.run_id))
    return words.breakable("　".join(parts))
