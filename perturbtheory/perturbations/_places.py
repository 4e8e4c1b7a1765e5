"""Places on the line that somebody names: one number for all coordinates, or one for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from perturbtheory.checks import finite, require

if TYPE_CHECKING:
    from collections.abc import Callable

Place = float | tuple[float, ...]
_WAY_OUT = "name places inside the support, for example (0.0,)"


def as_places(name: str, value: Any, shape: tuple[int, ...]) -> tuple[Place, ...]:
    """Places as hashable numbers, or raise ValueError unless each has shape () or `shape`."""
    try:
        places = [np.asarray(place, float) for place in np.atleast_1d(np.asarray(value, object))]
        places = [np.asarray(place.tolist(), float) for place in places]
    except (TypeError, ValueError) as error:
        msg = f"`{name}` must be numbers, got {value!r}; {_WAY_OUT}"
        raise ValueError(msg) from error
    for place in places:
        if place.shape not in ((), shape):
            msg = (
                f"`{name}` must be numbers, or vectors of the shape {shape} of the parameters, "
                f"got one of shape {place.shape}; {_WAY_OUT}"
            )
            raise ValueError(msg)
        require(name, place, finite, "be finite", _WAY_OUT)
    return each(places, lambda place: place)


def each(places: Any, change: Callable[[np.ndarray], Any]) -> tuple[Place, ...]:
    """What becomes of every place; one number where it is the same for all coordinates."""
    out: list[Place] = []
    for place in places:
        new = np.asarray(change(np.asarray(place, float)), float)
        same = not new.ndim or bool(np.all(new == new[0]))
        out.append(float(new.flat[0]) if same else tuple(new.tolist()))
    return tuple(out)
