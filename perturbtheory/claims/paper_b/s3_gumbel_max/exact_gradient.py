"""Section 3: the gradient of the expected log-likelihood by enumeration, for h and for logits."""

from typing import Any

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits.draws import VALUES
from perturbtheory.claims.exhibits.numbers import thetas
from perturbtheory.claims.legacy import agree, claim, exact
from perturbtheory.estimators import exact_gradient
from perturbtheory.ledger import Budget, Part
from perturbtheory.perturbations import Gumbel
from perturbtheory.potential import expected_max
from perturbtheory.routes.symbolic import categories, identity


def _parameters(budget: Budget) -> tuple[np.ndarray, np.ndarray]:
    """Two parameters phi at several points, and the matrix of h = A phi for three categories."""
    return thetas(2, budget), np.array([[1.0, 0.5], [-0.75, 1.25], [0.25, -1.0]])


def _by_complex_steps(budget: Budget) -> np.ndarray:
    """Gradients of E_q[f] in phi, q = softmax(A phi)."""
    points, matrix = _parameters(budget)
    step = 1e-40
    moved = points[:, None, :] + 1j * step * np.eye(2)
    odds = np.exp(moved @ matrix.T)
    return ((odds * VALUES).sum(-1) / odds.sum(-1)).imag / step


def _terms(budget: Budget) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """e^h, softmax(h) and the matrix of gradients of h = A phi at the same points."""
    points, matrix = _parameters(budget)
    odds = np.exp(points @ matrix.T)
    return odds, odds / odds.sum(1, keepdims=True), matrix


@claim("B.exact-gradient")
def exact_gradient_printed(budget: Budget) -> list[Part]:
    r"""Statement: The gradient of the expected log-likelihood is the sum over z of e^h times grad h
    times f.

    LaTeX: $\nabla_\phi \mathbb E_{z\sim q_\phi} \log p_\theta(x|z) = \sum_{z} e^{h_\phi(x,z)}
    \nabla_\phi h_\phi(x,z) f_\theta(x,z)$

    Source: B, (2)

    Assumptions: finitely many z; h is normalised for every phi, sum_z e^h = 1, as before (1), and
    f does not depend on phi. For logits h as in (14) see B.exact-gradient-logits.

    Computed: the derivative under a sum over a symbolic number of z; complex steps for a normalised
    h; the covariance form of this package.
    """
    phi = sp.Symbol("phi", real=True)
    _, _, j, _ = (s := categories())
    f: Any = sp.IndexedBase("f", real=True)
    h: Any = sp.Function("h", real=True)(j, phi)
    derivative = sp.diff(s.sum(sp.exp(h) * f[j]), phi)
    printed = s.sum(sp.exp(h) * sp.diff(h, phi) * f[j])
    _, q, matrix = _terms(budget)
    # The gradient of log softmax(A phi).
    slopes = matrix - (q @ matrix)[:, None, :]
    value = np.einsum("nz,nzk,z->nk", q, slopes, VALUES)
    points, _ = _parameters(budget)
    ours = [exact_gradient(matrix @ p, VALUES, matrix) for p in points]
    return [
        Part(
            "(2) for normalised h",
            (
                exact(
                    "sympy, symbolic k", identity(derivative - printed), "chain rule under the sum"
                ),
                agree("complex step", "quadrature", value, _by_complex_steps(budget), "k = 3, (2)"),
                agree(
                    "covariance", "quadrature", value, np.array(ours), "against Cov_q(f, grad h)"
                ),
            ),
        )
    ]


