"""Section 3.2: the Gumbel density, Gumbel-Argmax and Gumbel-Softmax."""

import math
from typing import Any

import numpy as np
import sympy as sp
from scipy import integrate

from perturbtheory.claims.exhibits.numbers import engine, entry, thetas
from perturbtheory.claims.exhibits.softmax_exact import softmax
from perturbtheory.claims.legacy import agree, claim, exact, positive
from perturbtheory.estimate import Estimate
from perturbtheory.ledger import Budget, Check, Part
from perturbtheory.perturbations import Gumbel
from perturbtheory.potential import expected_logsumexp, expected_max
from perturbtheory.routes import sampling
from perturbtheory.routes.symbolic import identity


def printed_density(t: float) -> float:
    """exp(-exp(-(t + c))), as printed."""
    return math.exp(-math.exp(-(t + float(np.euler_gamma))))


def density(t: np.ndarray) -> np.ndarray:
    """exp(-(t + c) - exp(-(t + c))), the derivative of the printed function."""
    z = t + np.euler_gamma
    return np.exp(-z - np.exp(-z))


def _mass_up_to(ends: np.ndarray) -> Estimate:
    """The integral of the density from minus infinity to every end; below -6 it is under 1e-90."""
    found = np.array([integrate.quad(density, -6.0, end) for end in ends])
    return Estimate(found[:, 0], found[:, 1] + 1e-13, "quadrature")


@claim("A.gumbel-density", corrected="A.gumbel-density.corrected")
def gumbel_density(_: Budget) -> list[Part]:
    r"""Statement: The Gumbel distribution has the probability density exp(-exp(-(t + c))).

    LaTeX: $\hat g(t) = e^{-e^{-(t+c)}}$ is a probability density function, $c \approx 0.5772$

    Source: A, section 3.2, before (2)

    Assumptions: c is the Euler-Mascheroni constant; a density integrates to one.

    Computed: a lower bound of the integral over [-c, 3 - c], exactly and by quadrature.
    """
    t = sp.Symbol("t", real=True)
    printed: Any = sp.exp(-sp.exp(-(t + sp.EulerGamma)))
    slope = sp.diff(printed, t)
    # The printed function increases, so over [-c, 3 - c] it is at least its value at -c.
    least = 3 * printed.subs(t, -sp.EulerGamma)
    increasing = identity(slope - printed * sp.exp(-(t + sp.EulerGamma))) == "holds"
    too_large = bool(increasing and sp.N(least - 1, 30) > 0)
    low = -float(np.euler_gamma)
    mass, error = integrate.quad(printed_density, low, low + 3.0)
    # The integral over the line is at least this one; a density would leave no excess over 1.
    excess = Estimate(1.0 - mass, error, "quadrature")
    counterexample = {
        "interval": ["-c", "3 - c"],
        "integral of the printed function": f"at least 3/e = {float(least):.6f}",
        "largest value of a density": 1,
    }
    return [
        Part(
            "the printed function integrates to one",
            (
                exact(
                    "sympy, lower bound",
                    not too_large,
                    "increasing, and 1/e at t = -c, so its integral over [-c, 3 - c] is >= 3/e > 1",
                ),
                positive("scipy quadrature", "quadrature", excess, "1 - integral on [-c, 3 - c]"),
            ),
            counterexample if too_large else None,
        )
    ]


