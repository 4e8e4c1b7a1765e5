"""CelebA for a user who has it: `img_align_celeba/` and `list_attr_celeba.txt` in a folder."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from perturbtheory.data._images import DataError, Splits, corrupt, reading

EIGHT = (
    "Eyeglasses", "Smiling", "Male", "Bangs", "Wearing_Hat", "Blond_Hair", "Mustache", "Young",
)  # fmt: skip
"""Paper B, Figure 5, shows the first three of its k = 8 attributes and does not name the others."""

_ALL, _TRAIN, _VALIDATION = 202_599, 162_770, 19_867
"""Images of the whole set, and of its published split, which is by their order."""
_REMEDY = "get img_align_celeba.zip and list_attr_celeba.txt from mmlab.ie.cuhk.edu.hk/projects"


@dataclass(frozen=True, eq=False)
class Faces:
    """Colour images in three disjoint splits, and their attributes; arrays cannot be written to.

    Attributes:
        names: of the attributes, in the order of the columns.
        images: uint8 of shape (n, size, size, 3) in each split.
        attributes: uint8 of shape (n, N), 1 where the image has it, in the same splits.
        source: a sentence for a person, with the path.
    """

    names: tuple[str, ...]
    images: Splits = field(repr=False)
    attributes: Splits = field(repr=False)
    source: str

    def __post_init__(self) -> None:
        for array in (*self.images, *self.attributes):
            array.flags.writeable = False


def celeba(
    folder: str | os.PathLike[str],
    *,
    attributes: Sequence[str] = EIGHT,
    size: int = 64,
    crop: int = 148,
    limit: int | None = None,
) -> Faces:
    """Aligned faces: the central square of `crop` pixels, reduced to `size` by area averaging.

    The published split is by order: 162,770 for training, 19,867 for validation, 19,962 for test;
    of fewer images, the same shares. 202,599 images of 64 x 64 take 2.5 GB. The set cannot be
    downloaded by a program and has no SHA-256 here: each file is read and checked for its form.

    Args:
        folder: that holds `img_align_celeba/` and `list_attr_celeba.txt`.
        attributes: names in the list's second line, for the columns of the result.
        size: of the result in pixels, at most `crop`.
        crop: of the original in pixels, which is 178 x 218.
        limit: the first so many images of the list alone, at least 10; None for all.

    Raises:
        ValueError: for counts that are none, and for attributes that are not in the list, or twice.
        DataError: for a folder, a list or an image that is missing; for a list whose lines are
            not as they must be, with its line; for an image that cannot be read or is too small.
    """
    from perturbtheory.checks import require_count

    require_count("crop", crop)
    require_count("size", size)
    if size > crop:
        msg = f"`size` must be at most `crop`, {crop}, got {size}; images are reduced"
        raise ValueError(msg)
    if limit is not None:
        require_count("limit", limit, 10)
    place = Path(folder).expanduser()
    pictures, listing = place / "img_align_celeba", place / "list_attr_celeba.txt"
    for path, there in ((place, place.is_dir()), (pictures, pictures.is_dir()),
                        (listing, listing.is_file())):  # fmt: skip
        if not there:
            msg = f"{path} is missing; {_REMEDY}, and unpack it there"
            raise DataError(msg)
    files, columns = _read_list(listing, tuple(attributes), limit)
    images = np.stack([_face(pictures / file, crop, size) for file in files])
    first = len(files) * _TRAIN // _ALL
    last = len(files) * (_TRAIN + _VALIDATION) // _ALL
    faces, marks = (Splits(a[:first], a[first:last], a[last:]) for a in (images, columns))
    source = f"CelebA (Liu, Luo, Wang and Tang 2015); {len(files)} images read from {place}."
    return Faces(tuple(attributes), faces, marks, source)


def _read_list(
    path: Path, attributes: tuple[str, ...], limit: int | None
) -> tuple[list[str], np.ndarray]:
    """Names of the files, and 1 where they have each attribute."""
    with reading(path):
        lines = path.read_text("ascii").splitlines()
    if len(lines) < 2 or not lines[0].strip().isdecimal():
        raise corrupt(path, "does not begin with a line of one number and a line of names")
    names, rows = lines[1].split(), lines[2:]
    if int(lines[0]) != len(rows):
        raise corrupt(path, f"has {len(rows)} images where its first line says {lines[0].strip()}")
    unknown = [name for name in attributes if name not in names]
    if unknown or len(set(attributes)) < max(1, len(attributes)):
        msg = (
            f"`attributes` must be different names of {path}, got {', '.join(attributes) or 'none'}"
            f"; it has {', '.join(names)}"
        )
        raise ValueError(msg)
    if len(rows) < 10:
        raise corrupt(path, f"has {len(rows)} images, too few for three splits")
    files, values = [], []
    for number, line in enumerate(rows[:limit], 3):
        file, *signs = line.split() or [""]
        if len(signs) != len(names):
            raise corrupt(
                path, f"has {len(signs)} attributes instead of {len(names)} in line {number}"
            )
        if not set(signs) <= {"1", "-1"} or Path(file).name != file:
            raise corrupt(path, f"has no file and numbers 1 and -1 in line {number}: {line[:60]!r}")
        files.append(file)
        values.append([signs[names.index(name)] == "1" for name in attributes])
    return files, np.array(values, np.uint8)


def _face(path: Path, crop: int, size: int) -> np.ndarray:
    from PIL import Image

    if not path.is_file():
        msg = f"{path} is missing, which list_attr_celeba.txt names; {_REMEDY}"
        raise DataError(msg)
    with reading(path), Image.open(path) as image:
        width, height = image.size
        if min(width, height) < crop:
            raise corrupt(path, f"has {width} x {height} pixels, fewer than `crop`, {crop}")
        left, top = (width - crop) // 2, (height - crop) // 2
        square = image.convert("RGB").crop((left, top, left + crop, top + crop))
        return np.asarray(square.resize((size, size), Image.Resampling.BOX), np.uint8)
