"""Subdifferentials of discrete noise as base polytopes."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations, permutations, product
from typing import Any

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits.cosets import indexed
from perturbtheory.claims.exhibits.outcomes import dot, mean_largest
from perturbtheory.claims.exhibits.supports import components
from perturbtheory.claims.exhibits.ties import (
    CASES,
    Case,
    belief,
    broken,
    eighths,
    has_shares,
    is_member,
    next_to_ties,
    next_to_vertices,
    polytopes,
    subsets,
)
from perturbtheory.ledger import Claim, agree, argued, eq, exact, shown
from perturbtheory.potential import Subdifferential
from perturbtheory.routes.symbolic import categories

subdifferential = Claim(
    "C.subdifferential",
    "this package; Shapley for the core of a convex game, Edmonds for the greedy algorithm",
    r"""Under discrete noise the subdifferential is the set of $p$ that give every set $S$ of
    coordinates at least the probability that all maximisers lie in $S$, a base polytope, whose
    vertices break all ties by one order: $\partial f(\theta) = \sum_S P(A=S)\operatorname{conv}\{
    e_i : i\in S\} = \{p \in \Delta : \sum_{i\in S} p_i \ge P(A\subseteq S)\ \forall S\}$. Its
    support function is a Choquet integral, $\max_{p\in\partial f(\theta)} \langle p, v\rangle =
    \mathbb E[\max_{i\in A} v_i] = v_{(d)} + \sum_{k<d} (v_{(k)} - v_{(k+1)}) P(A \cap
    \{(1),\dots,(k)\} \ne \emptyset)$, membership a linear program, its dimension $d$ less the
    number of components of the graph of ties.""",
    assumes=r"""Any joint law for which $A$, the set of maximisers of $\theta + \gamma$, has a law;
    the engine computes it for independent coordinates with finitely many atoms. $v_{(1)} \ge \dots
    \ge v_{(d)}$.""",
    depends_on="A.max-potential-gradient.corrected",
)


@subdifferential.part("Minkowski sum of faces = base polytope")
def base_polytope():
    # Whether A meets S minus T, T minus S, S and T: 1{A meets .} is submodular in all cases.
    submodular = all(
        max(a, c) + max(b, c) >= max(a, b, c) + c for a, b, c in product((0, 1), repeat=3)
    )
    yield exact(
        "submodularity, any d",
        shown(
            r"$h(S) = P(A \cap S \ne \emptyset)$ has $h(S) + h(T) \ge h(S \cup T) + h(S \cap T)$: "
            r"outcome by outcome, whether $A$ meets $S \setminus T$, $T \setminus S$, $S \cap T$",
            submodular,
            by="all 8 cases",
        ),
        argued(r"""for sum one, $p(S) \ge P(A \subseteq S)$ for all $S$ says $p(S) \le h(S)$ for all
            $S$ [complements: $P(A \subseteq S) = 1 - h(S^c)$]"""),
        argued(r"""the largest $\langle p, v\rangle$ subject to $p(S) \le h(S)$, $p([d]) = 1$ is the
            Choquet integral of $v$, attained by the greedy vertex of the order of $v$ [Edmonds
            1970, as $h$ is submodular]"""),
        argued(r"""it is $\mathbb E[\max_{i \in A} v_i]$, the support function of the Minkowski sum:
            the polytopes are equal [the next part; Rockafellar, Corollary 13.1.1]"""),
    )
    beliefs = all(
        1 - cell.capacity([i for i in range(len(case.theta)) if i not in s]) == belief(case, s)
        for case, cell in polytopes()
        for s in subsets(len(case.theta))
    )
    yield exact(
        "rational, inequalities",
        beliefs,
        cases=rf"$P(A \subseteq S)$ by enumeration and from the engine, {len(CASES)} cases",
    )
    vertices = all(
        list(cell.vertex(order)) == broken(case, order) and is_member(case, broken(case, order))
        for case, cell in polytopes()
        for order in permutations(range(len(case.theta)))
    )
    yield exact(
        "rational, vertices",
        vertices,
        cases="ties broken by every order, by enumeration and by the engine; all satisfy every "
        "inequality",
    )
    yield agree(
        "engine, next to ties",
        *next_to_ties(),
        r"$p$ where $2^{-30}$ decides ties by every order",
        floor=1.0,
    )


@subdifferential.part(r"support function = Choquet integral = $\mathbb E[\max_{i \in A} v_i]$")
def support_function():
    m, n = sp.symbols("m n", integer=True, positive=True)
    k, v = sp.Symbol("k", integer=True), sp.Function("v")
    yield exact(
        "telescoping sum, any d",
        argued(r"""let $(m)$ be the first of the order $v_{(1)} \ge \dots \ge v_{(d)}$ that is in
            $A$: $\max_{i\in A} v_i = v_{(m)}$, and $A$ meets $\{(1), \dots, (k)\}$ exactly for $k
            \ge m$ [definition]"""),
        eq(v(m + n) + sp.Sum(v(k) - v(k + 1), (k, m, m + n - 1)), v(m), "$d = m + n$"),
        argued(r"the mean of both sides over $A$", "linearity"),
    )
    yield exact(
        "rational, enumeration",
        all(_supports_agree(case, cell) for case, cell in polytopes()),
        cases=r"directions $\{-1, 0, 2\}^d$: $\mathbb E\max_A v$, the Choquet sum and the engine's "
        "maximum",
    )


@subdifferential.part("membership is a linear program")
def membership():
    s, q = categories(), indexed("q")
    chance = sp.Symbol("P_S", nonnegative=True)
    yield exact(
        "shares, any d",
        argued(r"""$p \in \sum_S P(A=S)\operatorname{conv}\{e_i : i \in S\}$ exactly if there are
            $y_{S,i} \ge 0$, zero for $i \notin S$, with $\sum_i y_{S,i} = P(A=S)$ and $\sum_S
            y_{S,i} = p_i$: a transport problem [definition of the sum]"""),
        eq(s.sum(chance * q[s.j]), chance * s.sum(q[s.j])),
        r"$\sum_i y_{S,i}$ for $y_{S,i} = P_Sq_i$, $q \in \operatorname{conv}\{e_i : i\in "
        r"S\}$ of sum one",
    )
    yield exact(
        "HiGHS and enumeration",
        _memberships_agree(),
        cases="$p$ in eighths, and a thousandth from vertices: a linear program over shares of "
        "$P(A = S)$, all $2^d$ inequalities, and the engine's nearest point, in rationals and in "
        "floating point, agree",
    )


@subdifferential.part("dimension = $d$ - number of components of ties")
def dimension():
    n = sp.Symbol("n", integer=True, positive=True)
    k, e = sp.Symbol("k", integer=True), sp.Function("e")
    yield exact(
        "directions, any d",
        argued(r"""$\operatorname{conv}\{e_i : i \in S\}$ has the directions $e_i - e_j$, $i, j \in
            S$; those of $\partial f(\theta)$ are spanned by them over all $S$ with $P(A = S) > 0$
            [Minkowski sum with positive weights]"""),
        eq(sp.Sum(e(k) - e(k + 1), (k, 1, n)), e(1) - e(n + 1)),
        "along a path of ties: all pairs of one component are spanned",
        argued(r"""a component of $n$ coordinates gives $n - 1$ dimensions, $\{\sum = 0\}$ on it; in
            all $d$ less the number of components [components share no coordinate]"""),
    )
    cells = polytopes()
    yield exact(
        "rational, ranks",
        all(_dimensions_agree(case, cell) for case, cell in cells)
        and len({cell.dimension for _, cell in cells}) > 2,
        cases="rank of differences of vertices, components of the sets $A$, the engine; "
        f"{len(cells)} cases, of more than two dimensions",
    )


def _supports_agree(case: Case, cell: Subdifferential) -> bool:
    d, sets = len(case.theta), case.sets

    def meets(top: Sequence[int]) -> Fraction:
        return sum((c for s, c in sets.items() if set(s) & set(top)), Fraction(0))

    for v in product((-1, 0, 2), repeat=d):
        order = sorted(range(d), key=lambda i: -v[i])
        choquet = Fraction(v[order[-1]])
        for k in range(1, d):
            choquet += (v[order[k - 1]] - v[order[k]]) * meets(order[:k])
        greedy = dot(list(cell.vertex(order)), v)
        if not mean_largest(sets, v) == choquet == cell.support(v) == greedy:
            return False
    return True


def _memberships_agree() -> bool:
    inside, good = set(), True
    for case, cell in (pair for pair in polytopes() if len(pair[0].theta) == 3):
        rounded = case.potential.subdifferential(np.array(case.theta, float))
        for p in (*eighths(), *next_to_vertices(case)):
            answers = {has_shares(case, p), is_member(case, p), cell.contains(p)}
            answers.add(rounded.contains(np.array(p, float)))
            good &= len(answers) == 1
            inside |= answers
    return good and inside == {True, False}


def _dimensions_agree(case: Case, cell: Subdifferential) -> bool:
    d = len(case.theta)
    corners = [broken(case, order) for order in permutations(range(d))]
    differences: Any = sp.Matrix(
        [[sp.Rational(str(a - b)) for a, b in zip(c, corners[0], strict=True)] for c in corners]
    )
    linked = [pair for s in case.sets for pair in combinations(s, 2)]
    return differences.rank() == d - len(components(d, linked)) == cell.dimension
