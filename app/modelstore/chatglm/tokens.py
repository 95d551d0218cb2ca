"""The tokenizer of a published ChatGLM, with its control tokens and its way of talking.

Each generation puts other tokens around what is said (tokenization_chatglm.py of the
checkpoints; `build_prompt`, `build_chat_input`). They are written into the template of
the tokenizer, so that every model of the desk is framed by the same code. A prompt
itself passes unchanged: prefixes that were trained on it elsewhere work here.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.core.errors import ModelCorruptError, ModelMissingError, UsageError
from app.modelstore.chatglm.sentencepiece import read_pieces, tokenizer_of
from app.modelstore.chatglm.shape import Generation, Shape

if TYPE_CHECKING:
    from tokenizers import Tokenizer


class Chat(StrEnum):
    """How a generation is talked to."""

    CHATGLM = "chatglm"
    CHATGLM2 = "chatglm2"
    CHATGLM3 = "chatglm3"
    GLM4 = "glm4"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Talk:
    """The control tokens of a generation and what stands around a prompt."""

    files: tuple[str, ...]
    controls: Mapping[str, int]
    """Token → its id; those that the vocabulary has already, too."""
    template: str
    end: str


_CHATGLM3_CONTROLS: Final = {
    "[MASK]": 64789,
    "[gMASK]": 64790,
    "[sMASK]": 64791,
    "sop": 64792,
    "eop": 64793,
    "<|system|>": 64794,
    "<|user|>": 64795,
    "<|assistant|>": 64796,
    "<|observation|>": 64797,
}
_GLM4_CONTROLS: Final = {
    token: 151_329 + number
    for number, token in enumerate(
        (
            "<|endoftext|>",
            "[MASK]",
            "[gMASK]",
            "[sMASK]",
            "<sop>",
            "<eop>",
            "<|system|>",
            "<|user|>",
            "<|assistant|>",
            "<|observation|>",
            "<|begin_of_image|>",
            "<|end_of_image|>",
            "<|begin_of_video|>",
            "<|end_of_video|>",
        )
    )
}


def _template(before: str, after: str) -> str:
    """Put words around what is said last; the second ones begin an answer."""
    # In expressions, because jinja takes away the end of a line next to a block.
    return (
        f"{{{{ {before!r} + messages[-1]['content'] }}}}"
        f"{{% if add_generation_prompt %}}{{{{ {after!r} }}}}{{% endif %}}"
    )


_TALKS: Final[Mapping[Chat, _Talk]] = {
    Chat.CHATGLM: _Talk(
        files=("ice_text.model",),
        controls={
            "[MASK]": 130_000,
            "[gMASK]": 130_001,
            "[sMASK]": 130_002,
            "<sop>": 130_004,
            "<eop>": 130_005,
        },
        template=_template("", "[gMASK]<sop>"),
        end="<eop>",
    ),
    Chat.CHATGLM2: _Talk(
        files=("tokenizer.model",),
        controls=dict(list(_CHATGLM3_CONTROLS.items())[:5]),
        template=_template("[gMASK]sop[Round 1]\n\n问：", "\n\n答："),
        end="</s>",
    ),
    Chat.CHATGLM3: _Talk(
        files=("tokenizer.model",),
        controls=_CHATGLM3_CONTROLS,
        template=_template("[gMASK]sop<|user|>\n", "<|assistant|>"),
        end="</s>",
    ),
    Chat.GLM4: _Talk(
        files=("tokenizer.model",),
        controls=_GLM4_CONTROLS,
        template=_template("[gMASK]<sop><|user|>\n", "<|assistant|>"),
        end="<|endoftext|>",
    ),
}

_GLM4_WORDS: Final = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
"""How GLM-4's tokenizer cuts a text into words (tokenization_chatglm.py)."""


def chat_of(source: Path, shape: Shape) -> Chat:
    """Say how the model in `source` is talked to.

    ChatGLM2 and ChatGLM3 have the same shape; their own code tells them apart, which is
    read as text and never run.

    Raises:
        UsageError: It cannot be told.
    """
    if shape.generation is Generation.CHATGLM_6B:
        return Chat.CHATGLM
    if shape.vocabulary >= min(_GLM4_CONTROLS.values()):
        return Chat.GLM4
    code = source / "tokenization_chatglm.py"
    if code.is_file():
        text = code.read_text(encoding="utf-8", errors="replace")
        return Chat.CHATGLM3 if "<|user|>" in text else Chat.CHATGLM2
    for name in ("tokenizer_config.json", "tokenizer.json"):
        path = source / name
        if path.is_file() and "<|user|>" in path.read_text(
            encoding="utf-8", errors="replace"
        ):
            return Chat.CHATGLM3
    raise UsageError(
        f"看不出 {source.name} 是 ChatGLM2 还是 ChatGLM3: 两者结构相同",
        "请用 --chat chatglm2 或 --chat chatglm3 说明。",
    )


