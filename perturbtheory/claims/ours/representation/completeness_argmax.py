"""Completeness of Perturb-Argmax: full support, bounded support and finitely many atoms."""

from fractions import Fraction
from itertools import pairwise, product

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits import cosets
from perturbtheory.claims.exhibits.cosets import outcomes
from perturbtheory.claims.exhibits.numbers import engine
from perturbtheory.claims.legacy import agree, argued, claim, exact, positive, proof, shown
from perturbtheory.claims.ours.representation.anchored import cauchy_pair
from perturbtheory.claims.ours.representation.completeness import monotone_margins
from perturbtheory.ledger import Budget, Check, Part
from perturbtheory.perturbations import Gumbel, Uniform
from perturbtheory.potential import expected_max
from perturbtheory.properties import box
from perturbtheory.properties import completeness as is_complete
from perturbtheory.routes import rational
from perturbtheory.routes.symbolic import identity

COIN = (Fraction(-1), Fraction(1))


@claim("C.completeness-argmax", depends_on=("C.anchored-potential",))
def completeness_argmax(budget: Budget) -> list[Part]:
    r"""Statement: Under Perturb-Argmax every p > 0 is a subgradient at some theta, whatever the law
    of gamma, so Theta + R1 = R^d suffices for completeness. If gamma has full support,
    different cosets share no subgradient, and Theta + R1 = R^d is necessary too.

    LaTeX: $\operatorname{ri}(\Delta) \subseteq \bigcup_{\theta\in\mathbb R^d}\partial f(\theta)$;
    full support: $\partial f(\theta)\cap\partial f(\tau) = \emptyset$ for $\theta-\tau \notin
    \mathbb R\mathbf 1$, and $\Theta$ complete $\iff \Theta+\mathbb R\mathbf 1 = \mathbb R^d$

    Source: this package

    Assumptions: any real random vector gamma; f may be infinite, then the anchored potential stands
    for it. Complete in the set-valued sense: every p > 0 lies in the subdifferential at some theta
    of Theta. Where ties have probability zero this is p = E[argmax(theta + gamma)]. Full support:
    every open set of R^d has positive probability.

    Computed: the proofs for symbolic d; coins, Gumbel and Cauchy noise; linear programs against
    integers for nine cones.
    """
    p = np.random.default_rng(7).dirichlet(np.full(3, 0.5), 24) * (1 - 3e-6) + 1e-6
    gumbel = expected_max(Gumbel())
    logs = np.log(p) - np.log(p).mean(1, keepdims=True)
    z = sp.Symbol("z", real=True)
    slope = sp.factor(sp.diff(cauchy_pair(z, sp)[1], z))
    return [
        Part(
            "every p > 0 is a subgradient somewhere",
            (
                proof("convex analysis", "a minimum of f - <p, .> exists", *cosets.onto()),
                coin_intervals(),
                agree("engine", "quadrature", engine(gumbel, logs, "probabilities"), p, "Gumbel"),
            ),
        ),
        Part(
            "full support: different cosets share no subgradient",
            (
                proof(
                    "ties of arg max",
                    "any d",
                    *cosets.disjoint(),
                    argued(
                        "full support gives these gamma positive probability: a contradiction",
                        "they form an open set",
                    ),
                ),
                exact(
                    "Cauchy, d = 2",
                    bool((slope * sp.pi).subs(sp.pi, 1).is_positive),
                    "p_1 = 1/2 + arctan(z/2)/pi has a positive derivative",
                    universal=False,
                ),
                positive(
                    "engine",
                    "quadrature",
                    monotone_margins(gumbel, budget),
                    "<p(theta) - p(tau), theta - tau>, Gumbel noise, d = 3",
                ),
            ),
        ),
        Part(
            "full support: a convex set is complete exactly if no u is bounded above on it",
            (
                proof(
                    "separation",
                    "from the two parts before",
                    argued(
                        r"every coset has a $p > 0$ of its own: $p_i$ is at least the probability "
                        r"that $i$ alone wins",
                        "full support",
                    ),
                    *cosets.separation(),
                ),
                cosets.certificates(),
                cosets.linear_programs(gumbel),
            ),
        ),
    ]


def coin_intervals() -> Check:
    """d = 2: subgradients at theta_1 - theta_2 = -2, 0, 2 are intervals that cover [0, 1]."""
    ends = []
    for difference in (-2, 0, 2):
        at = rational.discrete([difference, 0], COIN)
        ends.append((at.only[0], at.some[0]))
    met = all(high == low for (_, high), (low, _) in pairwise(ends))
    intervals = ", ".join(f"[{low}, {high}]" for low, high in ends)
    detail = f"coins, d = 2: p_1 in {intervals} at theta_1 - theta_2 = -2, 0, 2"
    return exact(
        "rational, coins", met and ends[0][0] == 0 and ends[-1][1] == 1, detail, universal=False
    )


_QUARTERS = [
    [Fraction(a, 4), Fraction(b, 4), Fraction(0)] for a, b in product(range(-10, 11, 3), repeat=2)
]


