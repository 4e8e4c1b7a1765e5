"""Completeness of Perturb-Argmax under discrete noise: a finite set of parameters can do."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import product

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits.cosets import V
from perturbtheory.claims.ours.representation.completeness_argmax import COIN, coin_intervals
from perturbtheory.ledger import Check, Claim, agree, argued, eq, exact, shown
from perturbtheory.perturbations import Discrete
from perturbtheory.potential import Potential, Subdifferential, expected_max
from perturbtheory.properties import reach, whole_space
from perturbtheory.routes import rational
from perturbtheory.routes.symbolic import categories

Vector = tuple[Fraction, ...]

completeness_discrete = Claim(
    "C.completeness-discrete",
    "this package",
    r"""If $\gamma$ has finitely many values, $f$ is polyhedral, and $\Theta$ is complete for
    Perturb-Argmax exactly if it meets the coset of every vertex of the subdivision of $\mathbb
    R^d/\mathbb R\mathbf 1$ into pieces on which $f$ is affine: every $\theta$ with $\dim\partial
    f(\theta) = d-1$ is in $\Theta+\mathbb R\mathbf 1$. A finite $\Theta$ can be complete: for coins
    $\gamma_i = -1$ or $1$ the points $\theta \in \{0, \pm2e_i\}$ do, three for $d = 2$, where
    $2e_1$ and $-2e_2$ are of one coset, and seven for $d = 3$.""",
    assumes=r"""Any joint law with finitely many values. Complete in the set-valued sense, $p$ in
    the subdifferential at $\theta$.""",
    depends_on=("C.completeness-argmax",),
)


@completeness_discrete.part("complete exactly if every vertex is met")
def vertices_decide():
    s, mean = categories(), sp.Symbol("m", real=True)
    square = s.sum((V[s.j] - mean) ** 2)
    rest = mean * (s.sum(V[s.j]) - s.d * mean)
    yield exact(
        "polyhedral convexity",
        argued(r"""$S(p) = \{\theta : p \in \partial f(\theta)\}$ minimises $f-\langle
            p,\cdot\rangle$; on $\sum\theta = 0$ it is a bounded polytope, not empty, for $p > 0$
            [C.completeness-argmax; Rockafellar, Theorem 27.1(d)]"""),
        argued("""an extreme point of $S(p)$ is one of the epigraph of $f$, a vertex of the
            subdivision: if all vertices are met, $p$ is reached [$S(p)$ is the projection of an
            exposed face; Rockafellar, section 18]"""),
        argued(r"""let $\theta$ be a vertex, $\dim\partial f(\theta) = d-1$, $p$ inside $\partial
            f(\theta)$, so $p > 0$; if $p \in \partial f(\theta+v)$ too, then $f(\theta+v) =
            f(\theta)+\langle p,v\rangle$, though $q = p+\varepsilon w \in \partial f(\theta)$ asks
            for $\varepsilon\langle w,v\rangle$ more, with $w = v-m\mathbf 1$, $m$ the mean of $v$
            [$p$ is inside, and $\sum w = 0$]"""),
        eq(s.sum((V[s.j] - mean) * V[s.j]), square + rest),
        r"$\langle w,v\rangle$; the sum of $v$ is $d\,m$, $d = i+m$ in sympy's symbols",
        argued(r"""so $v = m\mathbf 1$: no other coset reaches $p$, and a complete set meets this
            one [a sum of squares is zero only if every term is]"""),
    )
    yield _tiles(3, (0, 1, 3), (2, 1, 1))
    yield _tiles(2, (0, 1, 3), (2, 1, 1))


@completeness_discrete.part(r"coins, $d = 2$: the three points $\theta_1-\theta_2 = -2, 0, 2$")
def three_points():
    yield coin_intervals()
    yield _tiles(2, (-1, 1), (1, 1), count=3)


@completeness_discrete.part("coins, $d = 3$: the seven points $0$, $-2e_i$ and $2e_i$")
def seven_points():
    spread = [min(_apart(p)) for p in np.random.default_rng(3).dirichlet(np.ones(3), 24)]
    what = r"distance of $\theta(p)$ from the nearest of the seven cosets, 24 random $p$"
    yield _tiles(3, (-1, 1), (1, 1), count=7)
    yield agree("cutting planes", spread, np.zeros(24), what, floor=1.0)


@completeness_discrete.part("none of the seven can be left out")
def none_left_out():
    coins = _coins()
    inner = {theta: _middle(theta) for theta in coins}
    cells = {theta: rational.discrete(theta, COIN) for theta in coins}
    engine = [[t for t in coins if _cell(t).contains(list(inner[theta]))] for theta in coins]
    listed = [[t for t in coins if _between(cells[t], inner[theta])] for theta in coins]
    alone = [[theta] for theta in coins]
    middle = "coins, $d = 3$: the middle of every subdifferential is in no other"
    inequalities = r"$P(i \text{ alone wins}) \le p_i \le P(i \text{ is maximal})$"
    yield exact("polytopes", shown(middle, engine == alone, "the engine, in rationals"))
    yield exact(
        "rational, by enumeration",
        shown(f"{middle}, by {inequalities}", listed == alone, "enumeration, in rationals"),
    )
    distances = [_apart(np.array(inner[theta], float))[k] for k, theta in enumerate(coins)]
    yield agree("cutting planes", distances, np.zeros(7), "parameters found for these seven $p$")


def _apart(p: np.ndarray) -> list[float]:
    """Distances of the theta that a cutting-plane method finds for p from the seven cosets."""
    theta = reach(_potential((-1, 1), (1, 1)), whole_space(3), p)
    return [float(np.ptp(theta - np.array(t, float))) for t in _coins()]


def _coins() -> list[Vector]:
    """0, -2 e_i and 2 e_i, d = 3."""
    units = [
        tuple(Fraction(size * (i == j)) for i in range(3)) for j in range(3) for size in (-2, 2)
    ]
    return [(Fraction(0),) * 3, *units]


def _potential(atoms: Sequence[int], weights: Sequence[int]) -> Potential:
    return expected_max(Discrete(np.array(atoms, float), np.array(weights, float) / sum(weights)))


def _cell(theta: Sequence[Fraction]) -> Subdifferential:
    return _potential((-1, 1), (1, 1)).subdifferential(np.array(theta, object))


def _middle(theta: Sequence[Fraction]) -> Vector:
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
    right = area == 1 and len(full) == (count or len(full))
    says = (
        rf"atoms {atoms} with weights {weights}, $d = {d}$: {len(full)} vertices $\theta$, whose "
        f"subdifferentials have {area} of the area of the simplex"
    )
    if count is None:
        return exact(f"polytopes, d = {d}", right, cases=says)
    met = argued("""so these meet every coset of a vertex [they cover the simplex, closed as they
        are]""")
    return exact(f"polytopes, d = {d}", shown(says, right, "the engine, in rationals"), met)


def _area(corners: np.ndarray) -> Fraction:
    """Length or area of a convex polytope of probability vectors, in units of the simplex."""
    if corners.shape[1] == 2:
        return max(corners[:, 0]) - min(corners[:, 0])
    plane = corners[:, :2]
    x, y = (plane.astype(float) - plane.astype(float).mean(0)).T
    ring = plane[np.argsort(np.arctan2(y, x))]
    after = np.roll(ring, -1, 0)
    return abs(sum(ring[:, 0] * after[:, 1] - ring[:, 1] * after[:, 0], Fraction(0)))
