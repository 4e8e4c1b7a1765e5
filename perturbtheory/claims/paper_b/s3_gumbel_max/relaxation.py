"""Section 3.1 and Figure 1: the Gumbel-Softmax relaxation and its bias."""

from typing import Any

import numpy as np
import sympy as sp
from scipy.special import expit, softmax

from perturbtheory.claims.exhibits.draws import average
from perturbtheory.claims.exhibits.encoder import indexed, total
from perturbtheory.claims.exhibits.gumbel_law import PAIR, gumbel_softmax_pair
from perturbtheory.claims.exhibits.numbers import engine, first_of_two
from perturbtheory.claims.exhibits.symbols import A, Y, logistic_slope
from perturbtheory.estimate import Estimate
from perturbtheory.estimators import exact_gradient, relaxed_bias
from perturbtheory.ledger import Claim, agree, argued, eq, exact, positive
from perturbtheory.perturbations import Gumbel
from perturbtheory.potential import expected_logsumexp

TEMPERATURES = (0.1, 0.5, 1.0, 2.0, 10.0)
DIFFERENCES = np.array([0.5, 1.0, 2.0, 4.0])
STEEP, FIRST = np.array([4.0, 0.0]), np.array([1.0, 0.0])
"""h and f of the gradients that are averaged over draws."""
D, X, TAU = sp.symbols("D x tau", positive=True)
NODES = np.arange(-4500, 4501) / 100
WEIGHTS = 0.01 * expit(NODES) * expit(-NODES)
"""The trapezoidal rule for the mean under the logistic law of gamma_1 - gamma_2."""

bias = Claim(
    "B.gumbel-softmax-bias",
    "B, (4), the sentences after it, Figure 1 and section 5",
    r"""Replacing the arg max by a softmax, $\mathbb P_\gamma[z^*=z] = \mathbb
    E_\gamma[1_{z^*=z}] \approx \mathbb E_\gamma \frac{e^{(h(z)+\gamma(z))/\tau}}{\sum_{\hat z}
    e^{(h(\hat z)+\gamma(\hat z))/\tau}}$, gives a smooth objective and introduces bias; $\tau$ is
    the source of it. Gumbel-Softmax uses an exact gradient of an approximated objective.""",
    assumes=r"""$\tau > 0$; $f$ is extended from categories to the simplex as the linear function
    $p \mapsto \langle f, p\rangle$, as (4) does; a decoder that is not linear in $p$ has a bias of
    its own. Bias vanishes where $h$ is constant (for the objective) and on the zeros of the last
    part (for the gradient).""",
    depends_on=("C.smoothing", "B.gumbel-max", "A.gumbel-softmax-equals-argmax.corrected"),
)


@bias.part(r"$k = 2$: biased towards $\tfrac12$ at every temperature, the more the higher")
def towards_one_half():
    sigma = expit(DIFFERENCES)
    rows = np.array([sigma, *map(_pair, TEMPERATURES), np.full_like(sigma, 0.5)])
    at_one = _pair(1.0)
    found = first_of_two(expected_logsumexp(Gumbel(), 1.0), DIFFERENCES)
    even = sp.sinh(D) / (sp.cosh(D) + sp.cosh(X))
    slope = -sp.sinh(D) * sp.sinh(X) / (sp.cosh(D) + sp.cosh(X)) ** 2
    yield exact(
        "sympy, k = 2, any temperature",
        argued(r"""$p_\tau = \mathbb E\,\sigma((D+L)/\tau) = \mathbb P(L + \tau L' \le D) = \mathbb
            E\,\sigma(D - \tau L')$ with $L = \gamma_1 - \gamma_2$ and $L'$ logistic, $D = h_1 -
            h_2$ [$\sigma$ is the cdf of a logistic variable, which is symmetric]"""),
        argued(r"""$p_\tau = \mathbb E\,\frac12[\sigma(D-\tau L') + \sigma(D+\tau L')]$ [$L'$ and
            $-L'$ have one law]"""),
        eq(_logistic(D - X) + _logistic(D + X) - 1, even.rewrite(sp.exp)),
        r"$\sigma(D-x) + \sigma(D+x) - 1 = \frac{\sinh D}{\cosh D + \cosh x}$",
        eq(sp.Derivative(even, X), slope, "negative for $D > 0$, $x > 0$: it falls strictly"),
        eq((sp.sinh(D) / (sp.cosh(D) + 1)).rewrite(sp.exp), 2 * _logistic(D) - 1),
        "from this value at $x = 0$",
        eq(sp.Limit(even.rewrite(sp.exp), X, sp.oo), 0),
        argued(r"""so $\frac12 < p_\tau < \sigma(D)$ and $p_\tau$ falls strictly in $\tau$; $D < 0$
            by exchanging the categories [$x = \tau |L'| > 0$ with probability one]"""),
    )
    yield positive(
        "trapezoidal rule",
        Estimate(-np.diff(rows, axis=0), 1e-12, "quadrature"),
        r"$\sigma(D) > p_\tau > \frac12$, falling over five temperatures",
    )
    yield agree("engine", found, at_one, r"$p_1$ at $\tau = 1$")
    yield agree("closed form", gumbel_softmax_pair(DIFFERENCES), at_one, r"$p_1$ at $\tau = 1$")


