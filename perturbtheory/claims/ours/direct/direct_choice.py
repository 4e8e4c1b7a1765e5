"""The direct estimator with Gumbel noise: where it points, and which epsilon to choose."""

from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from scipy.optimize import minimize_scalar

from perturbtheory.claims.exhibits.draws import LOGITS, VALUES, average
from perturbtheory.claims.exhibits.numbers import thetas
from perturbtheory.claims.legacy import agree, argued, claim, exact, positive, proof, shown
from perturbtheory.claims.ours.direct.direct_bias import cumulants
from perturbtheory.estimate import Estimate
from perturbtheory.estimators import (
    direct_bias,
    direct_law,
    direct_mean,
    direct_variance,
    exact_gradient,
)
from perturbtheory.ledger import Budget, Part
from perturbtheory.routes.symbolic import identity

WEIGHTS, SCORES, ODDS = (11, 1, 2), (3, 4, 0), 16
"""e^h, f and e^epsilon of three categories whose mean estimate points away from the gradient."""
_DRAWS = (1e4, 1e8, 1e12)


@claim("C.direct-ascends")
def direct_ascends(budget: Budget) -> list[Part]:
    r"""Statement: For epsilon > 0 the value of f at z*(epsilon) is never less than at z*, draw by
    draw and whatever the noise; more generally it never decreases as epsilon grows.

    LaTeX: $f(z^*(\epsilon')) \ge f(z^*(\epsilon))$ for $\epsilon' > \epsilon$, with $z^* = z^*(0)$

    Source: this package

    Assumptions: one and the same noise for both arg maxes, of any law, ties broken in any way; h
    and f any functions of z.

    Computed: the sum of two inequalities; the entries of the joint law that vanish; draws.
    """
    hz, hw, fz, fw, low, high = sp.symbols("x_z x_w f_z f_w e_1 e_2", real=True)
    # z maximises x + e_1 f and w maximises x + e_2 f, x = h + gamma.
    first = (hz + low * fz) - (hw + low * fw)
    second = (hw + high * fw) - (hz + high * fz)
    e = 0.75
    laws = [direct_law(h, VALUES, s * e) for h in thetas(3, budget) for s in (1, -1)]
    forbidden = [VALUES[None, :] < VALUES[:, None], VALUES[None, :] > VALUES[:, None]]
    masses = [law[forbidden[k % 2]].sum() for k, law in enumerate(laws)]

    def rows(gamma: np.ndarray) -> np.ndarray:
        steps = (-e, 0.0, e, 2 * e)
        found = [VALUES[(LOGITS + x * VALUES + gamma).argmax(1)] for x in steps]
        return (np.diff(found, axis=0) < 0).any(0, keepdims=True).T.astype(float)

    drawn = average(rows, (3,), seed=103, samples=budget.samples)
    return [
        Part(
            "f(z*(epsilon)) does not decrease in epsilon",
            (
                proof(
                    "sympy, any noise",
                    "both arg maxes are optimal for their own score",
                    shown(
                        r"with $x = h + \gamma$: $[x_z + \epsilon f_z - x_w - \epsilon f_w] + [x_w "
                        r"+ "
                        r"\epsilon' f_w - x_z - \epsilon' f_z] = (\epsilon' - \epsilon)(f_w - "
                        r"f_z)$",
                        identity(first + second - (high - low) * (fw - fz)),
                    ),
                    argued(
                        r"both brackets are $\ge 0$ for $z = z^*(\epsilon)$, $w = z^*(\epsilon')$",
                        "each maximises its score",
                    ),
                ),
                agree("joint law", "quadrature", masses, 0.0, "mass where f would decrease, K = 3"),
                agree("sampling", "monte-carlo", drawn, [0.0], "share of draws where f decreases"),
            ),
        )
    ]


def _witness() -> tuple[list[Fraction], list[Fraction]]:
    """(gradient, epsilon times the mean) in fractions."""
    a = [Fraction(x) for x in WEIGHTS]
    b = [x * ODDS**f for x, f in zip(a, SCORES, strict=True)]
    q, moved = ([x / sum(v) for x in v] for v in (a, b))
    mean = sum(x * f for x, f in zip(q, SCORES, strict=True))
    gradient = [x * (f - mean) for x, f in zip(q, SCORES, strict=True)]
    return gradient, [y - x for x, y in zip(q, moved, strict=True)]


