"""Completeness of Perturb-Argmax under noise of full support and of bounded support."""

from fractions import Fraction
from itertools import pairwise, product

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits import cosets
from perturbtheory.claims.exhibits.cosets import outcomes
from perturbtheory.claims.exhibits.numbers import engine
from perturbtheory.claims.exhibits.symbols import Z
from perturbtheory.claims.ours.representation.anchored import cauchy_pair
from perturbtheory.claims.ours.representation.completeness import monotone_margins
from perturbtheory.ledger import Check, Claim, agree, argued, exact, positive, shown
from perturbtheory.perturbations import Gumbel, Uniform
from perturbtheory.potential import expected_max
from perturbtheory.properties import box
from perturbtheory.properties import completeness as is_complete
from perturbtheory.routes import rational

COIN = (Fraction(-1), Fraction(1))

completeness_argmax = Claim(
    "C.completeness-argmax",
    "this package",
    r"""Under Perturb-Argmax every $p > 0$ is a subgradient at some $\theta$, whatever the law of
    $\gamma$, $\operatorname{ri}(\Delta) \subseteq \bigcup_{\theta\in\mathbb R^d}\partial
    f(\theta)$, so $\Theta+\mathbb R\mathbf 1 = \mathbb R^d$ suffices for completeness. If $\gamma$
    has full support, different cosets share no subgradient, $\partial f(\theta)\cap\partial f(\tau)
    = \emptyset$ for $\theta-\tau \notin \mathbb R\mathbf 1$, and $\Theta+\mathbb R\mathbf 1 =
    \mathbb R^d$ is necessary too; a convex $\Theta$ is complete exactly if $\langle
    u,\cdot\rangle$ is unbounded above on it for all $u \ne 0$ with $\sum_iu_i = 0$.""",
    assumes=r"""Any real random vector $\gamma$; $f$ may be infinite, then the anchored potential
    stands for it. Complete in the set-valued sense: every $p > 0$ lies in the subdifferential at
    some $\theta$ of $\Theta$, which is not empty. Where ties have probability zero this is $p =
    \mathbb E[\arg\max(\theta+\gamma)]$. Full support: every open set of $\mathbb R^d$ has positive
    probability.""",
    depends_on=("C.anchored-potential",),
)


@completeness_argmax.part("every $p > 0$ is a subgradient somewhere")
def every_p():
    p = np.random.default_rng(7).dirichlet(np.full(3, 0.5), 24) * (1 - 3e-6) + 1e-6
    logs = np.log(p) - np.log(p).mean(1, keepdims=True)
    found = engine(expected_max(Gumbel()), logs, "probabilities")
    yield exact("convex analysis", *cosets.onto())
    yield coin_intervals()
    yield agree("engine", found, p, r"$p$ at $\theta = \log p$, Gumbel noise")


def coin_intervals() -> Check:
    """d = 2: subgradients at theta_1 - theta_2 = -2, 0, 2 are intervals that cover [0, 1]."""
    at = [rational.discrete([difference, 0], COIN) for difference in (-2, 0, 2)]
    ends = [(answer.only[0], answer.some[0]) for answer in at]
    met = all(high == low for (_, high), (low, _) in pairwise(ends))
    intervals = ", ".join(f"[{low}, {high}]" for low, high in ends)
    return exact(
        "rational, coins",
        met and ends[0][0] == 0 and ends[-1][1] == 1,
        cases=rf"coins, $d = 2$: $p_1$ in {intervals} at $\theta_1-\theta_2 = -2, 0, 2$",
    )


@completeness_argmax.part("full support: different cosets share no subgradient")
def no_subgradient_in_common(budget):
    p = cauchy_pair(Z, sp)[1]
    yield exact(
        "ties of arg max",
        *cosets.disjoint(),
        argued(r"""full support gives these $\gamma$ positive probability: a contradiction [they
            form an open set]"""),
    )
    yield exact(
        "Cauchy, d = 2",
        bool((sp.factor(sp.diff(p, Z)) * sp.pi).subs(sp.pi, 1).is_positive),
        cases=rf"$p_1 = {sp.latex(p)}$ has a positive derivative in $z = \theta_1-\theta_2$",
    )
    yield positive(
        "engine",
        monotone_margins(expected_max(Gumbel()), budget),
        r"$\langle p(\theta)-p(\tau), \theta-\tau\rangle$, Gumbel noise, $d = 3$",
    )
    theta, tau = np.array([0.5, -1.0, 0.25]), np.array([-0.75, 0.5, 1.0])
    f, step = expected_max(Gumbel()), 1e-3 * (theta - tau)
    ahead, behind = f.fenchel_young(np.stack([theta + step, theta - step]), f.probabilities(tau))
    yield positive(
        "gradient of a Fenchel-Young loss",
        (ahead - behind) / 2e-3,
        r"the same from $\nabla_\theta L(\theta, p(\tau)) = p(\theta)-p(\tau)$, $L(\theta, p) = "
        r"f(\theta)+f^*(p)-\langle p, \theta\rangle$",
    )


