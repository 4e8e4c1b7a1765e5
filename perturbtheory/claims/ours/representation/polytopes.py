"""Subdifferentials of discrete noise as base polytopes."""

import functools
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import chain, combinations, permutations, product
from typing import Any, NamedTuple

import numpy as np
import sympy as sp
from scipy.optimize import linprog

from perturbtheory.claims.exhibits.cosets import indexed
from perturbtheory.claims.exhibits.outcomes import dot, draws, mean_largest, winning_sets
from perturbtheory.claims.exhibits.supports import components
from perturbtheory.ledger import Claim, argued, eq, exact, shown
from perturbtheory.perturbations import Discrete
from perturbtheory.potential import Subdifferential, expected_max
from perturbtheory.routes.symbolic import categories


class Case(NamedTuple):
    """Independent coordinates on atoms, at theta."""

    theta: tuple[int, ...]
    atoms: tuple[int, ...]
    weights: tuple[Fraction, ...]

    @property
    def sets(self) -> dict[tuple[int, ...], Fraction]:
        """P(A = S), A the set of maximisers, by enumeration."""
        return _winning_sets(self)

    @property
    def polytope(self) -> Subdifferential:
        """The engine's answer, from sorted positions."""
        law = Discrete(np.array(self.atoms, float), np.array([float(w) for w in self.weights]))
        return expected_max(law).subdifferential(np.array(self.theta))


@functools.cache
def _winning_sets(case: Case) -> dict[tuple[int, ...], Fraction]:
    return winning_sets(case.theta, case.atoms, case.weights)


_Q = Fraction(1, 4)
_COIN, _THREE = ((-1, 1), (2 * _Q, 2 * _Q)), ((-1, 0, 2), (_Q, 2 * _Q, _Q))
CASES = (
    Case((1, 0), *_COIN),
    Case((0, 0), *_COIN),
    Case((0, 0, 0), *_COIN),
    Case((2, 0, 0), *_COIN),
    Case((0, 1, 3), *_COIN),
    Case((0, 1, 2), *_THREE),
    Case((1, 0, 0), *_THREE),
    Case((0, 0, 2, 1), *_COIN),
)

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


def _cells() -> list[tuple[Case, Subdifferential]]:
    return [(case, case.polytope) for case in CASES]


def _subsets(d: int) -> Iterator[tuple[int, ...]]:
    return chain.from_iterable(combinations(range(d), k) for k in range(d + 1))


def _belief(case: Case, subset: Sequence[int]) -> Fraction:
    """P(A subset of S)."""
    inside = (chance for s, chance in case.sets.items() if set(s) <= set(subset))
    return sum(inside, Fraction(0))


def _is_member(case: Case, p: Sequence[Fraction]) -> bool:
    """Every inequality, by enumeration."""
    return sum(p) == 1 and all(
        sum((p[i] for i in s), Fraction(0)) >= _belief(case, s) for s in _subsets(len(p))
    )


def _broken(case: Case, order: Sequence[int]) -> list[Fraction]:
    """P(arg max = i) with ties broken in favour of whoever comes first in `order`."""
    p = [Fraction(0)] * len(order)
    for draw in draws(case.theta, case.atoms, case.weights):
        p[min(draw.winners, key=order.index)] += draw.chance
    return p


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
        argued(
            r"for sum one, $p(S) \ge P(A \subseteq S)$ for all $S$ says $p(S) \le h(S)$ for all "
            r"$S$",
            r"complements: $P(A \subseteq S) = 1 - h(S^c)$",
        ),
        argued(
            r"the largest $\langle p, v\rangle$ subject to $p(S) \le h(S)$, $p([d]) = 1$ is the "
            r"Choquet integral of $v$, attained by the greedy vertex of the order of $v$",
            "Edmonds 1970, as $h$ is submodular",
        ),
        argued(
            r"it is $\mathbb E[\max_{i \in A} v_i]$, the support function of the Minkowski sum: "
            r"the polytopes are equal",
            "the next part; Rockafellar, Corollary 13.1.1",
        ),
    )
    beliefs = all(
        1 - cell.capacity([i for i in range(len(case.theta)) if i not in s]) == _belief(case, s)
        for case, cell in _cells()
        for s in _subsets(len(case.theta))
    )
    yield exact(
        "rational, inequalities",
        beliefs,
        cases=rf"$P(A \subseteq S)$ by enumeration and from the engine, {len(CASES)} cases",
    )
    vertices = all(
        list(cell.vertex(order)) == _broken(case, order) and _is_member(case, _broken(case, order))
        for case, cell in _cells()
        for order in permutations(range(len(case.theta)))
    )
    yield exact(
        "rational, vertices",
        vertices,
        cases="ties broken by every order, by enumeration and by the engine; all satisfy every "
        "inequality",
    )


