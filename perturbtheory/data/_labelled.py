"""Which few of the training images keep their labels."""

from typing import Any

import numpy as np


def draw_labelled(
    labels: np.ndarray, count: int, seed: int, *, balanced: bool = True
) -> np.ndarray:
    """Places of `count` images, drawn without replacement, in increasing order.

    Balanced: count / K of each of the K classes among the labels, as the code of paper B draws
    them for its Table 2; else any, whatever their classes. A draw for one seed has nothing to do
    with that for another, nor with one of another count.

    Args:
        labels: classes of shape (n,), or several attributes of each image of shape (n, N), of
            which no classes can be balanced.
        count: how many.
        seed: a non-negative integer; the same seed gives the same places.
        balanced: see above.

    Raises:
        ValueError: for labels that are no such integers; for a count that exceeds the number of
            images, or that the classes do not divide or do not have; for a negative seed.

    Example:
        >>> import numpy as np
        >>> draw_labelled(np.array([0, 1, 0, 1, 1]), 4, seed=0).tolist()
        [0, 2, 3, 4]
    """
    from perturbtheory.checks import require_count

    y = _require_labels(labels, balanced=balanced)
    require_count("count", count)
    require_count("seed", seed, 0)
    if count > len(y):
        msg = f"`count` must be at most the {len(y)} images, got {count}; ask for fewer"
        raise ValueError(msg)
    rng = np.random.default_rng([seed, count])
    if not balanced:
        return np.sort(rng.permutation(len(y))[:count])
    classes, sizes = np.unique(y, return_counts=True)
    each, rest = divmod(count, len(classes))
    if rest:
        msg = (
            f"`count` must be a multiple of the {len(classes)} classes where `balanced`, got "
            f"{count}; ask for {count - rest}, or pass balanced=False"
        )
        raise ValueError(msg)
    if each > sizes.min():
        msg = (
            f"`count` must leave at most {sizes.min()} for each class, got {count}, that is "
            f"{each} of each; ask for {sizes.min() * len(classes)}, or pass balanced=False"
        )
        raise ValueError(msg)
    places = [rng.permutation(np.flatnonzero(y == k))[:each] for k in classes]
    return np.sort(np.concatenate(places))


def _require_labels(labels: Any, *, balanced: bool) -> np.ndarray:
    shape, kind = getattr(labels, "shape", ()), getattr(labels, "dtype", None)
    dimensions = (1,) if balanced else (1, 2)
    if len(shape) not in dimensions or 0 in shape or kind is None or kind.kind not in "iu":
        got = f"{kind} of shape {shape}" if kind is not None else repr(labels)
        forms = "(n,)" if balanced else "(n,) or (n, N)"
        msg = (
            f"`labels` must be integers of shape {forms}, got {got}; take `Images.labels.train`, "
            "or balanced=False for attributes"
        )
        raise ValueError(msg)
    return np.asarray(labels)
