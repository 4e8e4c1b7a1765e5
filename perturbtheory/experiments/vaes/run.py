"""Discrete VAEs of both papers: what is made of a run, and what is kept of it."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast, get_args

import equinox as eqx
import jax
import numpy as np

from perturbtheory import data
from perturbtheory.checks import positive, require, require_one_of
from perturbtheory.estimators import (
    AbstractEstimator,
    Arm,
    Carms,
    Direct,
    DisArm,
    Exact,
    GappedStraightThrough,
    GumbelRao,
    Rebar,
    ReinMax,
    Relax,
    Relaxed,
    ScoreFunction,
    StraightThrough,
)
from perturbtheory.experiments.laws import LAWS, UNIT
from perturbtheory.experiments.numbers import short
from perturbtheory.experiments.resumed import resumed
from perturbtheory.experiments.vaes.settings import BINARY, RULES, SCHEDULES, TEMPERED, VaeRun
from perturbtheory.models import vae
from perturbtheory.perturbations import AbstractPerturbation

_BINARY = ("arm", "disarm")
_GUMBEL = (*_BINARY, "rebar", "relax", "reinmax", "gumbel-rao", "gapped", "carms")
Watch = Callable[[vae.DiscreteVAE, list[vae.Epoch]], None]


def noise(run: VaeRun) -> AbstractPerturbation:
    """The noise of this run.

    Example:
        >>> from perturbtheory.experiments import vaes
        >>> vaes.noise(vaes.VaeRun(noise="normal"))
        Normal(scale=1.0)
    """
    require_one_of("noise", run.noise, tuple(LAWS))
    return LAWS[run.noise](UNIT[run.noise] if run.unit else 1.0)


def rule(run: VaeRun) -> AbstractEstimator:
    """The estimator of this run; raises ValueError for what does not go together.

    Example:
        >>> from perturbtheory.experiments import vaes
        >>> type(vaes.rule(vaes.VaeRun(rule="direct"))).__name__
        'Direct'
    """
    require_one_of("rule", run.rule, RULES)
    gamma, t = noise(run), run.temperature
    if run.rule in _GUMBEL and (run.noise != "gumbel" or run.unit):
        msg = f"`noise` must be unit gumbel for {run.rule}, got {gamma}; use relaxed or direct"
        raise ValueError(msg)
    made: dict[str, Callable[[], AbstractEstimator]] = {
        "relaxed": lambda: Relaxed(gamma, t),
        "straight-through": lambda: Relaxed(gamma, t, straight_through=True),
        "direct": lambda: Direct(t, gamma),
        "exact": lambda: Exact(gamma),
        "score": lambda: ScoreFunction(gamma, 2, "leave-one-out"),
        "rebar": lambda: Rebar(t),
        "relax": lambda: Relax(_control(run)),
        "arm": Arm,
        "hessian": lambda: StraightThrough(gamma),
        "reinmax": ReinMax,
        "gumbel-rao": lambda: GumbelRao(t),
        "gapped": lambda: GappedStraightThrough(t),
        "disarm": DisArm,
        "carms": Carms,
    }
    return made[run.rule]()


def _control(run: VaeRun) -> vae.ControlNetwork:
    key = jax.random.fold_in(jax.random.key(run.seed), 1)
    return vae.ControlNetwork(run.latents, run.categories, key=key)


def suited(rule: str, schedule: str = "constant") -> VaeRun:
    """A run that fits the rule, by its own KL: Normal noise where the rule takes any.

    Example:
        >>> from perturbtheory.experiments import vaes
        >>> vaes.suited("relaxed").noise, vaes.suited("direct").noise
        ('normal', 'normal')
    """
    require_one_of("rule", rule, RULES)
    return VaeRun(
        rule=rule,
        noise="gumbel" if rule in _GUMBEL else "normal",
        temperature=0.4 if rule in TEMPERED and schedule != "published" else 1.0,
        schedule=schedule,
        latents=1 if rule == "exact" else 10,
        categories=2 if rule in _BINARY else 10,
        divergence="argmax",
    )


def training(run: VaeRun, count: int) -> vae.Training:
    """The settings of this run, for a number of training images.

    Example:
        >>> from perturbtheory.experiments import vaes
        >>> vaes.training(vaes.VaeRun(epochs=3), 1000).epochs
        3
    """
    require_one_of("schedule", run.schedule, SCHEDULES)
    schedules: dict[str, Callable[[], vae.Schedule | None]] = {
        "constant": lambda: None,
        "published": lambda: vae.PUBLISHED,
        "annealed": lambda: vae.ending_at(run.temperature, run.epochs * (count // 100)),
    }
    require_one_of("divergence", run.divergence, get_args(vae.Divergence))
    divergence = cast("vae.Divergence", run.divergence)
    return vae.Training(
        rule(run), divergence, schedules[run.schedule](), run.epochs, seed=run.seed,
        learning_rate=run.learning_rate, warmup=run.warmup * (count // 100),
    )  # fmt: skip


def require_run(run: VaeRun) -> None:
    """Raise ValueError for a run that cannot be made, before any is.

    Example:
        >>> from perturbtheory.experiments import vaes
        >>> vaes.require_run(vaes.VaeRun(rule="directt"))
        Traceback (most recent call last):
            ...
        ValueError: `rule` must be one of relaxed, straight-through, direct, exact, score, ...
    """
    require_one_of("images", run.images, data.NAMES)
    if run.temperature != 1 and (run.rule not in TEMPERED or run.schedule == "published"):
        what = run.rule if run.rule not in TEMPERED else "the published schedule"
        msg = f"`temperature` must be 1 for {what}, which takes none, got {run.temperature}"
        raise ValueError(msg)
    if run.warmup and run.divergence == "none":
        msg = (
            f"`warmup` must be 0 for the divergence none, got {run.warmup}; the loss has no KL then"
        )
        raise ValueError(msg)
    settings = training(run, 100)
    start(run)
    if run.rule == "exact" and run.categories**run.latents > 2**16:
        msg = f"`latents` must be 1 for exact with {run.categories} categories, got {run.latents}"
        raise ValueError(msg)
    if run.rule in BINARY and run.categories != 2:
        msg = (
            f"`categories` must be 2 for {run.rule}, got {run.categories}; score, rebar and relax "
            "take any number"
        )
        raise ValueError(msg)
    settings.rule.check(np.zeros((run.latents, run.categories), np.float32))


def start(run: VaeRun) -> vae.DiscreteVAE:
    """The network before training.

    Example:
        >>> from perturbtheory.experiments import vaes
        >>> run = vaes.VaeRun(rule="exact", latents=1, categories=3)
        >>> vaes.start(run).latents
        1
    """
    require("spread", run.spread, positive, "be positive and finite", "1 is usual", most=0)
    model = vae.DiscreteVAE(run.latents, run.categories, key=jax.random.key(run.seed))
    return eqx.tree_at(
        lambda m: m.encoder.layers[-1].weight, model, replace_fn=lambda w: run.spread * w
    )


def binary(images: data.Images) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(training, validation, test), thresholded at 1/2, in bytes.

    Example:
        >>> from perturbtheory.experiments import vaes
        >>> from perturbtheory import data
        >>> [part.shape for part in vaes.binary(data.load("mnist-5000"))]
        [(4000, 784), (500, 784), (500, 784)]
    """
    train, held_out, test = (
        data.threshold(x).astype(np.uint8) for x in (images.train, images.validation, images.test)
    )
    return train, held_out, test


