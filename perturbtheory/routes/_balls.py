"""Integrals over the line of products of densities and cdfs, and the bounds of what is cut off.

The formulas and the inequalities are those of `perturbtheory.routes.enclosure`. Everything smooth
runs inside `ctx.workprec` of the caller, who also checks what precision came out.
"""

import itertools
import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from perturbtheory.routes._laws import Ball, Coordinate, UniformCoordinate, ball

_GUARD_DIGITS = 3
_EVALUATIONS = 50_000
"""Then it gives up, after a second or two; usual integrals take hundreds to a few thousand."""


def density_integral(
    coordinates: list[Coordinate], scales: list[Fraction], dense: tuple[int, ...], digits: int
) -> Ball:
    """int prod_{i in dense} f_i prod_{j not in dense} F_j ds for one or more i."""
    first, *rest = dense
    others = [c for i, c in enumerate(coordinates) if i not in rest]
    factors = [c.pdf if i in dense else c.cdf for i, c in enumerate(coordinates)]

    def integrand(s: Ball) -> Ball:
        return math.prod(factor(s) for factor in factors)

    def below(a: Ball) -> Ball:
        return math.prod(coordinates[j].largest_to(a) for j in rest) * math.prod(
            c.cdf(a) for c in others
        )

    def above(b: Ball) -> Ball:
        return math.prod(coordinates[j].largest_from(b) for j in rest) * coordinates[first].sf(b)

    # A guess of the answer, so that the tolerance is relative; the caller checks what came of it.
    position, peak = _peak(integrand, coordinates, max(scales))
    small = peak * ball(min(scales)) * _tolerance(digits)
    a = _cut(below, position, -max(scales), small)
    b = _cut(above, position, max(scales), small)
    tails = below(a).union(0) + above(b).union(0)
    return _integral(integrand, a, b, small, digits) + tails


def excess(coordinates: list[Coordinate], scales: list[Fraction], digits: int) -> Ball:
    """int_0^inf (1 - F) ds - int_-inf^0 F ds, where max_i theta_i = 0."""
    leader = max(coordinates, key=lambda c: c.theta.mid())

    def cdf(s: Ball) -> Ball:
        return math.prod(c.cdf(s) for c in coordinates)

    def below(a: Ball) -> Ball:
        return leader.below(a) * math.prod(c.cdf(a) for c in coordinates if c is not leader)

    def above(b: Ball) -> Ball:
        return sum(c.above(b) for c in coordinates)

    small = ball(max(scales)) * _tolerance(digits)
    zero, step = ball(Fraction(0)), max(scales)
    a, b = _cut(below, zero, -step, small), _cut(above, zero, step, small)
    upper = _integral(lambda s: 1 - cdf(s), zero, b, small, digits) + above(b).union(0)
    return upper - _integral(cdf, a, zero, small, digits) - below(a).union(0)


def exact_integral(coordinates: list[UniformCoordinate], dense: tuple[int, ...]) -> Fraction:
    """The integral of `density_integral` where F > 0, up to the largest possible maximum."""
    from flint import fmpq

    start, stop = max(c.low for c in coordinates), max(c.high for c in coordinates)
    ends = {e for c in coordinates for e in (c.low, c.high) if start <= e <= stop}
    total = Fraction(0)
    for left, right in itertools.pairwise(sorted(ends)):
        pieces = [c.pdf if i in dense else c.cdf for i, c in enumerate(coordinates)]
        product: Any = math.prod(piece(left, right) for piece in pieces)
        integral = product.integral()
        for end, sign in ((left, -1), (right, 1)):
            part = integral(fmpq(end.numerator, end.denominator))
            total += sign * Fraction(int(part.p), int(part.q))
    return total


def _peak(
    integrand: Callable[[Ball], Ball],
    coordinates: list[Coordinate],
    scale: Fraction,
) -> tuple[Ball, Ball]:
    """(where, how high) of a log-concave integrand, roughly; both exact balls."""
    from flint import ctx

    with ctx.workprec(64):
        reach = 5 * ball(scale)
        left = (min(c.theta.mid() for c in coordinates) - reach).mid()
        right = (max(c.theta.mid() for c in coordinates) + reach).mid()
        for _ in range(60):
            third = (right - left) / 3
            x, y = (left + third).mid(), (right - third).mid()
            # Where both underflow to zero the peak is to the right: only cdfs fall that fast.
            if integrand(x).mid() > integrand(y).mid():
                right = y
            else:
                left = x
        return left, integrand(left).mid()


def _cut(tail: Callable[[Ball], Ball], start: Ball, step: Fraction, small: Ball) -> Ball:
    """An exact point at least `step` beyond `start` where the bound `tail` is below `small`."""
    step_, inner = ball(step).mid(), start
    outer = (inner + step_).mid()
    for _ in range(200):
        if tail(outer) < small:
            break
        inner, step_ = outer, 2 * step_
        outer = (outer + step_).mid()
    for _ in range(5):
        between = ((inner + outer) / 2).mid()
        if abs(between - start) >= abs(ball(step)) and tail(between) < small:
            outer = between
        else:
            inner = between
    return outer


def _integral(
    integrand: Callable[[Ball], Ball],
    a: Ball,
    b: Ball,
    small: Ball,
    digits: int,
) -> Ball:
    from flint import acb

    # Entire or meromorphic integrands need no check of analyticity: see `acb.integral`.
    return acb.integral(
        lambda s, _: integrand(s),
        a,
        b,
        rel_tol=_tolerance(digits),
        abs_tol=small.mid(),
        eval_limit=_EVALUATIONS,
    ).real


def _tolerance(digits: int) -> Ball:
    return ball(Fraction(1, 10 ** (digits + _GUARD_DIGITS)))
