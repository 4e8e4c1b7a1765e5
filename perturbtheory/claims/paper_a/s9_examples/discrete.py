r"""Section 9.4: $\gamma_i = \pm 1$ with probability $\frac12$ each, $d = 2$."""

from collections.abc import Callable
from fractions import Fraction
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits.noises import COIN, DIFFERENCES
from perturbtheory.claims.exhibits.numbers import engine
from perturbtheory.claims.exhibits.uniform_pieces import ONE, TWO, first_wrong
from perturbtheory.ledger import Claim, agree, argued, eq, exact, shown, witness
from perturbtheory.perturbations import Discrete
from perturbtheory.potential import expected_max
from perturbtheory.routes import rational

_H, _Q, _C = Fraction(1, 2), Fraction(1, 4), Fraction(3, 4)
COINS = Discrete(np.array([-1.0, 1.0]))
TWO_COINS = r"$\gamma_1$, $\gamma_2$ independent, each $-1$ or $1$ with probability $\frac12$."


class Segment(NamedTuple):
    """A printed piece of (67) for low <= theta_1 - theta_2 <= high."""

    low: int
    high: int
    formula: Callable[[Any, Any], Any]


# Unbounded pieces are cut at +-5: beyond +-2 the truth is one linear function.
POTENTIAL = {
    r"\theta_1 \ge \theta_2 + 2": Segment(2, 5, lambda a, b: a + 0 * b),
    r"\theta_2 + 2 \ge \theta_1 \ge \theta_2": Segment(0, 2, lambda a, b: _C * a + _Q * b + _H),
    r"\theta_2 - 2 \le \theta_1 \le \theta_2": Segment(-2, 0, lambda a, b: _C * b + _Q * a + _H),
    r"\theta_1 \le \theta_2 - 2": Segment(-5, -2, lambda a, b: b + 0 * a),
}
# (68): a representative theta_1 - theta_2 of the row, and both ends of the subdifferential.
SUBDIFFERENTIAL = {
    r"\theta_1 > \theta_2 + 2": (Fraction(3), (1, 1)),
    r"\theta_1 = \theta_2 + 2": (Fraction(2), (_C, 1)),
    r"\theta_2 + 2 > \theta_1 > \theta_2": (Fraction(1), (_C, _C)),
    r"\theta_1 = \theta_2": (Fraction(0), (_Q, _C)),
    r"\theta_2 - 2 < \theta_1 < \theta_2": (Fraction(-1), (_Q, _Q)),
    r"\theta_1 = \theta_2 - 2": (Fraction(-2), (0, _Q)),
    r"\theta_1 < \theta_2 - 2": (Fraction(-3), (0, 0)),
}

potential = Claim(
    "A.discrete-potential",
    "A, Proposition 5.5, (66), (67), Figure 6",
    r"""For $\gamma \in \{-1, 1\}$, $d = 2$, $f$ has the four printed linear pieces: $f(\theta) =
    \theta_1$, $\frac34\theta_1 + \frac14\theta_2 + \frac12$, $\frac34\theta_2 + \frac14\theta_1 +
    \frac12$, $\theta_2$ for $\theta_1 \ge \theta_2 + 2$, $\theta_2 + 2 \ge \theta_1 \ge \theta_2$,
    $\theta_2 - 2 \le \theta_1 \le \theta_2$, $\theta_1 \le \theta_2 - 2$.""",
    assumes=r"""$\gamma_1$, $\gamma_2$ independent, each $-1$ or $1$ with probability $\frac12$.
    Equation (66) is lost in the text extraction. For the sentence before it see
    A.discrete-argmax-event.""",
)


def _times(weight: Fraction, value: Any) -> Any:
    """weight * value as it stands."""
    return sp.Mul(sp.Rational(weight), value, evaluate=False)


def linear_piece(key):
    segment = POTENTIAL[key]
    steps = [segment.low + Fraction(segment.high - segment.low, 4) * k for k in range(5)]
    grid = list(product(steps, [Fraction(-1), Fraction(1, 3), Fraction(2)]))
    printed = [segment.formula(t + b, b) for t, b in grid]
    values = [rational.discrete([t + b, b], COIN).value for t, b in grid]
    # On a segment theta_1 - theta_2 + k has one sign, so that its positive part is it or zero.
    parts = [_times(_Q * (segment.low + k >= 0), ONE - TWO + k) for k in DIFFERENCES]
    yield exact(
        "sympy, four outcomes",
        argued(r"""$f(\theta) = \theta_2 + \frac14\sum_k(\theta_1 - \theta_2 + k)_+$ over $k = -2$,
            $0$, $0$, $2$, where a term has one sign on the piece [the outcomes of $\gamma_1 -
            \gamma_2$; $\mathbb E\gamma_2 = 0$]"""),
        eq(segment.formula(ONE, TWO), sp.Add(TWO, *parts, evaluate=False)),
        "a quarter of each term that is positive on the piece, and nothing of the others",
    )
    yield exact(
        "rational",
        shown(f"equal at {len(grid)} rational points", printed == values, "all outcomes"),
        argued("both sides are linear, and so many points determine one", r"no tie inside"),
    )
    found = engine(expected_max(COINS), np.array([[float(t) + 0.5, 0.5] for t in steps]))
    yield agree("engine", found, [float(segment.formula(t + _H, _H)) for t in steps], "$f$")
    name = r"$(\theta_1 - \theta_2, \theta_2)$"
    yield witness(first_wrong(name, grid, printed, values))


for name in POTENTIAL:
    potential.part(f"(67), ${name}$", key=name)(linear_piece)


