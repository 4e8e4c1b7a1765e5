"""Section 3.2: the Gumbel density, Gumbel-Argmax and Gumbel-Softmax."""

import numpy as np
import sympy as sp
from scipy import integrate, special

from perturbtheory.claims.exhibits.gumbel_law import (
    CDF,
    DENSITY,
    PAIR,
    PAIR_INTEGRAL,
    C,
    density,
    gumbel_softmax_pair,
    printed_density,
)
from perturbtheory.claims.exhibits.numbers import engine, entry, thetas
from perturbtheory.claims.exhibits.symbols import REST, A, T, U, X
from perturbtheory.estimate import Estimate
from perturbtheory.ledger import Claim, agree, argued, eq, exact, positive, shown, witness
from perturbtheory.perturbations import Gumbel
from perturbtheory.potential import expected_logsumexp, expected_max
from perturbtheory.routes import sampling

EULER = float(np.euler_gamma)
DIFFERENCES = np.array([0.25, 1.0, 2.0, 5.0])

gumbel_density = Claim(
    "A.gumbel-density",
    "A, section 3.2, before (2)",
    r"""The Gumbel distribution has the probability density $\hat g(t) = e^{-e^{-(t+c)}}$,
    $c \approx 0.5772$.""",
    assumes="$c$ is the Euler-Mascheroni constant; a density integrates to one.",
)
true_density = gumbel_density.corrected(
    r"""The density is $\hat g(t) = e^{-(t+c) - e^{-(t+c)}}$, the derivative of the printed
    function, which is the cdf; the mean is zero.""",
    assumes="$c$ is the Euler-Mascheroni constant, which makes the mean zero.",
)


@gumbel_density.part("the printed function integrates to one")
def mass_of_printed():
    least = 3 * CDF.subs(T, -C)
    mass, error = integrate.quad(printed_density, -EULER, 3.0 - EULER)
    yield exact(
        "sympy, lower bound",
        eq(sp.Derivative(CDF, T), CDF * sp.exp(-(T + C)), "positive: it increases"),
        argued(r"so the integral over $[-c, 3-c]$ is at least $3 \hat g(-c)$", "monotonicity"),
        shown(r"$3 \hat g(-c) = 3/e \le 1$", bool(sp.N(least - 1, 30) <= 0)),
    )
    # The integral over the line is at least this one; a density would leave no excess over 1.
    excess = Estimate(1.0 - mass, error, "quadrature")
    yield positive("scipy quadrature", excess, "$1 - $ the integral over $[-c, 3-c]$")
    yield witness(
        {
            "interval": ["$-c$", "$3 - c$"],
            "integral of the printed function": f"at least $3/e$ = {float(least):.6f}",
            "largest value of a density": 1,
        }
    )


@true_density.part("its integral up to $t$ is $e^{-e^{-(t+c)}}$")
def is_the_derivative():
    ends, grid = np.array([-1.5, -0.5, 0.0, 1.0, 3.0]), np.linspace(-3.0, 12.0, 61)
    found = np.array([integrate.quad(density, -6.0, end) for end in ends])  # under 1e-90 below -6
    mass = Estimate(found[:, 0], found[:, 1] + 1e-13, "quadrature")
    yield exact("sympy", eq(sp.Derivative(CDF, T), DENSITY), eq(sp.Limit(CDF, T, -sp.oo), 0))
    yield agree("scipy quadrature", mass, printed_density(ends), "at five $t$")
    yield agree("engine", np.exp(Gumbel().log_pdf(grid)), density(grid), "the engine's density")
    cdf = np.exp(Gumbel().log_cdf(ends))
    yield agree("engine, cdf", cdf, printed_density(ends), "the engine's cdf, at the same $t$")


@true_density.part("it integrates to one")
def mass_is_one():
    one = eq(sp.Integral(sp.exp(-U), (U, 0, sp.oo)), 1, "$u = e^{-(t+c)}$")
    yield exact("sympy", one)
    yield agree("trapezoidal rule", _moment(0), 1.0, "mass")


