"""Exact rational answers for discrete and uniform noise, in `fractions.Fraction`.

Discrete noise is enumerated. For uniform noise every cdf F_i is linear between breakpoints, so

    f(theta) = h - int_l^h prod_i F_i(s - theta_i) ds,    l = max_i(theta_i + low_i), h likewise,
    p_i      = int f_i prod_{j != i} F_j ds,              w_ij = int f_i f_j prod_{k != i,j} F_k ds

are sums of integrals of polynomials with rational coefficients. Costs grow as atoms^d and d^4:
these routes are for small d.
"""

import itertools
from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import prod
from typing import NamedTuple

Rational = int | Fraction
Polynomial = list[Fraction]
"""Coefficients in ascending order of degree."""


class DiscreteAnswer(NamedTuple):
    """Everything about E[max_i(theta_i + gamma_i)] under discrete noise.

    Attributes:
        value: f(theta).
        probabilities: E[1{i in A} / |A|], A the set of maximisers: ties broken fairly.
        only: P(A = {i}), the lower end of coordinate i of the subdifferential.
        some: P(i in A), its upper end.

    Example:
        >>> from perturbtheory.routes import rational
        >>> found = rational.discrete([0, 0], [-1, 1])
        >>> found.only, found.some
        ((Fraction(1, 4), Fraction(1, 4)), (Fraction(3, 4), Fraction(3, 4)))
    """

    value: Fraction
    probabilities: tuple[Fraction, ...]
    only: tuple[Fraction, ...]
    some: tuple[Fraction, ...]


def discrete(
    theta: Sequence[Rational],
    atoms: Sequence[Rational],
    weights: Sequence[Rational] | None = None,
) -> DiscreteAnswer:
    """f(theta) = sum over all outcomes c of P(c) max_i(theta_i + c_i), and the arg max with it.

    Args:
        theta: exact numbers, one a coordinate.
        atoms: the values that every gamma_i takes, independently.
        weights: their probabilities, equal by default.

    Raises:
        ValueError: if the weights are negative, do not sum to one or do not match the atoms.

    Example:
        >>> from perturbtheory.routes import rational
        >>> found = rational.discrete([1, 0], [-1, 1])
        >>> found.value, found.probabilities
        (Fraction(5, 4), (Fraction(3, 4), Fraction(1, 4)))
    """
    theta = [_exact("theta", t) for t in theta]
    atoms = [_exact("atoms", a) for a in atoms]
    equal = [Fraction(1, len(atoms))] * len(atoms)
    weights = equal if weights is None else [_exact("weights", w) for w in weights]
    if len(weights) != len(atoms) or min(weights) < 0 or sum(weights) != 1:
        msg = f"`weights` must be one weight >= 0 an atom with sum one, got {weights}; divide by it"
        raise ValueError(msg)
    d = range(len(theta))
    zeros = [Fraction(0)] * len(theta)
    value, fair, only, some = Fraction(0), list(zeros), list(zeros), list(zeros)
    for outcome in itertools.product(zip(atoms, weights, strict=True), repeat=len(theta)):
        chance = prod((weight for _, weight in outcome), start=Fraction(1))
        position = [t + atom for t, (atom, _) in zip(theta, outcome, strict=True)]
        top = max(position)
        winners = [i for i in d if position[i] == top]
        value += chance * top
        for i in winners:
            fair[i] += chance / len(winners)
            some[i] += chance
        if len(winners) == 1:
            only[winners[0]] += chance
    return DiscreteAnswer(value, tuple(fair), tuple(only), tuple(some))


class UniformAnswer(NamedTuple):
    """Everything about E[max_i(theta_i + gamma_i)] under uniform noise.

    Attributes:
        value: f(theta).
        probabilities: its gradient.
        hessian: its second derivative: -w_ij off the diagonal, rows with sum zero.

    Example:
        >>> from perturbtheory.routes import rational
        >>> rational.uniform([0, 0]).hessian[0]
        (Fraction(1, 2), Fraction(-1, 2))
    """

    value: Fraction
    probabilities: tuple[Fraction, ...]
    hessian: tuple[tuple[Fraction, ...], ...]


def uniform(theta: Sequence[Rational], low: Rational = -1, high: Rational = 1) -> UniformAnswer:
    """f, its gradient and its Hessian for gamma_i uniform on [low, high], exactly.

    Raises:
        ValueError: unless low < high.

    Example:
        >>> from perturbtheory.routes import rational
        >>> found = rational.uniform([1, 0])
        >>> found.value, found.probabilities
        (Fraction(25, 24), (Fraction(7, 8), Fraction(1, 8)))
    """
    theta = [_exact("theta", t) for t in theta]
    low, high = _exact("low", low), _exact("high", high)
    if low >= high:
        msg = f"`low` must be less than `high`, got {low} and {high}; swap them"
        raise ValueError(msg)
    d = range(len(theta))
    width = high - low
    value = max(theta) + high
    p = [Fraction(0) for _ in d]
    weight = [[Fraction(0) for _ in d] for _ in d]
    for left, right, factors, inside in _pieces(theta, low, high):
        value -= _integral(_product(factors), left, right)
        for i in inside:
            others = [factors[k] for k in d if k != i]
            p[i] += _integral(_product(others), left, right) / width
            for j in inside:
                if i != j:
                    others = [factors[k] for k in d if k not in (i, j)]
                    weight[i][j] += _integral(_product(others), left, right) / width**2
    hessian = tuple(
        tuple(sum(weight[i], Fraction(0)) if i == j else -weight[i][j] for j in d) for i in d
    )
    return UniformAnswer(value, tuple(p), hessian)


def _pieces(
    theta: list[Fraction], low: Fraction, high: Fraction
) -> Iterator[tuple[Fraction, Fraction, list[Polynomial], list[int]]]:
    """(left, right, [F_i(s - theta_i)] as polynomials in s, coordinates whose density is not 0).

    Only where every F_i is positive: elsewhere every integrand vanishes, because the density of
    the maximum does; a coordinate with density 0 and cdf 1 contributes the factor one.
    """
    start, stop = max(theta) + low, max(theta) + high
    ends = {e for t in theta for e in (t + low, t + high) if start <= e <= stop}
    for left, right in itertools.pairwise(sorted(ends)):
        inside = [i for i, t in enumerate(theta) if t + low <= left and right <= t + high]
        linear = [[-(t + low) / (high - low), 1 / (high - low)] for t in theta]
        factors = [linear[i] if i in inside else [Fraction(1)] for i in range(len(theta))]
        yield left, right, factors, inside


def _product(factors: Sequence[Polynomial]) -> Polynomial:
    out = [Fraction(1)]
    for factor in factors:
        longer = [Fraction(0)] * (len(out) + len(factor) - 1)
        for (i, a), (j, b) in itertools.product(enumerate(out), enumerate(factor)):
            longer[i + j] += a * b
        out = longer
    return out


def _integral(polynomial: Polynomial, left: Fraction, right: Fraction) -> Fraction:
    return sum(
        (a * (right ** (k + 1) - left ** (k + 1)) / (k + 1) for k, a in enumerate(polynomial)),
        start=Fraction(0),
    )


def _exact(name: str, value: Rational) -> Fraction:
    if not isinstance(value, int | Fraction):
        msg = (
            f"`{name}` must be int or fractions.Fraction, got {value!r}; "
            "write Fraction(1, 10), or Fraction(x) for the binary value of a float x"
        )
        raise TypeError(msg)
    return Fraction(value)
