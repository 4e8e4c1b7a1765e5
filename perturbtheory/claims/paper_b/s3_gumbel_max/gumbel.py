"""Sections 3.1 and A: the Gumbel density and the Gumbel-max trick."""

import numpy as np
import sympy as sp
from scipy import integrate
from scipy.special import softmax

from perturbtheory.claims.exhibits.draws import average, frequencies, winners
from perturbtheory.claims.exhibits.encoder import H, total
from perturbtheory.claims.exhibits.gumbel_law import density
from perturbtheory.claims.exhibits.numbers import engine, gumbel_argmax, thetas
from perturbtheory.claims.exhibits.symbols import REST, B, T, U, X
from perturbtheory.estimate import Estimate
from perturbtheory.ledger import Claim, agree, argued, eq, exact, positive, shown, witness
from perturbtheory.perturbations import Gumbel
from perturbtheory.routes import sampling

C = sp.Symbol("c", real=True)
SHIFTED = T + C
CDF, DENSITY = sp.exp(-sp.exp(-SHIFTED)), sp.exp(-SHIFTED - sp.exp(-SHIFTED))
"""G and g of Theorem 3, for any c."""
LOW = -float(np.euler_gamma)

density_printed = Claim(
    "B.gumbel-density",
    "B, (3), proof of Theorem 2, Theorem 3",
    r"""The zero-mean Gumbel density is printed in three places: $g(\gamma) = \prod_z
    e^{-(\gamma(z)+c+e^{-(\gamma(z)+c)})}$ in (3), $g(\gamma) = \prod_{z=1}^k
    e^{-(\gamma(z)+c)+e^{-(\gamma(z)+c)}}$, with a plus, in the proof of Theorem 2, and $g(t) =
    e^{-(t+c+e^{-(t+c)})}$ in Theorem 3.""",
    assumes=r"""$c$ is the Euler-Mascheroni constant; a density integrates to one, and the product
    does exactly if every factor does.""",
)
density_true = density_printed.corrected(
    r"""The density is $g(\gamma) = \prod_z e^{-(\gamma(z)+c) - e^{-(\gamma(z)+c)}}$ in all three
    places: its factor is the derivative of the cdf $G(t) = e^{-e^{-(t+c)}}$ of Theorem 3, and its
    mean is zero.""",
    source="corrects B, proof of Theorem 2",
    assumes="$c$ is the Euler-Mascheroni constant, which makes the mean zero.",
    depends_on="A.gumbel-density.corrected",
)
trick = Claim(
    "B.gumbel-max",
    "B, (3), Theorem 3, (14)-(16)",
    r"""The arg max $z^* = \operatorname{argmax}_{\hat z} \{h(\hat z) + \gamma(\hat z)\}$ has the
    Gibbs distribution: $\mathbb P_{\gamma\sim g}[z = z^*] = \frac{e^{h(z)}}{Z}$ with $Z =
    \sum_{\hat z} e^{h(\hat z)}$ and $\frac1Z = \int e^{-(t+c)} \prod_{\hat z} G(t-h(\hat z))\,dt$;
    for normalised $h$ it is $e^{h(z)}$.""",
    assumes=r"""Any $k \ge 1$ and real $h$; the $\gamma(z)$ are independent, as section 3.1 has it
    (Theorem 3 does not print it: see B.gumbel-max-marginals), with the density of Theorem 3, and
    ties have probability zero (footnote 1). (3) needs $\sum_z e^h = 1$. "$\phi(x,
    z)$" in the first line of the proof is a misprint for $h_\phi(x, z)$.""",
    depends_on="B.gumbel-density.corrected",
)

marginals = Claim(
    "B.gumbel-max-marginals",
    "B, Theorem 3, as it is printed",
    r"""If every $\gamma(z)$ has the zero-mean Gumbel law, then $\mathbb P_{\gamma}[z = z^*] =
    \frac{e^{h(z)}}{\sum_{\hat z} e^{h(\hat z)}}$ for every $h$.""",
    assumes=r"""Theorem 3 introduces $\gamma$ anew and prints no independence, which its proof uses
    in the product of the $G(t-h(\hat z))$ and which section 3.1 prints before (3). Under the other
    reading, that $\gamma$ is that of section 3.1, the theorem is B.gumbel-max.""",
)
differences = marginals.corrected(
    r"""(14) holds for every $h$ if and only if the differences have the joint cdf $\mathbb
    P[\gamma(z) - \gamma(1) \le t_z \text{ for } z = 2, \dots, k] = \frac{1}{1 + \sum_{z=2}^k
    e^{-t_z}}$, as those of independent Gumbel variables have.""",
    source="corrects B, Theorem 3",
    assumes="Ties have probability zero.",
    depends_on=trick,
)


