"""Section 4.1: the arg max of a structured encoder with pairwise terms, (8)."""

from itertools import product
from typing import Any

import numpy as np
import sympy as sp

from perturbtheory.claims.legacy import argued, claim, exact, proof, shown
from perturbtheory.estimators import pairwise_argmax
from perturbtheory.ledger import Budget, Check, Part


def _score(z: np.ndarray, unary: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """(8) as printed: sum_i unary_i z_i + sum_{i,j = 1}^n pairs_ij z_i z_j, in integers."""
    return z @ unary + ((z @ pairs) * z).sum(-1)


def instances(sizes: tuple[int, ...], lowest: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Integer unary terms and pairs >= `lowest`, one a size; neither symmetric nor triangular."""
    rng = np.random.default_rng(83)
    out = []
    for n in sizes:
        pairs = rng.integers(lowest, 20, (n, n))
        # Around the middle, where neither all zeros nor all ones win.
        unary = rng.integers(-30, 31, n) - (pairs + pairs.T).sum(1) // 2
        out.append((unary, pairs))
    return out


def _enumerated(unary: np.ndarray, pairs: np.ndarray) -> int:
    n = unary.size
    every = (np.arange(2**n)[:, None] >> np.arange(n)) & 1
    return int(_score(every, unary, pairs).max())


def _solver(method: Any, sizes: tuple[int, ...], lowest: int) -> Check:
    found = [
        int(_score(pairwise_argmax(u, w, method), u, w)) == _enumerated(u, w)
        for u, w in instances(sizes, lowest)
    ]
    detail = f"integer instances with n = {', '.join(map(str, sizes))} against all 2^n vectors"
    return exact(f"enumeration, {method}", all(found), detail, universal=False)


@claim("B.structured-argmax")
def structured_argmax(_: Budget) -> list[Part]:
    r"""Statement: The arg max of an encoder with pairwise terms alpha_ij z_i z_j is a quadratic
    integer program in general, and a max-flow problem when all alpha_ij >= 0.

    LaTeX: $\max_{z\in\{0,1\}^n} \sum_{i=1}^n h_i(z_i) + \sum_{i,j=1}^n h_{i,j}(z_i,z_j)$ with
    $h_{i,j}(z_i,z_j) = \alpha_{i,j} z_i z_j$

    Source: B, section 4.1, (8)

    Assumptions: binary coordinates. The double sum of (8) runs over i, j = 1, ..., n: it counts a
    pair twice, as alpha_ij + alpha_ji, and adds alpha_ii to h_i; alpha_ij >= 0 is needed of
    alpha_ij + alpha_ji only. That the general problem is hard (it contains max-cut) is not checked.

    Computed: the identities behind both reductions on all values of the bits, for any n by adding
    up; both solvers against enumeration in integers.
    """
    w, a, b = sp.symbols("w c v", real=True)
    t: Any = sp.symbols("h_00 h_10 h_01 h_11", real=True)
    bits = list(product((0, 1), repeat=2))
    cut = [w * x * y - (w * x - w * x * (1 - y)) for x, y in bits]
    ends = [a * x - (sp.Max(a, 0) - (sp.Max(a, 0) * (1 - x) + sp.Max(-a, 0) * x)) for x in (0, 1)]
    ends = [sp.simplify(e.rewrite(sp.Piecewise)) for e in ends]
    linear = [
        [y for y in (0, 1) if max(0, x1 + x2 - 1) <= y <= min(x1, x2)] == [x1 * x2]
        for x1, x2 in bits
    ]
    interaction = t[3] - t[1] - t[2] + t[0]
    reduced = [t[0] + (t[1] - t[0]) * x + (t[2] - t[0]) * y + interaction * x * y for x, y in bits]
    general = [t[x + 2 * y] - r for (x, y), r in zip(bits, reduced, strict=True)]
    # Both orders of a pair, and the diagonal, as (8) sums them.
    twice = [
        sp.expand(a * x * x + w * x * y + b * y * x - (a * x + (w + b) * x * y)) for x, y in bits
    ]
    return [
        Part(
            "max-flow for alpha >= 0",
            (
                proof(
                    "sympy, all bits",
                    "the score is a constant minus the capacity of a cut",
                    shown(
                        r"$w z_i z_j = w z_i - w z_i(1-z_j)$: a gain for $i$ and an arc $i \to j$ "
                        r"of "
                        r"capacity $w \ge 0$",
                        all(sp.expand(e) == 0 for e in cut),
                    ),
                    shown(
                        r"$c z_i = c_+ - [c_+(1-z_i) + (-c)_+ z_i]$: arcs from the source and to "
                        r"the "
                        r"sink",
                        all(e == 0 for e in ends),
                    ),
                    argued(
                        r"so the maximum is $\sum_i (c_i)_+$ minus the minimum cut, with $z_i = 1$ "
                        r"on "
                        r"the side of the source",
                        "max-flow min-cut theorem (Ford and Fulkerson), all capacities being >= 0",
                    ),
                ),
                _solver("maxflow", (1, 2, 5, 8, 12, 15), 0),
            ),
        ),
        Part(
            "an integer program for any alpha",
            (
                proof(
                    "enumeration of bits",
                    "a linear objective over bits with linear constraints",
                    shown(
                        r"$y = z_i z_j$ is the only $y \in \{0,1\}$ with $\max(0, z_i+z_j-1) \le y "
                        r"\le "
                        r"\min(z_i, z_j)$",
                        all(linear),
                        by="enumeration",
                    ),
                ),
                _solver("integer", (1, 2, 5, 8, 12), -19),
            ),
        ),
        Part(
            "the general pairwise term and the double sum reduce to this form",
            (
                proof(
                    "sympy, all bits",
                    "four values of a pair; both orders of a pair and the diagonal",
                    shown(
                        r"$h_{ij}(x,y) = h_{00} + (h_{10}-h_{00})x + (h_{01}-h_{00})y + \alpha x "
                        r"y$ "
                        r"with $\alpha = h_{11} - h_{10} - h_{01} + h_{00}$",
                        all(sp.expand(e) == 0 for e in general),
                    ),
                    shown(
                        r"$\alpha_{ii} z_i^2 + \alpha_{ij} z_i z_j + \alpha_{ji} z_j z_i = "
                        r"\alpha_{ii} z_i + (\alpha_{ij}+\alpha_{ji}) z_i z_j$",
                        all(e == 0 for e in twice),
                    ),
                ),
                _solver("integer", (4, 7), -19),
            ),
        ),
    ]
