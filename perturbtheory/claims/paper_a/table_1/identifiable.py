"""The senses in which the paper says identifiable, and the cells of Table 1 that each gives."""

import functools
from fractions import Fraction
from itertools import combinations, pairwise, product

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits import table_cells
from perturbtheory.claims.exhibits.numbers import engine, entry
from perturbtheory.claims.exhibits.uniform_pieces import ONE, TWO, T, true_potential
from perturbtheory.ledger import Claim, agree, argued, eq, every, exact, shown, witness
from perturbtheory.perturbations import Gumbel
from perturbtheory.potential import expected_max
from perturbtheory.routes import rational

_UNIFORM = table_cells.Row("smooth bounded", table_cells.ARGMAX)
_SIXTEENTHS = [Fraction(k, 16) for k in range(-16, 17)]
_FORTIETHS = [Fraction(k, 40) for k in range(41)]
one_property = Claim(
    "A.complete-minimal-identifiable",
    "A, section 1, 3.1, 3.3 (I-III), 5.2, 9.4, Table 1",
    r"""Identifiable is one property: complete and minimal, so that every $p \in \Delta$ has exactly
    one $\theta \in \Theta$ with $p_\theta = p$ (3.1, introduction); absent exactly where the
    subdifferential is not single-valued, $\partial f(\theta) = \{\nabla f(\theta)\}$ for every
    $\theta \in \Theta$ (3.3 I, 5.2, 9.4: "equivalently"); a column of Table 1.""",
    assumes=r"""$p_\theta = p$ is read as $p \in \partial f(\theta)$, and $\theta$ up to
    translation, where the paper does so. Two of the six cells of the column are blank in the text
    extraction and read as merged with the one between them (see A.table-1). Read as one-to-one (3.3
    III, where that is called minimal), or as complete and minimal for $p > 0$ only, all cells are
    right, and the column repeats that of minimality.""",
    depends_on=("A.uniform-not-minimal", "A.discrete-not-identifiable"),
)
three_properties = one_property.corrected(
    r"""Single-valued, complete and one-to-one up to translation are three properties, and no two of
    them imply the third: (I) $|\partial f(\theta)| = 1$ for $\theta\in\Theta$; (II) $\Delta
    \subseteq \bigcup_{\theta\in\Theta} \partial f(\theta)$; (III) $\partial f(\theta) \cap \partial
    f(\tau) = \emptyset$ for $\theta, \tau \in \Theta$, $\theta - \tau \notin \mathbb R\mathbf 1$.
    Every $p$ has exactly one $\theta$, up to translation, exactly if the map is complete and
    one-to-one, whether it is single-valued or not.""",
    source="corrects A, 3.1, 3.3, 5.2, Table 1",
    assumes=r"""$p_\theta = p$ means $p \in \partial f(\theta)$. (II) with all of the simplex, as in
    3.1; with $p > 0$ only, one-to-one and single-valued still do not make complete.""",
    depends_on=(
        "A.max-differentiable",
        "A.gumbel-argmax-is-softmax",
        "C.bounded-closed-simplex",
    ),
)


def _one_atom(t: Fraction) -> tuple[Fraction, Fraction]:
    """Ends of p_1 at theta = (t, 0), |t| <= 1: gamma_1 = 0; gamma_2 = 0 or uniform on [-1, 1]."""
    uniform = (1 + t) / 2
    low, high = (uniform + int(t > 0)) / 2, (uniform + int(t >= 0)) / 2
    return low, high


def _one_atom_slopes(t: Fraction) -> tuple[Fraction, Fraction]:
    """Left and right slope of f(t, 0) = E max(t, gamma_2), exact for its quadratic pieces."""

    def f(x: Fraction) -> Fraction:
        # max(x, 0) and the integral of max(x, u)/2 over u, each with probability 1/2.
        return (max(x, Fraction(0)) + x * (1 + x) / 2 + (1 - x**2) / 4) / 2

    h = Fraction(1, 64)
    left, right = ((4 * f(t + s) - f(t + 2 * s) - 3 * f(t)) / (2 * s) for s in (-h, h))
    return left, right


def _has_one_parameter(p: Fraction) -> bool:
    """Whether exactly one t of a grid that holds the solution has p in [low, high]."""
    grid = {*_SIXTEENTHS, 4 * p - 1, 4 * p - 3}
    holders = [t for t in grid if abs(t) <= 1 and _one_atom(t)[0] <= p <= _one_atom(t)[1]]
    return len(holders) == 1


def _slopes_tile() -> bool:
    ends = [_one_atom_slopes(t) for t in _SIXTEENTHS if abs(t) < 1]
    increasing = all(a[1] < b[0] for a, b in pairwise(ends))
    first, last = _one_atom_slopes(Fraction(-1))[1], _one_atom_slopes(Fraction(1))[0]
    return increasing and (first, last) == (0, 1) and all(a <= b for a, b in ends)


