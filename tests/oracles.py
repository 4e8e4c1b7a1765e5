"""What the engine is held against: the definitions, integrated in balls or enumerated exactly.

Nothing here is from the package. A law is a number of pieces, on each of which density and cdf
are analytic; with F = prod_j F_j(s - theta_j)

    p_i = int f_i prod_{j != i} F_j ds,      f = l + int_l^inf (1 - F) ds,

l so low that nothing is below it, are integrated piece by piece by `acb.integral`, which counts
every rounding, to 24 digits. Theta and parameters count at their exact binary value.
"""

import itertools
import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import NamedTuple

import mpmath as mp
import numpy as np
from flint import acb, arb, ctx, fmpq

_BITS = 200
_DIGITS = 24
BEYOND = 1e-40
"""How much a law may have where its pieces have ended."""


class Law(NamedTuple):
    """gamma = scale Z for a standard law Z.

    Attributes:
        cuts: where a formula of Z ends and the next begins; the first and last are so far out
            that there is less than `BEYOND` beyond.
        pieces: (density, cdf) of Z between neighbours of `cuts`, functions of a complex ball and
            of whether the value must be analytic on all of it.
    """

    cuts: tuple[Fraction, ...]
    pieces: tuple[tuple[Callable, Callable], ...]
    scale: float | Fraction = 1

    def scaled(self, scale: float | Fraction) -> "Law":
        return self._replace(scale=Fraction(scale))


def ball(x):
    """A real ball around an exact number."""
    exact = Fraction(x)
    return arb(fmpq(exact.numerator, exact.denominator))


def _point(x):
    return acb(ball(x))


def one_piece(density, cdf, low, high):
    """A law with one formula on [low, high]; far out, the interval is cut by factors of four."""
    cuts = {Fraction(low), Fraction(high)}
    step = Fraction(4)
    while step < max(abs(low), abs(high)):
        cuts |= {x for x in (step, -step) if low < x < high}
        step *= 4
    cuts = tuple(sorted(cuts | ({Fraction(0)} if low < 0 < high else set())))
    return Law(cuts, ((density, cdf),) * (len(cuts) - 1))


def joined(*laws):
    """Pieces side by side: the end of one is the start of the next."""
    cuts = laws[0].cuts + tuple(c for law in laws[1:] for c in law.cuts[1:])
    return Law(cuts, tuple(p for law in laws for p in law.pieces))


def _atan(z, analytic):
    # The branch cuts start at i and -i.
    if analytic and z.real.contains(0) and not abs(z.imag) < 1:
        return acb("nan")
    return z.atan()


def _student_3(z, analytic):
    u = z / acb(3).sqrt()
    return acb(1) / 2 + (u / (1 + u * u) + _atan(u, analytic)) / acb.pi()


def _gumbel(z, _):
    return (-(-z - acb(arb.const_euler())).exp()).exp()


def _gumbel_density(z, analytic):
    return (-z - acb(arb.const_euler())).exp() * _gumbel(z, analytic)


def _sigmoid(z, _):
    return 1 / (1 + (-z).exp())


def normal():
    return one_piece(
        lambda z, _: (-z * z / 2).exp() / (2 * acb.pi()).sqrt(),
        lambda z, _: (-z / acb(2).sqrt()).erfc() / 2,
        -16,
        16,
    )


def gumbel():
    return one_piece(_gumbel_density, _gumbel, -6, 120)


def gumbel_min():
    """Minus a Gumbel variable of mean zero."""
    return one_piece(
        lambda z, a: _gumbel_density(-z, a),
        lambda z, a: -((z - acb(arb.const_euler())).exp() * -1).expm1(),
        -120,
        6,
    )


def logistic():
    return one_piece(lambda z, a: _sigmoid(z, a) * _sigmoid(-z, a), _sigmoid, -120, 120)


def laplace():
    return joined(
        one_piece(lambda z, _: z.exp() / 2, lambda z, _: z.exp() / 2, -120, 0),
        one_piece(lambda z, _: (-z).exp() / 2, lambda z, _: 1 - (-z).exp() / 2, 0, 120),
    )


def student_3():
    return one_piece(
        lambda z, _: 6 * acb(3).sqrt() / (acb.pi() * (3 + z * z) ** 2),
        _student_3,
        -(10**14),
        10**14,
    )


def cauchy():
    return one_piece(
        lambda z, _: 1 / (acb.pi() * (1 + z * z)),
        lambda z, a: acb(1) / 2 + _atan(z, a) / acb.pi(),
        -(10**40),
        10**40,
    )


