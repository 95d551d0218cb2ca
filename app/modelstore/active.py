"""Which adapter does which task, and which did before: one small file, never half."""

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from app.core.adapters import SHIPPED, AdapterSheet, Task
from app.core.errors import ModelCorruptError
from app.modelstore.files import write_whole

log = logging.getLogger(__name__)

_MOST_FORMER: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """Which adapter does which task."""

    understanding: str = SHIPPED
    summary: str = SHIPPED
    greeting: str = SHIPPED

    def tasks(self) -> Mapping[Task, str]:
        """Give the adapter of each task."""
        return {
            Task.UNDERSTANDING: self.understanding,
            Task.SUMMARY: self.summary,
            Task.GREETING: self.greeting,
        }

    def tasks_of(self, name: str) -> tuple[Task, ...]:
        """Give what an adapter is used for."""
        return tuple(task for task, used in self.tasks().items() if used == name)

    def on(self, sheet: AdapterSheet) -> AdapterSheet:
        """Write on a sheet what its adapter is used for."""
        tasks = self.tasks_of(sheet.name)
        return replace(sheet, tasks=tasks, active=Task.UNDERSTANDING in tasks)

    def given(self, name: str, tasks: Iterable[Task]) -> "Use":
        """Give these tasks to an adapter; the others stay."""
        return replace(self, **{task.value: name for task in tasks})


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What is in use, and what was before, oldest first."""

    use: Use = Use()
    former: tuple[Use, ...] = ()

    def then(self, use: Use) -> "Choice":
        """Give the choice of another use after this one."""
        if use == self.use:
            return self
        return Choice(use=use, former=(*self.former, self.use)[-_MOST_FORMER:])


class ActiveFile:
    """The file that holds a choice."""

    def __init__(self, path: Path) -> None:
        """Take its path; nothing there means the shipped adapter for every task."""
        self.path: Final = path

    def read(self) -> Choice:
        """Give the choice.

        Raises:
            ModelCorruptError: The file is there and says nothing sensible.
        """
        try:
            stated = json.loads(self.path.read_text(encoding="utf-8"))
            former = tuple(map(_use, stated["former"]))
            return Choice(use=_use(stated["active"]), former=former)
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
        former = [_stated(use) for use in choice.former]
        stated = {"active": _stated(choice.use), "former": former}
        write_whole(self.path, json.dumps(stated, indent=1).encode())


def _use(stated: object) -> Use:
    """Read one use: a name for every task, or the name for each.

    Raises:
        KeyError, TypeError: It is neither.
    """
    if isinstance(stated, dict):
        names = [stated[task.value] for task in Task]
    else:
        names = [stated] * len(Task)
    if not all(isinstance(name, str) for name in names):
        raise TypeError("not text")
    return Use(**{task.value: name for task, name in zip(Task, names, strict=True)})


def _stated(use: Use) -> object:
    """Write one use; one name where there is but one, as earlier versions read it."""
    names = {task.value: name for task, name in use.tasks().items()}
    return use.understanding if len(set(names.values())) == 1 else names
