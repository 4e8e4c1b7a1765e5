"""Options that change nothing in a run: refused, so that no one compares a run with itself."""

from perturbtheory.experiments.semi.settings import SemiRun


def learns_from_labels(run: SemiRun) -> bool:
    """Whether any step of the run takes a label."""
    return run.learns != "images" or run.from_labels or run.first > 0


def require_effect(run: SemiRun) -> None:
    """Raise ValueError for an option without effect that is not at its default.

    - `weight` is of `label_loss`, which learning from images alone does not have, unless there are
      passes through the labelled images before;
    - `divergence` is of the loss of images, which labels alone do not have;
    - `schedule` of an epsilon has no part in what direct optimisation makes of a label.
    """
    of_images = run.learns != "labels" or run.first > 0
    of_labels = run.learns != "images" or run.first > 0
    if not of_labels and run.weight != SemiRun.weight:
        raise ValueError(_without_effect(run, "weight", "set `learns` to both, or `first` above 0"))
    if not of_images and run.divergence != SemiRun.divergence:
        raise ValueError(_without_effect(run, "divergence", "set `learns` to both"))
    if run.learns == "labels" and run.rule == "direct" and run.schedule != "constant":
        raise ValueError(_without_effect(run, "schedule", "set `learns` to both", "constant"))


def _without_effect(run: SemiRun, name: str, where: str, default: object = None) -> str:
    value = getattr(SemiRun, name) if default is None else default
    return (
        f"`{name}` must be {value} where `learns` is {run.learns} and `rule` is {run.rule}, on "
        f"which it has no effect, got {getattr(run, name)}; leave it out, or {where}"
    )
