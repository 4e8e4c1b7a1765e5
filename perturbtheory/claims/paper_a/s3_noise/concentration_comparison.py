"""Section 3.4, last two sentences: what the two concentration bounds say about each other."""

from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from scipy import integrate, special, stats

from perturbtheory import properties
from perturbtheory.claims.exhibits import tails
from perturbtheory.claims.exhibits.symbols import X, Z
from perturbtheory.estimate import Estimate
from perturbtheory.ledger import (
    Claim,
    argued,
    difference,
    eq,
    exact,
    positive,
    shown,
    sign,
    witness,
)
from perturbtheory.perturbations import AbstractPerturbation, Gumbel, Normal
from perturbtheory.potential import expected_logsumexp

concentration_comparison = Claim(
    "A.concentration-comparison",
    "A, section 3.4, last sentence",
    r""""This strike difference", between the bounds $e^{-t^2/2}$ and $e^{-\min\{\frac{t}{4\sigma},
    \frac{t^2}{32\sigma^2}\}}$, "implies that a faster convergence of Gaussian-Softmax in comparison
    to the Gumbel-Softmax is to be expected": the Gaussian bound is the smaller one, and so is what
    converges; read as: the squared error of an average of entries of the softmax; and as: the tail
    that is bounded, for every $f$ and every $t$.""",
    assumes=r"""The Gaussian bound is read with the $\sigma$ of the second sentence of Theorem 3.1,
    $e^{-t^2/(2\sigma^2)}$, and as printed for large $t$, which is what a rate is about: that the
    printed one lacks its $\sigma$ is A.gaussian-concentration and not counted again. "Implies" has
    two readings, and both are parts: for what is to be averaged, the entries of the softmax, the
    squared error of an average is smaller under Normal noise, for variances as in the paper, which
    holds; or, as the bounds are for every $f$ with gradients up to $\sigma$ and every $t$, the
    smaller bound has the smaller tail, which fails. What training shows is
    A.faster-convergence.""",
)
corrected = concentration_comparison.corrected(
    r"""With its $\sigma$ the Gaussian bound is below the Gumbel bound everywhere:
    $\frac{t^2}{2\sigma^2} > \min\{\frac{t}{4\sigma}, \frac{t^2}{32\sigma^2}\}$ for all $t, \sigma >
    0$. Far out Gumbel's tail is the heavier one for $f = \gamma_1$ and the lighter one for $f =
    -\gamma_1$: as $t \to \infty$ the ratio of $\mathbb P[\gamma_1 \ge t]$ under Normal to that
    under Gumbel noise tends to $0$, that of $\mathbb P[-\gamma_1 \ge t]$ to $\infty$. One of two
    softmax entries strays less under unit Normal than under Gumbel noise, at equal variance not
    always: for $s = \operatorname{softmax}(\gamma)_1$ and $d = 2$, $\mathbb P[s - \frac12 \ge t] =
    \frac12 - t$ under Gumbel noise, which is above $\Phi(-x/\sqrt 2)$, $x = \log\frac{1+2t}{1-2t}$,
    for all $0 < t < \frac12$, but below $\Phi(-x\sqrt 3/\pi)$, the tail under Normal noise of the
    same variance, at $t = \frac14$.""",
    assumes=r"""Normal noise of variance 1 and Gumbel noise of variance $\pi^2/6$, as in the paper,
    unless variances are said to be equal.""",
    depends_on=("A.gaussian-concentration.corrected", "A.gumbel-concentration"),
)


@concentration_comparison.part(r"with its $\sigma$ the Gaussian bound is the smaller one")
@corrected.part("the Gaussian bound is the smaller one")
def bounds():
    t, scale = sp.symbols("t sigma", positive=True)
    gap = sp.Rational(15, 32) * t**2 / scale**2
    margins = [
        properties.gumbel_bound(tails.GRID, sigma) - properties.gaussian_bound(tails.GRID, sigma)
        for sigma in (0.1, 1.0, 10.0)
    ]
    apart = difference(tails.gaussian_exponent(t, scale), t**2 / (32 * scale**2))
    yield exact("sympy", eq(apart, gap, "positive, and the minimum is smaller still"))
    yield positive("engine", np.array(margins), "Gumbel $-$ Gaussian bound", slack=0.0)


