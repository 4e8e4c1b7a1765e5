r"""Section 4.1: the approximation $\tilde f$ of a structured decoder, with unstructured encoders.

f-tilde(z) = sum_i f(z*_1, ..., z_i, ..., z*_n) around the prediction z*.
"""

from itertools import product
from typing import Any

import numpy as np
import sympy as sp
from scipy.special import expit

from perturbtheory.claims.exhibits import two_bits
from perturbtheory.claims.exhibits.draws import average
from perturbtheory.claims.exhibits.two_bits import BITS
from perturbtheory.ledger import (
    Budget,
    Check,
    Claim,
    agree,
    argued,
    eq,
    exact,
    positive,
    shown,
    witness,
)

VALUES, ODDS, EPSILON = (0, -5, -3, 2), (sp.Integer(1), sp.Rational(1, 2)), 1
"""The counterexample at a fixed epsilon: f at 00, 01, 10, 11 and e^theta of both coordinates."""
SLOPES = [np.array([[0.0, 0.0], [1.0, 1.0]]), np.array([[0.0, 1.0], [0.0, 1.0]])]
"""The slopes of h in theta_1 and theta_2 as tables."""
THETA, E, S = sp.symbols("theta epsilon s", real=True)
ONE, ZERO = sp.symbols("f_1 f_0", real=True)
SIGMA = 1 / (1 + sp.exp(-THETA))
QUOTIENT = (SIGMA.subs(THETA, THETA + E * (ONE - ZERO)) - SIGMA) / E
"""The mean of the estimate in one coordinate, given the others."""

decomposition = Claim(
    "B.decomposition",
    "B, section 4.1 and section 5, first experiment with a structured decoder",
    r"""With an unstructured encoder and $\tilde f$ in the place of $f$ the estimate of direct
    optimization still points towards a direction of descent for the exact objective:
    $\lim_{\epsilon\to 0} \frac1\epsilon \mathbb E[\nabla h(\tilde z^*(\epsilon)) -
    \nabla h(z^*)] = \nabla \mathbb E f(z^*)$ for $h = \sum_i h_i(z_i)$,
    $\tilde f(z) = \sum_i f(z_1^*, \dots, z_i, \dots, z_n^*)$.""",
    assumes=r"""Any $n$ binary coordinates, one independent Gumbel variable for every coordinate and
    value; $f$ any function; $\epsilon \to 0$, as in Theorem 1. At a fixed $\epsilon$ see
    B.decomposition-at-epsilon, for structured encoders B.decomposition-structured.""",
    depends_on="B.gumbel-max",
)


at_epsilon = Claim(
    "B.decomposition-at-epsilon",
    'B, section 5, with "In practice we use epsilon >= 0.1" of section 4',
    r"""Results may suggest that with an unstructured encoder the estimate with $\tilde f$ still
    points towards a direction of descent for the exact objective: $\langle \nabla\mathbb E f(z^*),
    \frac1\epsilon \mathbb E[\nabla h(\tilde z^*(\epsilon)) - \nabla h(z^*)]\rangle > 0$ where
    $\nabla\mathbb E f(z^*) \ne 0$; read as: in the limit $\epsilon \to 0$; and as: at every fixed
    $\epsilon \ge 0.1$, which is what is used.""",
    assumes=r"""As for B.decomposition. Two readings, and both are parts: the limit, which is
    B.decomposition and holds, and a fixed $\epsilon$, which fails. What the results of one
    experiment "may suggest" is taken as a statement about every $h$ and $f$: it is this suggestion
    that is judged, not the experiment, of which B.figure-3 speaks. Only $\epsilon f$ counts: the
    counterexample at $\epsilon = 1$ is one at $0.1$ for $10 f$.""",
)
bias_bound = at_epsilon.corrected(
    r"""At every $\epsilon$ the mean of the estimate in $\theta_i$ differs from the gradient by at
    most $\frac{|\epsilon|}{12\sqrt3} \mathbb E[(\Delta_i f)^2]$:
    $\bigl|\sum_{z_{-i}} q(z_{-i}) \frac1\epsilon[\sigma(\theta_i+\epsilon\Delta_i f) -
    \sigma(\theta_i)] - \partial_{\theta_i} \mathbb E f(z^*)\bigr| \le \frac{|\epsilon|}{12\sqrt3}
    \mathbb E[(\Delta_i f)^2]$, so that it is a direction of descent for small $\epsilon$; for one
    coordinate at every $\epsilon$.""",
    source="corrects B, section 5",
    assumes=r"""As for B.decomposition; $\Delta_i f = f(z_i = 1) - f(z_i = 0)$ at $z^*$.""",
    depends_on=decomposition,
)


