"""No text that is written for others repeats a secret."""

import base64
import json
import logging
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from app.system.logging import setup_logging
from app.system.redaction import HIDDEN, LEAST, hide, redacted


@pytest.mark.parametrize(
    "spelt",
    [
        str,
        repr,
        json.dumps,
        quote,
        quote_plus,
        lambda secret: json.dumps({"a": secret}, ensure_ascii=False),
        lambda secret: f"https://h/?k={quote(secret, safe='')}&x=1",
    ],
)
def test_a_secret_is_found_in_every_spelling(spelt) -> None:
    secret = '秘 "k\'ey"\\ü&1'
    hide(secret)
    shown = redacted(f"before {spelt(secret)} after")
    assert shown.startswith("before ")
    assert shown.endswith(" after")
    assert HIDDEN in shown
    assert "ey" not in shown


def test_the_longer_of_two_secrets_is_hidden_whole() -> None:
    hide("abcde-short")
    hide("abcde-short-and-long")
    assert redacted("x abcde-short-and-long y") == f"x {HIDDEN} y"


def test_what_is_too_short_to_hide_hides_nothing_else() -> None:
    hide("")
    hide("1" * (LEAST - 1))
    assert redacted("site 111 of 1111") == "site 111 of 1111"


def test_a_secret_stands_in_no_part_of_a_log_line(tmp_path: Path) -> None:
    secret = base64.b64encode(b"a secret of this test").decode()
    hide(secret)
    log = logging.getLogger("app.example")
    logs = setup_logging(tmp_path)
    try:
        log.info("message %s", {"token": secret})
        try:
            raise ValueError(f"refused {secret}")
        except ValueError:
            log.info("failed", exc_info=True, stack_info=True)
        ring = "\n".join(logs.ring.lines())
    finally:
        logs.close()
    text = (tmp_path / "griddesk.log").read_text("utf-8")
    for shown in (text, ring):
        assert secret not in shown
        assert f"ValueError: refused {HIDDEN}" in shown
        assert f"{{'token': '{HIDDEN}'}}" in shown
