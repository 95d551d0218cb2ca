"""A sentence without a Chinese word: a courteous refusal instead of a strange question.

Words of another language fit no place of the directory, and the desk would ask which
site 「check」 is. What it can make something of – an id, a name in Latin letters – is
left as it is.
"""

import re
from dataclasses import replace
from typing import Final

from app.core.model import Intent, Understanding

REPLY: Final = (
    "本席只听得懂中文, 请用中文说或输入, 例如: 查一下某某工地的人数。 "
    "GridDesk understands Chinese only. It checks headcount, safety helmets and "
    "voltage testers at construction sites."
)

_CHINESE: Final = re.compile("[\u3400-\u9fff\uf900-\ufaff]")
_WORD: Final = re.compile(r"(?:^|(?<=[\s,.?!]))[A-Za-z]{2,}(?=$|[\s,.?!])")
_SENTENCE: Final = 2
"""Words that make a sentence; one alone may be a name."""


def in_chinese(understood: Understanding, text: str) -> Understanding:
    """Say which language is understood, where a foreign sentence led to nothing."""
    question = understood.question
    led_somewhere = (
        understood.calls
        or understood.repeats
        or understood.intent is Intent.GREETING
        or (question is not None and question.candidates)
    )
    if led_somewhere or _CHINESE.search(text) or len(_WORD.findall(text)) < _SENTENCE:
        return understood
    return replace(
        understood, intent=Intent.UNSUPPORTED, mentions=(), question=None, reply=REPLY
    )