@functools.lru_cache(maxsize=2)
def _images(name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    # A worker has many runs on the same images.
    return binary(data.load(name))


def run_vae(run: VaeRun, checkpoint: Path | None = None) -> dict[str, Any]:
    """Train, resumed from the checkpoint if there is one, and evaluate on the test images.

    Returns, with one entry an epoch: `loss`, the mean training loss as it was minimised or
    reported, `reconstruction`, its first part; `validation`, one list for every number of
    `Bounds`, with one draw of each image; `seconds` of training and validation. Under `test`, for
    the epochs that are best by each criterion and for the last: the `Bounds` with ten draws and the
    number of the epoch.
    """
    train, held_out, test = _images(run.images)
    found = resumed(lambda path: trained(run, train, held_out, checkpoint=path), checkpoint)
    return summary(run, found, test, len(train))


def trained(
    run: VaeRun,
    train: np.ndarray,
    held_out: np.ndarray,
    *,
    checkpoint: Path | None = None,
    watch: Watch | None = None,
) -> vae.Trained:
    """The run, resumed from the checkpoint if there is one."""
    settings = training(run, len(train))
    return vae.train(
        start(run), settings, train, held_out, checkpoint=checkpoint, after_epoch=watch
    )


def summary(run: VaeRun, found: vae.Trained, test: np.ndarray, count: int) -> dict[str, Any]:
    """The numbers that are kept of a run on so many training images: see `run_vae`."""
    last = len(found.history)
    models = {name: (found.best[name], found.best_epoch[name]) for name in vae.CRITERIA}
    models["last"] = (found.model, last)
    settings = training(run, count)
    steps = count // settings.batch
    at: dict[int, dict[str, float]] = {}
    for model, epoch in models.values():
        if epoch not in at:
            bounds = vae.evaluate(
                model, test, noise(run), key=jax.random.key(run.seed + 1),
                temperature=settings.temperature(epoch * steps - 1), draws=10,
            )  # fmt: skip
            at[epoch] = dict(zip(bounds._fields, short(bounds), strict=True))
    columns = zip(*(epoch.validation for epoch in found.history), strict=True)
    return {
        "loss": short([epoch.loss for epoch in found.history]),
        "reconstruction": short([epoch.reconstruction for epoch in found.history]),
        "validation": {
            name: short(column) for name, column in zip(vae.Bounds._fields, columns, strict=True)
        },
        "test": {name: at[epoch] | {"epoch": epoch} for name, (_, epoch) in models.items()},
        "seconds": [round(s, 2) for s in found.seconds],
    }


def importance(run: VaeRun, found: vae.Trained, test: np.ndarray, draws: int) -> float:
    """The importance-weighted bound of the model with the best bound."""
    key = jax.random.key(run.seed + 2)
    return vae.importance_bound(found.best["bound"], test, noise(run), draws=draws, key=key)