@concentration_comparison.part(r"as printed it is the smaller one for $t > \frac{1}{2\sigma}$")
def printed_bounds():
    t, scale = sp.symbols("t sigma", positive=True)
    sigmas = np.array([0.1, 0.5, 1.0, 10.0])
    beyond = 1 / (2 * sigmas) * np.array([[1.01], [2.0], [5.0]])
    gaps = [
        np.log(properties.gumbel_bound(times, sigma))
        - np.log(properties.gaussian_bound_as_printed(times, sigma))
        for times, sigma in zip(beyond.T, sigmas, strict=True)
    ]
    why = r"positive for $t > \frac{1}{2\sigma}$; the minimum is at most $\frac{t}{4\sigma}$"
    yield exact(
        "sympy",
        eq(tails.printed_exponent(t, scale) - t / (4 * scale), t / 2 * (t - 1 / (2 * scale)), why),
    )
    yield positive("engine", np.array(gaps), r"log Gumbel $-$ log printed bound, four $\sigma$")


@concentration_comparison.part("""read of what is averaged: the squared error of an average of
    softmax entries is smaller under Normal noise""")
def smaller_variance(budget):
    # p_i - H_ii - p_i^2 is the variance of an entry: H = E[diag(s) - s s^T].
    points = [np.array(x, float) for x in ((0, 0), (1, 0), (4, 0), (0, 0, 0), (2, 1, 0))]
    gaps = np.concatenate([_variances(Gumbel(), x) - _variances(Normal(), x) for x in points])
    drawn = [_sampled_gap(x, budget.samples) for x in points]
    value, radius = (np.concatenate(a) for a in zip(*drawn, strict=True))
    what = rf"Gumbel $-$ Normal variance of every entry at {len(points)} $\theta$, $d = 2, 3$"
    yield positive("engine, Hessians", gaps, what, slack=1e-9)
    yield positive("sampling", Estimate(value, radius, "monte-carlo", 1 - 1e-6), what)


def _variances(noise: AbstractPerturbation, theta: np.ndarray) -> np.ndarray:
    f = expected_logsumexp(noise, 1.0)
    p = np.asarray(f.probabilities(theta))
    return p - np.diag(np.asarray(f.hessian(theta))) - p**2


def _sampled_gap(theta: np.ndarray, samples: int) -> tuple[np.ndarray, np.ndarray]:
    """The same difference from draws, to five standard errors."""
    value, square = np.zeros(theta.size), np.zeros(theta.size)
    for noise, side in ((Gumbel(), 1), (Normal(), -1)):
        draws = noise.sample(np.random.default_rng(17), (samples, theta.size))
        share = special.softmax(theta + np.asarray(draws, float), axis=1)
        deviation = (share - share.mean(0)) ** 2
        value += side * deviation.mean(0)
        square += deviation.var(0) / samples
    return value, 5 * np.sqrt(square)


@concentration_comparison.part(
    r"read of what is bounded: for every $f$ and $t$ the smaller bound has the smaller tail"
)
def smaller_tail():
    from flint import arb

    half, t = Fraction(1, 2), Fraction(1)
    exponents = tails.gaussian_exponent(t, half), tails.gumbel_exponent(t, half)
    # f >= 1 means gamma_1 <= -2: the tail on the left, where the Gumbel law is thin.
    balls = (-(2 - arb.const_euler()).exp()).exp() - arb(2).sqrt().erfc() / 2
    normal, gumbel = (
        properties.tail(law, 1.0, dimension=1, function="linear", weights=np.array([-0.5]))
        for law in (Normal(), Gumbel())
    )
    radius = np.asarray(normal.radius) + np.asarray(gumbel.radius)
    cases = r"""$\mathbb P[-\gamma_1/2 \ge 1]$ for Gumbel minus Normal noise: $\exp(-e^{2 - c}) -
        \Phi(-2)$"""
    yield exact(
        "ball arithmetic", sign(balls) if exponents[0] > exponents[1] else "unknown", cases=cases
    )
    what = "the same difference of tails"
    yield positive(
        "engine", Estimate(np.asarray(gumbel.value) - normal.value, radius, "quadrature"), what
    )
    told = {
        name: f"tail {float(law.value):.6f}, bound {np.exp(-float(exponent)):.6f}"
        for name, law, exponent in zip(
            ("Normal", "Gumbel"), (normal, gumbel), exponents, strict=True
        )
    }
    yield witness({"d": 1, "f": r"$-\gamma_1/2$", "sigma": str(half), "t": str(t)} | told)


