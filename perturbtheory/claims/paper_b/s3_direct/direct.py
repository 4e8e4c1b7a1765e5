"""Section 4, Theorem 1 (Theorem 2 of the supplement): the gradient from two maximisations."""

import numpy as np
import sympy as sp
from scipy.special import logsumexp, softmax

from perturbtheory.claims.exhibits.draws import VALUES, average, winners
from perturbtheory.claims.exhibits.encoder import (
    COVARIANCE,
    EPSILON,
    PHI,
    POTENTIAL,
    SLOPE,
    F,
    H,
    at_zero,
    mean,
    total,
)
from perturbtheory.claims.exhibits.numbers import SHIFTS, WEIGHTS, engine, gumbel_argmax, thetas
from perturbtheory.claims.exhibits.symbols import T
from perturbtheory.estimate import Estimate
from perturbtheory.estimators import direct_mean, exact_gradient
from perturbtheory.ledger import Budget, Check, Claim, agree, argued, eq, exact

SPREAD = float(np.ptp(VALUES))
TINY = 1e-8
_STEP = 2.0**-5

direct_gradient = Claim(
    "B.direct-gradient",
    "B, Theorem 1 = Theorem 2, (7), (10)-(13)",
    r"""The gradient of $\mathbb E f(z^*)$ is the limit of an expected difference:
    $\nabla_\phi \mathbb E_\gamma[f(x,z^*)] = \lim_{\epsilon\to 0} \frac1\epsilon \bigl(\mathbb
    E_\gamma[\nabla_\phi h_\phi(x,z^*(\epsilon)) - \nabla_\phi h_\phi(x,z^*)]\bigr)$ with
    $z^*(\epsilon) = \operatorname{argmax}_{\hat z}\{\epsilon f(x,\hat z) + h_\phi(x,\hat z) +
    \gamma(\hat z)\}$.""",
    assumes=r"""Finitely many $z$; the $\gamma(z)$ are independent Gumbel variables, whose density
    is the corrected one; $h$ differentiable in $\phi$ is enough where "smooth" is printed; $f$ does
    not depend on $\phi$. Misprints: $\theta(x, z^*)$ in (12) is $f_\theta(x, z^*)$; "$f_\theta(x,
    z)$ is a smooth function of $\phi$" is said of $h$; $\hat\gamma(z)$ has $z$ and $\hat z$ mixed.
    $h$ need not be normalised.""",
    depends_on=("B.gumbel-density.corrected", "B.gumbel-max"),
)


@direct_gradient.part("(11): $G$ is smooth and its mixed derivatives commute")
def smooth(budget):
    points = thetas(3, budget)
    grid = np.concatenate([points + e * VALUES for e in (-0.5, 0.0, 1.0)])
    density = sp.exp(-T - sp.exp(-T))
    scores = total(sp.exp(H))
    yield exact(
        "sympy, symbolic k",
        argued(r"""$G(\phi,\epsilon) = \int g(\hat\gamma - \epsilon f - h) \max_z
            \hat\gamma(z)\,d\hat\gamma$ with $\hat\gamma = \epsilon f + h + \gamma$ [a translation
            of $\mathbb R^k$ has Jacobian one]"""),
        eq(sp.Derivative(density, T), (sp.exp(-T) - 1) * density),
        "up to the shift $c$, this is $g'$",
        argued(r"""for shifts of at most $r$ it is at most $(1+e^{r-t})\,e^{r-t}\,e^{-e^{-t-r}}$,
            which times $\max_z |\hat\gamma(z)|$ has a finite integral [every factor is monotone in
            the shift; it decays like $e^{-t}$ and like $e^{-e^{-t}}$]"""),
        eq(total(sp.exp(H) * sp.exp(-T)), scores * sp.exp(-T)),
        r"hence $\prod_z P(h(z)+\gamma(z)+c \le t) = e^{-e^{-(t-L)}}$ with $L = \log\sum_z "
        r"e^{h(z)}$, so that $G = \log\sum_z e^{h(z)+\epsilon f(z)}$, smooth where $h$ is",
        eq(
            sp.Derivative(sp.Derivative(POTENTIAL, EPSILON), PHI),
            sp.Derivative(sp.Derivative(POTENTIAL, PHI), EPSILON),
        ),
        eq(sp.Derivative(POTENTIAL, EPSILON), mean(F, EPSILON)),
        r"it is $\mathbb E[f(z^*(\epsilon))]$, as Danskin's theorem gives it",
    )
    found = engine(gumbel_argmax(), grid)
    yield agree("engine", found, logsumexp(grid, axis=1), "$G$, $k = 3$")
    moved = points[0] + 0.3 * VALUES
    yield agree(
        "engine, mixed differences",
        slopes_by_differences(moved),
        _slope(moved, VALUES),
        r"$\partial_\phi \mathbb E f(z^*(\epsilon))$ and $\partial_\epsilon \mathbb E \nabla_\phi "
        r"h(z^*(\epsilon))$ in the logits, $\epsilon = 0.3$, $k = 3$",
    )


