"""How a prompt and an answer become tokens, whichever tokenizer the base brings.

What stands around a prompt comes from the tokenizer's own chat template, so the same
code frames GLM-mini, GLM-4 and an imported ChatGLM3. What an operator said is always
tokenised with control tokens split into plain characters.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.agent.characters import CharacterCodes, merges_nothing
from app.agent.chats import NOTHING_SAID, Control, Conversation, Piece, format_of
from app.core.errors import ModelCorruptError

_SLOT = "语音在此"
# Characters to put before a text whose real neighbour would melt into it.
_HINGES = ("\n", "#", "。", "!")
# Used where a tokenizer brings no template but has GLM's control tokens.
_GLM_HEAD = ("[gMASK]", "<sop>", "<|user|>", "\n")
_GLM_TAIL = ("<|assistant|>", "\n")


@dataclass(frozen=True, slots=True)
class Framing:
    """Tokens before and after a prompt, and those that end an answer."""

    tokenizer: Any
    head: tuple[int, ...]
    tail: tuple[int, ...]
    stops: tuple[int, ...]
    marks: tuple[int | None, int] | None = None
    """What encloses a prompt that the model reads in both directions; its first token
    where nothing marks the beginning. None: the model reads everything forwards."""
    characters: CharacterCodes | None = None
    """The tokens of characters, where a text's tokens are nothing more."""
    lead: str = ""
    trail: str = ""
    """Words before and after a prompt that become tokens together with it, as
    ChatGLM2's 问 and 答 do; `head` and `tail` are then control tokens alone."""

    def kept(self, ids: Sequence[int]) -> int:
        """Count the first tokens that are computed alike whatever follows them.

        All of them, unless the model reads prompts in both directions and `ids` end in
        the middle of one: what a character is then depends on what is still to come.
        """
        if self.marks is None:
            return len(ids)
        begin, end = self.marks
        for back, token in enumerate(reversed(ids), 1):
            if token == end:
                break
            if token == begin:
                return len(ids) - back
        else:
            return len(ids) if begin is not None else 0
        return len(ids)

    def encode(self, text: str) -> list[int]:
        """Give the tokens of plain text; no control token is ever among them."""
        return self.encode_all([text])[0]

    def encode_all(self, texts: Sequence[str]) -> list[list[int]]:
        """Give the tokens of several plain texts."""
        if not texts:
            return []
        if self.characters is not None:
            return self.characters.encode_all(texts)
        encoded = self.tokenizer(
            list(texts), add_special_tokens=False, split_special_tokens=True
        )
        return [list(ids) for ids in encoded["input_ids"]]

    def prompt(self, text: str) -> list[int]:
        """Give the tokens of a whole prompt, ready for its answer."""
        return self.prompts([text])[0]

    def prompts(self, texts: Sequence[str], limit: int = 0) -> list[list[int]]:
        """Give the tokens of several prompts, each at most `limit` long; 0: any length.

        What stands around a prompt is never cut: without it there is no prompt.
        """
        frame = len(self.head) + len(self.tail)
        room = max(0, limit - frame) if limit else None
        joined = [f"{self.lead}{text}{self.trail}" for text in texts]
        found = self.encode_all(joined)
        for number, text in enumerate(texts if self.lead or self.trail else ()):
            while room is not None and len(found[number]) > room and text:
                text = text[:-1]
                found[number] = self.encode(f"{self.lead}{text}{self.trail}")
        if not (self.lead or self.trail):
            found = [ids[:room] for ids in found]
        return [[*self.head, *ids, *self.tail] for ids in found]

    def after(self, before: str, texts: Sequence[str]) -> list[list[int]]:
        """Give the tokens of texts that continue `before`.

        Tokenizers of the sentencepiece kind put a blank before the first word, which
        must not happen in the middle of a sentence.
        """
        if not before or self.characters is not None:
            return self.encode_all(texts)
        found: dict[str, list[int]] = {}
        for hinge in dict.fromkeys((before[-1:], *_HINGES)):
            left = [text for text in texts if text not in found]
            if not left:
                continue
            lead = self.encode(hinge)
            joined = self.encode_all([hinge + text for text in left])
            for text, ids in zip(left, joined, strict=True):
                # Where hinge and text have melted into one token, try another hinge.
                if ids[: len(lead)] == lead:
                    found[text] = ids[len(lead) :]
        return [found[t] if t in found else self.encode(t) for t in texts]

    def decode(self, ids: Sequence[int]) -> str:
        """Give the text of tokens; control tokens vanish."""
        return str(self.tokenizer.decode(list(ids), skip_special_tokens=True))