subdifferential = Claim(
    "A.discrete-subdifferential",
    "A, (68), the paragraph before it, Figure 3",
    r"""The subdifferential of $f$ has the seven printed values: $(\partial f(\theta))_1 = 1$,
    $[\frac34, 1]$, $\frac34$, $[\frac14, \frac34]$, $\frac14$, $[0, \frac14]$, $0$ for $\theta_1 -
    \theta_2 > 2$, $= 2$, $\in (0, 2)$, $= 0$, $\in (-2, 0)$, $= -2$, $< -2$. $f$ has kinks exactly
    at $\theta_1 - \theta_2 = -2, 0, 2$, and at $\theta_1 = \theta_2$ every $p$ with $\frac14 \le
    p_1 \le \frac34$ is a subgradient.""",
    assumes=r"""$\gamma_1$, $\gamma_2$ independent, each $-1$ or $1$ with probability $\frac12$.
    Both entries of a subgradient sum to one, because $f(\theta + c\mathbf 1) = f(\theta) + c$.""",
    depends_on=potential,
)


def row(key):
    difference, printed = SUBDIFFERENTIAL[key]
    low, high = (Fraction(end) for end in printed)
    signs = [(difference + k > 0, difference + k >= 0) for k in DIFFERENCES]
    counted = tuple(Fraction(sum(column), 4) for column in zip(*signs, strict=True))
    answer, h = rational.discrete([difference, 0], COIN), Fraction(1, 8)
    around = [rational.discrete([difference + s * h, 0], COIN).value for s in (-1, 0, 1)]
    slopes = ((around[1] - around[0]) / h, (around[2] - around[1]) / h)
    f, point = expected_max(COINS), np.array([[float(difference) + 0.5, 0.5]])
    fair, tie = f.probabilities(point)[0, 0], float(f.has_tie(point)[0])
    interval = f"[{low}, {high}]"
    yield exact(
        "rational, P(only maximiser) to P(a maximiser)",
        shown(
            rf"these are ${interval}$ at $\theta_1 - \theta_2 = {difference}$",
            (answer.only[0], answer.some[0]) == (low, high) == counted,
            "all outcomes, in fractions",
        ),
        argued("and at every point of the row", "its sets of maximisers are the same"),
    )
    yield exact(
        "rational, one-sided slopes",
        shown(rf"left and right slope are ${interval}$", slopes == (low, high), "fractions"),
        argued(r"difference quotients of step $\frac18$ are slopes", "$f$ is linear between kinks"),
    )
    middle = [float(low + high) / 2, float(low != high)]
    what = "fair tie breaking is the midpoint; a tie where multi-valued"
    yield agree("engine", [fair, tie], middle, what, kind="quadrature", floor=1.0)
    yield witness(theta=[str(difference), "0"], printed=[str(low), str(high)], true=slopes)


for name in SUBDIFFERENTIAL:
    subdifferential.part(f"(68), ${name}$", key=name)(row)


@subdifferential.part(r"""at $\theta_1 = \theta_2$: $f = c + \frac12$, slope $\frac34 v_1 + \frac14
    v_2$ for $v_1 \ge v_2$""")
def slope_at_tie():
    one, two, c = sp.symbols("v_1 v_2 c", real=True)
    h = Fraction(1, 16)
    directions = [(Fraction(x), Fraction(y)) for x in range(-2, 3) for y in range(-2, x + 1)]
    start = rational.discrete([0, 0], COIN).value
    quotients = [(rational.discrete([h * x, h * y], COIN).value - start) / h for x, y in directions]
    printed = [_C * x + _Q * y for x, y in directions]
    yield exact(
        "sympy, four outcomes",
        eq(sp.Add(_times(_C, c + 1), _times(_Q, c - 1), evaluate=False), c + _H),
        r"$\max(\theta + \gamma)$ over the four outcomes",
        argued(r"""along $v$ the maximum moves with $v_1$, with $v_2$, and at the two ties with
            $\max(v) = v_1$ [the outcomes $(1, -1)$, $(-1, 1)$ and $\gamma_1 = \gamma_2$]"""),
        eq(_times(_Q, sp.Add(one, two, 2 * one, evaluate=False)), _C * one + _Q * two),
        "the two ties together",
    )
    cases = f"{len(directions)} directions, $f$ being linear near $0$ along each"
    yield exact("rational, difference quotients", quotients == printed, cases=cases)
    yield witness(first_wrong("$v$", directions, printed, quotients))


@subdifferential.part(
    r"$f$ is not differentiable exactly at $\theta_1 - \theta_2 \in \{-2, 0, 2\}$"
)
def kinks():
    at = sorted(t for t, (low, high) in SUBDIFFERENTIAL.values() if low != high)
    grid = [Fraction(k, 16) for k in range(-56, 57)]
    f = [rational.discrete([t, 0], COIN).value for t in grid]
    triples = zip(grid[1:], f, f[1:], f[2:], strict=False)
    bent = [t for t, left, middle, right in triples if left - 2 * middle + right != 0]
    ties = sorted({Fraction(-k) for k in DIFFERENCES})
    yield exact(
        "rational, second differences",
        shown(
            f"$f$ bends at these of {len(grid)} points a sixteenth apart", bent == at, "fractions"
        ),
        argued("it is linear between its kinks", "A.discrete-potential"),
    )
    yield exact(
        "rational, ties",
        shown(
            r"$\theta_1 - \theta_2 = -k$ for a value $k$ of $\gamma_1 - \gamma_2$ is this set",
            ties == at,
            "fractions",
        ),
        argued(r"""positions tie exactly there, and $f$ has a kink exactly where they do [$(\partial
            f)_1$ runs from $P(A = \{1\})$ to $P(1 \in A)$, $A$ the set of maximisers]"""),
    )
    yield witness(kinks=[str(t) for t in at])
