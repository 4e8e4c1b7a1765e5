"""Section 9.5, (104)-(110): arg max probabilities under uniform noise, d = 2, and their extrema."""

from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits.numbers import entry
from perturbtheory.claims.exhibits.uniform_pieces import (
    ONE,
    PROBABILITIES,
    TWO,
    Piece,
    T,
    true_potential,
)
from perturbtheory.claims.legacy import agree, claim, exact
from perturbtheory.claims.paper_a.s9_examples.uniform import at_points, engine_at, first_wrong
from perturbtheory.ledger import Budget, Part
from perturbtheory.routes import rational
from perturbtheory.routes.symbolic import identity

_CASE_1 = Fraction(-2)
"""Where the piece begins that the paper calls case 1: 0 <= -theta <= 2."""


def _printed_107(a: Any, b: Any) -> tuple[Any, Any]:
    quarter, square = Fraction(1, 4), 3 * a**2 - 6 * a * b + 3 * b**2
    return (
        quarter * (2 + 2 * a - 2 * b + square / 6),
        quarter * (2 + 2 * b - 2 * a + -square / 6),
    )


def _true_gradient(low: Fraction) -> list[Any]:
    potential = true_potential(low)
    return [sp.diff(potential, s).subs({ONE: T + TWO}).expand() for s in (ONE, TWO)]


def _piece_part(name: str, piece: Piece) -> Part:
    truth = _true_gradient(piece.low)
    printed = [piece.formula(t) for t in piece.points]
    values = [rational.uniform([t, 0]).probabilities for t in piece.points]
    # With a free factor k between them, both entries vanish if their sum does.
    one, two = (p - q for p, q in zip(piece.formula(T), truth, strict=True))
    outcome = identity(one + sp.Symbol("k") * two)
    return Part(
        f"(104), (105), {name}",
        (
            exact("sympy", outcome, "gradient of f, itself integrated from products of cdfs"),
            at_points(list(zip(printed, values, strict=True)), "quadratic on the piece"),
            agree(
                "engine",
                "quadrature",
                engine_at(piece.points, "probabilities"),
                np.array([[float(p) for p in row] for row in printed]),
                "both probabilities",
            ),
        ),
        first_wrong("theta_1 - theta_2", piece.points, printed, values),
    )


def _line_parts() -> list[Part]:
    points = Piece(_CASE_1, Fraction(0), None).points
    answers = [rational.uniform([t + 1, 1]) for t in points]
    gradient = [g.subs({T: ONE - TWO}) for g in _true_gradient(_CASE_1)]
    printed = _printed_107(ONE, TWO)
    pairs = [
        (_printed_107(t + 1, Fraction(1)), answer.probabilities)
        for t, answer in zip(points, answers, strict=True)
    ]
    parts = [
        Part(
            "(107), its first form",
            (
                exact(
                    "sympy",
                    identity(
                        printed[0] - gradient[0] + sp.Symbol("k") * (printed[1] - gradient[1])
                    ),
                    "both entries less the gradient of f",
                ),
                at_points(pairs, "quadratic on the piece"),
            ),
            first_wrong("theta_1 - theta_2", points, *zip(*pairs, strict=True)),
        )
    ]
    for number, index in (("(109)", 0), ("(110)", 1)):
        slope = sp.diff(printed[index], (ONE, TWO)[index])
        line = [Fraction(1, 4) * (2 + t) for t in points]
        found = [answer.hessian[index][index] for answer in answers]
        parts.append(
            Part(
                f"{number}: slope of the probability in its own coordinate",
                (
                    exact("sympy", identity(slope - (2 + ONE - TWO) / 4), "derivative of (107)"),
                    at_points(list(zip(line, found, strict=True))[1:-1], "linear on the piece"),
                ),
                first_wrong("theta_1 - theta_2", points, line, found),
            )
        )
    return parts


def _slope(piece: Piece, at: Fraction) -> Any:
    return sp.sympify(sp.diff(piece.formula(T)[0], T)).subs(T, sp.Rational(at))


