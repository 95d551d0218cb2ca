"""Site systems from the command line: connect, list, keep secrets."""

import asyncio
import getpass
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands import conforming
from app.commands.acting import AsLogin, acting
from app.commands.errors import opened, told
from app.commands.output import Json, health_json, note, print_json
from app.compose import House
from app.core.errors import MissingError, UsageError, UserFacingError
from app.core.observation import Service
from app.core.people import May
from app.core.ports import Backend, Health
from app.system import paths

if TYPE_CHECKING:
    from app.sites.backends.described import SystemFile
    from app.sites.connecting import Connected

app = typer.Typer()
"""Becomes part of `griddesk sites`."""
app.add_typer(conforming.app)

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]

_QUESTIONS = {Service.WORK_ORDERS: "工单查询", Service.DETECTION: "目标检测"}
_PLACES = {"keyring": "在钥匙串里", "environment": "在环境变量里"}
_MOST_STDIN = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class _Secret:
    """A secret that a system wants."""

    name: str
    place: str | None
    """keyring or environment; None: nowhere, or it cannot be said."""
    problem: str = ""
    remedy: str = ""
    """What to do where it is nowhere: a command, or the variable to set."""

    @property
    def words(self) -> str:
        """Say where it is."""
        return _PLACES[self.place] if self.place else self.problem or "还没有存入"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listed:
    """One line of `sites systems`."""

    name: str
    kind: str
    questions: Sequence[str]
    routes: Sequence[str]
    """Conditions under which it answers; `default` where no other does."""
    secrets: Sequence[_Secret]
    health: Health

    @property
    def state(self) -> str:
        """Say how it is; that a server is there does not prove the login."""
        unproven = self.kind == "http" and self.health.ok
        more = " (登录和数字请用 sites conform 检验)" if unproven else ""
        return self.health.detail + more


@app.command("systems")
def list_systems(as_json: AsJson = False) -> None:
    """List the site systems: what each answers, when it is asked, and how it is."""
    with told(as_json), opened() as house:
        listed = asyncio.run(_listed(house))
        if as_json:
            print_json({"systems": [_listed_json(each) for each in listed]})
            return
        for each in listed:
            print("\n    ".join(_listed_lines(each)))


@app.command("connect")
def connect_system(
    file: Annotated[Path, typer.Argument(help="The description, NAME.toml.")],
    name: Annotated[
        str, typer.Option("--name", help="Name of the system; else the file's.")
    ] = "",
    default: Annotated[
        bool, typer.Option("--default", help="Ask it where no route says otherwise.")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace the one of this name.")
    ] = False,
    as_json: AsJson = False,
    login: AsLogin = "",
) -> None:
    """Check the description of a site system and take it over."""
    with told(as_json), opened() as house:
        from app.settings.file import changed, save
        from app.sites.connecting import connect
        from app.sites.upkeep import close_all

        acting(house, May.CONFIGURE, login)

        async def made() -> "Connected":
            got = await connect(file, house.systems, name=name, replace=replace)
            await close_all([got.backend])
            return got

        got = asyncio.run(made())
        system = got.system
        if default:
            settings = changed(house.settings, "backend.name", system.name)
            save(house.settings_path, settings)
        secrets = _secrets(house, system)
        if as_json:
            print_json(
                {
                    "system": system.name,
                    "kind": system.kind,
                    "file": str(system.path),
                    "changed": got.changed,
                    "former": str(got.former) if got.former else None,
                    "questions": _questions(got.backend),
                    "secrets": _secrets_json(secrets),
                    "default": default,
                }
            )
            return
        answers = "、".join(_QUESTIONS[Service(q)] for q in _questions(got.backend))
        done = "已添加站点系统" if got.changed else "没有变化, 已有站点系统"
        print(f"{done} {system.name} ({system.kind}): {answers}")
        print(f"  配置: {system.path}")
        if got.former is not None:
            print(f"  原配置: {got.former}")
        for secret in secrets:
            print("\n".join(f"  {line}" for line in _secret_lines(secret)))
        sites = house.directory.sites()
        if not sites:
            print("  下一步: 先用 griddesk sites import 导入站点目录")
            return
        then = "存好密钥后运行 " if any(s.remedy for s in secrets) else ""
        line = f"griddesk sites conform {system.name} --site {sites[0].id}"
        print(f"  下一步: {then}{line}")


