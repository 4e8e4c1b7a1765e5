"""Corollary 9.2: the conjugate of the expected maximum."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits.conjugate_lines import (
    LINES,
    THETAS,
    line_part,
    pointwise,
    supremum,
    vertex_supremum,
)
from perturbtheory.claims.exhibits.noises import COIN
from perturbtheory.claims.exhibits.outcomes import dot, draws
from perturbtheory.claims.exhibits.uniform_lines import simpson
from perturbtheory.claims.legacy import agree, argued, claim, exact, positive, proof, shown
from perturbtheory.ledger import Budget, Check, Part
from perturbtheory.perturbations import Gumbel
from perturbtheory.potential import expected_max
from perturbtheory.routes import rational
from perturbtheory.routes.symbolic import categories, identity


@claim(
    "A.conjugate",
    corrected="A.conjugate.corrected",
    depends_on=("A.max-potential-gradient.corrected",),
)
def conjugate(_: Budget) -> list[Part]:
    r"""Statement: At p = P(arg max = i) the conjugate of f is minus the mean of gamma at the arg
    max, by the lines (53) to (61), of which (60) is minus the sum of p_i E[gamma_i]; everywhere
    else it is infinite.

    LaTeX: $f^*(\lambda) = -\mathbb E_\gamma[\gamma_{\hat i}]$ if $\lambda = \lambda^*$, $\infty$
    otherwise; (59) $= -\sum_{\hat i} \mathbb E_\gamma[\mathbb 1_{\arg\max = \hat i}
    \gamma_{\hat i}]$, (60) $= -\sum_{\hat i} p_{\hat i}\mathbb E_\gamma[\gamma_{\hat i}]$,
    (61) $= -\mathbb E_\gamma[\gamma_{\hat i}]$

    Source: A, Corollary 9.2, (52)-(61)

    Assumptions: any joint law with finite f; lambda* is p(theta) = P(arg max = i), with one
    maximiser chosen at a tie, as (54) needs. "Otherwise" in (52) is read as favourably as can be:
    lambda is not p(theta) for any theta. (60) is read as printed, with the mean of gamma_i; with
    the conditional mean given arg max = i it would be right.

    Computed: every line pointwise for any law and d, exactly for coins against a supremum over all
    kinks of f, and symbolically for Gumbel noise; (52) at a vertex of the simplex.
    """
    parts = [line_part(name) for name in LINES]
    largest = vertex_supremum()
    found = _engine_conjugate(np.array([[1.0, 0.0]]))
    return [
        *parts,
        Part(
            "(52): infinite at every lambda that is no p(theta)",
            (
                exact(
                    "sympy, Gumbel noise",
                    not bool(largest.is_finite),
                    "lambda = (1, 0) is no p(theta), but <lambda, theta> - f(theta) = "
                    "-log(1 + e^(theta_2 - theta_1)) < 0 for every theta, with supremum 0",
                ),
                positive(
                    "engine", "quadrature", found - 1.0, "f*(1, 0) - 1 by Newton's method on a face"
                ),
            ),
            {
                "d": 2,
                "gamma": "zero-mean Gumbel",
                "lambda": [1, 0],
                "printed": "infinity",
                "true": str(largest),
            },
        ),
    ]


@claim("A.conjugate.corrected", depends_on=("A.max-potential-gradient.corrected",))
def conjugate_corrected(_: Budget) -> list[Part]:
    r"""Statement: For p in the subdifferential at theta the conjugate of f is minus the mean of
    gamma at a maximiser, chosen at ties so that i is chosen with probability p_i. The conjugate is
    finite exactly on the closed simplex.

    LaTeX: $f^*(p) = -\mathbb E_\gamma[\gamma_{\hat\imath}]$ for $p \in \partial f(\theta)$,
    $\hat\imath \in \arg\max_i(\theta_i + \gamma_i)$ with $P(\hat\imath = i) = p_i$;
    $-\mathbb E[\max_i\gamma_i] \le f^*(p) \le -\sum_i p_i\mathbb E[\gamma_i]$ for $p \in \Delta$,
    $f^*(p) = \infty$ otherwise

    Source: corrects A, Corollary 9.2

    Assumptions: any joint law with finite means, which makes f finite.

    Computed: both statements for any d; the value exactly for coins with every way of breaking
    ties, for uniform noise at d = 2, and as sum p log p for Gumbel noise by the engine.
    """
    return [_value_part(), _finite_part(), _infinite_part()]


def _engine_conjugate(points: np.ndarray) -> np.ndarray:
    """f* for Gumbel noise at the rows of `points`, by the engine."""
    return expected_max(Gumbel()).conjugate(points)


def _choices(theta: Sequence[Any]) -> Iterator[tuple[list[Fraction], Fraction]]:
    """(p, E[gamma at the chosen maximiser]) for coins, ties broken by each order, and fairly."""
    d = len(theta)
    for preference in (*[[(k + s) % d for k in range(d)] for s in range(d)], None):
        p, noise = [Fraction(0)] * d, Fraction(0)
        for chance, gamma, winners in draws(theta, COIN):
            chosen = winners if preference is None else (min(winners, key=preference.index),)
            for i in chosen:
                p[i] += chance / len(chosen)
                noise += chance / len(chosen) * gamma[i]
        yield p, noise


def _uniform_values() -> bool:
    """-E[gamma at the arg max] = <p, theta> - f(theta): uniform on [-1, 1], theta = (t, 0)."""
    good, half = True, Fraction(1, 2)
    for t in (Fraction(k, 4) for k in range(9)):
        # 1 wins at gamma_1 = x with probability min(1, (1 + x + t)/2), 2 with (1 + x - t)/2.
        first = simpson(lambda x, t=t: half * x * (1 + x + t) / 2, Fraction(-1), 1 - t)
        first += simpson(lambda x: half * x, 1 - t, Fraction(1))
        second = simpson(lambda x, t=t: half * x * (1 + x - t) / 2, t - 1, Fraction(1))
        answer = rational.uniform([t, 0])
        good &= -(first + second) == dot(answer.probabilities, [t, 0]) - answer.value
    return good


def _value_part() -> Part:
    """f*(p) = -E[gamma at a maximiser] for p in the subdifferential."""
    place, noise, largest = sp.symbols("theta_i gamma_i M", real=True)
    solved = sp.solve(sp.Eq(place + noise, largest), noise)[0]
    choices = [(p, noise) for theta in THETAS for p, noise in _choices(theta)]
    points = np.array([[0.5, 0.5], [0.75, 0.25], [0.99, 0.01], [1e-6, 1 - 1e-6]])
    entropy = (points * np.log(points)).sum(1)
    return Part(
        "f*(p) = -E[gamma at the arg max] for p in the subdifferential",
        (
            proof(
                "outcome by outcome, any law and d",
                "the mean of max less that of theta at the arg max",
                *pointwise()["(53)"][:1],
                argued(
                    r"$\partial f(\theta) = \sum_S P(A = S)\operatorname{conv}\{e_i: i\in S\}$: "
                    r"every $p$ in it is the law of a choice $\hat\imath \in A$",
                    "A.max-potential-gradient.corrected",
                ),
                shown(
                    r"$\theta_i + \gamma_i = \max$ at $i = \hat\imath$ gives $\gamma_i = \max - "
                    r"\theta_i$",
                    identity(solved - (largest - place)),
                ),
                argued(
                    r"its mean is $f(\theta) - \langle p, \theta\rangle = -f^*(p)$",
                    r"linearity, $P(\hat\imath = i) = p_i$",
                ),
            ),
            exact(
                "rational, coins",
                all(-noise == supremum(p) for p, noise in choices),
                f"{len(choices)} ways to break ties at {len(THETAS)} theta, against a supremum "
                "over all kinks",
                universal=False,
            ),
            exact(
                "rational, uniform noise",
                _uniform_values(),
                "integrals of gamma at the arg max against <p, theta> - f(theta), d = 2",
                universal=False,
            ),
            agree(
                "engine",
                "quadrature",
                _engine_conjugate(points),
                entropy,
                "f* by Newton's method against sum p log p, Gumbel noise, d = 2",
            ),
        ),
    )


def _finite_part() -> Part:
    """-E max gamma <= f*(p) <= -sum p_i E gamma_i on the simplex."""
    _, _, j, x = (s := categories())
    p: Any = sp.IndexedBase("p", nonnegative=True)
    largest = sp.Symbol("M", real=True)
    # sum_j p_j (M - x_j) >= 0 term by term, and is M - sum_j p_j x_j if sum_j p_j = 1.
    spread = largest * s.sum(p[j]) - s.sum(p[j] * x[j])
    gap = spread.subs(s.sum(p[j]), 1) - (largest - s.sum(p[j] * x[j]))
    grid = [
        [Fraction(a, 8), Fraction(b, 8), Fraction(8 - a - b, 8)]
        for a in range(9)
        for b in range(9 - a)
    ]
    top = rational.discrete([0, 0, 0], COIN).value
    return Part(
        "finite on the closed simplex",
        (
            proof(
                "two bounds, any law and d",
                "f lies between a maximum and an average",
                shown(
                    r"$\max_j x_j - \sum_j p_j x_j = \sum_j p_j(\max x - x_j) \ge 0$",
                    identity(gap),
                ),
                argued(
                    r"$f(\theta) \ge \langle p, \theta\rangle + \sum_j p_j\mathbb E[\gamma_j]$, so "
                    r"$f^*(p) \le -\sum_j p_j\mathbb E[\gamma_j]$; $\theta = 0$ gives $f^*(p) \ge "
                    r"-\mathbb E[\max\gamma]$",
                    r"the mean at $x = \theta + \gamma$; definition of $f^*$",
                ),
            ),
            exact(
                "rational, coins",
                all(-top <= supremum(q) <= 0 for q in grid),
                f"{len(grid)} points of the closed simplex, d = 3",
                universal=False,
            ),
        ),
    )


def _infinite_part() -> Part:
    """f* = infinity off the simplex."""
    off = [[Fraction(3, 2), Fraction(-1, 2)], [Fraction(1, 2)] * 3, [Fraction(1, 4)] * 3]
    return Part(
        "infinite off the simplex",
        (
            _infinite_proof(),
            exact(
                "rational, coins",
                all(_climbs(p) for p in off),
                "<p, theta> - f(theta) grows along a ray by the proved rate: three p, theta up to "
                "1000",
                universal=False,
            ),
        ),
    )


def _infinite_proof() -> Check:
    _, i, j, _ = (s := categories())
    p: Any = sp.IndexedBase("p", real=True)
    t = sp.Symbol("t", real=True)
    along_one = s.sum(p[j] * t) - t * s.sum(p[j])
    along_unit = s.sum(-t * sp.KroneckerDelta(i, j) * p[j]).doit() + t * p[i]
    return proof(
        "two rays, any law and d",
        "the supremum is infinite along a ray",
        shown(
            r"$\theta = t\mathbf 1$: $\langle p, \theta\rangle = t\sum_j p_j$ and $f(\theta) = "
            r"f(0) + t$, whose difference is unbounded unless $\sum_j p_j = 1$",
            sp.simplify(along_one) == 0,
        ),
        shown(
            r"$\theta = -te_i$: $\langle p, \theta\rangle = -tp_i$",
            identity(along_unit),
        ),
        argued(
            r"$f(-te_i) \le f(0)$ for $t \ge 0$, so $\langle p, \theta\rangle - f(\theta) \ge "
            r"-tp_i - f(0)$, unbounded if $p_i < 0$",
            "a maximum is monotone in every entry",
        ),
    )


def _climbs(p: Sequence[Fraction]) -> bool:
    """Whether <p, theta> - f(theta) >= rate * distance - f(0) along the ray of the proof."""
    d, excess = len(p), sum(p) - 1
    ray, rate = [1 if excess > 0 else -1] * d, abs(excess)
    if excess == 0:
        i = min(range(d), key=p.__getitem__)
        ray, rate = [-int(k == i) for k in range(d)], -p[i]
    start = rational.discrete([0] * d, COIN).value
    return rate > 0 and all(
        k * dot(p, ray) - rational.discrete([k * x for x in ray], COIN).value >= k * rate - start
        for k in (1, 10, 1000)
    )
