"""What an installer writes about a system is read, or refused in a clear sentence."""

import json
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import Discriminator, Field, field_validator

from app.core.errors import SettingsError
from app.sites.backends.described import (
    is_name,
    is_secret_name,
    read_system,
    system_names,
)
from app.sites.backends.options import Options, SecretName, parsed


class Token(Options):
    kind: Literal["token"]
    secret: SecretName


class Plain(Options):
    kind: Literal["none"] = "none"


class Example(Options):
    url: str = Field(min_length=1)
    size: int = Field(default=50, ge=1, le=100)
    whole: bool = False
    share: float = 0.5
    fields: dict[str, str] = Field(default_factory=dict)
    names: tuple[str, ...] = ()
    auth: Annotated[Token | Plain, Discriminator("kind")] = Plain()

    @field_validator("url")
    @classmethod
    def _is_http(cls, url: str) -> str:
        if not url.startswith("http"):
            raise ValueError("应以 http 开头")
        return url


def refused(text: str, folder: Path) -> str:
    path = folder / "north.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as raised:
        parsed(Example, read_system(path).options, system="north")
    return str(raised.value)


def test_a_description_is_read_with_its_kind_and_name(tmp_path: Path) -> None:
    path = tmp_path / "north-1.toml"
    text = (
        'kind = "http"\r\nurl = "http://10.0.0.1"\r\nnames = ["a", "b"]\r\n'
        'share = 1\r\n[auth]\r\nkind = "none"\r\n'
    )
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    system = read_system(path)
    assert (system.name, system.kind) == ("north-1", "http")
    wanted = parsed(Example, system.options, system=system.name)
    assert (wanted.url, wanted.names) == ("http://10.0.0.1", ("a", "b"))
    assert wanted.share == 1.0


def test_only_good_names_are_systems(tmp_path: Path) -> None:
    for name in ("b.toml", "a-1.toml", ".hidden.toml", "省公司.toml", "note.txt"):
        (tmp_path / name).write_text('kind = "demo"')
    assert system_names(tmp_path) == ("a-1", "b")
    assert system_names(tmp_path / "nowhere") == ()
    assert not is_name("../etc")
    with pytest.raises(SettingsError, match="不能作系统名"):
        read_system(tmp_path / "省公司.toml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('kind = "http"', "缺少 url"),
        ('kind = "http"\nurl = ""', "url 不能为空"),
        ('kind = "http"\nurl = 5', "url 应为文字"),
        ('kind = "http"\nurl = "ftp://x"', "url: 应以 http 开头"),
        ('kind = "http"\nurl = "http://x"\nurll = "y"', "没有名为 urll 的选项"),
        ('kind = "http"\nurl = "http://x"\nsize = 500', "size 太大, 至多 100"),
        ('kind = "http"\nurl = "http://x"\nsize = 0', "size 太小, 至少 1"),
        ('kind = "http"\nurl = "http://x"\nsize = "50"', "size 应为整数"),
        ('kind = "http"\nurl = "http://x"\nshare = "a"', "share 应为数字"),
        ('kind = "http"\nurl = "http://x"\nwhole = 1', "whole 应为 true 或 false"),
        ('kind = "http"\nurl = "http://x"\nfields = 1', "fields 应为一组设置"),
        ('kind = "http"\nurl = "http://x"\nnames = 1', "names 应为列表"),
        (
            'kind = "http"\nurl = "http://x"\nauth = {kind = "magic"}',
            "auth 只能是 'token', 'none'",
        ),
        ('kind = "http"\nurl = "http://x"\nauth = {}', "auth 缺少 'kind'"),
        (
            'kind = "http"\nurl = "http://x"\nauth = {kind = "token"}',
            "缺少 auth.token.secret",
        ),
        ('url = "http://x"', "没有写明类型 kind"),
        ("kind = http", "不是合格的 TOML"),
        ('kind = "http"\na = 1\nb = 2\nc = 3\nd = 4', "另有2处"),
    ],
)
def test_a_wrong_description_is_refused_by_name(
    text: str, said: str, tmp_path: Path
) -> None:
    assert said in refused(text, tmp_path)


def test_a_password_in_the_wrong_place_is_not_repeated(tmp_path: Path) -> None:
    sentence = refused('kind = "http"\nurl = 1\npassword = "hunter2"', tmp_path)
    assert "password" in sentence
    assert "hunter2" not in sentence


@pytest.mark.parametrize(
    "name", ["token", "password", "passwd", "key_secret", "app_secret", "appSecret"]
)
def test_a_secret_in_the_file_is_told_where_it_does_not_belong(
    name: str, tmp_path: Path
) -> None:
    text = f'kind = "http"\nurl = "http://x"\n{name} = "hunter2"'
    sentence = refused(text, tmp_path)
    assert f"没有名为 {name} 的选项, 密钥本身不要写在文件里" in sentence
    assert "hunter2" not in sentence
    assert "密钥" not in refused(text.replace(name, "colour"), tmp_path)


@pytest.mark.parametrize(
    "secret", ["Abc", "abc1", "-a", "a" * 33, "a.b", "a 密", "a\n"]
)
def test_only_a_name_is_the_name_of_a_secret(secret: str, tmp_path: Path) -> None:
    assert not is_secret_name(secret)
    written = json.dumps(secret)
    sentence = refused(
        f'kind = "http"\nurl = "http://x"\n[auth]\nkind = "token"\nsecret = {written}',
        tmp_path,
    )
    assert "secret 要写密钥的名称 (如 token), 像是把密钥本身写进来了" in sentence
    assert secret not in sentence


def test_what_cannot_be_read_says_why(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="读不出来"):
        read_system(tmp_path / "none.toml")
    big = tmp_path / "big.toml"
    big.write_bytes(b"#" * ((1 << 20) + 1))
    with pytest.raises(SettingsError, match="超过 1 MB"):
        read_system(big)
    deep = tmp_path / "deep.toml"
    deep.write_text('kind = "http"\nx = ' + "[" * 5000 + "]" * 5000)
    with pytest.raises(SettingsError, match="不是合格的 TOML"):
        read_system(deep)
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00k")
    with pytest.raises(SettingsError):
        read_system(tmp_path / "bytes.toml")


def test_a_number_without_end_is_no_traceback(tmp_path: Path) -> None:
    path = tmp_path / "long.toml"
    path.write_text(f'kind = "http"\nsize = {"9" * 5000}')
    with pytest.raises(SettingsError, match="不是合格的 TOML"):
        read_system(path)
