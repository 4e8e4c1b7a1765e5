"""Section 8.2.1, at its end: sequences in {sum theta = 0} and {theta_1 = 0} with growing h_i."""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits.numbers import engine, entry
from perturbtheory.claims.legacy import agree, claim, exact, proof, shown
from perturbtheory.ledger import Budget, Part
from perturbtheory.perturbations import Gumbel
from perturbtheory.potential import expected_max
from perturbtheory.routes.symbolic import identity

N, D, A = (sp.Symbol(name, positive=True) for name in ("n", "d", "a"))


class Witnesses(NamedTuple):
    """theta^(n) for h_i: one number at position i and another one everywhere else.

    Attributes:
        gauge: the set that it should lie in.
        serves: the positions i that it is for.
        entries: n, d -> the number at position i, the number elsewhere.
    """

    gauge: str
    serves: Callable[[int], bool]
    entries: Callable[[Any, Any], tuple[Any, Any]]

    def level(self, n: Any, d: Any) -> Any:
        """The sum, or the first entry: zero in the set."""
        here, elsewhere = self.entries(n, d)
        if self.gauge == "sum theta = 0":
            return here + (d - 1) * elsewhere
        return here if self.serves(1) else elsewhere

    def height(self, n: Any, d: Any) -> Any:
        """h_i = theta_i - max_{j != i} theta_j, d >= 2."""
        here, elsewhere = self.entries(n, d)
        return here - elsewhere

    def vectors(self, d: int, n: int) -> Iterator[tuple[int, list[Fraction]]]:
        """Every i that is served, with theta^(n)."""
        here, elsewhere = self.entries(Fraction(n), Fraction(d))
        for i in filter(self.serves, range(1, d + 1)):
            yield i, [Fraction(here if j == i else elsewhere) for j in range(1, d + 1)]


def _any(_: int) -> bool:
    return True


def _first(i: int) -> bool:
    return i == 1


def _later(i: int) -> bool:
    return i > 1


PRINTED = {
    "n at i, -a/d elsewhere, with a = n": Witnesses(
        "sum theta = 0", _any, lambda n, d: (n, -n / d)
    ),
    "n at 1, 0 elsewhere": Witnesses("theta_1 = 0", _first, lambda n, d: (n, 0 * d)),
}
MENDED = {
    "n - n/d at i, -n/d elsewhere": Witnesses(
        "sum theta = 0", _any, lambda n, d: (n - n / d, -n / d)
    ),
    "0 at i = 1, -n elsewhere": Witnesses("theta_1 = 0", _first, lambda n, d: (0 * d, -n)),
    "n at i > 1, 0 elsewhere": Witnesses("theta_1 = 0", _later, lambda n, d: (n, 0 * d)),
}
CASES = tuple(product((2, 3, 4), (1, 2, 7)))
"""Pairs d, n."""


def _level(gauge: str, theta: Sequence[Fraction]) -> Fraction:
    return sum(theta, Fraction(0)) if gauge == "sum theta = 0" else theta[0]


def _height(theta: Sequence[Fraction], i: int) -> Fraction:
    return theta[i - 1] - max(x for j, x in enumerate(theta, 1) if j != i)


def _lies_in_set(name: str, witnesses: Witnesses) -> Part:
    level = sp.simplify(witnesses.level(N, D))
    cases = [(d, n, *found) for d, n in CASES for found in witnesses.vectors(d, n)]
    outside = [case for case in cases if _level(witnesses.gauge, case[3]) != 0]
    checks = (
        exact("sympy, symbolic d and n", identity(level), f"what should be 0 is {level}"),
        exact("rational", not outside, f"{len(cases)} vectors, d = 2, 3, 4", universal=False),
    )
    title = f"{name}: in {{{witnesses.gauge}}}"
    if not outside:
        return Part(title, checks)
    d, n, i, theta = outside[0]
    left = witnesses.gauge.split(" = ")[0]
    data = {"d": d, "n": n, "i": i, "theta": [str(x) for x in theta]}
    return Part(title, checks, data | {left: f"{_level(witnesses.gauge, theta)}, not 0"})


