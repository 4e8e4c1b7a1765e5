"""Claims of this package: the softmax recovered from Gumbel-Softmax samples, at any temperature."""

from typing import Any

import numpy as np
import sympy as sp
from scipy import special

from perturbtheory.claims.legacy import agree, argued, claim, exact, positive, proof, shown
from perturbtheory.estimate import Estimate
from perturbtheory.ledger import Budget, Check, Outcome, Part
from perturbtheory.perturbations import AbstractPerturbation, Gumbel, Normal
from perturbtheory.routes.symbolic import categories, identity

_THETA = np.array([0.5, -0.25, 1.0])
_TEMPERATURES = (0.5, 1.0, 2.0)
_DEVIATIONS = 5.5
"""Standard errors in a radius: exceeded once in ten million."""


@claim("C.escort", depends_on=("A.gumbel-density.corrected",))
def escort(budget: Budget) -> list[Part]:
    r"""Statement: With Gumbel noise the moments of order 1 + t of the Gumbel-Softmax entries at
    temperature t are proportional to e^theta_i: they give the softmax back, at every temperature.

    LaTeX: $\mathbb E[s_i^{1+t}] = e^{\theta_i} Z_t(\theta)$ with $s =
    \operatorname{softmax}((\theta+\gamma)/t)$, $Z_t(\theta) = \frac{t}{\Gamma(1+t)}\int_0^\infty
    u^{t-1}\prod_{j=1}^d L(u; e^{\theta_j})\,du$ and $L(u; w) = \int_0^\infty
    e^{-y - u(w/y)^{1/t}}\,dy$; hence $\operatorname{softmax}(\theta)_i = \mathbb E[s_i^{1+t}] /
    \sum_j \mathbb E[s_j^{1+t}]$

    Source: this package

    Assumptions: independent Gumbel coordinates of scale 1, any d, any t > 0. Under Normal noise the
    same ratios do not give the softmax.

    Computed: an integration by parts for any t and d; the integral over the logistic law for d = 2;
    Z_t by quadrature against sampled moments for d = 3; the ratio under Normal noise.
    """
    moments = {t: _sampled(Gumbel(), _THETA, t, 4 * budget.samples) for t in _TEMPERATURES}
    weights = np.exp(_THETA)
    return [
        Part(
            "E[s_i^(1+t)] = e^theta_i Z_t(theta)",
            (
                _integration_by_parts(),
                *(
                    agree(
                        f"sampling, t = {t:g}",
                        "monte-carlo",
                        m._replace(value=m.value / weights, radius=m.radius / weights),
                        _partition(t, weights),
                        "E[s_i^(1+t)] e^-theta_i against quadrature of Z_t, d = 3",
                    )
                    for t, m in moments.items()
                ),
            ),
        ),
        Part(
            "softmax(theta) from ratios of moments",
            (_ratio_of_moments(), _two_categories(), _logistic_quadrature()),
        ),
        _normal_noise(budget.samples),
    ]


def _integration_by_parts() -> Check:
    y, u, w, t = sp.symbols("y u w t", positive=True)
    x = (w / y) ** (1 / t)
    slope = sp.diff(sp.exp(-u * x), y) - u / (t * w) * x ** (1 + t) * sp.exp(-u * x)
    k, total = sp.symbols("k S", positive=True)
    gamma = sp.integrate(u ** (k - 1) * sp.exp(-u * total), (u, 0, sp.oo)) / sp.gamma(k)
    # E[x^(1+t) e^(-u x)] = w t L / u, put into the integral with k = 1 + t.
    others, own = sp.symbols("P L", positive=True)
    whole = u**t / sp.gamma(1 + t) * (w * t * own / u) * others
    target = w * t / sp.gamma(1 + t) * u ** (t - 1) * own * others
    return proof(
        "integration by parts",
        "any d and t > 0, with w_i = e^theta_i",
        argued(
            r"$s_i = x_i/\sum_j x_j$ with $x_i = (w_i/E_i)^{1/t}$, $E_i = e^{-(\gamma_i + c)}$ "
            r"exponential with mean $1$ and independent",
            "P(e^-(gamma + c) > y) is the Gumbel cdf at -log y - c, e^-y",
        ),
        shown(
            r"$S^{-k} = \frac{1}{\Gamma(k)}\int_0^\infty u^{k-1}e^{-uS}\,du$ for $S = \sum_j x_j$, "
            r"$k = 1 + t$",
            identity(gamma - total**-k),
        ),
        shown(
            r"$\frac{d}{dy}e^{-ux} = \frac{u}{tw}x^{1+t}e^{-ux}$ for $x = (w/y)^{1/t}$, because "
            r"$\frac1y = \frac{x^t}{w}$",
            identity(slope),
        ),
        argued(
            r"$L(u;w) = \int_0^\infty e^{-y}e^{-ux}\,dy = \frac{u}{tw}\int_0^\infty e^{-y}x^{1+t}"
            r"e^{-ux}\,dy$, that is $\mathbb E[x^{1+t}e^{-ux}] = \frac{wt}{u}L(u;w)$",
            "integration by parts in y; e^(-u x) is 0 at y = 0 and e^-y is 0 at infinity",
        ),
        shown(
            r"$\mathbb E[s_i^{1+t}] = \int_0^\infty \frac{u^t}{\Gamma(1+t)}\,\mathbb E[x_i^{1+t}"
            r"e^{-ux_i}]\prod_{j\ne i}L(u;w_j)\,du = w_i\frac{t}{\Gamma(1+t)}\int_0^\infty u^{t-1}"
            r"\prod_j L(u;w_j)\,du$",
            identity(whole - target),
        ),
    )


