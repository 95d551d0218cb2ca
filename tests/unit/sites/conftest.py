"""What the tests of site systems share."""

from collections.abc import Iterator

import pytest

from tests.postgres import Postgres, running_postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Give a PostgreSQL server; it starts with the first test that asks for it."""
    with running_postgres() as server:
        yield server
