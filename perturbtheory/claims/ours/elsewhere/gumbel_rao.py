r"""Gumbel-Rao: what more inner draws take from straight-through Gumbel-softmax, and what not."""

import numpy as np
import sympy as sp
from scipy.integrate import quad

from perturbtheory.estimators import GumbelRao, exact_gradient
from perturbtheory.ledger import Claim, agree, argued, eq, exact, positive
from perturbtheory.perturbations import Gumbel
from perturbtheory.potential import expected_logsumexp

TEMPERATURES = (0.5, 1.0, 2.0)
PAIR = (np.array([0.4, -0.7]), np.array([1.0, -0.5]))
"""Logits and values of two categories."""
TRIPLE = (np.array([0.5, -0.25, 1.0]), np.array([-1.5, 0.25, 2.0]))
_U: sp.Symbol = sp.Symbol("u", positive=True)

gumbel_rao = Claim(
    "C.gumbel-rao",
    "this package, on Paulus, Maddison and Krause, ICLR 2021: the same mean, a smaller variance",
    r"""Whatever $f$ and $d$ are, the mean of Gumbel-Rao is that of straight-through Gumbel-softmax
    for every number $S$ of inner draws, and its variance is $\operatorname{Var}\mathbb E[v\mid z] +
    \mathbb E\operatorname{Var}[v\mid z]/S$, which falls with $S$. So no $S$ takes away bias. For
    linear $f$, $d = 2$, $\theta_1 = \theta_2$ and temperature 1, where the gradient is
    $\frac14D$, $D = f_1-f_2$, the mean is $\frac16D$ and the variance $\frac1{180}D^2/S$, of which
    nothing is left as $S \to \infty$.""",
    assumes=r"""$v = J(s)\nabla f(z)/t$ with $s = \operatorname{softmax}((\theta+\gamma)/t)$, $z$
    the arg max of $\theta+\gamma$ as one-hot vector, $J(s) = \operatorname{diag}s-ss^\top$ and unit
    Gumbel $\gamma$; Gumbel-Rao is the average of $v$ over $S$ independent draws of $\gamma$ given
    one $z$. $f$ is differentiable around the simplex.""",
)


def given(theta: np.ndarray, f: np.ndarray, t: float) -> tuple[float, float]:
    """E[v | z] in the first of two entries, for both z: theta_1 - theta_2 + logistic noise."""
    gap = theta[0] - theta[1]
    p = 1 / (1 + np.exp(-gap))

    def density(x: float) -> float:
        s, noise = (1 / (1 + np.exp(-y)) for y in ((gap + x) / t, x))
        return noise * (1 - noise) * s * (1 - s) * (f[0] - f[1]) / t

    above = quad(density, -gap, 60, epsabs=1e-14, epsrel=1e-12, limit=200)[0]
    below = quad(density, -60, -gap, epsabs=1e-14, epsrel=1e-12, limit=200)[0]
    return above / p, below / (1 - p)


def variance(t: float, samples: int, theta: np.ndarray, f: np.ndarray) -> np.ndarray:
    """That of the package, by quadrature."""
    return np.asarray(GumbelRao(t, samples).moments(theta, f)[1])


@gumbel_rao.part("the mean does not depend on $S$, and the variance falls to that of the means")
def rao_blackwell():
    weight = _U * (1 - _U)
    half = sp.Rational(1, 2)
    yield exact(
        "conditioning",
        argued(r"""given $z$ each of the $S$ terms has the law of $v$ given $z$, and they are
            independent: their average has the mean $\mathbb E[v\mid z]$ and the variance
            $\operatorname{Var}[v\mid z]/S$; over $z$ this is the statement [the laws of total
            expectation and of total variance]"""),
        eq(sp.Integral(weight, (_U, 0, half)) + sp.Integral(weight, (_U, half, 1)),
           sp.Integral(weight, (_U, 0, 1)),
           r"$d = 2$, $\theta = 0$, $t = 1$: both $z$ together, $s$ uniform"),
    )  # fmt: skip
    for t in TEMPERATURES:
        relaxed = expected_logsumexp(Gumbel(), t)
        found = GumbelRao(t, 3).moments(*TRIPLE)[0]
        yield agree(f"relaxed potential, $t$ = {t}", found, np.asarray(relaxed.hvp(*TRIPLE)),
                    "$d = 3$, linear $f$: the mean is a Hessian times $f$")  # fmt: skip
        means, p = np.array(given(*PAIR, t)), exact_law(PAIR[0])
        between = p @ means**2 - (p @ means) ** 2
        least = 2 * variance(t, 2, *PAIR)[0] - variance(t, 1, *PAIR)[0]
        yield agree(f"integrals, $t$ = {t}", least, between, r"$d = 2$: $2V_2-V_1$, the limit of "
                    r"$V_S$ as $S \to \infty$")  # fmt: skip
        less = variance(t, 1, *TRIPLE) - variance(t, 10, *TRIPLE)
        yield positive(f"package, $t$ = {t}", less, "ten draws against one, $d = 3$")


def exact_law(theta: np.ndarray) -> np.ndarray:
    """softmax(theta)."""
    return np.exp(theta) / np.exp(theta).sum()


@gumbel_rao.part(r"$d = 2$, $\theta_1 = \theta_2$, $t = 1$: mean $\frac16D$, variance $D^2/(180S)$")
def at_zero():
    weight = _U * (1 - _U)
    half = sp.Rational(1, 2)
    yield exact(
        "s uniform",
        argued(r"$s_1$ is $\sigma$ of a logistic variable, uniform, and $z$ is the larger of $s$ "
               r"and $1-s$ [the difference of two Gumbel variables is logistic]"),
        eq(sp.Integral(weight, (_U, half, 1)) / half, sp.Rational(1, 6),
           r"$\mathbb E[v_1\mid z]$ over $D$; by symmetry for the other $z$ as well"),
        eq(sp.Integral(weight**2, (_U, half, 1)) / half - sp.Rational(1, 36), sp.Rational(1, 180)),
    )  # fmt: skip
    theta, f = np.zeros(2), np.array([1.5, 0.0])
    mean = GumbelRao(1.0, 4).moments(theta, f)[0][0]
    yield agree("package, mean", mean, 1.5 / 6, "$D = 1.5$")
    for samples in (1, 10):
        found = variance(1.0, samples, theta, f)[0]
        yield agree(f"package, $S$ = {samples}", found, 1.5**2 / 180 / samples, "the variance")
    gap = exact_gradient(theta, f)[0] - mean
    yield positive("package, bias", gap, "the gradient less the mean, which no $S$ changes")
