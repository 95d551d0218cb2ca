"""`tune package`: an adapter as one signed file for other desks."""

from pathlib import Path
from typing import Annotated

import typer

from app.commands.adapters import figure_lines
from app.commands.errors import told
from app.commands.output import note, print_json
from app.commands.tune.options import Base
from app.core.errors import UsageError
from app.system.signing import load_key, new_key


def package(
    adapter: Annotated[
        Path | None, typer.Argument(help="Folder of the adapter; none: a key only.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The package, a .zip file.")] = None,
    base: Base = Path("models/glm-mini"),
    name: Annotated[
        str, typer.Option(help="Name on desks; the folder's if none.")
    ] = "",
    title: Annotated[str, typer.Option(help="Title for people.")] = "",
    evaluation: Annotated[
        Path | None, typer.Option(help="Folder that `tune eval --report` wrote.")
    ] = None,
    key: Annotated[Path | None, typer.Option(help="Private key that signs.")] = None,
    fresh: Annotated[
        Path | None, typer.Option("--new-key", help="Make a private key here; sign.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object.")
    ] = False,
) -> None:
    """Pack adapter, evaluation and model card with sums and a signature."""
    with told(as_json):
        if key is not None and fresh is not None:
            raise UsageError("--key 和 --new-key 只能给一个")
        if (adapter is None) != (out is None):
            raise UsageError("适配器文件夹和 --out 要一起给出")
        if adapter is None and fresh is None:
            raise UsageError(
                "没有要做的事", "请给出适配器文件夹和 --out, 或 --new-key 文件。"
            )
        signing = new_key(fresh) if fresh else load_key(key) if key else None
        if fresh is not None and signing is not None:
            note(f"私钥已写入 {fresh} (只有本人可读), 请妥善保管, 不要随包发出。")
            note(f"公钥指纹: {signing.fingerprint}")
        if adapter is None or out is None:
            if as_json:
                print_json({"fingerprint": signing.fingerprint if signing else ""})
            return
        from app.tuning.package import PackageConfig, package_adapter

        packed = package_adapter(
            PackageConfig(
                adapter=adapter,
                base=base,
                out=out,
                name=name,
                title=title,
                evaluation=evaluation,
                key=signing,
            )
        )
    if as_json:
        print_json(
            {
                "file": str(out),
                "name": packed.card.name,
                "base": packed.card.base,
                "base_sha256": packed.card.base_sha256,
                "signer": packed.signer or None,
                "evaluated": bool(packed.figures),
                "bytes": packed.bytes,
                "sha256": packed.sha256,
            }
        )
        return
    print(f"{packed.card.name} 已打包: {out} ({packed.bytes} 字节)")
    print(f"  底座 {packed.card.base}, 权重 SHA-256 {packed.card.base_sha256}")
    print(f"  签名人 {packed.signer or '无 (导入时要加 --yes)'}")
    for line in figure_lines(packed.figures):
        print(f"  {line}")