@claim("A.gauge-sequences", corrected="A.gauge-sequences.corrected")
def gauge_sequences(_: Budget) -> list[Part]:
    r"""Statement: {sum theta = 0} meets the conditions of the completeness theorems along n at
    position i and -a/d everywhere else; {theta_1 = 0} along n at position 1 and 0 everywhere else.

    LaTeX: $\theta^{(n)}_i = n$, $\theta^{(n)}_j = -a/d$ for $j \ne i$ lies in $\{\sum_j \theta_j =
    0\}$; $\theta^{(n)} = (n, 0, \dots, 0)$ lies in $\{\theta_1 = 0\}$; along them $h_i(\theta) =
    \theta_i - \max_{j\ne i}\theta_j$ is unbounded

    Source: A, 8.2.1, the last two paragraphs

    Assumptions: d >= 2, or h_i is not defined. The symbol a is not defined: a = n is the nearest
    reading, and the one value that does lie in the set is solved for. (With n - n/d at position i,
    which may be meant, the first sequence is right.) Along (n, 0, ..., 0), h_i = -n for i > 1.

    Computed: sums for symbolic d and n, and for d = 2, 3, 4 in rational numbers.
    """
    required = sp.solve(N - (D - 1) * A / D, A)
    best = Witnesses("sum theta = 0", _any, lambda n, d: (n, -n / (d - 1)))
    cases = [(n, *found) for d, n in CASES for found in best.vectors(d, n)]
    return [
        *(_lies_in_set(name, witnesses) for name, witnesses in PRINTED.items()),
        Part(
            "n at i, -a/d elsewhere, with a = n d/(d - 1): in {sum theta = 0}, h_i unbounded",
            (
                proof(
                    "sympy, symbolic d and n",
                    "h_i = n d/(d - 1)",
                    shown(
                        r"$n - (d - 1) a/d = 0$ for $a = nd/(d - 1)$ alone, so $a/d = n/(d - 1)$",
                        len(required) == 1 and identity(required[0] / D + best.entries(N, D)[1]),
                    ),
                    shown(
                        r"$h_i(\theta^{(n)}) = n + a/d = nd/(d - 1)$, which tends to infinity",
                        identity(best.height(N, D) - N * D / (D - 1)),
                    ),
                ),
                exact(
                    "rational",
                    all(sum(x) == 0 and _height(x, i) >= n for n, i, x in cases),
                    f"sum 0 and h_i >= n for {len(cases)} vectors, d = 2, 3, 4",
                    universal=False,
                ),
            ),
        ),
    ]


@claim("A.gauge-sequences.corrected", depends_on=("A.gauge-sets",))
def gauge_sequences_corrected(_: Budget) -> list[Part]:
    r"""Statement: In {sum theta = 0}: n - n/d at position i, -n/d elsewhere. In {theta_1 = 0}: n at
    position i > 1, 0 elsewhere; for i = 1, 0 at position 1 and -n elsewhere. All have h_i = n.

    LaTeX: $\theta^{(n)} = n e_i - \frac nd \mathbf 1 \in \{\sum_j \theta_j = 0\}$ for every $i$;
    $\theta^{(n)} = n e_i$ for $i > 1$ and $\theta^{(n)} = n e_1 - n \mathbf 1$ for $i = 1$ lie in
    $\{\theta_1 = 0\}$; $h_i(\theta^{(n)}) = n$ along each

    Source: corrects A, 8.2.1, the last two paragraphs

    Assumptions: d >= 2.

    Computed: levels and h_i for symbolic d and n, and in rational numbers; p_i = 1/(1 + (d - 1)
    e^-n), which h_i = n and equal other entries give, by the engine.
    """
    return [_mended_part(name, witnesses) for name, witnesses in MENDED.items()]


def _mended_part(name: str, witnesses: Witnesses) -> Part:
    cases = [(n, *found) for d, n in CASES for found in witnesses.vectors(d, n)]
    at_three = [(n, *found) for n in (1, 3, 9) for found in witnesses.vectors(3, n)]
    p = engine(
        expected_max(Gumbel()),
        np.array([[float(t) for t in x] for _, _, x in at_three]),
        "probabilities",
    )
    index = np.arange(len(at_three)), np.array([i - 1 for _, i, _ in at_three])
    share = [1 / (1 + 2 * np.exp(-n)) for n, _, _ in at_three]
    return Part(
        f"{name}: in {{{witnesses.gauge}}} with h_i = n",
        (
            proof(
                "sympy, symbolic d and n",
                "level and height",
                shown(
                    "the sum of the entries, or the first entry, is 0",
                    identity(witnesses.level(N, D)),
                ),
                shown("$h_i = n$", identity(witnesses.height(N, D) - N)),
            ),
            exact(
                "rational",
                all(_level(witnesses.gauge, x) == 0 and _height(x, i) == n for n, i, x in cases),
                f"{len(cases)} vectors, d = 2, 3, 4",
                universal=False,
            ),
            agree("engine", "quadrature", entry(p, index), share, "p_i for n = 1, 3, 9, d = 3"),
        ),
    )