@corrected.part(
    r"$f = \gamma_1$: Gumbel's tail is the heavier in the end; $f = -\gamma_1$: the lighter"
)
def linear_tails():
    rate = sp.exp(-(Z + sp.EulerGamma))
    far = np.array([3.0, 5.0, 8.0])
    above = np.log(-np.expm1(-np.exp(-(far + np.euler_gamma)))) - special.log_ndtr(-far)
    below = special.log_ndtr(-far) + np.exp(far - np.euler_gamma)
    yield exact(
        "limits of ratios",
        eq(sp.Limit(sp.exp(-(Z**2) / 2) / (rate - rate**2 / 2), Z, sp.oo), 0),
        r"""$\mathbb P_N[\gamma_1 \ge z] \le e^{-z^2/2}$ over $\mathbb P_G[\gamma_1 \ge z] \ge y -
            \frac{y^2}{2}$, $y = e^{-(z+c)}$""",
        eq(sp.Limit(sp.exp(-sp.exp(Z - sp.EulerGamma)) / tails.MILLS, Z, sp.oo), 0),
        r"""$\mathbb P_G[-\gamma_1 \ge z] = \exp(-e^{z-c})$ over $\mathbb P_N[-\gamma_1 \ge z] \ge
            \frac{z\varphi(z)}{1+z^2}$""",
    )
    yield positive("scipy", np.concatenate([above, below]), "at $t = 3, 5, 8$")


@corrected.part("a softmax entry strays less under Normal noise of variance 1")
def unit_variance():
    logistic = X - 2 * sp.log(1 + sp.exp(X))
    normal = -(X**2) / 4 - sp.log(2 * sp.sqrt(sp.pi))
    ratio = logistic - normal
    t = np.array([0.01, 0.1, 0.25, 0.4, 0.49])
    start = sp.log(sp.sqrt(sp.pi) / 2)
    yield exact(
        "convex log-ratio of densities",
        argued(r"""$d = 2$, $\theta = 0$: $s - \frac12 \ge t$ means $\gamma_1 - \gamma_2 \ge x$,
            with the logistic law or $N(0, 2)$; $r(x)$ is the logarithm of the ratio of densities
            [definition of the softmax; differences of Gumbel variables are logistic]"""),
        eq(sp.Derivative(ratio, (X, 2)), ((sp.exp(X) - 1) / (sp.exp(X) + 1)) ** 2 / 2),
        r"$r'' = \frac12\tanh^2\frac x2 \ge 0$",
        eq(sp.Subs(sp.Derivative(ratio, X), X, 0), 0, "$r'(0)$"),
        eq(sp.Subs(ratio, X, 0), start, "$r(0)$"),
        shown(r"$\log\frac{\sqrt\pi}{2} < 0$", bool(start < 0)),
        argued(r"""the logistic density is first below and then above the normal one on $x > 0$, so
            the logistic tail minus the normal tail rises from $0$ and then falls to $0$: it is
            positive [$r$ is convex, negative at 0 and unbounded; both tails are $\frac12$ at 0 and
            0 at infinity]"""),
    )
    gaps = [_pair_tail(stats.gumbel_r(), x) - _pair_tail(stats.norm(), x) for x in t]
    what = "Gumbel $-$ Normal tail at five $t$"
    yield positive("quadrature over $\\gamma_1$", np.array(gaps), what, slack=1e-9)


def _pair_tail(law: Any, t: float) -> float:
    """P(softmax(gamma)_1 - 1/2 >= t), d = 2, as the mean of P(gamma_2 <= gamma_1 - x | gamma_1)."""
    x = 2 * np.arctanh(2 * t)
    return integrate.quad(lambda y: law.pdf(y) * law.cdf(y - x), -12, 40, epsabs=1e-12)[0]


@corrected.part("at equal variance a softmax entry strays less under Gumbel noise at $t = 1/4$")
def equal_variance():
    from flint import arb

    ratio = arb(3).log() * arb(3).sqrt() / arb.pi()
    balls = (ratio / arb(2).sqrt()).erfc() / 2 - arb(1) / 4
    yield exact("ball arithmetic", sign(balls), cases=r"$\Phi(-\sqrt 3 \log 3 / \pi) > \frac14$")
    normal = stats.norm(scale=np.pi / np.sqrt(6))
    gap = _pair_tail(normal, 0.25) - _pair_tail(stats.gumbel_r(), 0.25)
    yield positive("quadrature over $\\gamma_1$", gap, "Normal $-$ Gumbel tail", slack=1e-9)
