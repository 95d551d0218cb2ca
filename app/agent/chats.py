"""How each generation of ChatGLM is talked to: system prompt, tools, earlier rounds.

A desk's prompts need none of it, and pass unchanged. An adapter that was trained behind
a conversation – a system prompt, a list of tools, some rounds – needs the same one
before every prompt, and brings it in its card; see `framing.framing_behind`.

What stands around a text is control tokens and words. Words are tokenised piece by
piece as the published code does (`build_prompt`, `build_chat_input` and
`build_single_message` of each checkpoint): a tokenizer of the sentencepiece kind puts
a blank before each piece. Nothing that anybody wrote becomes a control token.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final, Protocol

from app.core.errors import ModelCorruptError

_WITHOUT: Final = "请使用没有它训练的适配器, 或换用 ChatGLM3、GLM-4。"
_FORM: Final = (
    "应为消息的列表, 与 ChatGLM3 的 history 相同: 可有一条 system (可带 tools), "
    "然后 user、assistant 交替, 以 assistant 结束。"
)


class Role(StrEnum):
    """Who says something."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    OBSERVATION = "observation"
    """What a tool answered."""


@dataclass(frozen=True, slots=True)
class Control:
    """A control token by its name."""

    name: str


Piece = Control | str
"""Text is words, tokenised by themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A function that the model may ask for."""

    name: str
    schema: Mapping[str, object]
    """The function itself: name, description, parameters."""
    given: Mapping[str, object]
    """The same as it was given, maybe with `{"type": "function", …}` around it: what
    ChatGLM3 reads, whose code lists whatever it gets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Something that was said before the prompt."""

    role: Role
    text: str
    tool: str = ""
    """The tool that an assistant asks for; empty: it speaks to the user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """What comes before every prompt."""

    system: str = ""
    tools: tuple[Tool, ...] = ()
    turns: tuple[Turn, ...] = ()
    """Rounds that are over: the last turn is an answer."""


NOTHING_SAID: Final = Conversation()


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What stands around a prompt."""

    before: tuple[Piece, ...] = ()
    lead: str = ""
    """Words that become tokens together with the prompt, before it."""
    trail: str = ""
    """The same, after it."""
    after: tuple[Piece, ...] = ()


class ChatFormat(Protocol):
    """How one generation is talked to."""

    @property
    def title(self) -> str:
        """Name of the generation."""
        ...

    @property
    def controls(self) -> tuple[str, ...]:
        """Control tokens by which its tokenizer is known."""
        ...

    def frame(self, said: Conversation) -> Frame:
        """Give what stands around a prompt that follows a conversation.

        Raises:
            ModelCorruptError: This generation knows no such thing.
        """
        ...


class ChatGlm6b:
    """The first generation: rounds from 0; a lone prompt has nothing around it."""

    title = "ChatGLM-6B"
    controls = ("[gMASK]", "<sop>")

    def frame(self, said: Conversation) -> Frame:
        """Give the rounds, and the prompt as the next one."""
        after = (Control("[gMASK]"), Control("<sop>"))
        rounds = _rounds(said, self.title)
        if not rounds:
            return Frame(after=after)
        told = "".join(
            f"[Round {number}]\n问：{asked}\n答：{answered}\n"
            for number, (asked, answered) in enumerate(rounds)
        )
        lead = f"{told}[Round {len(rounds)}]\n问："
        return Frame(lead=lead, trail="\n答：", after=after)


class ChatGlm2:
    """The second: rounds from 1, parted by empty lines."""

    title = "ChatGLM2-6B"
    controls = ("[gMASK]", "sop")

    def frame(self, said: Conversation) -> Frame:
        """Give the rounds, and the prompt as the next one, even if the first."""
        rounds = _rounds(said, self.title)
        told = "".join(
            f"[Round {number}]\n\n问：{asked}\n\n答：{answered}\n\n"
            for number, (asked, answered) in enumerate(rounds, 1)
        )
        return Frame(
            before=(Control("[gMASK]"), Control("sop")),
            lead=f"{told}[Round {len(rounds) + 1}]\n\n问：",
            trail="\n\n答：",
        )


class ChatGlm3:
    """The third: roles; tools are listed in the system message."""

    title = "ChatGLM3-6B"
    controls = ("[gMASK]", "sop", *(f"<|{role}|>" for role in Role))

    def frame(self, said: Conversation) -> Frame:
        """Give a message for each turn, the name of a tool behind its role."""
        system = said.system
        if said.tools:
            listed = [dict(tool.given) for tool in said.tools]
            system = system or _CHATGLM3_TOOLS
            system += "\n" + json.dumps(listed, indent=4, ensure_ascii=False)
        start = (Control("[gMASK]"), Control("sop"))
        return _roles(start, (system,) if system else (), said.turns)


