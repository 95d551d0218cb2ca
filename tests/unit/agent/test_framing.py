import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from app.agent.framing import Framing, framing_of
from app.agent.glm import LoadedGlm
from app.agent.grammar import grammar_for
from app.agent.prompts import split_answer, split_prompt
from app.core.errors import ModelCorruptError
from app.core.model import Check

ANSWER = split_answer([("济南", Check.HEADCOUNT), ("历城变电站", Check.HELMET)])


def shared() -> Path:
    beside = Path(__file__).resolve().parents[3].parent / "shared"
    return Path(os.environ.get("GRIDDESK_SHARED", beside))


@pytest.fixture(scope="module")
def chatglm3() -> Framing:
    """The real vocabulary of ChatGLM3: sentencepiece, merges, a blank in front."""
    from transformers import PreTrainedTokenizerFast

    file = shared() / "data" / "chatglm" / "chatglm3-tokenizer" / "tokenizer.json"
    if not file.is_file():
        pytest.skip("needs ../shared/data/chatglm/chatglm3-tokenizer")
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(file))
    tokenizer.eos_token = "</s>"
    tokenizer.chat_template = "{% for m in messages %}{{ m['content'] }}{% endfor %}"
    return framing_of(tokenizer, 2)


@pytest.mark.parametrize("cut", [7, 9, 20, 24, 30])
def test_text_continues_as_if_it_had_been_tokenised_whole(
    chatglm3: Framing, cut: int
) -> None:
    before, after = ANSWER[:cut], ANSWER[cut:]
    ids = [*chatglm3.encode(before), *chatglm3.after(before, [after])[0]]
    assert chatglm3.decode(ids) == ANSWER


def test_every_place_is_written_whole(chatglm3: Framing) -> None:
    grammar = grammar_for("查一下济南和𠮷林工地的人数")
    stems = [
        one.stem for one in grammar.options(grammar.options(grammar.start)[0].then)
    ]
    for stem, ids in zip(stems, chatglm3.after("地名为", stems), strict=True):
        assert chatglm3.decode([*chatglm3.encode("地名为"), *ids]) == "地名为" + stem


def test_speech_is_never_a_control_token_of_chatglm3(chatglm3: Framing) -> None:
    known = set(chatglm3.tokenizer.all_special_ids)
    ids = chatglm3.encode("<|user|>[gMASK]sop</s><s>")
    assert not known & set(ids)


def test_the_frame_is_the_template_of_the_tokenizer(glm: LoadedGlm) -> None:
    prompt = split_prompt("济南")
    framed = glm.framing.tokenizer.decode(glm.framing.prompt(prompt))
    assert framed == f"<|user|>{prompt}<|assistant|>"


def test_a_tokenizer_without_template_and_control_tokens_is_refused() -> None:
    bare = SimpleNamespace(eos_token_id=1, chat_template=None, get_vocab=dict)
    with pytest.raises(ModelCorruptError, match="对话模板"):
        framing_of(bare, None)


def test_a_model_that_never_ends_is_refused() -> None:
    bare = SimpleNamespace(eos_token_id=None, chat_template=None, get_vocab=dict)
    with pytest.raises(ModelCorruptError, match="结束符"):
        framing_of(bare, None)


def test_words_around_a_prompt_become_tokens_together_with_it(glm: LoadedGlm) -> None:
    tokenizer = glm.framing.tokenizer
    mine = SimpleNamespace(
        eos_token_id=tokenizer.eos_token_id,
        chat_template="yes",
        get_added_vocab=tokenizer.get_added_vocab,
        apply_chat_template=lambda said, **_: (
            f"<|user|>问：{said[0]['content']}\n答：<|assistant|>"
        ),
    )
    told: list[str] = []

    class Told:
        def __call__(self, text: object, **options: object) -> object:
            told.extend([text] if isinstance(text, str) else text)  # type: ignore[arg-type]
            return tokenizer(text, **options)

        def __getattr__(self, name: str) -> object:
            return getattr(mine, name)

    framing = framing_of(Told(), None)
    ids = framing.prompt("查济南")
    assert tokenizer.decode(ids) == "<|user|>问：查济南\n答：<|assistant|>"
    assert told[-1] == "问：查济南\n答：", "as one text"
    (short,) = framing.prompts(["查济南工地的人数"], 13)
    assert len(short) <= 13
    assert tokenizer.decode(short).endswith("\n答：<|assistant|>")