@claim("C.direct-direction", depends_on=("C.joint-law",))
def direct_direction(_: Budget) -> list[Part]:
    r"""Statement: For two categories the mean of the direct estimator has the sign of the gradient
    at every epsilon. For three it can point the other way. Against f itself, instead of the
    gradient, it never does.

    LaTeX: $\operatorname{sgn} \frac{\sigma(D+\epsilon\delta) - \sigma(D)}{\epsilon} =
    \operatorname{sgn} \sigma'(D)\delta$ for $K = 2$; $\langle f, m_\epsilon\rangle = \frac1\epsilon
    (\mathbb E_{q_\epsilon} f - \mathbb E_q f) \ge 0$ for every $K$; but $\langle
    \operatorname{Cov}_q(f, \cdot), m_\epsilon\rangle < 0$ for some $q$, $f$, $\epsilon$ with $K =
    3$

    Source: this package

    Assumptions: logit coordinates, m_epsilon the mean of the estimate; the direction of a gradient
    step is judged by its inner product with the gradient in these coordinates.

    Computed: signs symbolically; one witness in fractions and by the exact mean; a grid.
    """
    x, e = sp.symbols("D epsilon", real=True)
    slope = sp.diff(1 / (1 + sp.exp(-x)), x) - sp.exp(-x) / (1 + sp.exp(-x)) ** 2
    tilted = sp.symbols("a b", positive=True)
    gap = sp.Symbol("d", real=True)
    # Two categories of any number: (e^(e f_j) - e^(e f_i)) (f_j - f_i) has the sign of e.
    pair = tilted[0] * tilted[1] * (sp.exp(e * gap) - 1) * gap
    gradient, moved = _witness()
    inner = sum(g * m for g, m in zip(gradient, moved, strict=True))
    h, f = np.log(np.array(WEIGHTS, float)), np.array(SCORES, float)
    numeric = exact_gradient(h, f) @ direct_mean(h, f, float(np.log(ODDS)))
    grid = np.array(
        [
            direct_mean(np.array([a, 0.0]), np.array([b, 0.0]), t)[0] * b
            for a in (-3.0, 0.0, 2.0)
            for b in (-4.0, 0.5, 3.0)
            for t in (-2.0, 0.1, 5.0)
        ]
    )
    along = [VALUES @ direct_mean(LOGITS, VALUES, t) for t in (-5.0, -0.5, 0.1, 1.0, 20.0)]
    return [
        Part(
            "K = 2: the sign of the gradient at every epsilon",
            (
                proof(
                    "sympy",
                    "sigma increases strictly",
                    shown(r"$\sigma' = e^{-D}/(1+e^{-D})^2 > 0$", identity(slope)),
                    argued(
                        r"so $[\sigma(D+\epsilon\delta) - \sigma(D)]/\epsilon$ and "
                        r"$\sigma'(D)\delta$ have the sign of $\delta$",
                        "mean value theorem",
                    ),
                ),
                positive("closed form", "quadrature", grid, "mean times f_1 - f_2 on a grid"),
            ),
        ),
        Part(
            "K = 3: an inner product with the gradient that is negative",
            (
                exact("fractions", inner < 0, f"inner product {float(inner):.6f}/epsilon"),
                positive("closed form", "quadrature", -numeric, "minus the inner product"),
            ),
        ),
        Part(
            "the inner product with f is never negative",
            (
                proof(
                    "sympy, any K",
                    "pair by pair",
                    argued(
                        r"$\mathbb E_{q_\epsilon} f - \mathbb E_q f = \sum_{i<j} q_i q_j "
                        r"(e^{\epsilon f_j} - e^{\epsilon f_i})(f_j - f_i) / \sum_k q_k "
                        r"e^{\epsilon f_k}$",
                        "the covariance of f and e^(epsilon f) as a sum over pairs",
                    ),
                    shown(
                        r"$(e^{\epsilon d} - 1)\,d$ is zero at $d = 0$ and has the sign of "
                        r"$\epsilon$ "
                        r"for $d = \pm1$, and with it every term",
                        pair.subs(gap, 0) == 0
                        and all(
                            sp.sign(pair.subs({gap: g, e: t})) == sp.sign(t)
                            for g in (-1, 1)
                            for t in (-2, 3)
                        ),
                    ),
                    argued(r"$e^{\epsilon d} - 1$ has the sign of $\epsilon d$", "exp increases"),
                ),
                positive("closed form", "quadrature", along, "inner product at five epsilon"),
            ),
        ),
    ]


