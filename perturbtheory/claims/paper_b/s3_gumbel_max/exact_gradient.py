"""Section 3: the gradient of the expected log-likelihood by enumeration, for $h$ and for logits."""

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits.draws import VALUES
from perturbtheory.claims.exhibits.encoder import COVARIANCE, PHI, SLOPE, F, H, mean, total
from perturbtheory.claims.exhibits.numbers import thetas
from perturbtheory.estimators import exact_gradient
from perturbtheory.ledger import Budget, Claim, agree, argued, eq, exact, positive
from perturbtheory.perturbations import Gumbel
from perturbtheory.potential import expected_max

MATRIX = np.array([[1.0, 0.5], [-0.75, 1.25], [0.25, -1.0]])
"""A in h = A phi, for three categories and two parameters phi."""

normalised = Claim(
    "B.exact-gradient",
    "B, (2)",
    r"""The gradient of the expected log-likelihood is $\nabla_\phi \mathbb E_{z\sim q_\phi} \log
    p_\theta(x|z) = \sum_z e^{h_\phi(x,z)} \nabla_\phi h_\phi(x,z) f_\theta(x,z)$.""",
    assumes=r"""Finitely many $z$; $h$ is normalised for every $\phi$, $\sum_z e^h = 1$, as before
    (1), and $f$ does not depend on $\phi$. For logits $h$ as in (14) see
    B.exact-gradient-logits.""",
)
logits = Claim(
    "B.exact-gradient-logits",
    "B, (2) with (14)",
    r"""For logits $h$ as in (14), $q = e^h / \sum_{\hat z} e^{h(\hat z)}$, (2) holds for the
    log-probability $h - \log\sum_{\hat z} e^{h(\hat z)}$ in the place of $h$, which makes it the
    covariance of $f$ and $\nabla h$: $\nabla_\phi \mathbb E_q f = \sum_z q(z) (f(z) - \mathbb E_q
    f) \nabla_\phi h(z)$. With the logits themselves, $\sum_z w(z) \nabla_\phi h(z) f(z)$ is another
    vector in general, for $w = e^h$ as for $w = q$.""",
    assumes=r"""Finitely many $z$; $h$ is differentiable and not normalised, as in Theorems 2 and 3
    and in an encoder that ends in a linear layer; $f$ does not depend on $\phi$. This is no
    objection to (2): before (1) the paper calls $h$ normalised, see B.exact-gradient.""",
)


@normalised.part("(2) for normalised $h$")
def weighted_slopes(budget):
    value = _by_log_slopes(budget)
    yield exact(
        "sympy, symbolic k",
        eq(sp.Derivative(total(sp.exp(H) * F), PHI), total(sp.exp(H) * SLOPE * F)),
        r"the left-hand side is that of (2), because $q = e^h$",
    )
    yield agree("complex step", value, _by_complex_steps(budget), "$k = 3$, (2)")
    what = r"against $\operatorname{Cov}_q(f, \nabla h)$"
    yield agree("covariance", value, _covariance(budget), what)


@logits.part(r"$\nabla \mathbb E_q f = \operatorname{Cov}_q(f, \nabla h)$")
def is_covariance(budget):
    at = thetas(3, budget)
    found = np.array([exact_gradient(p, VALUES) for p in at])
    yield exact("sympy, symbolic k", eq(sp.Derivative(mean(F), PHI), COVARIANCE))
    yield agree("complex step", _covariance(budget), _by_complex_steps(budget), "$k = 3$")
    hessians = expected_max(Gumbel()).hessian(at)
    yield agree("engine", hessians @ VALUES, found, "Hessian times $f$, $k = 3$")


@logits.part("(2) for the log-probability is that covariance")
def for_log_probabilities(budget):
    scores = total(sp.exp(H))
    yield exact(
        "sympy, symbolic k",
        eq(sp.Derivative(H - sp.log(scores), PHI), SLOPE - mean(SLOPE)),
        argued(r"""so that $\sum_z q\,\nabla\log q\,f = \mathbb E_q[f \nabla h] - \mathbb E_q[f]\,
            \mathbb E_q[\nabla h]$ [$q = e^{\log q}$; a constant leaves the sum]"""),
    )
    value, what = _by_log_slopes(budget), "$k = 3$, linear $h$"
    yield agree("covariance", value, _covariance(budget), what)


@logits.part("with the weight $e^h$ it is another vector", weight=sp.exp, normal=False)
@logits.part(
    "with the weight $q$ it is another vector", weight=lambda h: sp.exp(h) / sp.exp(h), normal=True
)
def with_weight(budget, weight, normal):
    value = sp.Symbol("f", real=True)
    true = sp.Derivative(sp.exp(PHI) / sp.exp(PHI) * value, PHI)
    printed = (weight(PHI) * sp.Derivative(PHI, PHI) * value).subs({PHI: 0, value: 1})
    found = np.einsum("nz,zk,z->nk", _odds(budget)[normal], MATRIX, VALUES)
    apart = np.linalg.norm(found - _by_complex_steps(budget), axis=1)
    yield exact(
        "sympy, k = 1",
        eq(true, 0, r"$k = 1$, $h = \phi$: $\mathbb E_q f = f$"),
        eq(printed, 1, r"$\sum_z w \nabla h f$ at $\phi = 0$, $f = 1$"),
    )
    yield positive("complex step", apart, "distance of the two vectors, $k = 3$, linear $h$")


def _odds(budget: Budget) -> tuple[np.ndarray, np.ndarray]:
    """e^h and softmax(h) at h = A phi for several phi."""
    odds = np.exp(thetas(2, budget) @ MATRIX.T)
    return odds, odds / odds.sum(1, keepdims=True)


def _by_log_slopes(budget: Budget) -> np.ndarray:
    """(2) with the gradients of log softmax(A phi)."""
    _, q = _odds(budget)
    return np.einsum("nz,nzk,z->nk", q, MATRIX - (q @ MATRIX)[:, None, :], VALUES)


def _covariance(budget: Budget) -> np.ndarray:
    return np.array([exact_gradient(MATRIX @ p, VALUES, MATRIX) for p in thetas(2, budget)])


def _by_complex_steps(budget: Budget) -> np.ndarray:
    """Gradients of E_q[f] in phi, q = softmax(A phi)."""
    step = 1e-40
    moved = thetas(2, budget)[:, None, :] + 1j * step * np.eye(2)
    odds = np.exp(moved @ MATRIX.T)
    return ((odds * VALUES).sum(-1) / odds.sum(-1)).imag / step