@claim("A.gumbel-density.corrected")
def gumbel_density_corrected(budget: Budget) -> list[Part]:
    r"""Statement: The density is exp(-(t + c)) exp(-exp(-(t + c))), the derivative of the printed
    function, which is the cdf; the mean is 0.

    LaTeX: $\hat g(t) = e^{-(t+c) - e^{-(t+c)}}$ with $\int \hat g = 1$, $\int t\,\hat g(t)\,dt = 0$
    and $\int_{-\infty}^t \hat g = e^{-e^{-(t+c)}}$

    Source: corrects A, section 3.2

    Assumptions: c is the Euler-Mascheroni constant, which makes the mean zero.

    Computed: cdf, mass and mean symbolically after u = exp(-(t + c)), by quadrature of the
    engine's density, and the mean of sampled noise.
    """
    t, x = sp.symbols("t x", real=True)
    u = sp.Symbol("u", positive=True)
    z = t + sp.EulerGamma
    cdf = sp.exp(-sp.exp(-z))
    slope = sp.diff(cdf, t) - sp.exp(-z - sp.exp(-z))
    starts_at_zero = sp.limit(cdf, t, -sp.oo) == 0
    mass = sp.integrate(sp.exp(-u), (u, 0, sp.oo))
    # int log(u) e^-u du is the derivative of Gamma(1 + x) = int u^x e^-u du at x = 0.
    derivative: Any = sp.diff(sp.gamma(1 + x), x)
    mean = -derivative.subs(x, 0) - sp.EulerGamma
    law, grid = Gumbel(), np.linspace(-3.0, 12.0, 61)
    ends = np.array([-1.5, -0.5, 0.0, 1.0, 3.0])
    printed = np.array([printed_density(end) for end in ends])

    def moment(power: int) -> Estimate:
        nodes = np.linspace(-6.0, 60.0, 2**11 + 1)
        values = nodes**power * np.exp(np.asarray(law.log_pdf(np.asarray(nodes))))
        step = nodes[1] - nodes[0]
        fine, coarse = step * values.sum(), 2 * step * values[::2].sum()
        return Estimate(fine, abs(fine - coarse) + 1e-13, "quadrature")

    sampled = sampling.value(
        law, np.zeros(1), seed=11, samples=budget.samples, method="quasi-monte-carlo"
    )
    return [
        Part(
            "its integral up to t is exp(-exp(-(t + c)))",
            (
                exact(
                    "sympy",
                    identity(slope) if starts_at_zero else "fails",
                    "d/dt of the printed function is the density, and it starts at 0",
                ),
                agree(
                    "scipy quadrature", "quadrature", _mass_up_to(ends), printed, "int at five t"
                ),
                agree(
                    "engine",
                    "quadrature",
                    np.exp(np.asarray(law.log_pdf(np.asarray(grid)))),
                    density(grid),
                    "the engine's density",
                ),
            ),
        ),
        Part(
            "it integrates to one",
            (
                exact("sympy", identity(mass - 1), "u = exp(-(t + c)) turns it into int e^-u du"),
                agree("trapezoidal rule", "quadrature", moment(0), 1.0, "mass"),
            ),
        ),
        Part(
            "its mean is zero",
            (
                exact("sympy", identity(mean), "-int log(u) e^-u du - c = -Gamma'(1) - c = 0"),
                agree("trapezoidal rule", "quadrature", moment(1), 0.0, "mean"),
                agree("sampled mean", "monte-carlo", sampled, 0.0, "mean of Sobol draws"),
            ),
        ),
    ]


def _gumbel_max() -> Check:
    a, rest, u = sp.symbols("a S u", positive=True)
    probability = sp.integrate(a * sp.exp(-a * u) * sp.exp(-rest * u), (u, 0, sp.oo))
    detail = (
        "a = e^theta_i, S = sum of e^theta_j over j != i, any d; u = e^-(z + c): the density of "
        "theta_i + gamma_i at z is a e^(-a u) |du/dz|, the others' cdfs multiply to e^(-S u), "
        "and int a e^(-(a + S) u) du = a / (a + S)"
    )
    return exact("sympy, any d", identity(probability - a / (a + rest)), detail)


def _engine_gumbel_max(budget: Budget) -> Check:
    points = thetas(3, budget)
    softmax = np.exp(points) / np.exp(points).sum(1, keepdims=True)
    # A scale per coordinate keeps the engine from using the closed form that is to be checked.
    found = engine(expected_max(Gumbel(np.ones(3))), points, "probabilities")
    return agree("engine", "quadrature", found, softmax, "quadrature of p against softmax, d = 3")


