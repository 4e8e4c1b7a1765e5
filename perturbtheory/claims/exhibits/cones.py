"""Cones of parameters that satisfy printed hypotheses, and targets that they miss."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from perturbtheory.claims.exhibits import cosets
from perturbtheory.claims.exhibits.cosets import inner
from perturbtheory.ledger import Check, agree, exact
from perturbtheory.potential import Potential
from perturbtheory.properties import completeness, cone


class Candidate(NamedTuple):
    """A cone Theta = {sum_k y_k g_k : y >= 0} that satisfies the printed hypotheses, and a p.

    Attributes:
        set: in words.
        generators: the rows g_k.
        u: sum zero; if <u, g_k> <= 0 for all k, then <u, theta> <= 0 on Theta + R1.
        powers: p = softmax(log(2) powers) is asked for.
    """

    set: str
    generators: tuple[tuple[int, ...], ...]
    u: tuple[int, ...]
    powers: tuple[int, ...]

    @property
    def d(self) -> int:
        return len(self.u)

    @property
    def p(self) -> list[Fraction]:
        """softmax(log(2) powers)."""
        return [Fraction(2**k, sum(2**m for m in self.powers)) for k in self.powers]

    @property
    def bounded(self) -> bool:
        """Whether <u, theta> <= 0 on Theta + R1."""
        return all(inner(self.u, g) <= 0 for g in self.generators)

    @property
    def holds_the_coset(self) -> bool | None:
        """Whether log p is in Theta + R1, in integers; None if neither u nor small y decide it."""
        if self.bounded and inner(self.u, self.powers) > 0:
            return False
        for y in product(range(4), repeat=len(self.generators)):
            columns = zip(*self.generators, strict=True)
            rest = {inner(y, column) - k for column, k in zip(columns, self.powers, strict=True)}
            if len(rest) == 1:
                return True
        return None

    def unbounded(self, *, above: bool) -> bool:
        """Whether every h_i is unbounded on the cone: above, or in either direction.

        h_i(n g) = n h_i(g) for n >= 0, so that one g in the cone with h_i(g) > 0 shows it.
        """
        sums = corners(self.generators)
        heights = [[height(g, i) for g in sums] for i in range(self.d)]
        return all(any(h > 0 or (h < 0 and not above) for h in row) for row in heights)

    @property
    def missed(self) -> dict[str, Any]:
        """The counterexample as data."""
        return {
            "d": self.d,
            "Theta": self.set,
            "gamma": "0, or any exchangeable noise",
            "missed $p$": [str(p) for p in self.p],
        }


def corners(generators: Sequence[Sequence[int]]) -> list[list[int]]:
    """Sums of generators, each taken once or not."""
    choices = product((0, 1), repeat=len(generators))
    return [[inner(y, column) for column in zip(*generators, strict=True)] for y in choices]


def height(theta: Sequence[int], i: int) -> int:
    """h_i(theta) = theta_i - max_{j != i} theta_j."""
    return theta[i] - max(x for j, x in enumerate(theta) if j != i)


RAY = Candidate(r"$\{(s, 0) : s \ge 0\}$", ((1, 0),), (-1, 1), (0, 1))
HALF_SPACE = Candidate(
    r"$\{\theta_1+\theta_2 \le 2\theta_3\}$",
    ((1, -1, 0), (-1, 1, 0), (1, 1, 1), (-1, -1, -1), (0, 0, 1)),
    (1, 1, -2),
    (1, 1, 0),
)
HALF_GAUGE = Candidate(
    r"$\{\sum\theta = 0, \theta_3 \ge 0\}$",
    ((1, -1, 0), (-1, 1, 0), (-1, -1, 2)),
    (1, 1, -2),
    (1, 1, 0),
)


def uniqueness(candidate: Candidate, hypothesis: bool, noise: str) -> Check:
    """Whether the only coset with softmax(theta) = p, that of log p, is met."""
    met = candidate.holds_the_coset if hypothesis else None
    cases = rf"""$h_i$ as supposed on sums of generators; {noise}: $\operatorname{{softmax}}(\theta)
        = p$ for $\theta = \log p+c\mathbf 1$ alone, $\log p = \log(2)\,{candidate.powers}+c\mathbf
        1$; $\langle u,\cdot\rangle$ for $u = {candidate.u}$ is $\le 0$ on $\Theta$ and
        ${inner(candidate.u, candidate.powers)}\log 2$ there"""
    return exact(f"integers, {noise}", "unknown" if met is None else met, cases=cases)


def programs(candidate: Candidate, f: Potential, noise: str) -> Check:
    """The completeness checker, against the statement that the set is complete."""
    found = cosets.outcomes([completeness(f, cone(np.array(candidate.generators, float)))])
    what = f"1 if complete, 0 if not, against 1; {noise}"
    return agree(f"linear programs, {noise}", found, np.ones(1), what)
