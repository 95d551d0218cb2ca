"""What the contract suites share."""

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.journal.canonical import encode
from tests.contract.three_sites import EAST, TOKEN, ThreeSites, right
from tests.postgres import PASSWORD
from tests.site_server import Authority


@pytest.fixture
async def desk(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[ThreeSites]:
    """Give a desk that asks three sites; no secret may have got out of it."""
    caplog.set_level(logging.DEBUG)
    # The machine's own authorities are read for each system, and not needed here.
    monkeypatch.setenv("SSL_CERT_FILE", str(Authority(tmp_path, "machine").ca_file))
    made = ThreeSites(tmp_path)
    yield made
    assert made.seen, "nobody was asked"
    journalled = encode(made.record(), recorded_at=made.clock.now())
    assert right(EAST).ticket in journalled  # or it would be no proof
    told = [caplog.text, journalled, *map(repr, made.seen), *map(repr, made.health)]
    for secret in (TOKEN, PASSWORD):
        # A part of it would be too much as well.
        assert [each for each in told if secret[:10] in each] == []
