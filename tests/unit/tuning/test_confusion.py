import random
from collections import Counter
from pathlib import Path

import pytest

from app.core.errors import UsageError
from app.tuning.phrases.confusion import (
    Reading,
    align,
    main,
    make,
    measure,
    read_pairs,
    reading,
    summary,
)
from app.tuning.phrases.mishearing import (
    Confusions,
    Mishearing,
    as_toml,
    read_confusions,
)
from app.tuning.phrases.sounds import (
    NEAR,
    distance,
    sound_distance,
    sound_of,
    split_sound,
)

# Said, heard. Edits: 人→仁 sounds alike; 数→速 and 济→技 differ in a syllable or sound
# alike; 的 is left out; 一 is put in; 南→能 differs in the final.
PAIRS = (
    ("查一下[济南]的人数", "查一下技能的人数"),
    ("查一下[青岛]的人数", "查一下青岛仁速"),
    ("查[烟台]的电笔", "查一烟台的电笔"),
)


def _measured(*pairs: tuple[str, str]):  # type: ignore[no-untyped-def]
    found = [one for said, heard in pairs if (one := reading(said, heard))]
    return measure(found)


def _table(folder: Path, text: str) -> Path:
    path = folder / "pairs.tsv"
    path.write_text(text, encoding="utf-8")
    return path


def test_sounds_are_split_into_initial_and_final() -> None:
    assert split_sound("zhuang") == ("zh", "uang")
    assert split_sound("yuan") == ("", "van")
    assert split_sound("juan") == ("j", "van")
    assert split_sound("shi") == ("sh", "-i")
    assert split_sound("you") == ("", "iu")
    assert split_sound("n") == split_sound("en") == ("", "en")


@pytest.mark.parametrize(
    ("one", "other"), [("zhi", "zi"), ("nan", "lan"), ("jing", "jin"), ("fei", "hei")]
)
def test_sounds_that_accents_mix_up_are_near(one: str, other: str) -> None:
    assert 0 < sound_distance(one, other) <= NEAR
    assert sound_distance(one, other) == sound_distance(other, one)


def test_strange_sounds_are_far() -> None:
    assert sound_distance("ren", "gua") == 1.0
    assert sound_distance("ren", "ren") == 0.0


def test_alignment_goes_by_sound() -> None:
    one = reading("去济南工地", "济能的功底")
    assert one
    assert [(said, heard) for said, _, heard, _ in align(one)] == [
        ("去", ""),
        ("济", "济"),
        ("南", "能"),
        ("", "的"),
        ("工", "功"),
        ("地", "底"),
    ]


def test_names_in_brackets_are_marked() -> None:
    assert reading("查[济南]吧。", "查济南") == Reading(
        "查济南吧", "查济南", (False, True, True, False)
    )


@pytest.mark.parametrize(
    "said", ["110千伏", "A座", "\uff11\uff11\uff10千伏", "\uff21座", "", "?"]
)
def test_what_is_written_otherwise_than_spoken_is_left_out(said: str) -> None:
    assert reading(said, "一百一十千伏") is None


def test_errors_are_counted_by_kind() -> None:
    found = _measured(*PAIRS)
    assert (found.readings, found.characters, found.exact) == (3, 22, 0)
    # 济→技, 人→仁; 南→能, 数→速; 的; 一.
    assert (found.homophones, found.replaced) == (2, 2)
    assert (found.deleted, found.inserted) == (1, 1)
    assert found.errors == 6
    assert found.cer == pytest.approx(6 / 22)


def test_confusions_are_counted_by_initial_and_final() -> None:
    table = _measured(*PAIRS).table
    assert table.initials["n"] == {"n": 1.0}
    assert table.finals["an"] == {"eng": 1.0}
    assert table.initials["sh"] == {"s": 1.0}
    # Seen once is not a confusion of the whole syllable.
    assert table.syllables == {}
    twice = _measured(*PAIRS, *PAIRS).table
    assert twice.syllables["nan"] == {"neng": 2.0}


def test_names_are_compared_with_the_rest() -> None:
    # 2 errors in 6 characters of names, 4 in 16 others.
    assert _measured(*PAIRS).table.places == pytest.approx((2 / 6) / (4 / 16), abs=0.01)
    unmarked = [(said.replace("[", "").replace("]", ""), h) for said, h in PAIRS]
    assert _measured(*unmarked).table.places == 1.0


def test_uneven_errors_give_a_small_spread() -> None:
    said = "查一下济南工地的人数"
    even = [(said, "查一下济能工地的人数"), (said, "茶一下济南工地的人数")]
    uneven = [(said, said), (said, "擦一瞎技能公的得仁速")]
    assert _measured(*uneven * 20).table.spread < _measured(*even * 20).table.spread


def test_table_is_read_as_it_was_written(tmp_path: Path) -> None:
    found = _measured(*PAIRS * 3)
    path = tmp_path / "confusions.toml"
    path.write_text(as_toml(found.table, found.figures()), encoding="utf-8")
    assert read_confusions(path) == found.table


