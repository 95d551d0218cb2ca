"""What sherpa-onnx would end the process on is refused before, with a sentence."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from app.core.errors import ModelCorruptError, ModelMissingError
from app.hearing.sherpa_files import Kind, inspect, is_sherpa
from tests import sherpa_models

Maker = Callable[..., Path]
MAKERS: dict[Kind, Maker] = {
    Kind.ZIPFORMER: sherpa_models.zipformer,
    Kind.PARAFORMER: sherpa_models.paraformer,
    Kind.SENSE_VOICE: sherpa_models.sense_voice,
}


@pytest.mark.parametrize("kind", Kind)
def test_the_kind_is_told_by_the_files(kind: Kind, tmp_path: Path) -> None:
    found = inspect(MAKERS[kind](tmp_path))
    assert found.kind is kind
    assert found.tokens == tmp_path / "tokens.txt"
    assert set(found.networks) == set(tmp_path.glob("*.onnx"))


def test_networks_come_in_the_order_in_which_they_are_loaded(tmp_path: Path) -> None:
    names = [path.name for path in inspect(sherpa_models.zipformer(tmp_path)).networks]
    assert names == ["encoder-tiny.onnx", "decoder-tiny.onnx", "joiner-tiny.onnx"]


def test_the_small_network_is_taken_where_there_are_two(tmp_path: Path) -> None:
    model = sherpa_models.zipformer(tmp_path)
    small = model / "encoder-tiny_int8.onnx"
    shutil.copy(model / "encoder-tiny.onnx", small)
    assert inspect(model).networks[0] == small


def test_other_folders_are_not_for_sherpa(tmp_path: Path) -> None:
    assert not is_sherpa(tmp_path)
    assert not is_sherpa(tmp_path / "none")
    (tmp_path / "am").mkdir()
    (tmp_path / "am" / "final.mdl").touch()
    assert not is_sherpa(tmp_path)
    (tmp_path / "encoder.onnx").touch()
    assert is_sherpa(tmp_path)


@pytest.mark.parametrize(
    ("kind", "file"),
    [
        (kind, file)
        for kind, files in {
            Kind.ZIPFORMER: "encoder-tiny.onnx decoder-tiny.onnx tokens.txt",
            Kind.PARAFORMER: "encoder.onnx decoder.onnx tokens.txt",
            Kind.SENSE_VOICE: "model.int8.onnx tokens.txt",
        }.items()
        for file in files.split()
    ],
)
def test_every_missing_file_is_named(kind: Kind, file: str, tmp_path: Path) -> None:
    model = MAKERS[kind](tmp_path / "模型")
    (model / file).unlink()
    part = file.partition(".")[0].removesuffix("-tiny")
    with pytest.raises(ModelMissingError, match=f"模型 .*{part}"):
        inspect(model)


def test_a_transducer_without_its_joiner_is_no_paraformer(tmp_path: Path) -> None:
    model = sherpa_models.zipformer(tmp_path)
    (model / "joiner-tiny.onnx").unlink()
    with pytest.raises(ModelCorruptError, match=r"encoder-tiny\.onnx"):
        inspect(model)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelMissingError, match="zipformer-zh"):
        inspect(tmp_path / "zipformer-zh")


def test_a_network_that_was_cut_anywhere_is_refused(tmp_path: Path) -> None:
    model = sherpa_models.zipformer(tmp_path)
    file = model / "decoder-tiny.onnx"
    whole = file.read_bytes()
    for length in range(len(whole)):
        file.write_bytes(whole[:length])
        with pytest.raises(ModelCorruptError, match=r"decoder-tiny\.onnx"):
            inspect(model)


@pytest.mark.parametrize("raw", [b"", b"<html>404</html>", b"\x07" * 50, bytes(50)])
def test_what_is_no_network_is_refused(raw: bytes, tmp_path: Path) -> None:
    model = sherpa_models.sense_voice(tmp_path)
    (model / "model.int8.onnx").write_bytes(raw)
    with pytest.raises(ModelCorruptError, match=r"model\.int8\.onnx"):
        inspect(model)


@pytest.mark.parametrize(
    ("kind", "note", "value"),
    [
        (Kind.ZIPFORMER, "T", ""),
        (Kind.ZIPFORMER, "num_heads", "1,many"),
        (Kind.ZIPFORMER, "decode_chunk_len", "-32"),
        (Kind.ZIPFORMER, "decode_chunk_len", "32,32"),
        (Kind.PARAFORMER, "vocab_size", "5,6"),
        (Kind.PARAFORMER, "vocab_size", "+5"),
        (Kind.PARAFORMER, "vocab_size", "99999999999"),
        (Kind.ZIPFORMER, "model_type", ""),
        (Kind.ZIPFORMER, "model_type", "whisper"),
        (Kind.PARAFORMER, "neg_mean", ""),
        (Kind.PARAFORMER, "decoder_num_blocks", "1.5"),
        (Kind.SENSE_VOICE, "lang_zh", ""),
        (Kind.SENSE_VOICE, "inv_stddev", "one"),
    ],
)
def test_a_note_that_cannot_be_used_is_named(
    kind: Kind, note: str, value: str, tmp_path: Path
) -> None:
    model = MAKERS[kind](tmp_path, **{note: value})
    with pytest.raises(ModelCorruptError, match="类型" if "type" in note else note):
        inspect(model)


@pytest.mark.parametrize(
    "text", ["", "<blk> 0\n查 1\n", "hello world foo\n", "<blk>\n", "\udcff 0\n"]
)
def test_tokens_that_do_not_fit_are_refused(text: str, tmp_path: Path) -> None:
    model = sherpa_models.zipformer(tmp_path)
    raw = text.encode("utf-8", "surrogateescape")
    (model / "tokens.txt").write_bytes(raw)
    with pytest.raises(ModelCorruptError, match=r"tokens\.txt"):
        inspect(model)
