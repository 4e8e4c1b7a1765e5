"""Three exact arg maxes of a pairwise score over bits, and the time that each of them takes."""

import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Float, Int

from perturbtheory.checks import require_count, require_one_of
from perturbtheory.estimators import pairwise_argmax
from perturbtheory.models.vae.structured._states import MOST, pairs, scores

SOLVERS = ("enumeration", "max-flow", "integer program")
"""All 2^n states; SciPy's max-flow, for couplings that are not negative; HiGHS."""


def argmax(
    theta: Float[ArrayLike, "B n 2"],
    alpha: Float[ArrayLike, "B P"],
    solver: str = "enumeration",
) -> Int[np.ndarray, "B n"]:
    """A maximiser z in {0, 1}^n of sum_i theta_i,z_i + sum_{i<j} alpha_ij z_i z_j for each row.

    In 64-bit. "enumeration" takes any signs and costs about n 2^n operations; "max-flow" takes
    couplings that are not negative and rounds as `pairwise_argmax`, not at all for small integers;
    "integer program" takes any signs. Of several maximisers each gives one of its own.

        >>> argmax([[[0.0, 1.0], [0.0, -0.5]]], [[2.0]], "max-flow").tolist()
        [[1, 1]]

    Args:
        theta: unary terms, a pair of numbers for each bit.
        alpha: couplings of the pairs (0, 1), (0, 2), ..., (1, 2), ...
        solver: one of `SOLVERS`.

    Raises:
        ValueError: for shapes that do not fit, more than 20 bits by enumeration, or a negative
            coupling under "max-flow"; as `pairwise_argmax`.
    """
    require_one_of("solver", solver, SOLVERS)
    unary, couplings = np.asarray(theta, np.float64), np.asarray(alpha, np.float64)
    n = unary.shape[1] if unary.ndim == 3 else 0
    if unary.shape[2:] != (2,) or couplings.shape != (len(unary), n * (n - 1) // 2):
        msg = (
            "`theta` must have shape (B, n, 2) and `alpha` (B, n (n - 1)/2), got "
            f"{unary.shape} and {couplings.shape}"
        )
        raise ValueError(msg)
    if solver == "enumeration":
        return _by_enumeration(unary, couplings)
    method = "maxflow" if solver == "max-flow" else "integer"
    steps, rows = unary[..., 1] - unary[..., 0], []
    for step, coupling in zip(steps, couplings, strict=True):
        matrix = np.zeros((n, n))
        matrix[pairs(n)] = coupling
        rows.append(pairwise_argmax(step, matrix, method))
    return np.array(rows, int).reshape(len(unary), n)


def _by_enumeration(theta: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    n = theta.shape[1]
    if n > MOST:
        msg = f"`theta` must have at most {MOST} bits for enumeration, got {n}; use max-flow"
        raise ValueError(msg)
    # One at a time: a million scores are 8 MB.
    best = [np.argmax(scores(t, a), -1) for t, a in zip(theta, alpha, strict=True)]
    return ((np.array(best)[:, None] >> np.arange(n)) & 1).astype(int)


class Timing(NamedTuple):
    """Seconds of one arg max.

    Attributes:
        bits: n.
        couplings: "supermodular" or "general".
        solver: one of `SOLVERS`.
        seconds: the median over problems.

    Example:
        >>> from perturbtheory.models.vae import structured
        >>> structured.Timing(5, "general", "enumeration", 1e-3).bits
        5
    """

    bits: int
    couplings: str
    solver: str
    seconds: float


def timings(
    sizes: tuple[int, ...] = tuple(range(5, MOST + 1)),
    *,
    problems: int = 10,
    seed: int = 0,
    clock: Callable[[], float] = time.perf_counter,
) -> list[Timing]:
    """The three solvers on the same random problems of every size, in one run.

    Normal unary terms and couplings, for "supermodular" the absolute values of these, both scaled
    so that couplings and unary terms compete: by 1 and 1/n.

    Args:
        sizes: numbers of bits, at most 20 each.
        problems: of every size.
        seed: of the problems.
        clock: what gives the time.

    Example:
        >>> from perturbtheory.models.vae import structured
        >>> structured.timings((2,), problems=1)[0].bits
        2
    """
    require_count("problems", problems)
    rng, rows = np.random.default_rng(seed), []
    for n in sizes:
        theta = rng.normal(size=(problems, n, 2))
        drawn = rng.normal(size=(problems, n * (n - 1) // 2)) / n
        for kind, alpha in (("supermodular", np.abs(drawn)), ("general", drawn)):
            for solver in SOLVERS:
                if solver == "max-flow" and kind == "general":
                    continue
                # The first call loads what it needs.
                argmax(theta[:1], alpha[:1], solver)
                spent = [_seconds(t, a, solver, clock) for t, a in zip(theta, alpha, strict=True)]
                rows.append(Timing(n, kind, solver, float(np.median(spent))))
    return rows


def _seconds(
    theta: np.ndarray, alpha: np.ndarray, solver: str, clock: Callable[[], float]
) -> float:
    begin = clock()
    argmax(theta[None], alpha[None], solver)
    return clock() - begin
