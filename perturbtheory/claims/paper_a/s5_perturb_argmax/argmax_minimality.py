"""Theorem 5.3 and the sentence before it: when Perturb-Argmax is one-to-one."""

from fractions import Fraction
from itertools import combinations

import numpy as np
import sympy as sp
from scipy import stats

from perturbtheory.claims.exhibits import gradients, noises, numbers
from perturbtheory.claims.exhibits.draws import sample_mean
from perturbtheory.claims.exhibits.symbols import X
from perturbtheory.ledger import Claim, agree, argued, eq, exact, positive, shown, witness
from perturbtheory.numerics import gauss_legendre
from perturbtheory.perturbations import Logistic, Normal, Uniform
from perturbtheory.potential import expected_max
from perturbtheory.routes import enclosure, rational

argmax_minimality = Claim(
    "A.argmax-minimality",
    "A, Theorem 5.3",
    r"""If the densities $p_i$ of the $\gamma_i$ are differentiable and positive, a convex $\Theta$
    without two translates is minimal for Perturb-Argmax: different $\theta$ have different $p$,
    $\mathbb E_\gamma[\arg\max(\theta + \gamma)] \ne \mathbb E_\gamma[\arg\max(\tau + \gamma)]$ for
    $\theta \ne \tau \in \Theta$, if no two of $\Theta$ have $\theta_i = \tau_i + c$ for every
    $i$.""",
    assumes=r"""densities $p_i > 0$ on the whole line. The theorem does not print that the
    $\gamma_i$ are independent, as Lemma 5.2 does: it is read without this, and with it.""",
    depends_on="A.max-differentiable",
)
true_minimality = argmax_minimality.corrected(
    r"""If $\gamma$ has full support, which independent coordinates with positive densities have,
    then $\langle p(\tau) - p(\theta), \tau - \theta\rangle > 0$ unless $\tau - \theta = c\mathbf
    1$: any $\Theta$ without two translates is minimal for Perturb-Argmax. With ties this is so for
    all $p(\theta) \in \partial f(\theta)$ and $p(\tau) \in \partial f(\tau)$.""",
    assumes=r"""every open set of $\mathbb R^d$ has positive probability under $\gamma$. Where
    $f$ is infinite $\partial f$ is that of C.anchored-potential. It is not used that there are
    densities, that they are differentiable, that $\Theta$ is convex or that $f$ is finite. Full
    support is not necessary: see A.argmax-minimality-steps.corrected.""",
    depends_on="A.max-potential-gradient.corrected",
)
non_discrete = Claim(
    "A.argmax-minimality-non-discrete",
    "A, after Theorem 5.1",
    r"""The minimality of the representation of Perturb-Argmax probability models holds for
    non-discrete random perturbation $\gamma$.""",
    assumes=r"""non-discrete: independent coordinates with densities. Minimal as in Theorem 5.3:
    different $\theta$ of a convex $\Theta$ without two translates have different $p$. "It relies on
    the differentiability properties of its probability density function" is read as a further
    condition that the density is differentiable, and judged too.""",
)
true_non_discrete = non_discrete.corrected(
    r"""It holds for every $\gamma$ of full support, discrete parts included: $\partial f(\theta)
    \cap \partial f(\tau) = \emptyset$ unless $\tau - \theta = c\mathbf 1$.""",
    assumes=r"every open set of $\mathbb R^d$ has positive probability under $\gamma$.",
    depends_on="A.max-potential-gradient.corrected",
)


