"""VAEs with coupled bits: what is made of a run, and what is kept of it."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast, get_args

import jax
import numpy as np

from perturbtheory import data
from perturbtheory.checks import require_count, require_one_of
from perturbtheory.estimators import (
    AbstractEstimator,
    Arm,
    Direct,
    Rebar,
    Relax,
    Relaxed,
    ScoreFunction,
)
from perturbtheory.experiments.numbers import short
from perturbtheory.experiments.resumed import resumed
from perturbtheory.experiments.structured.settings import DRAWS, RULES, StructuredRun
from perturbtheory.experiments.vaes import binary
from perturbtheory.models import vae
from perturbtheory.models.vae import structured

CRITERIA = ("bound", "as_published")
"""By which validation number an epoch is best; both kinds of runs have them."""
SCHEDULES = ("constant", "published")
_SCHEDULED = ("direct", "relaxed")


def start(run: StructuredRun) -> structured.PairwiseVAE:
    """The network before training."""
    require_one_of("couplings", run.couplings, structured.KINDS)
    couplings = cast("structured.Couplings", run.couplings)
    return structured.PairwiseVAE(run.latents, couplings, key=jax.random.key(run.seed))


def task(run: StructuredRun) -> vae.AbstractTask:
    """What trains it; raises ValueError for what does not go together."""
    require_one_of("rule", run.rule, RULES)
    require_one_of("schedule", run.schedule, SCHEDULES)
    require_one_of("divergence", run.divergence, get_args(vae.Divergence))
    require_one_of("noise", run.noise, structured.NOISES)
    if run.schedule == "published" and run.rule not in _SCHEDULED:
        msg = f"`schedule` must be constant for {run.rule}, got {run.schedule!r}"
        raise ValueError(msg)
    schedule = vae.PUBLISHED if run.schedule == "published" else None
    divergence = cast("vae.Divergence", run.divergence)
    if run.couplings != "none" or run.exact or run.noise != "unary":
        if run.rule != "direct":
            msg = (
                "`rule` must be direct with couplings, exact f or noise on all states, got "
                f"{run.rule!r}; the others need independent bits"
            )
            raise ValueError(msg)
        noise = cast("structured.Noise", run.noise)
        return structured.PairwiseDirect(1.0, schedule, divergence, run.exact, noise)
    made: dict[str, Callable[[], AbstractEstimator]] = {
        "direct": Direct,
        "relaxed": lambda: Relaxed(temperature=1.0),
        "score": lambda: ScoreFunction(samples=2, baseline="leave-one-out"),
        "rebar": Rebar,
        "relax": lambda: Relax(_control(run)),
        "arm": Arm,
    }
    return vae.ByEstimator(made[run.rule](), divergence, schedule)


def _control(run: StructuredRun) -> vae.ControlNetwork:
    key = jax.random.fold_in(jax.random.key(run.seed), 1)
    return vae.ControlNetwork(run.latents, 2, key=key)


def require_run(run: StructuredRun) -> None:
    """Raise ValueError for a run that cannot be made, before any is."""
    require_one_of("images", run.images, data.NAMES)
    require_count("epochs", run.epochs)
    task(run).check(start(run))


@functools.lru_cache(maxsize=2)
def _images(name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    # A worker has many runs on the same images.
    return binary(data.load(name))


def run_structured(run: StructuredRun, checkpoint: Path | None = None) -> dict[str, Any]:
    """Train, resumed from the checkpoint if there is one, and evaluate on the test images.

    Returns, with one entry an epoch: `loss`, the mean training loss as it was minimised or
    reported; `validation`, the bound and the number as published, each of ten draws an image;
    `seconds` of training and validation. Under `test`, for the epochs that are best by each of
    `CRITERIA` and for the last, the numbers of `measured` and that of the epoch.
    """
    train, held_out, test = _images(run.images)
    found = resumed(lambda path: trained(run, train, held_out, checkpoint=path), checkpoint)
    return summary(run, found, test)


def trained(
    run: StructuredRun,
    train: np.ndarray,
    held_out: np.ndarray,
    *,
    checkpoint: Path | None = None,
) -> vae.Trained:
    """The run, resumed from the checkpoint if there is one."""
    settings = vae.Settings(task(run), run.epochs, draws=10, seed=run.seed)
    return vae.train(start(run), settings, train, held_out, checkpoint=checkpoint)


def summary(run: StructuredRun, found: vae.Trained, test: np.ndarray) -> dict[str, Any]:
    """The numbers that are kept of a run: see `run_structured`."""
    models = {name: (found.best[name], found.best_epoch[name]) for name in CRITERIA}
    models["last"] = (found.model, len(found.history))
    at: dict[int, dict[str, float]] = {}
    for model, epoch in models.values():
        if epoch not in at:
            at[epoch] = measured(run, model, test)
    return {
        "loss": short([epoch.loss for epoch in found.history]),
        "validation": {
            name: short([getattr(epoch.validation, name) for epoch in found.history])
            for name in CRITERIA
        },
        "test": {name: at[epoch] | {"epoch": epoch} for name, (_, epoch) in models.items()},
        "seconds": [round(s, 2) for s in found.seconds],
    }


NUMBERS = (
    "as_published", "bound", "bound_error", "least_bound", "negative_log", "negative_log_error",
)  # fmt: skip
"""What `measured` returns."""


def measured(
    run: StructuredRun, model: structured.PairwiseVAE, test: np.ndarray
) -> dict[str, float]:
    """The three numbers of a model: as published, the true bound, and -log p(x) itself.

    The bound is a sum over all states where the law of z is known; otherwise it is of `DRAWS` draws
    an image, too high in the mean, and `least_bound` is of the same draws and too low.
    """
    noise = cast("structured.Noise", run.noise)
    key = jax.random.key(run.seed + 1)
    exact = structured.evidence(model, test)
    if noise == "unary" and not model.independent:
        found = structured.evaluate(model, test, noise, draws=DRAWS, key=key)
        bound, error, least = found.bound, found.bound_error, found.least_bound
        published = found.as_published
    else:
        law = structured.exact_bound(model, test)
        bound = least = law.bound
        error = law.error
        published = law.hard + law.unary_divergence
    numbers = (published, bound, error, least, exact.negative_log, exact.error)
    return dict(zip(NUMBERS, short(numbers), strict=True))
