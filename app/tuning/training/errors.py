"""What goes wrong in a training, as a sentence for the person who started it."""

from app.core.errors import BadInputError


class TuneError(BadInputError):
    """A training that cannot start, or cannot go on; says why and what to do."""

    code = "tuning.train"


class CompleteError(TuneError):
    """The very training that was asked for has ended already."""