def uniform(low, high):
    low, width = Fraction(low), Fraction(high) - Fraction(low)
    return Law(
        (low, low + width),
        ((lambda z, _: 1 / _point(width), lambda z, _: (z - _point(low)) / _point(width)),),
    )


def exponential():
    """Of mean one, on [0, inf)."""
    return one_piece(lambda z, _: (-z).exp(), lambda z, _: -(-z).expm1(), 0, 120)


def pareto(shape: int):
    """On [1, inf), F = 1 - z^-shape."""
    return one_piece(lambda z, _: shape * z ** -(shape + 1), lambda z, _: 1 - z**-shape, 1, 10**14)


def frechet(shape: int):
    """F = exp(-z^-shape) on [0, inf); below 1/5 there is no mass to speak of."""
    return one_piece(
        lambda z, _: shape * z ** -(shape + 1) * (-(z**-shape)).exp(),
        lambda z, _: (-(z**-shape)).exp(),
        Fraction(1, 5),
        10**14,
    )


def weibull(shape: int):
    """F = 1 - exp(-z^shape) on [0, inf)."""
    return one_piece(
        lambda z, _: shape * z ** (shape - 1) * (-(z**shape)).exp(),
        lambda z, _: -(-(z**shape)).expm1(),
        0,
        12,
    )


def beta_2_3():
    return one_piece(
        lambda z, _: 12 * z * (1 - z) ** 2, lambda z, _: z * z * (6 - 8 * z + 3 * z * z), 0, 1
    )


def atoms_and_gumbel(atoms, weights, temperature):
    """An atom plus t times a zero-mean Gumbel variable."""

    def mixed(law, z, analytic):
        t = _point(temperature)
        pairs = zip(atoms, weights, strict=True)
        return sum(_point(w) * law((z - _point(a)) / t, analytic) for a, w in pairs)

    return one_piece(
        lambda z, a: mixed(_gumbel_density, z, a) / _point(temperature),
        lambda z, a: mixed(_gumbel, z, a),
        Fraction(min(atoms)) - 6 * Fraction(temperature),
        Fraction(max(atoms)) + 120 * Fraction(temperature),
    )


class Answer(NamedTuple):
    """Exact, or as good as exact: fractions good to some 24 digits.

    Attributes:
        value: f(theta), or None if it was not asked for.
        probabilities: p(theta).
    """

    value: Fraction | None
    probabilities: tuple[Fraction, ...]


class _Placed(NamedTuple):
    """The law of theta_i + gamma_i."""

    law: Law
    centre: Fraction

    @property
    def cuts(self):
        return [self.centre + Fraction(self.law.scale) * c for c in self.law.cuts]

    def piece(self, left, right):
        """(density, cdf) on [left, right] in s, or None below all mass and 1 above it."""
        middle = ((left + right) / 2 - self.centre) / Fraction(self.law.scale)
        if middle < self.law.cuts[0]:
            return None
        if middle > self.law.cuts[-1]:
            return 1
        at = next(k for k, c in enumerate(self.law.cuts[1:]) if middle < c)
        return self.law.pieces[at]

    def functions(self, left, right):
        found = self.piece(left, right)
        if found is None or found == 1:
            return (lambda s, _: acb(0)), (lambda s, _: acb(found or 0))
        centre, scale = _point(self.centre), _point(self.law.scale)
        density, cdf = found
        return (
            lambda s, a: density((s - centre) / scale, a) / scale,
            lambda s, a: cdf((s - centre) / scale, a),
        )


def _fraction(x):
    mantissa, exponent = x.mid().man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def _integral(function, left, right, smallest):
    found = acb.integral(
        function,
        _point(left),
        _point(right),
        rel_tol=arb(10) ** -_DIGITS,
        abs_tol=arb(10) ** -_DIGITS * smallest,
        eval_limit=10**6,
    )
    assert found.real.is_finite(), (left, right)
    return found.real


