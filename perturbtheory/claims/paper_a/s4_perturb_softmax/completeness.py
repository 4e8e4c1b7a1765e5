"""Theorem 4.1: which convex sets of parameters represent every $p$ by Perturb-Softmax."""

from itertools import product

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits import cones, cosets, numbers, sums, three_atoms
from perturbtheory.claims.exhibits.cosets import CONES, indexed, inner
from perturbtheory.ledger import Claim, agree, argued, eq, exact, witness
from perturbtheory.perturbations import Gumbel
from perturbtheory.potential import expected_max
from perturbtheory.properties import completeness, cone
from perturbtheory.routes import symbolic

printed_theorem = Claim(
    "A.softmax-completeness",
    "A, Theorem 4.1, (8), section 8.3, and the sentence after Theorem 4.3",
    r"""A convex set $\Theta \subseteq \mathbb R^d$ on which every $h_i(\theta) =
    \theta_i-\max_{j\ne i}\theta_j$ is continuous and unbounded is complete for Perturb-Softmax:
    every $p > 0$ is $\mathbb E_\gamma[\operatorname{softmax}(\theta+\gamma)]$ for a $\theta \in
    \Theta$, $\operatorname{ri}(\Delta) \subseteq \{\mathbb E_\gamma[\operatorname{softmax}(\theta
    +\gamma)] : \theta \in \Theta\} \subseteq \Delta$.""",
    assumes=r""""unbounded" is read as printed, and as unbounded above for every $i$, which the
    proof needs. The printed cumulative distribution that "decays to zero as $\gamma$ approaches
    $\pm\infty$" belongs to no random variable, it tends to 1; it is read as a real random vector
    $\gamma$. (8) prints one vector for the set of all. By C.completeness these sets miss some $p$
    under every $\gamma$; the $p$ named here are missed under every exchangeable one.""",
    depends_on="C.completeness",
)
true_theorem = printed_theorem.corrected(
    r"""A convex set $\Theta$ is complete for Perturb-Softmax, whatever $\gamma$, exactly if
    $\sup_{\theta\in\Theta}\langle u,\theta\rangle = \infty$ for all $u \ne 0$ with $\sum_iu_i = 0$.
    That every $h_i$ is unbounded above is necessary; it is sufficient for $d = 2$, and for any $d$
    if for every $i$ some $\theta^{(n)} \in \Theta$ have $h_i(\theta^{(n)}) \to \infty$ with
    $|\theta^{(n)}_j-\theta^{(n)}_k| \le B$ for $j, k \ne i$, as in both gauges.""",
    source="corrects A, Theorem 4.1",
    assumes=r"""those of C.completeness: any real random vector $\gamma$, $\Theta$ closed or
    not.""",
    depends_on="C.completeness",
)


@printed_theorem.part(
    f"$h_i$ unbounded above: {cones.HALF_SPACE.set}",
    candidate=cones.HALF_SPACE,
    hypothesis=cones.HALF_SPACE.unbounded(above=True),
)
@printed_theorem.part(
    f"$h_i$ unbounded, as printed: {cones.RAY.set}",
    candidate=cones.RAY,
    hypothesis=cones.RAY.unbounded(above=False),
)
@printed_theorem.part(
    "no two translates and $h_i$ unbounded above, as for any set of Theorems 4.1 and 4.3: "
    f"{cones.HALF_GAUGE.set}",
    candidate=cones.HALF_GAUGE,
    hypothesis=cones.HALF_GAUGE.unbounded(above=True)
    and not any(map(sum, cones.HALF_GAUGE.generators)),
)
def misses(candidate, hypothesis):
    # Under other noise: whether the set holds a translate of theta(p).
    theta = cosets.preimages(np.array([[float(x) for x in candidate.p]]))[0]
    held = cone(np.array(candidate.generators, float)).representative(theta) is not None
    what = r"""1 if $\theta(p)+c\mathbf 1 \in \Theta$, 0 if not, against 1; $e^{\gamma_i}$ = 1/2, 1,
        2"""
    yield cones.uniqueness(candidate, hypothesis, "$\\gamma = 0$")
    yield order(candidate)
    yield agree("enumeration, Newton's method", [float(held)], np.ones(1), what)
    yield cones.programs(candidate, expected_max(Gumbel()), "$\\gamma = 0$")
    yield witness(candidate.missed)


@printed_theorem.part(r"(8): the probabilities lie in $\Delta$")
def in_the_simplex(budget):
    share = three_atoms.share(numbers.thetas(3, budget))
    what = r"$\sum_ip_i$ against $\sum_i|p_i|$ and 1, three atoms, $d = 3$"
    yield exact("sympy, symbolic d", *sums.probabilities())
    yield agree("enumeration", [share.sum(1), abs(share).sum(1)], np.ones((2, len(share))), what)


