"""A discrete VAE whose encoder couples its binary latents."""

from typing import Any, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from perturbtheory.checks import require_one_of
from perturbtheory.data import PIXELS
from perturbtheory.models.vae import DiscreteVAE
from perturbtheory.models.vae.structured._states import MOST

Couplings = Literal["none", "supermodular", "general"]
KINDS: tuple[Couplings, ...] = ("none", "supermodular", "general")


class PairwiseVAE(DiscreteVAE):
    """h(x, z) = sum_i theta_i(x)_z_i + sum_{i<j} alpha_ij(x) z_i z_j for n bits; p(z) = 2^-n.

    One network 784 -> FC -> ReLU -> 2n + n (n - 1)/2 gives both terms: alpha is what it gives
    ("general"), its softplus, which is not negative ("supermodular": the arg max is a minimum
    cut), or missing ("none": a `DiscreteVAE` of n latents with two categories, to the bit). The
    decoder takes the 2n entries of the one-hot bits. Paper B, section 5.2 and Figure 3.

    Args:
        latents: n, at most 20.
        couplings: "none", "supermodular" or "general".
        hidden: units between.
        key: of jax.random, for the start.

    Raises:
        ValueError: for another number or kind.

    Example:
        >>> import jax
        >>> from perturbtheory.models.vae import structured
        >>> model = structured.PairwiseVAE(3, hidden=5, key=jax.random.key(0))
        >>> [x.shape for x in model.terms(jax.numpy.zeros((4, 784), jax.numpy.float32))]
        [(4, 3, 2), (4, 3)]
    """

    couplings: Couplings = eqx.field(static=True)

    def __init__(
        self, latents: int, couplings: Couplings = "general", *, hidden: int = 300, key: Array
    ) -> None:
        require_one_of("couplings", couplings, KINDS)
        super().__init__(latents, 2, hidden=hidden, key=key)
        if latents > MOST:
            msg = (
                f"`latents` must be at most {MOST}, got {latents}: all 2^n states are enumerated; "
                "`DiscreteVAE` takes more, without couplings"
            )
            raise ValueError(msg)
        self.couplings = couplings
        if couplings != "none":
            options: dict[str, Any] = {"width_size": hidden, "depth": 1, "dtype": jnp.float32}
            code, first = 2 * latents + latents * (latents - 1) // 2, jax.random.split(key)[0]
            self.encoder = eqx.nn.MLP(PIXELS, code, key=first, **options)

    @property
    def independent(self) -> bool:
        return self.couplings == "none"

    def logits(self, x: Float[Array, "B 784"]) -> Float[Array, "B n 2"]:
        """theta(x), the unary terms."""
        return self.terms(x)[0]

    def terms(
        self, x: Float[Array, "B 784"]
    ) -> tuple[Float[Array, "B n 2"], Float[Array, "B P"] | None]:
        """(theta(x), alpha(x)), with None for couplings that are missing."""
        n, flat = self.latents, jax.vmap(self.encoder)(x)
        theta = flat[..., : 2 * n].reshape(*x.shape[:-1], n, 2)
        if self.independent:
            return theta, None
        alpha = flat[..., 2 * n :]
        return theta, jax.nn.softplus(alpha) if self.couplings == "supermodular" else alpha
