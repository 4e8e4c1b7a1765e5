"""Control variates with a gradient of their own: REBAR and RELAX, unbiased for any control."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from perturbtheory.estimators._base import GUMBEL, TEMPERATURE, AbstractEstimator, Setting
from perturbtheory.estimators._draws import draw, one_hot
from perturbtheory.estimators._objective import Objective, as_pytree
from perturbtheory.estimators._score import score
from perturbtheory.numerics import divided, namespace, register, split
from perturbtheory.perturbations import EULER

if TYPE_CHECKING:
    from collections.abc import Callable

    from jaxtyping import Array, Float

    Control = Callable[[Float[Array, "*shape"]], Float[Array, "*batch"]]


@register
@dataclasses.dataclass(frozen=True, eq=False)
class Rebar(AbstractEstimator):
    """(f(z) - c(x~)) grad log p_z + grad c(x) - grad c(x~),  c(x) = scale f(softmax(x/t)).

    x = theta + gamma with z = e_argmax(x), and x~ the reparameterised x given z: see
    `given_argmax`. Unbiased for every t > 0 and every scale, and as good as f(softmax(x/t)) stands
    for f(z). Both numbers may be learnt while f is: the gradient of the variance is

        jax.grad(lambda estimator: jnp.sum(estimator(key, theta, f) ** 2))(estimator)

    without bias, for the square of the mean does not depend on them. Unit Gumbel noise only.

    Tucker, Mnih, Maddison, Lawson and Sohl-Dickstein (2017), with the categorical conditional of
    Grathwohl et al. (2018), appendix B.

    Args:
        temperature: t > 0.
        scale: the factor eta of the control variate, any finite number; 0 is `ScoreFunction()`.

    Raises:
        ValueError: for numbers out of their range; as every estimator.

    Example:
        >>> from perturbtheory import estimators as es
        >>> import jax
        >>> import jax.numpy as jnp
        >>> found = es.Rebar(0.5)(jax.random.key(0), jnp.zeros(3), jnp.array([1.0, 2.0, 4.0]))
        >>> found.shape
        (3,)
    """

    temperature: Float[Array, ""] | float = 0.5
    scale: Float[Array, ""] | float = 1.0
    relaxes: ClassVar[bool] = True
    settings: ClassVar[dict[str, Setting]] = {
        "temperature": TEMPERATURE,
        "scale": Setting(lambda x: abs(x) < np.inf, "be finite", "1.0 is the usual scale"),
    }

    def _estimate(self, key: Any, theta: Float[Array, "... K"], objective: Objective) -> Array:
        import jax

        t, scale = (jax.numpy.asarray(x, theta.dtype) for x in (self.temperature, self.scale))

        def control(x: Array) -> Array:
            return scale * objective(jax.nn.softmax(divided(x, t)))

        return _controlled(key, theta, objective, control)


@register
@dataclasses.dataclass(frozen=True, eq=False)
class Relax(AbstractEstimator):
    """(f(z) - c(x~)) grad log p_z + grad c(x) - grad c(x~) for any differentiable c.

    x, x~ and z are those of `Rebar`, which is c(x) = scale f(softmax(x/t)). Unbiased for every c,
    of which nothing else is asked; f is evaluated at z alone. c is a pytree: its parameters are
    learnt by the gradient of the variance,

        control = jax.tree_util.Partial(network, parameters)  # network(parameters, x)
        square = lambda estimator, key: jnp.sum(estimator(key, theta, f) ** 2)
        slope = jax.grad(square)(Relax(control), key).control  # a Partial again, of gradients

    Grathwohl, Choi, Wu, Roeder and Duvenaud (2018), section 3.

    Args:
        control: c, a function of x of theta's shape that returns the shape of f's values. A plain
            function is wrapped in `jax.tree_util.Partial`; a Partial and an Equinox module serve
            as they are.

    Raises:
        ValueError: for theta with -inf, at which a control may have no value: give the category a
            finite logit far below the others; for a control that is no function or returns another
            shape; as every estimator.

    Example:
        >>> from perturbtheory import estimators as es
        >>> import jax
        >>> import jax.numpy as jnp
        >>> control = jax.tree_util.Partial(lambda x: jnp.sum(jnp.tanh(x)))
        >>> es.Relax(control)(jax.random.key(0), jnp.zeros(3), jnp.array([1.0, 2.0, 4.0])).shape
        (3,)
    """

    control: Any
    masks: ClassVar[bool] = False
    """A control of one's own may have no value at -inf."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "control", as_pytree(self.control))

    def _estimate(self, key: Any, theta: Float[Array, "... K"], objective: Objective) -> Array:
        if not callable(self.control):
            msg = (
                f"`control` must be a function of the perturbed logits, got {self.control!r}; "
                "Rebar brings one of its own"
            )
            raise ValueError(msg)
        import jax
        import jax.numpy as jnp

        out = jax.eval_shape(self.control, theta)
        if not isinstance(out, jax.ShapeDtypeStruct) or out.shape != objective.batch:
            got = getattr(out, "shape", type(out).__name__)
            msg = (
                f"`control` must return the shape of the values of f, {objective.batch}, got "
                f"{got}; sum over the latents and categories"
            )
            raise ValueError(msg)
        return _controlled(
            key, theta, objective, lambda x: jnp.asarray(self.control(x)).astype(theta.dtype)
        )


def _controlled(
    key: Array, theta: Float[Array, "*shape"], objective: Objective, control: Control
) -> Float[Array, "*shape"]:
    """E[c(x~) grad log p_z + grad c(x~)] = grad E[c(x)]: what is added has mean zero."""
    import jax

    first, second = split(key)
    gamma, other = draw(GUMBEL, first, theta), draw(GUMBEL, second, theta)
    z = one_hot(theta + gamma)

    def difference(theta: Array) -> tuple[Array, Array]:
        conditional = control(given_argmax(theta, z, other))
        return jax.numpy.sum(control(theta + gamma) - conditional), conditional

    slope, conditional = jax.grad(difference, has_aux=True)(theta)
    rest = objective.on_rows(objective(z) - conditional)
    return rest * score(GUMBEL, theta, z) + slope


def given_argmax(
    theta: Float[Array, "... K"], z: Float[Array, "... K"], gumbel: Float[Array, "... K"]
) -> Float[Array, "... K"]:
    """x~ with the law of theta + gamma given its arg max z, from independent Gumbel noise g.

        x~_i = log S + g_i                                       if z_i = 1,   S = sum_j e^theta_j
        x~_i = -log(e^-(log S + g_z) + e^-(theta_i + g_i))       otherwise

    up to the constant that makes the mean of g zero. The maximum is Gumbel with location log S and
    independent of z; the others are Gumbel with location theta_i, truncated at it.
    Grathwohl et al. (2018), appendix B, in logarithms; Maddison, Tarlow and Minka (2014).
    """
    xp, standard = namespace(theta), gumbel + EULER
    top = xp.logsumexp(theta, -1, keepdims=True) + standard
    winner = xp.sum(z * top, -1, keepdims=True)
    open_ = theta != -xp.inf
    truncated = -xp.logaddexp(-winner, -(xp.where(open_, theta, 0.0) + standard))
    return xp.where(z > 0, top, xp.where(open_, truncated, -xp.inf)) - EULER
