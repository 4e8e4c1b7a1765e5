"""Intervals that hold the truth, by ball arithmetic: proofs to 30 digits, not estimates.

For independent normal, Gumbel, logistic or uniform coordinates, with F = prod_i F_i(s - theta_i)
and m = max_i theta_i,

    f(theta) = m + int_m^inf (1 - F) ds - int_-inf^m F ds
    p_i      = int f_i prod_{j != i} F_j ds,      w_ij = -H_ij = int f_i f_j prod_{k != i,j} F_k ds

and rows of H sum to zero. `acb.integral` of python-flint encloses the integrals over [a, b] with
every rounding counted; what is cut off is never negative and at most

    of f below a:    (int_-inf^a F_1) prod_{j > 1} F_j(a), because F_j(s) <= F_j(a); theta_1 = m
    of f above b:    sum_i int_b^inf (1 - F_i),            because 1 - prod F_i <= sum (1 - F_i)
    of p_i:          prod_j F_j(a) below and 1 - F_i(b) above
    of w_ij:         sup_{s <= a} f_j prod_{k != j} F_k(a) and sup_{s >= b} f_j (1 - F_i(b)).

Uniform noise is integrated exactly, piece by piece. Parameters and theta count at their exact
(binary) value, and the engine is not used. Thirty digits take milliseconds to a tenth of a second
at d = 3. Entries of theta more than some 300 smallest scales apart, or scales in a ratio beyond
10^3, may end in ArithmeticError, within seconds.
"""

import contextlib
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction

from perturbtheory.perturbations import AbstractPerturbation, Gumbel, Logistic, Normal, Uniform
from perturbtheory.routes import _balls, _laws
from perturbtheory.routes._exactly import Enclosure as Enclosure  # noqa: PLC0414
from perturbtheory.routes._exactly import Number, interval, parameter, vector

LARGEST_DIGITS = 100
_SMOOTH = {
    Normal: _laws.NormalCoordinate,
    Gumbel: _laws.GumbelCoordinate,
    Logistic: _laws.LogisticCoordinate,
}
_SMALLEST = Fraction(1, 2 ** (2**20))
"""Positive ends below it are rounded outward: an exact fraction would fill the memory."""
_ZERO = Fraction(0)


def serves(perturbation: AbstractPerturbation) -> bool:
    """Whether the law is one of those that balls know.

    Example:
        >>> import perturbtheory as pt
        >>> from perturbtheory.routes import enclosure
        >>> enclosure.serves(pt.Normal()), enclosure.serves(pt.Laplace())
        (True, False)
    """
    return type(perturbation) in {*_SMOOTH, Uniform}


def value(
    perturbation: AbstractPerturbation, theta: Iterable[Number], *, digits: int = 30
) -> Enclosure:
    """f(theta) = E[max_i(theta_i + gamma_i)].

    The radius is at most 10^-digits (f(theta) - max_i theta_i + largest scale); zero for uniform
    noise.

    Args:
        perturbation: `Normal`, `Gumbel`, `Logistic` or `Uniform`.
        theta: one to six finite numbers, used at their exact value.
        digits: decimal digits wanted.

    Raises:
        ValueError: for other noise, more coordinates, or an argument out of range.
        ArithmeticError: if the digits are not reached; it never returns a wider answer.

    Example:
        >>> import perturbtheory as pt
        >>> from perturbtheory.routes import enclosure
        >>> found = enclosure.value(pt.Normal(), [0, 0], digits=20)
        >>> float(found.radius) < 1e-19
        True
    """
    theta = vector(theta)
    if type(perturbation) is Uniform:
        coordinates = _uniform(perturbation, theta)
        top = max(c.high for c in coordinates)
        exact = top - _balls.exact_integral(coordinates, ())
        return Enclosure(exact, exact)
    shift = max(theta)
    with _smooth(perturbation, [t - shift for t in theta], digits) as (coordinates, scales):
        excess = _balls.excess(coordinates, scales, digits)
        allowed = abs(excess) + _laws.ball(max(scales))
        low, high = _ends(_checked(excess, allowed, digits))
    return Enclosure(shift + low, shift + high)


