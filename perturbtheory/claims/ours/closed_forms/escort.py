"""Claims of this package: the softmax recovered from Gumbel-Softmax samples, at any temperature."""

from typing import Any

import numpy as np
import sympy as sp
from flint import acb, arb
from scipy import special

from perturbtheory.claims.exhibits.draws import sample_mean
from perturbtheory.claims.exhibits.numbers import LINE, LOGISTIC_LAW
from perturbtheory.claims.exhibits.symbols import U
from perturbtheory.estimate import Estimate
from perturbtheory.ledger import Claim, Outcome, agree, argued, eq, exact, identity, positive, sign
from perturbtheory.perturbations import AbstractPerturbation, Gumbel, Normal
from perturbtheory.routes.symbolic import categories

THETA = np.array([0.5, -0.25, 1.0])
W, T, K, S, Y, OWN, OTHERS, Z = sp.symbols("w t k S y L_i L_{-i} Z_t", positive=True)

escort = Claim(
    "C.escort",
    "this package",
    r"""With Gumbel noise the moments of order $1 + t$ of the Gumbel-Softmax entries at temperature
    $t$ are proportional to $e^{\theta_i}$: $\mathbb E[s_i^{1+t}] = e^{\theta_i} Z_t(\theta)$ with
    $s = \operatorname{softmax}((\theta+\gamma)/t)$, $Z_t(\theta) = \frac{t}{\Gamma(1+t)}
    \int_0^\infty u^{t-1}\prod_{j=1}^d L(u; e^{\theta_j})\,du$ and $L(u; w) = \int_0^\infty
    e^{-y - u(w/y)^{1/t}}\,dy$. They give the softmax back, at every temperature:
    $\operatorname{softmax}(\theta)_i = \mathbb E[s_i^{1+t}] / \sum_j \mathbb E[s_j^{1+t}]$.""",
    assumes=r"""Independent Gumbel coordinates of scale 1, any $d$, any $t > 0$. Under Normal noise
    the same ratios do not give the softmax.""",
    depends_on="A.gumbel-density.corrected",
)


@escort.part(r"$\mathbb E[s_i^{1+t}] = e^{\theta_i} Z_t(\theta)$")
def moments(budget):
    x = (W / Y) ** (1 / T)
    yield exact(
        "integration by parts",
        argued(r"""$s_i = x_i/\sum_j x_j$ with $x_i = (w_i/E_i)^{1/t}$, $w_i = e^{\theta_i}$, $E_i =
            e^{-(\gamma_i + c)}$ exponential with mean $1$ and independent [$P(e^{-(\gamma + c)} >
            y)$ is the Gumbel cdf at $-\log y - c$, $e^{-y}$]"""),
        eq(sp.Integral(U ** (K - 1) * sp.exp(-U * S), (U, 0, sp.oo)) / sp.gamma(K), S**-K),
        r"for $S = \sum_j x_j$, $k = 1 + t$",
        eq(sp.Derivative(sp.exp(-U * x), Y), U / (T * W) * x ** (1 + T) * sp.exp(-U * x)),
        r"because $\frac1y = \frac{x^t}{w}$ for $x = (w/y)^{1/t}$",
        argued(r"""$L(u;w) = \int_0^\infty e^{-y}e^{-ux}\,dy = \frac{u}{tw}\int_0^\infty
            e^{-y}x^{1+t}e^{-ux}\,dy$, that is $\mathbb E[x^{1+t}e^{-ux}] = \frac{wt}{u}L(u;w)$
            [integration by parts in $y$; $e^{-ux}$ is $0$ at $y = 0$ and $e^{-y}$ at infinity]"""),
        eq(
            U**T / sp.gamma(1 + T) * (W * T * OWN / U) * OTHERS,
            W * T / sp.gamma(1 + T) * U ** (T - 1) * OWN * OTHERS,
            r"so that $\mathbb E[s_i^{1+t}] = \int_0^\infty \frac{u^t}{\Gamma(1+t)}\,"
            r"\mathbb E[x_i^{1+t} e^{-ux_i}]\prod_{j\ne i}L(u;w_j)\,du = w_i Z_t$",
        ),
    )
    weights = np.exp(THETA)
    for t in (0.5, 1.0, 2.0):
        found = _sampled(Gumbel(), THETA, t, 4 * budget.samples)
        found = found._replace(value=found.value / weights, radius=found.radius / weights)
        what = r"$\mathbb E[s_i^{1+t}] e^{-\theta_i}$ against quadrature of $Z_t$, $d = 3$"
        yield agree(f"sampling, t = {t:g}", found, _partition(t, weights), what)


