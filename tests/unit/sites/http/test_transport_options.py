"""What an installer may write about address and trust, and what is refused."""

from pathlib import Path

import pytest

from app.core.errors import SettingsError
from app.sites.backends.http.transport import Transport
from tests.unit.sites.http.asking import context, options

OAUTH = {"kind": "oauth2", "client_id": "c", "secret": "main"}


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://10.1.2.3", "10.1.2.3:80"),
        ("https://Sites.Example/api/v1/", "sites.example:443"),
        ("https://sites.example:8443", "sites.example:8443"),
        ("http://[::1]:8080/x", "[::1]:8080"),
    ],
)
def test_an_address_gives_host_and_port(tmp_path: Path, url: str, host: str) -> None:
    made = Transport(options(url), context(tmp_path))
    assert made.host == host
    assert repr(made) == f"Transport('{host}')"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "sites.example",
        "ftp://sites.example",
        "//sites.example",
        "http://",
        "http:///x",
        "http://user:hunter2@sites.example",
        "http://hunter2@sites.example",
        "http://@sites.example",
        "http://sites.example/?key=hunter2",
        "http://sites.example/#hunter2",
        "http://sites.example?",
        "http://sites.example/../x",
        "http://sites.example/a/%2e%2e/x",
        "http://sites.example:99999",
        "http://sites.example:0",
        "http://sites.example:x",
        "http://sites example",
        "http://sites.example\\x",
        "http://sites.example\n",
        " http://sites.example",
        "http://[::1",
    ],
)
def test_an_address_that_is_more_or_less_than_one_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="theirs") as caught:
        options(url)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "entry",
    ["", "http://h", "h/x", "u@h", "h:x", "h:99999", "h?x", "h#x", "h h", "[::1"],
)
def test_another_host_is_a_host_and_nothing_else(entry: str) -> None:
    with pytest.raises(SettingsError, match="other_hosts"):
        options("http://h", other_hosts=[entry])


@pytest.mark.parametrize(
    "name",
    [
        "Authorization",
        "Proxy-Authorization",
        "cookie",
        "X-Api-Key",
        "X-Auth-Token",
        "Client-Secret",
        "Host",
        "Content-Length",
        "Transfer-Encoding",
        "Accept-Encoding",
        "Connection",
        "Accept",
        "",
        "a b",
        "a:b",
        "a\r\nb",
        "头",
    ],
)
def test_fixed_headers_hold_no_login_and_nothing_of_the_transports(name: str) -> None:
    with pytest.raises(SettingsError, match="headers"):
        options("http://h", headers={name: "hunter2"})


@pytest.mark.parametrize("value", ["", " a", "a ", "a\r\nb", "a\x00", "值", "\t"])
def test_a_header_is_one_line_of_visible_ascii(value: str) -> None:
    with pytest.raises(SettingsError, match="headers"):
        options("http://h", headers={"X-Tenant": value})


@pytest.mark.parametrize("most", [0, -1, 1023, (64 << 20) + 1])
def test_the_size_of_an_answer_is_bounded(most: int) -> None:
    with pytest.raises(SettingsError, match="most_bytes"):
        options("http://h", most_bytes=most)


def test_certificates_cannot_be_left_unchecked() -> None:
    for name in ("verify", "insecure", "tls"):
        with pytest.raises(SettingsError, match="没有名为"):
            options("http://h", **{name: False})


@pytest.mark.parametrize(
    ("base", "token", "others"),
    [
        ("https://h", "https://h/token", []),
        ("https://h:8443/api", "https://h:8443/token", []),
        ("https://h", "https://login.example/token", ["login.example"]),
        ("https://h", "https://login.example:8443/t", ["login.example:8443"]),
        ("http://h", "http://h/token", []),
    ],
)
def test_a_token_is_fetched_from_a_host_that_is_named(
    base: str, token: str, others: list[str]
) -> None:
    options(base, auth={**OAUTH, "token_url": token}, other_hosts=others)


@pytest.mark.parametrize(
    ("base", "token", "others"),
    [
        ("https://h", "https://evil.example/token", []),
        ("https://h", "https://h:8443/token", []),
        ("https://h", "https://h.evil.example/token", ["evil.example"]),
        ("https://h", "https://login.example:8443/t", ["login.example"]),
        ("https://h", "http://login.example/t", ["login.example"]),
        ("https://h", "/token", []),
        ("https://h", "https://u:p@h/token", []),
        ("https://h", "https://h/token#x", []),
    ],
)
def test_a_token_is_fetched_from_nowhere_else(
    base: str, token: str, others: list[str]
) -> None:
    with pytest.raises(SettingsError):
        options(base, auth={**OAUTH, "token_url": token}, other_hosts=others)
