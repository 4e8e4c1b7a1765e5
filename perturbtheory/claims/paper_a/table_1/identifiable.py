"""The senses in which the paper says identifiable, and the cells of Table 1 that each gives."""

from fractions import Fraction
from itertools import pairwise

import sympy as sp

from perturbtheory.claims.exhibits.table_cells import (
    ARGMAX,
    READINGS,
    ROWS,
    Row,
    agrees,
    by_checkers,
    differing,
    exactly,
)
from perturbtheory.claims.exhibits.uniform_pieces import ONE, TWO, T, true_potential
from perturbtheory.claims.legacy import argued, claim, exact, proof, shown
from perturbtheory.ledger import Budget, Check, Outcome, Part
from perturbtheory.routes import rational
from perturbtheory.routes.symbolic import identity

_UNIFORM = Row("smooth bounded", ARGMAX)
_SIXTEENTHS = [Fraction(k, 16) for k in range(-16, 17)]


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


def _column(reading: str, budget: Budget) -> Part:
    """Table 1's column of identifiability in one reading."""
    routes = {
        "property checkers": {row: by_checkers(row, budget) for row in ROWS},
        "exact, d = 2": {row: exactly(row) for row in ROWS},
    }
    checks: list[Check] = []
    wrong: list[Row] = []
    for route, found in routes.items():
        verdicts = {row: agrees(found[row][reading], str(row.printed[1])) for row in ROWS}
        wrong = differing(found, reading)
        order: tuple[Outcome, ...] = ("fails", "unknown", "holds")
        outcome = order[min(order.index(v) for v in verdicts.values())]
        names = ", ".join(f"{row.model}, {row.group}" for row in wrong)
        detail = f"{len(ROWS)} legible cells" + (f"; not as printed: {names}" if wrong else "")
        checks.append(exact(route, outcome, detail, universal=False))
    counterexample = (
        None
        if not wrong
        else {
            "cell": f"{wrong[0].model}, {wrong[0].group}",
            "printed": str(wrong[0].printed[1]),
            "recomputed": {"yes": "no", "no": "yes"}[str(wrong[0].printed[1])],
            "all that differ": "; ".join(f"{row.model}, {row.group}" for row in wrong),
        }
    )
    return Part(
        f"Table 1, Identifiability, read as {READINGS[reading]}",
        tuple(checks),
        counterexample,
    )


