"""Images of which some have labels."""

from typing import Any, NamedTuple

import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Int, UInt8

UNKNOWN = -1
"""In the place of a label."""


class Labelled(NamedTuple):
    """Binary images, and the labels of those that have some.

    Attributes:
        images: 0 or 1 of shape (n, 784).
        labels: categories 0, ..., K - 1 of N latents, of shape (n, N); `UNKNOWN` in a whole row
            where an image has none.

    Example:
        >>> from perturbtheory.models.vae import semi
        >>> import numpy as np
        >>> semi.Labelled(np.zeros((1, 784)), np.array([[semi.UNKNOWN]])).labels.shape
        (1, 1)
    """

    images: UInt8[Array, "n 784"] | Any
    labels: Int[Array, "n N"] | Any


def labelled(
    images: UInt8[ArrayLike, "n 784"],
    labels: Int[ArrayLike, "n"] | Int[ArrayLike, "n N"],
    places: Int[ArrayLike, "m"] | None = None,
) -> Labelled:
    """These images, of which those at `places` keep their labels; all for None.

    Args:
        images: 0 or 1.
        labels: classes of shape (n,), for one latent, or (n, N).
        places: see `perturbtheory.data.draw_labelled`.

    Raises:
        ValueError: for labels that are no integers, or not one row for each image; for places that
            are no integers, occur twice or are not among the images.

    Example:
        >>> from perturbtheory.models.vae import semi
        >>> import numpy as np
        >>> found = semi.labelled(np.zeros((3, 784)), np.array([0, 1, 1]), places=np.array([2]))
        >>> found.labels.ravel().tolist()
        [-1, -1, 1]
    """
    y: Any = np.asarray(labels)
    if y.dtype.kind not in "iu" or y.ndim not in (1, 2) or len(y) != len(np.asarray(images)):
        msg = (
            f"`labels` must be integers of shape (n,) or (n, N) for {len(np.asarray(images))} "
            f"images, got {y.dtype} of shape {y.shape}; give each image its label or labels"
        )
        raise ValueError(msg)
    y = y.reshape(len(y), -1).astype(np.int32)
    if places is None:
        return Labelled(images, y)
    at: Any = np.asarray(places)
    if at.dtype.kind not in "iu" or at.ndim != 1 or not np.isin(at, np.arange(len(y))).all():
        msg = (
            f"`places` must be integers from 0 to {len(y) - 1}, got {at.dtype} of shape {at.shape}"
            "; see perturbtheory.data.draw_labelled"
        )
        raise ValueError(msg)
    if len(np.unique(at)) != len(at):
        msg = f"`places` must name an image once, got {len(at)} of {len(np.unique(at))} images"
        raise ValueError(msg)
    kept = np.full_like(y, UNKNOWN)
    kept[at] = y[at]
    return Labelled(images, kept)


def require_labels(name: str, given: Labelled, latents: int, categories: int) -> np.ndarray:
    """Labels of shape (n, N) in 32-bit; ValueError for others, and for rows known in part."""
    y = np.asarray(given.labels)
    if y.ndim != 2 or y.shape[1] != latents or y.dtype.kind not in "iu":
        msg = (
            f"`{name}` must have labels of shape (n, {latents}) for this model, got {y.dtype} of "
            f"shape {y.shape}; see perturbtheory.models.vae.semi.labelled"
        )
        raise ValueError(msg)
    bad = (y >= categories) | (y < UNKNOWN)
    if bad.any():
        msg = (
            f"`{name}` must have labels from 0 to {categories - 1} for this model, or {UNKNOWN} "
            f"for unknown ones, got {y[bad][0]}"
        )
        raise ValueError(msg)
    known = y != UNKNOWN
    if (known.any(1) != known.all(1)).any():
        row = int(np.argmax(known.any(1) != known.all(1)))
        msg = (
            f"`{name}` must know all labels of an image or none, got {y[row].tolist()} for image "
            f"{row}"
        )
        raise ValueError(msg)
    return y.astype(np.int32)
