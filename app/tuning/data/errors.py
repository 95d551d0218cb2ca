"""The error of data that cannot be used."""

from app.core.errors import BadInputError


class DataError(BadInputError, ValueError):
    """Rows, or what they are made from, that cannot be used; says where and why."""

    code = "tuning.data"
