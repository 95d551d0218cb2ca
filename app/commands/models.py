"""The model store from the command line."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from app.commands.errors import told
from app.commands.output import error_json, note, print_json
from app.core.errors import UserFacingError
from app.modelstore.progress import Progress, Step
from app.modelstore.store import ModelStatus, State, Store, open_store

app = typer.Typer(help="The model store.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]

_STEP_WORDS = {
    Step.DOWNLOADING: "下载",
    Step.CHECKING: "校验下载",
    Step.UNPACKING: "解包",
    Step.VERIFYING: "校验文件",
    Step.TROUBLE: "此来源不可用",
}
_STATE_WORDS = {
    State.READY: "可用",
    State.MISSING: "缺少",
    State.CORRUPT: "损坏",
}


class _Teller:
    """Tells progress on standard error: each step once, each tenth of it."""

    def __init__(self) -> None:
        self._last = ""

    def __call__(self, progress: Progress) -> None:
        words = _STEP_WORDS[progress.step]
        line = f"{words} {progress.note}".rstrip()
        if progress.total:
            tenth = 10 * progress.done // progress.total
            line = f"{line} {tenth * 10}%"
        if line != self._last:
            self._last = line
            note(f"  {line}")


def _status_json(status: ModelStatus) -> dict[str, object]:
    return {
        "name": status.artefact.name,
        "kind": status.artefact.kind.value,
        "version": status.artefact.version,
        "title": status.artefact.title,
        "licence": status.artefact.licence,
        "state": status.state.value,
        "folder": str(status.folder) if status.folder else None,
        "detail": status.detail,
    }


@app.command("list")
def list_models(as_json: AsJson = False) -> None:
    """List the models of the catalogue and whether they are here."""
    with told(as_json):
        statuses = open_store().list()
    if as_json:
        print_json({"models": [_status_json(s) for s in statuses]})
        return
    for status in statuses:
        artefact = status.artefact
        print(
            f"{artefact.name}\t{_STATE_WORDS[status.state]}\t{artefact.title}\t"
            f"{artefact.licence}\t{status.folder or status.detail}"
        )


@app.command("fetch")
def fetch(
    name: Annotated[str, typer.Argument(help="A name from `models list`.")],
    as_json: AsJson = False,
) -> None:
    """Bring a model to this machine and verify it."""
    with told(as_json):
        folder = open_store().fetch(name, _Teller())
    if as_json:
        print_json({"name": name, "folder": str(folder)})
    else:
        print(f"{name} 已就绪: {folder}")


@app.command("verify")
def verify(
    name: Annotated[str | None, typer.Argument(help="One model; all if left out.")] = (
        None
    ),
    as_json: AsJson = False,
) -> None:
    """Compare every byte with the catalogue; exit status 3 when one is wrong."""
    with told(as_json):
        store = open_store()
        names = [name] if name else [a.name for a in store.catalogue.artefacts]
        checked = [_verified(store, each) for each in names]
    if as_json:
        print_json({"models": [row for row, _ in checked]})
    worst = max((status for _, status in checked), default=0)
    if worst:
        sys.exit(worst)


def _verified(store: Store, name: str) -> tuple[dict[str, object], int]:
    try:
        folder = store.verify(name, _Teller())
    except UserFacingError as error:
        note(f"{name}: 错误 [{error.code}] {error}")
        return {"name": name, "ok": False, **error_json(error)}, error.exit_status
    note(f"{name}: 完好 ({folder})")
    return {"name": name, "ok": True, "folder": str(folder)}, 0


@app.command("import")
def import_model(
    path: Annotated[Path, typer.Argument(help="A folder, zip, tar or wheel.")],
    as_json: AsJson = False,
) -> None:
    """Take a model from a folder or archive, for instance on a stick."""
    with told(as_json):
        status = open_store().import_path(path, _Teller())
    if as_json:
        print_json(_status_json(status))
    else:
        print(f"{status.artefact.name} 已导入: {status.folder}")