@claim(
    "A.complete-minimal-identifiable",
    corrected="A.complete-minimal-identifiable.corrected",
    depends_on=("A.uniform-not-minimal", "A.discrete-not-identifiable"),
)
def complete_minimal_identifiable(budget: Budget) -> list[Part]:
    r"""Statement: Identifiable is one property: complete and minimal, so that every p has one theta
    (3.1, introduction); absent exactly where the subdifferential is not single-valued (3.3 I, 5.2,
    9.4: "equivalently"); a column of Table 1.

    LaTeX: $\Theta$ identifiable iff every $p \in \Delta$ has exactly one $\theta \in \Theta$ with
    $p_\theta = p$, iff $\partial f(\theta) = \{\nabla f(\theta)\}$ for every $\theta \in \Theta$

    Source: A, section 1, 3.1, 3.3 (I-III), 5.2, 9.4, Table 1

    Assumptions: p_theta = p is read as p in the subdifferential, and theta up to translation, where
    the paper does so. Two of the six cells of the column are lost in the text extraction and not
    judged. Read as one-to-one (3.3 III, where that is called minimal), or as complete and minimal
    for p > 0 only, all legible cells are right, and the column repeats that of minimality.

    Computed: uniform noise, and noise with one atom, exactly; every legible cell in every reading
    by the property checkers and by exact values of p_1 at d = 2.
    """
    cell = exactly(_UNIFORM)
    pair = [rational.uniform([t, 0]).probabilities for t in (3, 4)]
    values = [true_potential(Fraction(low)).subs({ONE: T, TWO: 0}) for low in (0, 2)]
    at_zero = _one_atom(Fraction(0))
    targets = [Fraction(k, 40) for k in range(41)]
    return [
        Part(
            "single-valued (3.3 I) makes identifiable in the sense of 3.1",
            (
                exact(
                    "rational, uniform noise",
                    cell["single-valued"] != "holds" or pair[0] != pair[1],
                    f"f has one slope at every theta; (3, 0) and (4, 0) share p = "
                    f"({pair[0][0]}, {pair[0][1]})",
                ),
                exact(
                    "sympy, pieces of f",
                    any(sp.diff(values[0] - values[1], T, k).subs(T, 2) != 0 for k in range(3))
                    or identity(sp.diff(values[1], T, 2)) == "fails",
                    "f, f', f'' of the pieces agree where they meet, and f is linear beyond 2",
                ),
            ),
            {
                "d": 2,
                "gamma": "uniform on [-1, 1]",
                "single-valued": cell["single-valued"],
                "theta": [3, 0],
                "tau": [4, 0],
                "p of both": [str(q) for q in pair[0]],
            },
        ),
        Part(
            "multi-valued makes not identifiable in the sense of 3.1 (5.2, 9.4)",
            (
                exact(
                    "rational, one p a parameter",
                    at_zero[0] == at_zero[1] or not all(_has_one_parameter(p) for p in targets),
                    f"p_1 takes [{at_zero[0]}, {at_zero[1]}] at theta = (0, 0), and each of "
                    f"{len(targets)} p from (0, 1) to (1, 0) has one theta",
                ),
                exact(
                    "rational, slopes of f",
                    _one_atom_slopes(Fraction(0))[0] == _one_atom_slopes(Fraction(0))[1]
                    or not _slopes_tile(),
                    "left and right slopes at t = -1, -15/16, ..., 1 are intervals in increasing "
                    "order without overlap, from 0 to 1",
                ),
            ),
            {
                "d": 2,
                "gamma_1": "0",
                "gamma_2": "0 with probability 1/2, else uniform on [-1, 1]",
                "Theta": "{(t, 0): |t| <= 1}, complete and minimal",
                "p_1 at (0, 0)": [str(q) for q in at_zero],
            },
        ),
        *(_column(reading, budget) for reading in READINGS),
    ]


def _slopes_tile() -> bool:
    ends = [_one_atom_slopes(t) for t in _SIXTEENTHS if abs(t) < 1]
    increasing = all(a[1] < b[0] for a, b in pairwise(ends))
    first, last = _one_atom_slopes(Fraction(-1))[1], _one_atom_slopes(Fraction(1))[0]
    return increasing and (first, last) == (0, 1) and all(a <= b for a, b in ends)


