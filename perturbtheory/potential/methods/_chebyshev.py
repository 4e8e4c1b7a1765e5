"""A smooth curve as Chebyshev polynomials on panels, for a curve that is dear."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

_TERMS, _START, _DEEPEST = 16, 4, 14

Curve = Callable[[np.ndarray], np.ndarray]


def interpolant(curve: Curve, low: float, high: float, tolerance: float = 2e-15) -> Curve:
    """`curve` between low and high: panels are halved until it is smooth, to a share of itself."""
    angle = np.pi * (np.arange(_TERMS) + 0.5) / _TERMS
    nodes = np.cos(angle)
    to_terms = np.cos(np.outer(angle, np.arange(_TERMS))) * 2 / _TERMS
    to_terms[:, 0] /= 2
    left = low + (high - low) / _START * np.arange(_START)
    width = np.full(_START, (high - low) / _START)
    done: list[tuple[np.ndarray, ...]] = []
    for depth in range(_DEEPEST + 1):
        values = curve(left[:, None] + width[:, None] / 2 * (1 + nodes))
        terms = values @ to_terms
        # Of the least value on a panel: log F may rise there from -1e8 to where it counts.
        size = 1 + np.min(np.abs(values), 1)
        smooth = np.max(np.abs(terms[:, -2:]), 1) <= tolerance * size
        smooth |= (depth == _DEEPEST) | ~np.all(np.isfinite(values), 1)
        done.append((left[smooth], width[smooth], terms[smooth]))
        left, width = left[~smooth], width[~smooth] / 2
        left, width = np.concatenate([left, left + width]), np.tile(width, 2)
        if not len(left):
            break
    left, width, terms = (np.concatenate(parts) for parts in zip(*done, strict=True))
    order = np.argsort(left)
    left, width, terms = left[order], width[order], terms[order]

    def at(s: np.ndarray) -> np.ndarray:
        k = np.clip(np.searchsorted(left, s, side="right") - 1, 0, len(left) - 1)
        y = 2 * (s - left[k]) / width[k] - 1
        one, two = terms[k, _TERMS - 1], 0.0
        for n in range(_TERMS - 2, 0, -1):  # Clenshaw's recurrence
            one, two = terms[k, n] + 2 * y * one - two, one
        return terms[k, 0] + y * one - two

    return at