def order(candidate):
    """Exchangeable noise keeps the order, p_i > p_j iff theta_i > theta_j.

    This gives <u, theta> a sign without inverting p, for u = sum of e_i - e_k over pairs (i, k).
    """
    a, b, g, h = sp.symbols("a b g h", positive=True)
    rest = sp.Symbol("S", nonnegative=True)
    one = (a * g - b * h) / (a * g + b * h + rest)
    two = (a * h - b * g) / (a * h + b * g + rest)
    ordered = sp.expand(sp.cancel(sp.numer(sp.together(one + two)) / (a - b))).is_positive
    u, p = candidate.u, candidate.p
    pairs = [(i, k) for i, x in enumerate(u) for k, y in enumerate(u) if x > 0 > y]
    total = [sum((i == m) - (k == m) for i, k in pairs) for m in range(candidate.d)]
    above = all(p[i] > p[k] for i, k in pairs)
    named = ", ".join(f"$p_{i + 1} > p_{k + 1}$" for i, k in pairs)
    cases = rf"""exchanging $\gamma_i$ and $\gamma_j$ in $\mathbb
        E[\operatorname{{softmax}}_i-\operatorname{{softmax}}_j]$ leaves
        $(e^{{\theta_i}}-e^{{\theta_j}})$ times a positive factor; so every $\theta$ with this $p$,
        which has {named}, has $\langle u,\theta\rangle > 0$"""
    known = ordered and total == list(u)
    return exact(
        "sympy, order", not (above and candidate.bounded) if known else "unknown", cases=cases
    )


@true_theorem.part("complete exactly if no $u$ is bounded above")
def no_direction_is_bounded():
    met = argued("complete means that every coset is met", "C.completeness")
    yield exact("separation", met, *cosets.separation())
    yield cosets.certificates()
    yield cosets.linear_programs(expected_max(Gumbel()))


@true_theorem.part(r"it suffices that $h_i \to \infty$ along bounded differences of the others")
def bounded_differences():
    s, u, top = symbolic.categories(), indexed("u"), sp.Symbol("M", real=True)
    yield exact(
        "sympy, symbolic d",
        sums.for_every_d(
            s.sum(u[s.j] * s.theta[s.j]),
            s.sum(u[s.j] * (s.theta[s.j] - top)),
            r"by $\sum_ju_j = 0$; with $M = \max_{j\ne i}\theta_j$ the term $j = i$ is "
            r"$u_ih_i(\theta)$",
            where={s.sum(u[s.j]): 0},
        ),
        argued(r"""the other terms are at least $-b$ with $b = B\sum_j|u_j|$ [$|\theta_j-M| \le B$
            for $j \ne i$]"""),
        argued(r"$u_ih_i(\theta^{(n)})-b \to \infty$", "some $u_i > 0$: take its sequence"),
    )
    cases = """$n$ at place $i$ with $-n/(d-1)$ elsewhere; $n$ at place $i$ with 0 elsewhere, and
        $-n$ at all places but the first: $h_i > 0$ and equal others, $d$ = 2 to 7"""
    yield exact("integers, two gauges", all(gauge_sequences(d) for d in range(2, 8)), cases=cases)
    directions = [u for u in product(range(-2, 3), repeat=4) if any(u) and sum(u) == 0]
    holds = all(
        max(inner(u, v) for v in sequence) > 0 for sequence in sequences(4) for u in directions
    )
    cases = rf"""$\langle u,\theta^{{(n)}}\rangle$ grows along one of the same sequences for each of
        {len(directions)} $u$ with entries from -2 to 2, $d = 4$"""
    yield exact("integers, every small u", holds, cases=cases)


@true_theorem.part("$h_i$ unbounded above: necessary, and sufficient for $d = 2$")
def unbounded_above():
    one, two, a = sp.symbols("theta_1 theta_2 a", real=True)
    reaching = [
        all(any(cones.height(g, i) > 0 for g in cones.corners(c.generators)) for i in range(3))
        for c in CONES
    ]
    covers = [bool(c.covers) for c in CONES]
    yield exact(
        "sympy",
        argued(r"""a $\Theta$ that meets every coset has the $h_i$ of $\mathbb R^d$, and $h_i(n e_i)
            = n$ there [$h_i$ is a function of the coset]"""),
        eq(a * one - a * two, a * (one - two)),
        r"""for $d = 2$ every $u = (a, -a)$ has $\langle u,\theta\rangle = ah_1 = -ah_2$, which is
            unbounded above for $a > 0$ and for $a < 0$""",
    )
    holds = all(r or not c for r, c in zip(reaching, covers, strict=True)) and reaching != covers
    cases = """every complete cone has points with $h_i > 0$ for each $i$; for $d = 3$ the converse
        is false"""
    yield exact("integers, nine cones", holds, cases=cases)
    planar = [((1, 0),), ((0, 1), (1, 0)), ((1, 1), (-1, -1)), ((1, 2), (2, 3)), ((0, 1), (0, -1))]
    found = cosets.outcomes(
        completeness(expected_max(Gumbel()), cone(np.array(g, float))) for g in planar
    )
    allowed = [
        all(any(cones.height(v, i) > 0 for v in cones.corners(g)) for i in range(2)) for g in planar
    ]
    what = f"1 where one of {len(planar)} cones is complete, against $h_1, h_2$ unbounded above"
    yield agree("linear programs, d = 2", found, np.array(allowed, float), what)


def sequences(d: int) -> tuple[list[list[int]], list[list[int]]]:
    """Directions v, one for every i, with h_i(v) > 0 in {sum theta = 0} and in {theta_1 = 0}."""
    units = [[int(i == j) for j in range(d)] for i in range(d)]
    return [[d * x - 1 for x in unit] for unit in units], [[0] + [-1] * (d - 1), *units[1:]]


def gauge_sequences(d: int) -> bool:
    """Directions in both gauges with h_i > 0 and the other coordinates equal, for every i."""
    centred, first = sequences(d)
    inside = all(sum(v) == 0 for v in centred) and all(v[0] == 0 for v in first)
    return inside and all(
        cones.height(v, i) > 0 and len({x for j, x in enumerate(v) if j != i}) == 1
        for sequence in (centred, first)
        for i, v in enumerate(sequence)
    )