@claim("A.gumbel-argmax-is-softmax", depends_on=("A.gumbel-density.corrected",))
def gumbel_argmax_is_softmax(budget: Budget) -> list[Part]:
    r"""Statement: Gumbel-Argmax probabilities are the softmax.

    LaTeX: $\mathbb E_{\gamma \sim g}[\arg\max(\theta + \gamma)] = \operatorname{softmax}(\theta)$

    Source: A, (2), (3) and the opening of section 3.2

    Assumptions: gamma has the Gumbel law, whose density is the corrected one and not the one
    printed; ties have probability zero.

    Computed: the integral (3) symbolically for any d, by one-dimensional quadrature, by sampling.
    """
    theta = np.array([0.5, -0.25, 1.0])
    softmax = np.exp(theta) / np.exp(theta).sum()
    sampled = sampling.probabilities(Gumbel(), theta, seed=3, samples=4 * budget.samples)
    return [
        Part(
            "P(argmax = i) = e^theta_i / sum_j e^theta_j",
            (
                _gumbel_max(),
                _engine_gumbel_max(budget),
                agree("sampling", "monte-carlo", sampled, softmax, "arg max frequencies, d = 3"),
            ),
        )
    ]


def gumbel_softmax_pair(difference: np.ndarray) -> np.ndarray:
    """p_1 = a (a - 1 - log a) / (a - 1)^2 with a = e^D: Gumbel-Softmax at theta = (D, 0)."""
    a = np.exp(difference)
    return a * (a - 1 - difference) / (a - 1) ** 2


_DIFFERENCES = np.array([0.25, 1.0, 2.0, 5.0])


def _engine_pair() -> Estimate:
    """Gumbel-Softmax p_1 at theta = (D, 0) for every D of `_DIFFERENCES`."""
    points = np.stack([_DIFFERENCES, 0 * _DIFFERENCES], 1)
    found = engine(expected_logsumexp(Gumbel(), 1.0), points, "probabilities")
    return entry(found, np.s_[:, 0])


def _gumbel_softmax_integral() -> tuple[Any, Any]:
    """a = e^D, and Gumbel-Softmax p_1 at theta = (D, 0) as the integral over the noise.

    gamma_1 - gamma_2 is logistic: its odds are u/(1 - u) with u uniform.
    """
    a, u = sp.symbols("a u", positive=True)
    return a, sp.integrate(a * u / (1 + (a - 1) * u), (u, 0, 1))


@claim("A.gumbel-softmax-equals-argmax", corrected="A.gumbel-softmax-equals-argmax.corrected")
def gumbel_softmax_equals_argmax(budget: Budget) -> list[Part]:
    r"""Statement: Gumbel-Softmax equals Gumbel-Argmax; so the latter is as complete and minimal as
    the softmax.

    LaTeX: $p_\theta^{gsm} = p_\theta^{gam}$, hence completeness and minimality of softmax are
    identical to those of $p_\theta^{gam}$

    Source: A, (4) and the paragraph after it

    Assumptions: gamma has the Gumbel law; temperature 1, as in (4). "The softmax distribution in
    Equation 4" may be meant as (1); then the first part would be A.gumbel-argmax-is-softmax.

    Computed: both sides at theta = (1, 0), where equality would mean e = 3; and the consequence,
    which needs only that Gumbel-Argmax is the softmax.
    """
    theta = np.array([1.0, 0.0])
    gsm, gam = sp.E * (sp.E - 2) / (sp.E - 1) ** 2, softmax((1, 0), sp.E)[0]
    a, average = _gumbel_softmax_integral()
    cleared = sp.expand(sp.numer(sp.together(gsm - gam)) / sp.E)
    equal = bool(sp.N(cleared, 30) == 0)
    sampled = sampling.probabilities(
        Gumbel(), theta, seed=5, samples=budget.samples, temperature=1.0, method="quasi-monte-carlo"
    )
    logistic = np.exp(theta) / np.exp(theta).sum()
    first = entry(_engine_pair(), 1)
    return [
        Part(
            "p^gsm = p^gam",
            (
                exact(
                    "sympy, closed forms",
                    equal if identity(average.subs(a, sp.E) - gsm) == "holds" else "unknown",
                    "at D = 1: e(e - 2)/(e - 1)^2 = e/(1 + e) would mean e = 3; numerator "
                    f"{cleared}",
                ),
                agree("engine", "quadrature", first, logistic[0], "E softmax against logistic"),
                agree(
                    "sampling", "monte-carlo", sampled, logistic, "mean softmax against logistic"
                ),
            ),
            {
                "d": 2,
                "theta": [1, 0],
                "p^gsm_1": f"e(e - 2)/(e - 1)^2 = {float(gsm):.6f}",
                "p^gam_1": f"e/(1 + e) = {float(gam):.6f}",
                "equal only if": "e = 3",
            },
        ),
        Part(
            "the consequence: theta -> p^gam has the properties of the softmax",
            (_gumbel_max(), _engine_gumbel_max(budget)),
        ),
    ]


