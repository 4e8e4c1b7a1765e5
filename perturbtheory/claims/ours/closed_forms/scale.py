"""Gumbel and Normal noise of one variance, two categories: what is scale and what is shape."""

from collections.abc import Callable
from typing import Any

import numpy as np
import sympy as sp
from scipy import special

from perturbtheory.claims.legacy import (
    agree,
    argued,
    claim,
    every,
    exact,
    positive,
    proof,
    shown,
    sign,
)
from perturbtheory.ledger import Budget, Check, Outcome, Part
from perturbtheory.perturbations import Gumbel, Normal
from perturbtheory.routes import enclosure
from perturbtheory.routes.symbolic import identity

SIGMA = float(np.pi / np.sqrt(6))
"""Standard deviation of Gumbel noise of scale 1."""
_CROSSING = ("3.164121", "3.164123")
_STATIONARY = (("1.2383", "1.2385"), ("4.3072", "4.3074"))
_EXTREMES = ("0.0226628", "-0.0045102")


@claim("C.scale-not-shape", depends_on=("A.gaussian-concentration.corrected",))
def scale_not_shape(_: Budget) -> list[Part]:
    r"""Statement: For two categories Gumbel noise and Normal noise of the same variance give nearly
    the same Perturb-Argmax: Normal is a little flatter at 0, they cross once, at D = 3.164122, and
    differ by 0.0227 at most; what differs is the tail.

    LaTeX: With $\sigma = \pi/\sqrt6$ and $D = \theta_1 - \theta_2$: $p^G = \frac{1}{1+e^{-D}}$ and
    $p^N = \Phi(\frac{D}{\sigma\sqrt2})$ have the slopes $\frac14$ and
    $\frac{1}{2\sigma\sqrt\pi} = 0.219948$ at $0$; $p^G > p^N$ for $0 < D < D^*$ and $p^G < p^N$ for
    $D > D^* = 3.164122$; $\max_{D>0}(p^G - p^N) = 0.0226628$ and $\min_{D>0}(p^G - p^N) =
    -0.0045102$. The $D$ with $1 - p = \epsilon$ is $\log\frac{1-\epsilon}{\epsilon}$ for Gumbel and
    $\sim \frac{2\pi}{\sqrt6}\sqrt{\log\frac1\epsilon}$ for Normal noise as $\epsilon \to 0$

    Source: this package

    Assumptions: d = 2; independent coordinates, both laws with mean 0 and variance pi^2/6.

    Computed: the sign of a second derivative for the shape of the difference; sign changes and
    values in balls, and by scipy; Mills' ratio.
    """
    return [_slopes(), _crossing(), _extremes(), _tails()]


def _slopes() -> Part:
    d, sigma = sp.Symbol("D", real=True), sp.pi / sp.sqrt(6)
    gumbel = sp.diff(1 / (1 + sp.exp(-d)), d).subs(d, 0)
    normal = sp.diff((1 + sp.erf(d / (2 * sigma))) / 2, d).subs(d, 0)
    found = [
        float(enclosure.weight_over_box(law, 0, 0, digits=15).middle)
        for law in (Gumbel(), Normal(SIGMA))
    ]
    return Part(
        "d = 2: slopes at 0 are 1/4 and 1/(2 sigma sqrt pi) = 0.219948",
        (
            exact(
                "sympy",
                bool(
                    gumbel == sp.Rational(1, 4)
                    and sp.simplify(normal - 1 / (2 * sigma * sp.sqrt(sp.pi))) == 0
                    and abs(sp.N(normal, 20) - sp.Float("0.219948", 20)) < 5e-7
                ),
                f"ratio pi^(3/2)/(2 sqrt 6) = {float(gumbel / normal):.5f}",
            ),
            agree("balls", "certificate", found, [0.25, float(normal)], "Hessian at theta = 0"),
        ),
    )


def _difference(x: Any) -> Any:
    """p^G - p^N at D = x in balls, as the difference of upper tails."""
    from flint import arb

    return (x * arb(3).sqrt() / (arb.pi() * arb(2).sqrt())).erfc() / 2 - 1 / (1 + x.exp())


def _density_difference(x: Any) -> Any:
    """The derivative of `_difference`."""
    from flint import arb

    scale = arb(3).sqrt() / arb.pi()
    normal = scale * (-((x * scale) ** 2) / 2).exp() / (2 * arb.pi()).sqrt()
    return 1 / ((1 + x.exp()) * (1 + (-x).exp())) - normal


def _decimal(text: str) -> Any:
    from flint import arb

    return arb(text)


def _falls(function: Callable[[Any], Any], ends: tuple[str, str]) -> tuple[Outcome, Outcome]:
    """Whether the function is positive at the first end and negative at the second."""
    return sign(function(_decimal(ends[0]))), sign(-function(_decimal(ends[1])))