@density_printed.part("(3): every factor integrates to one", sign=-1)
@density_printed.part("Theorem 2: every factor integrates to one", sign=1)
@density_printed.part("Theorem 3: every factor integrates to one", sign=-1)
def has_mass_one(sign):
    upper = sp.integrate(sp.exp(sign * U), (U, 0, 1))
    mass = sp.Limit(sp.Integral(sp.exp(sign * U), (U, 0, B)), B, sp.oo)
    found, error = integrate.quad(
        lambda t: np.exp(LOW - t + sign * np.exp(LOW - t)), LOW, LOW + 60.0
    )
    whole = mass.doit()
    yield exact(
        "sympy, u = exp(-(t + c))",
        eq(sp.Derivative(sp.exp(-SHIFTED), T), -sp.exp(-SHIFTED), "$du/dt$ for $u = e^{-(t+c)}$"),
        shown(f"${sp.latex(mass)} = {sp.latex(whole)}$ is the integral over the line", whole == 1),
    )
    # A density leaves no excess over 1 on any interval.
    excess = Estimate(1.0 - found, error, "quadrature")
    yield positive("scipy quadrature", excess, r"$1 - $ the integral over $t \ge -c$")
    yield witness(
        {
            "$k$": 1,
            "interval": r"$t \ge -c$",
            "integral of the printed function": f"${sp.latex(upper)}$ = {float(upper):.6f}",
            "largest value for a density": 1,
            "integral over the line": f"${sp.latex(whole)}$",
        }
    )


@density_true.part("$g$ is the derivative of $G$, which rises from 0 to 1")
def is_the_derivative():
    grid = np.linspace(-3.0, 12.0, 61)
    yield exact(
        "sympy",
        eq(sp.Derivative(CDF, T), DENSITY),
        eq(DENSITY, sp.exp(-SHIFTED) * CDF, "as the proof of Theorem 3 uses it"),
        eq(sp.Limit(CDF, T, -sp.oo), 0),
        eq(sp.Limit(CDF, T, sp.oo), 1),
    )
    yield agree("engine", np.exp(Gumbel().log_pdf(grid)), density(grid), "the engine's density")


@density_true.part("its mean is zero")
def mean_is_zero(budget):
    draws = sampling.value(
        Gumbel(), np.zeros(1), seed=41, samples=budget.samples, method="quasi-monte-carlo"
    )
    yield exact(
        "sympy",
        argued(r"$\int t\,g(t)\,dt = -\int_0^\infty \log(u) e^{-u} du - c$", "$u = e^{-(t+c)}$"),
        argued(r"""$\int_0^\infty \log(u) e^{-u} du = \Gamma'(1)$ [differentiate $\int u^x
            e^{-u}$]"""),
        eq(sp.Subs(sp.Derivative(sp.gamma(1 + X), X), X, 0), -sp.EulerGamma),
        r"which is $-c$, so that the mean is $c - c = 0$",
    )
    yield agree("sampling", draws, 0.0, "mean of Sobol draws", floor=1.0)


@trick.part("Theorem 3: $P(z^* = z) = e^{h(z)} / \\sum e^h$")
def theorem_3(budget):
    points, found = thetas(3, budget), _won(budget)
    wins = frequencies(points[0], seed=43, samples=budget.samples)

    def integrand(t, h):
        return np.exp(-(t - LOW)) * np.exp(-np.exp(-(t - h - LOW)).sum())

    mass = [integrate.quad(integrand, -12.0, 60.0, args=(h,)) for h in points]
    value, error = np.transpose(mass)
    moved, height = T - X, sp.exp(-SHIFTED)
    exponent = total(sp.exp(H) * height)
    norm = sp.Symbol("Z", positive=True)
    yield exact(
        "sympy, symbolic k",
        argued(r"""$P(z^*=z) = \int g(t-x) \prod_{\hat z \ne z} G(t-h_{\hat z})\,dt$ with $x = h_z$
            [$h_z + \gamma(z)$ has the density $g(t - h_z)$; the others, independent, are less]"""),
        eq(DENSITY.subs(T, moved), sp.exp(-moved - C) * CDF.subs(T, moved)),
        "(15): $g(t-x) = e^{-(t-x+c)} G(t-x)$",
        eq(sp.exp(-moved - C), sp.exp(X) * height),
        "(16): $e^{h_z}$ leaves the integral, and $\\log G(t-h_z) = -e^{h_z} e^{-(t+c)}$",
        eq(exponent, total(sp.exp(H)) * height),
        r"so that $\prod_z G(t-h_z) = e^{-S e^{-(t+c)}}$ with $S = \sum_z e^{h_z}$",
        eq(sp.Integral(sp.exp(-REST * U), (U, 0, sp.oo)), 1 / REST),
        "$1/Z = \\int e^{-(t+c)} e^{-S e^{-(t+c)}}\\,dt$ with $u = e^{-(t+c)}$",
        eq(sp.Subs(total(sp.exp(H) / norm), norm, total(sp.exp(H))), 1),
        "and $Z = S$ is what makes the probabilities add up to one",
    )
    yield agree("engine", found, softmax(points, axis=1), "quadrature of (15), $k = 3$")
    inverse = Estimate(value, error, "quadrature")
    yield agree("scipy quadrature", inverse, 1 / np.exp(points).sum(1), "$1/Z$, $k = 3$")
    yield agree("sampling", wins, softmax(points[0]), "arg max frequencies, $k = 3$", floor=1.0)


