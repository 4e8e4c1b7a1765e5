"""Closed forms of Gumbel-Softmax for any number of categories, at temperature 1."""

from typing import Any

import numpy as np
import sympy as sp
from scipy import special

from perturbtheory.claims.exhibits.numbers import engine, entry, halved, thetas
from perturbtheory.estimate import ERROR_RATE, Estimate
from perturbtheory.ledger import Claim, agree, argued, eq, exact
from perturbtheory.perturbations import Gumbel
from perturbtheory.potential import expected_logsumexp
from perturbtheory.routes import sampling

closed_forms_bessel = Claim(
    "C.closed-forms-bessel",
    "this package",
    r"""Gumbel-Softmax at temperature 1 is a one-dimensional integral of Bessel functions for any
    number of categories; the sum of two Gumbel variables has a cdf by $K_1$. With
    $w_i = e^{\theta_i}$ and $\kappa(x) = 2\sqrt xK_1(2\sqrt x)$: $\mathbb P[\gamma + G
    \le x - 2c] = \kappa(e^{-x})$ and $\mathbb E[s_i] = \int_0^\infty 2w_iK_0(2\sqrt{sw_i})
    \prod_{j\ne i}\kappa(sw_j)\,ds$.""",
    assumes=r"""Any $d$; independent zero-mean Gumbel coordinates of scale 1, temperature 1; $c$ is
    Euler's constant.""",
    depends_on=("C.smoothing", "C.one-dimensional"),
)


@closed_forms_bessel.part(r"$\gamma + G$ has the cdf $\kappa(e^{-x})$ at $x - 2c$")
def cdf(budget):
    x, y = sp.symbols("x y", positive=True)
    g, root = sp.exp(-y - x / y), 2 * sp.sqrt(x)
    kappa = root * sp.besselk(1, root)
    third: dict[Any, Any] = {
        sp.besselk(3, root): sp.besselk(1, root) + 4 * sp.besselk(2, root) / root
    }
    second: dict[Any, Any] = {
        sp.besselk(2, root): sp.besselk(0, root) + 2 * sp.besselk(1, root) / root
    }
    yield exact(
        "Bessel's equation",
        argued(r"""$\gamma + G + 2c \le x$ means $EE' \ge e^{-x}$ with $E, E'$ independent and
            exponential, of probability $I(e^{-x})$, $I(x) = \int_0^\infty e^{-y-x/y}\,dy$ [$E =
            e^{-(\gamma + c)}$ is exponential]"""),
        eq(x * sp.Derivative(g, (x, 2)) - g, sp.Derivative(g, y)),
        r"with integral $0$ over $y$, so that $xI'' = I$",
        eq(x * sp.diff(kappa, x, 2).subs(third).subs(second), kappa, r"$x\kappa'' = \kappa$"),
        argued(r"""$I$ and $\kappa$ are $1$ at $0$ and bounded, which leaves one solution: $I =
            \kappa$ [$2\sqrt xI_1(2\sqrt x)$ is $0$ at $0$ and not bounded; $yK_1(y) \to 1$ for $y
            \to 0$]"""),
    )
    at = np.array([-2.0, 0.0, 1.0, 4.0])
    y = 2 * np.exp(-at / 2)
    draws = np.asarray(Gumbel().sample(np.random.default_rng(47), (budget.samples, 2)), float)
    below = (draws.sum(1)[:, None] <= at - 2 * np.euler_gamma).mean(0)
    # Hoeffding's inequality for four frequencies.
    radius = np.sqrt(np.log(8 / ERROR_RATE) / (2 * budget.samples)) + 0 * below
    share = Estimate(below, radius, "monte-carlo", 1 - ERROR_RATE)
    yield agree("sampling", share, y * special.k1(y), "frequencies at four $x$", floor=1.0)


@closed_forms_bessel.part("p by Bessel functions")
def by_bessel_functions(budget):
    w, z = sp.symbols("w z", positive=True)
    at = w * sp.exp(-z)
    y = 2 * sp.sqrt(at)
    # d/dz of kappa(w e^-z) by 2 K_1' = -(K_0 + K_2) and K_2 = K_0 + (2/y) K_1.
    slope = sp.diff(y * sp.besselk(1, y), z)
    slope = slope.subs(sp.besselk(2, y), sp.besselk(0, y) + 2 * sp.besselk(1, y) / y)
    yield exact(
        "product of two exponentials",
        argued(r"""$\theta_i + \gamma_i + G_i + 2c \le z$ means $E_iE_i' \ge w_ie^{-z}$ with $E_i,
            E_i'$ independent and exponential, of probability $\kappa(w_ie^{-z})$ [the cdf
            above]"""),
        eq(slope, 2 * at * sp.besselk(0, y)),
        r"the density at $z$, as $\kappa'(x) = -2K_0(2\sqrt x)$",
        argued(r"""$p_i = \int 2w_ie^{-z}K_0(2\sqrt{w_ie^{-z}})\prod_{j\ne i}\kappa(w_je^{-z})\,dz$,
            with $s = e^{-z}$ the integral stated [independence, as in C.one-dimensional]"""),
    )
    d, theta = np.array([0.25, 0.5, 1.0, 2.0, 4.0]), thetas(3, budget)[0]
    points = np.stack([d, 0 * d], 1)
    found = engine(expected_logsumexp(Gumbel(), 1.0), points, "probabilities")
    yield agree("engine", found, _integral(np.exp(points)), "$p$ at five $D$, $d = 2$")
    drawn = sampling.probabilities(
        Gumbel(), theta, seed=41, samples=budget.samples, temperature=1.0
    )
    yield agree("sampling", drawn, entry(_integral(np.exp(theta[None])), 0), "$p$, $d = 3$")


def _integral(weights: np.ndarray) -> Estimate:
    """The integral stated, by the trapezoidal rule in log s."""
    log_s = np.linspace(-60.0, 10.0, 2801)
    y = 2 * np.sqrt(np.exp(log_s) * weights[:, :, None])
    cdf, density = y * special.k1(y), y**2 / 2 * special.k0(y)
    others = np.stack([np.delete(cdf, i, 1).prod(1) for i in range(weights.shape[1])], 1)
    return halved(density * others * (log_s[1] - log_s[0]))
