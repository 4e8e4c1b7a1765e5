"""Lemma 5.2 and (62): when the expected maximum is differentiable, and the printed proof."""

from fractions import Fraction

import numpy as np
import sympy as sp
from scipy import integrate, stats

from perturbtheory.claims.exhibits import change_of_variables as change
from perturbtheory.claims.exhibits import gradients
from perturbtheory.claims.exhibits.noises import COIN
from perturbtheory.claims.exhibits.symbols import X
from perturbtheory.claims.paper_a.s5_perturb_argmax.perturb_argmax import UNIFORM, uniform_slopes
from perturbtheory.estimate import Estimate
from perturbtheory.ledger import Claim, agree, argued, eq, exact, identity, witness
from perturbtheory.perturbations import Logistic
from perturbtheory.potential import expected_max

max_differentiable = Claim(
    "A.max-differentiable",
    "A, Lemma 5.2, (15)",
    r"""If $\gamma$ has independent coordinates with differentiable densities, that is, if
    $p(\gamma) = \prod_{i=1}^d p_i(\gamma_i)$ is differentiable, then $f$ is differentiable and its
    gradient is $\nabla f(\theta) = \mathbb E_\gamma[\arg\max(\theta + \gamma)]$.""",
    assumes="""$f$ finite. The lemma needs less than it asks for: that no difference of two
    coordinates has an atom, for which a density of all but one of them is enough. The printed proof
    is another matter: A.max-change-of-variables.""",
    depends_on="A.max-potential-gradient.corrected",
)


@max_differentiable.part(r"$f$ is differentiable with gradient $P(\arg\max = i)$")
def differentiable():
    yield no_ties()
    cases = rf"{UNIFORM}$P(\arg\max = i)$, $d = 3$"
    yield exact("rational, uniform noise", uniform_slopes(), cases=cases)
    what = r"differences of $f$ against $P(\arg\max = i)$, logistic noise, $d = 3$"
    yield gradients.against_differences("engine", expected_max(Logistic()), what)


@max_differentiable.part(
    "no difference of coordinates with an atom is enough: one density per pair"
)
def one_density_per_pair():
    yield no_ties()
    holds = all(_slopes_meet(Fraction(k, 4)) for k in range(-10, 11))
    cases = r"""left and right slopes of $f$, exact for its quadratic pieces, both equal $P(\arg\max
        = 1)$ at 21 $\theta$, also where the coin alone would tie"""
    yield exact("rational, a coin against a uniform coordinate", holds, cases=cases)


def no_ties():
    """A density of one coordinate of every pair excludes ties, and f is differentiable."""
    c = sp.Symbol("c", real=True)
    return exact(
        "no ties, any d",
        eq(sp.Integral(sp.Function("p_i")(X), (X, c, c)), 0),
        r"""given every other coordinate, $\theta_i + \gamma_i = \theta_j + \gamma_j$ asks for one
            value $c$ of $\gamma_i$, which has no probability""",
        argued(r"""$P(|A| \ge 2) \le \sum_{i < j} P(\theta_i + \gamma_i = \theta_j + \gamma_j) = 0$;
            a density of one coordinate of every pair is enough, differentiable or not [Fubini,
            union bound]"""),
        argued(r"""$f$ is differentiable with gradient $P(\arg\max = i)$
            [A.max-potential-gradient.corrected]"""),
    )


def _slopes_meet(t: Fraction) -> bool:
    """gamma_1 uniform on [-1, 1], gamma_2 a coin, theta = (t, 0): both slopes of f are p_1."""

    def positive_part(t: Fraction) -> Fraction:
        """E max(t + U, 0)."""
        return t if t > 1 else (Fraction(0) if t < -1 else (1 + t) ** 2 / 4)

    def f(t: Fraction) -> Fraction:
        # max(t + U, c) = c + max(t - c + U, 0), and the coin has mean zero.
        return sum((positive_part(t - c) for c in COIN), Fraction(0)) / 2

    # The probability that t + U exceeds the coin.
    share = sum(min(Fraction(1), max(Fraction(0), (1 + t - c) / 2)) for c in COIN) / 2
    h = Fraction(1, 32)
    # f(t), f(t + h), f(t + 2h) give the slope of a quadratic exactly, on either side.
    return all(
        (4 * f(t + s * h) - f(t + 2 * s * h) - 3 * f(t)) / (2 * s * h) == share for s in (-1, 1)
    )