def write_tokenizer(source: Path, target: Path, shape: Shape, chat: Chat) -> None:
    """Write the tokenizer of the model in `source` into `target`.

    Raises:
        ModelMissingError: It has none.
        ModelCorruptError: It cannot be read, or has not the published vocabulary.
        OSError: Not writable.
    """
    from tokenizers import AddedToken

    talk = _TALKS[chat]
    made = _bare(source, talk, chat)
    # It would put <s> before a text, which the published code never does.
    made.post_processor = None
    for token, number in talk.controls.items():
        known = made.token_to_id(token)
        if known is None and made.get_vocab_size() != number:
            raise ModelCorruptError(
                f"{source.name} 的词表有 {made.get_vocab_size()} 项, "
                f"与已发布的不同: {token} 应为 {number}",
                "请重新取得完整的模型文件夹。",
            )
        if known not in {None, number}:
            raise ModelCorruptError(
                f"{source.name} 的控制符 {token} 为 {known}, 应为 {number}",
                "请重新取得完整的模型文件夹。",
            )
        made.add_special_tokens([AddedToken(token, special=True, normalized=False)])
    if made.get_vocab_size() > shape.vocabulary:
        raise ModelCorruptError(
            f"{source.name} 的词表有 {made.get_vocab_size()} 项, "
            f"模型只有 {shape.vocabulary} 项",
            "请重新取得完整的模型文件夹。",
        )
    made.save(str(target / "tokenizer.json"))
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "chat_template": talk.template,
        "eos_token": talk.end,
        "pad_token": made.id_to_token(shape.pad),
        "padding_side": "left",
        "clean_up_tokenization_spaces": False,
        "model_max_length": shape.positions,
    }
    text = json.dumps(settings, ensure_ascii=False, indent=2, sort_keys=True)
    path = target / "tokenizer_config.json"
    path.write_text(text + "\n", encoding="utf-8")


def _bare(source: Path, talk: _Talk, chat: Chat) -> "Tokenizer":
    """Give the tokenizer without its control tokens."""
    from tokenizers import Tokenizer

    for name in talk.files:
        path = source / name
        if path.is_file():
            if chat is Chat.GLM4:
                return _of_ranks(path)
            return _published(tokenizer_of(read_pieces(path)), chat)
    path = source / "tokenizer.json"
    if not path.is_file():
        raise ModelMissingError(
            f"{source.name} 缺少分词器文件 {' 或 '.join((*talk.files, path.name))}",
            "请重新取得完整的模型文件夹。",
        )
    try:
        return Tokenizer.from_file(str(path))
    except Exception as error:
        raise ModelCorruptError(
            f"分词器 {path.name} 无法读取 ({error})", "请重新取得完整的模型文件夹。"
        ) from error


def _published(made: "Tokenizer", chat: Chat) -> "Tokenizer":
    """Prepare texts as the first generation does before SentencePiece sees them."""
    if chat is not Chat.CHATGLM:
        return made
    from tokenizers import Regex, normalizers

    # From the longest on: 80 blanks in a row are one token.
    rows = [
        normalizers.Replace(Regex(f" {{{count}}}"), f"<|blank_{count}|>")
        for count in range(80, 1, -1)
    ]
    made.normalizer = normalizers.Sequence(
        [
            normalizers.Replace("\n", "<n>"),
            normalizers.Replace("\t", "<|tab|>"),
            *rows,
            made.normalizer,
        ]
    )
    return made


def _of_ranks(path: Path) -> "Tokenizer":
    """Read a file of byte strings in base64 and their ranks (tiktoken's)."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers

    try:
        ranks = {
            base64.b64decode(word): int(rank)
            for word, rank in (line.split() for line in path.read_bytes().splitlines())
        }
    except ValueError as error:
        raise ModelCorruptError(
            f"分词器 {path.name} 无法读取 ({error})", "请重新取得完整的模型文件夹。"
        ) from error
    letters = _letters_of_bytes()

    def written(word: bytes) -> str:
        return "".join(letters[byte] for byte in word)

    merges = []
    for word in sorted(ranks, key=ranks.__getitem__):
        cuts = [
            (word[:at], word[at:])
            for at in range(1, len(word))
            if word[:at] in ranks and word[at:] in ranks
        ]
        cuts.sort(key=lambda cut: (ranks[cut[0]], ranks[cut[1]]))
        merges += [(written(one), written(two)) for one, two in cuts]
    vocab = {written(word): rank for word, rank in ranks.items()}
    made = Tokenizer(models.BPE(vocab=vocab, merges=merges, ignore_merges=True))
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_GLM4_WORDS), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    made.decoder = decoders.ByteLevel()
    return made


def _letters_of_bytes() -> dict[int, str]:
    """Give the letter that a byte-level BPE writes for each byte (GPT-2's table)."""
    own = [*range(33, 127), *range(161, 173), *range(174, 256)]
    letters = {byte: chr(byte) for byte in own}
    for byte in range(256):
        if byte not in letters:
            letters[byte] = chr(256 + len(letters) - len(own))
    return letters
