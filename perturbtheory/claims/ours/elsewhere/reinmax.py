r"""ReinMax, an estimator of the gradient of $\mathbb E[f(z)]$: for which $f$ it has no bias."""

from collections.abc import Callable
from typing import Any

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits.numbers import gumbel_argmax
from perturbtheory.claims.exhibits.symbols import A, B, X
from perturbtheory.ledger import Claim, agree, argued, eq, exact, positive, shown

Function = Callable[[Any], Any]
TEMPERATURES = (1.1, 1.3, 1.5)
"""Of the ListOps and MNIST examples of its authors."""
THETAS = (np.array([0.9, -0.4]), np.array([-1.2, 0.3]), np.array([0.3, 1.1, -0.6]))

reinmax = Claim(
    "C.reinmax",
    "this package, on Liu, Dong, Liu, Yu and Gao, NeurIPS 2023: second-order accuracy",
    r"""At temperature 1 the mean of ReinMax is the gradient of $\mathbb E[f(z)]$ with each
    difference $f(e_k)-f(e_i)$ replaced by the trapezoidal rule for the integral of $\langle\nabla
    f, e_k-e_i\rangle$ over the edge: $\mathbb E[g]_k = p_k\sum_ip_i\langle\tfrac12(\nabla f(e_i)+
    \nabla f(e_k)), e_k-e_i\rangle$. So it has no bias for every quadratic $f$, and has one for a
    cubic $f$: for $d = 2$ it is $\tfrac1{12}h'''p_1p_2$ in the first coordinate, $h(s) =
    f(s, 1-s)$. At a temperature $\tau > 1$ it has a bias even for linear $f$: for $d = 2$ the
    mean is longer than the gradient unless $p_1 = p_2$ or the gradient is zero, as at the
    temperatures 1.1, 1.3 and 1.5 of its authors' examples.""",
    assumes=r"""Theirs is, in their code, with $z \sim p = \operatorname{softmax}(\theta)$ one-hot,
    $J(\pi) = \operatorname{diag}\pi-\pi\pi^\top$ and $\pi = \tfrac12(\operatorname{softmax}(\theta/
    \tau)+z)$: $g = 2J(\pi)\nabla f(z) - \tfrac12J(p)\nabla f(z)$. $f$ is differentiable around the
    simplex; its code asks for $\tau \ge 1$.""",
)


def jacobian(p: Any) -> Any:
    """J(p) = diag p - p p^T of a sympy column."""
    return sp.diag(*p) - p * p.T


def estimate(p: Any, q: Any, z: Any, slope: Any) -> Any:
    """ReinMax at z for the gradient `slope` of f there, q = softmax(theta/tau)."""
    return 2 * jacobian((q + z) / 2) * slope - jacobian(p) * slope / 2


def simplex(d: int) -> Any:
    """Probabilities p of d categories, the last one minus the others."""
    p = sp.symbols(f"p_1:{d}", positive=True)
    return sp.Matrix([*p, 1 - sum(p)])


def corners(d: int) -> list[Any]:
    """The one-hot z."""
    return [sp.eye(d).col(k) for k in range(d)]


def mean(p: Any, q: Any, slopes: list[Any]) -> Any:
    """E[g] for the gradients of f at e_1, ..., e_d."""
    d = len(slopes)
    terms = (p[k] * estimate(p, q, corners(d)[k], slopes[k]) for k in range(d))
    return sum(terms, sp.zeros(d, 1))


def polynomial(d: int, degree: int) -> tuple[Any, tuple[Any, ...]]:
    """The polynomial in z_1, ..., z_d with a symbol for every coefficient, and z."""
    z = sp.symbols(f"z_1:{d + 1}")
    monomials = sp.polys.monomials.itermonomials(z, degree)
    ordered = sorted(monomials, key=sp.polys.orderings.monomial_key("grlex", z))
    return sum(sp.Symbol(f"c_{k}") * m for k, m in enumerate(ordered)), z


