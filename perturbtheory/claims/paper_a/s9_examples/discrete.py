"""Section 9.4: gamma_i = -1 or 1 with probability 1/2 each, d = 2."""

from collections.abc import Callable
from fractions import Fraction
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits.noises import COIN, DIFFERENCES
from perturbtheory.claims.exhibits.numbers import engine
from perturbtheory.claims.legacy import agree, claim, exact
from perturbtheory.claims.paper_a.s9_examples.uniform import at_points, first_wrong
from perturbtheory.ledger import Budget, Part
from perturbtheory.perturbations import Discrete
from perturbtheory.potential import expected_max
from perturbtheory.routes import rational
from perturbtheory.routes.symbolic import identity

_H, _Q, _C = Fraction(1, 2), Fraction(1, 4), Fraction(3, 4)
ONE, TWO = sp.symbols("theta_1 theta_2", real=True)


class Segment(NamedTuple):
    """A printed piece of (67) for low <= theta_1 - theta_2 <= high."""

    low: int
    high: int
    formula: Callable[[Any, Any], Any]


# Unbounded pieces are cut at +-5: beyond +-2 the truth is one linear function.
POTENTIAL = {
    "theta_1 >= theta_2 + 2": Segment(2, 5, lambda a, b: a + 0 * b),
    "theta_2 + 2 >= theta_1 >= theta_2": Segment(0, 2, lambda a, b: _C * a + _Q * b + _H),
    "theta_2 - 2 <= theta_1 <= theta_2": Segment(-2, 0, lambda a, b: _C * b + _Q * a + _H),
    "theta_1 <= theta_2 - 2": Segment(-5, -2, lambda a, b: b + 0 * a),
}
# (68): a representative theta_1 - theta_2 of the row, and both ends of the subdifferential.
SUBDIFFERENTIAL = {
    "theta_1 > theta_2 + 2": (Fraction(3), (1, 1)),
    "theta_1 = theta_2 + 2": (Fraction(2), (_C, 1)),
    "theta_2 + 2 > theta_1 > theta_2": (Fraction(1), (_C, _C)),
    "theta_1 = theta_2": (Fraction(0), (_Q, _C)),
    "theta_2 - 2 < theta_1 < theta_2": (Fraction(-1), (_Q, _Q)),
    "theta_1 = theta_2 - 2": (Fraction(-2), (0, _Q)),
    "theta_1 < theta_2 - 2": (Fraction(-3), (0, 0)),
}


def _true_potential(segment: Segment) -> Any:
    """theta_2 + 1/4 sum_k (theta_1 - theta_2 + k)_+: on a segment every term has one sign."""
    positive_part = [ONE - TWO + k if segment.low + k >= 0 else 0 for k in DIFFERENCES]
    return TWO + sp.Rational(1, 4) * sum(positive_part)


