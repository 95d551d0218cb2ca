"""The character tokenizer of GLM-mini.

One token a character, bytes for anything unknown, no merges: text has exactly one
tokenisation, so forced text and generated text always agree. Control tokens are
entries that no text can produce, because user text is split before they are matched.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.tuning.phrases.lexicon import Lexicon
from app.tuning.phrases.sounds import chinese_characters

PAD: Final = "<|pad|>"
END: Final = "<|endoftext|>"
USER: Final = "<|user|>"
ASSISTANT: Final = "<|assistant|>"
CONTROLS: Final = (PAD, END, USER, ASSISTANT)
PAD_ID: Final = 0
END_ID: Final = 1
USER_ID: Final = 2
ASSISTANT_ID: Final = 3
CONTROL_IDS: Final = frozenset((PAD_ID, END_ID, USER_ID, ASSISTANT_ID))
VOCABULARY: Final = 7296

_MARKS: Final = (
    "·、。《》【】〈〉「」『』〖〗“”‘’…—～￥％＃＊＠＆＋－＝｜；：，！？（）①"
    "②③④⑤⑥→←↑↓■□●○★☆△▲"
)


@dataclass(frozen=True)
class Characters:
    """Encodes text in training; equals the saved tokenizer, only faster."""

    ids: dict[str, int]

    def encode(self, text: str) -> list[int]:
        """Return the tokens of a text, control tokens never among them."""
        found: list[int] = []
        for char in text:
            token = self.ids.get(char)
            if token is None:
                found += [self.ids[f"<0x{b:02X}>"] for b in char.encode()]
            else:
                found.append(token)
        return found

    def frame(self, content: str) -> list[int]:
        """Return a prompt as the model sees it: user mark, text, assistant mark."""
        return [USER_ID, *self.encode(content), ASSISTANT_ID]


def build_vocabulary(lexicon: Lexicon) -> Characters:
    """Collect the vocabulary: controls, bytes, ASCII, GB 2312, and places' own.

    What finds no room – some sixty characters of rare names – is spelt in bytes.
    """
    tokens = list(CONTROLS)
    tokens += [f"<0x{byte:02X}>" for byte in range(256)]
    tokens += [chr(code) for code in range(32, 127)]
    tokens += list(_MARKS)
    tokens += list(chinese_characters())
    tokens += sorted(lexicon.characters())
    unique = list(dict.fromkeys(tokens))[:VOCABULARY]
    # Unused rows keep the size of the embedding fixed whatever the lexicon holds.
    unique += [f"<|spare{index}|>" for index in range(VOCABULARY - len(unique))]
    return Characters({token: index for index, token in enumerate(unique)})


def save_tokenizer(characters: Characters, folder: Path) -> None:
    """Write tokenizer.json and tokenizer_config.json for `AutoTokenizer`."""
    from tokenizers import Tokenizer, decoders, models
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(
        models.BPE(
            vocab=characters.ids,
            merges=[],
            byte_fallback=True,
            fuse_unk=False,
        )
    )
    tokenizer.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Fuse()])
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        eos_token=END,
        additional_special_tokens=[USER, ASSISTANT],
        # Speech that contains "<|user|>" is eight characters, not a control token.
        split_special_tokens=True,
        clean_up_tokenization_spaces=False,
        model_max_length=512,
        padding_side="left",
        chat_template=(
            "{% for message in messages %}{{ '<|user|>' if message['role'] == 'user' "
            "else '<|assistant|>' }}{{ message['content'] }}{% endfor %}"
            "{% if add_generation_prompt %}<|assistant|>{% endif %}"
        ),
    )
    fast.save_pretrained(folder)


def load_characters(folder: Path) -> Characters:
    """Read the vocabulary back from a saved tokenizer."""
    import json

    saved = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    return Characters(dict(saved["model"]["vocab"]))
