"""What an estimator is: a pure function of a key, whose mean is near the gradient of E[f(z)]."""

from __future__ import annotations

import abc
import dataclasses
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from perturbtheory.checks import as_vectors, parameter, require
from perturbtheory.estimators._arguments import flag
from perturbtheory.estimators._draws import constant, draw, one_hot, require_key
from perturbtheory.estimators._objective import Objective, as_pytree, first_of_each
from perturbtheory.estimators._states import by_values, require_enumerable
from perturbtheory.numerics import is_jax, is_known, leaves, namespace
from perturbtheory.perturbations import AbstractPerturbation, Gumbel
from perturbtheory.potential import expected_max

if TYPE_CHECKING:
    from collections.abc import Callable

    from jax.typing import ArrayLike
    from jaxtyping import Array, Float

    from perturbtheory.estimators._objective import Values

GUMBEL = Gumbel()
"""The noise of both papers, under which the arg max has the law softmax(theta)."""


class Setting(NamedTuple):
    """What a number among an estimator's fields must be; see `perturbtheory.checks.require`."""

    good: Callable[[Any], Any]
    what: str
    way_out: str


TEMPERATURE = Setting(
    lambda x: (x > 0) & (x < np.inf),
    "be positive and finite",
    "pass a temperature > 0; temperature 0 is `Exact()` or `StraightThrough()`",
)


