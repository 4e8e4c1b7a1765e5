"""Section 4, Theorem 1 (Theorem 2 of the supplement): the gradient from two maximisations."""

from typing import Any, cast

import numpy as np
import sympy as sp
from scipy.special import logsumexp, softmax

from perturbtheory.claims.exhibits.draws import VALUES, average
from perturbtheory.claims.exhibits.numbers import engine, thetas
from perturbtheory.claims.legacy import agree, argued, claim, proof, shown
from perturbtheory.estimate import Estimate
from perturbtheory.estimators import direct_mean, exact_gradient
from perturbtheory.ledger import Budget, Check, Outcome, Part
from perturbtheory.perturbations import Gumbel
from perturbtheory.potential import expected_max
from perturbtheory.routes.symbolic import categories, identity

_PHI, _E = sp.symbols("phi epsilon", real=True)
_STEP = 2.0**-5
_SPREAD = float(np.ptp(VALUES))


class _Symbols:
    """h(z; phi) and f(z) for a symbolic number of categories, and sums of e^(h + epsilon f)."""

    def __init__(self) -> None:
        s, f = categories(), sp.IndexedBase("f", real=True)
        self.f = cast(Any, f)[s.j]
        self.h: Any = sp.Function("h", real=True)(s.j, _PHI)
        self.slope = sp.diff(self.h, _PHI)
        self.sum = s.sum

    def mean(self, term: Any, *, tilted: bool) -> Any:
        """E[term(z)] for z with the law softmax(h + epsilon f), or softmax(h)."""
        weight = sp.exp(self.h + _E * self.f) if tilted else sp.exp(self.h)
        return self.sum(weight * term) / self.sum(weight)

    def potential(self) -> Any:
        """G(phi, epsilon)."""
        return sp.log(self.sum(sp.exp(self.h + _E * self.f)))

    def covariance(self) -> Any:
        """Cov_q(f, dh/dphi)."""
        f, h = (self.mean(x, tilted=False) for x in (self.f, self.slope))
        return self.mean(self.f * self.slope, tilted=False) - f * h


def _zero(expression: Any) -> Outcome:
    return identity(expression.doit())


def _smooth() -> Check:
    """(11): G is the log-sum-exp of h + epsilon f, and its mixed derivatives commute."""
    _, _, j, x = (s := categories())
    t = sp.Symbol("t", real=True)
    exponent = s.sum(sp.expand(sp.exp(x[j]) * sp.exp(-(t + sp.EulerGamma)))).doit()
    moved = sp.exp(-(t - sp.log(s.sum(sp.exp(x[j]))) + sp.EulerGamma))
    k = _Symbols()
    g = k.potential()
    one: Any = sp.diff(sp.diff(g, _PHI), _E)
    two: Any = sp.diff(sp.diff(g, _E), _PHI)
    density = sp.exp(-t - sp.exp(-t))
    slope = sp.diff(density, t) - (sp.exp(-t) - 1) * density
    return proof(
        "sympy, symbolic k",
        "G in closed form, and what the printed change of variables needs",
        argued(
            r"$G(\phi,\epsilon) = \int g(\hat\gamma - \epsilon f - h) \max_z \hat\gamma(z)\,"
            r"d\hat\gamma$ with $\hat\gamma = \epsilon f + h + \gamma$",
            "a translation of R^k has Jacobian one",
        ),
        shown(
            r"$g'(t) = (e^{-t}-1)\,g(t)$ for $g(t) = e^{-t-e^{-t}}$, up to the shift c",
            _zero(slope),
        ),
        argued(
            r"for shifts of at most $r$ it is at most $(1+e^{r-t})\,e^{r-t}\,e^{-e^{-t-r}}$, which "
            r"times $\max_z |\hat\gamma(z)|$ has a finite integral",
            "every factor is monotone in the shift; it decays like e^-t and like exp(-e^-t)",
        ),
        shown(
            r"$\prod_z P(x_z+\gamma_z \le t) = e^{-e^{-(t-L+c)}}$ with $L = \log\sum_z e^{x_z}$, "
            r"so that $G = \log\sum_z e^{h(z)+\epsilon f(z)}$, smooth where $h$ is",
            _zero(exponent - sp.expand(moved)),
        ),
        shown(
            r"$\partial_\phi\partial_\epsilon G = \partial_\epsilon\partial_\phi G$",
            _zero(one - two),
        ),
        shown(
            r"$\partial_\epsilon G = \mathbb E[f(z^*(\epsilon))]$, as Danskin's theorem gives it",
            _zero(sp.diff(g, _E) - k.mean(k.f, tilted=True)),
        ),
    )


