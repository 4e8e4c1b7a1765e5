"""Eight binary attributes of an image of 28 x 28, measured on its pixels: no one labels them."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from perturbtheory.data._images import PIXELS

SIDE = 28
NAMES = ("thick", "slanted", "wide", "tall", "looped", "top-heavy", "left-heavy", "symmetric")
"""In the order of the columns of `measure`."""
_AT_ONCE = 5000


def measure(images: np.ndarray) -> np.ndarray:
    """Eight numbers for each image, the larger the more of the attribute; ink is 1, paper 0.

    | name       | number                                                                      |
    |------------|-----------------------------------------------------------------------------|
    | thick      | 2 A/P: A pixels of ink, P pairs of neighbours of which one is ink           |
    | slanted    | cov(x, y)/var(y) over the ink, y downwards: positive leans to the left      |
    | wide       | standard deviation of x over the ink                                        |
    | tall       | standard deviation of y over the ink                                        |
    | looped     | pixels of paper that no path of paper joins to the edge of the image        |
    | top-heavy  | share of the ink in the upper half of its own bounding box                  |
    | left-heavy | share of the ink in the left half of its own bounding box                   |
    | symmetric  | share of the ink that meets ink when its bounding box is mirrored in x      |

    A stroke of width w and length L has 2 A/P = w/(1 + w/L). Neighbours share a side, of which
    paths of paper are made too; pixels beyond the edge are paper. A row or column in the middle of
    a bounding box counts half. Ink in one row has no slant: 0. An image without ink has nothing of
    any attribute, and its shares are the same on either side: 0, 0, 0, 0, 0, 1/2, 1/2, 1.

    Args:
        images: 0 or 1 of shape (n, 784), row by row.

    Returns:
        float64 of shape (n, 8).

    Raises:
        ValueError: for images that are not 0 or 1 in rows of 784.

    Example:
        >>> import numpy as np
        >>> bar = np.zeros((28, 28))
        >>> bar[4:24, 13:15] = 1
        >>> measure(bar.reshape(1, -1)).round(2).tolist()
        [[1.82, 0.0, 0.5, 5.77, 0.0, 0.5, 0.5, 1.0]]
    """
    pixels = _require_binary(images)
    parts = [pixels[i : i + _AT_ONCE] for i in range(0, len(pixels), _AT_ONCE)]
    return np.concatenate([_measured(part.reshape(-1, SIDE, SIDE)) for part in parts])


def _measured(pixels: np.ndarray) -> np.ndarray:
    ink = pixels.astype(np.float64)
    area = ink.sum((1, 2))
    inked = np.maximum(area, 1.0)
    rows, columns = ink.sum(2), ink.sum(1)
    place = np.arange(SIDE, dtype=np.float64)
    y, x = rows @ place / inked, columns @ place / inked
    var_y, var_x = (
        np.maximum(counts @ np.square(place) / inked - np.square(mean), 0.0)
        for counts, mean in ((rows, y), (columns, x))
    )
    covariance = np.einsum("nij,i,j->n", ink, place, place) / inked - x * y
    # Ink in two rows has a variance of at least (783/784) / 784.
    flat = var_y < 1e-4
    found = [
        2 * area / np.maximum(_boundary(ink), 1.0),
        np.where(flat, 0.0, covariance / np.where(flat, 1.0, var_y)),
        np.sqrt(var_x), np.sqrt(var_y), _enclosed(ink),
        _first_half(rows), _first_half(columns), _mirrored(ink),
    ]  # fmt: skip
    return np.stack(found, 1)


@dataclass(frozen=True)
class Thresholds:
    """Attribute j is present where its measure exceeds `values[j]`; see `thresholds`.

    Example:
        >>> from perturbtheory.data import attributes
        >>> import numpy as np
        >>> attributes.Thresholds(np.zeros(8)).values.shape
        (8,)
    """

    values: tuple[float, ...]

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Which attributes are present: uint8 of shape (n, 8); raises as `measure`."""
        return (measure(images) > np.array(self.values)).astype(np.uint8)


def thresholds(images: np.ndarray) -> Thresholds:
    """The median of each measure over these images: half of them have the attribute.

    Fewer than half where the median is shared by many: of digits, about two in five have a loop.
    Take training images, and use the result for all others. Raises ValueError as `measure`.

    Example:
        >>> from perturbtheory.data import attributes
        >>> import numpy as np
        >>> bar = np.zeros((2, 28, 28))
        >>> bar[:, 4:24, 13:15] = 1
        >>> found = attributes.thresholds(bar.reshape(2, -1))
        >>> len(found.values)
        8
    """
    return Thresholds(tuple(float(m) for m in np.median(measure(images), 0)))


def _require_binary(images: Any) -> np.ndarray:
    shape = getattr(images, "shape", None)
    if shape is None or len(shape) != 2 or shape[1] != PIXELS or shape[0] == 0:
        got = type(images).__name__ if shape is None else f"shape {shape}"
        msg = f"`images` must be an array of shape (n, {PIXELS}), got {got}; flatten 28 x 28 images"
        raise ValueError(msg)
    pixels = np.asarray(images)
    binary = (pixels == 0) | (pixels == 1)
    if not binary.all():
        wrong = pixels[~binary][0]
        msg = f"`images` must be 0 or 1, got {wrong}; see perturbtheory.data.threshold"
        raise ValueError(msg)
    return pixels


def _boundary(ink: np.ndarray) -> np.ndarray:
    padded = np.pad(ink, ((0, 0), (1, 1), (1, 1)))
    across, down = (np.abs(np.diff(padded, axis=axis)).sum((1, 2)) for axis in (1, 2))
    return across + down


def _enclosed(ink: np.ndarray) -> np.ndarray:
    """Pixels of paper in components that do not touch the edge, counted in all images at once."""
    from scipy import ndimage

    paper = np.pad(ink == 0, ((0, 0), (1, 1), (1, 1)), constant_values=True)
    within = np.zeros((3, 3, 3), bool)
    within[1] = ndimage.generate_binary_structure(2, 1)
    found: Any = ndimage.label(paper, within)
    labels, outside = found[0], np.zeros(found[1] + 1, bool)
    # The added frame of paper is one component, which holds whatever touches the edge.
    outside[labels[:, 0, 0]] = True
    outside[0] = True
    return (~outside[labels]).sum((1, 2)).astype(np.float64)


def _box(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First and last place with ink; the whole image where there is none."""
    some = counts > 0
    return some.argmax(1), SIDE - 1 - some[:, ::-1].argmax(1)


def _first_half(counts: np.ndarray) -> np.ndarray:
    first, last = _box(counts)
    side = np.sign(first + last - 2 * np.arange(SIDE)[:, None]).T
    total = counts.sum(1)
    return 0.5 + (counts * side).sum(1) / (2 * np.maximum(total, 1.0))


def _mirrored(ink: np.ndarray) -> np.ndarray:
    first, last = _box(ink.sum(1))
    mirror = (first + last)[:, None] - np.arange(SIDE)
    outside = (mirror < 0) | (mirror >= SIDE)
    index = np.where(outside, 0, mirror)[:, None, :]
    image = np.where(outside[:, None, :], 0.0, np.take_along_axis(ink, index, 2))
    total = ink.sum((1, 2))
    return np.where(total > 0, (ink * image).sum((1, 2)) / np.maximum(total, 1.0), 1.0)