@decomposition.part("the limit of the estimate is the gradient itself")
@at_epsilon.part(r"read in the limit $\epsilon \to 0$: it is the gradient itself")
def limit_is_the_gradient(budget):
    theta = np.array([0.4, -1.1])
    h, f = two_bits.pairwise(theta[0], theta[1], 0.0), np.array([[0.0, 4.0], [3.0, 2.0]])
    p = expit(theta)
    mixed = p[::-1] * np.array([f[1, 1] - f[0, 1], f[1, 1] - f[1, 0]])
    mixed += (1 - p[::-1]) * np.array([f[1, 0] - f[0, 0], f[0, 1] - f[0, 0]])
    yield exact(
        "sympy, any n",
        argued(r"""given $z^*_{-i}$: $z_i^* = 1$ if $\theta_i + L_i > 0$ and $\tilde z_i(\epsilon) =
            1$ if $\theta_i + L_i + \epsilon\Delta_i f(z^*_{-i}) > 0$, with $\Delta_i f = f(z_i = 1)
            - f(z_i = 0)$ [$h + \gamma$ and $\tilde f$ are sums over coordinates, each maximised by
            itself]"""),
        argued(r"""the estimate in $\theta_i$ has mean $\sum_{z_{-i}} q(z_{-i})
            \frac1\epsilon[\sigma(\theta_i+\epsilon\Delta_i f) - \sigma(\theta_i)]$ [$L_i$ is
            logistic and independent of the other coordinates]"""),
        eq(sp.Limit(QUOTIENT, E, 0), sp.Derivative(SIGMA * ONE + (1 - SIGMA) * ZERO, THETA)),
        r"$\frac1\epsilon[\sigma(\theta_i+\epsilon\Delta_i f) - \sigma(\theta_i)] \to "
        r"\partial_{\theta_i}[\sigma(\theta_i) f(1) + (1-\sigma(\theta_i)) f(0)]$",
        argued(r"""so the limit is $\partial_{\theta_i} \sum_{z_{-i}} q(z_{-i}) [\sigma(\theta_i)
            f(1) + (1-\sigma(\theta_i)) f(0)] = \partial_{\theta_i} \mathbb E f(z^*)$ [a finite sum,
            with $q(z_{-i})$ free of $\theta_i$]"""),
    )
    found = two_bits.limit(lambda e: _means(h, f, e))
    yield agree("integral over L_1", found, p * (1 - p) * mixed, "limit and gradient, $n = 2$")
    yield _sampled(budget)


def _means(h: np.ndarray, f: np.ndarray, epsilon: float) -> np.ndarray:
    moved = h + epsilon * two_bits.decomposed(f)
    return np.array([two_bits.mean(h, moved, slope, epsilon) for slope in SLOPES])


def _sampled(budget: Budget) -> Check:
    theta, epsilon = np.array([0.3, -0.6, 0.1]), 0.5
    f = np.random.default_rng(89).normal(size=(2, 2, 2))

    def gains(z):
        """f with z_i = 1 minus f with z_i = 0, for every coordinate."""
        columns = [[np.where(np.arange(3) == i, b, z) for b in (1, 0)] for i in range(3)]
        return np.stack([f[tuple(up.T)] - f[tuple(down.T)] for up, down in columns], 1)

    def rows(gamma):
        x = theta + gamma[..., 1] - gamma[..., 0]
        z = (x > 0).astype(int)
        return ((x + epsilon * gains(z) > 0).astype(float) - z) / epsilon

    every = np.array(list(product((0, 1), repeat=3)))
    q = np.where(every == 1, expit(theta), expit(-theta)).prod(1)
    exactly = q @ (expit(theta + epsilon * gains(every)) - expit(theta)) / epsilon
    drawn = average(rows, (3, 2), seed=97, samples=budget.samples, spread=2 / epsilon)
    return agree(
        "sampling", drawn, exactly, r"mean formula at $\epsilon = \tfrac12$, $n = 3$", floor=1.0
    )


