r"""Section 8.2.1, end: growing $h_i$ along sequences, $\sum_i \theta_i = 0$ or $\theta_1 = 0$."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits.numbers import entry
from perturbtheory.claims.exhibits.softmax_exact import by_engine
from perturbtheory.claims.paper_a.s3_softmax.gauge_sets import FIRST, SUM, Gauge
from perturbtheory.ledger import Claim, Step, agree, eq, exact, shown, witness

N, DIM = sp.symbols("n d", positive=True)
CASES = tuple(product((2, 3, 4), (1, 2, 7)))
"""Pairs d, n."""
WHICH = "positions $i$ that are served, $d = 2, 3, 4$ and $n = 1, 2, 7$"


class Witnesses(NamedTuple):
    """theta^(n) for h_i: one number at position i and another one everywhere else.

    Attributes:
        name: in LaTeX.
        gauge: the set that it should lie in.
        serves: d -> the positions i that it is for.
        entries: n, d -> the number at position i, the number elsewhere.
    """

    name: str
    gauge: Gauge
    serves: Callable[[int], range]
    entries: Callable[[Any, Any], tuple[Any, Any]]

    def in_set(self) -> Step:
        """The sum, or the first entry, is zero."""
        here, elsewhere = self.entries(N, DIM)
        if self.gauge is SUM:
            others = sp.Mul(-elsewhere, DIM - 1, evaluate=False)
            return eq(here, others, "the entries add up to zero").step()
        first = here if 1 in self.serves(2) else elsewhere
        return shown(f"the first entry, ${first}$, is zero", first == 0)

    def height(self) -> Any:
        """h_i = theta_i - max_{j != i} theta_j, d >= 2."""
        here, elsewhere = self.entries(N, DIM)
        return sp.Add(here, -elsewhere, evaluate=False)

    def vectors(self, cases: Any = CASES) -> Iterator[tuple[int, int, list[Fraction]]]:
        """n, i and theta^(n) for every i that is served."""
        for d, n in cases:
            here, elsewhere = self.entries(Fraction(n), Fraction(d))
            for i in self.serves(d):
                yield n, i, [Fraction(here if j == i else elsewhere) for j in range(1, d + 1)]

    def level_of(self, theta: list[Fraction]) -> Fraction:
        """The same for one vector."""
        return sum(theta, Fraction(0)) if self.gauge is SUM else theta[0]


_ANY, _FIRST, _LATER = (
    lambda d: range(1, d + 1),
    lambda _: range(1, 2),
    lambda d: range(2, d + 1),
)
AS_N = Witnesses("$n$ at $i$, $-a/d$ elsewhere, with $a = n$", SUM, _ANY, lambda n, d: (n, -n / d))
BEST = Witnesses(
    "$n$ at $i$, $-a/d$ elsewhere, with $a = nd/(d - 1)$", SUM, _ANY, lambda n, d: (n, -n / (d - 1))
)
AT_FIRST = Witnesses("$n$ at $1$, $0$ elsewhere", FIRST, _FIRST, lambda n, d: (n, 0 * d))
AROUND = Witnesses(
    "$n - n/d$ at $i$, $-n/d$ elsewhere", SUM, _ANY, lambda n, d: (n - n / d, -n / d)
)
BELOW = Witnesses("$0$ at $i = 1$, $-n$ elsewhere", FIRST, _FIRST, lambda n, d: (0 * d, -n))
LATER = Witnesses("$n$ at $i > 1$, $0$ elsewhere", FIRST, _LATER, lambda n, d: (n, 0 * d))

gauge_sequences = Claim(
    "A.gauge-sequences",
    "A, 8.2.1, the last two paragraphs",
    r"""$\{\sum_j \theta_j = 0\}$ meets the conditions of the completeness theorems along
    $\theta^{(n)}_i = n$ at position $i$ and $\theta^{(n)}_j = -a/d$ everywhere else; $\{\theta_1 =
    0\}$ meets them along $\theta^{(n)} = (n, 0, \dots, 0)$: these sequences lie in the sets, and
    $h_i(\theta) = \theta_i - \max_{j\ne i}\theta_j$ is unbounded along them.""",
    assumes=r"""$d \ge 2$, or $h_i$ is not defined. The symbol $a$ is not defined: $a = n$ is the
    nearest reading, and the one value that does lie in the set is solved for. (With $n - n/d$ at
    position $i$, which may be meant, the first sequence is right.) Along $(n, 0, \dots, 0)$,
    $h_i = -n$ for $i > 1$.""",
)
mended_sequences = gauge_sequences.corrected(
    r"""In $\{\sum_j \theta_j = 0\}$: $\theta^{(n)} = n e_i - \frac nd \mathbf 1$ for every $i$,
    that is $n - n/d$ at position $i$ and $-n/d$ elsewhere. In $\{\theta_1 = 0\}$: $\theta^{(n)} =
    n e_i$ for $i > 1$, and $\theta^{(n)} = n e_1 - n \mathbf 1$ for $i = 1$. Along each,
    $h_i(\theta^{(n)}) = n$.""",
    assumes=r"$d \ge 2$.",
    depends_on="A.gauge-sets.corrected",
)


@gauge_sequences.part(f"{AS_N.name}: in ${SUM.name}$", sequence=AS_N)
@gauge_sequences.part(f"{AT_FIRST.name}: in ${FIRST.name}$", sequence=AT_FIRST)
def lies_in_set(sequence):
    outside = [x for x in sequence.vectors() if sequence.level_of(x[2]) != 0]
    yield exact("sympy, symbolic d and n", sequence.in_set())
    yield exact("rational", not outside, cases=WHICH)
    for n, i, theta in outside[:1]:
        level = f"{sequence.level_of(theta)}, not 0"
        yield witness(d=len(theta), n=n, i=i, theta=list(map(str, theta)), level=level)


@gauge_sequences.part(
    f"{BEST.name}: in ${SUM.name}$, $h_i$ unbounded",
    sequence=BEST,
    height=lambda n, d: n * d / (d - 1),
)
@mended_sequences.part(f"{AROUND.name}: in ${SUM.name}$ with $h_i = n$", sequence=AROUND)
@mended_sequences.part(f"{BELOW.name}: in ${FIRST.name}$ with $h_i = n$", sequence=BELOW)
@mended_sequences.part(f"{LATER.name}: in ${FIRST.name}$ with $h_i = n$", sequence=LATER)
def in_set_with_height(sequence, height=lambda n, _: n):
    at_three = list(sequence.vectors(product((3,), (1, 3, 9))))
    points = np.array([x for _, _, x in at_three], float)
    p = by_engine(points)
    index = np.arange(len(at_three)), np.array([i - 1 for _, i, _ in at_three])
    share = [1 / (1 + 2 * np.exp(-height(n, 3))) for n, _, _ in at_three]
    a = sp.Symbol("a")
    alone = sp.solve(N - (DIM - 1) * a / DIM, a) == [N * DIM / (DIM - 1)]
    only = shown("$n - (d - 1) a/d = 0$ for $a = nd/(d - 1)$ alone", alone)
    yield exact(
        "sympy, symbolic d and n",
        sequence.in_set(),
        eq(sequence.height(), height(N, DIM), r"$h_i$, which tends to infinity"),
        *([only] if sequence is BEST else []),
    )
    holds = all(
        sequence.level_of(x) == 0 and _height(x, i) == height(n, Fraction(len(x)))
        for n, i, x in sequence.vectors()
    )
    yield exact("rational", holds, cases=WHICH)
    yield agree("engine", entry(p, index), share, "$p_i$ for $n = 1, 3, 9$, $d = 3$")


def _height(theta: list[Fraction], i: int) -> Fraction:
    return theta[i - 1] - max(x for j, x in enumerate(theta, 1) if j != i)