def probabilities(
    perturbation: AbstractPerturbation, theta: Iterable[Number], *, digits: int = 30
) -> tuple[Enclosure, ...]:
    """p_i = P(theta_i + gamma_i is the largest), the gradient of f.

    Every radius is at most 10^-digits p_i, however small p_i is (down to 2^-1048576, below which
    the lower end is 0). Arguments and errors as for `value`.

    Example:
        >>> import perturbtheory as pt
        >>> from perturbtheory.routes import enclosure
        >>> float(enclosure.probabilities(pt.Uniform(), [1, 0])[0].middle)
        0.875
    """
    theta = vector(theta)
    answers = _integrals(perturbation, theta, [(i,) for i in range(len(theta))], digits)
    return tuple(Enclosure(p.low, min(p.high, Fraction(1))) for p in answers)


def hessian(
    perturbation: AbstractPerturbation, theta: Iterable[Number], *, digits: int = 30
) -> tuple[tuple[Enclosure, ...], ...]:
    """H_ij = -w_ij and H_ii = sum_j w_ij: a graph Laplacian.

    Every radius is at most 10^-digits |H_ij|, as for `probabilities`. Arguments and errors as
    for `value`.

    Example:
        >>> import perturbtheory as pt
        >>> from perturbtheory.routes import enclosure
        >>> float(enclosure.hessian(pt.Uniform(), [0, 0])[0][0].middle)
        0.5
    """
    theta = vector(theta)
    d = range(len(theta))
    pairs = list(itertools.combinations(d, 2))
    weight = dict(zip(pairs, _integrals(perturbation, theta, pairs, digits), strict=True))

    def entry(i: int, j: int) -> Enclosure:
        if i != j:
            w = weight[min(i, j), max(i, j)]
            return Enclosure(-w.high, -w.low)
        own = [w for pair, w in weight.items() if i in pair]
        return Enclosure(sum((w.low for w in own), _ZERO), sum((w.high for w in own), _ZERO))

    return tuple(tuple(entry(i, j) for j in d) for i in d)


def weight_over_box(
    perturbation: AbstractPerturbation, low: Number, high: Number, *, digits: int = 30
) -> Enclosure:
    """An enclosure of w(D) = int f_1(s - D) f_2(s) ds for every D = theta_1 - theta_2 in a box.

    w is the density of gamma_2 - gamma_1, a convolution of log-concave densities, hence
    log-concave (Prekopa): over an interval it is least at an end, and largest at the point nearest
    to its centre of symmetry. Gumbel noise with two scales has none and takes chords of log w.
    low > 0 proves that f is strictly convex modulo translation on the box, high = 0 that it is
    flat there.

    Args:
        perturbation: as for `value`, for two coordinates.
        low: least difference theta_1 - theta_2.
        high: largest difference.
        digits: decimal digits wanted of the two ends, except under chords (about 4).
    """
    low, high = interval(low, high)

    def weight(difference: Fraction, digits: int = digits) -> Enclosure:
        return _integrals(perturbation, [difference, _ZERO], [(0, 1)], digits)[0]

    least = min(weight(low).low, weight(high).low)
    centre = _centre(perturbation)
    if centre is None:
        step = min(parameter(perturbation, "scale", 2)) / 2**10
        return Enclosure(least, _largest(lambda x: weight(x, 12), low, high, step))
    return Enclosure(least, weight(min(max(centre, low), high)).high)


def probability_over_box(
    perturbation: AbstractPerturbation, low: Number, high: Number, *, digits: int = 30
) -> Enclosure:
    """An enclosure of p_1 = P(gamma_2 - gamma_1 < D) for every D = theta_1 - theta_2 in a box.

    p_1 grows with D, so its values at both ends are enough. Arguments as for `weight_over_box`.
    """
    ends = interval(low, high)
    first, last = (_integrals(perturbation, [x, _ZERO], [(0,)], digits)[0] for x in ends)
    return Enclosure(first.low, min(last.high, Fraction(1)))


def _integrals(
    perturbation: AbstractPerturbation,
    theta: list[Fraction],
    dense: Sequence[tuple[int, ...]],
    digits: int,
) -> list[Enclosure]:
    """int prod_{i in set} f_i prod_{j not in set} F_j ds for every set in `dense`."""
    if type(perturbation) is Uniform:
        exact = [_balls.exact_integral(_uniform(perturbation, theta), some) for some in dense]
        return [Enclosure(x, x) for x in exact]
    shift = max(theta)
    with _smooth(perturbation, [t - shift for t in theta], digits) as (coordinates, scales):
        balls = [_balls.density_integral(coordinates, scales, some, digits) for some in dense]
        return [_ends(_checked(x, abs(x), digits)) for x in balls]