class AbstractEstimator(abc.ABC):
    """estimator(key, theta, f) estimates grad_theta sum E[f(z)], z = e_argmax(theta + gamma).

    theta has shape ``(*batch, *latents, K)``: each row holds the logits of one categorical latent,
    perturbed by noise of its own. f is either

    - values that broadcast to theta's shape, f(z) = <values, z> row by row: then all leading axes
      are a batch; or
    - a function of z of theta's shape that returns the shape of the batch, each value depending on
      its own element of the batch only. The axes between the batch and K are latents that share
      this one f: a decoder takes z of shape (B, N, K) and returns (B,).

    Under Gumbel noise, the default, P(z = e_k) = softmax(theta)_k. The estimate has theta's shape
    and dtype, and is a pure function of the key, theta, f and of the numbers among the estimator's
    fields, which are leaves of a pytree: they may be traced, scheduled and differentiated. All of
    it works under ``jit``, ``vmap`` and ``grad``. Where an estimator holds a noise, differentiate
    in the number and not in the whole estimator: a perturbation refuses a gradient as its scale.
    theta_k = -inf masks category k, as in logits: it is never drawn, and its estimate is zero.
    What draws nothing, `Exact` and `moments`, answers in NumPy unless there is an array of JAX
    among the arguments and fields, or f answers with one.

    Subclasses are final: frozen dataclasses under `perturbtheory.register`. Numbers are checked
    when an estimator is called and not when it is made, for a gradient with respect to an
    estimator is one too, with any numbers in it. Values known only when a traced computation runs
    give NaN if they are invalid.

    Raises:
        ValueError: for theta that is scalar, empty, NaN, +inf, masked everywhere in a row or of one
            category; for settings out of their range; for f that does not fit, see `Objective`;
            for a key that is none.
        TypeError: for noise that is no perturbation.

    Example:
        >>> from perturbtheory import estimators as es
        >>> rule = es.Direct(epsilon=0.5)
        >>> rule.unbiased, rule.moments([0.0, 0.0], [0.0, 1.0])[0].round(4).tolist()
        (False, [-0.2449, 0.2449])
    """

    unbiased: ClassVar[bool] = True
    """Whether the mean of the estimate is the gradient, for every f."""
    relaxes: ClassVar[bool] = False
    """Whether f is differentiated, so that it must be smooth on the whole simplex."""
    random: ClassVar[bool] = True
    """Whether the estimate depends on the key."""
    needs: ClassVar[tuple[str, ...]] = ()
    """What the noise must declare about itself: continuous, smooth, positive."""
    categories: ClassVar[int | None] = None
    """The only K that it serves, or None."""
    masks: ClassVar[bool] = True
    """Whether theta_k may be -inf."""
    enumerates: ClassVar[bool] = False
    """Whether its moments for a function are sums over all z; for one latent most have them."""
    settings: ClassVar[dict[str, Setting]] = {}
    """The numbers among the fields."""

    @property
    def law(self) -> AbstractPerturbation:
        """The noise gamma: the field `noise`, and unit Gumbel where there is none."""
        return getattr(self, "noise", GUMBEL)

    def __call__(
        self, key: Array | None, theta: Float[ArrayLike, "... K"], f: Values
    ) -> Float[Array, "... K"]:
        """One estimate, of the shape of theta."""
        theta = self._given(key, theta, f)
        objective = Objective.of(theta, f)
        estimate = self._estimate(key, theta, objective)
        inner = tuple(range(objective.lead, theta.ndim))
        xp = namespace(theta, estimate)
        # Where a category cannot win nothing depends on its logit.
        estimate = xp.where(theta != -xp.inf, estimate, xp.zeros_like(estimate))
        return self._where_valid(theta, inner, estimate)

    def surrogate(
        self, key: Array | None, theta: Float[ArrayLike, "... K"], f: Values
    ) -> Float[Array, "*batch"]:
        """f(z) + <theta - [theta], [estimate]>, with [.] held constant and z drawn by the key.

        What a training loop differentiates: the value is that of f at one draw, the derivative in
        theta is the estimate, and in whatever f is made of, such as a decoder, that of f(z). Exact
        sums f over p; Relaxed has f(s) itself. One value for each element of the batch.
        Raises as a call does.
        """
        theta = self._given(key, theta, f)
        value = self._surrogate(key, theta, f)
        xp = namespace(theta)
        inner = tuple(range(value.ndim, theta.ndim))
        valid = xp.all(self._open(theta), inner) & self._valid()
        # A factor and not a choice: the derivative of a choice would be zero.
        return value * xp.where(valid, 1.0, xp.nan).astype(value.dtype)

    def _surrogate(self, key: Any, theta: Float[Array, "... K"], f: Values) -> Array:
        import jax

        held, frozen = constant((theta, as_pytree(f)))
        estimate = jax.lax.stop_gradient(self(key, held, frozen))
        objective = Objective.of(theta, f)
        inner = tuple(range(objective.lead, theta.ndim))
        moved = jax.numpy.where(held != -jax.numpy.inf, theta - held, 0.0)
        slope = jax.numpy.sum(moved * estimate, inner)
        return objective(one_hot(held + draw(self.law, key, held))) + slope

    def moments(
        self, theta: Float[ArrayLike, "... K"], values: Values
    ) -> tuple[Float[Array, "... K"], Float[Array, "... K"]]:
        """(mean, variance) of one estimate, entry by entry and exactly; mean - `Exact` is the bias.

        `values` is f: values; a function of one latent, unless it is differentiated; or a function
        of 65536 joint states at most, where the estimator `enumerates` them.

        Raises ValueError where no closed form is known, and as a call does.
        """
        given = self.check(theta)
        if callable(values) and self.relaxes and not is_jax(given):
            given = _to_jax(given)
        given = self._beside_answer(given, values)
        xp = namespace(given)
        # Differences of probabilities want all the digits there are.
        wide = given.astype(xp.result_type(float))
        objective = Objective.of(wide, values)
        if callable(values) and self.enumerates:
            require_enumerable(objective)
        elif callable(values):
            objective = by_values(objective, xp, type(self).__name__, relaxes=self.relaxes)
        found = self._moments(wide, objective)
        axes = tuple(range(objective.lead, given.ndim))
        mean, variance = (self._where_valid(given, axes, x).astype(given.dtype) for x in found)
        return mean, variance

    @abc.abstractmethod
    def _estimate(self, key: Any, theta: Float[Array, "... K"], objective: Objective) -> Array:
        """One estimate for arguments that have been checked."""

    def _moments(self, theta: Float[Array, "... K"], objective: Objective) -> tuple[Array, Array]:
        del theta, objective
        msg = (
            f"`moments` must have a closed form, got {self!r}, which has none; "
            "`measure` estimates mean and variance with their errors"
        )
        raise ValueError(msg)

    def _given(self, key: Any, theta: Any, f: Any) -> Float[Array, "... K"]:
        """Theta after all checks, as an array of JAX where draws or anything else are of JAX."""
        theta = self.check(theta)
        if self.random:
            require_key(key)
            return theta if is_jax(theta) else _to_jax(theta)
        return self._beside_answer(theta, f)

    def _beside_answer(self, theta: Any, f: Any) -> Float[Array, "... K"]:
        """Theta in JAX if one of the fields, the values or what f answers is."""
        if callable(f) and not is_jax(theta):
            # What a function makes of a NumPy array says to which library it belongs.
            z: Any = first_of_each(theta)
            return self._beside(theta, f(z))
        return self._beside(theta, f)

    def _beside(self, theta: Any, values: Any) -> Float[Array, "... K"]:
        """Theta in JAX if one of the fields or values is."""
        if is_jax(theta) or not any(map(is_jax, (*leaves(self), *_flat(values)))):
            return theta
        return _to_jax(theta)

    def check(self, theta: Any) -> Float[Array, "... K"]:
        """Theta as floating numbers; raises for whatever is known to be wrong before f is seen."""
        theta = as_vectors("theta", theta, masked=self.masks)
        count = theta.shape[-1]
        if theta.size == 0:
            msg = f"`theta` must have at least one entry, got shape {theta.shape}; pass logits"
            raise ValueError(msg)
        if count < 2:
            msg = (
                "`theta` must have at least two categories on its last axis, got shape "
                f"{theta.shape}; one category has no gradient"
            )
            raise ValueError(msg)
        name = type(self).__name__
        if self.categories not in (None, count):
            msg = (
                f"`theta` must have {self.categories} categories for {name}, got shape "
                f"{theta.shape}; ScoreFunction, Rebar and Relax take any number"
            )
            raise ValueError(msg)
        self._check_fields(name)
        expected_max(self.law).require_dimension("theta", count)
        return theta

    def _check_fields(self, name: str) -> None:
        if not isinstance(self.law, AbstractPerturbation):
            msg = (
                f"`noise` must be a perturbation such as pt.Gumbel(), got {self.law!r}; "
                "wrap a frozen scipy.stats distribution in pt.FromScipy"
            )
            raise TypeError(msg)
        for need in self.needs:
            if not getattr(self.law, need):
                msg = (
                    f"`noise` must be {' and '.join(self.needs)} for {name}, got {self.law!r}, "
                    f"which is not {need}; use Direct or Relaxed, which take any noise"
                )
                raise ValueError(msg)
        for field, setting in self.settings.items():
            value = parameter(field, getattr(self, field))
            if not (is_known(value) or is_jax(value)):
                msg = f"`{field}` must be a number, got {value!r}; {setting.way_out}"
                raise ValueError(msg)
            require(field, value, *setting, most=0)
            if np.ndim(value) != 0:
                msg = f"`{field}` must be a number, got shape {np.shape(value)}; pass one number"
                raise ValueError(msg)
        for field in dataclasses.fields(self):  # pyright: ignore[reportArgumentType]
            if isinstance(field.default, bool):
                flag(field.name, getattr(self, field.name))

    def _valid(self) -> Array:
        """Whether the numbers among the fields are what they must be; some are traced."""
        good = [setting.good(getattr(self, field)) for field, setting in self.settings.items()]
        checks = [self.law.valid, *good]
        xp = namespace(*checks)
        return xp.all(xp.stack([xp.asarray(check) for check in checks]))

    def _open(self, theta: Any) -> Array:
        """Whether a logit is finite, or masked in a row that is not masked everywhere."""
        xp = namespace(theta)
        if not self.masks:
            return xp.isfinite(theta)
        return (theta < xp.inf) & xp.any(theta > -xp.inf, -1, keepdims=True)

    def _where_valid(self, theta: Any, axes: Any, answer: Any) -> Array:
        xp = namespace(theta, answer)
        valid = xp.all(self._open(theta), axes, keepdims=True) & self._valid()
        return xp.where(valid, answer, xp.nan)


def _flat(values: Any) -> list[Any]:
    return [a for v in values for a in _flat(v)] if isinstance(values, list | tuple) else [values]


def _to_jax(theta: Any) -> Float[Array, "... K"]:
    import jax.numpy as jnp

    return jnp.asarray(theta)