@claim("C.best-epsilon", depends_on=("C.direct-bias", "C.direct-variance", "C.two-sided"))
def best_epsilon(_: Budget) -> list[Part]:
    r"""Statement: With n draws the best epsilon of the direct estimator is of order n^(-1/3) and
    its mean squared error of order n^(-2/3); two-sided n^(-1/5) and n^(-4/5).

    LaTeX: $\epsilon^* \sim \bigl(\frac{C}{2B^2n}\bigr)^{1/3}$ with error $3B^2\epsilon^{*2}$,
    $B = \frac12\lVert\kappa_3\rVert$; two-sided $\epsilon^* \sim
    \bigl(\frac{C}{8B_2^2n}\bigr)^{1/5}$ with error $5B_2^2\epsilon^{*4}$, $B_2 =
    \frac16\lVert\kappa_4\rVert$

    Source: this package

    Assumptions: independent draws; C, kappa_3, kappa_4 as in C.direct-variance, C.direct-bias and
    C.two-sided, none of them zero; the squared error is |bias|^2 plus the trace of the covariance
    over n, in logit coordinates.

    Computed: the minimum of the leading terms symbolically; the minimum of the exact error for
    three n, K = 3, which tends to it.
    """
    b, c, n, e = sp.symbols("B C n epsilon", positive=True)
    one, two = b**2 * e**2 + c / (n * e), b**2 * e**4 + c / (2 * n * e)
    best = (c / (2 * b**2 * n)) ** sp.Rational(1, 3), (c / (8 * b**2 * n)) ** sp.Rational(1, 5)
    least = 3 * b**2 * best[0] ** 2, 5 * b**2 * best[1] ** 4
    forms = [
        [sp.diff(error, e).subs(e, at), error.subs(e, at) - low]
        for error, at, low in zip((one, two), best, least, strict=True)
    ]
    convex = [sp.diff(error, e, 2).is_positive for error in (one, two)]
    third, fourth = cumulants(LOGITS, VALUES)
    q = np.exp(LOGITS) / np.exp(LOGITS).sum()
    spread = np.abs(VALUES[:, None] - VALUES)
    constant = float(2 * (np.outer(q, q) * spread)[np.triu_indices(3, 1)].sum())
    parts = []
    for sided, formula, at, low, size, power in (
        ("one-sided", forms[0], best[0], least[0], np.linalg.norm(third) / 2, "2/3"),
        ("two-sided", forms[1], best[1], least[1], np.linalg.norm(fourth) / 6, "4/5"),
    ):
        ratios = []
        for draws in _DRAWS:
            values: Any = {b: float(size), c: constant, n: draws}
            guess = float(at.subs(values))
            found = _least_error(draws, guess, two_sided=sided == "two-sided")
            ratios.append((found[0] / guess, found[1] / float(low.subs(values))))
        off = np.abs(np.array(ratios) - 1)
        parts.append(
            Part(
                f"{sided}: error of order n^(-{power})",
                (
                    proof(
                        "sympy, leading terms",
                        "bias squared plus variance over n",
                        shown(
                            "the derivative vanishes at the stated $\\epsilon^*$",
                            identity(formula[0]),
                        ),
                        shown("the error there is the stated one", identity(formula[1])),
                        shown("and the error is convex in $\\epsilon$", all(convex)),
                    ),
                    agree(
                        "minimised exactly",
                        "quadrature",
                        Estimate(np.array(ratios[-1]), 0.02, "quadrature"),
                        1.0,
                        "best epsilon and least error at n = 1e12 over their leading terms",
                    ),
                    positive(
                        "minimised exactly, trend",
                        "quadrature",
                        off[:-1, 1] - off[1:, 1],
                        "least error over its leading term comes closer to one, n = 1e4 to 1e12",
                    ),
                ),
            )
        )
    return parts


def _least_error(draws: float, guess: float, *, two_sided: bool) -> tuple[float, float]:
    """(best epsilon, least mean squared error), by minimising the exact error near the guess."""

    def error(log: float) -> float:
        x = float(np.exp(log))
        bias = direct_bias(LOGITS, VALUES, x, two_sided=two_sided)
        return bias @ bias + direct_variance(LOGITS, VALUES, x, two_sided=two_sided).sum() / draws

    ends = np.log(guess) - 1.5, np.log(guess) + 1.5
    found: Any = minimize_scalar(error, bounds=ends, method="bounded", options={"xatol": 1e-8})
    return float(np.exp(found.x)), float(found.fun)
