"""`Potential`: the expected maximum of theta + noise, with its gradient and Hessian."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from perturbtheory.checks import as_vectors, require_one_of
from perturbtheory.estimate import Estimate, Kind
from perturbtheory.numerics import is_jax, is_known, leaves, namespace, register
from perturbtheory.potential import _rows_of
from perturbtheory.potential._arguments import (
    is_written_in_jax,
    of_one_shape,
    on_the_simplex,
    refuse_infinite_mean,
    refuse_tie,
    require_noise,
)
from perturbtheory.potential._estimates import estimate_of
from perturbtheory.potential._shown import ShownPotential
from perturbtheory.potential._subdifferential import (
    Subdifferential,
    as_rational,
    gradient_alone,
    of_atoms,
)
from perturbtheory.potential.methods import computed, method_of

if TYPE_CHECKING:
    from jax.typing import ArrayLike
    from jaxtyping import Float

    from perturbtheory.numerics import Array


@register
@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Potential(ShownPotential):
    """f(theta) = E[max_i(theta_i + noise_i)], a convex function of theta in R^d.

    Made by `expected_max` and by `expected_logsumexp`, whose noise is gamma + t G. Every method
    takes theta of shape ``(..., d)`` and treats leading dimensions as a batch. Numbers, lists,
    NumPy arrays and Series are computed with in float64 and answered in NumPy, at once. JAX arrays,
    as theta or as a parameter of the noise, are answered in JAX, in their dtype; then all methods
    work under ``jit``, ``vmap``, ``grad``, ``jacobian`` and ``hessian``, and 16-bit arrays are
    computed with in 32-bit. Value, p and log p (p > 1e-26) have one derivative in parameters too.

    theta_i = -inf masks category i, as in logits: p_i = 0, log p_i = -inf, and all else is as
    without it. Methods raise ValueError for theta that is scalar, empty, complex, text, NaN, +inf
    or masked everywhere, or that does not fit the shape ``(d,)`` of the noise's parameters;
    values known only when a traced computation runs give NaN in every entry instead.
    """

    noise: Any  # AbstractPerturbation, or AbstractDependentNoise

    def __post_init__(self) -> None:
        require_noise("noise", self.noise)

    def __call__(self, theta: Float[ArrayLike, "... d"]) -> Float[Array, "..."]:
        """f(theta) = E[max_i(theta_i + noise_i)], shape ``(...)``; paper A, (6) and (12).

        Raises ValueError if the noise has no finite mean: then no potential exists, but
        `probabilities`, `hessian` and the difference `anchored` do.
        """
        self._require_mean()
        return self._answer("value", self._theta(theta))

    def probabilities(self, theta: Float[ArrayLike, "... d"]) -> Float[Array, "... d"]:
        """p_i(theta) = P(argmax_j(theta_j + noise_j) = i), the gradient of f; paper A, (7), (13).

        Not negative, sums to one. Under discrete noise coordinates can tie; ties are then broken
        fairly, p_i = E[1{i in A} / |A|] for A the set of maximisers: one subgradient, the same
        that JAX takes for the maximum itself. `has_tie` says where this happens.
        """
        return self._answer("probabilities", self._theta(theta))

    def log_probabilities(self, theta: Float[ArrayLike, "... d"]) -> Float[Array, "... d"]:
        """log p_i(theta), finite where p_i itself underflows; shape of theta.

        -inf only where category i cannot win: masked, or out of reach under bounded noise. The
        gradient, zero there, does not underflow; beyond 1,024 categories it is for `grad` alone.
        """
        return self._answer("log_probabilities", self._theta(theta))

    def hessian(self, theta: Float[ArrayLike, "... d"]) -> Float[Array, "... d d"]:
        """H(theta), the Laplacian of the graph with weights -H_ij >= 0; shape ``(..., d, d)``.

        Symmetric, positive semidefinite, rows sum to zero. In NumPy, up to 1,000 categories, a row
        is right in relation to itself however small p_i is. Infinite, which no number says, where
        densities are so at one place. Zero for discrete noise; ValueError at its ties, or NaN.
        """
        vectors = self._theta(theta)
        self.require_no_tie(vectors)
        return self._answer("hessian", vectors)

    def hvp(
        self, theta: Float[ArrayLike, "... d"], v: Float[ArrayLike, "... d"]
    ) -> Float[Array, "... d"]:
        """H(theta) v without forming H, in one pass; v has the shape of theta."""
        pair = of_one_shape(self._theta(theta), "v", as_vectors("v", v))
        self.require_no_tie(pair[0])
        return self._answer("hvp", *pair)

    def score(
        self, theta: Float[ArrayLike, "... d"], counts: Float[ArrayLike, "... d"]
    ) -> Float[Array, "... d"]:
        """grad sum_i n_i log p_i(theta) = H(theta) (n / p): of a log-likelihood; shape of theta.

        n has the shape of theta: counts, or one-hot for one choice; categories that cannot win have
        no part. ValueError for n of another length or not finite, and at a tie of discrete noise.
        """
        pair = of_one_shape(self._theta(theta), "counts", as_vectors("counts", counts))
        self.require_no_tie(pair[0])
        return self._answer("score", *pair)

    def entropy(self, theta: Float[ArrayLike, "... d"]) -> Float[Array, "..."]:
        """H(p(theta)) = -sum_i p_i log p_i in nats, between 0 and log d; shape ``(...)``.

        log d - H is the KL from the arg max to a uniform prior, the term of a discrete VAE. The
        gradient is -H(theta) log p. In 32-bit, for noise that one trapezoidal rule serves, both
        come from one pass of fewer nodes, both to about 1e-5. Under discrete noise, where p
        jumps, the gradient is zero, and NaN at a tie.
        """
        return self._answer("entropy", self._theta(theta))

    def has_tie(self, theta: Float[ArrayLike, "... d"]) -> Array:
        """Whether two coordinates share the maximum with positive probability, shape ``(...)``.

        There f has a kink. Positions theta_i + atom count as equal within eight units in the
        last place. Always False for continuous noise.
        """
        return self._answer("tie", self._theta(theta))

    def anchored(self, theta: Float[ArrayLike, "... d"]) -> Float[Array, "..."]:
        """f(theta) - f(0) = E[max(theta + noise) - max(noise)], which needs no moment at all.

        It has the gradient and Hessian of f and exists under every noise, Cauchy included.
        """
        return self._answer("anchored", self._theta(theta))

    def subdifferential(self, theta: Float[ArrayLike, "d"]) -> Subdifferential:
        """All subgradients at theta of shape ``(d,)``, as a set; paper A, (13) and (68).

        {p(theta)} for continuous noise. For discrete noise the base polytope
        E[conv{e_i : i in A}] with A the set of maximisers, from sorted positions and not from
        outcomes. Where theta is a list of ints or `fractions.Fraction`, ties and answers are
        exact; floats tie within eight units in the last place.
        """
        rational = as_rational(theta)
        noise: Any = self.noise  # with `atoms` and `weights`, if it is not continuous
        if rational is not None and not noise.continuous:
            self.require_dimension("theta", len(rational))
            return of_atoms(noise, rational)
        known = self._theta(theta if rational is None else [float(x) for x in rational])
        if known.ndim != 1:
            msg = f"`theta` must have shape (d,), got {known.shape}; ask for one set at a time"
            raise ValueError(msg)
        if not is_known(known):
            msg = "`theta` must be known: a set cannot be traced by jax.jit, jax.vmap or jax.grad"
            raise TypeError(msg)
        if not noise.continuous:
            return of_atoms(noise, known)
        found = self.estimate_probabilities(known)
        return gradient_alone(np.asarray(found.value), np.asarray(found.radius))

    def parameters(
        self, p: Float[ArrayLike, "... d"], gauge: Literal["sum", "first"] = "sum"
    ) -> Float[Array, "... d"]:
        """theta(p) with p(theta(p)) = p: the inverse of `probabilities`; same shape as p.

        theta is unique up to a constant: ``gauge="sum"`` fixes sum theta = 0, ``"first"``
        theta_1 = 0. For bounded noise, where other theta give a p on the boundary, an interior p
        has one theta still: that with max_k(theta_k + l_k) < theta_i + u_i for every i. Newton's
        method on log-ratios; derivatives by the implicit function theorem along the simplex.
        Raises ValueError for p outside the simplex or on its boundary, for discrete noise, whose
        inverse is neither single-valued nor onto, and where no theta that the precision can hold
        gives p: entries above 1e-30 (in JAX 1e-20 in 32-bit) have one, smaller ones may.
        """
        require_one_of("gauge", gauge, ("sum", "first"))
        if not self.noise.continuous:
            msg = (
                f"`parameters` has no answer under {self.noise}: p(theta) is piecewise constant, "
                "so that no theta gives p, or many do; use a temperature > 0, or one of "
                "`subdifferential`, `conjugate` and `fenchel_young`, which are defined"
            )
            raise ValueError(msg)
        return self._answer(f"parameters_{gauge}", self._p(p, interior=True))

    def conjugate(self, p: Float[ArrayLike, "... d"]) -> Float[Array, "..."]:
        """f*(p) = sup_theta <p, theta> - f(theta), shape ``(...)``; sum p log p for Gumbel noise.

        Finite on the closed simplex, where entries may be zero; its gradient is theta(p) with
        sum zero, where p_i = 0 the number -1e100 (-1e25 in 32-bit) for minus infinity; second
        derivatives there are those along the face.
        Paper A, Corollary 9.2; Chiong, Galichon and Shum (2016).
        Raises ValueError for p outside the simplex and for noise without finite mean.
        """
        self._require_mean()
        return self._answer("conjugate", self._p(p, interior=False))

    def fenchel_young(
        self, theta: Float[ArrayLike, "... d"], p: Float[ArrayLike, "... d"]
    ) -> Float[Array, "..."]:
        """L(theta, p) = f(theta) + f*(p) - <p, theta> >= 0, zero exactly where p = p(theta).

        Its gradient in theta is p(theta) - p; for Gumbel noise it is KL(p || softmax(theta)).
        p may be a vertex of the simplex, as labels are. Infinite where p_i > 0 and i is masked, for
        i can never win. Near a match rounding leaves about 1e-16 (1 + |f|). JAX compiles the
        inverse map for f*(p), which takes seconds: f(theta) - <p, theta> has the same gradient in
        theta and does without.
        Blondel, Martins and Niculae (2020); Berthet et al. (2020).
        Raises ValueError for p outside the simplex and, for noise without finite mean, on its
        boundary, where the loss is infinite.
        """
        vectors = on_the_simplex(as_vectors("p", p), p, interior=not self._has_mean)
        pair = of_one_shape(self._theta(theta), "p", vectors)
        return self._answer("fenchel_young", *pair)

    def estimate(self, theta: Float[ArrayLike, "... d"]) -> Estimate:
        """f(theta) with a radius: |f(theta) - value| <= radius.

        The radius is what doubling the number of nodes changes, plus the probability mass the
        rule fails to find, plus a bound on rounding; discrete noise and Gumbel noise of one
        scale need no rule and carry the bound on rounding alone. Under three and more factors it
        is one of confidence, which the estimate states.
        """
        self._require_mean()
        return self._estimate("value_estimate", theta)

    def estimate_probabilities(self, theta: Float[ArrayLike, "... d"]) -> Estimate:
        """p(theta) with a radius for every entry, made as for `estimate`."""
        return self._estimate("probability_estimate", theta)

    def _estimate(self, question: str, theta: Any) -> Estimate:
        vectors = self._theta(theta)
        value, radius = self._answer(question, vectors)
        return estimate_of(self.noise, value, radius, math.prod(vectors.shape[:-1]))

    @property
    def kind(self) -> Kind:
        """By which means the numbers are computed."""
        return method_of(computed(self.noise)).kind

    def _theta(self, theta: Any) -> Any:
        vectors = as_vectors("theta", theta, masked=True)
        self.require_dimension("theta", vectors.shape[-1])
        return vectors

    def _p(self, p: Any, *, interior: bool) -> Any:
        vectors = on_the_simplex(as_vectors("p", p), p, interior=interior)
        self.require_dimension("p", vectors.shape[-1])
        return vectors

    def _answer(self, question: str, *vectors: Any) -> Any:
        """The answer to a question about every row: in JAX if an array of JAX's is among them."""
        xp = namespace(*vectors, *leaves(self.noise))
        if not xp.traced and is_written_in_jax(self.noise):
            import jax.numpy as jnp

            vectors = tuple(jnp.asarray(v) for v in vectors)
            xp = namespace(*vectors)
        if not xp.traced:
            return _rows_of.answer(question, computed(self.noise), *np.broadcast_arrays(*vectors))
        from perturbtheory.potential import _compiled

        arrays = [v for v in vectors if is_jax(v)] or [
            leaf for leaf in leaves(self.noise) if is_jax(leaf)
        ]
        dtype = arrays[0].dtype
        vectors = xp.broadcast_arrays(*(xp.asarray(v, dtype) for v in vectors))
        return _compiled.answer(question, computed(self.noise), *vectors)

    def require_dimension(self, name: str, dimension: int) -> None:
        """Raise ValueError unless vectors of this dimension fit the parameters of the noise."""
        shape = self.noise.shape
        if shape and shape != (dimension,):
            msg = (
                f"`{name}` must have {shape[0]} entries, one for each coordinate of the "
                f"perturbation's parameters, got {dimension}"
            )
            raise ValueError(msg)

    @property
    def _has_mean(self) -> bool:
        """False only if it is known that there is none."""
        finite = self.noise.finite_mean
        return not is_known(finite) or bool(finite)

    def _require_mean(self) -> None:
        if not self._has_mean:
            refuse_infinite_mean(self.noise)

    def require_no_tie(self, theta: Any) -> None:
        """Raise ValueError at a known tie of discrete noise, where there is no Hessian."""
        if not self.noise.continuous:
            refuse_tie(self.has_tie(theta), theta, self.noise)