@trick.part("(3): $P(z^* = z) = e^{h(z)}$ for normalised $h$")
def normalised(budget):
    points = thetas(3, budget)
    shifted = points - np.log(np.exp(points).sum(1, keepdims=True))
    share = sp.Subs(sp.exp(X) / REST, REST, 1)
    yield exact(
        "sympy, symbolic k",
        eq(share, sp.exp(X), r"Theorem 3 with $S = \sum_z e^{h_z} = 1$, $x = h_z$"),
    )
    yield agree("engine", _won(budget), np.exp(shifted), "$e^h$ against quadrature")


@marginals.part("(14) for variables $\\gamma(z)$ with the Gumbel law each")
def equal_noise(budget):
    h = np.array([1.0, 0.0])
    wins = average(
        lambda gamma: winners(np.repeat(gamma, 2, axis=1), h)[:, :1],
        (1,),
        seed=45,
        samples=budget.samples,
    )
    yield exact("sympy", eq(1, sp.E / (1 + sp.E), r"$P(z^* = 1)$, $\gamma(1) = \gamma(2)$"))
    yield agree("sampling", wins, softmax(h)[0], r"$\gamma(1) = \gamma(2)$, $h = (1, 0)$")
    yield witness(
        {
            "$k$": 2,
            "$h$": [1, 0],
            "noise": r"$\gamma(1) = \gamma(2)$",
            "$P(z^* = 1)$": 1,
            "(14)": f"$e/(1+e)$ = {float(sp.E / (1 + sp.E)):.6f}",
        }
    )


@differences.part("(14) for every $h$ is that joint cdf")
def cdf_of_differences(budget):
    shift = np.array([0.5, -1.0])
    # (14) at h = (0, -t), by draws of noise that is dependent but has these differences.
    wins = average(
        lambda gamma: winners(gamma - gamma.max(1, keepdims=True), np.append(0.0, -shift))[:, :1],
        (3,),
        seed=48,
        samples=budget.samples,
    )
    yield exact(
        "sympy, symbolic k",
        argued(r"""$P(z^* = 1) = P(\gamma(z) - \gamma(1) \le h(1) - h(z) \text{ for all } z)$, the
            joint cdf at $t_z = h(1) - h(z)$, which may be any numbers [definition of the arg max,
            without ties]"""),
        eq(sp.exp(X) / (sp.exp(X) + REST), 1 / (1 + REST * sp.exp(-X))),
        r"(14) for $z = 1$, with $x = h(1)$ and $S = \sum_{z \ge 2} e^{h(z)}$, so that $S "
        r"e^{-x} = \sum_{z \ge 2} e^{-t_z}$",
        argued("""conversely this cdf fixes the joint law of all differences and so that of $z^*$,
            which is then that of independent Gumbel variables [$z^*$ is a function of the
            differences; B.gumbel-max]"""),
    )
    what = r"noise $\gamma - \max\gamma$, $k = 3$"
    yield agree("sampling", wins, 1 / (1 + np.exp(-shift).sum()), what)


@differences.part("independent Gumbel variables have it")
def independent_differences(budget):
    shift = np.array([0.5, -1.0])
    below = average(
        lambda gamma: (gamma[:, 1:] - gamma[:, :1] <= shift).prod(1, keepdims=True),
        (3,),
        seed=49,
        samples=budget.samples,
    )
    yield exact(
        "sympy, symbolic k",
        argued(r"""the cdf is $\int g(x) \prod_{z \ge 2} G(x + t_z)\,dx = \int_0^\infty e^{-u} e^{-S
            u} du$ with $u = e^{-(x+c)}$ and $S = \sum_{z \ge 2} e^{-t_z}$ [independence; $G(x + t)
            = e^{-u e^{-t}}$]"""),
        eq(sp.Integral(sp.exp(-U) * sp.exp(-REST * U), (U, 0, sp.oo)), 1 / (1 + REST)),
    )
    yield agree("sampling", below, 1 / (1 + np.exp(-shift).sum()), "joint cdf at one point")


def _won(budget):
    return engine(gumbel_argmax(), thetas(3, budget), "probabilities")