class Glm4:
    """The fourth: roles; tools have a system message of their own."""

    title = "GLM-4"
    controls = ("[gMASK]", "<sop>", *(f"<|{role}|>" for role in Role))

    def frame(self, said: Conversation) -> Frame:
        """Give a message for each turn, after one with the tools."""
        systems = []
        if said.tools:
            listed = "".join(
                f"\n\n## {tool.name}\n\n"
                f"{json.dumps(dict(tool.schema), indent=4, ensure_ascii=False)}\n"
                f"{_GLM4_CALL}"
                for tool in said.tools
            )
            systems.append(f"{_GLM4_TOOLS}{listed}")
        if said.system:
            systems.append(said.system)
        start = (Control("[gMASK]"), Control("<sop>"))
        return _roles(start, systems, said.turns)


_CHATGLM3_TOOLS: Final = (
    "Answer the following questions as best as you can. "
    "You have access to the following tools:"
)
_GLM4_TOOLS: Final = (
    "你是一个名为 ChatGLM 的人工智能助手。你是基于智谱AI训练的语言模型 GLM-4 "
    "模型开发的，你的任务是针对用户的问题和要求提供适当的答复和支持。\n\n# 可用工具"
)
_GLM4_CALL: Final = "在调用上述函数时，请使用 Json 格式表示调用的参数。"

# The later ones first: they have the control tokens of the earlier ones, too.
_FORMATS: Final[tuple[ChatFormat, ...]] = (Glm4(), ChatGlm3(), ChatGlm2(), ChatGlm6b())


def format_of(controls: Mapping[str, int]) -> ChatFormat | None:
    """Tell the generation by its tokenizer's control tokens; None: no ChatGLM."""
    for each in _FORMATS:
        if all(token in controls for token in each.controls):
            return each
    return None


def read_conversation(messages: object, where: str) -> Conversation:
    """Read a conversation from JSON: messages as ChatGLM3 keeps its history.

    Raises:
        ModelCorruptError: It is none; `where` is named.
    """
    try:
        return _conversation(messages)
    except (KeyError, TypeError, ValueError) as error:
        raise ModelCorruptError(
            f"{where} 的对话 (conversation) 有误: {error}", _FORM
        ) from error


def _conversation(messages: object) -> Conversation:
    if not isinstance(messages, list):
        raise TypeError("不是列表")
    system = ""
    tools: tuple[Tool, ...] = ()
    turns: list[Turn] = []
    for number, message in enumerate(messages):
        role, text = Role(message["role"]), message["content"]
        if not isinstance(text, str):
            raise TypeError(f"第 {number + 1} 条的 content 不是文字")
        if role is Role.SYSTEM:
            if number:
                raise ValueError("system 不在最前")
            system = text
            tools = tuple(_tool(each) for each in message.get("tools") or ())
            continue
        tool = str(message.get("metadata") or "")
        if tool and (role is not Role.ASSISTANT or "\n" in tool):
            raise ValueError(f"第 {number + 1} 条不能有 metadata {tool!r}")
        turns.append(Turn(role=role, text=text, tool=tool))
    _check_order(turns)
    return Conversation(system=system, tools=tools, turns=tuple(turns))


def _tool(value: object) -> Tool:
    """Read a tool, with and without `{"type": "function", …}` around it."""
    if not isinstance(value, dict):
        raise TypeError("tools 不是对象的列表")
    schema = value["function"] if value.get("type") == "function" else value
    if not isinstance(schema, dict) or not isinstance(schema.get("name"), str):
        raise TypeError("工具没有名称 (name)")
    return Tool(name=schema["name"], schema=schema, given=value)


def _check_order(turns: Sequence[Turn]) -> None:
    """Make sure that each question has its answer, and each tool its observation."""
    start = Turn(role=Role.ASSISTANT, text="")
    for before, after in pairwise((start, *turns)):
        if before.role is not Role.ASSISTANT:
            wanted = Role.ASSISTANT
        else:
            wanted = Role.OBSERVATION if before.tool else Role.USER
        if after.role is not wanted:
            raise ValueError(f"应为 {wanted}, 却是 {after.role}")
    if turns and (turns[-1].role is not Role.ASSISTANT or turns[-1].tool):
        raise ValueError("没有以 assistant 的回答结束")


def _rounds(said: Conversation, title: str) -> list[tuple[str, str]]:
    """Give questions and answers of a generation that knows nothing else."""
    if said.system or said.tools:
        what = "系统提示词" if said.system else "工具"
        raise ModelCorruptError(f"{title} 的对话格式没有{what}, 不能使用", _WITHOUT)
    if any(turn.tool for turn in said.turns):
        raise ModelCorruptError(f"{title} 的对话格式没有工具调用, 不能使用", _WITHOUT)
    texts = [turn.text for turn in said.turns]
    return list(zip(texts[::2], texts[1::2], strict=True))


def _roles(
    start: tuple[Piece, ...], systems: Sequence[str], turns: Sequence[Turn]
) -> Frame:
    """Put a message after the other, then the role of who asks and who answers."""
    said = [Turn(role=Role.SYSTEM, text=text) for text in systems]
    pieces: list[Piece] = list(start)
    for turn in (*said, *turns):
        pieces += [Control(f"<|{turn.role}|>"), f"{turn.tool}\n", turn.text]
    pieces += [Control(f"<|{Role.USER}|>"), "\n"]
    return Frame(before=tuple(pieces), after=(Control(f"<|{Role.ASSISTANT}|>"),))
