"""Nodes for integrals over the law of the maximum: for whoever has an integrand of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from perturbtheory.numerics import leaves, namespace
from perturbtheory.potential.methods.quadrature import blocks

if TYPE_CHECKING:
    from jaxtyping import Float

    from perturbtheory.numerics import Array
    from perturbtheory.perturbations import AbstractPerturbation


def nodes(
    noise: AbstractPerturbation, theta: Any
) -> tuple[Float[Array, "chunks n"], Float[Array, "chunks n"]]:
    """(s, w) such that sum w h(s) is int h(s) ds for h = prod_j F_j(s - theta_j) times rates.

    Of continuous noise, for theta of shape ``(d,)``; NumPy arrays unless theta or a parameter of
    the noise is of JAX.

    Example:
        >>> import perturbtheory as pt
        >>> from perturbtheory import potential
        >>> import numpy as np
        >>> noise = pt.Normal()
        >>> s, w = potential.nodes(noise, np.zeros(2))
        >>> density = 2 * np.exp(noise.log_pdf(s) + noise.log_cdf(s))  # of the larger of two
        >>> round(float((w * density * s).sum()), 6)  # its mean, 1/sqrt(pi)
        0.56419
    """
    if namespace(theta, *leaves(noise)).traced:
        from perturbtheory.potential._rule import rule

        found: Any = rule(noise, theta)
        return found.nodes, found.weights
    parts = [make() for make in blocks(noise, theta)]
    s: Any = np.concatenate([block.s for block in parts])[None]
    weights: Any = np.concatenate([block.weights[0] for block in parts])[None]
    return s + theta.max(), weights
