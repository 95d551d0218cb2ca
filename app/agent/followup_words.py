"""How people lean on what was said before, from `resources/rules/followups.toml`."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from app.agent.lexicon import CHECK_MARKS, PLACE_MARKS
from app.system.paths import resources

_NUMBERS: Final = ("一", "[二两]", "三")

Forms = tuple[re.Pattern[str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowupWords:
    """Forms that match a whole utterance, places and checks put as marks."""

    others: Forms
    """The same for other places or checks."""
    anew: Forms
    """The same once more."""
    aloud: Forms
    """The answer once more."""
    corrections: Forms
    """What was said was wrong; the groups `old` and `new` where both are said."""
    verbs: re.Pattern[str]
    """Words of these forms that are no place, whoever takes them for one."""
    named: Forms
    """A place or a check, said in answer."""
    ordinals: tuple[re.Pattern[str], ...]
    """First, second and third candidate."""
    numbers: tuple[re.Pattern[str], ...]
    """The same in words that may also be part of a name."""
    last: re.Pattern[str]
    former: re.Pattern[str]
    """The first of two; `latter` is the second."""
    latter: re.Pattern[str]
    yes: re.Pattern[str]
    no: re.Pattern[str]
    close: re.Pattern[str]


@cache
def followup_words(folder: Path | None = None) -> FollowupWords:
    """Read and compile the words of `folder`, the program's own by default."""
    path = (folder or resources() / "rules") / "followups.toml"
    words = tomllib.loads(path.read_text(encoding="utf-8"))
    macros = dict(words["macros"])
    place, check = f"[{PLACE_MARKS}]", f"[{CHECK_MARKS}]"
    slots = "|".join(f"{one}(?:{macros['joints']}{one})*" for one in (place, check))
    macros |= {"s": f"(?:{slots})", "p": place, "c": check}
    follow, answer = words["followups"], words["answers"]

    def forms(bodies: Iterable[str]) -> Forms:
        return tuple(re.compile(_expand(body, macros)) for body in bodies)

    around = {"lead": answer["lead"], "end": answer["end"], "thing": answer["thing"]}

    def choice(bodies: Iterable[str], number: str = "") -> re.Pattern[str]:
        inner = _expand(_any(bodies), {**around, "n": number})
        return re.compile(f"{around['lead']}{inner}{around['end']}")

    def said(bodies: Iterable[str]) -> re.Pattern[str]:
        return re.compile(f"(?:{_any(bodies)},?){{1,3}}{around['end']}")

    return FollowupWords(
        others=forms(follow["others"]),
        anew=forms(follow["anew"]),
        aloud=forms(follow["aloud"]),
        corrections=forms(follow["corrections"]),
        verbs=re.compile(_any(follow["verbs"])),
        named=forms([answer["named"]]),
        ordinals=tuple(choice(answer[n]) for n in ("first", "second", "third")),
        numbers=tuple(choice(answer["numbers"], number) for number in _NUMBERS),
        last=choice(answer["last"]),
        former=choice(answer["former"]),
        latter=choice(answer["latter"]),
        yes=said(answer["yes"]),
        no=said(answer["no"]),
        close=said(answer["close"]),
    )


def _expand(body: str, macros: Mapping[str, str]) -> str:
    # Twice: a macro may use another.
    for name, meaning in [*macros.items(), *macros.items()]:
        body = body.replace("{" + name + "}", meaning)
    return body


def _any(bodies: Iterable[str]) -> str:
    return f"(?:{'|'.join(sorted(bodies, key=len, reverse=True))})"