def bias(d: int, degree: int) -> Any:
    """E[g] - gradient at temperature 1, in the coefficients and p."""
    f, z = polynomial(d, degree)
    p, points = simplex(d), corners(d)
    values = sp.Matrix([f.subs(dict(zip(z, e, strict=True))) for e in points])
    slopes = [
        sp.Matrix([sp.diff(f, x).subs(dict(zip(z, e, strict=True))) for x in z]) for e in points
    ]
    return (mean(p, p, slopes) - jacobian(p) * values).expand()


def _quadratic(z: Any) -> Any:
    return 0.7 * z[0] ** 2 - 1.3 * z[0] * z[1] + 0.4 * z[1] * z[-1] - z[-1] ** 2 + 0.5 * z[0]


def _cubic(z: Any) -> Any:
    return z[0] ** 3 - 0.5 * z[0] * z[1] * z[-1] + z[1] ** 2 * z[0]


def _linear(z: Any) -> Any:
    return 0.8 * z[0] - 0.3 * z[1]


def _softmax(theta: np.ndarray) -> np.ndarray:
    return np.exp(theta) / np.exp(theta).sum()


def enumerated(f: Function, theta: np.ndarray, temperature: float) -> np.ndarray:
    """E[g] over all z: the backward pass of the authors' code, in the order of its operations."""
    p = np.exp(theta) / np.exp(theta).sum()
    soft = np.exp(theta / temperature) / np.exp(theta / temperature).sum()
    total = np.zeros_like(p)
    for k, hot in enumerate(np.eye(len(p))):
        slope = slope_at(f, hot)
        middle = 0.5 * (soft + hot)
        first = 2 * slope * middle
        first = first - middle * first.sum()
        second = -0.5 * slope * p
        second = second - p * second.sum()
        whole = first + second
        total += p[k] * (whole - whole.mean())
    return total


def slope_at(f: Function, z: np.ndarray) -> np.ndarray:
    """The gradient of a polynomial f at z by complex steps, exact up to rounding."""
    step = 1e-30
    return np.array([f(z + 1j * step * e).imag / step for e in np.eye(len(z))])


def gradient(f: Function, theta: np.ndarray) -> np.ndarray:
    """The gradient H(theta) f(e) of E[f(z)], with the engine's Hessian by quadrature."""
    values = np.array([f(e) for e in np.eye(len(theta))])
    return np.asarray(gumbel_argmax(len(theta)).hvp(theta, values))


@reinmax.part("the mean is the trapezoidal rule on every edge, at temperature 1")
def on_every_edge():
    z, p, slope, u, v = sp.symbols("z_k p_k h_k u v", real=True)
    yield exact(
        "entry by entry, any d",
        eq(
            (p + z) * slope - (p + z) * (u + v) / 2 - p * (slope - u) / 2,
            (p * slope + z * slope - p * v - z * u) / 2 + z * (slope - v) / 2,
            r"$g_k$ at $\tau = 1$ with $h = \nabla f(z)$, $u = \langle p, h\rangle$, $v = \langle "
            r"z, h\rangle$; the last term is zero, as $z_k = 1$ makes $v = h_k$",
        ),
        argued(r"""its mean over $z = e_i$ is
            $\frac12p_k\sum_ip_i[h_k(e_i)-h_i(e_i)+h_k(e_k)-h_i(e_k)]$, which is the statement
            [$\mathbb E[z_kx(z)] = p_kx(e_k)$, $\mathbb E[v] = \sum_ip_ih_i(e_i)$]"""),
    )
    for theta in THETAS[1:]:
        d, p, e = len(theta), _softmax(theta), np.eye(len(theta))
        slopes = [slope_at(_cubic, x) for x in e]
        rule = [
            p[k] * sum(p[i] * (slopes[i] + slopes[k]) @ (e[k] - e[i]) / 2 for i in range(d))
            for k in range(d)
        ]
        found = enumerated(_cubic, theta, 1.0)
        yield agree(f"enumeration, d = {d}", found, rule, "a cubic $f$", kind="exact sum")


