"""Section 3: the gradient of the expected log-likelihood by enumeration, for h and for logits."""

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits.draws import VALUES
from perturbtheory.claims.exhibits.encoder import COVARIANCE, PHI, SLOPE, F, H, mean, total
from perturbtheory.claims.exhibits.numbers import thetas
from perturbtheory.estimators import exact_gradient
from perturbtheory.ledger import Budget, Claim, agree, eq, exact, witness
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
    r"""(2) read with the $h$ of Theorem 3, whose Gibbs distribution is $q_\phi = e^{h_\phi} /
    \sum_{\hat z} e^{h_\phi(x,\hat z)}$: $\nabla_\phi \mathbb E_{z\sim q_\phi} f = \sum_z w(z)
    \nabla_\phi h_\phi(x,z) f(x,z)$ with $w = e^{h_\phi}$ as printed or $w = q_\phi$.""",
    assumes=r"""$h$ is not normalised, as in Theorem 3, Theorem 2 and an encoder that ends in a
    linear layer; $f$ does not depend on $\phi$. Before (1) $h$ is called normalised; then
    B.exact-gradient holds.""",
)
covariance = logits.corrected(
    r"""For logits $h$ the gradient of $\mathbb E_q f$ is the covariance of $f$ and $\nabla h$ under
    $q = e^h / \sum_{\hat z} e^{h(\hat z)}$: $\nabla_\phi \mathbb E_q f = \sum_z q(z) (f(z) -
    \mathbb E_q f) \nabla_\phi h(z)$; it is equal to (2) if $\sum_z e^h = 1$.""",
    source="corrects B, (2)",
    assumes=r"Finitely many $z$; $h$ is differentiable; $f$ does not depend on $\phi$.",
)


@normalised.part("(2) for normalised $h$")
def weighted_slopes(budget):
    _, q = _odds(budget)
    slopes = MATRIX - (q @ MATRIX)[:, None, :]  # of log softmax(A phi)
    value = np.einsum("nz,nzk,z->nk", q, slopes, VALUES)
    yield exact(
        "sympy, symbolic k",
        eq(
            sp.Derivative(total(sp.exp(H) * F), PHI),
            total(sp.exp(H) * SLOPE * F),
            r"the left-hand side is that of (2), because $q = e^h$",
        ),
    )
    yield agree("complex step", value, _by_complex_steps(budget), "$k = 3$, (2)")
    yield agree(
        "covariance", value, _covariance(budget), r"against $\operatorname{Cov}_q(f, \nabla h)$"
    )


@logits.part("(2) with the weight $e^h$", weight=sp.exp, normal=False)
@logits.part("(2) with the weight $q$", weight=lambda h: sp.exp(h) / sp.exp(h), normal=True)
def with_weight(budget, weight, normal):
    value = sp.Symbol("f", real=True)
    true = sp.Derivative(sp.exp(PHI) / sp.exp(PHI) * value, PHI)
    printed = weight(PHI) * sp.Derivative(PHI, PHI) * value
    found = np.einsum("nz,zk,z->nk", _odds(budget)[normal], MATRIX, VALUES)
    yield exact("sympy, k = 1", eq(printed, true, r"$k = 1$, $h = \phi$: $\mathbb E_q f = f$"))
    yield agree("complex step", found, _by_complex_steps(budget), "$k = 3$, linear $h$")
    at = {PHI: 0, value: 1}
    yield witness(
        {
            "$k$": 1,
            "$h$": r"$\phi = 0$",
            "$f$": 1,
            "printed": str(printed.doit().subs(at)),
            "true": str(true.doit().subs(at)),
        }
    )


@covariance.part(r"$\nabla \mathbb E_q f = \operatorname{Cov}_q(f, \nabla h)$")
def is_covariance(budget):
    at = thetas(3, budget)
    found = np.array([exact_gradient(p, VALUES) for p in at])
    yield exact("sympy, symbolic k", eq(sp.Derivative(mean(F), PHI), COVARIANCE))
    yield agree("complex step", _covariance(budget), _by_complex_steps(budget), "$k = 3$")
    hessians = expected_max(Gumbel()).hessian(at)
    yield agree("engine", hessians @ VALUES, found, "Hessian times $f$, $k = 3$")


def _odds(budget: Budget) -> tuple[np.ndarray, np.ndarray]:
    """e^h and softmax(h) at h = A phi for several phi."""
    odds = np.exp(thetas(2, budget) @ MATRIX.T)
    return odds, odds / odds.sum(1, keepdims=True)


def _covariance(budget: Budget) -> np.ndarray:
    return np.array([exact_gradient(MATRIX @ p, VALUES, MATRIX) for p in thetas(2, budget)])


def _by_complex_steps(budget: Budget) -> np.ndarray:
    """Gradients of E_q[f] in phi, q = softmax(A phi)."""
    step = 1e-40
    moved = thetas(2, budget)[:, None, :] + 1j * step * np.eye(2)
    odds = np.exp(moved @ MATRIX.T)
    return ((odds * VALUES).sum(-1) / odds.sum(-1)).imag / step