@claim(
    "A.gumbel-softmax-equals-argmax.corrected",
    depends_on=("A.gumbel-argmax-is-softmax", "C.smoothing"),
)
def gumbel_softmax_corrected(_: Budget) -> list[Part]:
    r"""Statement: For d = 2 Gumbel-Softmax at temperature 1 is p_1 = e^D (e^D - 1 - D)/(e^D - 1)^2,
    which lies strictly between 1/2 and the Gumbel-Argmax probability unless theta_1 = theta_2.

    LaTeX: $p_1^{gsm} = \frac{e^D(e^D - 1 - D)}{(e^D-1)^2}$, $D = \theta_1 - \theta_2$, and
    $\tfrac12 < p_1^{gsm} < p_1^{gam} = \frac{e^D}{1+e^D}$ for $D > 0$

    Source: corrects A, (4)

    Assumptions: d = 2, gamma has the Gumbel law; D < 0 follows by exchanging the coordinates.

    Computed: the integral over the logistic law of gamma_1 - gamma_2; the signs of the differences
    from the sign of a derivative.
    """
    a, average = _gumbel_softmax_integral()
    closed = a * (a - 1 - sp.log(a)) / (a - 1) ** 2
    below = sp.log(a) - 2 * (a - 1) / (a + 1)
    bridge = sp.simplify((a / (1 + a) - closed) - a * below / (a - 1) ** 2)
    rising = sp.simplify(sp.diff(below, a) - (a - 1) ** 2 / (a * (a + 1) ** 2))
    above = a - 1 / a - 2 * sp.log(a)
    half = sp.simplify((closed - sp.Rational(1, 2)) - a * above / (2 * (a - 1) ** 2))
    growing = sp.simplify(sp.diff(above, a) - (a - 1) ** 2 / a**2)
    first = _engine_pair()
    logistic = 1 / (1 + np.exp(-_DIFFERENCES))
    return [
        Part(
            "closed form",
            (
                exact(
                    "sympy", identity(average - closed), "int_0^1 a u/(1 + (a - 1) u) du, a = e^D"
                ),
                agree(
                    "engine",
                    "quadrature",
                    first,
                    gumbel_softmax_pair(_DIFFERENCES),
                    "p_1 at four D",
                ),
            ),
        ),
        Part(
            "p^gsm_1 < p^gam_1 for D > 0",
            (
                exact(
                    "sympy, sign of a derivative",
                    identity(bridge) if identity(rising) == "holds" else "unknown",
                    "p^gam - p^gsm = a g(a)/(a - 1)^2, g = log a - 2(a - 1)/(a + 1), g(1) = 0, "
                    "g' = (a - 1)^2/(a (a + 1)^2) > 0",
                ),
                positive(
                    "engine",
                    "quadrature",
                    first._replace(value=logistic - first.value),
                    "p^gam_1 - p^gsm_1",
                ),
            ),
        ),
        Part(
            "p^gsm_1 > 1/2 for D > 0",
            (
                exact(
                    "sympy, sign of a derivative",
                    identity(half) if identity(growing) == "holds" else "unknown",
                    "p^gsm - 1/2 = a h(a)/(2 (a - 1)^2), h = a - 1/a - 2 log a, h(1) = 0, "
                    "h' = (a - 1)^2/a^2 > 0",
                ),
                positive(
                    "engine", "quadrature", first._replace(value=first.value - 0.5), "p^gsm_1 - 1/2"
                ),
            ),
        ),
    ]
