"""Section 4, footnotes 2 and 3: when the potential and its gradient are finite."""

from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from scipy import stats

from perturbtheory.claims.exhibits.cosets import ATOMS
from perturbtheory.claims.exhibits.numbers import thetas
from perturbtheory.claims.exhibits.sums import for_every_d
from perturbtheory.claims.exhibits.symbols import B, X, Y, Z
from perturbtheory.ledger import Claim, agree, argued, eq, exact, positive, shown, witness
from perturbtheory.routes import enumeration
from perturbtheory.routes.symbolic import categories

N: Any = sp.Symbol("n", positive=True)
PARETO = X**-2
"""A density on [1, infinity)."""
GUMBEL, GAUSS = sp.exp(-Z - sp.exp(-Z)), sp.exp(-(Z**2) / 2) / sp.sqrt(2 * sp.pi)

printed_condition = Claim(
    "A.finite-potential-condition",
    'A, section 4, "f is defined for any random perturbation" with footnotes 2 and 3',
    r"""The potential $f(\theta) = \mathbb E_\gamma[\log\sum_{i=1}^de^{\theta_i+\gamma_i}]$ and its
    gradient are finite for every density with $\lim_{\gamma\to\infty} p(\gamma)\log\bigl(
    \sum_{i=1}^de^{\theta_i+\gamma_i}\bigr) = 0$, such as the Gumbel and the Gaussian density.""",
    assumes=r"""footnote 3 speaks of the gradient alone, footnote 2 asks for finite $f$; a gradient
    of $f$ needs both. At $d = 1$, $\theta = 0$ the potential is the mean of $\gamma$. The Gumbel
    density is the one of A.gumbel-density.corrected.""",
)
true_condition = printed_condition.corrected(
    r"""$f$ is finite at one $\theta$, and then at all, exactly if $\mathbb E|\max_i\gamma_i| <
    \infty$: $\max_i(\theta_i+\gamma_i) \le \log\sum_{i=1}^de^{\theta_i+\gamma_i} \le
    \max_i(\theta_i+\gamma_i)+\log d$ and $\min_i\theta_i \le \max_i(\theta_i+\gamma_i)-
    \max_i\gamma_i \le \max_i\theta_i$. Finite means of all $\gamma_i$ suffice and are not
    necessary. The limit in footnote 3 is neither sufficient nor necessary. The expected softmax
    needs no condition; where $f$ is not finite it is the gradient of $f(\theta)-f(0)$, taken inside
    the expectation.""",
    source="corrects A, section 4, footnotes 2 and 3",
    assumes=r"""any real random vector $\gamma$; finite means that the expectation exists and is not
    $\pm\infty$. The last sentence is C.anchored-potential.""",
)


def blocks(survival: Any, count: int) -> list[Any]:
    """2^k P(2^k < gamma <= 2^(k + 1)), k < count: each at most E[gamma; gamma in the block]."""
    return [2**k * (survival(2**k) - survival(2 ** (k + 1))) for k in range(count)]


@printed_condition.part("the condition makes $f$ finite")
def pareto():
    tail = sp.lambdify(B, sp.integrate(PARETO, (X, B, sp.oo)), "math")
    mean = sp.integrate(PARETO * X, (X, 1, sp.oo))
    condition = sp.limit(PARETO * X, X, sp.oo)
    lower, cauchy = blocks(lambda x: tail(Fraction(x)), 64), blocks(stats.cauchy.sf, 40)
    yield exact(
        "sympy, Pareto density",
        bool(mean.is_finite) if condition == 0 else "unknown",
        cases=rf"density $1/x^2$ for $x \ge 1$, $d = 1$, $\theta = 0$: $p(x)\,x \to {condition}$ "
        rf"and $f(0) = \int x\,p(x)\,dx = {sp.latex(mean)}$; $d$ independent copies: $p(\gamma)\log"
        r"\sum_ie^{\gamma_i} \le (\max+\log d)/\max^2$, and $f \ge \mathbb E[\gamma_1]$",
    )
    # If the mean is finite the blocks have a finite sum, so that their terms tend to zero.
    yield exact(
        "rational, dyadic blocks",
        lower[-1] < lower[0] / 2,
        cases=r"the same law: the blocks $2^kP(2^k < \gamma \le 2^{k+1})$ bound $\mathbb E[\gamma]$"
        f" from below; {lower[0]} for $k = 0$, and still {lower[-1]} for $k = 63$",
    )
    yield positive(
        "scipy's tail, Cauchy noise",
        cauchy[4] / 2 - cauchy[-1],
        "half of the block $k = 4$ minus the block $k = 39$: no sign of a finite sum",
    )
    yield witness(
        {
            "d": 1,
            "density": r"$1/x^2$ for $x \ge 1$",
            "limit of $p(x) x$": int(condition),
            r"$\mathbb E[\gamma; \gamma \le 2^{64}]$": f"at least {sum(lower)}",
            "f(0)": str(mean).replace("oo", "infinity"),
        }
    )


@printed_condition.part(r"$\mathbb E[\operatorname{softmax}(\theta+\gamma)]$ is finite")
def shares_are_finite():
    s = categories()
    x = sp.exp(s.theta[s.j])
    p = enumeration.softmax(np.array([[0.5, -0.25, 1.0]]), ATOMS, 1.0).probabilities
    yield exact(
        "sympy, symbolic d",
        for_every_d(s.sum(x / B), 1, "softmax, $b$ its denominator", where={B: s.sum(x)}),
        shown(r"$e^{x_i} > 0$: no entry is negative", bool(x.is_positive)),
        argued(
            "so every entry lies in $[0, 1]$, and so does its mean under every law of $\\gamma$",
            "monotony of the expectation",
        ),
    )
    yield agree("enumeration", p.sum(1), 1.0, "sum of E softmax, three atoms, $d = 3$")