def _partition(t: float, weights: np.ndarray) -> Estimate:
    """Z_t by the trapezoidal rule in log u and log y; the radius is what half the nodes change."""
    a, b = np.linspace(-45 / t, 30, 801)[:, None], np.linspace(-50, 5, 441)
    scale = np.exp(a - b / t)
    steps = a[1, 0] - a[0, 0], b[1] - b[0]

    def rule(every: int) -> float:
        density = np.exp(b - np.exp(b))[::every]
        laplace = [
            np.exp(-(w ** (1 / t)) * scale[::every, ::every]) @ density * steps[1] * every
            for w in weights
        ]
        integrand = np.exp(t * a[::every, 0]) * np.prod(laplace, 0)
        return float(t / special.gamma(1 + t) * integrand.sum() * steps[0] * every)

    fine, coarse = rule(1), rule(2)
    return Estimate(fine, abs(fine - coarse) + 1e-12, "quadrature")


def _sampled(noise: AbstractPerturbation, theta: np.ndarray, t: float, samples: int) -> Estimate:
    """E[s_i^(1+t)] by Monte Carlo."""
    draws = np.asarray(noise.sample(np.random.default_rng(17), (samples, theta.size)), float)
    powers = special.softmax((theta + draws) / t, axis=1) ** (1 + t)
    radius = _DEVIATIONS * powers.std(0) / np.sqrt(samples)
    return Estimate(powers.mean(0), radius, "monte-carlo", 1 - 1e-7)


def _ratio_of_moments() -> Check:
    _, i, j, theta = (s := categories())
    z = sp.Symbol("Z", positive=True)
    total = s.sum(sp.exp(theta[j]) * z).doit()
    softmax = sp.exp(theta[i]) / s.sum(sp.exp(theta[j]))
    return proof(
        "sympy, symbolic d",
        "the factor Z_t(theta) is the same for every i",
        shown(
            r"$\frac{e^{\theta_i}Z_t}{\sum_j e^{\theta_j}Z_t} = \operatorname{softmax}(\theta)_i$",
            identity(sp.exp(theta[i]) * z / total - softmax),
        ),
    )


def _two_categories() -> Check:
    """d = 2, t = 1, e^D = 3, without the identity: gamma_1 - gamma_2 has odds u/(1 - u)."""
    u = sp.Symbol("u", positive=True)
    mixed = 3 * u + (1 - u)
    one, two = (sp.integrate((share / mixed) ** 2, (u, 0, 1)) for share in (3 * u, 1 - u))
    return exact(
        "sympy, d = 2 and t = 1",
        identity(one - 3 * two),
        f"e^D = 3, u uniform: E[s_1^2] = {sp.simplify(one)} = 3 E[s_2^2]",
        universal=False,
    )


def _logistic_quadrature() -> Check:
    """Ratios E[s_1^(1+t)]/E[s_2^(1+t)] at D = 1 against e, the trapezoidal rule over the law."""
    x = np.linspace(-60.0, 60.0, 4801)
    law = special.expit(x) * special.expit(-x)
    return agree(
        "quadrature, d = 2",
        "quadrature",
        np.array([_ratio(law, x, t) for t in (0.3, 0.5, 1.0, 1.7, 3.0)]),
        np.e,
        "ratio of moments at theta = (1, 0), five temperatures",
    )


def _ratio(law: np.ndarray, x: np.ndarray, t: float) -> float:
    one, two = ((special.expit(z / t) ** (1 + t)) @ law for z in (1 + x, -1 - x))
    return float(one / two)


def _normal_noise(samples: int) -> Part:
    x = np.linspace(-60.0, 60.0, 4801)
    ratio = _ratio(np.exp(-(x**2) / 4), x, 1.0)
    sampled = _sampled(Normal(), np.array([1.0, 0.0]), 1.0, samples)
    (one, two), (r_one, r_two) = np.asarray(sampled.value), np.asarray(sampled.radius)
    return Part(
        "under Normal noise the ratio is not that of the softmax",
        (
            exact(
                "ball arithmetic",
                _normal_balls(),
                f"E[s_1^2]/E[s_2^2] = {ratio:.6f} > e at theta = (1, 0), t = 1",
                universal=False,
            ),
            positive("quadrature", "quadrature", ratio - np.e, "ratio - e"),
            positive("sampling", "monte-carlo", (one - r_one) / (two + r_two) - np.e, "ratio - e"),
        ),
    )


def _normal_balls() -> Outcome:
    """E[s_1^2] > e E[s_2^2] for gamma_1 - gamma_2 normal with variance 2; beyond 30 is < 1e-90."""
    from flint import acb, arb

    def moment(sign: int) -> Any:
        def integrand(x: Any, _: bool) -> Any:
            return (-x * x / 4).exp() / (1 + (-sign * (1 + x)).exp()) ** 2

        return acb.integral(integrand, -30, 30).real

    gap = moment(1) - arb(1).exp() * moment(-1)
    tail = arb("1e-90")
    return "holds" if gap > tail else "fails" if gap < -tail else "unknown"
