r"""Section 4.1: the approximation $\tilde f$ of a structured decoder, with unstructured encoders.

f-tilde(z) = sum_i f(z*_1, ..., z_i, ..., z*_n) around the prediction z*.
"""

from collections.abc import Sequence
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits import two_bits
from perturbtheory.claims.exhibits.draws import average
from perturbtheory.claims.legacy import agree, argued, claim, exact, positive, proof, shown
from perturbtheory.estimate import Estimate
from perturbtheory.ledger import Budget, Check, Part
from perturbtheory.routes.symbolic import identity

FIXED = {"f": (0, -5, -3, 2), "odds": (1, Fraction(1, 2)), "epsilon": 1}
"""The counterexample at a fixed epsilon: f at 00, 01, 10, 11 and e^theta of both coordinates."""
_T, _E = sp.symbols("theta epsilon", real=True)
_SIGMA = 1 / (1 + sp.exp(-_T))


def _conditional() -> tuple[Any, Any]:
    """Given the other coordinates: the gradient and the estimate, f(1) - f(0) = Delta."""
    one, zero = sp.symbols("f_1 f_0", real=True)
    gradient = sp.diff(_SIGMA * one + (1 - _SIGMA) * zero, _T)
    moved = _SIGMA.subs(_T, _T + _E * (one - zero))
    return gradient, (moved - _SIGMA) / _E


def _limit() -> Check:
    gradient, estimate = _conditional()
    limit = sp.limit(estimate, _E, 0)
    return proof(
        "sympy, any n",
        "coordinate by coordinate, given the others",
        argued(
            r"given $z^*_{-i}$: $z_i^* = 1$ if $\theta_i + L_i > 0$ and $\tilde z_i(\epsilon) = 1$ "
            r"if "
            r"$\theta_i + L_i + \epsilon\Delta_i f(z^*_{-i}) > 0$, with $\Delta_i f = f(z_i = 1) - "
            r"f(z_i = 0)$",
            "h + gamma and f-tilde are sums over coordinates, so each is maximised by itself",
        ),
        argued(
            r"the estimate in $\theta_i$ has mean $\sum_{z_{-i}} q(z_{-i}) "
            r"\frac1\epsilon[\sigma(\theta_i+\epsilon\Delta_i f) - \sigma(\theta_i)]$",
            "L_i is logistic and independent of the other coordinates",
        ),
        shown(
            r"$\frac1\epsilon[\sigma(\theta_i+\epsilon\Delta_i f) - \sigma(\theta_i)] \to "
            r"\frac{d}{d\theta_i}[\sigma(\theta_i) f(1) + (1-\sigma(\theta_i)) f(0)]$",
            identity(limit - gradient),
        ),
        argued(
            r"so the limit is $\partial_{\theta_i} \sum_{z_{-i}} q(z_{-i}) [\sigma(\theta_i) f(1) "
            r"+ "
            r"(1-\sigma(\theta_i)) f(0)] = \partial_{\theta_i} \mathbb E f(z^*)$",
            "a finite sum, with q(z_{-i}) free of theta_i",
        ),
    )


def _slopes() -> list[np.ndarray]:
    """The slopes of h in theta_1 and theta_2 as tables."""
    return [np.array([[0.0, 0.0], [1.0, 1.0]]), np.array([[0.0, 1.0], [0.0, 1.0]])]


def _numeric(values: Sequence[Any]) -> np.ndarray:
    return np.array([float(v) for v in values]).reshape(2, 2)


@claim("B.decomposition", depends_on=("B.gumbel-max",))
def decomposition(budget: Budget) -> list[Part]:
    r"""Statement: With an unstructured encoder and f-tilde in the place of f the estimate of direct
    optimization still points towards a direction of descent for the exact objective.

    LaTeX: $\lim_{\epsilon\to 0} \frac1\epsilon \mathbb E[\nabla h(\tilde z^*(\epsilon)) -
    \nabla h(z^*)] = \nabla \mathbb E f(z^*)$ for $h = \sum_i h_i(z_i)$,
    $\tilde f(z) = \sum_i f(z_1^*, \dots, z_i, \dots, z_n^*)$

    Source: B, section 4.1 and section 5, first experiment with a structured decoder

    Assumptions: any n binary coordinates, one independent Gumbel variable for every coordinate and
    value; f any function; epsilon -> 0, as in Theorem 1. At a fixed epsilon see
    B.decomposition-at-epsilon, for structured encoders B.decomposition-structured.

    Computed: the limit given the other coordinates symbolically, any n; n = 2 by integrals at small
    epsilon; draws at n = 3.
    """
    h, f = two_bits.pairwise(0.4, -1.1, 0.0), np.array([[0.0, 4.0], [3.0, 2.0]])
    tiny = 1e-6
    small = [two_bits.mean(h, h + tiny * two_bits.decomposed(f), s, tiny) for s in _slopes()]
    p = 1 / (1 + np.exp(-np.array([0.4, -1.1])))
    change = f[1] - f[0], f[:, 1] - f[:, 0]
    mixed = [
        (1 - p[1]) * change[0][0] + p[1] * change[0][1],
        (1 - p[0]) * change[1][0] + p[0] * change[1][1],
    ]
    return [
        Part(
            "the limit of the estimate is the gradient itself",
            (
                _limit(),
                agree(
                    "integral over L_1",
                    "quadrature",
                    Estimate(np.array(small), 20 * tiny, "quadrature"),
                    p * (1 - p) * mixed,
                    "mean at 1e-6 against the gradient, n = 2",
                ),
                _sampled(budget),
            ),
        )
    ]