def _encoder_gradient() -> Check:
    """(12): the mixed derivative at epsilon = 0 is the gradient of E[f(z*)]."""
    k = _Symbols()
    mixed = sp.diff(sp.diff(k.potential(), _E), _PHI).subs(_E, 0)
    gradient = sp.diff(k.mean(k.f, tilted=False), _PHI)
    return proof(
        "sympy, symbolic k",
        "both are the derivative of sum e^h f / sum e^h",
        argued(
            r"$\partial_\epsilon \max_z\{\epsilon f + h + \gamma\} = f(z^*(\epsilon))$",
            "Danskin's theorem: a maximum of finitely many linear functions of epsilon, whose "
            "maximiser is unique with probability one",
        ),
        shown(
            r"$\partial_\phi\partial_\epsilon G(\phi,0) = \nabla_\phi \mathbb E[f(z^*)]$",
            _zero(mixed - gradient),
        ),
        shown(
            r"$\nabla_\phi \mathbb E[f(z^*)] = \operatorname{Cov}_q(f, \nabla_\phi h)$",
            _zero(gradient - k.covariance()),
        ),
    )


def _update_rule() -> Check:
    """(13): the other mixed derivative is the limit of the difference quotient."""
    k = _Symbols()
    tilted = k.mean(k.slope, tilted=True)
    mixed: Any = sp.diff(sp.diff(k.potential(), _PHI), _E).subs(_E, 0)
    rate: Any = sp.diff(tilted, _E).subs(_E, 0)
    first = sp.diff(k.potential(), _PHI) - tilted
    start = tilted.subs(_E, 0) - k.mean(k.slope, tilted=False)
    return proof(
        "sympy, symbolic k",
        "the quotient is that of E[grad h(z*(epsilon))] between 0 and epsilon",
        shown(
            r"$\partial_\phi G(\phi,\epsilon) = \mathbb E[\nabla_\phi h(z^*(\epsilon))]$",
            _zero(first),
        ),
        shown(r"at $\epsilon = 0$ it is $\mathbb E[\nabla_\phi h(z^*)]$", _zero(start)),
        shown(
            r"so the limit of the quotient is its derivative $\partial_\epsilon\partial_\phi "
            r"G(\phi,0)$",
            _zero(mixed - rate),
        ),
    )


def theorem() -> Check:
    """(7): both sides are the covariance of f and grad h under q, for symbolic k."""
    k = _Symbols()
    limit = sp.diff(k.mean(k.slope, tilted=True), _E).subs(_E, 0)
    return proof(
        "sympy, symbolic k",
        "(11) at epsilon = 0 with (12) and (13); no condition on h(z) and f(z) at any z",
        shown(
            r"the limit is $\operatorname{Cov}_q(f, \nabla_\phi h)$",
            _zero(limit - k.covariance()),
        ),
        shown(
            r"and so is $\nabla_\phi \mathbb E[f(z^*)]$",
            _zero(sp.diff(k.mean(k.f, tilted=False), _PHI) - k.covariance()),
        ),
    )


def slopes_by_differences(logits: np.ndarray) -> Estimate:
    """The gradient of sum_z P(z* = z) f(z) in the logits: central differences of the engine's p."""
    moves = np.array([-2.0, -1.0, 1.0, 2.0])[:, None, None] * _STEP * np.eye(logits.size)
    rows = (logits + moves).reshape(-1, logits.size)
    found = engine(expected_max(Gumbel(np.ones(logits.size))), rows, "probabilities")
    value, radius = (np.asarray(a).reshape(4, logits.size, -1) for a in found[:2])
    weights = np.array([1.0, -8.0, 8.0, -1.0]) / (12 * _STEP)
    slopes = np.einsum("s,sjz,z->j", weights, value, VALUES)
    rounding = np.einsum("s,sjz,z->j", np.abs(weights), radius, np.abs(VALUES))
    # The truncation error is step^4 / 30 times a fifth derivative, at most 30 times the spread.
    return Estimate(slopes, rounding + _STEP**4 * _SPREAD, "quadrature")


