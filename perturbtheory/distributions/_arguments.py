"""What the distributions demand of theta, and of batches that meet."""

from typing import Any

import numpy as np

from perturbtheory.checks import as_vectors
from perturbtheory.potential import Potential


def parameters_of(potential: Potential, theta: Any) -> Any:
    """`theta` as floating vectors that fit the noise; raises ValueError for what is none."""
    vectors = as_vectors("theta", theta, masked=True)
    potential.require_dimension("theta", vectors.shape[-1])
    return vectors


def joint_shape(name: str, shape: tuple[int, ...], batch: tuple[int, ...]) -> tuple[int, ...]:
    """The shape to which that of `name` and the batch of theta broadcast, or ValueError."""
    try:
        return np.broadcast_shapes(shape, batch)
    except ValueError as error:
        msg = (
            f"`{name}` must broadcast against the batch of theta, {batch}, got shape {shape}; "
            "give one per row, or add axes of length one"
        )
        raise ValueError(msg) from error
