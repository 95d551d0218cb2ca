"""Every coded error has a code of its own, a remedy and an exit status."""

import pytest

from app.core import errors
from app.core.errors import GridDeskError, UserFacingError


def tree(root: type[GridDeskError]) -> list[type[GridDeskError]]:
    return [root, *(leaf for sub in root.__subclasses__() for leaf in tree(sub))]


CODED = [e for e in tree(UserFacingError) if e.__module__ == "app.core.errors"]


@pytest.mark.parametrize("error", CODED)
def test_an_error_says_what_to_do_in_chinese(error: type[UserFacingError]) -> None:
    raised = error("原因")
    assert any("一" <= c <= "鿿" for c in raised.remedy)
    assert str(raised) == f"原因。{raised.remedy}"
    assert error.exit_status in (1, 2, 3)
    assert error.__name__ in (errors.__doc__ or "")
    if error.__name__ != "UserFacingError":
        assert error.code != UserFacingError.code


def test_codes_are_unique() -> None:
    codes = [e.code for e in CODED]
    assert len(codes) == len(set(codes))
