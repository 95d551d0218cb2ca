"""Text from the desks of China comes in one of two encodings."""

from typing import Final

_ENCODINGS: Final = ("utf-8-sig", "gb18030")


def decoded(data: bytes) -> tuple[str, str] | None:
    """Decode UTF-8 or GB18030; returns text and encoding, None for what is neither.

    What holds NUL is no text: GB18030 takes nearly any bytes.
    """
    for encoding in _ENCODINGS:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text, encoding
    return None