@completeness_argmax.part(
    "full support: a convex set is complete exactly if no $u$ is bounded above on it"
)
def convex_set():
    own = argued("""every coset has a $p > 0$ of its own: $p_i$ is at least the probability that $i$
        alone wins [full support; the two parts before]""")
    yield exact("separation", own, *cosets.separation())
    yield cosets.certificates()
    yield cosets.linear_programs(expected_max(Gumbel()))


completeness_bounded = Claim(
    "C.completeness-bounded",
    "this package",
    r"""If the coordinates of $\gamma$ live on bounded intervals $[l_i, u_i]$, Perturb-Argmax needs
    less: $\Theta$ is complete exactly if $\Theta+\mathbb R\mathbf 1 \supseteq K = \{\theta :
    \theta_i-\theta_k > l_k-u_i\ \forall i \ne k\}$. For intervals of one width $w$ and one place
    these are the $\theta$ with $\max\theta-\min\theta < w$.""",
    assumes=r"""The support of $\gamma$ is the whole box, and ties have probability zero;
    independent coordinates with densities that are positive on the intervals are an example.""",
    depends_on=("C.completeness-argmax",),
)


def _on_a_grid() -> tuple[list[rational.UniformAnswer], list[bool]]:
    """Exact answers for uniform noise on [-1, 1] at 49 theta, and which of them are in K."""
    grid = [
        [Fraction(a, 4), Fraction(b, 4), Fraction(0)]
        for a, b in product(range(-10, 11, 3), repeat=2)
    ]
    return [rational.uniform(t) for t in grid], [max(t) - min(t) < 2 for t in grid]


@completeness_bounded.part("all $p_i > 0$ exactly on $K$")
def active():
    gap, up, down = sp.symbols("h alpha beta", positive=True)
    worst, more = sp.Symbol("w", real=True), sp.Symbol("delta", nonnegative=True)
    answers, inside = _on_a_grid()
    yield exact(
        "best case",
        argued(r"""$i$ can win only if its best position exceeds the worst of the others,
            $\theta_i+u_i > \theta_k+l_k$ for all $k \ne i$ [in the box, $x_i \le \theta_i+u_i$ and
            $x_k \ge \theta_k+l_k$; equality would be a tie]"""),
        shown(
            r"if $\theta_i+u_i = \theta_k+l_k+h+\delta_k$ with $h > 0$, $\delta_k \ge 0$, then "
            r"$x_i = \theta_i+u_i-\frac h2+\alpha$ exceeds $x_k = \theta_k+l_k+\frac h2-\beta_k$ "
            r"for all $\alpha, \beta_k > 0$",
            bool((worst + gap + more - gap / 2 + up - (worst + gap / 2 - down)).is_positive),
        ),
        argued(r"these $\gamma$ have positive probability, so $p_i > 0$", "the support is the box"),
    )
    yield exact(
        "rational, uniform noise",
        [min(a.probabilities) > 0 for a in answers] == inside,
        cases=rf"{len(answers)} $\theta$, $d = 3$: $\min p > 0$ where $\max\theta-\min\theta < 2$",
    )


@completeness_bounded.part(r"""every $p > 0$ has exactly one coset, and it is in $K$: $\Theta$ is
    complete exactly if $\Theta+\mathbb R\mathbf 1$ contains $K$""")
def one_coset():
    answers, inside = _on_a_grid()
    linked = [min(-a.hessian[i][j] for i, j in ((0, 1), (0, 2), (1, 2))) > 0 for a in answers]
    yield exact(
        "open sets of noise",
        argued("there is one, and it is in $K$", "C.completeness-argmax; part one"),
        *cosets.disjoint(),
        argued(r"""for two cosets in $K$, take $\theta$ between them and $\tau = \theta+\varepsilon
            v$: all intervals $(\theta_k+l_k,\theta_k+u_k)$ share an open interval, in which $x_i$,
            $x_j = x_i+\varepsilon g/2$ and the lower $x_k$ find place for a small $\varepsilon$: a
            contradiction [$K$ is convex, and the support is the whole box]"""),
        argued(r"""$K$ is a union of cosets, one for every $p > 0$: $\Theta$ reaches all of
            $\operatorname{ri}(\Delta)$ exactly if it meets each of them [$\theta_i-\theta_k$ is the
            same on a coset]"""),
    )
    yield exact(
        "rational, uniform noise",
        linked == inside,
        cases=rf"{len(answers)} exact Hessians, $d = 3$: all $w_{{ij}} > 0$ exactly where "
        r"$\max\theta-\min\theta < 2$",
    )
    widths = [Fraction(3, 2), Fraction(15, 8), Fraction(2), Fraction(5, 2)]
    reached = [rational.uniform([w, 0]).probabilities[0] == 1 for w in widths]
    yield exact(
        "rational, uniform noise, d = 2",
        reached == [w >= 2 for w in widths],
        cases=r"$|\theta_1-\theta_2| \le w$: $p_1$ runs up to 1 exactly for $w \ge 2$, four $w$ "
        f"from {widths[0]} to {widths[-1]}",
    )
    sets = [box([-float(w), 0.0], [float(w), 0.0]) for w in widths]
    yield agree(
        "linear programs",
        outcomes(is_complete(expected_max(Uniform()), s) for s in sets),
        [float(w >= 2) for w in widths],
        f"$d = 2$, $w = {', '.join(map(str, widths))}$: 1 where complete",
    )
