"""Which adapter reads commands, and which did before: one small file, never half."""

import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.core.adapters import SHIPPED
from app.core.errors import ModelCorruptError
from app.modelstore.files import write_whole

log = logging.getLogger(__name__)

_MOST_FORMER: Final = 20


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Which adapter is active, and those before it, oldest first."""

    active: str = SHIPPED
    former: tuple[str, ...] = ()

    def then(self, name: str) -> "Choice":
        """Give the choice of another adapter after this one."""
        if name == self.active:
            return self
        former = (*self.former, self.active)[-_MOST_FORMER:]
        return Choice(active=name, former=former)


class ActiveFile:
    """The file that holds a choice."""

    def __init__(self, path: Path) -> None:
        """Take its path; nothing there means the shipped adapter."""
        self.path: Final = path

    def read(self) -> Choice:
        """Give the choice.

        Raises:
            ModelCorruptError: The file is there and says nothing sensible.
        """
        try:
            stated = json.loads(self.path.read_text(encoding="utf-8"))
            active, former = stated["active"], tuple(stated["former"])
            if all(isinstance(name, str) for name in (active, *former)):
                return Choice(active=active, former=former)
            why = "not text"
        except FileNotFoundError:
            return Choice()
        except (OSError, ValueError, KeyError, TypeError) as error:
            why = str(error)
        raise ModelCorruptError(
            f"记录启用哪个适配器的文件 {self.path.name} 已损坏 ({why})",
            "请用 griddesk models activate 重新启用。",
        )

    def known(self) -> Choice:
        """Give the choice, or the shipped adapter where it cannot be read."""
        try:
            return self.read()
        except ModelCorruptError as error:
            log.info("%s", error)
            return Choice()

    def write(self, choice: Choice) -> None:
        """Replace the choice as a whole.

        Raises:
            OSError: It cannot be written; the former stays.
        """
        text = json.dumps({"active": choice.active, "former": choice.former}, indent=1)
        write_whole(self.path, text.encode())
