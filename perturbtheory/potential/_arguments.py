"""What the methods of a potential demand of theta, of p and of the noise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Never

import numpy as np

from perturbtheory.checks import require_one_shape, slack
from perturbtheory.numerics import is_jax, is_known, require_registered
from perturbtheory.perturbations import AbstractDependentNoise, require_perturbation

if TYPE_CHECKING:
    from perturbtheory.perturbations import AbstractPerturbation

_WRITTEN_IN_JAX: dict[type, bool] = {}


def require_noise(name: str, value: Any) -> None:
    """Raise TypeError unless `value` is a perturbation, or dependent noise, of a registered class.

    Example:
        >>> import perturbtheory as pt
        >>> from perturbtheory import potential
        >>> potential.require_noise("noise", pt.Normal())
    """
    if not isinstance(value, AbstractDependentNoise):
        require_perturbation(name, value)
    require_registered(name, value)


def is_written_in_jax(noise: AbstractPerturbation) -> bool:
    """Whether a law of somebody's own answers NumPy arrays with JAX arrays; asked once a class."""
    if not noise.independent:
        noise = getattr(noise, "noise", None)  # pyright: ignore[reportAssignmentType]
    if noise is None:  # nothing of it is somebody's own
        return False
    kind = type(noise)
    if kind not in _WRITTEN_IN_JAX:
        near, _ = noise.unshifted()  # the form in which the engine asks a law
        _WRITTEN_IN_JAX[kind] = is_jax(near.log_cdf(np.zeros(near.shape or (1,))))
    return _WRITTEN_IN_JAX[kind]


def of_one_shape(theta: Any, name: str, vectors: Any) -> tuple[Any, Any]:
    """(theta, vectors); raises ValueError unless they broadcast, with one last dimension."""
    if theta.shape[-1] != vectors.shape[-1]:
        shapes = f"{vectors.shape} and {theta.shape}"
        msg = f"`{name}` must have the last dimension of theta, got {shapes}"
        raise ValueError(msg)
    require_one_shape(**{"theta": theta, name: vectors})
    return theta, vectors


def on_the_simplex(p: Any, given: Any, *, interior: bool) -> Any:
    """`p`; raises ValueError unless every known row is a probability vector.

    `given` is what was passed for p, whose dtype says how far its sum may be rounded.
    """
    if not is_known(p):
        return p
    rows = np.asarray(p, np.float64).reshape(-1, p.shape[-1])
    if np.any(rows < 0):
        msg = f"`p` must not be negative, got {rows.min()}; pass a probability vector"
        raise ValueError(msg)
    off = np.abs(rows.sum(1) - 1)
    most = slack(np.float64)
    if np.any(off > most):
        most = slack(p.dtype if is_jax(p) else np.asarray(given).dtype)
    if np.any(off > most):
        msg = f"`p` must sum to one, got the sum {rows[off.argmax()].sum()}; divide by it"
        raise ValueError(msg)
    if interior and np.any(rows == 0):
        msg = (
            f"`p` must be positive, got {rows[(rows == 0).any(1)][0]} on the boundary of the "
            "simplex, which no finite theta reaches or many do; mix it with a little of the "
            "uniform distribution, or use `conjugate` or `fenchel_young` if the mean is finite"
        )
        raise ValueError(msg)
    return p


def refuse_infinite_mean(noise: Any) -> Never:
    """Raise ValueError where f itself does not exist, and say what does."""
    msg = (
        f"`perturbation` {noise} has no finite mean, so E[max(theta + gamma)] does "
        "not exist; `anchored(theta)` gives f(theta) - f(0), which does, and "
        "`probabilities` and `hessian` work as they are"
    )
    raise ValueError(msg)


def refuse_tie(tie: Any, theta: Any, noise: Any) -> None:
    """Raise ValueError where it is known that two coordinates tie."""
    if is_known(tie) and np.any(np.asarray(tie)):
        msg = (
            f"`theta` must have no tie where a Hessian is asked for, got {theta} under "
            f"{noise}: two coordinates share the maximum with positive probability and "
            "the gradient jumps; move theta, or smooth with a temperature > 0"
        )
        raise ValueError(msg)
