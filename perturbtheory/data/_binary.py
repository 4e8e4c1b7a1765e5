"""Zeros and ones out of grey pixels: the two protocols of the literature."""

import numbers
from typing import Any

import numpy as np


def threshold(images: np.ndarray) -> np.ndarray:
    """1 where pixel/255 > 1/2, that is pixel >= 128, else 0.

    The protocol of the code of both papers, which rounds pixel/255.

    Args:
        images: uint8 of any shape.

    Returns:
        float32 of the same shape.

    Raises:
        ValueError: if `images` is not a numpy array of uint8.

    Example:
        >>> from perturbtheory import data
        >>> import numpy as np
        >>> data.threshold(np.array([0, 127, 128, 255], np.uint8)).tolist()
        [0.0, 0.0, 1.0, 1.0]
    """
    return (_require_pixels(images) >= 128).astype(np.float32)


def stochastic(images: np.ndarray, seed: int) -> np.ndarray:
    """1 with probability pixel/255, each pixel on its own.

    Exactly so: u uniform on 0, ..., 254 is less than the pixel with probability pixel/255.

    Args:
        images: uint8 of any shape.
        seed: a non-negative integer; the same seed gives the same result.

    Returns:
        float32 of the same shape.

    Raises:
        ValueError: if `images` is not a numpy array of uint8, or `seed` no integer >= 0.

    Example:
        >>> from perturbtheory import data
        >>> import numpy as np
        >>> data.stochastic(np.array([0, 128, 255], np.uint8), seed=0).tolist()
        [0.0, 0.0, 1.0]
    """
    pixels = _require_pixels(images)
    if not isinstance(seed, numbers.Integral) or isinstance(seed, bool) or seed < 0:
        msg = f"`seed` must be an integer of at least 0, got {seed!r}; take 0 for one draw"
        raise ValueError(msg)
    draws = np.random.default_rng(int(seed)).integers(0, 255, pixels.shape, dtype=np.uint8)
    return (draws < pixels).astype(np.float32)


def _require_pixels(images: Any) -> np.ndarray:
    # Floats between 0 and 1 would all fall below 128 without a word.
    if not isinstance(images, np.ndarray) or images.dtype != np.uint8:
        kind = getattr(images, "dtype", type(images).__name__)
        msg = f"`images` must be a numpy array of uint8, got {kind}; pass pixels from 0 to 255"
        raise ValueError(msg)
    return images
