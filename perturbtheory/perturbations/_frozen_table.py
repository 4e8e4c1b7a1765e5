"""Tables of frozen distributions of scipy.stats: how deep they are, and where they bend."""

from __future__ import annotations

import contextlib
import functools
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from perturbtheory.perturbations._adaptive import (
    NotResolvedError,
    Pieces,
    bend_where_they_meet,
    bends,
    integrate,
    resolve,
)
from perturbtheory.perturbations._frozen import (
    DEPTHS,
    log_density_near,
    log_quantile,
    quantile,
    tail_of,
    unit_of,
    width,
)
from perturbtheory.perturbations._table import tabulate
from perturbtheory.perturbations._zones import FARTHEST, zones_of

if TYPE_CHECKING:
    from perturbtheory.perturbations._table import Table

_FINEST = 150.0
"""-log of the mass between the end of the support and the first point of the table."""
_SWING = 100.0
_CROWD = 1e-4
"""In widths, how near to each other places are one kink."""
_TRUSTED = 1e-11
"""How far from one the integral of the density may be for its table to be used."""


def table_of(unit: Any, breakpoints: tuple[float, ...]) -> Table | None:
    """The table of a distribution without location and scale, if its density integrates to one."""
    pieces = _pieces_of(unit_of(unit)[0], breakpoints)
    if pieces is None:
        return None
    ends = tuple(bool(np.isfinite(end)) for end in unit.support())
    return tabulate(pieces, heavy=tail_of(unit) == "polynomial", ends=(ends[0], ends[1]))


def ends_of(unit: Any, breakpoints: tuple[float, ...]) -> tuple[float, float]:
    """Between which places the table is right; infinite where the support ends, or without a table.

    At the very ends it lacks digits of what is beyond: a twentieth is left out.
    """
    ends = [-np.inf, np.inf]
    pieces = _pieces_of(unit_of(unit)[0], breakpoints)
    if pieces is not None:
        middle = float(quantile(unit, 0.5))
        cuts = float(pieces[0].left[0]), float(pieces[-1].right[-1])
        for k, (piece, v) in enumerate(zip((pieces[0], pieces[-1]), cuts, strict=True)):
            if not np.isfinite(unit.support()[k]):
                end = piece.zone.origin + piece.zone.scale * math.sinh(v)
                ends[k] = 0.95 * end + 0.05 * middle
    return ends[0], ends[1]


def kinks_of(unit: Any, breakpoints: tuple[float, ...]) -> tuple[float, ...]:
    """Where the table of a density jumps or bends without a breakpoint.

    Of places next to each other, about a kink or where the density is noise, the ends are kept.
    """
    pieces, resolution = _pieces_of(unit_of(unit)[0], breakpoints) or [], float(width(unit))
    found: list[float] = []
    for k, piece in enumerate(pieces):
        zone, bent = piece.zone, bends(piece)
        if k + 1 < len(pieces):
            bent = np.append(bent, bend_where_they_meet(piece, pieces[k + 1], resolution))
        places = piece.right[: len(bent)][bent]
        found += [zone.origin + zone.scale * float(x) for x in np.sinh(places)]
    places = np.array(found)
    apart = np.abs(np.diff(places)) > _CROWD * resolution
    keep = np.append(True, apart) | np.append(apart, True)
    return tuple(places[keep].tolist()) if found else ()


@functools.lru_cache(maxsize=512)
def _pieces_of(unit: Any, breakpoints: tuple[float, ...]) -> list[Pieces] | None:
    for depth in DEPTHS:
        with contextlib.suppress(NotResolvedError):
            pieces = _pieces_to(unit, breakpoints, depth)
            _, log_cdf, log_sf = integrate(pieces)
            total = np.concatenate(
                [np.logaddexp(a, b).ravel() for a, b in zip(log_cdf, log_sf, strict=True)]
            )
            if np.all(np.abs(total) < _TRUSTED):
                return pieces
    return None


def _pieces_to(unit: Any, breakpoints: tuple[float, ...], depth: float) -> list[Pieces]:
    low, high = map(float, unit.support())
    resolution = float(width(unit))
    far = FARTHEST * resolution
    ends = np.isfinite(low), np.isfinite(high)
    left = low if ends[0] else max(float(log_quantile(unit, -depth, False)), -far)
    right = high if ends[1] else min(float(log_quantile(unit, -depth, True)), far)
    kinks = sorted(
        {*(k for k, is_end in zip((low, high), ends, strict=True) if is_end), *breakpoints}
    )
    near = functools.partial(log_density_near, unit)
    zones = zones_of(
        kinks or [float(quantile(unit, 0.5))], (left, right), resolution, near, _FINEST, deep=True
    )
    return [resolve(near(zone.origin), zone, _SWING) for zone in zones]