@true_density.part("its mean is zero")
def mean_is_zero(budget):
    drawn = sampling.value(
        Gumbel(), np.zeros(1), seed=11, samples=budget.samples, method="quasi-monte-carlo"
    )
    slope = sp.Subs(sp.Derivative(sp.gamma(1 + X), X), X, 0)
    yield exact(
        "sympy",
        argued(r"""$\int t\,\hat g(t)\,dt = -\int_0^\infty \log(u) e^{-u} du - c$ [$u =
            e^{-(t+c)}$]"""),
        argued(r"""$\int_0^\infty \log(u) e^{-u} du = \Gamma'(1)$ [differentiate $\int u^x
            e^{-u}$]"""),
        eq(-slope, sp.EulerGamma, "which is $c$"),
    )
    yield agree("trapezoidal rule", _moment(1), 0.0, "mean", floor=1.0)
    yield agree("sampled mean", drawn, 0.0, "mean of Sobol draws", floor=1.0)


def _moment(power: int) -> Estimate:
    """int t^power g(t) dt with the engine's density, by the rules of two steps."""
    nodes = np.linspace(-6.0, 60.0, 2**11 + 1)
    values = nodes**power * np.exp(Gumbel().log_pdf(nodes))
    step = nodes[1] - nodes[0]
    fine, coarse = step * values.sum(), 2 * step * values[::2].sum()
    return Estimate(fine, abs(fine - coarse) + 1e-13, "quadrature")


gumbel_argmax = Claim(
    "A.gumbel-argmax-is-softmax",
    "A, (2), (3) and the opening of section 3.2",
    r"""Gumbel-Argmax probabilities are the softmax:
    $\mathbb E_{\gamma\sim g}[\arg\max(\theta+\gamma)] = \operatorname{softmax}(\theta)$.""",
    assumes=r"""$\gamma$ has the Gumbel law, whose density is the corrected one and not the one
    printed; ties have probability zero.""",
    depends_on=true_density,
)
softmax_equals_argmax = Claim(
    "A.gumbel-softmax-equals-argmax",
    "A, (4) and the paragraph after it",
    r"""Gumbel-Softmax equals Gumbel-Argmax, $p_\theta^{gsm} = p_\theta^{gam}$; so the latter is as
    complete and minimal as the softmax.""",
    assumes=r"""$\gamma$ has the Gumbel law; temperature 1, as in (4). "The softmax distribution in
    Equation 4" may be meant as (1); then the first part would be A.gumbel-argmax-is-softmax.""",
    depends_on=true_density,
)
softmax_below_argmax = softmax_equals_argmax.corrected(
    r"""For $d = 2$ Gumbel-Softmax at temperature 1 is
    $p_1^{gsm} = \frac{e^D(e^D - 1 - D)}{(e^D-1)^2}$, $D = \theta_1 - \theta_2$, and
    $\tfrac12 < p_1^{gsm} < p_1^{gam} = \frac{e^D}{1+e^D}$ for $D > 0$.""",
    source="corrects A, (4)",
    assumes=r"""$d = 2$, $\gamma$ has the Gumbel law; $D < 0$ follows by exchanging the
    coordinates.""",
    depends_on=(gumbel_argmax, "C.smoothing"),
)


@softmax_equals_argmax.part("$p^{gsm} = p^{gam}$")
def equal(budget):
    theta = np.array([1.0, 0.0])
    gsm, gam = PAIR.subs(A, sp.E), sp.E / (1 + sp.E)
    drawn = sampling.probabilities(
        Gumbel(), theta, seed=5, samples=budget.samples, temperature=1.0, method="quasi-monte-carlo"
    )
    sides = special.softmax(theta)
    yield exact(
        "sympy, closed forms", eq(PAIR_INTEGRAL, PAIR, "$a = e^D$"), eq(gsm, gam, "$D = 1$")
    )
    yield agree("engine", entry(_engine_pair(), 1), sides[0], "E softmax against logistic")
    yield agree("sampling", drawn, sides, "mean softmax against logistic")
    yield witness(
        {
            "$d$": 2,
            r"$\theta$": [1, 0],
            "$p^{gsm}_1$": f"$e(e - 2)/(e - 1)^2$ = {float(gsm):.6f}",
            "$p^{gam}_1$": f"$e/(1 + e)$ = {float(gam):.6f}",
            "equal only if": "$e = 3$",
        }
    )


