"""What the tests of whole commands share."""

from collections.abc import Iterator

import pytest

from tests.e2e.forked import close_nest


@pytest.fixture(scope="session", autouse=True)
def _nest_ends() -> Iterator[None]:
    yield
    close_nest()