@direct_gradient.part("(12): the encoder gradient in the Hessian")
def encoder_gradient(budget):
    h = thetas(3, budget)[0]
    mixed = at_zero(sp.Derivative(POTENTIAL, EPSILON, PHI))
    yield exact(
        "sympy, symbolic k",
        argued(r"""$\partial_\epsilon \max_z\{\epsilon f + h + \gamma\} = f(z^*(\epsilon))$
            [Danskin's theorem: a maximum of finitely many linear functions of $\epsilon$, whose
            maximiser is unique with probability one]"""),
        eq(mixed, sp.Derivative(mean(F), PHI), r"the gradient of $\mathbb E[f(z^*)]$"),
        eq(sp.Derivative(mean(F), PHI), COVARIANCE, r"$\operatorname{Cov}_q(f, \nabla_\phi h)$"),
    )
    yield agree(
        "engine",
        slopes_by_differences(h),
        exact_gradient(h, VALUES),
        r"differences of $\mathbb E f(z^*)$, $k = 3$",
    )


@direct_gradient.part("(13): the update rule in the Hessian")
def update_rule(budget):
    h = thetas(3, budget)[0]
    mixed = at_zero(sp.Derivative(POTENTIAL, PHI, EPSILON))
    tilted = mean(SLOPE, EPSILON)
    yield exact(
        "sympy, symbolic k",
        eq(sp.Derivative(POTENTIAL, PHI), tilted),
        r"it is $\mathbb E[\nabla_\phi h(z^*(\epsilon))]$",
        eq(at_zero(tilted), mean(SLOPE)),
        r"at $\epsilon = 0$ it is $\mathbb E[\nabla_\phi h(z^*)]$",
        eq(mixed, at_zero(sp.Derivative(tilted, EPSILON))),
        r"so the limit of the quotient, which is this derivative, is $\partial_\epsilon "
        r"\partial_\phi G(\phi,0)$",
    )
    yield agree(
        "sampling",
        quotient(h, 0.5, budget),
        (softmax(h + 0.5 * VALUES) - softmax(h)) / 0.5,
        r"quotient at $\epsilon = \frac12$ over shared draws, $k = 3$",
        floor=1.0,
    )


@direct_gradient.part("(7), (10): the limit of the quotient is the gradient")
def limit_is_gradient(budget):
    h = thetas(3, budget)[0]
    # The bias is at most epsilon times a third cumulant, and that at most the cube of the spread.
    small = Estimate(direct_mean(h, VALUES, TINY), TINY * SPREAD**2, "quadrature")
    yield theorem()
    yield agree("engine", slopes_by_differences(h), small, "differences against the quotient")
    what = r"quotient at $\epsilon = 10^{-8}$"
    yield agree("closed form", small, exact_gradient(h, VALUES), what)


def theorem() -> Check:
    """(7): both sides are the covariance of f and grad h under q, for symbolic k."""
    return exact(
        "sympy, symbolic k",
        eq(at_zero(sp.Derivative(mean(SLOPE, EPSILON), EPSILON)), COVARIANCE),
        r"the limit is $\operatorname{Cov}_q(f, \nabla_\phi h)$, with no condition on $h(z)$ "
        r"and $f(z)$ at any $z$",
        eq(sp.Derivative(mean(F), PHI), COVARIANCE, r"and so is $\nabla_\phi \mathbb E[f(z^*)]$"),
    )


def slopes_by_differences(logits: np.ndarray) -> Estimate:
    """The gradient of sum_z P(z* = z) f(z) in the logits, by differences of the engine's p."""
    slopes = [_slope(logits, e) for e in np.eye(logits.size)]
    value, radius = (np.array([getattr(s, name) for s in slopes]) for name in ("value", "radius"))
    return Estimate(value @ VALUES, radius @ np.abs(VALUES), "quadrature")


def _slope(logits: np.ndarray, direction: np.ndarray) -> Estimate:
    """The slopes of all P(z* = z) in one direction: central differences of order 8."""
    moved = logits + SHIFTS[:, None] * _STEP * direction
    found = engine(gumbel_argmax(logits.size), moved, "probabilities")
    value, radius = (np.asarray(a) for a in found[:2])
    # The truncation error is step^8/630 times a ninth derivative. With L the length of the
    # direction |P| is at most 1/cos(L y/2) at a distance y from the real line, so that by Cauchy's
    # estimate at y = 2.5/L the error is below (step L)^8 L/2.
    length = float(np.ptp(direction))
    error = np.abs(WEIGHTS) @ radius / _STEP + (_STEP * length) ** 8 * length / 2
    return Estimate(WEIGHTS @ value / _STEP, error, "quadrature")


def quotient(
    logits: np.ndarray, epsilon: float, budget: Budget, values: np.ndarray = VALUES
) -> Estimate:
    """The estimator in logit coordinates, averaged over draws that both arg maxes share."""

    def rows(gamma: np.ndarray) -> np.ndarray:
        return (winners(gamma, logits + epsilon * values) - winners(gamma, logits)) / epsilon

    shape = (logits.size,)
    return average(rows, shape, seed=59, samples=budget.samples, spread=2 / abs(epsilon))
