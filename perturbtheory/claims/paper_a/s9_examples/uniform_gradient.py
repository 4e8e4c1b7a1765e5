"""Section 9.5, (104)-(110): arg max probabilities, uniform noise, $d = 2$, and their extrema."""

from fractions import Fraction
from typing import Any

import sympy as sp

from perturbtheory.claims.exhibits.numbers import entry
from perturbtheory.claims.exhibits.uniform_pieces import (
    ONE,
    PROBABILITIES,
    TWO,
    Piece,
    T,
    at_points,
    engine_at,
    first_wrong,
    potential_integral,
    true_potential,
)
from perturbtheory.ledger import Claim, agree, argued, eq, every, exact, identity, shown, witness
from perturbtheory.routes import rational

CASE = Piece(Fraction(-2), Fraction(0), None)
"""What the paper calls case 1, 0 <= -theta <= 2; the statements on extrema stand under it."""
LINE = Piece(Fraction(-5), Fraction(5), None)
"""All theta: the gradient is constant beyond +-2."""
HALF = Fraction(1, 2)
PRINTED = (("min", 1, 0, -2), ("max", 1, HALF, 0), ("max", 2, 1, -2), ("min", 2, HALF, 0))
"""Extremum of which derivative, its value, and the theta where it is attained."""
TRUE = (("min", 1, 0, -2), ("max", 1, 1, 2), ("max", 2, 1, -2), ("min", 2, 0, 2))
"""The same over all theta, as it should be."""
READ = {r"over $\mathbb R^2$": LINE, r"over the case $-2 \le \theta \le 0$": CASE}
DIFFERENCE = r"$\theta_1 - \theta_2$"

probabilities = Claim(
    "A.uniform-probabilities",
    "A, (104)-(110) and the text around (109), (110), Figure 2",
    r"""The gradient of $f$ has the four printed pieces: $\partial_1 f = 1$, $\frac12 +
    \frac12\theta - \frac18\theta^2$, $\frac12 + \frac12\theta + \frac18\theta^2$, $0$ for $\theta >
    2$, $2 \ge \theta \ge 0$, $0 \ge \theta \ge -2$, $\theta < -2$, and $\partial_2 f = 1 -
    \partial_1 f$. Its entries have the printed global extrema: $\min\partial_1 f = 0$ at $\theta =
    -2$, $\max\partial_1 f = \frac12$ at $0$, $\max\partial_2 f = 1$ at $-2$, $\min\partial_2 f =
    \frac12$ at $0$.""",
    assumes=r"""$\gamma_1$, $\gamma_2$ independent and uniform on $[-1, 1]$; $\theta = \theta_1 -
    \theta_2$. The end of (107) is garbled in the text extraction and read as (108). The last
    extremum is printed "global minimum ... max" and read as a minimum. "Global" stands under the
    heading of the case $0 \le -\theta \le 2$; both readings are parts: over $\mathbb R^2$, where
    two of the four are wrong, and over the case alone, where all are right.""",
)
true_probabilities = probabilities.corrected(
    r"""The printed pieces hold. Over $-2 \le \theta \le 0$ the entries range over $[0, \frac12]$
    and $[\frac12, 1]$; over all $\theta \in \mathbb R$ both range over $[0, 1]$, with $\frac12$ at
    $\theta = 0$: $\partial_1 f$ is $0$ exactly for $\theta \le -2$ and $1$ exactly for $\theta \ge
    2$.""",
    source="corrects A, text around (109) and (110)",
    assumes=r"""$\gamma_1$, $\gamma_2$ independent and uniform on $[-1, 1]$; $\theta = \theta_1 -
    \theta_2$.""",
)


def gradient_piece(key):
    piece = PROBABILITIES[key]
    printed = [piece.formula(t) for t in piece.points]
    values = [rational.uniform([t, 0]).probabilities for t in piece.points]
    potential, why = potential_integral(piece.low), r"$f$ from products of cdfs"
    sides = zip(piece.formula(ONE - TWO), (ONE, TWO), strict=True)
    grounds = [eq(side, sp.Derivative(potential, s), why) for side, s in sides]
    yield exact("sympy", *grounds)
    yield at_points(printed, values, "quadratic on the piece")
    found = engine_at(piece.points, "probabilities")
    yield agree("engine", found, [[float(x) for x in p] for p in printed], "both probabilities")
    yield witness(first_wrong(DIFFERENCE, piece.points, printed, values))


for name in PROBABILITIES:
    probabilities.part(f"(104), (105), ${name}$", key=name)(gradient_piece)
    true_probabilities.part(f"(104), (105), ${name}$", key=name)(gradient_piece)


def true_slopes():
    """p_1 increases with theta on [-2, 2], from the potential and not from what is printed."""
    one = {low: _true_share(low) for low in (-2, 0)}
    return (
        eq(sp.Derivative(one[-2], T), (2 + T) / 4, r"$\partial_1 f$, $-2 \le \theta \le 0$"),
        eq(sp.Derivative(one[0], T), (2 - T) / 4, r"$\partial_1 f$, $0 \le \theta \le 2$"),
    )


def _true_share(low: int) -> Any:
    """The first derivative of f on the piece from `low`, in theta."""
    slope = sp.diff(true_potential(Fraction(low)), ONE)
    return slope.subs({ONE: T + TWO}).expand()


