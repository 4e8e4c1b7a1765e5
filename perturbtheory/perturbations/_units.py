"""Which laws of one coordinate are the same, and where each coordinate stands in terms of them."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import numpy as np

from perturbtheory.perturbations._base import AbstractPerturbation


class Units(NamedTuple):
    """Coordinate i is shift_i + scale_i times the law number which_i."""

    laws: list[Any]
    which: np.ndarray
    shift: np.ndarray
    scale: np.ndarray


def key_of(law: AbstractPerturbation) -> tuple[Any, ...]:
    """What tells laws apart: their classes and their numbers, or what they say themselves."""
    own = getattr(law, "key", None)
    if own is not None:
        return own()
    parts: list[Any] = [type(law)]
    for field in dataclasses.fields(law):  # pyright: ignore[reportArgumentType]
        value = getattr(law, field.name)
        if isinstance(value, AbstractPerturbation):
            parts.append(key_of(value))
        elif field.metadata.get("static", False):
            parts.append(value)
        else:
            parts.append(np.asarray(value, float).tobytes())
    return tuple(parts)


class Keyed:
    """A law that hashes as its numbers do."""

    def __init__(self, law: Any, key: tuple[Any, ...]) -> None:
        self.law, self.key = law, key

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Keyed) and self.key == other.key
