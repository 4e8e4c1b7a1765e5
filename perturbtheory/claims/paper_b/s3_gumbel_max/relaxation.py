"""Section 3.1 and Figure 1: the Gumbel-Softmax relaxation and its bias."""

from typing import Any

import numpy as np
import sympy as sp
from scipy.special import expit, softmax

from perturbtheory.claims.exhibits.draws import average
from perturbtheory.claims.exhibits.gumbel_law import gumbel_softmax_pair
from perturbtheory.claims.exhibits.numbers import engine, entry
from perturbtheory.claims.legacy import agree, argued, claim, positive, proof, shown
from perturbtheory.estimate import Estimate
from perturbtheory.estimators import exact_gradient, relaxed_bias
from perturbtheory.ledger import Budget, Check, Part
from perturbtheory.perturbations import Gumbel
from perturbtheory.potential import expected_logsumexp
from perturbtheory.routes.symbolic import categories, identity

TEMPERATURES = (0.1, 0.5, 1.0, 2.0, 10.0)
_DIFFERENCES = np.array([0.5, 1.0, 2.0, 4.0])
_D, _X, _TAU = sp.symbols("D x tau", positive=True)


def _logistic(x: Any) -> Any:
    return 1 / (1 + sp.exp(-x))


def _pairing() -> Any:
    """sigma(D - x) + sigma(D + x) - 1."""
    return _logistic(_D - _X) + _logistic(_D + _X) - 1


def _hyperbolic() -> Any:
    return sp.sinh(_D) / (sp.cosh(_D) + sp.cosh(_X))


def _as_exponentials(expression: Any) -> Any:
    return sp.simplify(expression.rewrite(sp.exp))


def _strict() -> Check:
    """1/2 < p_tau < sigma(D), and p_tau falls as tau grows, for two categories."""
    slope = sp.simplify(sp.diff(_hyperbolic(), _X))
    expected = -sp.sinh(_D) * sp.sinh(_X) / (sp.cosh(_D) + sp.cosh(_X)) ** 2
    at_zero = sp.sinh(_D) / (sp.cosh(_D) + 1)
    return proof(
        "sympy, k = 2, any temperature",
        "sinh D/(cosh D + cosh x) falls strictly in |x| from 2 sigma(D) - 1 to 0",
        argued(
            r"$p_\tau = \mathbb E\,\sigma((D+L)/\tau) = \mathbb P(L + \tau L' \le D) = "
            r"\mathbb E\,\sigma(D - \tau L')$ with $L = \gamma_1 - \gamma_2$ and $L'$ logistic, "
            r"$D = h_1 - h_2$",
            "sigma is the cdf of a logistic variable, which is symmetric",
        ),
        argued(
            r"$p_\tau = \mathbb E\,\frac12[\sigma(D-\tau L') + \sigma(D+\tau L')]$",
            "L' and -L' have one law",
        ),
        shown(
            r"$\sigma(D-x) + \sigma(D+x) - 1 = \frac{\sinh D}{\cosh D + \cosh x}$",
            identity(_as_exponentials(_pairing() - _hyperbolic())),
        ),
        shown(
            r"for $D > 0$ it falls strictly in $x > 0$, because its derivative is $-\sinh D "
            r"\sinh x\,(\cosh D + \cosh x)^{-2}$, from $2\sigma(D) - 1$ at $x = 0$",
            identity(_as_exponentials(slope - expected)) == "holds"
            and bool(expected.is_negative)
            and identity(_as_exponentials(at_zero - (2 * _logistic(_D) - 1))) == "holds",
        ),
        argued(
            r"so $\frac12 < p_\tau < \sigma(D)$ and $p_\tau$ falls strictly in $\tau$; $D < 0$ by "
            r"exchanging the categories",
            "x = tau |L'| > 0 with probability one",
        ),
    )


def _pair(temperature: float) -> np.ndarray:
    """P_1 of the relaxation at h = (D, 0), E[sigma(D - tau L')], by the trapezoidal rule."""
    nodes = np.arange(-45.0, 45.0, 0.01)
    weights = 0.01 * expit(nodes) * expit(-nodes)
    return expit(_DIFFERENCES[:, None] - temperature * nodes) @ weights


