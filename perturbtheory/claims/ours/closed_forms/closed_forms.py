"""Closed forms of Gumbel-Softmax for two categories, at several temperatures."""

from collections.abc import Callable
from typing import Any

import numpy as np
import sympy as sp
from scipy import special

from perturbtheory.claims.exhibits.numbers import engine, entry
from perturbtheory.claims.legacy import agree, argued, claim, every, proof, shown
from perturbtheory.estimate import Estimate
from perturbtheory.ledger import Budget, Check, Part
from perturbtheory.perturbations import Gumbel
from perturbtheory.potential import expected_logsumexp
from perturbtheory.routes.symbolic import identity

_DIFFERENCES = np.array([0.25, 0.5, 1.0, 2.0, 4.0])


def _j(a: Any, lib: Any = np) -> Any:
    """1/(1 + a) - a log a/(1 + a)^2 + pi sqrt(a) (a - 1)/(2 (1 + a)^2)."""
    square = (1 + a) ** 2
    return 1 / (1 + a) - a * lib.log(a) / square + lib.pi * lib.sqrt(a) * (a - 1) / (2 * square)


def _logistic_average(function: Callable[..., np.ndarray], temperature: float) -> Estimate:
    """E[function(D + L, t)] at every D, L = gamma_1 - gamma_2 logistic: the trapezoidal rule."""
    x = np.linspace(-60.0, 60.0, 4801)
    law = special.expit(x) * special.expit(-x) * (x[1] - x[0])
    values = function(_DIFFERENCES[:, None] + x, temperature)
    fine, coarse = values @ law, 2 * values[:, ::2] @ law[::2]
    return Estimate(fine, abs(fine - coarse) + 1e-13, "quadrature")


def _share(x: np.ndarray, temperature: float) -> np.ndarray:
    """softmax((x, 0)/t)_1."""
    return special.expit(x / temperature)


def _softplus(x: np.ndarray, temperature: float) -> np.ndarray:
    """t log(e^(x/t) + 1)."""
    return temperature * np.logaddexp(x / temperature, 0.0)


def _engine(temperature: float, differences: np.ndarray) -> Estimate:
    points = np.stack([differences, 0 * differences], 1)
    found = engine(expected_logsumexp(Gumbel(), temperature), points, "probabilities")
    return entry(found, np.s_[:, 0])


@claim(
    "C.closed-forms",
    depends_on=("C.smoothing", "A.gumbel-softmax-equals-argmax.corrected"),
)
def closed_forms(_: Budget) -> list[Part]:
    r"""Statement: Gumbel-Softmax of two categories has closed forms: p_t(D) = p_1/t(D/t),
    elementary p_1/2 and p_2, an elementary potential at t = 1 and a series for irrational t.

    LaTeX: With $D = \theta_1 - \theta_2$, $p_t(D) = \mathbb E[s_1]$: $p_t(D) =
    p_{1/t}(D/t)$; $p_{1/2}(D) = 1 - J(e^{2D})$ and $p_2(D) = 1 - J(e^D)$ with $J(a) =
    \frac{1}{1+a} - \frac{a\log a}{(1+a)^2} + \frac{\pi\sqrt a(a-1)}{2(1+a)^2}$; $f_1(\theta) =
    \frac{\theta_1e^{\theta_1} - \theta_2e^{\theta_2}}{e^{\theta_1} - e^{\theta_2}}$; $1 - p_t(D) =
    \sum_{n\ge1}(-1)^{n+1}\bigl[\frac{\pi nt}{\sin\pi nt}e^{-nD} + \frac{\pi n/t}{\sin(\pi n/t)}
    e^{-nD/t}\bigr]$ for $D > 0$ and irrational $t$

    Source: this package

    Assumptions: d = 2; independent zero-mean Gumbel coordinates of scale 1. The partial sums of the
    series are over all exponents up to R, along a sequence of R that keeps a distance from them:
    where fractions come very close to t, two large terms of opposite sign have nearly one exponent.

    Computed: substitutions, partial fractions and residues by sympy; the engine at temperature 2;
    the trapezoidal rule over the logistic law of gamma_1 - gamma_2.
    """
    half, root = (_logistic_average(_share, t) for t in (0.5, np.sqrt(2)))
    two = _engine(2.0, 2 * _DIFFERENCES)
    growth = np.exp(_DIFFERENCES)
    return [
        Part(
            "d = 2: p_t(D) = p_(1/t)(D/t)",
            (_exchange(), agree("engine", "quadrature", two, half, "p_2(2 D) against p_1/2(D)")),
        ),
        Part(
            "d = 2: temperatures 1/2 and 2",
            (
                _partial_fractions(),
                agree(
                    "quadrature, t = 1/2",
                    "quadrature",
                    half,
                    1 - _j(np.exp(2 * _DIFFERENCES)),
                    "p_1/2 at five D",
                ),
                agree(
                    "engine, t = 2",
                    "quadrature",
                    two,
                    1 - _j(np.exp(2 * _DIFFERENCES)),
                    "p_2 at five 2 D",
                ),
            ),
        ),
        Part(
            "d = 2: potential at temperature 1",
            (
                _potential(),
                agree(
                    "quadrature",
                    "quadrature",
                    _logistic_average(_softplus, 1.0),
                    _DIFFERENCES * growth / (growth - 1),
                    "f_1(D, 0) at five D",
                ),
            ),
        ),
        Part(
            "d = 2: series for irrational t",
            (
                _residues(),
                agree("quadrature", "quadrature", entry(root, np.s_[2:]), _series(), "t = sqrt 2"),
            ),
        ),
    ]