def quotient(logits: np.ndarray, epsilon: float, budget: Budget) -> Estimate:
    """The estimator in logit coordinates, averaged over draws that both arg maxes share."""

    def rows(gamma: np.ndarray) -> np.ndarray:
        z, moved = ((x + gamma).argmax(1) for x in (logits, logits + epsilon * VALUES))
        return (np.eye(logits.size)[moved] - np.eye(logits.size)[z]) / epsilon

    shape = (logits.size,)
    return average(rows, shape, seed=59, samples=budget.samples, spread=2 / abs(epsilon))


@claim("B.direct-gradient", depends_on=("B.gumbel-density.corrected", "B.gumbel-max"))
def direct_gradient(budget: Budget) -> list[Part]:
    r"""Statement: The gradient of E f(z*) is the limit, as epsilon -> 0, of the expected difference
    of grad h at z*(epsilon) and at z*, divided by epsilon.

    LaTeX: $\nabla_\phi \mathbb E_\gamma[f(x,z^*)] = \lim_{\epsilon\to 0} \frac1\epsilon
    \bigl(\mathbb E_\gamma[\nabla_\phi h_\phi(x,z^*(\epsilon)) - \nabla_\phi h_\phi(x,z^*)]\bigr)$,
    $z^*(\epsilon) = \operatorname{argmax}_{\hat z}\{\epsilon f(x,\hat z) + h_\phi(x,\hat z) +
    \gamma(\hat z)\}$

    Source: B, Theorem 1 = Theorem 2, (7), (10)-(13)

    Assumptions: finitely many z; gamma(z) independent Gumbel variables, whose density is the
    corrected one; h differentiable in phi is enough where "smooth" is printed; f does not depend on
    phi. Misprints: theta(x, z*) in (12) is f_theta(x, z*); "f_theta(x, z) is a smooth function of
    phi" is said of h; gamma-hat(z) has z and z-hat mixed. h need not be normalised.

    Computed: every step for a symbolic number of z, from G = log sum e^(h + epsilon f); G and the
    gradient by one-dimensional quadrature; the quotient over draws with shared noise.
    """
    points = thetas(3, budget)
    h = points[0]
    grid = np.concatenate([points + e * VALUES for e in (-0.5, 0.0, 1.0)])
    f = expected_max(Gumbel(np.ones(3)))
    gradient = exact_gradient(h, VALUES)
    numeric = slopes_by_differences(h)
    tiny = 1e-7
    # The bias is at most epsilon times a third cumulant, and that at most the cube of the spread.
    small = Estimate(direct_mean(h, VALUES, tiny), tiny * _SPREAD**2, "quadrature")
    sampled = quotient(h, 0.5, budget)
    return [
        Part(
            "(11): G is smooth and its mixed derivatives commute",
            (
                _smooth(),
                agree("engine", "quadrature", engine(f, grid), logsumexp(grid, axis=1), "G, k = 3"),
            ),
        ),
        Part(
            "(12): the encoder gradient in the Hessian",
            (
                _encoder_gradient(),
                agree("engine", "quadrature", numeric, gradient, "differences of E f(z*), k = 3"),
            ),
        ),
        Part(
            "(13): the update rule in the Hessian",
            (
                _update_rule(),
                agree(
                    "sampling",
                    "monte-carlo",
                    sampled,
                    (softmax(h + 0.5 * VALUES) - softmax(h)) / 0.5,
                    "quotient at epsilon = 1/2 over shared draws, k = 3",
                ),
            ),
        ),
        Part(
            "(7), (10): the limit of the quotient is the gradient",
            (
                theorem(),
                agree("engine", "quadrature", numeric, small, "differences against the quotient"),
                agree("closed form", "quadrature", small, gradient, "quotient at epsilon = 1e-7"),
            ),
        ),
    ]