def _limits() -> Check:
    """The two limits of the temperature, any number of categories."""
    h, g, others = sp.symbols("h G R", real=True)
    share = sp.exp(h + _TAU * g) / (sp.exp(h + _TAU * g) + sp.exp(others))
    flat = sp.limit(sp.exp((h + g) / _TAU), _TAU, sp.oo)
    return proof(
        "sympy, any k",
        "dominated convergence: every softmax lies in [0, 1]",
        argued(
            r"$p_\tau = \mathbb E\,\operatorname{softmax}(h + \tau G)$ with $G$ a second Gumbel "
            r"vector",
            "C.smoothing: both are the law of argmax(h + gamma + tau G)",
        ),
        shown(
            r"as $\tau \to 0$ the integrand tends to $\operatorname{softmax}(h)$",
            identity(sp.limit(share, _TAU, 0, "+") - sp.exp(h) / (sp.exp(h) + sp.exp(others))),
        ),
        shown(
            r"as $\tau \to \infty$ every $e^{(h_z+\gamma_z)/\tau}$ tends to $1$, so that "
            r"$\operatorname{softmax}((h+\gamma)/\tau)$ tends to $(\frac1k, \dots, \frac1k)$",
            flat == 1,
        ),
        argued(
            r"its Jacobian $\nabla p_\tau = \mathbb E\,\nabla\operatorname{softmax}(h+\tau G)$ "
            r"tends to $\nabla\operatorname{softmax}(h)$, and so does the gradient of "
            r"$\langle f, p_\tau\rangle$ to the exact one",
            "dominated convergence: second derivatives of the log-sum-exp lie in [-1/4, 1/4]",
        ),
    )


def _slope() -> Check:
    """The slope of p_tau at D = 0 and the change of sign of the gradient's bias, k = 2."""
    sech = 1 / (4 * sp.cosh(_X / 2) ** 2)
    slope = identity(_as_exponentials(sp.diff(_logistic(_X), _X) - sech))
    falling = sp.diff(sech, _X) + sp.sinh(_X / 2) / (4 * sp.cosh(_X / 2) ** 3)
    a = sp.Symbol("a", positive=True)
    closed = a * (a - 1 - sp.log(a)) / (a - 1) ** 2
    sixth = sp.limit(a * sp.diff(closed, a), a, 1)
    return proof(
        "sympy, k = 2, any temperature",
        "the slope of p_tau in D is E sigma'(D - tau L')",
        shown(r"$\sigma'(x) = \frac14\cosh(x/2)^{-2}$", slope),
        shown(
            r"$\sigma'$ falls strictly in $|x|$ from $\sigma'(0) = \frac14$, so that "
            r"$p_\tau'(0) = \mathbb E\,\sigma'(\tau L') < \frac14$ falls strictly in $\tau$",
            identity(falling) == "holds" and sech.subs(_X, 0) == sp.Rational(1, 4),
        ),
        shown(
            r"at $\tau = 1$ it is $\frac16$, from $p_1 = a(a-1-\log a)/(a-1)^2$, $a = e^D$",
            sixth == sp.Rational(1, 6),
        ),
        argued(
            r"$p_\tau' > \sigma'$ somewhere and, both being continuous, $p_\tau' = \sigma'$ "
            r"somewhere in between: there the gradient has no bias",
            "both slopes integrate to one over D, and at D = 0 the first is the smaller one",
        ),
    )


def _pathwise() -> Check:
    """The gradient of the relaxed objective may be taken inside the expectation."""
    _, i, j, h = (s := categories())
    share = sp.exp(h[i] / _TAU) / s.sum(sp.exp(h[j] / _TAU))
    slope = sp.diff(share, h[i]).doit()
    p = sp.Symbol("s", real=True)
    return proof(
        "sympy, symbolic k",
        "the relaxed integrand is smooth with bounded slopes",
        shown(
            r"$\partial s_i/\partial h_i = s_i(1-s_i)/\tau$ for $s = "
            r"\operatorname{softmax}((h+\gamma)/\tau)$",
            identity(slope - share * (1 - share) / _TAU),
        ),
        shown(
            r"$s(1-s) = \frac14 - (s-\frac12)^2 \le \frac14$",
            identity(p * (1 - p) - sp.Rational(1, 4) + (p - sp.Rational(1, 2)) ** 2),
        ),
        argued(
            r"$\nabla_h \mathbb E\langle f, s\rangle = \mathbb E\,\nabla_h\langle f, s\rangle$: "
            r"one draw gives an unbiased estimate of the gradient of the relaxed objective",
            "dominated convergence: |ds_i/dh_j| <= 1/(4 tau)",
        ),
    )


