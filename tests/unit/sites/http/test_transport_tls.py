"""Certificates are always checked, and what is wrong with one is said."""

import asyncio
from pathlib import Path

import pytest
from starlette.responses import PlainTextResponse

from app.core.errors import (
    BackendDataError,
    BackendError,
    BackendUnreachableError,
    SettingsError,
)
from app.sites.backends.http.transport import Transport
from tests.site_server import Authority, RawCall, raw_serving, serving
from tests.unit.sites.http.asking import GET, always, ask, context, options, transport


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


async def test_a_private_authority_is_believed_when_it_is_named(
    tmp_path: Path, authority: Authority
) -> None:
    server = always(lambda: PlainTextResponse("[]"))
    async with serving(server.app, authority.issue("127.0.0.1")) as url:
        assert (await ask(url, tmp_path, ca_file=authority.ca_file.name)).body == b"[]"
        assert (await ask(url, tmp_path, ca_file=str(authority.ca_file))).body == b"[]"


async def test_a_private_authority_comes_besides_the_systems(
    tmp_path: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Authority(tmp_path, "other authority")
    # What the operating system believes, for OpenSSL.
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.ca_file))
    server = always(lambda: PlainTextResponse("[]"))
    async with serving(server.app, authority.issue("127.0.0.1")) as url:
        reply = await ask(url, tmp_path, ca_file=other.ca_file.name)
    assert reply.body == b"[]"


async def fault(url: str, folder: Path, authority: Authority | None) -> BackendError:
    named = {"ca_file": authority.ca_file.name} if authority else {}
    with pytest.raises(BackendError) as caught:
        await ask(url, folder, auth={"kind": "token", "secret": "main"}, **named)
    return caught.value


async def test_each_bad_certificate_has_its_own_sentence(
    tmp_path: Path, authority: Authority
) -> None:
    server = always(lambda: PlainTextResponse("[]"))
    faults = {}
    async with serving(server.app, authority.issue("127.0.0.1")) as url:
        faults["unknown"] = await fault(url, tmp_path, None)
    other = Authority(tmp_path, "other authority")
    async with serving(server.app, authority.issue("127.0.0.1")) as url:
        faults["other"] = await fault(url, tmp_path, other)
    async with serving(server.app, authority.issue("site.example")) as url:
        faults["address"] = await fault(url, tmp_path, authority)
        faults["name"] = await fault(
            url.replace("127.0.0.1", "localhost"), tmp_path, authority
        )
    old = authority.issue("127.0.0.1", expired=True)
    async with serving(server.app, old) as url:
        faults["expired"] = await fault(url, tmp_path, authority)
    assert server.requests == []
    assert {type(each) for each in faults.values()} == {BackendUnreachableError}
    assert "不认识的机构" in faults["unknown"].message
    assert "ca_file" in faults["unknown"].remedy
    assert "不认识的机构" in faults["other"].message
    assert "发给别的主机" in faults["address"].message
    assert "发给别的主机" in faults["name"].message
    assert "已过期" in faults["expired"].message
    assert "本机时间" in faults["expired"].remedy


async def test_https_to_a_plain_port(tmp_path: Path) -> None:
    server = always(lambda: PlainTextResponse("[]"))
    async with serving(server.app) as url:
        with pytest.raises(BackendUnreachableError, match="不是加密端口") as caught:
            await ask(url.replace("http:", "https:"), tmp_path)
    assert "http://" in caught.value.remedy


async def test_http_to_a_tls_port_gets_no_answer(
    tmp_path: Path, authority: Authority
) -> None:
    server = always(lambda: PlainTextResponse("[]"))
    async with serving(server.app, authority.issue("127.0.0.1")) as url:
        with pytest.raises(BackendUnreachableError):
            await ask(url.replace("https:", "http:"), tmp_path)


@pytest.mark.parametrize(
    ("alert", "sentence"),
    [
        (b"\x15\x03\x01\x00\x02\x02\x46", "加密方式过旧"),  # protocol version
        (b"\x15\x03\x01\x00\x02\x02\x28", "加密方式过旧"),  # handshake failure
        (b"\x15\x03\x01\x00\x02\x02\x50", "建立加密连接失败"),  # internal error
        (b"", "建立加密连接失败"),
    ],
)
async def test_a_server_that_breaks_the_handshake_off(
    tmp_path: Path, alert: bytes, sentence: str
) -> None:
    async def refuse(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await reader.read(1)
        writer.write(alert)
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        with pytest.raises(BackendUnreachableError, match=sentence):
            await ask(f"https://127.0.0.1:{port}", tmp_path)


async def test_cancelling_closes_a_tls_connection_at_once(
    tmp_path: Path, authority: Authority
) -> None:
    closed = asyncio.Event()

    async def answer(call: RawCall) -> None:
        await call.send(b"HTTP/1.1 200 OK\r\n\r\n[")
        await call.gone.wait()
        closed.set()

    issued = authority.issue("127.0.0.1")
    async with (
        raw_serving(answer, issued) as raw,
        transport(raw.url, tmp_path, ca_file=authority.ca_file.name) as made,
    ):
        question = asyncio.ensure_future(made.fetch(GET))
        await raw.asked.wait()
        question.cancel()
        with pytest.raises(asyncio.CancelledError):
            await question
        await closed.wait()


async def test_a_picture_is_not_fetched_over_less_than_tls(
    tmp_path: Path, authority: Authority
) -> None:
    plain = always(lambda: PlainTextResponse("x"))
    async with serving(plain.app) as url:
        https = url.replace("http:", "https:")
        async with transport(https, tmp_path) as made:
            with pytest.raises(BackendDataError, match="不是该系统的主机"):
                await made.picture(f"{url}/x.png")
    assert plain.requests == []


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "读不出来"),
        (b"", "没有 PEM 格式的证书"),
        (b"hello", "没有 PEM 格式的证书"),
        (b"\x30\x82\x01\x0a", "没有 PEM 格式的证书"),
        (
            b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "已损坏",
        ),
        (b"x" * ((1 << 20) + 1), "超过 1 MB"),
    ],
)
def test_a_bad_ca_file_is_a_setting_to_be_put_right(
    tmp_path: Path, content: bytes | None, sentence: str
) -> None:
    if content is not None:
        (tmp_path / "ca.pem").write_bytes(content)
    with pytest.raises(SettingsError, match=sentence) as caught:
        Transport(options("https://h", ca_file="ca.pem"), context(tmp_path))
    assert "ca.pem" in caught.value.message
    assert "ca_file" in caught.value.remedy


def test_a_ca_file_may_hold_remarks_and_several_authorities(
    tmp_path: Path, authority: Authority
) -> None:
    other = Authority(tmp_path, "other authority")
    text = (
        authority.ca_file.read_text() + "省公司内网 CA\r\n" + other.ca_file.read_text()
    )
    (tmp_path / "省公司.pem").write_text(text, encoding="utf-8")
    Transport(options("https://h", ca_file="省公司.pem"), context(tmp_path))
