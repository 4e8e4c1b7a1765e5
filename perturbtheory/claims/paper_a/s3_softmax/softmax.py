"""Sections 3.1 and 3.3: the softmax and the log-sum-exp without noise."""

from fractions import Fraction

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits.numbers import thetas
from perturbtheory.claims.exhibits.softmax_exact import any_d, by_engine, same, same_share_step
from perturbtheory.ledger import Claim, agree, exact, shown
from perturbtheory.routes.symbolic import categories

ODDS = (([1, 2, 5], Fraction(3, 7)), ([4], Fraction(9)), ([1, 1, 1, 3, 8], Fraction(1, 100)))
"""e^theta, and e^c by which all odds are multiplied."""

softmax_not_minimal = Claim(
    "A.softmax-not-minimal",
    "A, section 3.1",
    r"""$\theta$ and $\theta + c\mathbf 1$ give the same $p$, $\operatorname{softmax}(\theta) =
    \operatorname{softmax}(\theta + c\mathbf 1)$; hence $\Theta = \mathbb R^d$ is not minimal for
    the softmax.""",
    assumes=r"""$d \ge 1$ and any real $c$; minimal means that $\theta \mapsto p$ is one-to-one.""",
)
lse_gradient = Claim(
    "A.lse-gradient",
    "A, (5) and (24)",
    r"""The softmax is the gradient of the log-sum-exp: $\operatorname{softmax}(\theta) =
    \nabla \log\bigl(\sum_{i=1}^d e^{\theta_i}\bigr)$.""",
    assumes=r"""$d \ge 1$. (24) as printed equates the scalar $\partial f/\partial\theta_j$ with the
    vector $\operatorname{softmax}(\theta)$; it is read as its entry $j$, as
    in (5).""",
)


@softmax_not_minimal.part(
    r"$\operatorname{softmax}(\theta + c\mathbf 1) = \operatorname{softmax}(\theta)$"
)
def translates(budget):
    unmoved = all(_shares(odds) == _shares([factor * u for u in odds]) for odds, factor in ODDS)
    yield exact("sympy, symbolic d", same_share_step())
    yield exact("rational odds", unmoved, cases="three vectors of odds $e^{\\theta_i}$")
    one, two = (by_engine(thetas(3, budget) + shift) for shift in (0.0, 1.75))
    yield agree("engine", one, two, r"$p(\theta)$ against $p(\theta + 1.75 \cdot \mathbf 1)$")


@softmax_not_minimal.part("two parameters share one probability")
def two_parameters():
    one, two = (by_engine(x) for x in (np.zeros(2), np.ones(2)))
    says = r"$\theta = (0, 0)$ and $\tau = (1, 1)$ have one softmax: not one-to-one"
    yield exact("sympy, witness", shown(says, same((0, 0), (1, 1), sp.E)))
    yield agree("engine", one, two, "$p(0, 0)$ against $p(1, 1)$")


@lse_gradient.part(r"""$\frac{\partial}{\partial\theta_i} \log\sum_j e^{\theta_j} = e^{\theta_i} /
    \sum_j e^{\theta_j}$""")
def derivative(budget):
    _, i, j, theta = (s := categories())
    total = s.sum(sp.exp(theta[j]))
    points, step = thetas(3, budget), 1e-40
    moved = points[:, None, :] + 1j * step * np.eye(3)
    slopes = np.log(np.exp(moved).sum(-1)).imag / step
    softmax = np.exp(points) / np.exp(points).sum(-1, keepdims=True)
    what = "complex-step derivative of the log-sum-exp, $d = 3$, against"
    yield exact(
        "sympy, symbolic d", any_d(sp.Derivative(sp.log(total), theta[i]), sp.exp(theta[i]) / total)
    )
    yield agree("complex step", slopes, softmax, f"{what} the softmax")
    yield agree("engine", slopes, by_engine(points), f"{what} the engine's probabilities")


def _shares(odds):
    """The softmax for e^theta_i = odds_i, exactly."""
    return [Fraction(u) / sum(odds) for u in odds]
