"""Section 3.4, last two sentences: what the two concentration bounds say about each other."""

from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from scipy import special

from perturbtheory import properties
from perturbtheory.claims.exhibits.tails import GRID
from perturbtheory.claims.legacy import argued, claim, every, exact, positive, proof, shown, sign
from perturbtheory.claims.paper_a.s3_noise.concentration import gaussian_exponent, printed_exponent
from perturbtheory.claims.paper_a.s3_noise.gumbel_concentration import gumbel_exponent
from perturbtheory.estimate import Estimate
from perturbtheory.ledger import Budget, Part
from perturbtheory.perturbations import Gumbel, Normal
from perturbtheory.routes.symbolic import identity

_SMALL, _ONE = Fraction(1, 8), Fraction(1)
_WEIGHT = -0.5


def _downward_tails() -> tuple[Estimate, Estimate]:
    """P(f >= 1) for f = -gamma_1 / 2 under Normal and under Gumbel noise, by the engine."""
    options: dict[str, Any] = {"function": "linear", "weights": np.array([_WEIGHT])}
    normal, gumbel = (
        properties.tail(law, 1.0, dimension=1, **options) for law in (Normal(), Gumbel())
    )
    return normal, gumbel


@claim("A.concentration-comparison", corrected="A.concentration-comparison.corrected")
def concentration_comparison(_: Budget) -> list[Part]:
    r"""Statement: The difference between the two bounds implies that a faster convergence of
    Gaussian-Softmax is to be expected; read as: the printed Gaussian bound is the smaller one, and
    of two noises the one with the smaller bound has the smaller tail.

    LaTeX: $e^{-t^2/2}$ against $e^{-\min\{\frac{t}{4\sigma}, \frac{t^2}{32\sigma^2}\}}$: "this
    strike difference implies that a faster convergence of Gaussian-Softmax in comparison to the
    Gumbel-Softmax is to be expected"

    Source: A, section 3.4, last sentence

    Assumptions: both steps are a reading: for every t > 0 and sigma < 1, and for every f with
    gradients up to sigma. More charitably, with its sigma the Gaussian bound is the smaller one
    (see the correction), and an expectation claims nothing about every f. What training shows is
    another matter.

    Computed: both bounds at sigma = 1/8, t = 1; both tails of f = -gamma_1/2, sigma = 1/2, at
    t = 1, in balls and by the engine.
    """
    from flint import arb

    exponents = printed_exponent(_ONE, _SMALL), gumbel_exponent(_ONE, _SMALL)
    floats = (
        properties.gaussian_bound_as_printed(np.ones(1), float(_SMALL)),
        properties.gumbel_bound(np.ones(1), float(_SMALL)),
    )
    half = Fraction(1, 2)
    smaller = printed_exponent(_ONE, half) > gumbel_exponent(_ONE, half)
    # f >= 1 means gamma_1 <= -2: the tail on the left, where the Gumbel law is thin.
    balls = (-(2 - arb.const_euler()).exp()).exp() - arb(2).sqrt().erfc() / 2
    normal, gumbel = _downward_tails()
    radius = np.asarray(normal.radius) + np.asarray(gumbel.radius)
    difference = Estimate(np.asarray(gumbel.value) - normal.value, radius, "quadrature")
    return [
        Part(
            "the printed Gaussian bound is the smaller one",
            (
                exact(
                    "rational exponents",
                    bool(exponents[0] > exponents[1]),
                    f"at sigma = {_SMALL}, t = {_ONE}: exponents {exponents[0]}, {exponents[1]}",
                    universal=False,
                ),
                positive("engine", "quadrature", floats[1] - floats[0], "Gumbel - Gaussian bound"),
            ),
            {
                "sigma": str(_SMALL),
                "t": str(_ONE),
                "Gaussian bound": f"{floats[0][0]:.6f}",
                "Gumbel bound": f"{floats[1][0]:.6f}",
            },
        ),
        Part(
            "the smaller bound has the smaller tail",
            (
                exact(
                    "ball arithmetic",
                    sign(balls) if smaller else "unknown",
                    "P(-gamma_1/2 >= 1) for Gumbel minus Normal noise: exp(-e^(2 - c)) - Phi(-2)",
                    universal=False,
                ),
                positive("engine", "quadrature", difference, "the same difference of tails"),
            ),
            {
                "d": 1,
                "f": "-gamma_1/2",
                "sigma": str(half),
                "t": str(_ONE),
                "Normal": f"tail {float(normal.value):.6f}, bound "
                f"{np.exp(-float(printed_exponent(_ONE, half))):.6f}",
                "Gumbel": f"tail {float(gumbel.value):.6f}, bound "
                f"{np.exp(-float(gumbel_exponent(_ONE, half))):.6f}",
            },
        ),
    ]


