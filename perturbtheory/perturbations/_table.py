"""The law of one coordinate as a piecewise polynomial table of log F or log S, and of log f."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from perturbtheory.numerics import namespace, register
from perturbtheory.perturbations._adaptive import Pieces, horner, integrate, is_upper, series_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jaxtyping import Bool, Float

    from perturbtheory.numerics import Array

WINDOW = -127.0
"""Log probability at the ends of the window that a table offers to compiled quadrature."""


_FAR = 1e4
"""Beyond every panel, and before the infinite bounds of those that are not used."""


@register
@dataclasses.dataclass(frozen=True, eq=False)
class Table:
    """log F or log S, and log f, as polynomials in v on panels, where x = origin + scale sinh(v).

    There is one origin per kink, and x - origin is taken before anything is rounded, so that
    the law keeps its digits next to a kink however wide it is elsewhere. Beyond its ends the table
    goes on linearly: in x, or in v where the tails are `heavy`.

    Attributes:
        cuts: where the zones of successive origins meet.
        bounds: where the panels of a zone meet, in v; infinite where a zone has fewer.
        middle: centre of every panel of every zone, in v.
        slope: two over the length of the panel.
        upper: whether the panel keeps log S.
        beyond: -d log f at either end, infinite where the support ends.
        window: where log F and log S are as low as any quadrature asks for.
    """

    origin: Float[Array, "r"]
    scale: Float[Array, "r"]
    cuts: Float[Array, "r-1"]
    bounds: Float[Array, "r p-1"]
    middle: Float[Array, "r*p"]
    slope: Float[Array, "r*p"]
    upper: Bool[Array, "r*p"]
    tail: Float[Array, "n r*p"]
    density: Float[Array, "n r*p"]
    beyond: Float[Array, "2"]
    window: Float[Array, "2"]
    heavy: bool = dataclasses.field(metadata={"static": True})

    def __call__(
        self, x: Any, rest: Any = 0.0, place: tuple[Any, Any] | None = None
    ) -> tuple[Any, Any, Any]:
        """(log F or log S, whether it is log S, log f) at x + rest.

        With `place` = (shift, scale), of every coordinate, those of shift + scale gamma.
        """
        xp = namespace(x, self.origin)
        zones, size = self.origin.shape[0], self.middle.shape[0] // self.origin.shape[0]
        if zones == 1:
            zone, local = 0, _local(x, rest, self.origin[0], place)
            panel = 0
        else:
            zone = xp.searchsorted(self.cuts, _local(x, rest, 0.0, place), side="right")
            local = _local(x, rest, self.origin[zone], place)
            panel = zone * size
        v = xp.clip(xp.arcsinh(local / self.scale[zone]), -_FAR, _FAR)
        for k in range(zones):
            beside = xp.searchsorted(self.bounds[k], v, side="right")
            panel = beside if zones == 1 else panel + xp.where(zone == k, beside, 0)
        y = (v - self.middle[panel]) * self.slope[panel]
        inside = xp.clip(y, -1.0, 1.0)
        tail, density = (_polynomial(s, panel, inside) for s in (self.tail, self.density))
        if xp.traced or np.any(inside != y):
            gone = inside / self.slope[panel] + self.middle[panel]
            run = v - gone if self.heavy else local - self.scale[panel // size] * xp.sinh(gone)
            run = xp.where(inside != y, run, 0.0)
            # Between zones rounding may leave a panel; beyond the law are the outer ones alone.
            below = xp.where((panel == 0) & (y < 0), xp.minimum(run, 0.0), 0.0)
            outer = (panel >= (zones - 1) * size) & (y > 0)
            above = xp.where(outer, xp.maximum(run, 0.0), 0.0)
            fall = xp.where(below < 0, -below * self.beyond[0], 0.0)
            fall = fall + xp.where(above > 0, above * self.beyond[1], 0.0)
            tail = tail - fall
            density = density - fall - (xp.abs(run) if self.heavy else 0.0)
        if place is not None:
            density = density - xp.log(place[1])
        return tail, self.upper[panel], density

    def moved(self, shift: float, scale: float) -> Table:
        """The table of shift + scale gamma."""
        density = self.density.copy()
        density[0] -= math.log(scale)
        return dataclasses.replace(
            self,
            origin=shift + scale * self.origin,
            scale=scale * self.scale,
            cuts=shift + scale * self.cuts,
            density=density,
            beyond=self.beyond if self.heavy else self.beyond / scale,
            window=shift + scale * self.window,
        )


def tabulate(pieces: list[Pieces], *, heavy: bool, ends: tuple[bool, bool]) -> Table:
    """The table of a density given zone by zone; `ends` says at which ends the support ends."""
    pieces, log_cdf, log_sf = integrate(pieces)
    size = max(len(piece.left) for piece in pieces)

    def padded(rows: list[np.ndarray], fill: float, length: int = size) -> np.ndarray:
        out = np.full((*rows[0].shape[:-1], len(rows), length), fill)
        for k, row in enumerate(rows):
            out[..., k, : row.shape[-1]] = row
        return out

    flat = (-1, len(pieces) * size)
    upper = [is_upper(values) for values in log_cdf]
    tails = [
        series_of(np.where(up[:, None], above, below))[0].T
        for up, below, above in zip(upper, log_cdf, log_sf, strict=True)
    ]
    at_ends = [
        (p.zone.origin, p.zone.scale * np.sinh(np.append(p.left, p.right[-1:]))) for p in pieces
    ]
    arrays: dict[str, Any] = {
        "origin": np.array([p.zone.origin for p in pieces]),
        "scale": np.array([p.zone.scale for p in pieces]),
        "cuts": np.array([o + x[-1] for o, x in at_ends[:-1]]),
        "bounds": padded([p.right[:-1] for p in pieces], np.inf, size - 1),
        "middle": padded([(p.left + p.right) / 2 for p in pieces], 0.0).ravel(),
        "slope": padded([2 / (p.right - p.left) for p in pieces], 1.0).ravel(),
        "upper": padded([u.astype(float) for u in upper], 0.0).ravel() > 0,
        "tail": padded(tails, 0.0).reshape(flat),
        "density": padded([p.series.T for p in pieces], 0.0).reshape(flat),
        "beyond": _beyond(pieces, tails, heavy, ends),
        "window": _window(at_ends, log_cdf, log_sf),
    }
    return Table(**arrays, heavy=heavy)


def _window(at_ends: list[Any], log_cdf: list[np.ndarray], log_sf: list[np.ndarray]) -> np.ndarray:
    """The ends of panels between which log F and log S are above `WINDOW`."""
    places = np.concatenate([origin + x for origin, x in at_ends])
    low = np.concatenate([np.append(v[:, 0], v[-1:, -1]) for v in log_cdf])
    high = np.concatenate([np.append(v[:1, 0], v[:, -1]) for v in log_sf])
    first = places[low < WINDOW][-1:] if np.any(low < WINDOW) else places[:1]
    last = places[high < WINDOW][:1] if np.any(high < WINDOW) else places[-1:]
    return np.concatenate([first, last])


def _beyond(
    pieces: list[Pieces], tails: list[np.ndarray], heavy: bool, ends: tuple[bool, bool]
) -> np.ndarray:
    out = np.full(2, np.inf)
    for k, (piece, tail, panel, y) in enumerate(
        ((pieces[0], tails[0], 0, -1.0), (pieces[-1], tails[-1], -1, 1.0))
    ):
        if ends[k]:
            continue
        v = (piece.left if k == 0 else piece.right)[panel]
        gap = horner(piece.series.T[:, panel], y) - horner(tail[:, panel], y)
        rate = math.exp(gap) * piece.zone.scale * (math.cosh(v) if heavy else 1.0)
        out[k] = rate if heavy else rate / piece.zone.scale
    return out


def _polynomial(series: Any, panel: Any, y: Any) -> Any:
    """sum_k series[k, panel] y^k; NumPy is spared the arrays in between."""
    if namespace(y).traced or not np.ndim(y):
        return horner([row[panel] for row in series], y)
    total = series[-1].take(panel)
    row = np.empty_like(total)
    for coefficients in series[-2::-1]:
        total *= y
        total += coefficients.take(panel, out=row, mode="clip")
    return total


def _local(x: Any, rest: Any, origin: Any, place: tuple[Any, Any] | None) -> Any:
    """x + rest - origin, in scales; the large numbers are taken from each other first."""
    if place is None:
        return (x - origin) + rest
    shift, scale = place
    return ((x - (shift + scale * origin)) + rest) / scale


class Tables:
    """A table per coordinate: `tables` where they differ, and `which` of them each takes.

    Coordinate i is shift_i plus scale_i times the law in its table.
    """

    def __init__(
        self, tables: Sequence[Table], which: np.ndarray, shift: np.ndarray, scale: np.ndarray
    ) -> None:
        self.tables, self.which, self.shift, self.scale = tuple(tables), which, shift, scale

    def __call__(self, x: np.ndarray, rest: Any = 0.0) -> tuple[np.ndarray, ...]:
        x, rest, _ = np.broadcast_arrays(x, rest, self.which)
        if len(self.tables) == 1:
            return self.tables[0](x, rest, (self.shift, self.scale))
        tail, density = np.empty(x.shape), np.empty(x.shape)
        upper = np.empty(x.shape, bool)
        for k, table in enumerate(self.tables):
            mine = np.flatnonzero(self.which == k)
            if mine.size:
                place = self.shift[mine], self.scale[mine]
                found = table(x[..., mine], rest[..., mine], place)
                tail[..., mine], upper[..., mine], density[..., mine] = found
        return tail, upper, density

    @property
    def window(self) -> np.ndarray:
        """Of every coordinate, shape (d, 2)."""
        windows = np.stack([table.window for table in self.tables])[self.which]
        return self.shift[:, None] + self.scale[:, None] * windows

    def take(self, keep: np.ndarray) -> Tables:
        return Tables(self.tables, self.which[keep], self.shift[keep], self.scale[keep])

    def stacked(self) -> Table:
        """One table whose arrays have the coordinate as their first axis, for `jax.vmap`."""
        zones = max(table.origin.size for table in self.tables)
        size = max(table.bounds.shape[1] + 1 for table in self.tables)
        wide = [_widened(table, zones, size) for table in self.tables]
        placed = [
            wide[k].moved(shift, scale)
            for k, shift, scale in zip(self.which, self.shift, self.scale, strict=True)
        ]
        names = [f.name for f in dataclasses.fields(Table) if f.name != "heavy"]
        arrays: dict[str, Any] = {n: np.stack([getattr(t, n) for t in placed]) for n in names}
        return Table(**arrays, heavy=wide[0].heavy)


def _widened(table: Table, zones: int, size: int) -> Table:
    """The same table with more zones and more panels per zone, which nothing falls into."""
    count, old = table.origin.size, table.bounds.shape[1] + 1

    def panels(a: np.ndarray) -> np.ndarray:
        a = a.reshape(*a.shape[:-1], count, old)
        pad = ((0, 0),) * (a.ndim - 2) + ((0, zones - count), (0, size - old))
        return np.pad(a, pad, mode="edge").reshape(*a.shape[:-2], zones * size)

    return dataclasses.replace(
        table,
        **{n: panels(getattr(table, n)) for n in ("middle", "slope", "upper", "tail", "density")},
        **{
            n: np.pad(getattr(table, n), (0, zones - count), mode="edge")
            for n in ("origin", "scale")
        },
        cuts=np.pad(table.cuts, (0, zones - count), constant_values=np.inf),
        bounds=np.pad(table.bounds, ((0, zones - count), (0, size - old)), constant_values=np.inf),
    )
