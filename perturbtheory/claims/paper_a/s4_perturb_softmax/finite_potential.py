"""Section 4, footnotes 2 and 3: when the potential and its gradient are finite."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from scipy import stats

from perturbtheory.claims.exhibits.numbers import thetas
from perturbtheory.claims.legacy import agree, argued, claim, exact, positive, proof, shown
from perturbtheory.ledger import Budget, Check, Part
from perturbtheory.routes import enumeration
from perturbtheory.routes.symbolic import categories, identity

X: Any = sp.Symbol("x", positive=True)
PARETO = X**-2
"""A density on [1, infinity)."""
_ATOMS = (-1.0, 0.5, 1.5)


def _survival() -> Callable[[int], Fraction]:
    """P(gamma > x) for the density `PARETO`."""
    start = sp.Symbol("s", positive=True)
    tail = sp.integrate(PARETO, (X, start, sp.oo))
    exactly = sp.lambdify(start, tail, "math")
    return lambda x: exactly(Fraction(x))


def _blocks(survival: Any, count: int) -> list[Any]:
    """2^k P(2^k < gamma <= 2^(k + 1)), k < count: each at most E[gamma; gamma in the block]."""
    return [2**k * (survival(2**k) - survival(2 ** (k + 1))) for k in range(count)]


@claim("A.finite-potential-condition", corrected="A.finite-potential-condition.corrected")
def finite_potential_condition(_: Budget) -> list[Part]:
    r"""Statement: The potential f and its gradient are finite for every density p(gamma) for which
    p(gamma) log sum exp(theta + gamma) tends to 0 as gamma tends to infinity, such as the Gumbel
    and the Gaussian density.

    LaTeX: $\lim_{\gamma\to\infty} p(\gamma)\log\bigl(\sum_{i=1}^d e^{\theta_i+\gamma_i}\bigr) = 0$
    implies that $f(\theta) = \mathbb E_\gamma[\log\sum_{i=1}^de^{\theta_i+\gamma_i}]$ and $\nabla
    f(\theta)$ are finite

    Source: A, section 4, "f is defined for any random perturbation" with footnotes 2 and 3

    Assumptions: footnote 3 speaks of the gradient alone, footnote 2 asks for finite f; a gradient
    of f needs both. At d = 1, theta = 0 the potential is the mean of gamma. The Gumbel density is
    the one of A.gumbel-density.corrected.

    Computed: Pareto noise, symbolically and by exact sums over dyadic blocks; Cauchy noise by
    its tail; the softmax, whose entries need no condition; the two named densities.
    """
    condition = sp.limit(PARETO * X, X, sp.oo)
    mean = sp.integrate(PARETO * X, (X, 1, sp.oo))
    lower = _blocks(_survival(), 64)
    # If the mean is finite the blocks have a finite sum, so that their terms tend to zero.
    shrinks = lower[-1] < lower[0] / 2
    tail = _blocks(stats.cauchy.sf, 40)
    z = sp.Symbol("z", real=True)
    gumbel = sp.exp(-z - sp.exp(-z))
    gauss = sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi)
    limits = [sp.limit(g * z, z, sp.oo) for g in (gumbel, gauss)]
    means = [float(sp.EulerGamma), 0.0]
    return [
        Part(
            "the condition makes f finite",
            (
                exact(
                    "sympy, Pareto density",
                    bool(mean.is_finite) if condition == 0 else "unknown",
                    f"density 1/x^2 for x >= 1, d = 1, theta = 0: p(x) x tends to {condition}, and "
                    f"f(0) = int x p(x) dx = {mean}; d independent copies: p(gamma) log sum exp "
                    "<= (max + log d)/max^2, and f >= E[gamma_1]",
                ),
                exact(
                    "rational, dyadic blocks",
                    shrinks,
                    "the same law: the blocks 2^k P(2^k < gamma <= 2^(k + 1)) bound E[gamma] from "
                    f"below; {lower[0]} for k = 0, and still {lower[-1]} for k = 63",
                ),
                positive(
                    "scipy's tail, Cauchy noise",
                    "quadrature",
                    tail[4] / 2 - tail[-1],
                    "half of the block k = 4 minus the block k = 39: no sign of a finite sum",
                ),
            ),
            {
                "d": 1,
                "density": "1/x^2 for x >= 1",
                "limit of p(x) x": int(condition),
                "E[gamma; gamma <= 2^64]": f"at least {sum(lower)}",
                "f(0)": str(mean).replace("oo", "infinity"),
            },
        ),
        Part(
            "E[softmax(theta + gamma)] is finite",
            (_shares(), _share_sums()),
        ),
        Part(
            "Gumbel and Gaussian density satisfy the condition, and f is finite",
            (
                proof(
                    "sympy, limits",
                    "the two densities",
                    shown(r"$p(z)\,z \to 0$ as $z \to \infty$", limits == [0, 0]),
                    argued(
                        r"$\log\sum_ie^{x_i} \le \max_ix_i+\log d$ and $\prod_ip(x_i) \le C\,"
                        r"p(\max_ix_i)$: for $d > 1$ the product is at most $C\,p(z)(z+\log d)$ "
                        r"at $z = \max_ix_i$",
                        "the densities are bounded",
                    ),
                ),
                agree(
                    "trapezoidal rule",
                    "quadrature",
                    [_trapezoidal(sp.lambdify(z, g * z, "numpy")) for g in (gumbel, gauss)],
                    means,
                    "int z p(z) dz at d = 1: finite, and the known mean",
                ),
            ),
        ),
    ]


def _trapezoidal(integrand: Any) -> float:
    """Over [-8, 40], far beyond which the two densities are below rounding."""
    nodes = np.linspace(-8.0, 40.0, 2**14 + 1)
    with np.errstate(over="ignore"):
        values = integrand(nodes)
    return float((nodes[1] - nodes[0]) * (values.sum() - (values[0] + values[-1]) / 2))


def _shares() -> Check:
    _, i, j, x = (s := categories())
    share = sp.exp(x[j]) / s.sum(sp.exp(x[j]))
    total = s.sum(sp.exp(x[j])) / s.sum(sp.exp(x[j]))
    return proof(
        "sympy, symbolic d",
        "any law of gamma",
        shown(r"$\sum_i\operatorname{softmax}(x)_i = 1$", identity(total - 1)),
        shown(r"$\operatorname{softmax}(x)_i > 0$", bool(sp.exp(x[i]).is_positive and share)),
        argued(
            "so every entry lies in [0, 1], and so does its mean under every law",
            "monotony of the expectation",
        ),
    )


def _share_sums() -> Check:
    p = enumeration.softmax(np.array([[0.5, -0.25, 1.0]]), _ATOMS, 1.0).probabilities
    return agree("enumeration", "quadrature", p.sum(1), 1.0, "sum of E softmax, three atoms, d = 3")


@claim("A.finite-potential-condition.corrected")
def finite_potential_condition_corrected(budget: Budget) -> list[Part]:
    r"""Statement: f is finite at one theta, and then at all, exactly if E|max gamma_i| is finite.
    Finite means of all gamma_i suffice and are not necessary. The limit in footnote 3 is neither
    sufficient nor necessary. The expected softmax needs no condition; where f is not finite it
    is the gradient of f(theta) - f(0), taken inside the expectation.

    LaTeX: $|f(\theta)| < \infty \iff \mathbb E|\max_i\gamma_i| < \infty$, from $\max_i(\theta_i+
    \gamma_i) \le \log\sum_{i=1}^de^{\theta_i+\gamma_i} \le \max_i(\theta_i+\gamma_i)+\log d$ and
    $\min_i\theta_i \le \max_i(\theta_i+\gamma_i)-\max_i\gamma_i \le \max_i\theta_i$

    Source: corrects A, section 4, footnotes 2 and 3

    Assumptions: any real random vector gamma; finite means that the expectation exists and is not
    plus or minus infinity. The last sentence is C.anchored-potential.

    Computed: the bounds for symbolic d and on points; for the two negative statements densities
    with exact integrals.
    """
    points = thetas(3, budget)
    value = np.log(np.exp(points).sum(1))
    room = np.stack([value - points.max(1), points.max(1) + np.log(3.0) - value])
    y, n = sp.symbols("y n", positive=True)
    # gamma_i = -y with P(gamma_i < -y) = 1/y for y >= 1, independent, d = 2: P(max < -y) = 1/y^2.
    both = (1 / y) ** 2
    single = sp.integrate(1 / y, (y, 1, sp.oo))
    pair = 1 + sp.integrate(both, (y, 1, sp.oo))
    partial = [1 + sum(Fraction(1, k * k) for k in range(2, 2**m)) for m in (6, 10)]
    # Density n on [n, n + n^-4], n = 1, 2, ..., over zeta(3): p(n) n = n^2 / zeta(3).
    mass = sp.summation(n * n**-4, (n, 1, sp.oo))
    mean = sp.summation((n + 1) * n * n**-4, (n, 1, sp.oo))
    height = sp.limit(n * n / sp.zeta(3), n, sp.oo)
    sums = [sum((k + 1) * k * Fraction(1, k**4) for k in range(1, 2**m)) for m in (6, 10)]
    heights = [k * k for k in (1, 10, 100)]
    return [
        Part(
            "f is finite exactly if E|max gamma_i| is",
            (
                _between_max_and_max_plus_log_d(),
                positive("numbers", "quadrature", room, "both margins at d = 3"),
            ),
        ),
        Part(
            "finite means suffice, and are not necessary",
            (
                proof(
                    "sympy, integrals",
                    "two independent gamma_i < -1 with P(gamma_i < -y) = 1/y",
                    argued(
                        r"$|\max_i\gamma_i| \le \sum_i|\gamma_i|$: finite means suffice",
                        "the maximum is one of the gamma_i",
                    ),
                    shown(
                        r"$\mathbb E|\gamma_i| = 1+\int_1^\infty\frac{dy}y = \infty$",
                        single == sp.oo,
                    ),
                    shown(
                        r"$\mathbb E|\max_i\gamma_i| = 1+\int_1^\infty\frac{dy}{y^2} = 2$",
                        identity(pair - 2),
                    ),
                ),
                exact(
                    "rational, unit blocks",
                    partial[0] < partial[1] < 2,
                    "the same law: 1 + sum_(k >= 2) P(max < -k) is below E|max|, and below 2",
                    universal=False,
                ),
            ),
        ),
        Part(
            "the printed limit is not necessary",
            (
                proof(
                    "sympy, sums",
                    "d = 1, density n/zeta(3) on [n, n + n^-4], n = 1, 2, ...",
                    shown(
                        r"the mass is $\sum_n n\cdot n^{-4}/\zeta(3) = 1$",
                        identity(mass / sp.zeta(3) - 1),
                    ),
                    shown(
                        r"the mean is at most $\sum_n n(n+1)n^{-4}/\zeta(3) < \infty$",
                        bool(mean.is_finite),
                    ),
                    shown(
                        r"$p(n)\,n = n^2/\zeta(3)$ tends to infinity, not to 0",
                        height == sp.oo,
                    ),
                ),
                exact(
                    "rational, partial sums",
                    sums[0] < sums[1] < 3 and heights[2] > 10 * heights[1] > 100 * heights[0],
                    "63 and 1023 terms of sum (n + 1) n/n^4 stay below 3, while zeta(3) p(n) n is "
                    f"{', '.join(map(str, heights))} at n = 1, 10, 100",
                    universal=False,
                ),
            ),
        ),
    ]


def _between_max_and_max_plus_log_d() -> Check:
    s, top, other = categories(), sp.Symbol("M", real=True), sp.Symbol("N", real=True)
    one, two = sp.symbols("a b", nonnegative=True)
    gap = top + other - ((top - one) + (other - two))
    ceiling = sp.expand_log(sp.log(s.sum(sp.exp(top)).doit()), force=True)
    return proof(
        "sympy, symbolic d",
        "log-sum-exp against the maximum",
        shown(
            r"with $M = \max_ix_i$, $\sum_ie^{x_i} \le d\,e^M$ and $\log(d\,e^M) = M+\log d$",
            identity(ceiling - top - sp.log(s.d)),
        ),
        argued(r"and $\sum_ie^{x_i} \ge e^M$", "one term is equal to it, all are positive"),
        shown(
            r"$\theta_i = \max\theta-a$, $\gamma_i = \max\gamma-b$ with $a, b \ge 0$: $\max\theta+"
            r"\max\gamma-(\theta_i+\gamma_i) = a+b \ge 0$",
            bool(gap.is_nonnegative),
        ),
        argued(
            r"so $\max(\theta+\gamma) \le \max\theta+\max\gamma$, and it is at least "
            r"$\min\theta+\max\gamma$",
            "the value at the largest gamma_i",
        ),
        argued(
            r"so $f(\theta)$, $\mathbb E\max(\theta+\gamma)$ and $\mathbb E\max\gamma$ differ by "
            r"at most $\max_i|\theta_i|+\log d$: all are finite or none",
            "monotony of the expectation",
        ),
    )
