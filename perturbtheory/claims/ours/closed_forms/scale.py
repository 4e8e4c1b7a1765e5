"""Gumbel and Normal noise of one variance, two categories: what is scale and what is shape."""

from collections.abc import Callable
from typing import Any

import numpy as np
import sympy as sp
from flint import arb
from scipy import special

from perturbtheory.claims.exhibits.symbols import D, X
from perturbtheory.ledger import (
    Claim,
    Outcome,
    agree,
    argued,
    eq,
    every,
    exact,
    positive,
    shown,
    sign,
)
from perturbtheory.perturbations import Gumbel, Normal
from perturbtheory.routes import enclosure

SIGMA: Any = sp.pi / sp.sqrt(6)
"""Standard deviation of Gumbel noise of scale 1."""
S = float(SIGMA)
CROSSING = ("3.164121", "3.164123")
STATIONARY = (("1.2383", "1.2385"), ("4.3072", "4.3074"))
EXTREMES = ("0.0226628", "-0.0045102")

scale_not_shape = Claim(
    "C.scale-not-shape",
    "this package",
    r"""For two categories Gumbel noise and Normal noise of the same variance give nearly the same
    Perturb-Argmax: Normal is a little flatter at 0, they cross once and differ by 0.0227 at most;
    what differs is the tail. With $\sigma = \pi/\sqrt6$ and $D = \theta_1 - \theta_2$:
    $p^G = \frac{1}{1+e^{-D}}$ and $p^N = \Phi(\frac{D}{\sigma\sqrt2})$ have the slopes $\frac14$
    and $\frac{1}{2\sigma\sqrt\pi} = 0.219948$ at $0$; $p^G > p^N$ for $0 < D < D^*$ and $p^G < p^N$
    for $D > D^* = 3.164122$; $\max_{D>0}(p^G - p^N) = 0.0226628$ and $\min_{D>0}(p^G - p^N) =
    -0.0045102$. The $D$ with $1 - p = \epsilon$ is $\log\frac{1-\epsilon}{\epsilon}$ for Gumbel and
    $\sim \frac{2\pi}{\sqrt6}\sqrt{\log\frac1\epsilon}$ for Normal noise as $\epsilon \to 0$.""",
    assumes=r"""$d = 2$; independent coordinates, both laws with mean $0$ and variance
    $\pi^2/6$.""",
    depends_on="A.gaussian-concentration.corrected",
)


@scale_not_shape.part(
    r"$d = 2$: slopes at $0$ are $\tfrac14$ and $\frac{1}{2\sigma\sqrt\pi} = 0.219948$"
)
def slopes():
    normal = 1 / (2 * SIGMA * sp.sqrt(sp.pi))
    gumbel, cdf = 1 / (1 + sp.exp(-D)), (1 + sp.erf(D / (2 * SIGMA))) / 2
    laws = (Gumbel(), Normal(S))
    found = [float(enclosure.weight_over_box(law, 0, 0, digits=15).middle) for law in laws]
    yield exact(
        "sympy",
        eq(sp.Subs(sp.Derivative(gumbel, D), D, 0), sp.Rational(1, 4)),
        eq(sp.Subs(sp.Derivative(cdf, D), D, 0), normal),
        shown("which is $0.219948$ to six digits", bool(abs(normal.n(20) - 0.219948) < 5e-7)),
    )
    yield agree("balls", found, [0.25, float(normal)], r"Hessian at $\theta = 0$")


def _difference(x: arb) -> arb:
    """p^G - p^N at D = x in balls, as the difference of upper tails."""
    return (x * arb(3).sqrt() / (arb.pi() * arb(2).sqrt())).erfc() / 2 - 1 / (1 + x.exp())


def _density_difference(x: arb) -> arb:
    """The derivative of `_difference`."""
    scale = arb(3).sqrt() / arb.pi()
    normal = scale * (-((x * scale) ** 2) / 2).exp() / (2 * arb.pi()).sqrt()
    return 1 / ((1 + x.exp()) * (1 + (-x).exp())) - normal


def _falls(function: Callable[[arb], arb], ends: tuple[str, str]) -> Outcome:
    """Whether the function is positive at the first end and negative at the second."""
    return every([sign(function(arb(ends[0]))), sign(-function(arb(ends[1])))])


def _upper(x: np.ndarray) -> np.ndarray:
    """p^G - p^N as the difference of upper tails."""
    return special.ndtr(-x / (S * np.sqrt(2))) - special.expit(-x)


