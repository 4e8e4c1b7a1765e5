"""Omniglot twice: raw drawings resized here, and the file of the IWAE paper."""

import hashlib
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from perturbtheory.data import _places
from perturbtheory.data._images import PIXELS, Splits, corrupt, reading, require_hash
from perturbtheory.data._table import CONTENTS

SIDE = 105
TRAIN, VALIDATION, TEST = 23_000, 1_345, 8_070
"""Sizes of the splits of the IWAE file; of the raw drawings 23,045 are left for training."""
SEED = 0
_BATCH = 1_000
_MOST_BLANK = 0.01
"""Share of images without ink above which a file is one that was filled with zeros."""


def read_resized(name: str, paths: Sequence[Path]) -> tuple[Splits, None]:
    """The 32,460 raw drawings at 28 x 28: see `resize`; ink is 255.

    The drawings, sorted by name, are permuted with a fixed seed; the first 8,070 are for test,
    the next 1,345 for validation, the other 23,045 for training. The sizes are like those of the
    IWAE file, the drawings of each split and the way of resizing are not: numbers from this set
    must not be put beside published ones. Drawings of one character fall into all splits.
    No drawing is in two splits, but two of them, in train and test, have the same 28 x 28 pixels.

    To decode the zips takes 10 seconds. The result is kept in the cache, and the zips are not
    looked at as long as it is there and has the right SHA-256.

    Raises:
        DataError: if a file is corrupt or has other drawings than the original.
    """
    kept = _places.cache_folder() / name / "omniglot-28x28.bytes"
    if kept.is_file():
        with reading(kept):
            content = kept.read_bytes()
        require_hash(kept, content, CONTENTS[f"{name}/28x28"])
        drawings = np.frombuffer(content, np.uint8).reshape(-1, PIXELS)
    else:
        stems = ("images_background", "images_evaluation")
        drawings = np.concatenate(
            [_resized(path, stem) for path, stem in zip(paths, stems, strict=True)]
        )
        _places.keep(kept, drawings.tobytes())
    order = split_order(len(drawings))
    test, validation, train = np.split(drawings[order], [TEST, TEST + VALIDATION])
    return Splits(train, validation, test), None


def read_iwae(_name: str, paths: Sequence[Path]) -> tuple[Splits, None]:
    """Omniglot as in the IWAE paper: 23,000 for training, 1,345 for validation, 8,070 for test.

    Validation is the end of what the file calls data, test is its testdata. Columns of the file
    are images stored column by column, of values 0 to 1; here rows of pixels row by row, rounded
    to 0, ..., 255. There is no SHA-256 of the file to compare with: shapes and values are.

    Raises:
        DataError: if the file is corrupt or is not of this form.
    """
    import scipy.io

    (path,) = paths
    with reading(path):
        content = scipy.io.loadmat(path, variable_names=["data", "testdata"])
        data, test = (_from_columns(path, content[key]) for key in ("data", "testdata"))
    if (len(data), len(test)) != (TRAIN + VALIDATION, TEST):
        found, expected = f"{len(data)} and {len(test)}", f"{TRAIN + VALIDATION} and {TEST}"
        raise corrupt(path, f"has {found} images instead of {expected}")
    return Splits(data[:-VALIDATION], data[-VALIDATION:], test), None


def split_order(number: int) -> np.ndarray:
    """The fixed permutation that splits the raw drawings."""
    return np.random.default_rng(SEED).permutation(number)


def overlaps() -> np.ndarray:
    """How much of input pixel j output pixel i covers, in quarters: shape (28, 105).

    An output pixel is 105/28 = 15/4 input pixels wide, so that the overlaps are integers, each
    row sums to 15 and each column to 4.
    """
    left, right = np.maximum, np.minimum
    i, j = 15 * np.arange(28)[:, None], 4 * np.arange(SIDE)
    return np.maximum(right(i + 15, j + 4) - left(i, j), 0)


def resize(ink: np.ndarray) -> np.ndarray:
    """255 times the mean ink under each output pixel, rounded: area averaging.

    In sixteenths of an input pixel the ink under an output pixel is an integer c from 0 to 225,
    and 255 c / 225 = 17 c / 15 is never halfway between integers: every machine gives the same.

    Args:
        ink: 0 or 1 of shape (n, 105, 105).

    Returns:
        uint8 of shape (n, 784).
    """
    # Products and sums of integers below 2^24: exact in float32, in whatever order.
    matrix = overlaps().astype(np.float32)
    counts = (matrix @ ink.astype(np.float32) @ matrix.T).astype(np.int32)
    return ((17 * counts + 7) // 15).astype(np.uint8).reshape(len(ink), PIXELS)


def _resized(path: Path, stem: str) -> np.ndarray:
    """The drawings of one zip, sorted by name.

    What is verified is the SHA-256 of name and drawing, one after the other, sorted by name; a
    drawing is its 11,025 bits of ink, row by row, eight to a byte. How the zip and the images in
    it are compressed does not matter.
    """
    found, batches = hashlib.sha256(), []
    with reading(path), zipfile.ZipFile(path) as archive:
        drawn = (x for x in archive.namelist() if x.startswith(f"{stem}/") and x.endswith(".png"))
        names = sorted(drawn)
        for start in range(0, len(names), _BATCH):
            batch = names[start : start + _BATCH]
            ink = np.stack([_ink(path, name, archive.read(name)) for name in batch])
            packed = np.packbits(ink.reshape(len(ink), -1), axis=1)
            for name, bits in zip(batch, packed, strict=True):
                found.update(name.encode() + bits.tobytes())
            batches.append(resize(ink))
    require_hash(path, found, CONTENTS[f"omniglot-resized/{stem}"])
    return np.concatenate(batches)


def _ink(path: Path, name: str, png: bytes) -> np.ndarray:
    """True where there is ink, which the image has in black."""
    from PIL import Image

    with Image.open(io.BytesIO(png), formats=["PNG"]) as image:
        if (image.mode, image.size) != ("1", (SIDE, SIDE)):
            what = f"has {name} of mode {image.mode} and size {image.size}"
            raise corrupt(path, f"{what} instead of one bit and {SIDE} x {SIDE}")
        return ~np.asarray(image)


def _from_columns(path: Path, columns: np.ndarray) -> np.ndarray:
    if columns.ndim != 2 or columns.shape[0] != PIXELS or columns.dtype.kind not in "uif":
        raise corrupt(path, f"has an array {columns.dtype}{columns.shape} instead of (784, n)")
    if not ((columns >= 0) & (columns <= 1)).all():
        raise corrupt(path, "has values outside 0 to 1")
    blank, number = int((~columns.any(axis=0)).sum()), columns.shape[1]
    if blank > _MOST_BLANK * number:
        raise corrupt(path, f"has no ink in {blank} of {number} images")
    pixels = np.rint(255 * columns.T.astype(float)).astype(np.uint8)
    return np.ascontiguousarray(pixels.reshape(-1, 28, 28).transpose(0, 2, 1)).reshape(-1, PIXELS)