change_of_variables = Claim(
    "A.max-change-of-variables",
    "A, (62) and the sentence after it (proof of Lemma 5.2)",
    r"""$f$ is the integral of $p(\theta - \gamma)\max\{\gamma\}$,
    $\int p(\gamma)\max\{\theta+\gamma\}\,d\gamma = \int p(\theta-\gamma)\max\{\gamma\}\,d\gamma$,
    and $\nabla f$ follows by differentiating under the integral sign while noting that
    $p(\theta - \gamma)$ is differentiable.""",
    assumes="""a product of differentiable densities with finite $f$. The lemma does not ask for
    zero mean; the equation is also read with it.""",
)
true_change = change_of_variables.corrected(
    r"""The mean of $\max(\theta + \gamma)$ is the integral of $p(y - \theta)\max\{y\}$,
    $\int p(\gamma)\max\{\theta+\gamma\}\,d\gamma = \int p(y-\theta)\max\{y\}\,dy$. The printed
    integral is the mean of $\max(\theta - \gamma)$, $\int p(\theta-y)\max\{y\}\,dy =
    \mathbb E_\gamma[\max\{\theta-\gamma\}]$: the same for noise that is symmetric, and for two
    coordinates of one law with mean zero.""",
    source="corrects A, (62)",
    assumes=r"""any density $p$ on $\mathbb R^d$ with finite $f$; for the last part $d = 2$,
    independent coordinates of one law with mean zero.""",
)


@change_of_variables.part("(62), any mean")
def any_mean():
    true, printed = change.sides(0)
    left, right = change.gauss_sides()
    yield exact("sympy", eq(true, printed, rf"{change.DENSITY}, $d = 1$, $\theta = 0$"))
    yield agree("Gauss-Legendre", left, right, "the two sides")
    mirrored, _ = integrate.quad(lambda y: stats.beta.pdf(-y, 3, 3) * y, -1, 0)
    yield agree("scipy's beta law", stats.beta.mean(3, 3), mirrored, "the two sides")
    yield witness(
        d=1,
        p="$30 x^2 (1 - x)^2$ on $[0, 1]$",
        theta=0,
        printed=str(printed.doit()),
        true=str(true.doit()),
    )


@change_of_variables.part("(62), zero mean")
def zero_mean():
    true, printed = change.gumbel_sides(3)
    found, error = integrate.quad(change.mirrored_gumbel, 0, np.inf, args=(3,), epsabs=1e-12)
    cases = rf"""Gumbel noise at $\theta = 0$: $e^f$ = {true}, $e$ to the printed integral =
        {printed}"""
    yield exact("sympy, exp of both sides", bool(true == printed), cases=cases)
    what = r"$\mathbb E\max(-\gamma)$ from the cdf of the maximum, against $\log 3$"
    yield agree("scipy quadrature", Estimate(found, error, "quadrature"), float(np.log(3.0)), what)
    yield witness(
        d=3,
        gamma="zero-mean Gumbel",
        theta=[0, 0, 0],
        printed=rf"$\log({printed})$ = {float(sp.log(printed)):.6f}",
        true=rf"$\log({true})$ = {float(sp.log(true)):.6f}",
    )


@change_of_variables.part("a differentiable density may be differentiated under the integral")
def under_the_integral():
    numbers = change.spike_falls((10.0, 100.0, 1000.0))
    yield exact(
        "sympy, every spike",
        argued("""if $x p'(x)$ had an integral over the line, its integrals over ever thinner and
            farther intervals would tend to 0 [dominated convergence]"""),
        eq(change.SPIKE_FALL, 0),
        r"$\frac1c\int x p'(x)\,dx$ from the centre $n$ of spike $n$ to its end, $u = (x - n)n^3$",
    )
    yield agree("Gauss-Legendre", numbers, 0.0, "the same integrals at $n = 10, 100, 1000$")
    yield witness(
        {
            "$d$": 1,
            "$p$": r"spikes $\frac cn (1 - ((x - n) n^3)^2)^2$ at $n = 2, 3, \dots$",
            "integral of $x p'$ over the right half of spike 1000": f"{numbers[-1]:.6f} $c$",
            "for an integral over the line": "these tend to 0",
        }
    )


@true_change.part(
    r"$p(y - \theta)$ gives $\mathbb E\max(\theta + \gamma)$", sign=1, side=0, value=1.25
)
@true_change.part(
    r"$p(\theta - y)$ gives $\mathbb E\max(\theta - \gamma)$", sign=-1, side=1, value=0.25
)
def by_substitution(sign, side, value):
    theta = sp.Symbol("theta", real=True)
    yield change.substitution(sign)
    holds = identity(change.sides(theta)[side].doit() - theta - sign * sp.Rational(1, 2))
    cases = rf"{change.DENSITY}: $\theta {'+' if sign > 0 else '-'} \frac12$"
    yield exact("sympy, d = 1", holds, cases=cases)
    what = r"$d = 1$, $\theta = \frac34$"
    yield agree("Gauss-Legendre", change.gauss_sides(at=0.75)[side], value, what)


@true_change.part("equal for symmetric noise, and for $d = 2$, one law, mean zero")
def equal_sides():
    yield change.equality()
    yield exact(
        "rational, two atoms",
        all(one == two for one, two in change.two_atoms(2))
        and any(one != two for one, two in change.two_atoms(3)),
        cases=r"$\gamma_i = -1$ or 2 with mean zero: equal at $d = 2$, not at $d = 3$",
    )
