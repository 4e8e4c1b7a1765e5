"""Closed forms of Gumbel-Softmax for two categories, at several temperatures."""

from collections.abc import Callable
from typing import Any

import numpy as np
import sympy as sp
from scipy import special

from perturbtheory.claims.exhibits.gumbel_law import PAIR, PAIR_INTEGRAL
from perturbtheory.claims.exhibits.numbers import LINE, LOGISTIC_LAW, entry, first_of_two, halved
from perturbtheory.claims.exhibits.symbols import A, U, X
from perturbtheory.estimate import Estimate
from perturbtheory.ledger import Claim, agree, argued, eq, exact
from perturbtheory.perturbations import Gumbel
from perturbtheory.potential import expected_logsumexp

DIFFERENCES = np.array([0.25, 0.5, 1.0, 2.0, 4.0])

closed_forms = Claim(
    "C.closed-forms",
    "this package",
    r"""Gumbel-Softmax of two categories has closed forms. With $D = \theta_1 - \theta_2$,
    $p_t(D) = \mathbb E[s_1]$: $p_t(D) = p_{1/t}(D/t)$; elementary $p_{1/2}(D) = 1 - J(e^{2D})$ and
    $p_2(D) = 1 - J(e^D)$ with $J(a) = \frac{1}{1+a} - \frac{a\log a}{(1+a)^2} +
    \frac{\pi\sqrt a(a-1)}{2(1+a)^2}$; an elementary potential at $t = 1$, $f_1(\theta) =
    \frac{\theta_1e^{\theta_1} - \theta_2e^{\theta_2}}{e^{\theta_1} - e^{\theta_2}}$; and a series
    for irrational $t$ and $D > 0$, $1 - p_t(D) = \sum_{n\ge1}(-1)^{n+1}\bigl[
    \frac{\pi nt}{\sin\pi nt}e^{-nD} + \frac{\pi n/t}{\sin(\pi n/t)} e^{-nD/t}\bigr]$.""",
    assumes=r"""$d = 2$; independent zero-mean Gumbel coordinates of scale 1. The partial sums of
    the series are over all exponents up to $R$, along a sequence of $R$ that keeps a distance from
    them: where fractions come very close to $t$, two large terms of opposite sign have nearly one
    exponent.""",
    depends_on=("C.smoothing", "A.gumbel-softmax-equals-argmax.corrected"),
)


def _j(a: Any, lib: Any = np) -> Any:
    square = (1 + a) ** 2
    return 1 / (1 + a) - a * lib.log(a) / square + lib.pi * lib.sqrt(a) * (a - 1) / (2 * square)


def _logistic_average(function: Callable[[np.ndarray], np.ndarray]) -> Estimate:
    """E[function(D + L)] at every D, L = gamma_1 - gamma_2 logistic: the trapezoidal rule."""
    values = function(DIFFERENCES[:, None] + LINE)
    return halved(values * LOGISTIC_LAW * (LINE[1] - LINE[0]))


def _at_half() -> Estimate:
    """p_1/2 at every D."""
    return _logistic_average(lambda x: special.expit(2 * x))


def _engine_at_two() -> Estimate:
    """p_2 at every 2 D."""
    return first_of_two(expected_logsumexp(Gumbel(), 2.0), 2 * DIFFERENCES)


@closed_forms.part("$d = 2$: $p_t(D) = p_{1/t}(D/t)$")
def exchange():
    logistic = 1 / (1 + sp.exp(-X))
    yield exact(
        "exchange of noises",
        argued(r"""$p_t(D) = \mathbb E\bigl[1/(1 + e^{-(D + L_1)/t})\bigr]$ with $L_1 = \gamma_1 -
            \gamma_2$ logistic [the difference of two Gumbel variables of scale 1]"""),
        eq(sp.Derivative(logistic, X), 1 / ((1 + sp.exp(X)) * (1 + sp.exp(-X)))),
        r"the logistic density, so that $p_t(D) = \mathbb P[tL_2 \le D + L_1]$ with another "
        r"logistic $L_2$",
        argued(r"""$\mathbb P[L_1 + tL_2 \le D] = \mathbb P[L_2 + \frac1tL_1 \le \frac Dt]$, which
            is $p_{1/t}(D/t)$ [$L_1$ is symmetric; division by $t$; both have one law]"""),
    )
    yield agree("engine", _engine_at_two(), _at_half(), r"$p_2(2D)$ against $p_{1/2}(D)$")


