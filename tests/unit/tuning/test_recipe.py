"""The recipe of the shipped model, followed from nothing in little."""

from pathlib import Path

import pytest

from app.agent.int8 import is_int8
from app.tuning import recipe
from app.tuning.recipe import SHIPPED, main


def test_without_the_recogniser_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def train(_: recipe.Recipe) -> None:
        raise AssertionError("the training began")

    monkeypatch.setattr(recipe, "follow", train)
    monkeypatch.setattr(recipe, "RECOGNISER", tmp_path / "vosk-model")
    with pytest.raises(SystemExit) as left:
        main(["--out", str(tmp_path / "out"), "--work", str(tmp_path / "work")])
    assert left.value.code == 2
    said = capsys.readouterr().err
    assert "没有语音识别模型 vosk-model" in said
    assert "griddesk models fetch vosk-model" in said
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_the_recipe_leads_from_nothing_to_a_packed_model(tmp_path: Path) -> None:
    out = tmp_path / "glm-mini"
    work = tmp_path / "work"
    main(["--out", str(out), "--work", str(work), "--workers", "1", "--small"])
    assert is_int8(out)
    for name in SHIPPED:
        assert (out / "adapter" / name).is_file()
    sums = (out / "SHA256SUMS").read_text(encoding="utf-8")
    for name in ("model.safetensors", "adapter/adapter_model.safetensors", "README.md"):
        assert name in sums
    card = (out / "README.md").read_text(encoding="utf-8")
    assert "calls exact" in card
    assert "steps of reading" in card
