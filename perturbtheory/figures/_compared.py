"""Three objectives and every gradient estimator: bias, spread and cost of one estimate.

    linear      one latent of three categories, f(z) = <v, z>
    quadratic   one latent of two, f(z) = (z_2 - 0.45)^2, the example of Tucker et al. (2017)
    decoder     three latents of two, f(z) = log p(x | z) of four pixels under a linear decoder

In units of the length of the gradient of E[f(z)] under unit Gumbel noise. Bias and variance are
exact where `moments` has them, and else from 50,000 draws.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import numpy as np

from perturbtheory.estimators import (
    AbstractEstimator,
    Arm,
    Carms,
    Direct,
    DisArm,
    Exact,
    GappedStraightThrough,
    GumbelRao,
    PerturbedArgmax,
    Rebar,
    ReinMax,
    Relaxed,
    ScoreFunction,
    StraightThrough,
    measure,
)
from perturbtheory.numerics import namespace
from perturbtheory.perturbations import Gumbel

DRAWS = 50_000
TEMPERATURE = 0.5
"""Of all that relax z, and epsilon of the direct estimates."""
_ZERO = 1e-12
_DECODER = np.array([[1.5, -2.0, 0.5], [-1.0, 1.0, 2.0], [2.5, 0.5, -1.5], [0.5, 1.5, 1.0]])
_PIXELS = np.array([1.0, 0.0, 1.0, 1.0])


class Problem(NamedTuple):
    """An objective f of latents with logits theta; `values` are those of a linear f."""

    title: str
    theta: np.ndarray
    f: Callable[[Any], Any]
    values: np.ndarray | None = None


_VALUES = np.array([-1.5, 0.25, 2.0])


def _linear(z: Any) -> Any:
    return z @ _VALUES


def _quadratic(z: Any) -> Any:
    return (z[..., 1] - 0.45) ** 2


def _decoder(z: Any) -> Any:
    xp = namespace(z)
    logits = xp.asarray(_DECODER) @ z[..., 1] - 0.5
    return xp.sum(_PIXELS * logits - xp.logaddexp(0.0, logits))


PROBLEMS = {
    "linear": Problem("linear, $K = 3$", np.array([0.5, -0.25, 1.0]), _linear, _VALUES),
    "quadratic": Problem("quadratic, $K = 2$", np.array([0.0, 0.5]), _quadratic),
    "decoder": Problem(
        "decoder, three latents, $K = 2$",
        np.array([[0.0, 0.4], [0.3, -0.5], [0.2, 0.0]]),
        _decoder,
    ),
}


class Rule(NamedTuple):
    """An estimator, and how often it evaluates f and the gradient of f for one estimate."""

    label: str
    estimator: AbstractEstimator
    values: Callable[[int, int], int] = lambda latents, categories: 0  # noqa: ARG005
    gradients: int = 0


def _times(count: int) -> Callable[[int, int], int]:
    return lambda latents, categories: count  # noqa: ARG005


T = TEMPERATURE
RULES = {
    "exact": Rule("Exact", Exact(), lambda n, k: k**n),
    "score": Rule("ScoreFunction", ScoreFunction(), _times(1)),
    "leave-one-out-2": Rule(
        "ScoreFunction, leave one out, 2", ScoreFunction(samples=2, baseline="leave-one-out"),
        _times(2),
    ),
    "leave-one-out-4": Rule(
        "ScoreFunction, leave one out, 4", ScoreFunction(samples=4, baseline="leave-one-out"),
        _times(4),
    ),
    "perturbed": Rule("PerturbedArgmax", PerturbedArgmax(Gumbel()), _times(1)),
    "arm": Rule("Arm", Arm(), _times(2)),
    "disarm": Rule("DisArm", DisArm(), _times(2)),
    "carms-2": Rule("Carms, 2", Carms(2), _times(2)),
    "carms-4": Rule("Carms, 4", Carms(4), _times(4)),
    "rebar": Rule("Rebar", Rebar(T), _times(1), 2),
    "direct": Rule("Direct", Direct(T), lambda n, k: 1 + n * (k - 1)),
    "direct-two-sided": Rule(
        "Direct, two-sided", Direct(T, two_sided=True), lambda n, k: 1 + n * (k - 1)
    ),
    "relaxed": Rule("Relaxed", Relaxed(temperature=T), gradients=1),
    "relaxed-straight-through": Rule(
        "Relaxed, straight-through", Relaxed(temperature=T, straight_through=True), gradients=1
    ),
    "gumbel-rao": Rule("GumbelRao, 10", GumbelRao(T, 10), gradients=1),
    "gapped": Rule("GappedStraightThrough", GappedStraightThrough(), gradients=1),
    "straight-through": Rule("StraightThrough", StraightThrough(), gradients=1),
    "reinmax": Rule("ReinMax", ReinMax(), gradients=1),
}  # fmt: skip
"""The unbiased first."""
UNBIASED = sum(rule.estimator.unbiased for rule in RULES.values())
"""How many of them there are."""


class Found(NamedTuple):
    """Bias and spread of one estimate relative to the gradient, each with a radius, 0 if exact."""

    bias: float
    bias_radius: float
    deviation: float
    deviation_radius: float


def serves(rule: Rule, problem: Problem) -> bool:
    """Whether the estimator takes so many categories."""
    return rule.estimator.categories in (None, problem.theta.shape[-1])


def found(rule: Rule, problem: Problem, seed: int) -> Found:
    """By `moments` where it has a closed form, else by draws with radii of 1 - 1e-6."""
    theta, estimator = problem.theta, rule.estimator
    f: Any = problem.f if problem.values is None else problem.values
    gradient = np.asarray(Exact(estimator.law)(None, theta, f))
    size = float(np.linalg.norm(gradient))
    try:
        mean, variance = map(np.asarray, estimator.moments(theta, f))
    except ValueError:
        drawn = measure(estimator, theta, f, key=jax.random.key(seed), draws=DRAWS)
        return _relative(drawn, size, unbiased=estimator.unbiased)
    off = float(np.linalg.norm(mean - gradient)) / size
    spread = float(np.sqrt(np.maximum(variance.sum(), 0.0))) / size
    return Found(*(0.0 if x < _ZERO else x for x in (off, 0.0, spread, 0.0)))


def _relative(drawn: Any, size: float, *, unbiased: bool) -> Found:
    off, radius = (float(np.linalg.norm(x)) / size for x in (drawn.bias.value, drawn.bias.radius))
    variance = float(drawn.variance.value)
    deviation = np.sqrt(variance) / size
    # What is known of the bias of an unbiased estimator is not what its draws say.
    bias = (0.0, 0.0) if unbiased else (off, radius)
    return Found(*bias, deviation, float(drawn.variance.radius) / variance / 2 * deviation)