@bias.part("any $k$: for $h_i > h_j$ the odds $p_i/p_j$ lie strictly between $1$ and $e^{h_i-h_j}$")
def odds_nearer_to_one():
    h = np.array([[2.0, 0.5, -1.0], [1.0, 0.8, 0.0], [3.0, 0.0, -0.1]])
    found = engine(expected_logsumexp(Gumbel(), 1.0), h, "probabilities")
    p, radius = (np.asarray(a) for a in found[:2])
    high, low, odds = p[:, :-1], p[:, 1:], np.exp(h[:, :-1] - h[:, 1:])
    margins = np.array([high - low, odds * low - high])
    rounding = np.broadcast_to(radius.max() * (1 + odds), margins.shape)
    s = sp.Symbol("s", positive=True)
    w, chance = (indexed(name, positive=True) for name in ("w", "p"))
    transform = total(chance * sp.exp(-s * w))
    first, second = (total(chance * w**n * sp.exp(-s * w)) / transform for n in (1, 2))
    yield exact(
        "sympy, any k and any temperature",
        argued(r"""$p_i = \int r(t-h_i) \prod_l F(t-h_l)\,dt$ with $F$ the cdf of $\gamma + \tau G$
            and $r = F'/F$ [C.smoothing: $p$ is the law of $\operatorname{argmax}(h + \gamma + \tau
            G)$]"""),
        argued(r"""$F(t) = \Lambda(s) = \mathbb E e^{-sW}$ with $s = e^{-(t+c)}$, $W = e^{\tau G}$;
            hence $r(t) = s M(s)$ with $M = -\Lambda'/\Lambda$ [condition on $G$]"""),
        eq(-sp.Derivative(sp.log(transform), s), first),
        "$M(s)$ is a mean of $W$, written for values $w_z$ with probabilities $p_z$",
        eq(sp.Derivative(first, s), first**2 - second),
        "minus a variance of $W$, which is not constant: $M$ falls strictly",
        argued("""so $r(t-h_i)/r(t-h_j) = e^{h_i-h_j} M(s e^{h_i})/M(s e^{h_j}) < e^{h_i-h_j}$, and
            $p_i < e^{h_i-h_j} p_j$ [the integrands are positive; the means of any other $W$ are
            differentiated alike]"""),
        argued("""$p_i > p_j$ [exchange the noise of $i$ and $j$: where $j$ won, $i$ wins, and a set
            of positive probability remains]"""),
    )
    yield positive("engine", Estimate(margins, rounding, "quadrature"), r"$k = 3$, $\tau = 1$")


@bias.part(
    r"the bias vanishes as $\tau \to 0$; as $\tau \to \infty$ the objective becomes constant"
)
def limits():
    # |sigma''| <= 1/(6 sqrt 3) and E[L'^2] = pi^2/3; |sigma(x) - 1/2| <= |x|/4 and E|L| < 2.
    cold = Estimate(_pair(1e-3), 1e-6 * np.pi**2 / (36 * np.sqrt(3.0)), "quadrature")
    warm = expit((DIFFERENCES[:, None] + NODES) / 1e7) @ WEIGHTS
    hot = Estimate(warm, (DIFFERENCES + 2.0) / 4e7, "quadrature")
    h, g, others = sp.symbols("h_z G_z R", real=True)
    share = sp.exp(h + TAU * g) / (sp.exp(h + TAU * g) + sp.exp(others))
    yield exact(
        "sympy, any k",
        argued(r"""$p_\tau = \mathbb E\,\operatorname{softmax}(h + \tau G)$ with $G$ a second Gumbel
            vector [C.smoothing: both are the law of $\operatorname{argmax}(h + \gamma + \tau
            G)$]"""),
        eq(sp.Limit(share, TAU, 0, "+"), sp.exp(h) / (sp.exp(h) + sp.exp(others))),
        r"the integrand tends to $\operatorname{softmax}(h)$, the others alike",
        eq(sp.Limit(sp.exp((h + g) / TAU), TAU, sp.oo), 1),
        r"so that $\operatorname{softmax}((h+\gamma)/\tau)$ tends to $(\frac1k, \dots)$",
        argued(r"""and so do the means; the Jacobian $\nabla p_\tau = \mathbb
            E\,\nabla\operatorname{softmax}(h+\tau G)$ tends to $\nabla\operatorname{softmax}(h)$,
            and so does the gradient of $\langle f, p_\tau\rangle$ to the exact one [dominated
            convergence: every softmax lies in $[0, 1]$, second derivatives of the log-sum-exp in
            $[-\frac14, \frac14]$]"""),
    )
    yield agree("trapezoidal rule, cold", cold, expit(DIFFERENCES), r"$p_1$ at $\tau = 10^{-3}$")
    yield agree("trapezoidal rule, hot", hot, 0.5, r"$p_1$ at $\tau = 10^7$")


