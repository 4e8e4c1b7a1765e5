"""Section 3.4, last two sentences: what the two concentration bounds say about each other."""

from fractions import Fraction

import numpy as np
import sympy as sp
from scipy import special

from perturbtheory import properties
from perturbtheory.claims.exhibits.symbols import X, Z
from perturbtheory.claims.exhibits.tails import (
    GRID,
    MILLS,
    gaussian_exponent,
    gumbel_exponent,
    printed_exponent,
)
from perturbtheory.estimate import Estimate
from perturbtheory.ledger import Claim, argued, eq, exact, positive, shown, sign, witness
from perturbtheory.perturbations import Gumbel, Normal

concentration_comparison = Claim(
    "A.concentration-comparison",
    "A, section 3.4, last sentence",
    r""""This strike difference", between the bounds $e^{-t^2/2}$ and
    $e^{-\min\{\frac{t}{4\sigma}, \frac{t^2}{32\sigma^2}\}}$, "implies that a faster convergence of
    Gaussian-Softmax in comparison to the Gumbel-Softmax is to be expected"; read as: the printed
    Gaussian bound is the smaller one, and of two noises the one with the smaller bound has the
    smaller tail.""",
    assumes=r"""Both steps are a reading: for every $t > 0$ and $\sigma < 1$, and for every $f$ with
    gradients up to $\sigma$. More charitably, with its $\sigma$ the Gaussian bound is the smaller
    one (see the correction), and an expectation claims nothing about every $f$. What training shows
    is another matter.""",
)
corrected = concentration_comparison.corrected(
    r"""With its $\sigma$ the Gaussian bound is below the Gumbel bound everywhere:
    $\frac{t^2}{2\sigma^2} > \min\{\frac{t}{4\sigma}, \frac{t^2}{32\sigma^2}\}$ for all
    $t, \sigma > 0$. Far out Gumbel's tail is the heavier one for $f = \gamma_1$ and the lighter one
    for $f = -\gamma_1$: as $t \to \infty$ the ratio of $\mathbb P[\gamma_1 \ge t]$ under Normal to
    that under Gumbel noise tends to $0$, that of $\mathbb P[-\gamma_1 \ge t]$ to $\infty$. One of
    two softmax entries strays less under unit Normal than under Gumbel noise, at equal variance not
    always: for $s = \operatorname{softmax}(\gamma)_1$ and $d = 2$,
    $\mathbb P[s - \frac12 \ge t] = \frac12 - t$ under Gumbel noise, which is above
    $\Phi(-x/\sqrt 2)$, $x = \log\frac{1+2t}{1-2t}$, for all $0 < t < \frac12$, but below
    $\Phi(-x\sqrt 3/\pi)$, the tail under Normal noise of the same variance, at $t = \frac14$.""",
    assumes=r"""Normal noise of variance 1 and Gumbel noise of variance $\pi^2/6$, as in the paper,
    unless variances are said to be equal.""",
    depends_on=("A.gaussian-concentration.corrected", "A.gumbel-concentration"),
)


@concentration_comparison.part("the printed Gaussian bound is the smaller one")
def printed_bounds():
    sigma, t = Fraction(1, 8), Fraction(1)
    one, two = printed_exponent(t, sigma), gumbel_exponent(t, sigma)
    gaussian = properties.gaussian_bound_as_printed(np.ones(1), float(sigma))
    gumbel = properties.gumbel_bound(np.ones(1), float(sigma))
    yield exact(
        "rational exponents",
        one > two,
        cases=rf"at $\sigma = {sigma}$, $t = {t}$: exponents {one}, {two}",
    )
    yield positive("engine", gumbel - gaussian, "Gumbel $-$ Gaussian bound")
    yield witness(
        {
            "sigma": str(sigma),
            "t": str(t),
            "Gaussian bound": f"{gaussian[0]:.6f}",
            "Gumbel bound": f"{gumbel[0]:.6f}",
        }
    )