def _sum_part() -> Part:
    pieces = list(PROBABILITIES.values())
    outcome = all(identity(sum(p.formula(T)) - 1) == "holds" for p in pieces)
    ranges = [rational.uniform([t, 0]).probabilities for p in pieces for t in p.points]
    # Each printed piece is monotone, so its ends bound it.
    monotone = all(_slope(p, end) >= 0 for p in pieces for end in (p.low, p.high))
    inside = all(0 <= x <= 1 for p in pieces for end in (p.low, p.high) for x in p.formula(end))
    return Part(
        "(106): in [0, 1] with sum one",
        (
            exact(
                "sympy",
                outcome and monotone and inside,
                "sums are 1; the slope in theta is linear and >= 0 at the ends of every piece, "
                "where the values lie in [0, 1]",
            ),
            exact(
                "rational",
                all(sum(p) == 1 and min(p) >= 0 for p in ranges),
                "20 exact gradients",
                universal=False,
            ),
        ),
        {"theta": "any"} if not outcome else None,
    )


def _strict_part() -> Part:
    """Monotone everywhere and strictly so inside (-2, 2): the extrema are taken at the ends only.

    A linear slope that is zero at one end of a piece and positive at the other is positive between.
    """
    inner = [p for p in PROBABILITIES.values() if p.low >= -2 and p.high <= 2]
    slopes_at_ends = [
        {sp.diff(_true_gradient(p.low)[0], T).subs(T, sp.Rational(end)) for end in (p.low, p.high)}
        for p in inner
    ]
    rising = slopes_at_ends == [{0, sp.Rational(1, 2)}] * 2
    grid = [Fraction(k, 8) for k in range(-15, 16)]
    slopes = [rational.uniform([t, 0]).hessian[0][0] for t in grid]
    outside = [rational.uniform([t, 0]).probabilities[0] for t in (-5, -2, 2, 5)]
    return Part(
        "0 exactly for theta <= -2, 1 exactly for theta >= 2, strictly increasing between",
        (
            exact(
                "sympy",
                rising and _edges_are_flat(),
                "the slope is linear on either side of 0, zero at -2 and 2 and 1/2 at 0",
            ),
            exact(
                "rational",
                all(s > 0 for s in slopes) and outside == [0, 0, 1, 1],
                f"slopes at {len(grid)} points inside, values at four outside",
                universal=False,
            ),
        ),
    )


def _edges_are_flat() -> bool:
    """Whether the gradient is constant, 0 and 1, on the outer pieces."""
    outer = [p for p in PROBABILITIES.values() if p.low < -2 or p.high > 2]
    return {sp.sympify(_true_gradient(p.low)[0]) for p in outer} == {0, 1}


def _extremum(
    name: str, coordinate: int, value: Fraction, at: Fraction, *, largest: bool, low: int, high: int
) -> Part:
    """Whether the extremum of p over low <= theta <= high is `value`, attained at `at`.

    p_1 increases with theta and p_2 decreases, so the extremum lies at an end of the interval.
    """
    end = Fraction(high if largest == (coordinate == 0) else low)
    truth = rational.uniform([end, 0]).probabilities[coordinate]
    # Where p is flat the same value is found nearer to zero.
    for near in (Fraction(-2), Fraction(0), Fraction(2)):
        if low <= near <= high and rational.uniform([near, 0]).probabilities[coordinate] == truth:
            end = near
    attained = rational.uniform([at, 0]).probabilities
    piece = next(p for p in PROBABILITIES.values() if p.low <= end <= p.high)
    symbolic = _true_gradient(piece.low)[coordinate].subs(T, sp.Rational(end))
    other = attained[1 - coordinate]
    right = truth == value == attained[coordinate] and other == 1 - value
    found = engine_at([end], "probabilities")
    word = "maximum" if largest else "minimum"
    return Part(
        name,
        (
            exact(
                "rational, ends of the interval",
                right,
                f"p is monotone in theta: its {word} over [{low}, {high}] is {truth} at {end}",
            ),
            exact("sympy", bool(symbolic == sp.Rational(value)), f"value at the end: {symbolic}"),
            agree(
                "engine",
                "quadrature",
                entry(found, (0, coordinate)),
                float(value),
                f"p_{coordinate + 1} at theta_1 - theta_2 = {end}",
            ),
        ),
        None
        if right
        else {
            "theta": [str(end), "0"],
            f"printed {word}": str(value),
            "probability there": str(truth),
        },
    )