@functools.cache
def _pieces() -> list[sp.Expr]:
    """f(t, 0) under uniform noise: left of -2, up to 0, up to 2, and right of it."""
    lows = (-4, -2, 0, 2)
    return [true_potential(Fraction(low)).subs({ONE: T, TWO: 0}) for low in lows]


def _smooth_joints() -> bool:
    """Whether f, f' and f'' of neighbouring pieces agree at -2, 0 and 2."""
    return not any(
        sp.diff(after - before, T, order).subs(T, joint)
        for (before, after), joint in zip(pairwise(_pieces()), (-2, 0, 2), strict=True)
        for order in range(3)
    )


@one_property.part("single-valued (3.3 I) makes identifiable in the sense of 3.1")
def single_valued_is_enough():
    single = table_cells.exactly(_UNIFORM)["single-valued"]
    pair = [rational.uniform([t, 0]).probabilities for t in (3, 4)]
    cases = rf"""$f$ has one slope at every $\theta$; $(3, 0)$ and $(4, 0)$ share $p =
        ({pair[0][0]}, {pair[0][1]})$"""
    shared = single == "holds" and pair[0] == pair[1]
    yield exact("rational, uniform noise", not shared, cases=cases)
    flat = _smooth_joints() and sp.diff(_pieces()[3], T) == 1
    cases = "$f$, $f'$, $f''$ of the pieces agree where they meet, and $f$ is linear beyond $2$"
    yield exact("sympy, pieces of f", not flat, cases=cases)
    yield witness(
        d=2,
        gamma="uniform on $[-1, 1]$",
        **{"single-valued": single, r"$\theta$": [3, 0], r"$\tau$": [4, 0], "$p$ of both": pair[0]},
    )


@one_property.part("multi-valued makes not identifiable in the sense of 3.1 (5.2, 9.4)")
def multi_valued_is_enough():
    low, high = _one_atom(Fraction(0))
    found = low < high and all(_has_one_parameter(p) for p in _FORTIETHS)
    cases = rf"""$p_1$ takes $[{low}, {high}]$ at $\theta = (0, 0)$, and each of {len(_FORTIETHS)}
        $p$ from $(0, 1)$ to $(1, 0)$ has one $\theta$"""
    yield exact("rational, one p per parameter", not found, cases=cases)
    left, right = _one_atom_slopes(Fraction(0))
    cases = r"""left and right slopes at $t = -1, -15/16, \dots, 1$ are intervals in increasing
        order without overlap, from 0 to 1"""
    yield exact("rational, slopes of f", not (left < right and _slopes_tile()), cases=cases)
    yield witness(
        d=2,
        gamma_1="0",
        gamma_2=r"$0$ with probability $\frac12$, else uniform on $[-1, 1]$",
        Theta=r"$\{(t, 0) : |t| \le 1\}$, complete and minimal",
        **{"$p_1$ at $(0, 0)$": [str(low), str(high)]},
    )


def column(reading, budget):
    """Table 1's column of identifiability in one reading."""
    rows = table_cells.ROWS
    routes = {
        "property checkers": {row: table_cells.by_checkers(row, budget) for row in rows},
        "exact, d = 2": {row: table_cells.exactly(row) for row in rows},
    }
    wrong: list[table_cells.Row] = []
    for route, found in routes.items():
        right = every([table_cells.agrees(found[row][reading], row.printed[1]) for row in rows])
        wrong = table_cells.differing(found, reading)
        names = "; ".join(f"{row.model}, {row.group}" for row in wrong)
        cases = f"{len(rows)} cells" + (f"; not as printed: {names}" if wrong else "")
        yield exact(route, right, cases=cases)
    if wrong:
        yield witness(
            cell=f"{wrong[0].model}, {wrong[0].group}",
            printed=wrong[0].printed[1],
            recomputed={"yes": "no", "no": "yes"}[wrong[0].printed[1]],
            **{"all that differ": "; ".join(f"{row.model}, {row.group}" for row in wrong)},
        )


for key, meaning in table_cells.READINGS.items():
    one_property.part(f"Table 1, Identifiability, read as {meaning}", reading=key)(column)


@three_properties.part(
    r"single-valued and complete, not one-to-one: uniform noise, $\Theta = \mathbb R^2$"
)
def not_one_to_one():
    pieces = _pieces()
    cell = table_cells.exactly(_UNIFORM)
    p = [rational.uniform([Fraction(k, 4), 0]).probabilities[0] for k in range(-12, 13)]
    yield exact(
        "sympy, pieces of f",
        shown(
            "$f$, $f'$ and $f''$ of neighbouring pieces agree at $t = -2$, $0$ and $2$: one slope "
            "everywhere",
            _smooth_joints(),
        ),
        eq(sp.Subs(sp.Derivative(pieces[1], T), T, -2), 0, "$p_1 = f'$ at $t = -2$"),
        eq(sp.Subs(sp.Derivative(pieces[2], T), T, 2), 1, "$p_1$ at $t = 2$"),
        argued("every $p_1$ from 0 to 1 is taken between", "intermediate value theorem"),
        eq(sp.Derivative(pieces[3], T), 1, "$p_1$ beyond $2$, the same for all $t$"),
    )
    found = tuple(cell[c] for c in ("single-valued", "closed simplex", "one-to-one"))
    right = found == ("holds", "holds", "fails") and (p[0], p[-2], p[-1]) == (0, 1, 1)
    yield exact("rational", right, cases="slopes of $f$ and values of $p_1$ on a grid")


