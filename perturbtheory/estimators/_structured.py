"""The arg max of a pairwise score over binary vectors: by max-flow, or as an integer program."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from perturbtheory.estimators._arguments import array

if TYPE_CHECKING:
    from jax.typing import ArrayLike
    from jaxtyping import Float, Int

_CAPACITY = 2**31 - 1
"""What scipy's max-flow can count to; larger capacities would wrap around without a word."""
_LARGEST_OBJECTIVE = 2.0**10
"""HiGHS stops at an absolute gap of 1e-6: coefficients of this size make it a relative 1e-9."""


def pairwise_argmax(
    unary: Float[ArrayLike, "n"],
    pairwise: Float[ArrayLike, "n n"],
    method: Literal["maxflow", "integer"] = "maxflow",
) -> Int[np.ndarray, "n"]:
    """A maximiser z in {0, 1}^n of sum_i unary_i z_i + sum_{i,j=1}^n pairwise_ij z_i z_j.

    The double sum is that of paper B, (8): a pair counts with pairwise_ij + pairwise_ji, and
    pairwise_ii adds to unary_i. Pass a strictly triangular matrix to count every pair once.

    "maxflow": for w_ij = pairwise_ij + pairwise_ji >= 0 the maximum is sum_i max(c_i, 0) minus the
    minimum cut of the network source -> i -> sink with capacities max(c_i, 0), max(-c_i, 0) and
    i -> j with w_ij for i < j, where c_i = unary_i + pairwise_ii + sum_{j>i} w_ij. Capacities are
    rounded to multiples of a power of two, about 1e-9 of their sum, which is exact for integers
    whose capacities sum to less than 2^31; of several maximisers it gives the smallest.

    "integer": any signs; HiGHS with y_ij = z_i z_j written as max(0, z_i + z_j - 1) <= y_ij <=
    min(z_i, z_j), to a relative 1e-9 of the largest coefficient.

    Boykov, Veksler and Zabih (2001); Picard and Ratliff (1975).

    Args:
        unary: one number a coordinate.
        pairwise: a square matrix, symmetric or not.
        method: the solver.

    Raises:
        ValueError: for arguments that are not finite or do not fit, and for a negative pair under
            "maxflow".
        RuntimeError: if HiGHS does not prove optimality.

    Example:
        >>> from perturbtheory import estimators as es
        >>> es.pairwise_argmax([1.0, -1.0], [[0.0, 3.0], [0.0, 0.0]]).tolist()
        [1, 1]
    """
    linear, matrix = array("unary", unary, 1), array("pairwise", pairwise, 2)
    if matrix.shape != (linear.size, linear.size):
        msg = (
            f"`pairwise` must be square with a row for each entry of `unary`, got shape "
            f"{matrix.shape} for {linear.size} entries; fill missing pairs with zero"
        )
        raise ValueError(msg)
    linear, weights = linear + np.diag(matrix), np.triu(matrix + matrix.T, 1)
    if method == "maxflow":
        return _by_cut(linear, weights)
    if method == "integer":
        return _by_integer_program(linear, weights)
    msg = f"`method` must be 'maxflow' or 'integer', got {method!r}; 'integer' takes any signs"
    raise ValueError(msg)


def _by_cut(linear: np.ndarray, weights: np.ndarray) -> np.ndarray:
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import breadth_first_order, maximum_flow

    n = linear.size
    if weights.min() < 0:
        i, j = np.unravel_index(weights.argmin(), weights.shape)
        msg = (
            f"`pairwise` must not be negative for method='maxflow', got {weights[i, j]} for the "
            f"pair ({i}, {j}); use method='integer'"
        )
        raise ValueError(msg)
    source, sink = n, n + 1
    capacity = np.zeros((n + 2, n + 2))
    capacity[:n, :n] = weights
    reduced = linear + weights.sum(1)
    capacity[source, :n], capacity[:n, sink] = np.maximum(reduced, 0), np.maximum(-reduced, 0)
    total = capacity.sum()
    if total == 0:
        return np.zeros(n, int)
    unit = 2.0 ** math.floor(math.log2((_CAPACITY - capacity.size) / total))
    graph = csr_array(np.rint(capacity * unit).astype(np.int32))
    residual = csr_array(graph - maximum_flow(graph, source, sink).flow)
    residual.eliminate_zeros()
    reached = breadth_first_order(residual, source, return_predecessors=False)
    return np.isin(np.arange(n), reached).astype(int)


def _by_integer_program(linear: np.ndarray, weights: np.ndarray) -> np.ndarray:
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import coo_array

    n = linear.size
    first, second = np.nonzero(weights)
    m = first.size
    objective = np.concatenate([linear, weights[first, second]])
    largest = np.abs(objective).max()
    if largest == 0:
        return np.zeros(n, int)
    pair, one = np.arange(m), np.ones(m)
    # For every pair: y <= z_i, then y <= z_j, then z_i + z_j - 1 <= y.
    rows = np.concatenate([pair, pair, pair + m, pair + m, *3 * [pair + 2 * m]])
    columns = np.concatenate([n + pair, first, n + pair, second, first, second, n + pair])
    entries = np.concatenate([one, -one, one, -one, one, one, -one])
    matrix = coo_array((entries, (rows, columns)), shape=(3 * m, n + m))
    limit: Any = np.concatenate([np.zeros(2 * m), np.ones(m)])
    found = milp(
        -objective * (_LARGEST_OBJECTIVE / largest),
        integrality=np.concatenate([np.ones(n), np.zeros(m)]),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(matrix, -np.inf, limit) if m else None,
        options={"mip_rel_gap": 0.0},
    )
    if found.status != 0:
        msg = f"`pairwise_argmax` found no proven maximum: {found.message}; try fewer coordinates"
        raise RuntimeError(msg)
    return np.rint(found.x[:n]).astype(int)
