"""Downloads go on where they broke off, and go nowhere that was not allowed."""

from pathlib import Path

import pytest

from app.core.cancel import CancelToken
from app.core.errors import Cancelled
from app.modelstore.download import DownloadError, download

CONTENT = bytes(range(256)) * 2000
HERE = frozenset({"127.0.0.1"})


def get(site, part: Path, **changes) -> None:
    options = {
        "size": len(CONTENT),
        "hosts": HERE,
        "cancel": CancelToken(),
        "on_total": lambda total: None,
    }
    download(site.url, part, **(options | changes))


@pytest.fixture
def part(tmp_path: Path) -> Path:
    return tmp_path / "model.part"


def test_a_whole_file_comes_in_one_go(site, part) -> None:
    site.content = CONTENT
    seen: list[int] = []
    get(site, part, on_total=seen.append)
    assert part.read_bytes() == CONTENT
    assert seen == sorted(seen)
    assert seen[-1] == len(CONTENT)
    assert site.asked == [""]


def test_what_an_earlier_attempt_brought_is_not_asked_for_again(site, part) -> None:
    site.content = CONTENT
    part.write_bytes(CONTENT[:1000])
    get(site, part)
    assert part.read_bytes() == CONTENT
    assert site.asked == ["bytes=1000-"]


def test_a_dropped_connection_is_taken_up_again(site, part) -> None:
    site.content = CONTENT
    site.drop_after = [70_000, 150_000]
    get(site, part)
    assert part.read_bytes() == CONTENT
    assert site.asked == ["", "bytes=70000-", "bytes=220000-"]


def test_a_connection_that_brings_nothing_more_ends_the_attempt(site, part) -> None:
    site.content = CONTENT
    site.drop_after = [70_000, 0]
    with pytest.raises(DownloadError, match="连接中断, 已收到70000字节"):
        get(site, part)
    assert part.read_bytes() == CONTENT[:70_000]


def test_a_server_without_ranges_is_read_from_the_start(site, part) -> None:
    site.content = CONTENT
    site.ranges = False
    part.write_bytes(b"x" * 1000)
    get(site, part)
    assert part.read_bytes() == CONTENT


def test_an_answer_that_begins_elsewhere_is_not_joined_on(site, part) -> None:
    site.content = CONTENT
    site.range_shift = -1
    part.write_bytes(CONTENT[:1000])
    with pytest.raises(DownloadError, match="断点"):
        get(site, part)
    assert not part.exists()


def test_a_complete_file_needs_no_connection(site, part) -> None:
    part.write_bytes(CONTENT)
    get(site, part)
    assert site.asked == []


def test_a_longer_file_than_said_is_refused_and_not_kept(site, part) -> None:
    site.content = CONTENT + b"more"
    with pytest.raises(DownloadError, match="大于"):
        get(site, part)
    assert not part.exists()


def test_a_shorter_file_than_said_does_not_stay_for_ever(site, part) -> None:
    site.content = CONTENT[:1000]
    with pytest.raises(DownloadError, match="416"):
        get(site, part)
    assert not part.exists()


def test_a_refusal_is_told_with_its_status(site, part) -> None:
    site.status = 404
    with pytest.raises(DownloadError, match="404"):
        get(site, part)


def test_a_server_that_is_not_there_is_told(site, part) -> None:
    site.url = "http://127.0.0.1:1/model.zip"
    with pytest.raises(DownloadError, match="无法连接"):
        get(site, part)


def test_hosts_outside_the_catalogue_are_never_contacted(site, part) -> None:
    with pytest.raises(DownloadError, match="拒绝"):
        get(site, part, hosts=frozenset({"example.org"}))
    assert site.asked == []


def test_redirects_lead_to_no_other_host(site, part) -> None:
    # The same server under another name: only the name tells them apart.
    site.redirect = site.url.replace("127.0.0.1", "localhost")
    with pytest.raises(DownloadError, match="localhost"):
        get(site, part)
    assert site.asked == [""]


def test_a_cancel_keeps_what_has_come(site, part) -> None:
    site.content = CONTENT
    token = CancelToken()
    with pytest.raises(Cancelled):
        get(site, part, cancel=token, on_total=lambda total: token.cancel())
    kept = part.stat().st_size
    assert 0 < kept < len(CONTENT)
    get(site, part)
    assert part.read_bytes() == CONTENT
    assert site.asked == ["", f"bytes={kept}-"]
