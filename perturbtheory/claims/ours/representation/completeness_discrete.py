"""Completeness of Perturb-Argmax under discrete noise: a finite set of parameters can do."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import product

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits.cosets import V, expanded_sum
from perturbtheory.claims.legacy import agree, argued, claim, exact, proof, shown
from perturbtheory.claims.ours.representation.completeness_argmax import COIN, coin_intervals
from perturbtheory.ledger import Budget, Check, Part
from perturbtheory.perturbations import Discrete
from perturbtheory.potential import Potential, Subdifferential, expected_max
from perturbtheory.properties import reach, whole_space
from perturbtheory.routes import rational
from perturbtheory.routes.symbolic import categories, identity


@claim("C.completeness-discrete", depends_on=("C.completeness-argmax",))
def completeness_discrete(_: Budget) -> list[Part]:
    r"""Statement: If gamma has finitely many values, f is polyhedral, and Theta is complete for
    Perturb-Argmax exactly if it meets the coset of every vertex of the subdivision of R^d/R1 into
    pieces on which f is affine. A finite Theta can be complete: for coins gamma_i = -1 or 1 three
    points do for d = 2, seven for d = 3.

    LaTeX: $\Theta$ complete $\iff$ every $\theta$ with $\dim\partial f(\theta) = d-1$ is in
    $\Theta+\mathbb R\mathbf 1$; coins: $\theta \in \{0, \pm2e_i\}$

    Source: this package

    Assumptions: any joint law with finitely many values. Complete in the set-valued sense, p in the
    subdifferential at theta.

    Computed: the proof for any d; areas of subdifferentials in exact rationals; a cutting-plane
    method that finds a parameter for given p.
    """
    coins = [(Fraction(0),) * 3, *(_unit(i, size) for i in range(3) for size in (-2, 2))]
    cells = {theta: rational.discrete(theta, COIN) for theta in coins}
    inner = {theta: _middle(theta) for theta in coins}
    holders = [[t for t in coins if _between(cells[t], inner[theta])] for theta in coins]
    return [
        Part(
            "complete exactly if every vertex is met",
            (
                _vertices_decide(),
                _tiles(3, (0, 1, 3), (2, 1, 1)),
                _tiles(2, (0, 1, 3), (2, 1, 1)),
            ),
        ),
        Part(
            "coins, d = 2: the three points theta_1 - theta_2 = -2, 0, 2",
            (coin_intervals(), _tiles(2, (-1, 1), (1, 1), count=3)),
        ),
        Part(
            "coins, d = 3: the seven points 0, -2 e_i and 2 e_i",
            (_tiles(3, (-1, 1), (1, 1), count=7), _cutting_planes(coins)),
        ),
        Part(
            "none of the seven can be left out",
            (
                exact(
                    "polytopes",
                    all(
                        _cell(theta).contains(list(inner[theta]))
                        and not any(
                            _cell(t).contains(list(inner[theta])) for t in coins if t != theta
                        )
                        for theta in coins
                    ),
                    "the middle of every subdifferential is in no other, in rationals",
                ),
                exact(
                    "rational, by enumeration",
                    holders == [[theta] for theta in coins],
                    "d = 3: p is a subgradient if P(i alone wins) <= p_i <= P(i is a maximiser)",
                ),
            ),
        ),
    ]


def _unit(index: int, size: int) -> tuple[Fraction, ...]:
    return tuple(Fraction(size * (i == index)) for i in range(3))


def _potential(atoms: Sequence[int], weights: Sequence[int]) -> Potential:
    share = np.array(weights, float) / sum(weights)
    return expected_max(Discrete(np.array(atoms, float), np.asarray(share)))


def _cell(theta: Sequence[Fraction]) -> Subdifferential:
    return _potential((-1, 1), (1, 1)).subdifferential(np.array(theta, object))


def _middle(theta: Sequence[Fraction]) -> tuple[Fraction, ...]:
    corners = _cell(theta).vertices()
    return tuple(sum(column, Fraction(0)) / len(corners) for column in corners.T)


def _between(at: rational.DiscreteAnswer, p: Sequence[Fraction]) -> bool:
    return all(low <= x <= high for low, x, high in zip(at.only, p, at.some, strict=True))


def _tiles(d: int, atoms: Sequence[int], weights: Sequence[int], count: int | None = None) -> Check:
    """The subdifferentials at all vertices have together the area of the simplex."""
    f = _potential(atoms, weights)
    steps = {a - b for a, b in product(atoms, repeat=2)}
    far = steps if d == 2 else {a + b for a, b in product(steps, repeat=2)}
    cells = [
        f.subdifferential(np.array([Fraction(0), *map(Fraction, rest)]))
        for rest in product(sorted(far), repeat=d - 1)
    ]
    full = [cell for cell in cells if cell.dimension == d - 1]
    area = sum((_area(cell.vertices()) for cell in full), Fraction(0))
    detail = (
        f"atoms {atoms} with weights {weights}, d = {d}: {len(full)} vertices theta, whose "
        f"subdifferentials have {area} of the area of the simplex"
    )
    right = area == 1 and len(full) == (count or len(full))
    return exact(f"polytopes, d = {d}", right, detail, universal=count is not None)


def _area(corners: np.ndarray) -> Fraction:
    """Length or area of a convex polytope of probability vectors, in units of the simplex."""
    if corners.shape[1] == 2:
        return max(corners[:, 0]) - min(corners[:, 0])
    plane = corners[:, :2]
    centre = plane.astype(float).mean(0)
    x, y = (plane.astype(float) - centre).T
    ring = plane[np.argsort(np.arctan2(y, x))]
    after = np.roll(ring, -1, 0)
    return abs(sum(ring[:, 0] * after[:, 1] - ring[:, 1] * after[:, 0], Fraction(0)))


def _cutting_planes(coins: Sequence[Sequence[Fraction]]) -> Check:
    f = _potential((-1, 1), (1, 1))
    targets = np.random.default_rng(3).dirichlet(np.ones(3), 24)
    found = [reach(f, whole_space(3), p) for p in targets]
    spread = [min(np.ptp(theta - np.array(t, float)) for t in coins) for theta in found]
    what = "distance of theta(p) from the nearest of the seven cosets, 24 random p"
    return agree("cutting planes", "quadrature", np.array(spread), np.zeros(24), what)


def _vertices_decide() -> Check:
    s, mean = categories(), sp.Symbol("m", real=True)
    product_ = expanded_sum(s, (V[s.j] - mean) * V[s.j])
    square = expanded_sum(s, (V[s.j] - mean) ** 2)
    # sum_j 1 = d, and m is the mean.
    count = s.sum(sp.Integer(1))
    difference = (square - product_).subs(mean, s.sum(V[s.j]) / s.d).subs(count, s.d)
    return proof(
        "polyhedral convexity",
        "any d, any finite law",
        argued(
            r"$S(p) = \{\theta : p \in \partial f(\theta)\}$ minimises $f-\langle p,\cdot\rangle$; "
            r"on $\sum\theta = 0$ it is a bounded polytope, not empty, for $p > 0$",
            "C.completeness-argmax; Rockafellar, Theorem 27.1(d)",
        ),
        argued(
            r"an extreme point of $S(p)$ is one of the epigraph of $f$, a vertex of the "
            r"subdivision: if all vertices are met, $p$ is reached",
            "S(p) is the projection of an exposed face; Rockafellar, section 18",
        ),
        argued(
            r"let $\theta$ be a vertex, $\dim\partial f(\theta) = d-1$, $p$ inside $\partial "
            r"f(\theta)$, so $p > 0$; if $p \in \partial f(\theta+v)$ too, then $f(\theta+v) = "
            r"f(\theta)+\langle p,v\rangle$, though $q = p+\varepsilon w \in \partial f(\theta)$ "
            r"asks for $\varepsilon\langle w,v\rangle$ more, with $w = v-m\mathbf 1$, $m$ the mean "
            r"of $v$",
            "p is inside, and sum w = 0",
        ),
        shown(r"$\langle w,v\rangle = \sum_j(v_j-m)^2$", identity(difference)),
        argued(
            r"so $v = m\mathbf 1$: no other coset reaches $p$, and a complete set meets this one",
            "a sum of squares is zero only if every term is",
        ),
    )
