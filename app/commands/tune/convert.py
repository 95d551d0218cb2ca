"""`tune convert`: a prefix that was trained elsewhere, made into ours, and back."""

from pathlib import Path
from typing import Annotated

import typer

from app.agent.chats import NOTHING_SAID
from app.commands.errors import told
from app.commands.output import note, print_json
from app.modelstore.store import open_store
from app.tuning.prefixes.forms import Form, Numbering


def convert(
    source: Annotated[
        Path,
        typer.Argument(help="A checkpoint of ptuning/, an adapter of peft, or a file."),
    ],
    base: Annotated[
        str, typer.Option(help="A name from `models list`, or the base's folder.")
    ],
    out: Annotated[Path, typer.Option(help="Folder for the result.")],
    to: Annotated[
        Form, typer.Option(help="What to write: ours (as peft), or THUDM's own form.")
    ] = Form.GRIDDESK,
    positions: Annotated[
        Numbering | None,
        typer.Option(
            help="Where its program counts the text from: 0, or after the prefix."
        ),
    ] = None,
    patterns: Annotated[
        int | None,
        typer.Option(help="Version of the prompts it was trained on; 1: reference."),
    ] = None,
    conversation: Annotated[
        Path | None,
        typer.Option(
            help="JSON: the system prompt, tools and rounds it was trained behind."
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object.")
    ] = False,
) -> None:
    """Convert a prefix of ChatGLM-6B, ChatGLM2, ChatGLM3 or GLM-4; it must fit."""
    with told(as_json):
        folder = Path(base) if Path(base).is_dir() else open_store().locate(base)
        from app.tuning.prefixes.convert import ConvertConfig
        from app.tuning.prefixes.convert import convert as convert_prefix

        report = convert_prefix(
            ConvertConfig(
                source=source,
                base=folder,
                out=out,
                to=to,
                positions=positions,
                patterns=patterns,
                conversation=conversation,
            ),
            note,
        )
    if as_json:
        print_json(
            {
                "folder": str(out),
                "from": report.source.value,
                "to": report.target.value,
                "tokens": report.tokens,
                "layers": report.layers,
                "groups": report.groups,
                "head_size": report.size,
                "turned_by": report.turned_by,
                "projected": report.projected,
                "pattern_version": report.patterns,
                "system_prompt": report.said.system,
                "tools": [tool.name for tool in report.said.tools],
                "turns": len(report.said.turns),
                "base": report.base,
                "base_sha256": report.base_sha256,
            }
        )
        return
    print(
        f"前缀已转换: {out} ({report.tokens} 个词元, {report.layers} 层, "
        f"{report.groups} 组, 每组 {report.size} 维)"
    )
    print(f"  底座 {report.base}, 权重 SHA-256 {report.base_sha256}")
    if report.turned_by:
        print(f"  键已换算 {report.turned_by:+d} 个位置")
    if report.projected:
        print("  投影层已算入前缀")
    if report.said != NOTHING_SAID:
        print(
            f"  每条提示词之前: 系统提示词 {len(report.said.system)} 字, "
            f"工具 {len(report.said.tools)} 个, 对话 {len(report.said.turns)} 条"
        )
    if to is Form.OFFICIAL:
        note(
            f"官方程序载入时请给出 pre_seq_len={report.tokens}, "
            "prefix_projection=False。"
        )
    else:
        note(
            f"提示词版本 {report.patterns}。"
            "请用 griddesk tune eval 评测, 再用 griddesk tune package 打包。"
        )
