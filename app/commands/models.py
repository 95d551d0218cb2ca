"""The model store from the command line."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from app.commands.acting import AsLogin, acting
from app.commands.adapters import sheet_json, sheet_lines
from app.commands.errors import opened, told
from app.commands.output import error_json, note, print_json
from app.core.adapters import AdapterSheet, Task
from app.core.cancel import CancelToken
from app.core.errors import UsageError, UserFacingError
from app.core.people import May
from app.modelstore.chatglm.importing import is_checkpoint, name_of, write_model
from app.modelstore.chatglm.tokens import Chat
from app.modelstore.packages import is_package
from app.modelstore.progress import Progress, Step
from app.modelstore.store import ModelStatus, State, Store, open_store
from app.tuning.prefixes.reading import is_prefix

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
    """List models and whether they are here, adapters and how good they are."""
    with told(as_json), opened() as house:
        statuses = house.store.list()
        sheets = house.adapters.sheets()
    if as_json:
        print_json(
            {
                "models": [_status_json(s) for s in statuses],
                "adapters": [sheet_json(s) for s in sheets],
            }
        )
        return
    for status in statuses:
        artefact = status.artefact
        print(
            f"{artefact.name}\t{_STATE_WORDS[status.state]}\t{artefact.title}\t"
            f"{artefact.licence}\t{status.folder or status.detail}"
        )
    print("\n适配器:")
    for sheet in sheets:
        _show(sheet)


@app.command("fetch")
def fetch(
    name: Annotated[str, typer.Argument(help="A name from `models list`.")],
    as_json: AsJson = False,
) -> None:
    """Bring a model to this machine and verify it."""
    with told(as_json):
        store = open_store()
        # Who fetches it takes its licence on: said before anything comes.
        note(f"  许可 {store.artefact(name).licence}")
        folder = store.fetch(name, _Teller())
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
    trust: Annotated[
        str, typer.Option(help="Fingerprint of the adapter's signer, to be trusted.")
    ] = "",
    yes: Annotated[
        bool, typer.Option("--yes", help="Take an adapter that nobody known signed.")
    ] = False,
    name: Annotated[
        str, typer.Option("--name", help="What an imported ChatGLM is called.")
    ] = "",
    chat: Annotated[
        Chat | None,
        typer.Option("--chat", help="How a ChatGLM is talked to."),
    ] = None,
    as_json: AsJson = False,
    login: AsLogin = "",
) -> None:
    """Take a model or an adapter from a folder or archive, for instance on a stick.

    A ChatGLM as it was published is converted: ChatGLM-6B, ChatGLM2, ChatGLM3, GLM-4.
    What transformers reads as it is (GLM-4 -hf) is copied.
    """
    if is_package(path):
        _import_adapter(path, trust=trust, yes=yes, as_json=as_json, login=login)
        return
    with told(as_json), opened() as house:
        acting(house, May.CONFIGURE, login)
        if is_checkpoint(path):
            status = _import_chatglm(house.store, path, name, chat or "")
        else:
            status = _import_listed(house.store, path)
    if as_json:
        print_json(_status_json(status))
    else:
        print(f"{status.artefact.name} 已导入: {status.folder}")
        note(f"许可 {status.artefact.licence}")


def _import_listed(store: Store, path: Path) -> ModelStatus:
    """Take a model of the catalogue; say what to do with what was tuned elsewhere."""
    try:
        return store.import_path(path, _Teller())
    except UsageError as error:
        if not is_prefix(path):
            raise
        raise UsageError(
            f"{path} 是适配器的文件夹, 要先打成适配器包才能导入",
            "别处训练的前缀先用 griddesk tune convert 转换; "
            "然后用 griddesk tune package 打包, 再导入得到的 zip 文件。",
        ) from error


def _import_chatglm(store: Store, path: Path, name: str, chat: str) -> ModelStatus:
    """Convert a published checkpoint, and compute with it once before it is kept."""
    from app.agent.proving import prove_base

    name, cancel, teller = name_of(path, name), CancelToken(), _Teller()

    def write(target: Path) -> None:
        write_model(path, target, teller, cancel, name=name, chat=chat)
        note("  试算")
        prove_base(target)

    return store.make(name, write)


def _import_adapter(
    path: Path, *, trust: str, yes: bool, as_json: bool, login: str
) -> None:
    with told(as_json), opened() as house:
        acting(house, May.TUNE, login)
        sheet = house.adapters.import_package(path, trust=trust, accept=yes)
    if as_json:
        print_json(sheet_json(sheet))
        return
    _show(sheet)
    note(f"已导入, 尚未启用。看过评测后运行 griddesk models activate {sheet.name}。")


@app.command("activate")
def activate(
    name: Annotated[str, typer.Argument(help="An adapter from `models list`.")],
    task: Annotated[
        list[Task] | None,
        typer.Option("--for", help="A task to be used for, may be given again; all."),
    ] = None,
    as_json: AsJson = False,
    login: AsLogin = "",
) -> None:
    """Let an adapter do its work; a desk that runs takes it at its next start.

    Each task may have an adapter of its own, beside one model in memory.
    """
    with told(as_json), opened() as house:
        acting(house, May.TUNE, login)
        sheet = house.adapters.activate(name, task or tuple(Task))
        _tell_override(house.adapters.override)
    _tell_active(sheet, as_json=as_json)


@app.command("rollback")
def rollback(as_json: AsJson = False, login: AsLogin = "") -> None:
    """Go back to the adapter that was active before."""
    with told(as_json), opened() as house:
        acting(house, May.TUNE, login)
        sheet = house.adapters.rollback()
        _tell_override(house.adapters.override)
    _tell_active(sheet, as_json=as_json)


@app.command("remove")
def remove(
    name: Annotated[str, typer.Argument(help="An imported adapter.")],
    as_json: AsJson = False,
    login: AsLogin = "",
) -> None:
    """Delete an imported adapter that is not active."""
    with told(as_json), opened() as house:
        acting(house, May.TUNE, login)
        house.adapters.remove(name)
    if as_json:
        print_json({"removed": name})
    else:
        print(f"适配器 {name} 已删除")


def _show(sheet: AdapterSheet) -> None:
    for line in sheet_lines(sheet):
        print(line)


def _tell_active(sheet: AdapterSheet, *, as_json: bool) -> None:
    if as_json:
        print_json(sheet_json(sheet))
        return
    _show(sheet)
    note("已启用; 正在运行的值班台下次启动时生效。回退: griddesk models rollback。")


def _tell_override(adapter: str) -> None:
    if adapter:
        note(f"注意: 设置 agent.adapter 指定了 {adapter}, 它优先于启用的适配器。")