@claim(
    "A.concentration-comparison.corrected",
    depends_on=("A.gaussian-concentration.corrected", "A.gumbel-concentration"),
)
def concentration_comparison_corrected(_: Budget) -> list[Part]:
    r"""Statement: With its sigma the Gaussian bound is below the Gumbel bound everywhere. Far out
    Gumbel's tail is the heavier one for f = gamma_1 and the lighter one for f = -gamma_1. One of
    two softmax entries strays less under unit Normal than under Gumbel noise, at equal variance not
    always.

    LaTeX: $\frac{t^2}{2\sigma^2} > \min\{\frac{t}{4\sigma}, \frac{t^2}{32\sigma^2}\}$ for all
    $t, \sigma > 0$. As $t \to \infty$ the ratio of $\mathbb P[\gamma_1 \ge t]$ under Normal to that
    under Gumbel noise tends to $0$, that of $\mathbb P[-\gamma_1 \ge t]$ to $\infty$. For
    $s = \operatorname{softmax}(\gamma)_1$ and $d = 2$:
    $\mathbb P[s - \frac12 \ge t] = \frac12 - t$ under Gumbel noise, which is above
    $\Phi(-x/\sqrt 2)$, $x = \log\frac{1+2t}{1-2t}$, for all $0 < t < \frac12$, but below
    $\Phi(-x\sqrt 3/\pi)$, the tail under Normal noise of the same variance, at $t = \frac14$

    Source: corrects A, section 3.4, last sentence

    Assumptions: Normal noise of variance 1 and Gumbel noise of variance pi^2/6, as in the paper,
    unless variances are said to be equal.

    Computed: the exponents; limits of ratios of tails; the sign of the difference of two densities
    from the convexity of the logarithm of their ratio; balls at t = 1/4.
    """
    return [_bounds(), _linear_tails(), _unit_variance(), _equal_variance()]


def _bounds() -> Part:
    t, scale = sp.symbols("t sigma", positive=True)
    gap = gaussian_exponent(t, scale) - t**2 / (32 * scale**2)
    margins = [
        properties.gumbel_bound(GRID, sigma) - properties.gaussian_bound(GRID, sigma)
        for sigma in (0.1, 1.0, 10.0)
    ]
    return Part(
        "the Gaussian bound is the smaller one",
        (
            exact(
                "sympy",
                bool(sp.simplify(gap).is_positive),
                f"t^2/(2 sigma^2) exceeds t^2/(32 sigma^2), hence the minimum, by {gap}",
            ),
            positive(
                "engine", "quadrature", np.array(margins), "Gumbel - Gaussian bound", slack=0.0
            ),
        ),
    )


