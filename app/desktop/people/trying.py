"""Turns what goes wrong into a sentence."""

import logging
from collections.abc import Awaitable

from app.core.errors import UserFacingError
from app.desktop.people.naming import internal_fault

log = logging.getLogger(__name__)


async def refusal_of(work: Awaitable[object]) -> str:
    """Wait for something; say what went wrong and what to do, empty: nothing."""
    try:
        await work
    except UserFacingError as error:
        return str(error)
    except Exception as error:
        log.exception("what was asked for was not done")
        return internal_fault(type(error).__name__)
    return ""