def _partition(t: float, weights: np.ndarray) -> Estimate:
    """Z_t by the trapezoidal rule in log u and log y; the radius is what half the nodes change."""
    a, b = np.linspace(-45 / t, 30, 801)[:, None], np.linspace(-50, 5, 441)
    scale = np.exp(a - b / t)
    steps = a[1, 0] - a[0, 0], b[1] - b[0]

    def rule(every: int) -> float:
        density = np.exp(b - np.exp(b))[::every] * steps[1] * every
        some = scale[::every, ::every]
        laplace = [np.exp(-(w ** (1 / t)) * some) @ density for w in weights]
        integrand = np.exp(t * a[::every, 0]) * np.prod(laplace, 0)
        return float(t / special.gamma(1 + t) * integrand.sum() * steps[0] * every)

    fine, coarse = rule(1), rule(2)
    return Estimate(fine, abs(fine - coarse) + 1e-12, "quadrature")


def _sampled(noise: AbstractPerturbation, theta: np.ndarray, t: float, samples: int) -> Estimate:
    """E[s_i^(1+t)] by Monte Carlo."""
    draws = np.asarray(noise.sample(np.random.default_rng(17), (samples, theta.size)), float)
    powers = special.softmax((theta + draws) / t, axis=1) ** (1 + t)
    return sample_mean(powers)


@escort.part(r"$\operatorname{softmax}(\theta)$ from ratios of moments")
def ratios():
    _, i, j, theta = (c := categories())
    one, two = (sp.Integral((x / (3 * U + 1 - U)) ** 2, (U, 0, 1)) for x in (3 * U, 1 - U))
    found = np.array([_ratio(LOGISTIC_LAW, LINE, t) for t in (0.3, 0.5, 1.0, 1.7, 3.0)])
    yield exact(
        "sympy, symbolic d",
        eq(
            sp.exp(theta[i]) * Z / c.sum(sp.exp(theta[j]) * Z),
            sp.exp(theta[i]) / c.sum(sp.exp(theta[j])),
            r"the factor $Z_t(\theta)$ is the same for every $i$",
        ),
    )
    # gamma_1 - gamma_2 has odds u/(1 - u), u uniform.
    yield exact(
        "sympy, d = 2 and t = 1",
        identity(one.doit() - 3 * two.doit()),
        cases=r"$e^D = 3$: $\mathbb E[s_1^2] = 3 \mathbb E[s_2^2]$ without the identity",
    )
    what = r"ratio of moments at $\theta = (1, 0)$, five temperatures"
    yield agree("quadrature, d = 2", found, np.e, what)


def _ratio(law: np.ndarray, x: np.ndarray, t: float) -> float:
    """E[s_1^(1+t)]/E[s_2^(1+t)] at D = 1, the trapezoidal rule over the law of x."""
    one, two = ((special.expit(z / t) ** (1 + t)) @ law for z in (1 + x, -1 - x))
    return float(one / two)


@escort.part("under Normal noise the ratio is not that of the softmax")
def normal_noise(budget):
    ratio = _ratio(np.exp(-(LINE**2) / 4), LINE, 1.0)
    sampled = _sampled(Normal(), np.array([1.0, 0.0]), 1.0, budget.samples)
    (one, two), (r_one, r_two) = np.asarray(sampled.value), np.asarray(sampled.radius)
    case = rf"$\mathbb E[s_1^2]/\mathbb E[s_2^2] = {ratio:.6f} > e$ at $\theta = (1, 0)$, $t = 1$"
    yield exact("ball arithmetic", _normal_balls(), cases=case)
    yield positive("quadrature", ratio - np.e, "ratio $- e$")
    least = sampled._replace(value=(one - r_one) / (two + r_two) - np.e, radius=0.0)
    yield positive("sampling", least, "ratio $- e$")


def _normal_balls() -> Outcome:
    """E[s_1^2] > e E[s_2^2] for gamma_1 - gamma_2 normal with variance 2; beyond 30 is < 1e-90."""

    def moment(side: int) -> Any:
        def integrand(x: Any, _: bool) -> Any:
            return (-x * x / 4).exp() / (1 + (-side * (1 + x)).exp()) ** 2

        return acb.integral(integrand, -30, 30).real

    return sign(moment(1) - arb(1).exp() * moment(-1) + arb(0, "1e-90"))