@claim("A.discrete-potential")
def discrete_potential(_: Budget) -> list[Part]:
    r"""Statement: For gamma in {-1, 1}, d = 2, f has the four printed linear pieces.

    LaTeX: $f(\theta) = \theta_1$, $\frac34\theta_1 + \frac14\theta_2 + \frac12$,
    $\frac34\theta_2 + \frac14\theta_1 + \frac12$, $\theta_2$ for $\theta_1 \ge \theta_2 + 2$,
    $\theta_2 + 2 \ge \theta_1 \ge \theta_2$, $\theta_2 - 2 \le \theta_1 \le \theta_2$,
    $\theta_1 \le \theta_2 - 2$

    Source: A, Proposition 5.5, (66), (67), Figure 6

    Assumptions: gamma_1, gamma_2 independent, each -1 or 1 with probability 1/2. Equation (66) is
    lost in the text extraction. P(1 = argmax) = P(theta_1 + gamma_1 >= theta_2 + gamma_2) is read
    as "1 is a maximiser"; read as a probability vector it fails at ties, as at theta = 0, where
    both coordinates would have 3/4.

    Computed: the four outcomes of gamma_1 - gamma_2 symbolically on every segment, all outcomes
    exactly at rational points, and the engine.
    """
    f = expected_max(Discrete(np.array([-1.0, 1.0])))
    parts = []
    for name, segment in POTENTIAL.items():
        steps = [segment.low + Fraction(segment.high - segment.low, 4) * k for k in range(5)]
        grid = list(product(steps, [Fraction(-1), Fraction(1, 3), Fraction(2)]))
        printed = [segment.formula(t + b, b) for t, b in grid]
        values = [rational.discrete([t + b, b], COIN).value for t, b in grid]
        parts.append(
            Part(
                f"(67), {name}",
                (
                    exact(
                        "sympy, four outcomes",
                        identity(segment.formula(ONE, TWO) - _true_potential(segment)),
                        "E max = theta_2 + E (theta_1 - theta_2 + gamma_1 - gamma_2)_+",
                    ),
                    at_points(
                        list(zip(printed, values, strict=True)), "linear in both coordinates"
                    ),
                    agree(
                        "engine",
                        "quadrature",
                        engine(f, np.array([[float(t) + 0.5, 0.5] for t in steps])),
                        [float(segment.formula(t + _H, _H)) for t in steps],
                        "f",
                    ),
                ),
                first_wrong("(theta_1 - theta_2, theta_2)", grid, printed, values),
            )
        )
    representatives = [row[0] for row in SUBDIFFERENTIAL.values()]
    counted = [Fraction(sum(t + k >= 0 for k in DIFFERENCES), 4) for t in representatives]
    some = [rational.discrete([t, 0], COIN).some[0] for t in representatives]
    upper = [Fraction(row[1][1]) for row in SUBDIFFERENTIAL.values()]
    checks = (
        exact("rational, counted", counted == upper, "one point of every region of the plane"),
        exact("rational, enumerated", some == upper, "P(1 is a maximiser) at the same points"),
    )
    wrong = first_wrong("theta_1 - theta_2", representatives, counted, some)
    parts.append(
        Part("P(1 is a maximiser) = P(theta_1 + gamma_1 >= theta_2 + gamma_2)", checks, wrong)
    )
    return parts


def _row(name: str, difference: Fraction, printed: tuple[Any, Any]) -> Part:
    low, high = (Fraction(end) for end in printed)
    counted = tuple(
        Fraction(sum(sign(difference + k) for k in DIFFERENCES), 4)
        for sign in (lambda x: x > 0, lambda x: x >= 0)
    )
    answer = rational.discrete([difference, 0], COIN)
    h = Fraction(1, 8)
    here = answer.value
    slopes = (
        (here - rational.discrete([difference - h, 0], COIN).value) / h,
        (rational.discrete([difference + h, 0], COIN).value - here) / h,
    )
    f = expected_max(Discrete(np.array([-1.0, 1.0])))
    point = np.array([[float(difference) + 0.5, 0.5]])
    fair = f.probabilities(point)[0, 0]
    tie = bool(f.has_tie(point)[0])
    return Part(
        f"(68), {name}",
        (
            exact(
                "rational, P(only maximiser) to P(a maximiser)",
                (answer.only[0], answer.some[0]) == (low, high) == counted,
                "all outcomes at one point of the row, whose sets of maximisers are those of "
                "every point of it",
            ),
            exact(
                "rational, one-sided slopes",
                slopes == (low, high),
                "difference quotients of step 1/8; f is linear between its kinks",
            ),
            agree(
                "engine",
                "quadrature",
                np.array([fair, float(tie)]),
                np.array([float(low + high) / 2, float(low != high)]),
                "fair tie breaking is the midpoint; a tie where multi-valued",
            ),
        ),
        None
        if (low, high) == slopes
        else {
            "theta": [str(difference), "0"],
            "printed": [str(low), str(high)],
            "true": [str(s) for s in slopes],
        },
    )


