import pytest

from app.system.encoding import decoded


@pytest.mark.parametrize(
    ("data", "found"),
    [
        ("济南".encode(), ("济南", "utf-8-sig")),
        ("\ufeff济南".encode(), ("济南", "utf-8-sig")),
        ("济南".encode("gb18030"), ("济南", "gb18030")),
        (b"", ("", "utf-8-sig")),
        ("济\0南".encode(), None),
        (b"PK\x03\x04\x14\x00\xff\xff", None),
    ],
)
def test_text_is_read_in_either_encoding(
    data: bytes, found: tuple[str, str] | None
) -> None:
    assert decoded(data) == found
