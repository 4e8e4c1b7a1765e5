"""Many kinks among many coordinates, without their product.

On a panel a coordinate without a kink near it is smooth: 16 nodes tell all about it. So panels are
halved again and again; on each, coordinates that have become smooth are evaluated at its nodes,
once, and what is left goes on to the parts. Downwards go log prod F and the sums of rates of the
smooth ones, by interpolation; upwards comes the mass at the nodes, by the transposed one.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from perturbtheory.numerics import gauss_legendre
from perturbtheory.potential.methods._integrals import combined, summed

if TYPE_CHECKING:
    from jaxtyping import Float

    Vector = Float[np.ndarray, "d"]

_NODES, _WEIGHTS = gauss_legendre(16)
_NEAR = 2.0
"""How many widths above a kink log F still bends, as at the lower end of a support."""
_LEAF = 24
"""Most kinks on a panel whose coordinates are evaluated between them."""


class _Rule(NamedTuple):
    """Into how many parts a panel is cut, and the nodes between kinks."""

    parts: int
    points: int


FINE, COARSE = _Rule(4, 12), _Rule(3, 10)


class _Tree:
    """One descent; `out` gathers int F r_i w ds for w = 1 and, with v, for R and sum_j r_j v_j."""

    def __init__(self, noise: Any, theta: Vector, kinks: np.ndarray, v: Any, rule: _Rule) -> None:
        self.noise, self.theta, self.v, self.rule = noise, theta, v, rule
        self.kinks = kinks
        self.top = float(theta.max())
        self.out = np.zeros((1 if v is None else 3, theta.size))
        self.value = 0.0

    def law(self, members: np.ndarray, s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(F_i, r_i) at s, counted from the largest theta, for the members."""
        part = self.noise
        if part.shape:
            chosen = np.zeros(self.theta.size, bool)
            chosen[members] = True
            part = part.take(chosen)
        return part.cdf_and_rate(s[:, None] - (self.theta[members] - self.top))

    def sums(self, members: np.ndarray, rate: np.ndarray) -> np.ndarray:
        """(sum r_i, sum r_i v_i), one row per node."""
        total = summed(rate)
        if self.v is None:
            return total[:, None]
        return np.stack([total, summed(rate, self.v[members])], 1)

    def descend(
        self, a: float, b: float, members: np.ndarray, log_cdf: np.ndarray, sums: np.ndarray
    ) -> np.ndarray:
        """Mass at the 16 nodes of [a, b], given log prod F and sums of all who are no members."""
        width = b - a
        kinks = self.kinks[:, members]
        bent = np.any((kinks > a - _NEAR * width) & (kinks < b), 0)
        calm, near = members[~bent], members[bent]
        rate = None
        if len(calm):
            cdf, rate = self.law(calm, a + width / 2 * (1 + _NODES))
            log_cdf = log_cdf + np.sum(np.log(cdf), 1)
            sums = sums + self.sums(calm, rate)
        inside = kinks[:, bent]
        inside = np.unique(inside[(inside > a) & (inside < b)])
        if len(inside) <= _LEAF or width < 1e-13 * max(abs(a), abs(b)):
            mass = self.leaf(a, b, near, inside, log_cdf, sums)
        else:
            mass = np.zeros((len(self.out), 16))
            ends = a + width / self.rule.parts * np.arange(self.rule.parts + 1)
            ends[-1] = b
            for left, right in itertools.pairwise(ends):
                basis = _basis((left + (right - left) / 2 * (1 + _NODES) - a) / width)
                mass += self.descend(left, right, near, basis @ log_cdf, basis @ sums) @ basis
        if rate is not None:
            self.out[:, calm] += combined(mass, rate)
        return mass

    def leaf(
        self,
        a: float,
        b: float,
        near: np.ndarray,
        kinks: np.ndarray,
        log_cdf: np.ndarray,
        sums: np.ndarray,
    ) -> np.ndarray:
        nodes, weights = gauss_legendre(self.rule.points)
        cuts = np.unique(np.concatenate([kinks, np.linspace(a, b, 5)]))
        half = np.diff(cuts)[:, None] / 2
        s = (cuts[:-1, None] + half * (1 + nodes)).ravel()
        basis = _basis((s - a) / (b - a))
        mass, sums = (half * weights).ravel() * np.exp(basis @ log_cdf), basis @ sums
        rate = None
        if len(near):
            cdf, rate = self.law(near, s)
            mass = mass * np.multiply.reduce(cdf, axis=1)
            sums = sums + self.sums(near, rate)
        self.value += float(mass @ (s * sums[:, 0]))
        rows = mass[None] if self.v is None else np.concatenate([mass[None], mass * sums.T])
        if rate is not None:
            self.out[:, near] += combined(rows, rate)
        return rows @ basis


def integrate(
    noise: Any, theta: Vector, bounds: np.ndarray, location: np.ndarray, v: Any, rule: _Rule
) -> list[np.ndarray]:
    """(p, f from the largest theta), or (p, H v) given v, over the panels between `bounds`."""
    top = theta.max()
    tree = _Tree(noise, theta, (theta - top) + location, v, rule)
    everybody = np.arange(theta.size)
    ends = bounds - top
    for a, b in itertools.pairwise(ends):
        tree.descend(a, b, everybody, np.zeros(16), np.zeros((16, 1 if v is None else 2)))
    if v is None:
        return [tree.out[0], np.asarray(tree.value)]
    return [tree.out[0], tree.out[1] * v - tree.out[2]]


def _basis(u: np.ndarray) -> np.ndarray:
    """At u in [0, 1] the polynomials that are one at one of the 16 nodes and zero at the others."""
    far = (2 * u - 1)[:, None] - _NODES
    gap = _NODES[:, None] - _NODES + np.eye(16)
    exact = far == 0
    ratio = 1 / (np.prod(gap, 1) * np.where(exact, 1.0, far))
    ratio = np.where(exact.any(1)[:, None], exact, ratio)
    return ratio / ratio.sum(1, keepdims=True)