@at_epsilon.part(
    r"read at every fixed $\epsilon$: the estimate has a positive inner product with the gradient"
)
def descends():
    gradient, mean = _exactly()
    inner = sum(g * m for g, m in zip(gradient, mean, strict=True))
    first, second = (float(sp.log(u)) for u in ODDS)
    h = two_bits.pairwise(first, second, 0.0)
    f = np.array(VALUES, float).reshape(2, 2)
    limit = two_bits.limit(lambda e: _means(h, f, e))
    found = _means(h, f, float(EPSILON))
    radius = float(np.abs(found) @ limit.radius) + 1e-11
    yield exact("sympy, n = 2", bool(sp.N(inner, 30) > 0), cases="closed form, one $h$ and $f$")
    yield positive(
        "integral over L_1",
        limit._replace(value=found @ limit.value, radius=radius),
        r"inner product of the mean at $\epsilon = 1$ with the limit",
    )
    yield witness(
        {
            "$n$": 2,
            r"$\theta$": [rf"$\log {u}$" for u in ODDS],
            r"$\epsilon$": EPSILON,
            "$f$ at 00, 01, 10, 11": list(VALUES),
            "gradient": [str(g) for g in gradient],
            "mean estimate": [f"{float(m):.6f}" for m in mean],
            "inner product": f"{float(inner):.6f}",
        }
    )


def _exactly() -> tuple[list[Any], list[Any]]:
    """(gradient, mean of the estimate) at the fixed epsilon."""
    f = two_bits.table(VALUES)
    p = [u / (1 + u) for u in ODDS]
    gradient: list[Any] = [0, 0]
    mean: list[Any] = [0, 0]
    for z, i in product(BITS, (0, 1)):
        weight = sp.prod(x if b else 1 - x for b, x in zip(z, p, strict=True))
        gain = f[1, z[1]] - f[0, z[1]] if i == 0 else f[z[0], 1] - f[z[0], 0]
        odds = ODDS[i] * sp.exp(EPSILON * gain)
        gradient[i] += weight * p[i] * (1 - p[i]) * gain
        mean[i] += weight * (odds / (1 + odds) - p[i]) / EPSILON
    return gradient, mean


SECOND = S * (1 - S) * (1 - 2 * S)
X, DELTA = np.meshgrid(np.linspace(-6, 6, 97), np.linspace(-8, 8, 96))


@bias_bound.part(r"the bias is at most $|\epsilon|\,\mathbb E[(\Delta f)^2] / (12 \sqrt 3)$")
def within_the_bound():
    inside = [x for x in sp.solve(sp.diff(SECOND, S), S) if 0 < sp.N(x) < 1]
    extremes = {sp.simplify(SECOND.subs(S, x)) for x in (0, 1, *inside)}
    most = sp.sqrt(3) / 18
    error = np.abs(expit(X + DELTA) - expit(X) - expit(X) * expit(-X) * DELTA) / DELTA**2
    yield exact(
        "sympy, any n",
        eq(sp.Derivative(SIGMA, (THETA, 2)), SECOND.subs(S, SIGMA)),
        r"$\sigma'' = s(1-s)(1-2s)$ at $s = \sigma$",
        shown(
            r"its extremes over $0 \le s \le 1$ are $\pm\frac{1}{6\sqrt3}$",
            extremes == {0, most, -most},
        ),
        argued(r"""$|\frac1\epsilon[\sigma(\theta+\epsilon\Delta) - \sigma(\theta)] -
            \sigma'(\theta)\Delta| \le \frac{|\epsilon|\Delta^2}{2} \cdot \frac{1}{6\sqrt3}$;
            average over $z_{-i}$ [Taylor's formula with Lagrange's remainder, given the other
            coordinates]"""),
    )
    yield positive("grid", float(most) / 2 - error, r"bound minus bias over $\epsilon\Delta^2$")


@bias_bound.part(r"$n = 1$: the sign of the gradient at every $\epsilon$")
def sign_of_one_coordinate():
    yield exact(
        "sympy, n = 1",
        eq(sp.Derivative(SIGMA, THETA), sp.exp(-THETA) / (1 + sp.exp(-THETA)) ** 2),
        r"positive, so that $\frac1\epsilon[\sigma(\theta+\epsilon\Delta) - \sigma(\theta)]$ "
        r"and $\sigma'(\theta)\Delta$ have the sign of $\Delta$",
    )
    yield positive("grid", (expit(X + DELTA) - expit(X)) / DELTA, r"quotient over $\Delta$")