def _exchange() -> Check:
    d, t, one, two = sp.symbols("D t L_1 L_2", positive=True)
    return proof(
        "exchange of noises",
        "by C.smoothing p_t(D) is an arg max probability under gamma + t G",
        argued(
            r"$p_t(D) = \mathbb P[L_1 + tL_2 \le D]$ with $L_1, L_2$ independent and logistic",
            "differences of two Gumbel variables of scale 1 are logistic and symmetric",
        ),
        shown(
            r"$L_1 + tL_2 \le D$ means $L_2 + \frac1tL_1 \le \frac Dt$",
            identity((one + t * two - d) / t - (two + one / t - d / t)),
        ),
    )


def _partial_fractions() -> Check:
    a, v = sp.symbols("a v", positive=True)
    integrand = 1 / ((1 + a * v**2) * (1 + v) ** 2)
    square = (1 + a) ** 2
    primitive = (
        2 * a / square * sp.log(1 + v)
        - 1 / ((1 + a) * (1 + v))
        - a / square * sp.log(1 + a * v**2)
        + sp.sqrt(a) * (a - 1) / square * sp.atan(sp.sqrt(a) * v)
    )
    start = primitive.subs(v, 0)
    # log(1 + v)^2 - log(1 + a v^2) tends to -log a.
    end = -a / square * sp.log(a) + sp.pi / 2 * sp.sqrt(a) * (a - 1) / square
    ratio = sp.limit((1 + v) ** 2 / (1 + a * v**2), v, sp.oo)
    u, b = sp.symbols("u b", positive=True)
    odds = u / (1 - u)
    other = 1 / (1 + b * odds**2) - (1 - u) ** 2 / ((1 - u) ** 2 + b * u**2)
    jacobian = sp.diff(odds, u) - (1 + odds) ** 2
    return proof(
        "partial fractions",
        "a = e^(2D) at t = 1/2; t = 2 follows by exchange: p_2(D) = p_1/2(D/2)",
        shown(
            r"With $e^L = v = \frac{u}{1-u}$, $u$ uniform: $1 - s_1 = \frac{1}{1 + av^2}$ and "
            r"$du = \frac{dv}{(1+v)^2}$, so $1 - p_{1/2} = \int_0^\infty \frac{dv}{(1+av^2)"
            r"(1+v)^2}$",
            every(map(identity, (other, jacobian))),
        ),
        shown(
            r"a primitive is $\frac{2a\log(1+v) - a\log(1+av^2)}{(1+a)^2} - \frac{1}{(1+a)(1+v)} + "
            r"\frac{\sqrt a(a-1)\arctan(\sqrt av)}{(1+a)^2}$",
            identity(sp.diff(primitive, v) - integrand),
        ),
        shown(
            r"its ends give $J(a)$, as $\frac{(1+v)^2}{1+av^2} \to \frac1a$",
            every(map(identity, (end - start - _j(a, sp), ratio - 1 / a))),
        ),
    )