@printed_condition.part("Gumbel and Gaussian density satisfy the condition, and $f$ is finite")
def named_densities():
    yield exact(
        "sympy, limits",
        *(eq(sp.Limit(density * Z, Z, sp.oo), 0) for density in (GUMBEL, GAUSS)),
        argued(
            r"$\log\sum_ie^{x_i} \le \max_ix_i+\log d$ and $\prod_ip(x_i) \le C\,p(\max_ix_i)$: for"
            r" $d > 1$ the product is at most $C\,p(z)(z+\log d)$ at $z = \max_ix_i$",
            "the densities are bounded",
        ),
    )
    yield agree(
        "trapezoidal rule",
        [_mean(sp.lambdify(Z, density * Z, "numpy")) for density in (GUMBEL, GAUSS)],
        [float(np.euler_gamma), 0.0],
        r"$\int z\,p(z)\,dz$ at $d = 1$: finite, and the known mean",
    )


def _mean(integrand: Any) -> float:
    """Over [-8, 40], far beyond which the two densities are below rounding."""
    nodes = np.linspace(-8.0, 40.0, 2**14 + 1)
    with np.errstate(over="ignore"):
        values = integrand(nodes)
    return float((nodes[1] - nodes[0]) * (values.sum() - (values[0] + values[-1]) / 2))


@true_condition.part(r"$f$ is finite exactly if $\mathbb E|\max_i\gamma_i|$ is")
def between_max_and_max_plus_log_d(budget):
    points = thetas(3, budget)
    value = np.log(np.exp(points).sum(1))
    room = np.stack([value - points.max(1), points.max(1) + np.log(3.0) - value])
    s, top, other = categories(), sp.Symbol("M", real=True), sp.Symbol("N", real=True)
    less = sp.symbols("a b", nonnegative=True)
    gap = sp.expand(top + other - ((top - less[0]) + (other - less[1])))
    yield exact(
        "sympy, symbolic d",
        for_every_d(
            sp.log(s.sum(sp.exp(top))),
            top + sp.log(s.d),
            r"at least $\log\sum_ie^{x_i}$, with $M = \max_ix_i$",
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
            r"the value at the largest $\gamma_i$",
        ),
        argued(
            r"so $f(\theta)$, $\mathbb E\max(\theta+\gamma)$ and $\mathbb E\max\gamma$ differ by "
            r"at most $\max_i|\theta_i|+\log d$: all are finite or none",
            "monotony of the expectation",
        ),
    )
    yield positive("numbers", room, "both margins at $d = 3$")


@true_condition.part("finite means suffice, and are not necessary")
def means():
    # gamma_i = -y with P(gamma_i < -y) = 1/y for y >= 1, independent, d = 2: P(max < -y) = 1/y^2.
    single, pair = (sp.Integral(Y**-k, (Y, 1, sp.oo)) for k in (1, 2))
    sums = [1 + sum(Fraction(1, k * k) for k in range(2, 2**m)) for m in (6, 10)]
    yield exact(
        "sympy, integrals",
        argued(
            r"$|\max_i\gamma_i| \le \sum_i|\gamma_i|$: finite means suffice",
            r"the maximum is one of the $\gamma_i$",
        ),
        shown(
            r"two independent $\gamma_i < -1$ with $P(\gamma_i < -y) = 1/y$: $\mathbb E|\gamma_i| ="
            rf" 1+{sp.latex(single)} = \infty$",
            single.doit() == sp.oo,
        ),
        eq(1 + pair, 2, r"$\mathbb E|\max_i\gamma_i|$, as $P(\max_i\gamma_i < -y) = 1/y^2$"),
    )
    yield exact(
        "rational, unit blocks",
        sums[0] < sums[1] < 2,
        cases=r"the same law: $1+\sum_{k \ge 2}P(\max < -k)$, 62 and 1022 terms, is below $\mathbb "
        "E|\\max|$, and below 2",
    )


@true_condition.part("the printed limit is not necessary")
def spikes():
    # Density n on [n, n + n^-4], n = 1, 2, ..., over zeta(3): p(n) n = n^2 / zeta(3).
    mass, mean = (sp.Sum(term, (N, 1, sp.oo)) for term in (N * N**-4, (N + 1) * N * N**-4))
    height = sp.limit(N * N / sp.zeta(3), N, sp.oo)
    sums = [sum((k + 1) * k * Fraction(1, k**4) for k in range(1, 2**m)) for m in (6, 10)]
    heights = [k * k for k in (1, 10, 100)]
    yield exact(
        "sympy, sums",
        eq(mass / sp.zeta(3), 1, "the mass of the density $n/\\zeta(3)$ on $[n, n+n^{-4}]$, d = 1"),
        shown(
            rf"the mean is at most ${sp.latex(mean)}/\zeta(3) < \infty$",
            bool(mean.doit().is_finite),
        ),
        shown(r"$p(n)\,n = n^2/\zeta(3)$ tends to infinity, not to 0", height == sp.oo),
    )
    yield exact(
        "rational, partial sums",
        sums[0] < sums[1] < 3 and heights[2] > 10 * heights[1] > 100 * heights[0],
        cases=r"63 and 1023 terms of $\sum_n(n+1)n/n^4$ stay below 3, while $\zeta(3)p(n)n$ is "
        f"{', '.join(map(str, heights))} at $n = 1, 10, 100$",
    )