@closed_forms.part(r"$d = 2$: temperatures $\tfrac12$ and $2$")
def half_and_two():
    v = sp.Symbol("v", positive=True)
    square, odds = (1 + A) ** 2, U / (1 - U)
    primitive = (
        2 * A / square * sp.log(1 + v)
        - 1 / ((1 + A) * (1 + v))
        - A / square * sp.log(1 + A * v**2)
        + sp.sqrt(A) * (A - 1) / square * sp.atan(sp.sqrt(A) * v)
    )
    end = A / square * sp.log(1 / A) + sp.pi / 2 * sp.sqrt(A) * (A - 1) / square
    yield exact(
        "partial fractions",
        argued(r"""$p_2(D) = p_{1/2}(D/2)$, so $t = \tfrac12$ is left, with $a = e^{2D}$ and $e^{L}
            = v = \frac{u}{1-u}$, $u$ uniform [exchange of noises]"""),
        eq(1 / (1 + A * odds**2), (1 - U) ** 2 / ((1 - U) ** 2 + A * U**2)),
        r"$1 - s_1 = \frac{1}{1 + av^2}$",
        eq(sp.Derivative(odds, U), (1 + odds) ** 2),
        r"so that $1 - p_{1/2} = \int_0^\infty \frac{dv}{(1+av^2)(1+v)^2}$",
        eq(sp.Derivative(primitive, v), 1 / ((1 + A * v**2) * (1 + v) ** 2), "a primitive"),
        eq(sp.Limit((1 + v) ** 2 / (1 + A * v**2), v, sp.oo), 1 / A, "for its upper end"),
        eq(end - primitive.subs(v, 0), _j(A, sp), "its ends give $J(a)$"),
    )
    closed = 1 - _j(np.exp(2 * DIFFERENCES))
    yield agree("quadrature, t = 1/2", _at_half(), closed, "$p_{1/2}$ at five $D$")
    yield agree("engine, t = 2", _engine_at_two(), closed, "$p_2$ at five $2D$")


@closed_forms.part("$d = 2$: potential at temperature $1$")
def potential():
    one, two = sp.symbols("theta_1 theta_2", real=True)
    d = sp.Symbol("D", positive=True)
    f = (one * sp.exp(one) - two * sp.exp(two)) / (sp.exp(one) - sp.exp(two))
    yield exact(
        "gradient and limit",
        eq(PAIR_INTEGRAL, PAIR, "$p_1$ at $a = e^D$, with $u$ uniform as above"),
        eq(sp.Derivative(f, one), PAIR.subs(A, sp.exp(one - two)), "$p_1$ again"),
        eq(f.subs(one, two + d) - (two + d), d / (sp.exp(d) - 1), r"$f_1 - \theta_1$"),
        eq(sp.Limit(d / (sp.exp(d) - 1), d, sp.oo), 0),
        argued(r"""$\mathbb E[\log(e^{\theta_1+\gamma_1} + e^{\theta_2+\gamma_2})] - \theta_1 \to
            \mathbb E[\gamma_1] = 0$, and $f_1$ is the function with this gradient and limit
            [monotone convergence in $\theta_2 \to -\infty$]"""),
    )
    found = _logistic_average(lambda x: np.logaddexp(x, 0.0))
    growth = np.exp(DIFFERENCES)
    yield agree("quadrature", found, DIFFERENCES * growth / (growth - 1), "$f_1(D, 0)$ at five $D$")


@closed_forms.part("$d = 2$: series for irrational $t$")
def series():
    n = sp.Symbol("n", integer=True, positive=True)
    s, t, d, e = sp.symbols("s t D epsilon", positive=True)
    rest = sp.pi * n * t / sp.sin(sp.pi * n * t) * sp.exp(-n * d)
    root = np.sqrt(2.0)
    yield exact(
        "residues",
        eq(sp.gamma(1 + s) * sp.gamma(1 - s), sp.pi * s / sp.sin(sp.pi * s)),
        r"$\mathbb E e^{sL}$ for $|s| < 1$",
        argued(r"""$\mathbb P[L_1 + tL_2 > D] = \frac{1}{2\pi i}\int_{\Re s = a}\frac{\pi s}{\sin\pi
            s}\frac{\pi st}{\sin\pi st}\frac{e^{-sD}}{s}\,ds$, $0 < a < \min(1, \frac1t)$ [inversion
            of the two-sided Laplace transform; the integrand decays like $|s| e^{-\pi (1 + t) |\Im
            s|}$]"""),
        eq(sp.sin(sp.pi * (n + e), evaluate=False), (-1) ** n * sp.sin(sp.pi * e)),
        "the poles at $n$ and $n/t$ are simple and apart",
        eq(
            -sp.Limit(e * sp.pi / ((-1) ** n * sp.sin(sp.pi * e)), e, 0) * rest,
            (-1) ** (n + 1) * rest,
            r"minus the residue at $s = n$; at $s = \frac nt$ exchange the noises",
        ),
        argued(r"""moving the line to $\Re s = R$ leaves a remainder that tends to $0$ along a
            sequence of $R$ [some $R$ in every unit interval keeps a fixed distance from all poles,
            and there the integral is at most a constant times $R e^{-RD}$]"""),
    )
    found = _logistic_average(lambda x: special.expit(x / root))
    yield agree("quadrature", entry(found, np.s_[2:]), _series(root), r"$t = \sqrt 2$")


def _series(t: float) -> np.ndarray:
    """p_t by 60 terms, for the differences from 1 on."""
    n, d = np.arange(1.0, 61.0), DIFFERENCES[2:, None]
    terms = np.pi * n * t / np.sin(np.pi * n * t) * np.exp(-n * d)
    terms = terms + np.pi * n / t / np.sin(np.pi * n / t) * np.exp(-n * d / t)
    return 1 - terms @ (-1) ** (n + 1)