@claim("B.exact-gradient-logits", corrected="B.exact-gradient-logits.corrected")
def exact_gradient_logits(budget: Budget) -> list[Part]:
    r"""Statement: (2) read with the h of Theorem 3, whose Gibbs distribution is e^h / sum e^h.

    LaTeX: $\nabla_\phi \mathbb E_{z\sim q_\phi} f = \sum_z w(z) \nabla_\phi h_\phi(x,z) f(x,z)$ for
    $q_\phi = e^{h_\phi} / \sum_{\hat z} e^{h_\phi(x,\hat z)}$, with $w = e^{h_\phi}$ as printed or
    $w = q_\phi$

    Source: B, (2) with (14)

    Assumptions: h not normalised, as in Theorem 3, Theorem 2 and an encoder that ends in a linear
    layer; f does not depend on phi. Before (1) h is called normalised; then B.exact-gradient holds.

    Computed: one category, where E_q[f] is constant, symbolically; complex steps for three.
    """
    phi, value = sp.symbols("phi f", real=True)
    odds, q, matrix = _terms(budget)
    truth = _by_complex_steps(budget)
    # One category with h = phi, so that softmax(h) = 1.
    share = sp.exp(phi) / sp.exp(phi)
    true = sp.diff(share * value, phi)
    parts = []
    for name, weight, weights in (("e^h", sp.exp(phi), odds), ("q", share, q)):
        printed = weight * sp.diff(phi, phi) * value
        at: Any = {phi: 0, value: 1}
        parts.append(
            Part(
                f"(2) with the weight {name}",
                (
                    exact("sympy, k = 1", identity(printed - true), "E_q[f] = f is constant"),
                    agree(
                        "complex step",
                        "quadrature",
                        np.einsum("nz,zk,z->nk", weights, matrix, VALUES),
                        truth,
                        "k = 3, linear h",
                    ),
                ),
                {
                    "k": 1,
                    "h": "phi = 0",
                    "f": 1,
                    "printed": str(printed.subs(at)),
                    "true": str(sp.sympify(true).subs(at)),
                },
            )
        )
    return parts


@claim("B.exact-gradient-logits.corrected")
def exact_gradient_logits_corrected(budget: Budget) -> list[Part]:
    r"""Statement: For logits h the gradient of E_q[f] is the covariance of f and grad h under q.

    LaTeX: $\nabla_\phi \mathbb E_{q} f = \sum_z q(z) (f(z) - \mathbb E_q f) \nabla_\phi h(z)$ for
    $q = e^{h} / \sum_{\hat z} e^{h(\hat z)}$; equal to (2) if $\sum_z e^h = 1$

    Source: corrects B, (2)

    Assumptions: finitely many z; h differentiable; f does not depend on phi.

    Computed: the derivative of a quotient of sums over a symbolic number of z; complex steps; and
    in logit coordinates the engine's Hessian of E[max(h + gamma)] times f.
    """
    phi = sp.Symbol("phi", real=True)
    _, _, j, _ = (s := categories())
    f: Any = sp.IndexedBase("f", real=True)
    h: Any = sp.Function("h", real=True)(j, phi)
    total, weighted = s.sum(sp.exp(h)), s.sum(sp.exp(h) * f[j])
    slope = s.sum(sp.exp(h) * sp.diff(h, phi))
    both = s.sum(sp.exp(h) * sp.diff(h, phi) * f[j])
    covariance = both / total - weighted / total * slope / total
    points, matrix = _parameters(budget)
    ours = np.array([exact_gradient(matrix @ p, VALUES, matrix) for p in points])
    at = thetas(3, budget)
    hessians = expected_max(Gumbel()).hessian(at)
    logits = np.array([exact_gradient(p, VALUES) for p in at])
    return [
        Part(
            "grad E_q[f] = Cov_q(f, grad h)",
            (
                exact(
                    "sympy, symbolic k",
                    identity(sp.diff(weighted / total, phi) - covariance),
                    "derivative of sum e^h f / sum e^h",
                ),
                agree("complex step", "quadrature", ours, _by_complex_steps(budget), "k = 3"),
                agree("engine", "quadrature", hessians @ VALUES, logits, "Hessian times f, k = 3"),
            ),
        )
    ]