def _linear_tails() -> Part:
    t = sp.Symbol("t", positive=True)
    rate = sp.exp(-(t + sp.EulerGamma))
    log_normal = -(t**2) / 2
    up = sp.limit(log_normal - sp.log(rate - rate**2 / 2), t, sp.oo)
    log_mills = log_normal + sp.log(t / (1 + t**2)) - sp.log(2 * sp.pi) / 2
    down = sp.limit(-sp.exp(t - sp.EulerGamma) - log_mills, t, sp.oo)
    far = np.array([3.0, 5.0, 8.0])
    above = np.log(-np.expm1(-np.exp(-(far + np.euler_gamma)))) - special.log_ndtr(-far)
    below = special.log_ndtr(-far) + np.exp(far - np.euler_gamma)
    return Part(
        "f = gamma_1: Gumbel's tail is the heavier in the end; f = -gamma_1: the lighter",
        (
            proof(
                "limits of ratios",
                "both ratios of tails, each with a bound for the other side",
                shown(
                    r"$\mathbb P_N[\gamma_1 \ge t] \le e^{-t^2/2}$ and $\mathbb P_G[\gamma_1 \ge t]"
                    r" \ge y - \frac{y^2}{2}$, $y = e^{-(t+c)}$: the ratio tends to $0$",
                    bool(up == -sp.oo),
                ),
                shown(
                    r"$\mathbb P_G[-\gamma_1 \ge t] = \exp(-e^{t-c})$ and $\mathbb P_N[-\gamma_1 "
                    r"\ge t] \ge \frac{t\phi(t)}{1+t^2}$: the ratio tends to $0$",
                    bool(down == -sp.oo),
                ),
            ),
            positive("scipy", "quadrature", np.concatenate([above, below]), "at t = 3, 5, 8"),
        ),
    )


def _unit_variance() -> Part:
    x = sp.Symbol("x", positive=True)
    logistic = x - 2 * sp.log(1 + sp.exp(x))
    normal = -(x**2) / 4 - sp.log(2 * sp.sqrt(sp.pi))
    ratio = logistic - normal
    bend = sp.diff(ratio, x, 2) - ((sp.exp(x) - 1) / (sp.exp(x) + 1)) ** 2 / 2
    t = np.array([0.01, 0.1, 0.25, 0.4, 0.49])
    start = ratio.subs(x, 0)
    return Part(
        "a softmax entry strays less under Normal noise of variance 1",
        (
            proof(
                "convex log-ratio of densities",
                "d = 2, theta = 0; s - 1/2 >= t means gamma_1 - gamma_2 >= x",
                shown(
                    r"$r(x) = \log$ of the logistic density over that of $N(0, 2)$ has "
                    r"$r'' = \frac12\tanh^2\frac x2 \ge 0$ and $r'(0) = 0$",
                    every(map(identity, (bend, sp.diff(ratio, x).subs(x, 0)))),
                ),
                shown(
                    r"$r(0) = \log\frac{\sqrt\pi}{2} < 0$",
                    bool(sp.simplify(start - sp.log(sp.sqrt(sp.pi) / 2)) == 0 and start < 0),
                ),
                argued(
                    r"the logistic density is first below and then above the normal one on "
                    r"$x > 0$, so the logistic tail minus the normal tail rises from $0$ and then "
                    r"falls to $0$: it is positive",
                    "r is convex, negative at 0 and unbounded; both tails are 1/2 at 0 and 0 at "
                    "infinity",
                ),
            ),
            positive(
                "scipy",
                "quadrature",
                0.5 - t - special.ndtr(-2 * np.arctanh(2 * t) / np.sqrt(2)),
                "Gumbel - Normal tail at five t",
            ),
        ),
    )


def _equal_variance() -> Part:
    from flint import arb

    ratio = arb(3).log() * arb(3).sqrt() / arb.pi()
    balls = (ratio / arb(2).sqrt()).erfc() / 2 - arb(1) / 4
    value = special.ndtr(-np.log(3.0) * np.sqrt(3.0) / np.pi) - 0.25
    return Part(
        "at equal variance a softmax entry strays less under Gumbel noise at t = 1/4",
        (
            exact(
                "ball arithmetic",
                sign(balls),
                "Phi(-sqrt 3 log 3 / pi) > 1/4",
                universal=False,
            ),
            positive("scipy", "quadrature", value, "Normal - Gumbel tail"),
        ),
    )