def _sampled(budget: Budget) -> Check:
    theta, epsilon = np.array([0.3, -0.6, 0.1]), 0.5
    f = np.random.default_rng(89).normal(size=(2, 2, 2))
    others = np.array(list(product((0, 1), repeat=2)))

    def gains(z: np.ndarray) -> np.ndarray:
        """f with z_i = 1 minus f with z_i = 0, for every coordinate."""
        out = []
        for i in range(3):
            up, down = z.copy(), z.copy()
            up[:, i], down[:, i] = 1, 0
            out.append(f[tuple(up.T)] - f[tuple(down.T)])
        return np.array(out).T

    def rows(gamma: np.ndarray) -> np.ndarray:
        x = theta + gamma[..., 1] - gamma[..., 0]
        z = (x > 0).astype(int)
        return ((x + epsilon * gains(z) > 0).astype(float) - z) / epsilon

    p, exactly = 1 / (1 + np.exp(-theta)), []
    for i in range(3):
        z = np.insert(others, i, 0, axis=1)
        q = np.delete(np.where(z == 1, p, 1 - p), i, axis=1).prod(1)
        exactly.append(
            q @ (1 / (1 + np.exp(-theta[i] - epsilon * gains(z)[:, i])) - p[i]) / epsilon
        )
    drawn = average(rows, (3, 2), seed=97, samples=budget.samples, spread=2 / epsilon)
    what = "mean formula at epsilon = 1/2, n = 3"
    return agree("sampling", "monte-carlo", drawn, exactly, what)


def _fixed() -> tuple[list[Any], list[Any]]:
    """(gradient, mean of the estimate) at the fixed epsilon, exactly."""
    f = two_bits.table(FIXED["f"])
    odds, epsilon = FIXED["odds"], FIXED["epsilon"]
    p = [sp.Rational(u) / (1 + sp.Rational(u)) for u in odds]
    gradient, mean = [], []
    for i in (0, 1):
        weights = (1 - p[1 - i], p[1 - i])
        pairs = [((0, k), (1, k)) if i == 0 else ((k, 0), (k, 1)) for k in (0, 1)]
        gains = [f[one] - f[zero] for zero, one in pairs]
        u = sp.Rational(odds[i])
        moved = [u * sp.exp(epsilon * g) / (1 + u * sp.exp(epsilon * g)) for g in gains]
        gradient.append(p[i] * (1 - p[i]) * sum(w * g for w, g in zip(weights, gains, strict=True)))
        mean.append(sum(w * (m - p[i]) for w, m in zip(weights, moved, strict=True)) / epsilon)
    return gradient, mean


@claim("B.decomposition-at-epsilon", corrected="B.decomposition-at-epsilon.corrected")
def at_epsilon(_: Budget) -> list[Part]:
    r"""Statement: With an unstructured encoder the estimate with f-tilde points towards a direction
    of descent for the exact objective at the fixed epsilon that is used.

    LaTeX: $\langle \nabla\mathbb E f(z^*), \frac1\epsilon \mathbb E[\nabla h(\tilde
    z^*(\epsilon)) - \nabla h(z^*)]\rangle > 0$ for $\epsilon \ge 0.1$ where $\nabla\mathbb E
    f(z^*) \ne 0$

    Source: B, section 5, with "In practice we use epsilon >= 0.1" of section 4

    Assumptions: as for B.decomposition. Only epsilon f counts: the counterexample at epsilon = 1 is
    one at 0.1 for 10 f. The text says that results "may suggest" it.

    Computed: the inner product for two coordinates, exactly and by an integral over the noise.
    """
    gradient, mean = _fixed()
    inner = sum(g * m for g, m in zip(gradient, mean, strict=True))
    first, second = (float(sp.log(sp.Rational(u))) for u in FIXED["odds"])
    h, f, e = two_bits.pairwise(first, second, 0.0), _numeric(FIXED["f"]), float(FIXED["epsilon"])
    slopes = _slopes()
    tiny = 1e-6
    numeric, small = (
        np.array([two_bits.mean(h, h + x * two_bits.decomposed(f), s, x) for s in slopes])
        for x in (e, tiny)
    )
    return [
        Part(
            "the estimate has a positive inner product with the gradient",
            (
                exact("sympy, n = 2", bool(sp.N(inner, 30) > 0), "closed form", universal=False),
                positive(
                    "integral over L_1",
                    "quadrature",
                    Estimate(numeric @ small, 1e-4, "quadrature"),
                    "inner product at epsilon = 1 with the limit at 1e-6",
                ),
            ),
            {
                "n": 2,
                "theta": [str(sp.log(sp.Rational(u))) for u in FIXED["odds"]],
                "epsilon": FIXED["epsilon"],
                "f at 00, 01, 10, 11": list(FIXED["f"]),
                "gradient": [str(g) for g in gradient],
                "mean estimate": [f"{float(m):.6f}" for m in mean],
                "inner product": f"{float(inner):.6f}",
            },
        )
    ]