@claim("A.discrete-subdifferential", depends_on=("A.discrete-potential",))
def discrete_subdifferential(_: Budget) -> list[Part]:
    r"""Statement: The subdifferential of f has the seven printed values; f has kinks exactly at
    theta_1 - theta_2 = -2, 0, 2, and at theta_1 = theta_2 every p with 1/4 <= p_1 <= 3/4 is a
    subgradient.

    LaTeX: $(\partial f(\theta))_1 = 1, [\frac34, 1], \frac34, [\frac14, \frac34], \frac14,
    [0, \frac14], 0$ for $\theta_1 - \theta_2 > 2$, $= 2$, $\in (0, 2)$, $= 0$, $\in (-2, 0)$,
    $= -2$, $< -2$

    Source: A, (68), the paragraph before it, Figure 3

    Assumptions: gamma_1, gamma_2 independent, each -1 or 1 with probability 1/2. Both entries of a
    subgradient sum to one, because f(theta + c1) = f(theta) + c.

    Computed: the interval from P(1 is the only maximiser) to P(1 is a maximiser), and one-sided
    slopes of f, both exactly; the engine's fair tie breaking and its ties.
    """
    a = sp.Symbol("a", real=True)
    rows = [_row(name, t, ends) for name, (t, ends) in SUBDIFFERENTIAL.items()]
    # At theta_1 = theta_2 = c along v with v_1 >= v_2: outcome by outcome.
    gap = sp.Symbol("g", nonnegative=True)
    moved = sp.Rational(1, 4) * (a + (a - gap) + 2 * a)
    slope = identity(moved - (sp.Rational(3, 4) * a + sp.Rational(1, 4) * (a - gap)))
    directions = [(Fraction(x), Fraction(y)) for x in range(-2, 3) for y in range(-2, x + 1)]
    h = Fraction(1, 16)
    start = rational.discrete([0, 0], COIN).value
    quotients = [(rational.discrete([h * x, h * y], COIN).value - start) / h for x, y in directions]
    printed = [_C * x + _Q * y for x, y in directions]
    constant = rational.discrete([Fraction(7, 3)] * 2, COIN).value - Fraction(7, 3)
    kinks = [n for n, (t, (low, high)) in SUBDIFFERENTIAL.items() if low != high]
    at = [SUBDIFFERENTIAL[n][0] for n in kinks]
    grid = [Fraction(k, 16) for k in range(-56, 57)]
    heights = [rational.discrete([t, 0], COIN).value for t in grid]
    triples = zip(heights, heights[1:], heights[2:], strict=False)
    second = [left - 2 * middle + right for left, middle, right in triples]
    bent = [t for t, change in zip(grid[1:], second, strict=False) if change != 0]
    return [
        *rows,
        Part(
            "at theta_1 = theta_2: f = c + 1/2, slope 3/4 v_1 + 1/4 v_2 for v_1 >= v_2",
            (
                exact(
                    "sympy, four outcomes",
                    slope if start == constant == _H else "fails",
                    "the maximum moves with v_1, v_2, and twice with max(v) = v_1 at the two ties",
                ),
                exact(
                    "rational, difference quotients",
                    quotients == printed,
                    f"{len(directions)} directions, f being linear near 0 along each",
                    universal=False,
                ),
            ),
            first_wrong("v", directions, printed, quotients),
        ),
        Part(
            "f is not differentiable exactly at theta_1 - theta_2 in {-2, 0, 2}",
            (
                exact(
                    "rational, second differences",
                    bent == sorted(at),
                    f"f bends at these of {len(grid)} points a sixteenth apart, and is linear "
                    "between its kinks",
                ),
                exact(
                    "rational, ties",
                    sorted({Fraction(-k) for k in DIFFERENCES}) == sorted(at),
                    "positions tie exactly where theta_1 - theta_2 is minus a value of "
                    "gamma_1 - gamma_2",
                ),
            ),
            {"kinks": [str(t) for t in at]},
        ),
    ]