def _centre(perturbation: AbstractPerturbation) -> Fraction | None:
    """The centre of symmetry of gamma_2 - gamma_1, if there is one."""
    if type(perturbation) is Uniform:
        one, two = _uniform(perturbation, [_ZERO, _ZERO])
        return (two.low + two.high - one.low - one.high) / 2
    if isinstance(perturbation, Gumbel) and len(set(parameter(perturbation, "scale", 2))) > 1:
        return None
    return _ZERO


def _largest(
    weight: Callable[[Fraction], Enclosure], low: Fraction, high: Fraction, step: Fraction
) -> Fraction:
    """An upper bound of a positive log-concave function on [low, high].

    If w(x + h) <= w(x), then w <= w(x) beyond x + h, and between the two log w lies below the
    chord from x - h through x: w <= w(x) max(1, w(x) / w(x - h)) on [x, inf). Likewise below x.
    """
    left, right = low, high
    for _ in range(24):
        third = (right - left) / 3
        if weight(left + third).low > weight(right - third).low:
            right -= third
        else:
            left += third
    x = left + (right - left) / 2
    h = max(right - left, step)
    top = weight(x)
    while True:
        before, after = weight(x - h), weight(x + h)
        if min(before.low, after.low) == 0:
            msg = (
                f"`low`={float(low)} and `high`={float(high)} lie where the weight is below "
                "2^-1048576; take a box nearer to 0"
            )
            raise ArithmeticError(msg)
        falls_right = after.high <= top.low or x + h >= high
        if falls_right and (before.high <= top.low or x - h <= low):
            return top.high * max(1, top.high / before.low, top.high / after.low)
        h *= 2


def _ends(x: _laws.Ball) -> Enclosure:
    """The exact ends of a finite ball."""
    ends = []
    for end, outward in ((x.lower(), -1), (x.upper(), 1)):
        mantissa, exponent = (int(part) for part in end.man_exp())
        if mantissa and exponent + mantissa.bit_length() < -(2**20):
            ends.append(_SMALLEST * outward if mantissa * outward > 0 else _ZERO)
        else:
            ends.append(mantissa * Fraction(2) ** exponent)
    return Enclosure(*ends)


def _checked(x: _laws.Ball, allowed: _laws.Ball, digits: int) -> _laws.Ball:
    if x.is_finite() and x.rad() <= allowed * _laws.ball(Fraction(1, 10**digits)):
        return x
    msg = (
        f"`acb.integral` did not reach `digits`={digits}: {x.str(5)}; bring theta and the scales "
        "closer together, ask for another number of digits, or use perturbtheory.routes.sampling"
    )
    raise ArithmeticError(msg)


@contextlib.contextmanager
def _smooth(
    perturbation: AbstractPerturbation, theta: list[Fraction], digits: int
) -> Iterator[tuple[list[_laws.Coordinate], list[Fraction]]]:
    """(coordinates, scales) in a context with enough bits for `digits` digits."""
    law = _SMOOTH.get(type(perturbation))
    if law is None:
        msg = (
            f"`perturbation` must be Normal, Gumbel, Logistic or Uniform, got {perturbation!r}; "
            "for other noise use perturbtheory.routes.sampling or the quadrature of "
            "perturbtheory.expected_max"
        )
        raise ValueError(msg)
    if not 1 <= digits <= LARGEST_DIGITS:
        msg = f"`digits` must be from 1 to {LARGEST_DIGITS}, got {digits}; 30 is the default"
        raise ValueError(msg)
    scales = parameter(perturbation, "scale", len(theta))
    from flint import ctx

    # log f changes by z dz, and z is known to 2^-bits of the widest distance in narrowest scales.
    widest = (max(theta) - min(theta) + max(scales)) / min(scales)
    with ctx.workprec(int(3.33 * digits) + 48 + 2 * int(widest).bit_length()):
        yield [law(t, scale) for t, scale in zip(theta, scales, strict=True)], scales


def _uniform(
    perturbation: AbstractPerturbation, theta: list[Fraction]
) -> list[_laws.UniformCoordinate]:
    lows, highs = (parameter(perturbation, name, len(theta)) for name in ("low", "high"))
    return [_laws.UniformCoordinate(*one) for one in zip(theta, lows, highs, strict=True)]