@claim(
    "B.gumbel-softmax-bias",
    depends_on=("C.smoothing", "B.gumbel-max", "A.gumbel-softmax-equals-argmax.corrected"),
)
def gumbel_softmax_bias(budget: Budget) -> list[Part]:
    r"""Statement: Replacing the arg max by the softmax of (h + gamma)/tau gives a smooth objective
    and introduces bias; tau is the source of it. Gumbel-Softmax uses an exact gradient of an
    approximated objective.

    LaTeX: $\mathbb P_\gamma[z^*=z] = \mathbb E_\gamma[1_{z^*=z}] \approx \mathbb E_\gamma
    \frac{e^{(h(z)+\gamma(z))/\tau}}{\sum_{\hat z} e^{(h(\hat z)+\gamma(\hat z))/\tau}}$

    Source: B, (4), the sentences after it, Figure 1 and section 5

    Assumptions: tau > 0; f is extended from categories to the simplex as the linear function
    p -> <f, p>, as (4) does; a decoder that is not linear in p has a bias of its own. Bias vanishes
    where h is constant (for the objective) and on the zeros of the last part (for the gradient).

    Computed: for two categories the sign of the bias at every temperature, for any number its
    limits; one-dimensional quadrature at seven temperatures; the engine and its Hessian at tau = 1;
    pathwise gradients averaged over draws.
    """
    sigma = expit(_DIFFERENCES)
    rows = np.array([sigma, *map(_pair, TEMPERATURES), np.full_like(sigma, 0.5)])
    at_one = rows[1 + TEMPERATURES.index(1.0)]
    points = np.stack([_DIFFERENCES, 0 * _DIFFERENCES], 1)
    found = engine(expected_logsumexp(Gumbel(), 1.0), points, "probabilities")
    # |sigma''| <= 1/(6 sqrt 3) and E[L'^2] = pi^2/3; |sigma(x) - 1/2| <= |x|/4 and E|L| < 2.
    cold = Estimate(_pair(1e-2), 1e-4 * np.pi**2 / (36 * np.sqrt(3.0)), "quadrature")
    hot = Estimate(_pair(1e3), (_DIFFERENCES + 2.0) / 4e3, "quadrature")
    h, f = np.array([4.0, 0.0]), np.array([1.0, 0.0])
    level, steep = (relaxed_bias(Gumbel(), x, f, 1.0)[0] for x in (0 * h, h))
    relaxed = exact_gradient(h, f)[:1] + steep

    def pathwise(gamma: np.ndarray) -> np.ndarray:
        s = softmax(h + gamma, axis=1)
        return (s * (f - (s @ f)[:, None]))[:, :1]

    drawn = average(pathwise, (2,), seed=53, samples=budget.samples, spread=0.25)
    return [
        Part(
            "k = 2: biased towards 1/2 at every temperature, the more the higher",
            (
                _strict(),
                positive(
                    "trapezoidal rule",
                    "quadrature",
                    -np.diff(rows, axis=0),
                    "sigma(D) > p_tau > 1/2, falling over five temperatures",
                ),
                agree("engine", "quadrature", entry(found, np.s_[:, 0]), at_one, "p_1 at tau = 1"),
                agree(
                    "closed form",
                    "quadrature",
                    gumbel_softmax_pair(_DIFFERENCES),
                    at_one,
                    "p_1 at tau = 1",
                ),
            ),
        ),
        Part(
            "the bias vanishes as tau -> 0; as tau -> infinity the objective becomes constant",
            (
                _limits(),
                agree("trapezoidal rule, cold", "quadrature", cold, sigma, "p_1 at tau = 1/100"),
                agree("trapezoidal rule, hot", "quadrature", hot, 0.5, "p_1 at tau = 1000"),
            ),
        ),
        Part(
            "the relaxed gradient is exact for the relaxed objective",
            (
                _pathwise(),
                agree(
                    "sampling",
                    "monte-carlo",
                    drawn,
                    relaxed,
                    "pathwise gradients against the engine's Hessian times f, h = (4, 0), tau = 1",
                ),
            ),
        ),
        Part(
            "k = 2: the gradient is too small at D = 0, too large elsewhere, unbiased in between",
            (
                _slope(),
                agree("engine", "quadrature", level, 1 / 6 - 1 / 4, "bias at D = 0, tau = 1"),
                positive("engine", "quadrature", np.array([-level, steep]), "D = 0 and D = 4"),
            ),
        ),
    ]
