"""Loss and exact match over the steps, as a picture."""

from collections.abc import Sequence
from pathlib import Path

from app.tuning.training.progress import Logged, best_step, looks, losses


def draw(history: Sequence[Logged], path: Path, *, title: str) -> bool:
    """Write a PNG of a training's curves.

    Returns:
        False where matplotlib is not installed, which is no reason to fail.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        return False
    figure = Figure(figsize=(9, 4), layout="constrained")
    # The canvas alone: no window system, and nothing global that could leak.
    canvas = FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    trained, seen = losses(history), looks(history)
    left.plot(*zip(*trained, strict=True), label="train") if trained else None
    if seen:
        steps = [step for step, _, _ in seen]
        left.plot(steps, [loss for _, _, loss in seen], "o-", label="dev")
        right.plot(steps, [exact for _, exact, _ in seen], "o-")
    best = best_step(history)
    if best is not None:
        right.axvline(best, linestyle=":", label=f"best: step {best}")
        right.legend()
    if trained or seen:
        left.set_yscale("log")
        left.legend()
    left.set(title="loss per answer token", xlabel="step")
    right.set(title="dev: whole answer exact", xlabel="step", ylim=(0, 1))
    # The title may be a file name in any script; the fonts at hand may not have it.
    figure.suptitle(title.encode("ascii", "replace").decode())
    for axes in (left, right):
        axes.grid(alpha=0.3)
    canvas.print_png(str(path))  # type: ignore[no-untyped-call]
    return True