@scale_not_shape.part("$d = 2$: one crossing, $D^* = 3.164122$")
def crossing():
    ratio = X - 2 * sp.log(1 + sp.exp(X)) + X**2 / (4 * SIGMA**2)
    ratio = ratio + sp.log(2 * SIGMA * sp.sqrt(sp.pi))
    yield exact(
        "convexity of a log-ratio",
        eq(sp.Derivative(ratio, (X, 2)), 3 / sp.pi**2 - 2 / (sp.exp(X / 2) + sp.exp(-X / 2)) ** 2),
        r"$r''$ of the log-ratio $r$ of the logistic density over that of $N(0, 2\sigma^2)$",
        shown(
            r"it increases on $x > 0$ from $\frac{3}{\pi^2} - \frac12 < 0$ to "
            r"$\frac{3}{\pi^2} > 0$",
            bool(sp.pi**2 > 6),
        ),
        eq(sp.Subs(sp.Derivative(ratio, X), X, 0), 0, "$r'(0)$"),
        eq(sp.exp(sp.Subs(ratio, X, 0)), sp.sqrt(sp.pi**3 / 24), "$e^{r(0)}$"),
        shown(r"$r(0) > 0$, for $\pi^3 > 24$", bool(sp.pi**3 > 24)),
        argued(r"""so $r$ falls from a positive value and then rises without bound; it is somewhere
            negative, and changes sign twice [both densities have the mass $\tfrac12$ on $x > 0$, so
            that $r$ cannot be positive throughout]"""),
        argued("""$p^G - p^N$ rises from $0$, falls and rises back to $0$: it has one zero $D^* >
            0$, between its maximum and its minimum [its derivative has the sign of $r$; both
            probabilities tend to $1$]"""),
    )
    low, high = map(float, CROSSING)
    x = np.array([0.5, 2.0, low, high, 4.0, 8.0, 16.0])
    side = np.where(x <= low, 1.0, -1.0)
    case = f"$p^G - p^N$ is positive at ${CROSSING[0]}$ and negative at ${CROSSING[1]}$"
    yield exact("ball arithmetic", _falls(_difference, CROSSING), cases=case)
    what = "$p^G - p^N$ over $1 - p^G$ on both sides"
    yield positive("scipy", side * _upper(x) / special.expit(-x), what)


@scale_not_shape.part("$d = 2$: largest differences $0.0226628$ and $-0.0045102$")
def extremes():
    decided: list[Outcome] = [
        _falls(_density_difference, STATIONARY[0]),
        _falls(lambda x: -_density_difference(x), STATIONARY[1]),
    ]
    for ends, printed in zip(STATIONARY, EXTREMES, strict=True):
        left, right = map(arb, ends)
        middle, whole = (left + right) / 2, left.union(right)
        # The mean value theorem: the value at the stationary point, wherever in the interval.
        value = _difference(middle) + _density_difference(whole) * (whole - middle)
        decided.append(sign(arb("1e-7") - abs(value - arb(printed))))
    yield exact(
        "ball arithmetic",
        every(decided),
        cases=r"stationary at $D$ in $1.2384 \pm 0.0001$ and $4.3073 \pm 0.0001$, and by the shape "
        "nowhere else",
    )
    values = _upper(np.arange(1, 200_001) * 1e-4)
    found = np.array([values.max(), values.min()])
    stated = np.array([float(x) for x in EXTREMES])
    margin = 5e-8 + 1e-9 - abs(found - stated)
    yield positive("scipy, grid", margin, "half a digit, over $D$ up to $20$")


@scale_not_shape.part(
    r"the gap to a probability $\epsilon$: $\log\frac1\epsilon$ against a square root of it"
)
def tails():
    z, small = sp.symbols("z epsilon", positive=True)
    ends = (-(z**2) / 2, -(z**2) / 2 + sp.log(z / (1 + z**2)) - sp.log(2 * sp.pi) / 2)
    yield exact(
        "Mills' ratio",
        argued(r"""$e^{-z^2/2} \ge \epsilon \ge \frac{z\varphi(z)}{1 + z^2}$ for $D = \sigma\sqrt2
            z$ with $1 - \Phi(z) = \epsilon$ under Normal noise [A.gaussian-concentration.corrected,
            first and last part]"""),
        *(
            eq(sp.Limit(-end / (z**2 / 2), z, sp.oo), 1, rf"{word} end of $\log\epsilon$")
            for word, end in zip(("upper", "lower"), ends, strict=True)
        ),
        argued(r"""so $\log\frac1\epsilon \sim \frac{z^2}{2}$ and $D \sim
            \sigma\sqrt2\sqrt{2\log\frac1\epsilon} = \frac{2\pi}{\sqrt6}\sqrt{\log\frac1\epsilon}$
            [between two bounds]"""),
        eq(sp.Limit(sp.log((1 - small) / small) / sp.log(1 / small), small, 0), 1),
        "the gap under Gumbel noise",
    )
    logs = np.log(10.0) * np.array([2.0, 4.0, 10.0, 50.0, 200.0])
    gumbel, normal = logs + np.log1p(-np.exp(-logs)), -S * np.sqrt(2) * special.ndtri_exp(-logs)
    ratios = gumbel / normal
    off = abs(ratios / (np.sqrt(6 * logs) / (2 * np.pi)) - 1)
    margins = np.concatenate([np.diff(ratios), -np.diff(off), [0.01 - off[-1]]])
    some = ", ".join(f"{r:.3f}" for r in ratios[:3])
    what = f"ratios of gaps {some} at 1e-2, 1e-4, 1e-10; 1% from the limit at 1e-200"
    yield positive("scipy", margins, what)