@concentration_comparison.part("the smaller bound has the smaller tail")
def smaller_tail():
    from flint import arb

    half, t = Fraction(1, 2), Fraction(1)
    exponents = printed_exponent(t, half), gumbel_exponent(t, half)
    # f >= 1 means gamma_1 <= -2: the tail on the left, where the Gumbel law is thin.
    balls = (-(2 - arb.const_euler()).exp()).exp() - arb(2).sqrt().erfc() / 2
    normal, gumbel = (
        properties.tail(law, 1.0, dimension=1, function="linear", weights=np.array([-0.5]))
        for law in (Normal(), Gumbel())
    )
    radius = np.asarray(normal.radius) + np.asarray(gumbel.radius)
    yield exact(
        "ball arithmetic",
        sign(balls) if exponents[0] > exponents[1] else "unknown",
        cases=r"$\mathbb P[-\gamma_1/2 \ge 1]$ for Gumbel minus Normal noise: $\exp(-e^{2 - c}) - "
        r"\Phi(-2)$",
    )
    yield positive(
        "engine",
        Estimate(np.asarray(gumbel.value) - normal.value, radius, "quadrature"),
        "the same difference of tails",
    )
    told = {
        name: f"tail {float(law.value):.6f}, bound {np.exp(-float(exponent)):.6f}"
        for name, law, exponent in zip(
            ("Normal", "Gumbel"), (normal, gumbel), exponents, strict=True
        )
    }
    yield witness({"d": 1, "f": r"$-\gamma_1/2$", "sigma": str(half), "t": str(t)} | told)


@corrected.part("the Gaussian bound is the smaller one")
def bounds():
    t, scale = sp.symbols("t sigma", positive=True)
    gap = sp.Rational(15, 32) * t**2 / scale**2
    margins = [
        properties.gumbel_bound(GRID, sigma) - properties.gaussian_bound(GRID, sigma)
        for sigma in (0.1, 1.0, 10.0)
    ]
    yield exact(
        "sympy",
        eq(
            gaussian_exponent(t, scale) - t**2 / (32 * scale**2),
            gap,
            "positive, and the minimum is smaller still",
        ),
    )
    yield positive("engine", np.array(margins), "Gumbel $-$ Gaussian bound", slack=0.0)


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
        eq(
            sp.Limit(sp.exp(-(Z**2) / 2) / (rate - rate**2 / 2), Z, sp.oo),
            0,
            r"$\mathbb P_N[\gamma_1 \ge z] \le e^{-z^2/2}$ over $\mathbb P_G[\gamma_1 \ge z] "
            r"\ge y - \frac{y^2}{2}$, $y = e^{-(z+c)}$",
        ),
        eq(
            sp.Limit(sp.exp(-sp.exp(Z - sp.EulerGamma)) / MILLS, Z, sp.oo),
            0,
            r"$\mathbb P_G[-\gamma_1 \ge z] = \exp(-e^{z-c})$ over $\mathbb P_N[-\gamma_1 "
            r"\ge z] \ge \frac{z\varphi(z)}{1+z^2}$",
        ),
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
        argued(
            r"$d = 2$, $\theta = 0$: $s - \frac12 \ge t$ means $\gamma_1 - \gamma_2 \ge x$, with "
            r"the logistic law or $N(0, 2)$; $r(x)$ is the logarithm of the ratio of densities",
            r"definition of the softmax; differences of Gumbel variables are logistic",
        ),
        eq(
            sp.Derivative(ratio, (X, 2)),
            ((sp.exp(X) - 1) / (sp.exp(X) + 1)) ** 2 / 2,
            r"$r'' = \frac12\tanh^2\frac x2 \ge 0$",
        ),
        eq(sp.Subs(sp.Derivative(ratio, X), X, 0), 0, "$r'(0)$"),
        eq(sp.Subs(ratio, X, 0), start, "$r(0)$"),
        shown(r"$\log\frac{\sqrt\pi}{2} < 0$", bool(start < 0)),
        argued(
            r"the logistic density is first below and then above the normal one on "
            r"$x > 0$, so the logistic tail minus the normal tail rises from $0$ and then "
            r"falls to $0$: it is positive",
            r"$r$ is convex, negative at 0 and unbounded; both tails are $\frac12$ at 0 and 0 at "
            "infinity",
        ),
    )
    yield positive(
        "scipy",
        0.5 - t - special.ndtr(-2 * np.arctanh(2 * t) / np.sqrt(2)),
        "Gumbel $-$ Normal tail at five $t$",
    )


@corrected.part("at equal variance a softmax entry strays less under Gumbel noise at $t = 1/4$")
def equal_variance():
    from flint import arb

    ratio = arb(3).log() * arb(3).sqrt() / arb.pi()
    balls = (ratio / arb(2).sqrt()).erfc() / 2 - arb(1) / 4
    yield exact("ball arithmetic", sign(balls), cases=r"$\Phi(-\sqrt 3 \log 3 / \pi) > \frac14$")
    value = special.ndtr(-np.log(3.0) * np.sqrt(3.0) / np.pi) - 0.25
    yield positive("scipy", value, "Normal $-$ Gumbel tail")
