"""What the commands that train one model share: the fields of the run as options, and images."""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_type_hints

from perturbtheory.cli._use import Whole

if TYPE_CHECKING:
    from perturbtheory.data import Images

_STEPS = 2500
"""Of Adam, if the number of epochs is not given: two minutes on two slow cores."""


def options(run: type) -> Any:
    """A dataclass with the fields of a run, each None unless it is said."""
    number: Any = Whole
    fields = [
        (name, number | None if kind is int else kind | None, None)
        for name, kind in get_type_hints(run).items()
    ]
    made = dataclasses.make_dataclass(run.__name__, fields, frozen=True)
    # Cyclopts reads the help of the options from it, and takes classes of `types` for plain ones.
    made.__doc__, made.__module__ = run.__doc__, run.__module__
    return made


def said(run: Any) -> dict[str, Any]:
    """The fields that were said."""
    return {name: value for name, value in vars(run).items() if value is not None}


def epochs_of(images: int) -> int:
    """Passes through so many training images that make about `_STEPS` steps of 100."""
    return max(1, round(_STEPS / max(1, images // 100)))


def images_at_hand(name: str | None, folder: Path | None) -> "Images":
    """Those with this name, or what is at hand: see `perturbtheory.data.default`."""
    from perturbtheory import data
    from perturbtheory.checks import require_one_of

    if name is not None:
        require_one_of("--images", name, data.NAMES)
    return data.default(folder) if name is None else data.load(name, folder)
