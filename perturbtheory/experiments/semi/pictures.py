"""Small grey pictures as text, so that a record can hold those that a figure shows."""

import base64
import zlib

import numpy as np

from perturbtheory.data import PIXELS
from perturbtheory.results import RecordError

LEVELS = 16
"""Of grey."""


def packed(images: np.ndarray) -> str:
    """Numbers from 0 to 1 of shape (rows, columns, 784), rounded to `LEVELS`, as text."""
    levels = np.rint(np.asarray(images) * (LEVELS - 1)).astype(np.uint8)
    rows, columns, _ = levels.shape
    body = base64.b64encode(zlib.compress(levels.tobytes(), 9)).decode()
    return f"{rows} {columns} {body}"


def unpacked(text: str) -> np.ndarray:
    """The images, of shape (rows, columns, 784).

    Raises:
        RecordError: for what is not made by `packed`.
    """
    try:
        rows, columns, body = text.split(" ")
        levels = np.frombuffer(zlib.decompress(base64.b64decode(body)), np.uint8)
        return levels.reshape(int(rows), int(columns), PIXELS) / (LEVELS - 1)
    except (AttributeError, ValueError, zlib.error) as error:
        msg = f"recorded pictures are corrupt: {type(error).__name__}: {error}; run them again"
        raise RecordError(msg) from error
