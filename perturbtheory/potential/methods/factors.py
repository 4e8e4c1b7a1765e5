"""Factor noise gamma + B u: a rule over u of what the method for gamma answers at theta + B u.

Given u the coordinates are independent, so with phi the density of r normal factors

    f(theta) = int phi(u) f_0(theta + B u) du,

f_0 that of gamma alone, and likewise p, the Hessian, and log p by a log-sum-exp. Where u moves all
coordinates alike nothing changes, so that columns of B are centred and rank is that of the rest.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from perturbtheory.estimate import Kind
from perturbtheory.potential.methods import _law, _outer
from perturbtheory.potential.methods._conditional import (
    DEEPEST,
    FEW,
    LIKELY,
    UNLIKELY,
    ask_anchored,
    ask_first,
    ask_hessian,
    ask_product,
)
from perturbtheory.potential.methods._independent import independent_method
from perturbtheory.potential.methods._integrals import with_degrees
from perturbtheory.potential.methods._law import Law, law_of, require_density
from perturbtheory.potential.methods._outer import Ask, Level
from perturbtheory.potential.methods._pass import Pass

if TYPE_CHECKING:
    from jaxtyping import Float

    Vector = Float[np.ndarray, "d"]

kind: Kind = "quadrature"
_EPS = float(np.finfo(float).eps)
_LOST = 38.0
"""-log of the share of a sum that may lie beyond the reach of its nodes."""
_UNDERFLOW = -745.0
"""log p_i down to which p_i is no zero."""
_USUAL, _ENOUGH = (3e-8, 1e-3), {"gaussian": (1e-5, 2e-2)}
"""Relative gap, and Fourier transform at a quarter of the frequency, of which the square and the
fourth power are rounding; under Gaussian tails, where errors fall faster, twice these powers."""
_TIGHT = 2e-13


class _Found(NamedTuple):
    level: Level
    log_p: np.ndarray
    reach: float
    need: float


def solve(noise: Any, theta: Vector, *, radius: bool = False, least: float = -np.inf) -> Pass:
    """f, p and log p with one rule over the factors; radii compare it with a coarser one.

    `least` as in the method `quadrature`.
    """
    law = law_of(noise)
    if law is None:
        alone = independent_method(noise.noise)
        return alone.solve(noise.noise, theta, radius=radius, least=least)
    top = float(np.max(theta))
    found = _found(law, theta - top, least, radius=radius)
    log_p, log_mass = _normalised(found)
    out = Pass(top + float(found.level.fine[1]), np.exp(log_p), log_p)
    if not radius:
        return out
    return out._replace(**_radii(law, theta, found, out, abs(math.expm1(log_mass))))


def _normalised(found: _Found) -> tuple[Vector, float]:
    """(log p, the logarithm of the mass that the rule found)."""
    log_mass = float(np.log(np.sum(np.exp(found.log_p))))
    return np.minimum(found.log_p - log_mass, 0.0), log_mass


def _found(law: Law, theta: Vector, least: float, *, radius: bool = False) -> _Found:
    """The rule that serves every log p_i above `least`, as deep as it has to go."""
    need, relative = LIKELY if theta.size <= FEW or least >= 0 else UNLIKELY, least < 0
    open_ = _law.possible(law, theta) if relative else np.ones(theta.size, bool)
    while True:
        reach = math.sqrt(2 * (_LOST - need))
        ask = ask_first(law, theta, need, radius=radius)
        level = None
        for level in _levels(law, theta, ask, reach):
            if _agrees(law, level, need, relative=relative, radius=radius):
                break
        else:
            # What is right to rounding may be known as such to less: the radius is larger then.
            if level is None or not _agrees(law, level, need, relative=relative, radius=False):
                _law.refuse(law, theta)
        with np.errstate(divide="ignore"):
            log_p = level.top + np.log(level.fine[0])  # pyright: ignore[reportOptionalOperand]
        lowest = max(float(np.min(log_p[open_])), least) if relative else 0.0
        if lowest >= need:
            return _Found(level, log_p, reach, need)
        deeper = UNLIKELY if need > UNLIKELY else 2 * need
        need = max(min(lowest - 1.0, deeper), 4 * need)
        if need < DEEPEST:
            _law.refuse_depth(theta, DEEPEST)


def _levels(
    law: Law, theta: Vector, ask: Ask, reach: float, step: float | None = None
) -> Iterator[Level]:
    if not law.analytic:
        return _outer.panels(ask, _law.bends(law, theta), min(1.0, 4 / (1 + law.slope)), reach)
    if step is None:
        # What normal noise needs; other laws need about as much.
        many = 1 + 0.3 * math.log(theta.size)
        step = 0.62 / math.sqrt(1 + 0.25 * many * law.slope**2)
    if _outer.size_of(law.rank, step, reach) > _outer.POINTS:
        _law.refuse(law, theta)
    return _outer.lattice(ask, law.rank, step, reach)


def _agrees(law: Law, level: Level, need: float, *, relative: bool, radius: bool) -> bool:
    """Whether f and the p_i above exp(need) are right to rounding; for a radius, twice over."""
    size, top = np.maximum(level.fine[0], 1e-300), level.top
    with np.errstate(divide="ignore"):
        deep = (top + np.log(size) < need) | (not relative)  # pyright: ignore[reportOptionalOperand]
    # A p_i that need not be right to its own size is so to that of one.
    size = np.where(deep, np.exp(-np.maximum(top, -700.0)), size)  # pyright: ignore[reportCallIssue, reportArgumentType]
    gap = float(np.max(level.apart[0] / size))
    height = float(level.apart[1]) / ((1 + law.slope) * law.width)
    if radius or not law.geometric:
        return max(gap, height) < _TIGHT
    enough, wave = _ENOUGH.get(law.noise.tail, _USUAL)
    return max(gap, height) < enough and float(np.max(level.wave[0] / size)) < wave


def _radii(law: Law, theta: Vector, found: _Found, out: Pass, lost: float) -> dict[str, Any]:
    """The gap of two rules, what those for gamma say of themselves, cut tails, and rounding."""
    level, p = found.level, out.probabilities
    scale = np.exp(np.maximum(level.top, -740.0))  # pyright: ignore[reportCallIssue, reportArgumentType]
    # The gap may vanish by chance, the Fourier transform not; its fourth power is left of it.
    size = np.maximum(level.fine[0], 1e-300)
    gap = scale * (level.apart[0] + size * np.minimum(4 * level.wave[0] / size, 1.0) ** 4)
    deep = np.where(p > 0, -out.log_probabilities, 0.0)
    counted = 24 + 2 * math.sqrt(level.size)
    rounding = lost + _law.moved(law, theta, deep) + _EPS * (counted + 8 * deep)
    cut = math.exp(-(found.reach**2) / 2)
    spread = _law.size_of(law, theta) + law.width + abs(float(level.fine[1]))
    height = level.apart[1] + spread * (4 * level.wave[1] / spread) ** 4 + level.fine[2]
    own = _EPS * counted + lost + 50 * cut
    return {
        "value_radius": float(height + own * spread + 4 * _EPS * np.max(np.abs(theta))),
        "probabilities_radius": gap + level.fine[3] + rounding * p + cut * p + 1e-300,
    }


def _least(theta: Vector, *, relative: bool) -> float:
    """log p_i down to which rows keep their digits."""
    return _UNDERFLOW if relative or theta.size <= FEW else UNLIKELY


def hessian(noise: Any, theta: Vector, *, relative: bool = True) -> Float[np.ndarray, "d d"]:
    """H(theta), the Laplacian of the graph whose weights are the means of those given u.

    Without `relative`, among many rows those of p_i below 2e-16 may have no digits.
    """
    law = law_of(noise)
    if law is None:
        return independent_method(noise.noise).hessian(noise.noise, theta)
    require_density(law)
    found = _found(law, theta, _least(theta, relative=relative))
    ask = ask_hessian(law, theta, found.need)

    def scale(weight: np.ndarray) -> np.ndarray:
        degree = np.sum(weight, 1, where=~np.eye(theta.size, dtype=bool))
        out = np.minimum(degree[:, None], degree) + 1e-300
        np.fill_diagonal(out, np.inf)  # what stands there is not used
        return out

    weight = _refined(law, theta, ask, found, scale)
    return with_degrees((weight + weight.T) / 2)


def hvp(noise: Any, theta: Vector, v: Vector, *, relative: bool = True) -> Vector:
    """H(theta) v, in memory of the size of theta; `relative` as in `hessian`."""
    law = law_of(noise)
    if law is None:
        return independent_method(noise.noise).hvp(noise.noise, theta, v)
    require_density(law)
    return _product(law, theta, v, _found(law, theta, _least(theta, relative=relative)))


def logs_and_product(
    noise: Any, theta: Vector, weigh: Callable[[Vector], Vector]
) -> tuple[Vector, Vector]:
    """(log p, H v) with v = `weigh(log p)`: the rule for p, which takes long, serves both."""
    law = law_of(noise)
    if law is None:
        alone = independent_method(noise.noise)
        log_p = alone.solve(noise.noise, theta).log_probabilities
        return log_p, alone.hvp(noise.noise, theta, weigh(log_p))
    require_density(law)
    found = _found(law, theta - float(np.max(theta)), -np.inf)
    log_p = _normalised(found)[0]
    return log_p, _product(law, theta, weigh(log_p), found)


def _product(law: Law, theta: Vector, v: Vector, found: _Found) -> Vector:
    ask = ask_product(law, theta, v, found.need)
    typical = np.exp(found.log_p) * (np.max(np.abs(v)) / law.width / (1 + law.slope)) + 1e-300
    return _refined(law, theta, ask, found, lambda product: np.abs(product) + typical)


def _refined(law: Law, theta: Vector, ask: Ask, found: _Found, scale: Any) -> np.ndarray:
    """The integral of which two rules agree, from the nodes on that serve p."""
    for level in _levels(law, theta, ask, found.reach, found.level.step):
        gap = float(np.max(level.apart[0] / scale(level.fine[0])))
        enough = _ENOUGH.get(law.noise.tail, _USUAL)[0]
        if gap < (10 * enough if law.geometric else 100 * _TIGHT):
            return level.fine[0]
    return _law.refuse(law, theta)


def anchored(noise: Any, theta: Vector) -> float:
    """f(theta) - f(0), of noise without a mean the mean of that given u."""
    law = law_of(noise)
    if law is None:
        return independent_method(noise.noise).anchored(noise.noise, theta)
    zero = np.zeros_like(theta)
    if noise.finite_mean:
        return solve(noise, theta, least=0.0).value - solve(noise, zero, least=0.0).value

    ask = ask_anchored(law, theta)
    for level in _levels(law, theta, ask, math.sqrt(2 * (_LOST - LIKELY))):
        if float(level.apart[0]) < 10 * _TIGHT * (float(np.ptp(theta)) + law.width):
            return float(level.fine[0])
    return _law.refuse(law, theta)


def tie(noise: Any, theta: Vector) -> bool:  # noqa: ARG001
    """False: the factors spread atoms, as no two of their rows are equal."""
    return False