def solve(
    laws: Law | Sequence[Law],
    theta: Sequence[float | Fraction],
    *,
    value: bool = True,
    smallest: float = 1e-12,
) -> Answer:
    """f and p by the integrals of their definitions, with 24 digits of any p above `smallest`."""
    laws = [laws] * len(theta) if isinstance(laws, Law) else laws
    with ctx.workprec(_BITS):
        lines = [_Placed(law, Fraction(t)) for law, t in zip(laws, theta, strict=True)]
        low = max(line.cuts[0] for line in lines)
        high = max(line.cuts[-1] for line in lines)
        cuts = sorted({c for line in lines for c in line.cuts if low <= c <= high})
        total, p = arb(0), [arb(0)] * len(lines)
        for left, right in itertools.pairwise(cuts):
            functions = [line.functions(left, right) for line in lines]

            def product(s, a, skip=None, functions=functions):
                factors = (f(s, a) for k, (_, f) in enumerate(functions) if k != skip)
                return math.prod(factors, start=acb(1))

            if value:
                total += _integral(lambda s, a: 1 - product(s, a), left, right, 1)
            for i, line in enumerate(lines):
                if callable(line.piece(left, right)) or line.piece(left, right) in (None, 1):
                    continue
                density = functions[i][0]
                p[i] = p[i] + _integral(
                    lambda s, a, i=i, density=density: density(s, a) * product(s, a, i),
                    left,
                    right,
                    smallest,
                )
        return Answer(low + _fraction(total) if value else None, tuple(_fraction(x) for x in p))


def log_common_shift(laws: Law | Sequence[Law], x: Sequence[float]) -> float:
    """log int prod_i f_i(x_i + s) ds, with 24 digits of the integral."""
    laws = [laws] * len(x) if isinstance(laws, Law) else laws
    with ctx.workprec(_BITS):
        lines = [_Placed(law, -Fraction(a)) for law, a in zip(laws, x, strict=True)]
        low, high = max(line.cuts[0] for line in lines), min(line.cuts[-1] for line in lines)
        cuts = sorted({c for line in lines for c in line.cuts if low <= c <= high})
        total = arb(0)
        for left, right in itertools.pairwise(cuts):
            densities = [line.functions(left, right)[0] for line in lines]
            total += _integral(
                lambda s, a, densities=densities: math.prod(
                    (f(s, a) for f in densities), start=acb(1)
                ),
                left,
                right,
                1e-40,
            )
        return float(total.log())


def enumerated(atoms, weights, theta) -> Answer:
    """f and p under atoms, ties broken fairly, over every outcome; a row of atoms a coordinate."""
    d = len(theta)
    rows = [
        np.broadcast_to(np.asarray(a, object), (d, np.shape(a)[-1])).tolist()
        for a in (atoms, weights)
    ]
    atoms, weights = ([[Fraction(x) for x in row] for row in part] for part in rows)
    theta = [Fraction(t) for t in theta]
    value, p = Fraction(0), [Fraction(0)] * d
    coordinates = [list(zip(a, w, strict=True)) for a, w in zip(atoms, weights, strict=True)]
    for outcome in itertools.product(*coordinates):
        chance = math.prod((w for _, w in outcome), start=Fraction(1))
        position = [t + a for t, (a, _) in zip(theta, outcome, strict=True)]
        top = max(position)
        winners = [i for i, x in enumerate(position) if x == top]
        value += chance * top
        for i in winners:
            p[i] += chance / len(winners)
    return Answer(value, tuple(p))


def errors(found, exact: Sequence[Fraction]) -> np.ndarray:
    """|found - exact| in exact arithmetic, rounded once."""
    found = np.atleast_1d(np.asarray(found, float))
    return np.array(
        [float(abs(Fraction(x) - y)) for x, y in zip(found.tolist(), exact, strict=True)]
    )


def relative(found, exact: Sequence[Fraction]) -> np.ndarray:
    """|found / exact - 1|; zero where both are zero."""
    return np.array(
        [
            e / float(x) if x else (0.0 if e == 0 else math.inf)
            for e, x in zip(errors(found, exact), exact, strict=True)
        ]
    )


def _logistic_pair(x):
    return mp.log(mp.exp(-x) * ((x - 1) + mp.exp(-x)) / (1 - mp.exp(-x)) ** 2)


LOG_PAIRS = {
    "normal": lambda x: mp.log(mp.ncdf(-x / mp.sqrt(2))),
    "gumbel": lambda x: -mp.log1p(mp.exp(x)),
    "laplace": lambda x: -x + mp.log((2 + x) / 4),
    "exponential": lambda x: -x - mp.log(2),
    "cauchy": lambda x: mp.log(mp.atan(2 / x) / mp.pi),
    "logistic": lambda x: _logistic_pair(x / 2),
}
"""log P(-x + gamma_2 > gamma_1), x > 0, under the families of these names in `tests.laws`."""