@three_properties.part(
    r"complete and one-to-one, not single-valued: one atom, $|\theta_1 - \theta_2| \le 1$"
)
def not_single_valued():
    t, p = sp.symbols("t p_1", real=True)
    left, right = (1 + t) / 4, (3 + t) / 4
    yield exact(
        "definition of p_1",
        argued(r"""$p_1$ runs from $P(\gamma_2 < t)$ to $P(\gamma_2 \le t)$, and $\gamma_2$ is $0$
            or uniform on $[-1, 1]$, each with probability $\frac12$ [$\gamma_1 = 0$;
            A.max-potential-gradient.corrected]"""),
        eq(sp.Integral(sp.Rational(1, 4), (T, -1, t)), left, r"$p_1$ for $t < 0$"),
        eq(sp.Rational(1, 2) + sp.Integral(sp.Rational(1, 4), (T, -1, t)), right, "for $t > 0$"),
        eq(sp.Subs(left, t, 4 * p - 1), p, r"one $t \in [-1, 0)$ for every $p_1 \in [0, \frac14)$"),
        eq(sp.Subs(right, t, 4 * p - 3), p, r"one $t \in (0, 1]$ for every $p_1 \in (\frac34, 1]$"),
        argued(r"""$p_1 \in [\frac14, \frac34]$ is left to $t = 0$, and all of it is there
            [limits]"""),
    )
    ends = [_one_atom(x) for x in _SIXTEENTHS]
    jumps = [x for x, (low, high) in zip(_SIXTEENTHS, ends, strict=True) if low < high]
    one_each = all(a[1] < b[0] for a, b in pairwise(ends)) and jumps == [0]
    right = one_each and all(_has_one_parameter(x) for x in _FORTIETHS)
    yield exact("rational, tie probabilities", right, cases="33 parameters and 41 $p$")
    yield exact("rational, slopes of f", _slopes_tile(), cases="left and right slopes of $f$ there")


@three_properties.part(
    r"single-valued and one-to-one, not complete: Gumbel noise, $|\theta_1 - \theta_2| \le 1$"
)
def not_complete():
    t = sp.Symbol("t", real=True)
    odds = sp.exp(t) / (1 + sp.exp(t))
    yield exact(
        "sympy, Gumbel noise",
        argued(r"$p_1 = e^t/(1 + e^t)$ at $t = \theta_1 - \theta_2$", "A.gumbel-argmax-is-softmax"),
        eq(sp.Derivative(odds, t), sp.exp(t) / (1 + sp.exp(t)) ** 2, "positive: one-to-one"),
        eq(sp.Subs(1 - odds, t, 1), 1 / (1 + sp.E), r"positive: $p_1 < 1$ for all $t \le 1$"),
    )
    # A scale per coordinate keeps the engine from using the closed form.
    points = np.array([[x, 0.0] for x in np.linspace(-1, 1, 5)])
    found = entry(engine(expected_max(Gumbel(np.ones(2))), points, "probabilities"), np.s_[:, 0])
    yield agree("engine", found, 1 / (1 + np.exp(-points[:, 0])), "$p_1$ at five $t$")
    # e = sum 1/k! is less than the sum to 6 plus 2/7!, which is less than 3.
    terms = [Fraction(1, int(sp.factorial(k))) for k in range(8)]
    cases = "$p_1 = 3/4$ asks for odds $e^t = 3 > e$, and $p_1$ grows with the odds"
    yield exact("rational odds", sum(terms[:7]) + 2 * terms[7] < 3, cases=cases)


@three_properties.part("every $p$ has one $\\theta$ up to translation: complete and one-to-one")
def bijection():
    least, most = sp.Interval(1, sp.oo), sp.Interval(-sp.oo, 1)
    yield exact(
        "definition",
        argued(r"""let $n(p)$ count the cosets $\theta + \mathbb R\mathbf 1$ in $\Theta$ with $p \in
            \partial f(\theta)$: complete says $n \ge 1$, one-to-one $n \le 1$ for every $p$
            [definitions]"""),
        shown(r"$n \ge 1$ and $n \le 1$ exactly if $n = 1$", least & most == sp.FiniteSet(1)),
    )
    # Three parameters, each with a set of subgradients among three p.
    sets = [{i for i in range(3) if bits >> i & 1} for bits in range(1, 8)]
    families, good = list(product(sets, repeat=3)), True
    for family in families:
        unique = all(sum(p in s for s in family) == 1 for p in range(3))
        disjoint = all(not one & two for one, two in combinations(family, 2))
        good &= unique == (set().union(*family) == {0, 1, 2} and disjoint)
    cases = f"{len(families)} maps of three parameters to sets of three $p$"
    yield exact("all finite maps", good, cases=cases)