@app.command("secret")
def keep_secret(
    system: Annotated[str, typer.Argument(help="Name of the system.")],
    name: Annotated[str, typer.Argument(help="Name of the secret.")],
    delete: Annotated[
        bool, typer.Option("--delete", help="Forget it instead.")
    ] = False,
    as_json: AsJson = False,
    login: AsLogin = "",
) -> None:
    """Keep a secret in the key ring; read without echo, or from standard input."""
    with told(as_json), opened() as house:
        acting(house, May.CONFIGURE, login)
        where = None
        deleted = False
        if delete:
            deleted = house.secrets.delete(system, name)
            said = "已从钥匙串删除" if deleted else "钥匙串里本来就没有"
        elif _given(house, system, name):
            said = _no_need(system, name)
        else:
            where = house.secrets.set(system, name, _typed(system, name))
            said = f"已存入本机钥匙串 ({where})"
        if as_json:
            print_json(
                {"system": system, "name": name, "stored": where, "deleted": deleted}
            )
        else:
            print(f"系统 {system} 的密钥 {name} {said}")


@app.command("examples")
def copy_example(
    name: Annotated[str, typer.Argument(help="The one to copy; none: list.")] = "",
    to: Annotated[
        Path | None, typer.Argument(help="Where to; never over a file.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the worked descriptions that come along, or copy one to begin with."""
    with told(as_json):
        from app.sites.connecting import examples

        folder = paths.resources() / "systems"
        known = examples(folder)
        if not name:
            if as_json:
                rows = [{"name": each, "about": known[each]} for each in known]
                print_json({"examples": rows})
            else:
                for each in known:
                    print(f"{each}\t{known[each]}")
            return
        if name not in known:
            names = ", ".join(known)
            raise UsageError(f"没有名为 {name} 的样例", f"请改用其中之一: {names}。")
        target = to or Path(f"{name}.toml")
        _copy(folder / f"{name}.toml", target)
        if as_json:
            print_json({"name": name, "file": str(target)})
        else:
            print(f"已复制到 {target}; 改好后运行 griddesk sites connect {target}")


async def _listed(house: House) -> list[_Listed]:
    from app.sites.upkeep import health_of

    router = house.router
    names = dict.fromkeys((*router.names(), *house.systems.names()))
    try:
        backends = [router.system(name) for name in names]
        health = await asyncio.gather(*(health_of(each) for each in backends))
    finally:
        await house.close_backend()
    return [
        _entry(house, name, backend, said)
        for name, backend, said in zip(names, backends, health, strict=True)
    ]


def _entry(house: House, name: str, backend: Backend, health: Health) -> _Listed:
    wanted = house.settings.backend
    routes = [condition for condition, to in wanted.routes.items() if to == name]
    system = _described(house, name)
    return _Listed(
        name=name,
        kind=system.kind if system else name,
        questions=_questions(backend),
        routes=["default", *routes] if name == wanted.name else routes,
        secrets=_secrets(house, system) if system else (),
        health=health,
    )


def _described(house: House, name: str) -> "SystemFile | None":
    """Give the description of a system; None where there is none to be read."""
    from app.sites.backends.described import read_system

    path = house.systems.folder / f"{name}.toml"
    try:
        return read_system(path) if path.exists() else None
    except UserFacingError:
        # Its health says so.
        return None


def _questions(backend: Backend) -> list[str]:
    return [service.value for service in Service if service in backend.services]


def _secrets(house: House, system: "SystemFile") -> list[_Secret]:
    from app.sites.secrets import wanted

    return [_secret(house, system.name, name) for name in wanted(system.options)]


def _secret(house: House, system: str, name: str) -> _Secret:
    from app.sites.secrets import command_for

    try:
        place = house.secrets.place(system, name)
    except MissingError as error:
        remedy = error.remedy
        return _Secret(name=name, place=None, problem=error.message, remedy=remedy)
    if place is None:
        remedy = command_for(system, name)
        return _Secret(name=name, place=None, remedy=remedy)
    return _Secret(name=name, place=place.value)


def _given(house: House, system: str, name: str) -> bool:
    """Whether a secret need not be typed: it is in the environment, and only there.

    Raises:
        UsageError: Nothing would ever ask for it: it is probably misspelt.
        MissingError: It could not be kept. Said before somebody types it.
    """
    from app.sites.secrets import SecretPlace, variable, wanted

    described = _read(house, system)
    if name not in (names := wanted(described.options)):
        known = "、".join(names) or "没有"
        raise UsageError(
            f"系统 {system} 的配置没有提到密钥 {name}, 没有存入",
            f"它要的密钥: {known}。",
        )
    if house.secrets.place(system, name) is not SecretPlace.ENVIRONMENT:
        return False
    if not house.secrets.health().ok:
        return True
    note(f"注意: 环境变量 {variable(system, name)} 已设置, 它优先于钥匙串")
    return False


def _no_need(system: str, name: str) -> str:
    from app.sites.secrets import variable

    return f"取自环境变量 {variable(system, name)}; 本机没有可用的钥匙串, 不用存入"


def _read(house: House, name: str) -> "SystemFile":
    """Read the description of a system that somebody named."""
    from app.sites.backends.described import read_system, system_names

    folder = house.systems.folder
    if name not in (names := system_names(folder)):
        known = "、".join(names) or "没有"
        raise UsageError(
            f"还没有名为 {name} 的系统配置",
            f"已有的系统: {known}; 请先用 griddesk sites connect 添加。",
        )
    return read_system(folder / f"{name}.toml")


def _typed(system: str, name: str) -> str:
    """Read a secret: without echo from a person, whole from a program."""
    if sys.stdin.isatty():
        return getpass.getpass(f"系统 {system} 的密钥 {name} (不显示): ")
    return sys.stdin.read(_MOST_STDIN).removesuffix("\n").removesuffix("\r")


def _copy(source: Path, target: Path) -> None:
    try:
        with source.open("rb") as data, target.open("xb") as out:
            shutil.copyfileobj(data, out)
    except FileExistsError as error:
        raise UsageError(f"{target} 已存在, 没有改动", "请换一个文件名。") from error
    except OSError as error:
        raise UsageError(
            f"{target} 写不进去: {error.strerror or error}", "请换一个文件夹。"
        ) from error


def _secrets_json(secrets: Sequence[_Secret]) -> list[Json]:
    return [
        {"name": s.name, "place": s.place, "problem": s.problem, "remedy": s.remedy}
        for s in secrets
    ]


def _listed_json(each: _Listed) -> Json:
    return {
        "name": each.name,
        "kind": each.kind,
        "questions": list(each.questions),
        "routes": list(each.routes),
        "secrets": _secrets_json(each.secrets),
        "health": health_json(each.health),
    }


def _listed_lines(each: _Listed) -> list[str]:
    answers = "、".join(_QUESTIONS[Service(q)] for q in each.questions)
    routes = ", ".join("默认" if r == "default" else r for r in each.routes)
    lines = [
        f"{'✓' if each.health.ok else '✗'} {each.name} ({each.kind}): {answers}",
        f"查询: {routes or '没有用到'}",
        f"状态: {each.state}",
    ]
    if each.health.remedy:
        lines.append(f"→ {each.health.remedy}")
    for secret in each.secrets:
        lines += _secret_lines(secret)
    return lines


def _secret_lines(secret: _Secret) -> list[str]:
    lines = [f"密钥 {secret.name}: {secret.words}"]
    if secret.remedy:
        lines.append(f"  → {secret.remedy}")
    return lines