@claim("C.completeness-bounded", depends_on=("C.completeness-argmax",))
def completeness_bounded(_: Budget) -> list[Part]:
    r"""Statement: If the coordinates of gamma live on bounded intervals [l_i, u_i], Perturb-Argmax
    needs less: Theta is complete exactly if every theta with theta_i - theta_k > l_k - u_i for all
    i != k is a translate of one in Theta. For intervals of one width w these are the theta with
    max theta - min theta < w.

    LaTeX: $\Theta$ complete $\iff \Theta+\mathbb R\mathbf 1 \supseteq K = \{\theta : \theta_i-
    \theta_k > l_k-u_i\ \forall i \ne k\}$

    Source: this package

    Assumptions: the support of gamma is the whole box, and ties have probability zero; independent
    coordinates with densities that are positive on the intervals are an example.

    Computed: the proof for any d; uniform noise in exact rationals and by linear programs.
    """
    answers = [rational.uniform(theta) for theta in _QUARTERS]
    active = [max(t) - min(t) < 2 for t in _QUARTERS]
    all_win = [min(a.probabilities) > 0 for a in answers]
    linked = [min(-a.hessian[i][j] for i, j in ((0, 1), (0, 2), (1, 2))) > 0 for a in answers]
    widths = [Fraction(3, 2), Fraction(15, 8), Fraction(2), Fraction(5, 2)]
    reached = [rational.uniform([w, 0]).probabilities[0] == 1 for w in widths]
    sets = [box([-float(w), 0.0], [float(w), 0.0]) for w in widths]
    checks = [is_complete(expected_max(Uniform()), s) for s in sets]
    return [
        Part(
            "all p_i > 0 exactly on K",
            (
                _active(),
                exact(
                    "rational, uniform noise",
                    all_win == active,
                    f"{len(answers)} theta, d = 3: min p > 0 exactly where max - min < 2",
                    universal=False,
                ),
            ),
        ),
        Part(
            "every p > 0 has exactly one coset, and it is in K",
            (
                proof(
                    "open sets of noise",
                    "any d",
                    argued("there is one, and it is in $K$", "C.completeness-argmax; part one"),
                    *cosets.disjoint(),
                    argued(
                        r"for two cosets in $K$, take $\theta$ between them and $\tau = \theta+"
                        r"\varepsilon v$: all intervals $(\theta_k+l_k,\theta_k+u_k)$ share an open"
                        r" interval, in which $x_i$, $x_j = x_i+\varepsilon g/2$ and the lower "
                        r"$x_k$ find place for a small $\varepsilon$: a contradiction",
                        "K is convex, and the support is the whole box",
                    ),
                ),
                exact(
                    "rational, uniform noise",
                    linked == active,
                    "exact Hessians, d = 3: all weights w_ij > 0 exactly where max - min < 2",
                    universal=False,
                ),
            ),
        ),
        Part(
            "so Theta is complete exactly if Theta + R1 contains K",
            (
                _union_of_cosets(),
                exact(
                    "rational, uniform noise",
                    reached == [w >= 2 for w in widths],
                    "d = 2, |theta_1 - theta_2| <= w: p_1 runs up to 1 exactly for w >= 2",
                    universal=False,
                ),
                agree(
                    "linear programs",
                    "quadrature",
                    outcomes(checks),
                    np.array([float(w >= 2) for w in widths]),
                    f"d = 2, w = {', '.join(map(str, widths))}: 1 where complete",
                ),
            ),
        ),
    ]


def _union_of_cosets() -> Check:
    one, two, c = sp.symbols("theta_i theta_k c", real=True)
    return proof(
        "cosets",
        "K is a union of cosets, one for every p > 0",
        shown(
            r"$(\theta_i+c)-(\theta_k+c) = \theta_i-\theta_k$: with a point $K$ holds its coset",
            identity((one + c) - (two + c) - (one - two)),
        ),
        argued(
            r"$\theta \mapsto p$ is one-to-one from the cosets of $K$ onto $\operatorname{ri}"
            r"(\Delta)$: $\Theta$ reaches all of it exactly if it meets each of them",
            "the two parts before",
        ),
    )


def _active() -> Check:
    gap, margin = sp.symbols("h e", positive=True)
    return proof(
        "best case",
        "any d",
        argued(
            r"$i$ can win only if its best position exceeds the worst of the others, $\theta_i+u_i "
            r"> \theta_k+l_k$ for all $k \ne i$",
            "in the box, x_i <= theta_i + u_i and x_k >= theta_k + l_k; equality would be a tie",
        ),
        shown(
            r"if $\theta_i+u_i = \theta_k+l_k+h_k$ with $h_k \ge h > 0$, then $x_i > \theta_i+u_i-"
            r"h/2$ and $x_k < \theta_k+l_k+h/2$ make $x_i-x_k > 0$",
            bool((gap + margin - gap / 2 - gap / 2).is_positive),
        ),
        argued("these gamma have positive probability, so $p_i > 0$", "the support is the box"),
    )
