"""Section 4.1: the arg max of a structured encoder with pairwise terms, (8)."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits.two_bits import BITS
from perturbtheory.estimators import pairwise_argmax
from perturbtheory.ledger import Check, Claim, argued, exact, shown

W, V, C = sp.symbols("w v c", real=True)

structured_argmax = Claim(
    "B.structured-argmax",
    "B, section 4.1, (8)",
    r"""The arg max of an encoder with pairwise terms,
    $\max_{z\in\{0,1\}^n} \sum_{i=1}^n h_i(z_i) + \sum_{i,j=1}^n h_{i,j}(z_i,z_j)$ with
    $h_{i,j}(z_i,z_j) = \alpha_{i,j} z_i z_j$, is a quadratic integer program in general, and a
    max-flow problem when all $\alpha_{i,j} \ge 0$.""",
    assumes=r"""Binary coordinates. The double sum of (8) runs over $i, j = 1, \dots, n$: it counts
    a pair twice, as $\alpha_{ij} + \alpha_{ji}$, and adds $\alpha_{ii}$ to $h_i$; $\alpha_{ij} \ge
    0$ is needed of $\alpha_{ij} + \alpha_{ji}$ only. That the general problem is hard (it contains
    max-cut) is not checked.""",
)


def _everywhere(*differences: Callable[[int, int], Any]) -> bool:
    """Whether they vanish at all four values of two bits (x, y)."""
    return all(sp.simplify(d(x, y)) == 0 for d in differences for x, y in BITS)


@structured_argmax.part(r"max-flow for $\alpha \ge 0$")
def maximum_flow():
    def ends(x, _):
        plus, minus = (sp.Max(c, 0).rewrite(sp.Piecewise) for c in (C, -C))
        return C * x - (plus - (plus * (1 - x) + minus * x))

    yield exact(
        "sympy, all bits",
        shown(
            r"$w z_i z_j = w z_i - w z_i(1-z_j)$: a gain for $i$ and an arc $i \to j$ of capacity "
            r"$w \ge 0$",
            _everywhere(lambda x, y: W * x * y - (W * x - W * x * (1 - y))),
        ),
        shown(
            r"$c z_i = c_+ - [c_+(1-z_i) + (-c)_+ z_i]$: arcs from the source and to the sink",
            _everywhere(ends),
        ),
        argued(r"""so the maximum is $\sum_i (c_i)_+$ minus the minimum cut, with $z_i = 1$ on the
            side of the source [max-flow min-cut theorem (Ford and Fulkerson), all capacities being
            $\ge 0$]"""),
    )
    yield _solved("maxflow", (1, 2, 5, 8, 12, 15), 0)


@structured_argmax.part(r"an integer program for any $\alpha$")
def integer_program():
    def allowed(x, y):
        return [z for z in (0, 1) if max(0, x + y - 1) <= z <= min(x, y)]

    yield exact(
        "enumeration of bits",
        shown(
            r"a linear objective over bits with linear constraints: $y = z_i z_j$ is the only "
            r"$y \in \{0,1\}$ with $\max(0, z_i+z_j-1) \le y \le \min(z_i, z_j)$",
            all(allowed(x, y) == [x * y] for x, y in BITS),
            "enumeration",
        ),
    )
    yield _solved("integer", (1, 2, 5, 8, 12), -19)


@structured_argmax.part("the general pairwise term and the double sum reduce to this form")
def general_terms():
    h = {(x, y): sp.Symbol(f"h_{x}{y}", real=True) for x, y in BITS}
    alpha = h[1, 1] - h[1, 0] - h[0, 1] + h[0, 0]

    def term(x, y):
        linear = (h[1, 0] - h[0, 0]) * x + (h[0, 1] - h[0, 0]) * y
        return h[x, y] - (h[0, 0] + linear + alpha * x * y)

    yield exact(
        "sympy, all bits",
        shown(
            r"$h_{ij}(x,y) = h_{00} + (h_{10}-h_{00})x + (h_{01}-h_{00})y + \alpha x y$ "
            r"with $\alpha = h_{11} - h_{10} - h_{01} + h_{00}$",
            _everywhere(term),
        ),
        shown(
            r"both orders of a pair, and the diagonal, as (8) sums them: $\alpha_{ii} z_i^2 + "
            r"\alpha_{ij} z_i z_j + \alpha_{ji} z_j z_i = \alpha_{ii} z_i + (\alpha_{ij} + "
            r"\alpha_{ji}) z_i z_j$",
            _everywhere(lambda x, y: C * x * x + W * x * y + V * y * x - (C * x + (W + V) * x * y)),
        ),
    )
    yield _solved("integer", (4, 7), -19)


def _solved(method: Literal["maxflow", "integer"], sizes: Sequence[int], lowest: int) -> Check:
    """A solver against all 2^n vectors, in integers."""
    found = []
    for unary, pairs in _instances(sizes, lowest):
        n = unary.size
        every = (np.arange(2**n)[:, None] >> np.arange(n)) & 1
        best = pairwise_argmax(unary, pairs, method)
        found.append(int(_score(best, unary, pairs)) == int(_score(every, unary, pairs).max()))
    cases = f"integer instances with n = {', '.join(map(str, sizes))} against all $2^n$ vectors"
    return exact(f"enumeration, {method}", all(found), cases=cases)


def _score(z: np.ndarray, unary: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """(8) as printed: sum_i unary_i z_i + sum_{i,j = 1}^n pairs_ij z_i z_j, in integers."""
    return z @ unary + ((z @ pairs) * z).sum(-1)


def _instances(sizes: Sequence[int], lowest: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Integer unary terms and pairs >= `lowest`, one per size; not symmetric, nor triangular."""
    rng = np.random.default_rng(83)
    for n in sizes:
        pairs = rng.integers(lowest, 20, (n, n))
        # Around the middle, where neither all zeros nor all ones win.
        yield rng.integers(-30, 31, n) - (pairs + pairs.T).sum(1) // 2, pairs