@bias.part("the relaxed gradient is exact for the relaxed objective")
def pathwise(budget):
    def rows(gamma: np.ndarray) -> np.ndarray:
        s = softmax(STEEP + gamma, axis=1)
        return (s * (FIRST - (s @ FIRST)[:, None]))[:, :1]

    drawn = average(rows, (2,), seed=53, samples=budget.samples, spread=0.25)
    share = sp.exp(Y / TAU) / (sp.exp(Y / TAU) + A)
    slope = share * (1 - share) / TAU
    yield exact(
        "sympy, symbolic k",
        eq(sp.Derivative(share, Y), slope),
        r"$s(1-s)/\tau$ is the slope of $s = \operatorname{softmax}((h+\gamma)/\tau)_z$ in "
        r"$h(z)$, with $y = h(z)+\gamma(z)$ and $a$ the sum of the other exponentials",
        eq(X * (1 - X), sp.Rational(1, 4) - (X - sp.Rational(1, 2)) ** 2, r"at most $\frac14$"),
        argued(r"""$\nabla_h \mathbb E\langle f, s\rangle = \mathbb E\,\nabla_h\langle f, s\rangle$:
            one draw gives an unbiased estimate of the gradient of the relaxed objective [dominated
            convergence: $|\partial s_i/\partial h_j| \le 1/(4\tau)$]"""),
    )
    relaxed = exact_gradient(STEEP, FIRST)[:1] + relaxed_bias(Gumbel(), STEEP, FIRST, 1.0)[0]
    yield agree(
        "sampling",
        drawn,
        relaxed,
        r"pathwise gradients against the engine's Hessian times $f$, $h = (4, 0)$, $\tau = 1$",
    )


@bias.part(
    "$k = 2$: the gradient is too small at $D = 0$, too large elsewhere, unbiased in between"
)
def gradients():
    level, steep = (relaxed_bias(Gumbel(), h, FIRST, 1.0)[0] for h in (0 * STEEP, STEEP))
    sech = logistic_slope(X)
    yield exact(
        "sympy, k = 2, any temperature",
        argued(r"""the slope of $p_\tau$ in $D$ is $\mathbb E\,\sigma'(D - \tau L')$ [dominated
            convergence, $0 < \sigma' \le \frac14$]"""),
        eq(sp.Derivative(_logistic(X), X), sech.rewrite(sp.exp)),
        r"$\sigma'(x) = \frac14\cosh(x/2)^{-2}$",
        eq(sp.Subs(sech, X, 0), sp.Rational(1, 4)),
        eq(sp.Derivative(sech, X), -sp.sinh(X / 2) / (4 * sp.cosh(X / 2) ** 3)),
        r"negative for $x > 0$, so that $p_\tau'(0) = \mathbb E\,\sigma'(\tau L') < \frac14$ "
        r"falls strictly in $\tau$",
        eq(sp.Limit(A * sp.diff(PAIR, A), A, 1), sp.Rational(1, 6)),
        r"$p_1'(0)$, from $p_1 = a(a-1-\log a)/(a-1)^2$, $a = e^D$",
        argued(r"""$p_\tau' > \sigma'$ somewhere and, both being continuous, $p_\tau' = \sigma'$
            somewhere in between: there the gradient has no bias [both slopes integrate to one over
            $D$, and at $D = 0$ the first is the smaller one]"""),
    )
    yield agree("engine", level, 1 / 6 - 1 / 4, r"bias at $D = 0$, $\tau = 1$")
    yield positive("engine, signs", np.array([-level, steep]), "$D = 0$ and $D = 4$")


def _logistic(x: Any) -> Any:
    return 1 / (1 + sp.exp(-x))


def _pair(temperature: float) -> np.ndarray:
    """P_1 of the relaxation at h = (D, 0), E[sigma(D - tau L')], by the trapezoidal rule."""
    return expit(DIFFERENCES[:, None] - temperature * NODES) @ WEIGHTS