@claim("A.uniform-probabilities", corrected="A.uniform-probabilities.corrected")
def uniform_probabilities(_: Budget) -> list[Part]:
    r"""Statement: The gradient of f has the four printed pieces; its entries have the printed
    global extrema, read over all theta: for theta_1 minimum 0 at theta = -2 and maximum 1/2 at 0,
    for theta_2 maximum 1 and minimum 1/2.

    LaTeX: $\partial_1 f = 1, \frac12 + \frac12\theta - \frac18\theta^2,
    \frac12 + \frac12\theta + \frac18\theta^2, 0$ for $\theta > 2$, $2 \ge \theta \ge 0$,
    $0 \ge \theta \ge -2$, $\theta < -2$; $\partial_2 f = 1 - \partial_1 f$; global extrema
    $\min\partial_1 f = 0$, $\max\partial_1 f = \frac12$, $\max\partial_2 f = 1$,
    $\min\partial_2 f = \frac12$

    Source: A, (104)-(110) and the text around (109), (110), Figure 2

    Assumptions: gamma_1, gamma_2 independent and uniform on [-1, 1]; theta = theta_1 - theta_2.
    The end of (107) is garbled in the text extraction and read as (108). The last extremum is
    printed "global minimum ... max" and read as a minimum. "Global" is read as over R^2; over the
    case 0 <= -theta <= 2 alone, under whose heading they stand, all four are right.

    Computed: pieces and slopes symbolically, exactly at rational points and by the engine; extrema
    at the ends of the interval, p being monotone.
    """
    half, one, zero = Fraction(1, 2), Fraction(1), Fraction(0)
    return [
        *(_piece_part(name, piece) for name, piece in PROBABILITIES.items()),
        _sum_part(),
        *_line_parts(),
        _extremum("global min of df/dtheta_1", 0, zero, _CASE_1, largest=False, low=-5, high=5),
        _extremum("global max of df/dtheta_1", 0, half, zero, largest=True, low=-5, high=5),
        _extremum("global max of df/dtheta_2", 1, one, _CASE_1, largest=True, low=-5, high=5),
        _extremum("global min of df/dtheta_2", 1, half, zero, largest=False, low=-5, high=5),
    ]


@claim("A.uniform-probabilities.corrected")
def uniform_probabilities_corrected(_: Budget) -> list[Part]:
    r"""Statement: The printed pieces hold; over -2 <= theta <= 0 the entries range over [0, 1/2]
    and [1/2, 1], over all theta both range over [0, 1], with 1/2 at theta = 0.

    LaTeX: $\partial_1 f \in [0, \frac12]$ for $-2 \le \theta \le 0$ and $\partial_1 f \in [0, 1]$
    for $\theta \in \mathbb R$, with $0$ exactly for $\theta \le -2$ and $1$ exactly for
    $\theta \ge 2$

    Source: corrects A, text around (109) and (110)

    Assumptions: gamma_1, gamma_2 independent and uniform on [-1, 1]; theta = theta_1 - theta_2.

    Computed: as for the printed statement.
    """
    half, one, zero, two = Fraction(1, 2), Fraction(1), Fraction(0), Fraction(2)
    inside, line = {"low": -2, "high": 0}, {"low": -5, "high": 5}
    return [
        *(_piece_part(name, piece) for name, piece in PROBABILITIES.items()),
        _strict_part(),
        _extremum("min of df/dtheta_1 on the case", 0, zero, -two, largest=False, **inside),
        _extremum("max of df/dtheta_1 on the case", 0, half, zero, largest=True, **inside),
        _extremum("max of df/dtheta_2 on the case", 1, one, -two, largest=True, **inside),
        _extremum("min of df/dtheta_2 on the case", 1, half, zero, largest=False, **inside),
        _extremum("global min of df/dtheta_1", 0, zero, -two, largest=False, **line),
        _extremum("global max of df/dtheta_1", 0, one, two, largest=True, **line),
        _extremum("global max of df/dtheta_2", 1, one, -two, largest=True, **line),
        _extremum("global min of df/dtheta_2", 1, zero, two, largest=False, **line),
    ]
