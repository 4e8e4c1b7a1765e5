"""log p(x|z) of every image and every state: one pass of the decoder, and one product."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from perturbtheory.models.vae import DiscreteVAE
from perturbtheory.models.vae.structured._states import bits

_AT_ONCE = 4096
"""States whose pixels are held at a time."""


class Table(NamedTuple):
    """log p(x|z_s) = x W r_s + x b - c_s,  r_s the hidden units of state s.

    Attributes:
        hidden: r, a row for each state.
        weight: W, of the last layer.
        bias: b, of the last layer.
        constant: c_s = sum over pixels of log(1 + e^l), l = W r_s + b.

    Example:
        >>> import jax
        >>> from perturbtheory.models.vae import structured
        >>> model = structured.PairwiseVAE(2, hidden=5, key=jax.random.key(0))
        >>> structured.table(model).constant.shape
        (4,)
    """

    hidden: Float[Array, "S H"]
    weight: Float[Array, "784 H"]
    bias: Float[Array, "784"]
    constant: Float[Array, "S"]

    def log_likelihoods(self, x: Float[Array, "B 784"]) -> Float[Array, "B S"]:
        """log p(x|z) for all states z, in their order.

        Two products, of (B x 784) by (784 x H) and of (B x H) by (H x S): for 300 hidden units
        less than half of one by all pixels of all states.
        """
        return (x @ self.weight) @ self.hidden.T + (x @ self.bias)[:, None] - self.constant


@eqx.filter_jit
def table(model: DiscreteVAE) -> Table:
    """The decoder at all 2^n states; the image does not enter it.

    Example:
        >>> import jax
        >>> from perturbtheory.models.vae import structured
        >>> model = structured.PairwiseVAE(2, hidden=5, key=jax.random.key(0))
        >>> structured.table(model).hidden.shape
        (4, 5)
    """
    first, last = model.decoder.layers
    count = 2**model.latents

    def row(state: Array) -> tuple[Array, Array]:
        hidden = jax.nn.relu(first(bits(state, model.latents).reshape(-1)))
        return hidden, jnp.sum(jax.nn.softplus(last(hidden)))

    at_once = min(count, _AT_ONCE)
    hidden, constant = jax.lax.map(row, jnp.arange(count), batch_size=at_once)
    bias = jnp.zeros(len(last.weight), last.weight.dtype) if last.bias is None else last.bias
    return Table(hidden, last.weight, bias, constant)
