"""`griddesk sites conform`: what a system answers about a site, then every rule."""

import asyncio
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.acting import AsLogin, acting
from app.commands.errors import opened, told
from app.commands.output import Json, note, print_json
from app.commands.site_answers import CHECK_WORDS, Asker, SiteAnswer
from app.compose import House
from app.core.errors import UsageError
from app.core.model import Check, Site
from app.core.people import May
from app.core.ports import Backend

if TYPE_CHECKING:
    from app.sites.conformance import Conformity

app = typer.Typer()
"""Becomes part of `griddesk sites`."""

RULE_WORDS = {
    "has a name": "名称是一个不变的短词",
    "has a contract version that this desk knows": "接口版本与本程序一致",
    "declares which questions it answers": "说明了自己答复哪些问题",
    "says how it is": "自检有说明, 不正常时有处理办法",
    "refuses a question that it does not answer": "不提供的查询会拒绝",
    "gives a usable order or a reason": "工单可用, 或说明原因",
    "gives a usable scene or a reason": "检测结果可用而及时, 或说明原因",
    "gives aware times": "给出的时间都带时区",
    "keeps the evidence it names": "证据图已保存, 与校验值一致",
    "is not confused by a strange site name": "站点名称像代码时也不出错",
    "answers many at once": "16个问题同时问, 个个有结果",
    "stops when cancelled": "取消后立即停止",
    "closes twice": "可以重复关闭",
}
"""What the desk says of each rule of `app.sites.conformance`."""


@app.command("conform")
def try_rules(
    name: Annotated[str, typer.Argument(help="Name of the system.")],
    site: Annotated[
        str, typer.Option("--site", help="Id of the site to ask about.")
    ] = "",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object.")
    ] = False,
    login: AsLogin = "",
) -> None:
    """Ask a system about a site, then try whether it keeps every rule."""
    with told(as_json), opened() as house:
        from app.sites.answers import site_problem
        from app.sites.conformance import RULES

        acting(house, May.CONFIGURE, login)
        asked = _site(house, site)
        backend = house.systems.make(name)
        checks = _checks(house, name)
        if not as_json:
            key = asked.work_order_key or asked.id
            print(f"站点系统 {name} · 工地 {asked.id} {asked.name} · 工单编号 {key}")
        if (closed := site_problem(asked, house.clock.now())) is not None:
            note(f"注意: {closed.detail}")
        answers, kept = asyncio.run(_tried(house, backend, asked, checks))
        answered = all(each.ok for each in answers)
        failed = not answered or not all(each.ok for each in kept)
        if as_json:
            about = {rule: _first_line(test.__doc__) for rule, test in RULES}
            print_json(
                {
                    "system": name,
                    "site_id": asked.id,
                    "ok": not failed,
                    "answers": [each.json for each in answers],
                    "rules": [_rule_json(each, about) for each in kept],
                }
            )
        else:
            for answer in answers:
                print(answer.words)
            for check in (each for each in Check if each not in checks):
                print(f"- 目标检测 {CHECK_WORDS[check]}: 该系统的配置里没有这项检查")
            print("接口规则:")
            for each in kept:
                detail = f": {each.detail}" if each.detail else ""
                words = RULE_WORDS.get(each.rule, each.rule)
                print(f"{'✓' if each.ok else '✗'} {words}{detail}")
    if failed:
        raise typer.Exit(1)


async def _tried(
    house: House, backend: Backend, site: Site, checks: Collection[Check]
) -> tuple[Sequence[SiteAnswer], "Sequence[Conformity]"]:
    """Ask first: an error keeps the contract as well, and proves no answer."""
    from app.sites.conformance import Trial, conform

    wanted = house.settings.backend
    asker = Asker(
        backend=backend,
        site=site,
        clock=house.clock,
        timeout_s=wanted.timeout_s,
        max_age_s=wanted.max_age_s,
        checks=checks,
    )
    answers = await asker.answers()
    trial = Trial(
        backend=backend,
        site=site,
        at=house.clock.now(),
        evidence_dir=house.evidence_dir,
        max_age_s=wanted.max_age_s,
    )
    return answers, await conform(trial)


def _checks(house: House, name: str) -> Sequence[Check]:
    """Give the checks that a description of the house's own kind leaves in."""
    from app.sites.backends.described import read_system

    path = house.systems.folder / f"{name}.toml"
    if not path.exists():
        return tuple(Check)
    system = read_system(path)
    sections = system.options.get("detection")
    if system.kind != "http" or not isinstance(sections, list):
        return tuple(Check)
    named = {check for each in sections for check in each.get("checks", Check)}
    return [check for check in Check if check in named]


def _site(house: House, wanted: str) -> Site:
    if not wanted:
        sites = house.directory.sites()
        if not sites:
            raise UsageError("工地目录是空的", "请先运行 griddesk sites import。")
        return sites[0]
    found = house.directory.get(wanted)
    if found is None:
        raise UsageError(
            f"目录里没有编号为 {wanted} 的工地", "请用 griddesk sites list 查看编号。"
        )
    return found


def _first_line(text: str | None) -> str:
    return (text or "").strip().partition("\n")[0].removesuffix(".")


def _rule_json(each: "Conformity", about: dict[str, str]) -> Json:
    return {
        "rule": each.rule,
        "about": about.get(each.rule, ""),
        "ok": each.ok,
        "detail": each.detail,
    }