@argmax_minimality.part(r"any joint law, as printed: $\gamma_1 = \gamma_2$")
def without_independence(budget):
    theta, normal = np.array([[1.0, 0.0], [2.0, 0.0]]), sp.exp(-(X**2) / 2) / sp.sqrt(2 * sp.pi)
    wins = [
        sp.integrate(normal * sp.Piecewise((1, one + X > X), (0, True)), (X, -sp.oo, sp.oo))
        for one in (1, 2)
    ]
    gamma = np.random.default_rng(57).normal(size=(budget.samples, 1))
    shares = [np.mean(np.argmax(x + gamma, 1) == 0) for x in theta]
    cases = rf"""$p_1 = \int \varphi(x) 1\{{\theta_1 + x > \theta_2 + x\}}\,dx$ at $(1, 0)$ and $(2,
        0)$: {wins[0]} and {wins[1]}"""
    yield exact("sympy, integral", wins[0] != wins[1], cases=cases)
    what = r"how many $p_1$ the two $\theta$ have among common draws, against 2"
    yield agree("sampling", float(len(set(shares))), 2.0, what)
    yield witness(
        d=2,
        gamma=r"$\gamma_1 = \gamma_2$, standard normal",
        Theta=r"$\{\theta_2 = 0\}$",
        theta=[1, 0],
        tau=[2, 0],
        **{"$p$ at both": [1, 0]},
    )


@argmax_minimality.part(r"independent coordinates: different $\theta$ have different $p$")
@true_minimality.part("independent coordinates with positive densities")
def one_to_one(budget):
    yield monotone()
    cases = r"""$\langle p(\tau) - p(\theta), \tau - \theta\rangle > 0$ for all pairs of four
        $\theta$, $d = 3$"""
    yield exact("ball arithmetic, normal noise", _enclosed_margins(), cases=cases)
    yield gradients.increases("engine, logistic noise", expected_max(Logistic()), budget)


@true_minimality.part("any law of full support, with ties")
@true_non_discrete.part("any law of full support, with ties")
def full_support(budget):
    # With probability 1/2 each: independent coins, or normal coordinates of correlation 4/5.
    grid = np.arange(-14, 15) / 4
    coins, spread = np.array(noises.DIFFERENCES), np.sqrt(2 - 2 * 0.8)
    normal = stats.norm.cdf(grid / spread)
    lower = ((coins > -grid[:, None]).mean(1) + normal) / 2
    upper = ((coins >= -grid[:, None]).mean(1) + normal) / 2
    i, j = np.triu_indices(len(grid), 1)
    yield monotone()
    what = r"""gaps between the intervals of $p_1$ at $\theta_1 - \theta_2 = t < s$, $d = 2$: half
        coins, half normal with correlation"""
    yield positive("closed form, dependent noise with ties", lower[j] - upper[i], what)
    rng = np.random.default_rng(58)
    n = (budget.samples, 3)
    smooth = np.sqrt(0.8) * rng.normal(size=(budget.samples, 1)) + np.sqrt(0.2) * rng.normal(size=n)
    gamma = np.where(rng.random((budget.samples, 1)) < 0.5, smooth, rng.choice([-1.0, 1.0], n))
    theta, v = np.zeros(3), np.array([0.5, 0.0, -0.25])
    first = np.argmax(theta + gamma, 1)  # the first maximiser at theta, the last one at tau
    last = 2 - np.argmax((theta + v + gamma)[:, ::-1], 1)
    yield positive(
        "sampling, dependent noise with ties",
        sample_mean(v[last] - v[first]),
        r"$\langle p(\tau) - p(\theta), \tau - \theta\rangle$ for two rules for ties, $d = 3$",
    )


def monotone():
    """Full support: <p(tau) - p(theta), tau - theta> > 0 unless tau is a translate."""
    return exact("strict monotonicity, any d", *monotone_steps())