@probabilities.part("(106): in $[0, 1]$ with sum one")
def sum_is_one():
    pieces = PROBABILITIES.values()
    ends = [x for p in pieces for end in (p.low, p.high) for x in p.formula(end)]
    shares = [rational.uniform([t, 0]).probabilities for p in pieces for t in p.points]
    sums = every(identity(sum(p.formula(T)) - 1) for p in pieces)
    yield exact(
        "sympy",
        shown("the two entries of each of the four pieces sum to one", sums),
        *true_slopes(),
        argued("so each piece is monotone, and its ends bound it", "a slope that is not negative"),
        shown(
            "at the ends of all pieces the entries lie in $[0, 1]$",
            min([*ends, 1 - max(ends)]) >= 0,
        ),
    )
    right = all(sum(p) == 1 and min(p) >= 0 for p in shares)
    yield exact("rational", right, cases="20 exact gradients")
    yield witness({r"$\theta$": "any"})


def _printed_107(a, b):
    quarter, square = Fraction(1, 4), 3 * a**2 - 6 * a * b + 3 * b**2
    return quarter * (2 + 2 * a - 2 * b + square / 6), quarter * (2 + 2 * b - 2 * a - square / 6)


@probabilities.part("(107), its first form")
def first_form():
    potential = potential_integral(CASE.low)
    sides = zip(_printed_107(ONE, TWO), (ONE, TWO), strict=True)
    printed = [_printed_107(t + 1, Fraction(1)) for t in CASE.points]
    values = [rational.uniform([t + 1, 1]).probabilities for t in CASE.points]
    yield exact("sympy", *(eq(side, sp.Derivative(potential, s)) for side, s in sides))
    yield at_points(printed, values, "quadratic on the piece")
    yield witness(first_wrong(DIFFERENCE, CASE.points, printed, values))


@probabilities.part("(109): slope of the probability in its own coordinate", index=0)
@probabilities.part("(110): slope of the probability in its own coordinate", index=1)
def slope_in_own(index):
    points = CASE.points[1:-1]
    printed = [Fraction(1, 4) * (2 + t) for t in points]
    values = [rational.uniform([t + 1, 1]).hessian[index][index] for t in points]
    slope = sp.Derivative(_printed_107(ONE, TWO)[index], (ONE, TWO)[index])
    yield exact("sympy", eq(slope, (2 + ONE - TWO) / 4, "derivative of (107)"))
    yield at_points(printed, values, "linear on the piece")
    yield witness(first_wrong(DIFFERENCE, points, printed, values))


@true_probabilities.part(
    r"$0$ exactly for $\theta \le -2$, $1$ exactly for $\theta \ge 2$, strictly increasing between"
)
def strictly_between():
    grid = [Fraction(k, 8) for k in range(-15, 16)]
    slopes = [rational.uniform([t, 0]).hessian[0][0] for t in grid]
    outside = [rational.uniform([t, 0]).probabilities[0] for t in (-5, -2, 2, 5)]
    yield exact(
        "sympy",
        *true_slopes(),
        argued(r"both are positive for $-2 < \theta < 2$", "linear, and zero at one end alone"),
        eq(sp.Derivative(potential_integral(LINE.low), ONE), 0, r"$\theta \le -2$"),
        eq(sp.Derivative(potential_integral(Fraction(2)), ONE), 1, r"$\theta \ge 2$"),
    )
    right = all(s > 0 for s in slopes) and outside == [0, 0, 1, 1]
    yield exact("rational", right, cases="slopes at 31 points inside, values at four outside")


def extremum(word, index, value, at, over):
    """p_1 increases with theta and p_2 decreases, so the extremum lies at an end of `over`."""
    upper = (word == "max") == (index == 1)
    end = min(over.high, Fraction(2)) if upper else max(over.low, Fraction(-2))
    first = _true_share(0 if end > 0 else -2)
    share = sp.Subs(first if index == 1 else 1 - first, T, sp.Rational(end))
    grid = [over.low + (over.high - over.low) * Fraction(k, 40) for k in range(41)]
    values = [rational.uniform([t, 0]).probabilities[index - 1] for t in grid]
    found = max(values) if word == "max" else min(values)
    attained = rational.uniform([Fraction(at), 0]).probabilities[index - 1]
    way = "increases" if index == 1 else "decreases"
    yield exact(
        "sympy",
        *true_slopes(),
        argued(rf"""$\partial_{index} f$ {way} with $\theta$, and is constant beyond $\pm 2$: its
            {word}imum is attained at $\theta = {end}$ [$\partial_1 f + \partial_2 f = 1$]"""),
        eq(share, value, rf"$\partial_{index} f$ at $\theta = {end}$"),
    )
    cases = f"{word}imum of 41 values on $[{over.low}, {over.high}]$, and the value at {at}"
    yield exact("rational, ends of the interval", found == value == attained, cases=cases)
    theta = rf"$\theta_1 - \theta_2 = {end}$"
    engine = entry(engine_at([end], "probabilities"), (0, index - 1))
    yield agree("engine", engine, float(value), f"$p_{index}$ at {theta}")
    yield witness(
        theta=[str(end), "0"],
        **{f"printed {word}imum": str(value), "probability there": str(found)},
    )


def _extrema(claim: Claim, table: Any, name: str, over: Piece) -> None:
    for word, index, value, at in table:
        given = {"word": word, "index": index, "value": value, "at": at, "over": over}
        claim.part(rf"{word} of $\partial f/\partial\theta_{index}$, {name}", **given)(extremum)


for name, over in READ.items():
    _extrema(probabilities, PRINTED, f"read {name}", over)
for name, over in reversed(READ.items()):
    _extrema(true_probabilities, TRUE if over is LINE else PRINTED, name, over)
