"""NumPy arrays in, NumPy arrays out: rows of theta, at once where that is possible."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from perturbtheory.potential import _labels, _newton, _rows, _score
from perturbtheory.potential.methods import FORMULAS, method_of, orthants, points

if TYPE_CHECKING:
    from collections.abc import Callable

    from perturbtheory.perturbations import AbstractPerturbation

_LEAST = -700.0
"""log p_i below which p_i is no number that keeps its digits."""


_LOSING: Any = (orthants, points)
"""Methods in which a small p_i may have no logarithm, which is NaN then."""


def _value_estimate(noise: AbstractPerturbation, theta: np.ndarray) -> tuple[Any, Any]:
    found = _rows.solve(noise, theta, radius=True, least=0.0)
    return found.value, found.value_radius


def _probability_estimate(noise: AbstractPerturbation, theta: np.ndarray) -> tuple[Any, Any]:
    found = _rows.solve(noise, theta, radius=True, least=_LEAST)
    return found.probabilities, found.probabilities_radius


def _log_probabilities(noise: AbstractPerturbation, theta: np.ndarray) -> Any:
    log_p = _rows.solve(noise, theta).log_probabilities
    method = method_of(noise)
    if method in _LOSING:
        method.require_logs(theta, log_p)
    return log_p


_QUESTIONS: dict[str, Callable[..., Any]] = {
    "value": lambda noise, theta: _rows.solve(noise, theta, least=0.0).value,
    "probabilities": lambda noise, theta: _rows.solve(noise, theta, least=_LEAST).probabilities,
    "log_probabilities": _log_probabilities,
    "hessian": _rows.hessian,
    "hvp": _rows.hvp,
    "anchored": _rows.anchored,
    "tie": _rows.tie,
    "value_estimate": _value_estimate,
    "probability_estimate": _probability_estimate,
    "entropy": _newton.entropy,
    "parameters_sum": lambda noise, p: _newton.parameters(noise, p, "sum"),
    "parameters_first": lambda noise, p: _newton.parameters(noise, p, "first"),
    "conjugate": _newton.conjugate,
    "fenchel_young": _newton.fenchel_young,
}
_AT_ONCE: dict[str, tuple[float, Callable[[Any, Any], Any]]] = {
    "value": (0.0, lambda found, k: found.value[k]),
    "probabilities": (_LEAST, lambda found, k: found.probabilities[k]),
    "log_probabilities": (-np.inf, lambda found, k: found.log_probabilities[k]),
    "entropy": (-np.inf, lambda found, k: _newton.entropy_of(found.log_probabilities[k])),
    "hessian": (-np.inf, operator.getitem),
    "hvp": (-np.inf, operator.getitem),
}
"""Questions that one pass answers for many rows: the least log p_i that has its digits, and what
it says of row k.
"""
_NUMBERS = ("value", "anchored", "tie", "value_estimate", "entropy", "conjugate", "fenchel_young")
"""Questions whose answer is a number per row; else it is a vector, or a matrix."""


def answer(question: str, noise: AbstractPerturbation, *vectors: np.ndarray) -> Any:
    """The answer for every row of the float64 vectors of shape ``(..., d)``."""
    if question == "score":
        return _score.score(answer, noise, *vectors)
    function = _QUESTIONS[question]
    lead, d = vectors[0].shape[:-1], vectors[0].shape[-1]
    if not lead:
        return _as_numbers(function(noise, *vectors))
    method: Any = method_of(noise)
    if method in FORMULAS and question in method.ROWS and _is_plain(noise, vectors[0]):
        return method.rows(question, noise, *vectors)
    vectors = tuple(v.reshape(-1, d) for v in vectors)
    rows: list[Any] = [None] * len(vectors[0])
    if not rows:
        return _empty(question, lead, d)
    if question in _AT_ONCE and len(rows) > 1:
        _fill(rows, question, noise, *vectors)
    if question == "fenchel_young" and noise.continuous:
        for k, loss in zip(*_labels.of_labels(answer, noise, *vectors), strict=True):
            rows[k] = loss
    for k, row in enumerate(zip(*vectors, strict=True)):
        rows[k] = function(noise, *row) if rows[k] is None else rows[k]
    if isinstance(rows[0], tuple):
        return tuple(_stacked(part, lead) for part in zip(*rows, strict=True))
    return _stacked(rows, lead)


def _fill(
    rows: list[Any], question: str, noise: AbstractPerturbation, *vectors: np.ndarray
) -> None:
    """Answer the rows that one pass for all of them serves."""
    least, answer_of = _AT_ONCE[question]
    found = _rows.at_once(question, noise, *vectors, least=least)
    if found is not None:
        which, answers, right = found
        for k in np.flatnonzero(right):
            rows[which[k]] = answer_of(answers, k)


def _is_plain(noise: AbstractPerturbation, theta: np.ndarray) -> bool:
    """Whether numbers need no unit of their own, so that formulas serve as they are."""
    if not theta.size:
        return False
    top, low = theta.max(-1), np.min(theta, where=theta > -np.inf, initial=0.0)
    scale = float(np.max(noise.resolution))
    sizes = (scale, 1 / scale, np.max(np.abs(top)), -low)
    return bool(all(size < _rows.MODERATE for size in sizes))


def _empty(question: str, lead: tuple[int, ...], d: int) -> Any:
    end = () if question in _NUMBERS else (d, d) if question == "hessian" else (d,)
    nothing = np.zeros((*lead, *end), bool if question == "tie" else np.float64)
    return (nothing, nothing) if question.endswith("estimate") else nothing


def _stacked(rows: Any, lead: tuple[int, ...]) -> np.ndarray:
    stack = np.stack([np.asarray(row) for row in rows])
    return stack.reshape(lead + stack.shape[1:])


def _as_numbers(out: Any) -> Any:
    """Numbers as NumPy's, with dtype and shape."""
    if isinstance(out, tuple):
        return tuple(map(_as_numbers, out))
    return out if isinstance(out, np.ndarray) else np.asarray(out)[()]