@claim(
    "A.complete-minimal-identifiable.corrected",
    depends_on=("A.max-differentiable", "C.bounded-closed-simplex"),
)
def complete_minimal_identifiable_corrected(_: Budget) -> list[Part]:
    r"""Statement: Single-valued, complete and one-to-one up to translation are three properties,
    and no two of them imply the third. Every p has exactly one theta, up to translation, exactly
    if the map is complete and one-to-one, whether it is single-valued or not.

    LaTeX: (I) $|\partial f(\theta)| = 1$ for $\theta\in\Theta$; (II) $\Delta \subseteq
    \bigcup_{\theta\in\Theta} \partial f(\theta)$; (III) $\partial f(\theta) \cap \partial f(\tau)
    = \emptyset$ for $\theta, \tau \in \Theta$, $\theta - \tau \notin \mathbb R\mathbf 1$: no two
    imply the third

    Source: corrects A, 3.1, 3.3, 5.2, Table 1

    Assumptions: p_theta = p means p in the subdifferential. (II) with all of the simplex, as in
    3.1; with p > 0 only, one-to-one and single-valued still do not make complete.

    Computed: three perturbations exactly, each by two ways; the last sentence by its definition.
    """
    uniform = [rational.uniform([Fraction(k, 4), 0]).probabilities[0] for k in range(-12, 13)]
    cell = exactly(_UNIFORM)
    t = sp.Symbol("t", real=True)
    odds = sp.exp(t) / (1 + sp.exp(t))
    slope, top = sp.factor(sp.diff(odds, t)), odds.subs(t, 1)
    atom = [_one_atom(x) for x in _SIXTEENTHS]
    return [
        Part(
            "single-valued and complete, not one-to-one: uniform noise, Theta = R^2",
            (
                exact(
                    "sympy, pieces of f",
                    _uniform_pieces(),
                    "f is twice differentiable at its joints, p_1 runs from 0 to 1 on [-2, 2], and "
                    "is 1 beyond",
                ),
                exact(
                    "rational",
                    (cell["single-valued"], cell["closed simplex"], cell["one-to-one"])
                    == ("holds", "holds", "fails")
                    and (uniform[0], uniform[-1]) == (0, 1)
                    and uniform[-1] == uniform[-2],
                    "slopes of f and values of p_1 on a grid",
                ),
            ),
        ),
        Part(
            "complete and one-to-one, not single-valued: one atom, |theta_1 - theta_2| <= 1",
            (
                exact(
                    "rational, tie probabilities",
                    atom[0][0] == 0
                    and atom[-1][1] == 1
                    and all(low <= high for low, high in atom)
                    and all(a[1] < b[0] for a, b in pairwise(atom))
                    and all(_has_one_parameter(Fraction(k, 40)) for k in range(41))
                    and [x for x, (low, high) in zip(_SIXTEENTHS, atom, strict=True) if low < high]
                    == [0],
                    "p_1 = (1 + t)/4 for t < 0, [1/4, 3/4] at t = 0, (3 + t)/4 for t > 0",
                ),
                exact("rational, slopes of f", _slopes_tile(), "left and right slopes of f"),
            ),
        ),
        Part(
            "single-valued and one-to-one, not complete: Gumbel noise, |theta_1 - theta_2| <= 1",
            (
                exact(
                    "sympy, Gumbel noise",
                    bool(slope.is_positive) and bool(sp.factor(1 - top).is_positive),
                    f"p_1 = e^t/(1 + e^t) has a positive derivative and stays below {top} for t <= "
                    "1",
                ),
                exact(
                    "rational odds",
                    _missed(Fraction(3)),
                    "p_1 = 3/4 asks for odds e^t = 3 > e, and p_1 grows with the odds",
                ),
            ),
        ),
        Part(
            "every p has one theta up to translation: complete and one-to-one",
            (_bijection(), _all_maps()),
        ),
    ]


def _uniform_pieces() -> bool:
    pieces = [true_potential(Fraction(low)).subs({ONE: T, TWO: 0}) for low in (-4, -2, 0, 2)]
    joints = list(zip(pairwise(pieces), (-2, 0, 2), strict=True))
    smooth = all(
        sp.diff(after - before, T, k).subs(T, joint) == 0
        for (before, after), joint in joints
        for k in range(3)
    )
    share = [sp.diff(piece, T) for piece in pieces]
    ends = share[1].subs(T, -2) == 0 and share[2].subs(T, 2) == 1
    return smooth and ends and identity(share[3] - 1) == "holds"


def _missed(odds: Fraction) -> bool:
    """Whether odds > e, by e = sum 1/k! < sum to 6 plus 2/7!: then p_1 is out of reach."""
    factorials = [Fraction(1, int(sp.factorial(k))) for k in range(8)]
    return odds > sum(factorials[:7]) + 2 * factorials[7]


def _bijection() -> Check:
    count = sp.Symbol("n", integer=True, nonnegative=True)
    both = [sp.Ge(count, 1), sp.Le(count, 1)]
    return proof(
        "definition",
        "the number of cosets that have p among their subgradients",
        argued(
            r"let $n(p)$ count the cosets $\theta + \mathbb R\mathbf 1$ in $\Theta$ with $p \in "
            r"\partial f(\theta)$: complete says $n \ge 1$, one-to-one $n \le 1$ for every $p$",
            "definitions",
        ),
        shown(
            r"$n \ge 1$ and $n \le 1$ exactly if $n = 1$",
            [k for k in range(5) if all(bool(c.subs(count, k)) for c in both)] == [1],
        ),
    )


def _all_maps() -> Check:
    """Three parameters, each with a set of subgradients among three p: all 7^3 maps."""
    sets = [{i for i in range(3) if bits >> i & 1} for bits in range(1, 8)]
    good = True
    for one in sets:
        for two in sets:
            for three in sets:
                family = (one, two, three)
                complete = one | two | three == {0, 1, 2}
                disjoint = sum(map(len, family)) == len(one | two | three)
                unique = all(sum(p in s for s in family) == 1 for p in range(3))
                good &= unique == (complete and disjoint)
    return exact("all finite maps", good, "343 maps of three parameters to sets of three p")
