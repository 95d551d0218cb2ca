"""How the learning rate goes from the first step to the last."""

import math


def schedule(progress: float, *, warm: float = 1.0, last: float = 0.03) -> float:
    """Return the factor of the learning rate: linear up, cosine down to `last`."""
    return min(1.0, warm + 0.01) * (
        last + (1 - last) * 0.5 * (1 + math.cos(math.pi * progress))
    )