@gumbel_argmax.part(r"$P(\arg\max = i) = e^{\theta_i} / \sum_j e^{\theta_j}$")
@softmax_equals_argmax.part(
    r"the consequence: $\theta \mapsto p^{gam}$ has the properties of the softmax"
)
def gumbel_max(budget):
    points = thetas(3, budget)
    wins = sp.Integral(A * sp.exp(-A * U) * sp.exp(-REST * U), (U, 0, sp.oo))
    yield exact(
        "sympy, any d",
        argued(r"""with $a = e^{\theta_i}$, $S = \sum_{j \ne i} e^{\theta_j}$ and $u = e^{-(z+c)}$
            the density of $z = \theta_i + \gamma_i$ is that of an exponential $u$ of rate $a$, and
            $P(\theta_j + \gamma_j \le z \text{ for all } j \ne i) = e^{-Su}$ [independence;
            A.gumbel-density.corrected]"""),
        eq(wins, A / (A + REST)),
    )
    # A scale per coordinate keeps the engine from using the closed form that is to be checked.
    found = engine(expected_max(Gumbel(np.ones(3))), points, "probabilities")
    drawn = sampling.probabilities(Gumbel(), points[0], seed=3, samples=4 * budget.samples)
    yield agree("engine", found, special.softmax(points, axis=-1), "$d = 3$")
    yield agree("sampling", drawn, special.softmax(points[0]), "arg max frequencies, $d = 3$")


@softmax_below_argmax.part("closed form")
def closed_form():
    yield exact("sympy", eq(PAIR_INTEGRAL, PAIR, "$a = e^D$"))
    yield agree("engine", _engine_pair(), gumbel_softmax_pair(DIFFERENCES), "$p_1$ at four $D$")


@softmax_below_argmax.part(
    "$p^{gsm}_1 < p^{gam}_1$ for $D > 0$",
    gap=A / (1 + A) - PAIR,
    factor=A / (A - 1) ** 2,
    g=sp.log(A) - 2 * (A - 1) / (A + 1),
    slope=(A - 1) ** 2 / (A * (A + 1) ** 2),
    margin=lambda p: special.expit(DIFFERENCES) - p,
)
@softmax_below_argmax.part(
    r"$p^{gsm}_1 > \tfrac12$ for $D > 0$",
    gap=PAIR - sp.Rational(1, 2),
    factor=A / (2 * (A - 1) ** 2),
    g=A - 1 / A - 2 * sp.log(A),
    slope=(A - 1) ** 2 / A**2,
    margin=lambda p: p - 0.5,
)
def beside(gap, factor, g, slope, margin):
    yield exact(
        "sympy, sign of a derivative",
        eq(gap, factor * g, "the difference is a positive factor times $g(a)$, $a = e^D > 1$"),
        eq(sp.Subs(g, A, 1), 0, "$g(1)$"),
        eq(sp.Derivative(g, A), slope, "a square over a positive number, so that $g(a) > 0$"),
    )
    first = _engine_pair()
    yield positive("engine", first._replace(value=margin(first.value)), "at four $D$")


def _engine_pair() -> Estimate:
    """Gumbel-Softmax p_1 at theta = (D, 0) for every D of `DIFFERENCES`."""
    points = np.stack([DIFFERENCES, 0 * DIFFERENCES], 1)
    found = engine(expected_logsumexp(Gumbel(), 1.0), points, "probabilities")
    return entry(found, np.s_[:, 0])
