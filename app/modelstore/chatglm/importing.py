"""Taking a ChatGLM into the model store, whole or not at all.

As THUDM published it, it is converted; what transformers reads as it is, is copied.
"""

import re
from pathlib import Path
from typing import Final

from app.core.cancel import CancelToken
from app.core.errors import UsageError
from app.modelstore.bases import read_object
from app.modelstore.chatglm.convert import convert_weights
from app.modelstore.chatglm.native import copy_model, is_native
from app.modelstore.chatglm.shape import is_chatglm
from app.modelstore.chatglm.tokens import Chat, chat_of, write_tokenizer
from app.modelstore.files import sha256_of
from app.modelstore.own import SUMS, write_entry
from app.modelstore.progress import Listener, Progress, Step

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]*")
_TITLES: Final = {
    Chat.CHATGLM: "ChatGLM-6B",
    Chat.CHATGLM2: "ChatGLM2-6B",
    Chat.CHATGLM3: "ChatGLM3-6B",
    Chat.GLM4: "GLM-4-9B",
}


def is_checkpoint(path: Path) -> bool:
    """Say whether a folder holds a ChatGLM, to be converted or as it is."""
    config = path / "config.json"
    if not config.is_file():
        return False
    stated = read_object(config)
    return is_chatglm(stated) or is_native(stated)


def name_of(path: Path, wanted: str) -> str:
    """Give the name under which a checkpoint is kept.

    Raises:
        UsageError: It is none for a model.
    """
    name = wanted or path.resolve().name.lower()
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"“{name}”不能作为模型名称",
            "请用 --name 给出由小写字母、数字、点、横线组成的名称, 例如 chatglm3-6b。",
        )
    return name


def write_model(
    source: Path,
    target: Path,
    progress: Listener,
    cancel: CancelToken,
    *,
    name: str,
    chat: str = "",
) -> None:
    """Write the model in `source` into the empty folder `target`.

    `chat` says how it is talked to, where the checkpoint does not.

    Raises:
        UsageError: It cannot be told how it is talked to, or it says so itself.
        ModelMissingError, ModelCorruptError, MissingError: As for its parts.
        OSError, Cancelled: What was written by then is of no use.
    """
    if is_native(read_object(source / "config.json")):
        if chat:
            raise UsageError(
                f"{source.name} 自带对话模板, 不能另外指定", "请去掉 --chat。"
            )
        copy_model(source, target, progress, cancel)
        title = source.name
    else:
        shape = convert_weights(source, target, progress, cancel)
        talk = Chat(chat) if chat else chat_of(source, shape)
        write_tokenizer(source, target, shape, talk)
        title = _TITLES[talk]
    kept = [source / each for each in ("MODEL_LICENSE", "LICENSE")]
    for licence in filter(Path.is_file, kept):
        (target / licence.name).write_bytes(licence.read_bytes())
    write_entry(
        target,
        name=name,
        title=f"{title} (由 {source.name} 导入)",
        licence="见模型附带的许可" if any(map(Path.is_file, kept)) else "未附许可",
    )
    _write_sums(target, progress, cancel)


def _write_sums(target: Path, progress: Listener, cancel: CancelToken) -> None:
    files = sorted(path for path in target.iterdir() if path.name != SUMS)
    total = sum(path.stat().st_size for path in files)
    done = 0

    def count(size: int) -> None:
        nonlocal done
        done += size
        progress(Progress(step=Step.VERIFYING, done=done, total=total))

    lines = [
        f"{sha256_of(path, cancel=cancel, on_bytes=count)}  {path.name}\n"
        for path in files
    ]
    (target / SUMS).write_text("".join(lines), encoding="utf-8")