@reinmax.part("temperature 1: no bias for a quadratic $f$")
def quadratic():
    h = A * X**2 + B * X
    slope: Any = sp.diff(h, X)
    yield exact(
        "the rule, any d",
        argued(r"""the gradient is $p_k\sum_ip_i(f(e_k)-f(e_i))$: the bias is what the rule misses
            on the edges [$J(p)$ applied to the values $f(e_i)$; the part before]"""),
        eq((slope.subs(X, 0) + slope.subs(X, 1)) / 2, sp.Integral(slope, (X, 0, 1))),
        "along an edge $f$ is a quadratic, up to a constant $ax^2+bx$",
    )
    free = all(bias(d, 2).is_zero_matrix for d in (2, 3))
    yield exact("matrices", free, cases="$d = 2$ and 3, a symbol for every coefficient and $p_i$")
    for theta in THETAS[1:]:
        found, true = enumerated(_quadratic, theta, 1.0), gradient(_quadratic, theta)
        what = r"against the engine's $H(\theta)f(e)$"
        yield agree(f"enumeration, d = {len(theta)}", found, true, what, kind="exact sum")


@reinmax.part("temperature 1, cubic $f$, $d = 2$: the bias is $\\tfrac1{12}h'''p_1p_2$")
def cubic():
    f, z = polynomial(2, 3)
    p = simplex(2)
    third = sp.diff(f.subs({z[0]: X, z[1]: 1 - X}), X, 3).expand()
    h = A * X**3
    slope: Any = sp.diff(h, X)
    yield exact(
        "the rule",
        eq(
            (slope.subs(X, 0) + slope.subs(X, 1)) / 2 - sp.Integral(slope, (X, 0, 1)),
            sp.diff(h, X, 3) / 12,
            "what the rule misses on the one edge, with the factor $p_1p_2$",
        ),
        shown("$h'''$ is not zero for every cubic", third != 0),
    )
    missed = (bias(2, 3)[0] - third * p[0] * p[1] / 12).expand() == 0
    yield exact("matrices", missed, cases="$d = 2$, a symbol for every coefficient and $p_1$")
    theta = THETAS[0]
    weight = np.prod(_softmax(theta))
    off = (enumerated(_cubic, theta, 1.0) - gradient(_cubic, theta))[0]
    h = float(sp.diff(_cubic([X, 1 - X]), X, 3))
    yield agree("enumeration", off, h * weight / 12, "the bias", kind="exact sum")
    yield positive("enumeration, size", abs(off), "it is not zero", kind="exact sum")


@reinmax.part(r"$\tau > 1$, linear $f$, $d = 2$: longer than the gradient unless $p_1 = \tfrac12$")
def hot():
    p, q, slope = simplex(2), sp.Matrix([B, 1 - B]), sp.Symbol("s", real=True)
    found = mean(p, q, [sp.Matrix([slope, 0])] * 2)[0]
    excess = (B - p[0]) * (1 - B / 2 - sp.Rational(3, 2) * p[0])
    yield exact(
        "sympy",
        shown(
            r"$\mathbb E[g]_1 - s\,p_1p_2 = s(b-p_1)(1-\frac b2-\frac32p_1)$ for $b = "
            r"\operatorname{softmax}(\theta/\tau)_1$, $s = \nabla_1f-\nabla_2f$; the gradient is "
            r"$s\,p_1p_2$",
            sp.expand(found - slope * p[0] * p[1] - slope * excess) == 0,
        ),
        argued(r"""for $p_1 > \frac12$ and $\tau > 1$, $\frac12 < b < p_1$: both factors are
            negative, as $\frac b2+\frac32p_1 > 1$; for $p_1 < \frac12$ exchange the coordinates [a
            higher temperature is nearer to the uniform distribution]"""),
    )
    at = {p[0]: sp.Rational(4, 5), B: sp.Rational(2, 3), slope: 1}
    yield exact("fractions", found.subs(at) == sp.Rational(52, 225),
                cases=r"$\theta_1-\theta_2 = \log 4$, $\tau = 2$, $s = 1$: 52/225 and not 36/225"
                )  # fmt: skip
    for tau in TEMPERATURES:
        rows = [(enumerated(_linear, t, tau)[0], gradient(_linear, t)[0]) for t in THETAS[:2]]
        ratio = np.array([a / b for a, b in rows])
        what = "the length of the mean over that of the gradient, less 1"
        yield positive(f"enumeration, temperature {tau}", ratio - 1, what, kind="exact sum")