def monotone_steps():
    """Why p is strictly monotone."""
    ta, tb, va, vb, ga, gb = sp.symbols("theta_a theta_b v_a v_b gamma_a gamma_b", real=True)
    lead, lag = ta + ga - tb - gb, tb + vb + gb - ta - va - ga
    middle = gb + tb - ta + (vb - va) / 2
    return (
        argued(r"""$p(\theta)$ is the law of a maximiser $a$ at $\theta$, chosen by some rule, and
            $p(\tau)$ that of a maximiser $b$ at $\tau = \theta + v$
            [A.max-potential-gradient.corrected]"""),
        eq(sp.Add(lead, lag, evaluate=False), vb - va),
        r"$\ge 0$, since neither lead is negative: $a$ at $\theta$, $b$ at $\tau$",
        argued(r"""$\langle p(\tau) - p(\theta), v\rangle = \mathbb E[v_b - v_a] \ge 0$ [$v_b - v_a$
            is bounded]"""),
        eq(sp.Subs(lead, ga, middle), (vb - va) / 2),
        r"""the lead of $a$ at $\theta$, positive if $v \notin \mathbb R\mathbf 1$ and $a$, $b$ are
            where $v$ is least and largest""",
        eq(sp.Subs(lag, ga, middle), (vb - va) / 2, r"the lead of $b$ at $\tau$"),
        argued(r"""with the other $\gamma_k$ low enough, $a$ alone wins at $\theta$ and $b$ alone at
            $\tau$ on an open set of $\gamma$; its probability is positive, so the mean is: $\langle
            p(\tau) - p(\theta), v\rangle > 0$ [full support; a product of positive densities
            charges every open set]"""),
    )


def _enclosed_margins() -> bool:
    """Lower ends of <p(tau) - p(theta), tau - theta> in ball arithmetic, all pairs of points."""
    points = [(0, 0, 0), (1, 0, Fraction(-1, 2)), (0, 3, 1), (-4, 0, 4)]
    balls = [enclosure.probabilities(Normal(), p, digits=12) for p in points]
    for (theta, p), (tau, q) in combinations(zip(points, balls, strict=True), 2):
        least = Fraction(0)
        for a, b, one, two in zip(theta, tau, p, q, strict=True):
            least += min((two.low - one.high) * (b - a), (two.high - one.low) * (b - a))
        if least <= 0:
            return False
    return True


SMOOTH = sp.Rational(15, 16) * (1 - X**2) ** 2
"""A density on [-1, 1] that is differentiable on the whole line, 0 outside."""


def smooth_share(t: float) -> float:
    """p_1 at theta = (t, 0) for the density `SMOOTH`, by a rule that is exact for t >= 2."""
    nodes, weights = gauss_legendre(8)
    density, cdf = (sp.lambdify(X, y) for y in (SMOOTH, sp.integrate(SMOOTH, (X, -1, X))))
    below = cdf(np.clip(nodes + t, -1, 1))  # gamma_2 < t + gamma_1
    return float(weights @ (density(nodes) * below))


@non_discrete.part(r"uniform on $[-1, 1]$: different $\theta$ have different $p$")
def uniform_shares():
    theta = ([3, 0], [4, 0])
    p = [rational.uniform(x).probabilities for x in theta]
    found = numbers.engine(expected_max(Uniform()), np.array(theta, float), "probabilities")
    yield exact("rational", p[0] != p[1], cases="$p$ at $(3, 0)$ and $(4, 0)$ is $(1, 0)$")
    what = r"how many $p$ the two $\theta$ have, against 2"
    yield agree("engine", float(len(np.unique(found.value, axis=0))), 2.0, what)
    yield _witness("uniform on $[-1, 1]$")


@non_discrete.part(r"a differentiable density: different $\theta$ have different $p$")
def smooth_shares():
    says = r"""$p_1(3, 0) \ne p_1(4, 0)$, where $\gamma_1 - \gamma_2 \in [-2, 2]$ makes both the
        mass $\int_{-1}^1 \frac{15}{16}(1 - x^2)^2\,dx$, which is 1"""
    yield exact("sympy, support", shown(says, sp.integrate(SMOOTH, (X, -1, 1)) != 1))
    what = r"how many $p_1$ the two $\theta$ have up to rounding, against 2"
    shares = {round(smooth_share(t), 12) for t in (3.0, 4.0)}
    yield agree("Gauss-Legendre", float(len(shares)), 2.0, what)
    yield _witness(r"density $\frac{15}{16}(1 - x^2)^2$ on $[-1, 1]$")


def _witness(law: str):
    return witness(
        d=2,
        gamma_i=law,
        Theta=r"$\{\theta_2 = 0\}$",
        theta=[3, 0],
        tau=[4, 0],
        **{"$p$ at both": [1, 0]},
    )