@subdifferential.part(r"support function = Choquet integral = $\mathbb E[\max_{i \in A} v_i]$")
def support_function():
    m, n = sp.symbols("m n", integer=True, positive=True)
    k, v = sp.Symbol("k", integer=True), sp.Function("v")
    yield exact(
        "telescoping sum, any d",
        argued(
            r"let $(m)$ be the first of the order $v_{(1)} \ge \dots \ge v_{(d)}$ that is in $A$: "
            r"$\max_{i\in A} v_i = v_{(m)}$, and $A$ meets $\{(1), \dots, (k)\}$ exactly for $k "
            r"\ge m$",
            "definition",
        ),
        eq(v(m + n) + sp.Sum(v(k) - v(k + 1), (k, m, m + n - 1)), v(m), "$d = m + n$"),
        argued(r"the mean of both sides over $A$", "linearity"),
    )
    yield exact(
        "rational, enumeration",
        all(_supports_agree(case, cell) for case, cell in _cells()),
        cases=r"directions $\{-1, 0, 2\}^d$: $\mathbb E\max_A v$, the Choquet sum and the engine's "
        "maximum",
    )


@subdifferential.part("membership is a linear program")
def membership():
    s, q = categories(), indexed("q")
    chance = sp.Symbol("P_S", nonnegative=True)
    yield exact(
        "shares, any d",
        argued(
            r"$p \in \sum_S P(A=S)\operatorname{conv}\{e_i : i \in S\}$ exactly if there are "
            r"$y_{S,i} \ge 0$, zero for $i \notin S$, with $\sum_i y_{S,i} = P(A=S)$ and $\sum_S "
            r"y_{S,i} = p_i$: a transport problem",
            "definition of the sum",
        ),
        eq(
            s.sum(chance * q[s.j]),
            chance * s.sum(q[s.j]),
            r"$\sum_i y_{S,i}$ for $y_{S,i} = P_Sq_i$, $q \in \operatorname{conv}\{e_i : i\in "
            r"S\}$ of sum one",
        ),
    )
    yield exact(
        "HiGHS and enumeration",
        _memberships_agree(),
        cases="$p$ in eighths: a linear program over shares of $P(A = S)$, all $2^d$ inequalities, "
        "and the engine's nearest point agree",
    )


@subdifferential.part("dimension = $d$ - number of components of ties")
def dimension():
    n = sp.Symbol("n", integer=True, positive=True)
    k, e = sp.Symbol("k", integer=True), sp.Function("e")
    yield exact(
        "directions, any d",
        argued(
            r"$\operatorname{conv}\{e_i : i \in S\}$ has the directions $e_i - e_j$, $i, j \in S$; "
            r"those of $\partial f(\theta)$ are spanned by them over all $S$ with $P(A = S) > 0$",
            "Minkowski sum with positive weights",
        ),
        eq(
            sp.Sum(e(k) - e(k + 1), (k, 1, n)),
            e(1) - e(n + 1),
            "along a path of ties: all pairs of one component are spanned",
        ),
        argued(
            r"a component of $n$ coordinates gives $n - 1$ dimensions, $\{\sum = 0\}$ on it; in "
            r"all $d$ less the number of components",
            "components share no coordinate",
        ),
    )
    cells = _cells()
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
    for case, cell in (pair for pair in _cells() if len(pair[0].theta) == 3):
        for head in product(range(9), repeat=2):
            p = [Fraction(k, 8) for k in (*head, 8 - sum(head))]
            answers = {_has_shares(case, p), _is_member(case, p), cell.contains(p)}
            good &= len(answers) == 1
            inside |= answers
    return good and inside == {True, False}


def _has_shares(case: Case, p: Sequence[Fraction]) -> bool:
    """Whether HiGHS finds y_(S, i) >= 0 with sum_i y = P(A = S) and sum_S y = p_i."""
    pairs = [(s, i) for s in case.sets for i in s]
    rows = [[float(s == t) for t, _ in pairs] for s in case.sets]
    rows += [[float(i == j) for _, j in pairs] for i in range(len(p))]
    right = [float(x) for x in (*case.sets.values(), *p)]
    return linprog(np.zeros(len(pairs)), A_eq=rows, b_eq=right, bounds=(0, None)).status == 0


def _dimensions_agree(case: Case, cell: Subdifferential) -> bool:
    d = len(case.theta)
    corners = [_broken(case, order) for order in permutations(range(d))]
    differences: Any = sp.Matrix(
        [[sp.Rational(str(a - b)) for a, b in zip(c, corners[0], strict=True)] for c in corners]
    )
    linked = [pair for s in case.sets for pair in combinations(s, 2)]
    return differences.rank() == d - len(components(d, linked)) == cell.dimension