def framing_of(
    tokenizer: Any,
    eos: int | Sequence[int] | None,
    marks: tuple[int | None, int] | None = None,
) -> Framing:
    """Read the framing from a tokenizer, ends and marks from the model's settings.

    Raises:
        ModelCorruptError: The tokenizer has neither a template nor GLM's tokens.
    """
    stops = [eos] if isinstance(eos, int) else list(eos or ())
    if tokenizer.eos_token_id is not None:
        stops.append(int(tokenizer.eos_token_id))
    stops = list(dict.fromkeys(stops))
    if not stops:
        raise ModelCorruptError("模型没有定义结束符, 无法判断回答何时结束")
    characters = CharacterCodes(tokenizer) if merges_nothing(tokenizer) else None
    if tokenizer.chat_template:
        framed = tokenizer.apply_chat_template(
            [{"role": "user", "content": _SLOT}],
            add_generation_prompt=True,
            tokenize=False,
        )
        head, found, tail = str(framed).partition(_SLOT)
        if not found:
            raise ModelCorruptError("模型的对话模板不包含用户内容")
        head, lead = _parted(tokenizer, head, first=False)
        trail, tail = _parted(tokenizer, tail, first=True)
        return Framing(
            tokenizer,
            _controls(tokenizer, head),
            _controls(tokenizer, tail),
            tuple(stops),
            marks,
            characters,
            lead,
            trail,
        )
    known = tokenizer.get_vocab()
    if all(token in known for token in (*_GLM_HEAD[:3], _GLM_TAIL[0])):
        return Framing(
            tokenizer,
            _controls(tokenizer, "".join(_GLM_HEAD)),
            _controls(tokenizer, "".join(_GLM_TAIL)),
            tuple(stops),
            marks,
            characters,
        )
    raise ModelCorruptError("分词器没有对话模板, 也没有 GLM 的控制符")


def framing_behind(framing: Framing, said: Conversation, name: str) -> Framing:
    """Give the framing of prompts that follow a conversation; `name` is the model's.

    Raises:
        ModelCorruptError: It is no ChatGLM, or its generation knows no such thing.
    """
    if said == NOTHING_SAID:
        return framing
    controls = framing.tokenizer.get_added_vocab()
    known = format_of(controls)
    if known is None:
        raise ModelCorruptError(
            f"模型 {name} 没有 ChatGLM 的对话格式, 不能在提示词之前加入对话",
            "请使用没有对话 (conversation) 的适配器。",
        )
    frame = known.frame(said)

    def ids(pieces: Sequence[Piece]) -> tuple[int, ...]:
        made: list[int] = []
        for piece in pieces:
            if isinstance(piece, Control):
                made.append(controls[piece.name])
            else:
                made += framing.encode(piece)
        return tuple(made)

    return replace(
        framing,
        head=ids(frame.before),
        lead=frame.lead,
        trail=frame.trail,
        tail=ids(frame.after),
    )


def _parted(tokenizer: Any, text: str, *, first: bool) -> tuple[str, str]:
    """Part words next to a prompt from control tokens; words of blanks stay with them.

    `first`: the words come first.
    """
    at = 0 if not first else len(text)
    for token in tokenizer.get_added_vocab():
        place = text.find(token) if first else text.rfind(token)
        if place >= 0:
            at = min(at, place) if first else max(at, place + len(token))
    one, two = text[:at], text[at:]
    words = one if first else two
    if words.strip():
        return one, two
    return ("", text) if first else (text, "")


def _controls(tokenizer: Any, text: str) -> tuple[int, ...]:
    if not text:
        return ()
    encoded = tokenizer(text, add_special_tokens=False, split_special_tokens=False)
    return tuple(encoded["input_ids"])