def test_command_makes_a_table_from_a_tsv(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = "".join(f"{said}\t{heard}\n" for said, heard in PAIRS)
    source = _table(tmp_path, lines + "\n110千伏线路\t一百一十千伏线路\n")
    out = tmp_path / "out.toml"
    assert main([str(source), "--out", str(out)]) == 0
    assert "字错误率 27.3%" in capsys.readouterr().out
    assert read_confusions(out) == _measured(*PAIRS).table


def test_what_was_heard_is_kept_for_another_time(tmp_path: Path) -> None:
    source = _table(tmp_path, "[济南]人数\t技能人数\n")
    kept = tmp_path / "kept.tsv"
    make([source], tmp_path / "out.toml", model=None, pairs=kept)
    assert read_pairs(kept) == [("[济南]人数", "技能人数")]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("济南人数\n", "第 1 行有 1 列"),
        ("济南\t济南\n\n人数\t人\t数\n", "第 3 行有 3 列"),
        ("", "没有可用的语句"),
        ("110\t110\n", "没有可用的语句"),
    ],
)
def test_broken_table_is_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, told: str
) -> None:
    out = tmp_path / "out.toml"
    assert main([str(_table(tmp_path, text)), "--out", str(out)]) == 2
    assert told in capsys.readouterr().err
    assert not out.exists()


def test_missing_files_are_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path / "no.tsv")]) == 2
    assert "无法读取 no.tsv" in capsys.readouterr().err
    assert main([str(tmp_path), "--model", str(tmp_path)]) == 2
    assert "找不到语音识别模型" in capsys.readouterr().err
    source = _table(tmp_path, "济南\t技能\n")
    assert main([str(source), "--out", str(tmp_path / "no" / "out.toml")]) == 2
    assert "无法写入" in capsys.readouterr().err


def test_nothing_to_measure_is_refused() -> None:
    with pytest.raises(UsageError, match="没有可用的语句"):
        measure([])


def test_summary_names_the_commonest_confusions() -> None:
    lines = list(summary(_measured(*PAIRS * 2)))
    assert "nan→neng 2" in lines[-1]


def test_counted_confusions_are_drawn_most() -> None:
    table = Confusions(homophone=0.0, syllables={"nan": {"neng": 200.0}})
    heard = Mishearing(table, random.Random(1))
    drawn = Counter(sound_of(heard.replace("南")) for _ in range(300))
    assert drawn["neng"] > 270
    assert drawn["nan"] == 0


def test_uncounted_sounds_are_misheard_as_near_ones() -> None:
    heard = Mishearing(Confusions(homophone=0.0), random.Random(1))
    drawn = Counter(sound_of(heard.replace("张")) for _ in range(500))
    near = sum(n for sound, n in drawn.items() if sound_distance("zhang", sound) < 0.5)
    assert near > 300
    assert drawn["zang"] > 20


def test_initials_that_were_counted_are_drawn_for_all_syllables() -> None:
    table = Confusions(homophone=0.0, initials={"l": {"n": 300.0}})
    heard = Mishearing(table, random.Random(1))
    drawn = [split_sound(sound_of(heard.replace("龙")))[0] for _ in range(200)]
    assert drawn.count("n") > 150


def test_near_replacements_can_be_told_by_their_sound() -> None:
    heard = Mishearing(Confusions(), random.Random(1))
    for char in "济南工地电笔安全帽人数" * 30:
        other = heard.replace(char, near=True)
        assert other != char
        assert distance(char, other) <= NEAR


def test_homophones_keep_the_syllable() -> None:
    heard = Mishearing(Confusions(), random.Random(1))
    for char in "济南工地电笔" * 20:
        assert heard.homophone(char) != char
        assert sound_of(heard.homophone(char)) == sound_of(char)


def test_words_are_preferred() -> None:
    heard = Mishearing(Confusions(homophone=1.0), random.Random(1))
    drawn = Counter(heard.replace("只", left="知") for _ in range(50))
    # 知 with a second syllable zhi is no word of the list; 技 after 科 is.
    assert len(drawn) > 3
    after = Counter(heard.replace("机", left="科") for _ in range(50))
    assert after["技"] == 50
    pairs = Counter(heard.replace_two("公底", near=(False, False)) for _ in range(50))
    assert pairs["工地"] == 50


def test_errors_are_as_probable_as_asked_whatever_came_before() -> None:
    table = Confusions(together=0.5, places=4.0)
    named = (False, False, True, True, False, False, False)
    wrong, chances = 0.0, []
    for begins, goes_on in table.chances(0.1, named):
        wrong = wrong * goes_on + (1 - wrong) * begins
        chances.append(wrong)
    assert sum(chances) / len(chances) == pytest.approx(0.1)
    assert chances[2] == pytest.approx(4 * chances[1])
    assert chances[4] == pytest.approx(chances[0])


def test_spread_fits_the_share_without_an_error() -> None:
    said = "查一下济南工地的人数"
    one_each = [(said, "查一下技南工地的人数")] * 9 + [(said, said)]
    few_have_all = [(said, "茶一下技南功地的仁数")] * 4 + [(said, said)] * 6
    assert _measured(*one_each).table.spread > 3
    assert _measured(*few_have_all).table.spread < 1