def _potential() -> Check:
    one, two = sp.symbols("theta_1 theta_2", real=True)
    d = sp.Symbol("D", positive=True)
    f = (one * sp.exp(one) - two * sp.exp(two)) / (sp.exp(one) - sp.exp(two))
    a = sp.exp(one - two)
    p = a * (a - 1 - (one - two)) / (a - 1) ** 2
    moved = f.subs(one, two + d) - (two + d)
    # a u / ((a - 1) u + 1) has this primitive, for any a > 0 but 1.
    u, b = sp.symbols("u a", positive=True)
    primitive = b / (b - 1) * (u - sp.log((b - 1) * u + 1) / (b - 1))
    mean = primitive.subs(u, 1) - primitive.subs(u, 0) - b * (b - 1 - sp.log(b)) / (b - 1) ** 2
    density = sp.diff(primitive, u) - b * u / (b * u + 1 - u)
    return proof(
        "gradient and limit",
        "f_1 is the function with gradient p and with f_1 - theta_1 -> 0 as theta_1 -> infinity",
        shown(
            r"With $a = e^D$ and $u$ uniform as above: $p_1 = \int_0^1 \frac{au}{au + 1 - u}\,du = "
            r"\frac{a(a - 1 - \log a)}{(a-1)^2}$",
            every(map(identity, (mean, density))),
        ),
        shown(
            r"$\partial f_1/\partial\theta_1 = \frac{e^D(e^D - 1 - D)}{(e^D-1)^2} = p_1$",
            identity(sp.diff(f, one) - p),
        ),
        shown(
            r"$f_1 - \theta_1 = \frac{D}{e^D - 1} \to 0$ for $D \to \infty$",
            identity(moved - d / (sp.exp(d) - 1))
            if sp.limit(d / (sp.exp(d) - 1), d, sp.oo) == 0
            else "fails",
        ),
        argued(
            r"$\mathbb E[\log(e^{\theta_1+\gamma_1} + e^{\theta_2+\gamma_2})] - \theta_1 \to "
            r"\mathbb E[\gamma_1] = 0$",
            "monotone convergence in theta_2 -> -infinity",
        ),
    )


def _residues() -> Check:
    n = sp.Symbol("n", integer=True, positive=True)
    s, t, d, e = sp.symbols("s t D epsilon", positive=True)
    moments = sp.gammasimp(sp.gamma(1 + s) * sp.gamma(1 - s)) - sp.pi * s / sp.sin(sp.pi * s)
    turned = sp.expand_trig(sp.sin(sp.pi * n + sp.pi * e)) - (-1) ** n * sp.sin(sp.pi * e)
    slope = sp.limit(e / sp.sin(sp.pi * e), e, 0)
    # (1/s) (pi s / sin pi s) (pi s t / sin pi s t) e^(-s D) near s = n.
    residue = sp.pi * slope * (-1) ** n * sp.pi * n * t / sp.sin(sp.pi * n * t) * sp.exp(-n * d)
    printed = (-1) ** (n + 1) * sp.pi * n * t / sp.sin(sp.pi * n * t) * sp.exp(-n * d)
    return proof(
        "residues",
        "t irrational, D > 0; poles at n and n/t are simple and apart",
        shown(
            r"$\mathbb E e^{sL} = \Gamma(1+s)\Gamma(1-s) = \frac{\pi s}{\sin\pi s}$ for $|s| < 1$",
            identity(moments),
        ),
        argued(
            r"$\mathbb P[L_1 + tL_2 > D] = \frac{1}{2\pi i}\int_{\Re s = a}\frac{\pi s}{\sin\pi s}"
            r"\frac{\pi st}{\sin\pi st}\frac{e^{-sD}}{s}\,ds$, $0 < a < \min(1, \frac1t)$",
            "inversion of the two-sided Laplace transform; the integrand decays like "
            "|s| e^(-pi (1 + t) |Im s|)",
        ),
        shown(
            r"$\sin\pi(n+\epsilon) = (-1)^n\sin\pi\epsilon$, so minus the residue at $s = n$ is "
            r"$(-1)^{n+1}\frac{\pi nt}{\sin\pi nt}e^{-nD}$; at $s = \frac nt$ exchange the noises",
            identity(-residue - printed) if sp.simplify(turned) == 0 else "fails",
        ),
        argued(
            r"moving the line to $\Re s = R$ leaves a remainder that tends to $0$ along a sequence "
            r"of $R$",
            "some R in every unit interval keeps a fixed distance from all poles, and there the "
            "integral is at most a constant times R e^(-R D)",
        ),
    )


def _series() -> np.ndarray:
    """p_t by 60 terms at t = sqrt 2, for the differences from 1 on."""
    t, n = np.sqrt(2.0), np.arange(1.0, 61.0)
    d = _DIFFERENCES[2:, None]
    sign = (-1) ** (n + 1)
    terms = np.pi * n * t / np.sin(np.pi * n * t) * np.exp(-n * d)
    terms = terms + np.pi * n / t / np.sin(np.pi * n / t) * np.exp(-n * d / t)
    return 1 - terms @ sign
