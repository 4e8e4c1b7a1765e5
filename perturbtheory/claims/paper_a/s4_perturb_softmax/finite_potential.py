"""Section 4, footnotes 2 and 3: when the potential and its gradient are finite."""

from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import sympy as sp
from scipy import special, stats

from perturbtheory.claims.exhibits import cosets, numbers, three_atoms
from perturbtheory.claims.exhibits.sums import for_every_d, probabilities
from perturbtheory.claims.exhibits.symbols import B, X, Y, Z
from perturbtheory.ledger import Claim, agree, argued, eq, exact, positive, shown, witness
from perturbtheory.perturbations import StudentT
from perturbtheory.potential import expected_logsumexp
from perturbtheory.routes import symbolic

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
    depends_on="A.finite-potential-condition.corrected",
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
    $\pm\infty$.""",
    depends_on="C.anchored-potential",
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
    cases = rf"""the same law: the blocks $2^kP(2^k < \gamma \le 2^{{k+1}})$ bound $\mathbb
        E[\gamma]$ from below; {lower[0]} for $k = 0$, and still {lower[-1]} for $k = 63$"""
    yield exact("rational, dyadic blocks", lower[-1] < lower[0] / 2, cases=cases)
    what = "half of the block $k = 4$ minus the block $k = 39$: no sign of a finite sum"
    yield positive("scipy's tail, Cauchy noise", cauchy[4] / 2 - cauchy[-1], what)
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
    p = three_atoms.share(np.array([[0.5, -0.25, 1.0]]))
    yield exact("sympy, symbolic d", *probabilities())
    yield agree("enumeration", p.sum(1), 1.0, "sum of E softmax, three atoms, $d = 3$")


@printed_condition.part("Gumbel and Gaussian density satisfy the condition, and $f$ is finite")
def named_densities():
    yield exact(
        "sympy, limits",
        *(
            eq(sp.Limit(density * Z, Z, end), 0)
            for density in (GUMBEL, GAUSS)
            for end in (sp.oo, -sp.oo)
        ),
        argued(r"""with $\gamma_k = z$ of the largest $|\gamma_i|$,
            $|\log\sum_ie^{\theta_i+\gamma_i}| \le |z|+c$, $c = \max_i|\theta_i|+\log d$, and
            $p(\gamma) \le C\,p(z)$: the product is at most $C\,p(z)(|z|+c)$, which tends to 0 [the
            densities are bounded]"""),
        argued(r"""$f$ is finite: $|\max_i\gamma_i| \le \sum_i|\gamma_i|$, whose means are finite
            [tails of order $e^{-|z|}$ or less; A.finite-potential-condition.corrected]"""),
    )
    yield agree(
        "trapezoidal rule",
        [_mean(sp.lambdify(Z, density * Z, "numpy")) for density in (GUMBEL, GAUSS)],
        [float(np.euler_gamma), 0.0],
        r"$\int z\,p(z)\,dz$ at $d = 1$: finite, and the known mean",
        floor=1.0,
    )


def _mean(integrand: Any) -> float:
    """Over [-8, 40], far beyond which the two densities are below rounding."""
    nodes = np.linspace(-8.0, 40.0, 2**14 + 1)
    with np.errstate(over="ignore"):
        values = integrand(nodes)
    return float((nodes[1] - nodes[0]) * (values.sum() - (values[0] + values[-1]) / 2))


@true_condition.part(r"$f$ is finite exactly if $\mathbb E|\max_i\gamma_i|$ is")
def between_max_and_max_plus_log_d(budget):
    points, noise = numbers.thetas(3, budget), np.array(list(product(cosets.ATOMS, repeat=3)))
    value = np.log(np.exp(points).sum(1))
    room = np.stack([value - points.max(1), points.max(1) + np.log(3.0) - value])
    moved = (points[:, None] + noise).max(2) - noise.max(1)
    ends = [moved - points.min(1)[:, None], points.max(1)[:, None] - moved]
    s, top, other = symbolic.categories(), sp.Symbol("M", real=True), sp.Symbol("N", real=True)
    less = sp.symbols("a b", nonnegative=True)
    gap = sp.expand(top + other - ((top - less[0]) + (other - less[1])))
    yield exact(
        "sympy, symbolic d",
        for_every_d(sp.log(s.sum(sp.exp(top))), top + sp.log(s.d)),
        r"at least $\log\sum_ie^{x_i}$, with $M = \max_ix_i$",
        argued(r"and $\sum_ie^{x_i} \ge e^M$", "one term is equal to it, all are positive"),
        shown(
            r"$\theta_i = \max\theta-a$, $\gamma_i = \max\gamma-b$ with $a, b \ge 0$: $\max\theta+"
            r"\max\gamma-(\theta_i+\gamma_i) = a+b \ge 0$",
            bool(gap.is_nonnegative),
        ),
        argued(r"""so $\max(\theta+\gamma) \le \max\theta+\max\gamma$, and it is at least
            $\min\theta+\max\gamma$ [the value at the largest $\gamma_i$]"""),
        argued(r"""so $f(\theta)$, $\mathbb E\max(\theta+\gamma)$ and $\mathbb E\max\gamma$ differ
            by at most $\max_i|\theta_i|+\log d$: all are finite or none [monotony of the
            expectation]"""),
    )
    yield positive("numbers", room, "margins of log-sum-exp at $d = 3$")
    what = r"margins of $\max(\theta+\gamma)-\max\gamma$, plus $10^{-9}$, at 27 $\gamma$"
    yield positive("numbers, maximum", np.stack(ends) + 1e-9, what)


@true_condition.part("finite means suffice, and are not necessary")
def means():
    # gamma_i = -y with P(gamma_i < -y) = 1/y for y >= 1, independent, d = 2: P(max < -y) = 1/y^2.
    single, pair = (sp.Integral(Y**-k, (Y, 1, sp.oo)) for k in (1, 2))
    sums = [1 + sum(Fraction(1, k * k) for k in range(2, 2**m)) for m in (6, 10)]
    harmonic = sum(Fraction(1, k) for k in range(1, 2**10))
    yield exact(
        "sympy, integrals",
        argued(r"""$|\max_i\gamma_i| \le \sum_i|\gamma_i|$: finite means suffice [the maximum is one
            of the $\gamma_i$]"""),
        shown(
            r"two independent $\gamma_i < -1$ with $P(\gamma_i < -y) = 1/y$: $\mathbb E|\gamma_i| ="
            rf" 1+{sp.latex(single)} = \infty$",
            single.doit() == sp.oo,
        ),
        eq(1 + pair, 2, r"$\mathbb E|\max_i\gamma_i|$, as $P(\max_i\gamma_i < -y) = 1/y^2$"),
    )
    holds = sums[0] < sums[1] < 2 and harmonic > 1 + 10 * Fraction(1, 2)
    cases = r"""the same law: $1+\sum_{k \ge 2}P(\max < -k)$, 62 and 1022 terms, is below $\mathbb
        E|\max|$, and below 2; $\sum_{k \ge 1}P(\gamma_i < -k)$, 1023 terms, exceeds $1+10/2$"""
    yield exact("rational, unit blocks", holds, cases=cases)


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
    holds = sums[0] < sums[1] < 3 and heights[2] > 10 * heights[1] > 100 * heights[0]
    cases = rf"""63 and 1023 terms of $\sum_n(n+1)n/n^4$ stay below 3, while $\zeta(3)p(n)n$ is
        {", ".join(map(str, heights))} at $n = 1, 10, 100$"""
    yield exact("rational, partial sums", holds, cases=cases)


@true_condition.part(
    r"where $f$ is not finite, the expected softmax is the gradient of $f(\theta)-f(0)$"
)
def gradient_without_moments():
    _, i, j, theta = (s := symbolic.categories())
    gamma = cosets.indexed("gamma")
    total, start = (s.sum(sp.exp(x)) for x in (theta[j] + gamma[j], gamma[j]))
    yield exact(
        "sympy, symbolic d",
        for_every_d(
            sp.Derivative(sp.log(total) - sp.log(start), theta[i]),
            sp.exp(theta[i] + gamma[i]) / total,
            "so it lies in $[0, 1]$",
        ),
        argued(r"""and so do the difference quotients: the derivative of the expectation is the
            expected softmax, for every law of $\gamma$ [dominated convergence; the difference is
            bounded, C.anchored-potential]"""),
    )
    # Two Cauchy variables: gamma_1 - gamma_2 is 2 tan of a uniform angle.
    (x, weights), (y, lengths) = map(np.polynomial.legendre.leggauss, (400, 40))
    ends, noise = np.array([-3.0, 0.5, 2.0]), 2 * np.tan(np.pi * x / 2)
    share = special.expit(ends[:, None, None] * (y[:, None] + 1) / 2 + noise) @ weights / 2
    points = np.stack([ends, 0 * ends], 1)
    yield agree(
        "engine, Cauchy noise",
        np.asarray(expected_logsumexp(StudentT(1.0), 1.0).anchored(points)),
        ends * (share @ lengths) / 2,
        r"$f(D, 0)-f(0, 0)$ against the integral of $\mathbb E[\operatorname{softmax}_1]$, $d = 2$",
    )
