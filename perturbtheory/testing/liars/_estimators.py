"""Estimators that are wrong in one way each, most of them a slip that papers and code have had."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

from perturbtheory.estimators import AbstractEstimator, Objective, draw, one_hot
from perturbtheory.numerics import is_known, register
from perturbtheory.perturbations import AbstractPerturbation, Gumbel, Normal
from perturbtheory.testing.liars._kept import kept_in

_made: dict[str, tuple[AbstractEstimator, str]] = {}
liar = kept_in(_made)
_GUMBEL, _WIDE = Gumbel(), Gumbel(1.5)


def _drawn(rule: Any, key: Any, theta: Any) -> tuple[Any, Any]:
    """(z, softmax(theta)) for the noise of a rule."""
    import jax

    return one_hot(theta + draw(rule.law, key, theta)), jax.nn.softmax(theta, -1)


@register
@dataclasses.dataclass(frozen=True, eq=False)
class HonestScore(AbstractEstimator):
    """f(z) (z - softmax(theta)) under Gumbel noise, which breaks no law.

    Example:
        >>> from perturbtheory.testing import liars
        >>> import jax
        >>> import numpy as np
        >>> liars.HonestScore()(jax.random.key(0), np.zeros(2), np.array([0.0, 1.0])).shape
        (2,)
    """

    def _estimate(self, key: Any, theta: Any, objective: Objective) -> Any:
        z, p = _drawn(self, key, theta)
        return objective.on_rows(objective(z)) * (z - p)


@liar("unbiased for values")
class WrongSign(HonestScore):
    """It goes downhill."""

    def _estimate(self, key: Any, theta: Any, objective: Objective) -> Any:
        return -super()._estimate(key, theta, objective)


@liar("unbiased for values")
class Doubled(HonestScore):
    """It is twice the gradient."""

    def _estimate(self, key: Any, theta: Any, objective: Objective) -> Any:
        return 2 * super()._estimate(key, theta, objective)


@liar("unbiased for values")
class ScaleForgotten(HonestScore):
    """The score under Gumbel noise of scale 1.5, as if the scale were one."""

    noise: AbstractPerturbation = _WIDE


@liar("unbiased for values")
class SoftmaxOfNormal(HonestScore):
    """The score of the softmax under Normal noise, whose arg max has another law."""

    noise: AbstractPerturbation = dataclasses.field(default_factory=Normal)


@liar("nothing for a constant")
class OneHotScore(HonestScore):
    """The score without its mean: f(z) z."""

    def _estimate(self, key: Any, theta: Any, objective: Objective) -> Any:
        z, _ = _drawn(self, key, theta)
        return objective.on_rows(objective(z)) * z


@liar("unbiased for values")
class OwnBaseline(HonestScore):
    """The baseline is a mean over two samples, and contains the sample that it is taken from."""

    def _estimate(self, key: Any, theta: Any, objective: Objective) -> Any:
        import jax

        keys = jax.random.split(key)
        pairs = [_drawn(self, k, theta) for k in keys]
        values = [objective(z) for z, _ in pairs]
        middle = (values[0] + values[1]) / 2
        parts = [
            objective.on_rows(v - middle) * (z - p) for v, (z, p) in zip(values, pairs, strict=True)
        ]
        return (parts[0] + parts[1]) / 2


@liar("unbiased for a function")
class Linearised(HonestScore):
    """The exact gradient of the function's tangent: right for values, and for nothing else."""

    random: ClassVar[bool] = False

    def _estimate(self, key: Any, theta: Any, objective: Objective) -> Any:
        import jax

        del key
        p = jax.nn.softmax(theta, -1)
        slope = objective.gradient(p)
        return p * (slope - (p * slope).sum(-1, keepdims=True))


@liar("unbiased for several latents")
class FirstLatent(HonestScore):
    """The score of the first latent stands for those of all."""

    def _estimate(self, key: Any, theta: Any, objective: Objective) -> Any:
        z, p = _drawn(self, key, theta)
        values = objective.on_rows(objective(z))
        if objective.latents == 1:
            return values * (z - p)
        return values * (z - p)[:, :1] + 0 * z


@liar("rows are apart")
class SharedRows(HonestScore):
    """One value for the whole batch, less a constant: its mean is right, its rows depend."""

    def _estimate(self, key: Any, theta: Any, objective: Objective) -> Any:
        z, p = _drawn(self, key, theta)
        values = objective(z)
        return objective.on_rows(values.sum() + 0 * values) * (z - p)


@liar("key")
class IgnoredKey(HonestScore):
    """The same draw for every key."""

    def _estimate(self, key: Any, theta: Any, objective: Objective) -> Any:
        import jax

        del key
        return super()._estimate(jax.random.key(0), theta, objective)


@liar("key")
class SaysExact(HonestScore):
    """It draws, and declares that it does not."""

    random: ClassVar[bool] = False


@liar("shape and dtype")
class Widened(HonestScore):
    """Estimates in another precision than theta's."""

    def _estimate(self, key: Any, theta: Any, objective: Objective) -> Any:
        import jax.numpy as jnp

        found = super()._estimate(key, theta, objective)
        return found.astype(jnp.float16)


@liar("masked categories")
class MaskedTwin(HonestScore):
    """It renormalises over one category too few where one is masked."""

    def _estimate(self, key: Any, theta: Any, objective: Objective) -> Any:
        import jax.numpy as jnp

        found = super()._estimate(key, theta, objective)
        return jnp.where(jnp.any(theta == -jnp.inf, -1, keepdims=True), 1.5 * found, found)


@liar("moments")
class WrongMoments(HonestScore):
    """Its variance in closed form is that of two samples."""

    def _moments(self, theta: Any, objective: Objective) -> Any:
        from perturbtheory.estimators import ScoreFunction

        mean, variance = ScoreFunction().moments(theta, objective.f)
        return mean, variance / 2


@liar("surrogate")
class DetachedSurrogate(HonestScore):
    """Its surrogate has the value, and no slope in theta."""

    def _surrogate(self, key: Any, theta: Any, f: Any) -> Any:
        import jax

        return super()._surrogate(key, jax.lax.stop_gradient(theta), f)


@liar("compiled")
class OtherWhenCompiled(HonestScore):
    """What it gives when it is traced is larger by a tenth."""

    def __call__(self, key: Any, theta: Any, f: Any) -> Any:
        found = super().__call__(key, theta, f)
        return found if is_known(theta) else 1.1 * found


@liar("bad input")
class Unchecked(HonestScore):
    """It takes the place of a key, of logits and of values whatever they are."""

    def __call__(self, key: Any, theta: Any, f: Any) -> Any:
        try:
            return super().__call__(key, theta, f)
        except ValueError:
            return theta


ESTIMATORS = dict(_made)