@claim("B.decomposition-at-epsilon.corrected", depends_on=("B.decomposition",))
def at_epsilon_corrected(_: Budget) -> list[Part]:
    r"""Statement: At every epsilon the mean of the estimate in theta_i differs from the gradient by
    at most epsilon E[(Delta_i f)^2] / (12 sqrt 3), so that it is a direction of descent for small
    epsilon; for one coordinate at every epsilon.

    LaTeX: $\bigl|\sum_{z_{-i}} q(z_{-i}) \frac1\epsilon[\sigma(\theta_i+\epsilon\Delta_i f) -
    \sigma(\theta_i)] - \partial_{\theta_i} \mathbb E f(z^*)\bigr| \le \frac{|\epsilon|}{12\sqrt3}
    \mathbb E[(\Delta_i f)^2]$

    Source: corrects B, section 5

    Assumptions: as for B.decomposition; Delta_i f = f(z_i = 1) - f(z_i = 0) at z*.

    Computed: the maximum of the second derivative of sigma; the sign for one coordinate; the bound
    on a grid of theta and epsilon Delta.
    """
    s = sp.Symbol("s", real=True)
    second = s * (1 - s) * (1 - 2 * s)
    chain = sp.simplify(sp.diff(_SIGMA, _T, 2) - second.subs(s, _SIGMA))
    inside = [x for x in sp.solve(sp.diff(second, s), s) if 0 < sp.N(x) < 1]
    extremes = [sp.simplify(second.subs(s, x)) for x in (0, 1, *inside)]
    most: Any = 1 / (6 * sp.sqrt(3))
    increasing = sp.simplify(sp.diff(_SIGMA, _T) - sp.exp(-_T) / (1 + sp.exp(-_T)) ** 2)
    x, d = np.meshgrid(np.linspace(-6, 6, 97), np.linspace(-8, 8, 97))
    d = np.where(d == 0, 1.0, d)
    sigma = 1 / (1 + np.exp(-x))
    error = np.abs(1 / (1 + np.exp(-x - d)) - sigma - sigma * (1 - sigma) * d) / d**2
    return [
        Part(
            "the bias is at most epsilon E[(Delta f)^2] / (12 sqrt 3)",
            (
                proof(
                    "sympy, any n",
                    "Taylor's formula, given the other coordinates",
                    shown(r"$\sigma'' = s(1-s)(1-2s)$ at $s = \sigma$", chain == 0),
                    shown(
                        r"its extremes over $0 \le s \le 1$ are $\pm\frac{1}{6\sqrt3}$",
                        max(extremes) == most and min(extremes) == -most,
                    ),
                    argued(
                        r"$|\frac1\epsilon[\sigma(\theta+\epsilon\Delta) - \sigma(\theta)] - "
                        r"\sigma'(\theta)\Delta| \le \frac{|\epsilon|\Delta^2}{2} \cdot "
                        r"\frac{1}{6\sqrt3}$; average over $z_{-i}$",
                        "Taylor's formula with Lagrange's remainder",
                    ),
                ),
                positive(
                    "grid", "quadrature", float(most) / 2 - error, "bound minus bias / Delta^2"
                ),
            ),
        ),
        Part(
            "n = 1: the sign of the gradient at every epsilon",
            (
                proof(
                    "sympy, n = 1",
                    "both have the sign of Delta f",
                    shown(
                        r"$\sigma' = e^{-\theta}/(1+e^{-\theta})^2 > 0$, so that "
                        r"$\frac1\epsilon[\sigma(\theta+\epsilon\Delta) - \sigma(\theta)]$ and "
                        r"$\sigma'(\theta)\Delta$ have the sign of $\Delta$",
                        increasing == 0,
                    ),
                ),
                positive(
                    "grid", "quadrature", (1 / (1 + np.exp(-x - d)) - sigma) / d, "quotient / Delta"
                ),
            ),
        ),
    ]