def _shape() -> Check:
    x, sigma = sp.Symbol("x", positive=True), sp.pi / sp.sqrt(6)
    ratio = x - 2 * sp.log(1 + sp.exp(x)) + x**2 / (4 * sigma**2)
    ratio = ratio + sp.log(2 * sigma * sp.sqrt(sp.pi))
    bend = sp.diff(ratio, x, 2) - (3 / sp.pi**2 - sp.Rational(1, 2) / sp.cosh(x / 2) ** 2)
    return proof(
        "convexity of a log-ratio",
        "r = log of the logistic density over that of N(0, 2 sigma^2), on x > 0",
        shown(
            r"$r'' = \frac{3}{\pi^2} - \frac{1}{2\cosh^2(x/2)}$, increasing from "
            r"$\frac{3}{\pi^2} - \frac12 < 0$ to $\frac{3}{\pi^2} > 0$",
            identity(bend.rewrite(sp.exp)) if bool(sp.pi**2 > 6) else "fails",
        ),
        shown(
            r"$r'(0) = 0$ and $r(0) = \log\frac{\pi^{3/2}}{2\sqrt6} > 0$",
            bool(
                sp.diff(ratio, x).subs(x, 0) == 0
                and sp.simplify(
                    sp.exp(ratio.subs(x, 0)) - sp.pi ** sp.Rational(3, 2) / 2 / sp.sqrt(6)
                )
                == 0
                and sp.pi**3 > 24
            ),
        ),
        argued(
            r"so $r$ falls from a positive value and then rises without bound; it is somewhere "
            r"negative, and changes sign twice",
            "both densities have the mass 1/2 on x > 0, so that r cannot be positive throughout",
        ),
        argued(
            r"$p^G - p^N$ rises from $0$, falls and rises back to $0$: it has one zero $D^* > 0$, "
            r"between its maximum and its minimum",
            "its derivative has the sign of r; both probabilities tend to 1",
        ),
    )


def _crossing() -> Part:
    low, high = map(float, _CROSSING)
    x = np.array([0.5, 2.0, low, high, 4.0, 8.0, 16.0])
    upper = special.ndtr(-x / (SIGMA * np.sqrt(2))) - special.expit(-x)
    side = np.where(x <= low, 1.0, -1.0)
    return Part(
        "d = 2: one crossing, D* = 3.164122",
        (
            _shape(),
            exact(
                "ball arithmetic",
                every(_falls(_difference, _CROSSING)),
                "p^G - p^N is positive at 3.164121 and negative at 3.164123",
                universal=False,
            ),
            positive(
                "scipy",
                "quadrature",
                side * upper / special.expit(-x),
                "p^G - p^N over 1 - p^G on both sides",
            ),
        ),
    )


def _extremes() -> Part:
    grid = np.arange(1, 4_001) * 0.005
    values = special.ndtr(-grid / (SIGMA * np.sqrt(2))) - special.expit(-grid)
    stationary = (
        *_falls(_density_difference, _STATIONARY[0]),
        *_falls(lambda x: -_density_difference(x), _STATIONARY[1]),
    )
    close = []
    for ends, printed in zip(_STATIONARY, _EXTREMES, strict=True):
        left, right = map(_decimal, ends)
        middle, whole = (left + right) / 2, left.union(right)
        # The mean value theorem: the value at the stationary point, wherever in the interval.
        value = _difference(middle) + _density_difference(whole) * (whole - middle)
        close.append(sign(_decimal("1e-7") - abs(value - _decimal(printed))))
    return Part(
        "d = 2: largest differences 0.0226628 and -0.0045102",
        (
            exact(
                "ball arithmetic",
                every((*stationary, *close)),
                "stationary at D in 1.2384 +- 0.0001 and 4.3073 +- 0.0001, and by the shape "
                "nowhere else",
                universal=False,
            ),
            agree(
                "scipy, grid",
                "quadrature",
                np.array([values.max(), values.min()]),
                np.array([float(x) for x in _EXTREMES]),
                "extremes over D up to 20",
                slack=1e-6,
            ),
        ),
    )


def _tails() -> Part:
    z = sp.Symbol("z", positive=True)
    high, low = -(z**2) / 2, -(z**2) / 2 + sp.log(z / (1 + z**2)) - sp.log(2 * sp.pi) / 2
    limits = [sp.limit(-bound / (z**2 / 2), z, sp.oo) for bound in (high, low)]
    small = sp.Symbol("epsilon", positive=True)
    odds = sp.limit(sp.log((1 - small) / small) / sp.log(1 / small), small, 0, "+")
    logs = np.log(10.0) * np.array([2.0, 4.0, 10.0, 50.0, 200.0])
    gumbel = logs + np.log1p(-np.exp(-logs))
    normal = -SIGMA * np.sqrt(2) * special.ndtri_exp(-logs)
    ratios = gumbel / normal
    off = abs(ratios / (np.sqrt(6 * logs) / (2 * np.pi)) - 1)
    return Part(
        "the gap to a probability epsilon: log(1/epsilon) against a square root of it",
        (
            proof(
                "Mills' ratio",
                "D = sigma sqrt 2 z with P(gamma_1 >= z) = epsilon under Normal noise",
                argued(
                    r"$e^{-z^2/2} \ge \epsilon \ge \frac{z\varphi(z)}{1 + z^2}$",
                    "A.gaussian-concentration.corrected, first and last part",
                ),
                shown(
                    r"both ends give $\log\frac1\epsilon \sim \frac{z^2}{2}$, so $D \sim "
                    r"\sigma\sqrt2\sqrt{2\log\frac1\epsilon} = \frac{2\pi}{\sqrt6}"
                    r"\sqrt{\log\frac1\epsilon}$",
                    limits == [1, 1],
                ),
                shown(
                    r"$\log\frac{1-\epsilon}{\epsilon} \sim \log\frac1\epsilon$ under Gumbel noise",
                    bool(odds == 1),
                ),
            ),
            positive(
                "scipy",
                "quadrature",
                np.concatenate([np.diff(ratios), -np.diff(off), [0.01 - off[-1]]]),
                "ratios of gaps " + ", ".join(f"{r:.3f}" for r in ratios[:3]) + " at 1e-2, 1e-4, "
                "1e-10; 1% from the limit at 1e-200",
            ),
        ),
    )
