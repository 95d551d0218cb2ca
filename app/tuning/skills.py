"""What GLM-mini's base is taught before any P-tuning: skills, not the three prompts.

A batch is one written instruction and many rows that follow it. The instruction is
run once and its keys and values are shared by all rows, exactly as the virtual tokens
of a prefix adapter will be: the base learns to be steered by what stands before the
prompt. Instructions are drawn from word lists that cannot form the product's own
prompts or answers, and every phrase and place is of the training split.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from app.core.model import Check, Intent
from app.tuning.figures import figure_batch, verdict_batch
from app.tuning.lexicon import Lexicon, Split
from app.tuning.noise import Noise, common_characters
from app.tuning.speech import Speaker, Spoken

_INTENTS: Final = (
    (Intent.INSPECT, 60),
    (Intent.NO_PLACE, 9),
    (Intent.NO_CHECK, 10),
    (Intent.UNSUPPORTED, 13),
    (Intent.GREETING, 3),
    (Intent.UNCLEAR, 5),
)
_LABELS: Final[dict[str, tuple[str, str, str]]] = {
    "&": ("人数", "安全", "设备"),
    "%": ("人数检测", "安全检查", "设备检查"),
    "$": ("点人", "看帽", "查具"),
    "~": ("甲", "乙", "丙"),
    "^": ("计数", "防护", "器具"),
}
_CONNECTIVES: Final = (
    ("因为", "所以"),
    ("由于", "因此"),
    ("鉴于", "故"),
    ("既然", "那么"),
    ("当", "则"),
    ("若", "就"),
    ("因", "故而"),
    ("", ""),
)
_VERBS: Final = ("出现", "听到", "提到", "说到", "发现", "含有", "看到", "包含", "识别", "写着", "有")
_PLACE_WORDS: Final = ("地名", "地点", "位置", "站名", "目标", "对象", "场所", "区域", "名称", "地址", "处所", "在哪")
_DEMAND_WORDS: Final = ("要求", "需求", "意思", "请求", "字样", "说法", "任务", "项目", "")
_CHECK_WORDS: Final = ("检查", "项目", "任务", "种类", "内容", "巡检", "类别")
_EQUALS: Final = ("为", "是", "叫", ":", "=", "填", "取", "写", "作")
_NEGATIONS: Final = ("没有", "未", "没", "无", "不曾", "缺少")
_NOTHING: Final = ("空", "无", "缺", "零", "未知", "-", "没填", "?")
_COMMAS: Final = (", ", ",", " ", "/", "", ",")
_JOINS: Final = ("; ", ";", "|", ", ", " ", "/", "。")
_CALL_JOINS: Final = ("。", "/", "+", "!", "\\", "&&", "。")
_OUTSIDE: Final = ("超出范围", "超出巡检范围", "不归我管", "不在职责内", "越界", "与巡检无关", "办不了", "超出能力", "不支持")
_REFUSALS: Final = ("不调用", "不执行", "不办理", "不处理", "不动作", "不查询", "拒绝", "忽略", "不调用接口", "不调用工具")
_HELLOS: Final = ("问候", "招呼", "问好", "寒暄", "自我介绍", "客套")
_PARAMETER: Final = (
    ("", "第", "表", "栏", "输入", "接口", "命令", "动作", "操作", "任务", "工具"),
    tuple("一二三四甲乙丙左右首次AB12"),
    ("", "参数", "参", "项", "格", "槽", "值", "位", "字段", "变量"),
)
_SELF: Final = ("您好", "我是", "电网", "大模型", "的", "语言", "核心", "助手", "用于", "负责", "拆解", "执行", "行为", "库", "并", "向您", "汇报", "结果", "巡检", "工地", ",", ",")
_HEADER_WORDS: Final = ("步", "工序", "听到", "输入", "语音", "任务", "环节", "解析", "拆句", "文本", "口令", "指令", "理解", "分析", "抽取", "填表", "话", "原话", "内容", "问", "基于", "输出", "并")
_HEADER_MARKS: Final = (":", "#", "=", ">", "|", "@", ",", "/", "-", "\\", "*", "\\*")


@dataclass(frozen=True)
class Batch:
    """Rows of prompt and answer under one instruction, which may be empty."""

    instruction: str
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Form:
    """An answer language of two clauses, as an instruction shows it."""

    instruction: str
    place: str
    no_place: str
    check: str
    no_check: str
    join: str
    call_join: str
    outside: str
    hello: str

    def answer(self, spoken: Spoken) -> str:
        """Write what was said in this language."""
        if spoken.intent is Intent.UNSUPPORTED:
            return self.outside
        if spoken.intent is Intent.GREETING:
            return self.hello
        clauses = []
        for place, check in spoken.pairs:
            first = self.place.replace("@", place) if place else self.no_place
            second = _fill(self.check, check) if check else self.no_check
            clauses.append(first + self.join + second)
        return self.call_join.join(clauses)


def _fill(clause: str, check: Check) -> str:
    for symbol, labels in _LABELS.items():
        clause = clause.replace(symbol, labels[list(Check).index(check)])
    return clause


class Skills:
    """Draws batches for the base's training."""

    def __init__(self, lexicon: Lexicon, rng: random.Random, *, rows: int) -> None:
        """Draw `rows` rows a batch."""
        self._rng = rng
        self._rows = rows
        self._lexicon = lexicon
        self._speaker = Speaker(lexicon, rng, Split.TRAIN)
        self._noise = Noise(lexicon, rng)
        self._common = common_characters()
        self._rare = sorted(c for c in lexicon.characters() if len(c.encode()) == 3)
        self._tasks: tuple[tuple[Callable[[], Batch], int], ...] = (
            (self._commands, 56),
            (self._classify, 8),
            (self._generic, 11),
            (self._sentences, 5),
            (lambda: Batch(*figure_batch(self._rng, self._rows, self._header)), 12),
            (lambda: Batch(*verdict_batch(self._rng, self._rows)), 8),
        )

    def batch(self, *, copying: bool = False) -> Batch:
        """Draw a batch; `copying` draws only what the first minutes need."""
        if copying:
            return self._generic() if self._rng.random() < 0.7 else self._sentences()
        tasks, weights = zip(*self._tasks, strict=True)
        task: Callable[[], Batch] = self._rng.choices(tasks, weights)[0]
        return task()

    def _word(self, choices: tuple[str, ...], *, odd: float = 0.12) -> str:
        """Draw a word, now and then nonsense, so that literals must be read."""
        if self._rng.random() < odd:
            return "".join(self._rng.choices(self._common, k=self._rng.randint(1, 4)))
        return self._rng.choice(choices)

    def _header(self) -> str:
        rng = self._rng
        if rng.random() < 0.25:
            return ""
        words = []
        for _ in range(rng.choice((1, 1, 1, 2, 2, 3))):
            words += rng.choices(_HEADER_WORDS, k=rng.choice((1, 1, 2, 3)))
            words.append(rng.choice(_HEADER_MARKS))
        return "".join(words)

    def _speech(self, intents: tuple[tuple[Intent, int], ...] = _INTENTS) -> Spoken:
        kinds, weights = zip(*intents, strict=True)
        spoken = self._speaker.say(self._rng.choices(kinds, weights)[0])
        return self._noise.heard(spoken) if self._rng.random() < 0.35 else spoken

    def _form(self) -> tuple[Form, bool]:
        """Draw an answer language, and whether it tells what to say outside it."""
        rng = self._rng
        negation, nothing = self._word(_NEGATIONS), rng.choice(_NOTHING)
        kind = self._word(_CHECK_WORDS)
        comma, join, call_join = map(rng.choice, (_COMMAS, _JOINS, _CALL_JOINS))
        equals = rng.choice(_EQUALS)
        symbols = rng.choices(list(_LABELS), (4, 5, 1, 1, 1), k=2)
        place_word, demand = self._word(_PLACE_WORDS), self._word(_DEMAND_WORDS)
        outside, refusal = self._word(_OUTSIDE), self._word(_REFUSALS)
        hello = self._word(_HELLOS)
        if rng.random() < 0.4:
            because, therefore = rng.choice(_CONNECTIVES)
            verb = self._word(_VERBS)
            one, two = (
                self._word(("".join(map(rng.choice, _PARAMETER)),)) for _ in range(2)
            )
            same = rng.choice((equals, equals, rng.choice(_EQUALS)))
            place = f"{because}{verb}{place_word}{equals}@{comma}{therefore}{one}{same}@"
            no_place = f"{because}{negation}{verb}{place_word}{comma}{therefore}{one}{same}{nothing}"
            check = f"{because}{verb}{symbols[0]}{demand}{comma}{therefore}{two}{same}{symbols[1]}"
            no_check = f"{because}{negation}{verb}{kind}{demand}{comma}{therefore}{two}{same}{nothing}"
            rules = f"|{negation}|{kind}|{nothing}{call_join}"
            no = f"{because}{outside}{comma}{therefore}{refusal}"
            hi = f"{because}{verb}{hello}{comma}{therefore}{refusal}"
            tail = f"|{outside}|{refusal}|{hello}"
        else:
            place, no_place = f"{place_word}{equals}@", f"{place_word}{equals}{nothing}"
            check, no_check = f"{kind}{equals}{symbols[0]}", f"{kind}{equals}{nothing}"
            if rng.random() < 0.3:
                place, no_place, check, no_check = "@", nothing, symbols[1], nothing
            rules = f"|{nothing}{call_join}"
            if rng.random() < 0.15:
                hello = "".join(rng.choices(_SELF, k=rng.randint(3, 14)))
            no, hi, tail = outside, hello, f"|{outside}|{hello}"
        told = rng.random() < 0.7
        text = place + join + check + rules + (tail if told else "")
        form = Form(text, place, no_place, check, no_check, join, call_join, no, hi)
        return form, told

    def _commands(self) -> Batch:
        form, told = self._form()
        while len(form.instruction) > 64:
            form, told = self._form()
        intents = _INTENTS if told else _INTENTS[:3] + _INTENTS[-1:]
        rows = []
        for _ in range(self._rows):
            spoken = self._speech(intents)
            rows.append((self._header() + spoken.text, form.answer(spoken)))
        return Batch(form.instruction, tuple(rows))

    def _classify(self) -> Batch:
        rng = self._rng
        task = rng.choice(("意图", "项目", "地名", "几件", "改错", "标记"))
        rows = []
        for _ in range(self._rows):
            spoken = self._speech()
            text, answer = spoken.text, ""
            if task == "意图":
                names = ("巡检", "问好", "越界", "缺地名", "缺项目", "不明")
                answer = names[list(Intent).index(spoken.intent)]
            elif task == "项目":
                checks = dict.fromkeys(check for _, check in spoken.pairs if check)
                labels = (_fill("%", check) for check in checks)
                answer = "、".join(labels) or "无"
            elif task == "地名":
                places = dict.fromkeys(place for place, _ in spoken.pairs if place)
                answer = "、".join(places) or "无"
            elif task == "几件":
                answer = str(len(spoken.pairs))
            elif task == "标记":
                answer = "".join(
                    f"〔{p.text}〕" for p in spoken.parts if p.kind != "other"
                )
                answer = answer or "无"
            else:
                text = self._noise.heard(spoken, rate=0.1).text
                answer = spoken.text if not spoken.noisy else text
                if spoken.noisy:
                    text = answer
            rows.append((f"{task}:{text}", answer))
        return Batch("", tuple(rows))

    def _span(self, longest: int = 10) -> str:
        rng = self._rng
        if rng.random() < 0.4:
            return self._speaker.place()[0]
        source = self._rare if rng.random() < 0.5 else self._common
        span = "".join(rng.choices(source, k=rng.randint(1, longest)))
        # Repeated characters are where copying goes wrong.
        if len(span) > 2 and rng.random() < 0.25:
            index = rng.randrange(len(span) - 1)
            span = span[: index + 1] + span[rng.randrange(index + 1)] + span[index + 1 :]
        if rng.random() < 0.1:
            span += rng.choice("0123456789ABCDEFGHX") * rng.randint(1, 2)
        return span

    def _generic(self) -> Batch:
        rng = self._rng
        rows = []
        for _ in range(self._rows):
            kind = rng.randrange(6)
            one, two, three = self._span(), self._span(6), self._span(6)
            if kind == 0:
                rows.append((f"{rng.choice(('复述', '照抄', '跟读', '抄写'))}:{one}", one))
            elif kind == 1:
                joint = rng.choice((",", "/", ", 所以是", "又是", "; "))
                rows.append((f"两遍{joint}:{one}", one + joint + one))
            elif kind == 2:
                rows.append((f"括号:{two}〔{one}〕{three}", one))
            elif kind == 3:
                keys = rng.sample("甲乙丙丁", 3)
                pairs = dict(zip(keys, (one, two, three), strict=True))
                shown = " ".join(f"{key}={value}" for key, value in pairs.items())
                key = rng.choice(keys)
                rows.append((f"{shown} 取{key}", pairs[key]))
            elif kind == 4:
                mark = rng.choice(("在", "到", "从", "给", "的", "之", "至", "往"))
                end = rng.choice(("里", "处", "那边", "的", "工地", "现场"))
                rows.append((f"{mark}…{end}:{two}{mark}{one}{end}{three}", one))
            else:
                rows.append((f"前后:{one},{two}", f"{two},{one}"))
        return Batch("", tuple(rows))

    def _sentences(self) -> Batch:
        rng = self._rng
        rows = []
        for _ in range(self._rows):
            name, _ = self._speaker.place()
            frame = self._lexicon.frames.draw(rng, Split.TRAIN)
            shown = self._speaker.shell(name) if rng.random() < 0.5 else name
            rows.append(("地名:" + frame.replace("{P}", shown), name))
        return Batch("", tuple(rows))
