"""The fits of section 6.1 of paper A: one run is made, and its result examined exactly."""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from perturbtheory.checks import require_one_of
from perturbtheory.experiments.fits.settings import FitRun
from perturbtheory.experiments.laws import LAWS
from perturbtheory.experiments.numbers import short
from perturbtheory.models import (
    AbstractFamily,
    InvertibleGaussian,
    PerturbSoftmax,
    fit,
    l1,
    require_fit,
)
from perturbtheory.models.targets import probabilities

MODELS = (*LAWS, "igr")
_CURVE = 31
"""Points of a curve that is kept."""


def family(run: FitRun) -> AbstractFamily:
    """The family that this run fits.

    Example:
        >>> from perturbtheory.experiments import fits
        >>> fits.family(fits.FitRun("poisson")).temperature
        1.0
    """
    if run.model == "igr":
        if run.scale != 1:
            msg = f"`scale` must be 1 for igr, which learns its scales, got {run.scale}"
            raise ValueError(msg)
        return InvertibleGaussian(run.temperature)
    require_one_of("model", run.model, MODELS)
    return PerturbSoftmax(LAWS[run.model](run.scale), run.temperature)


def require_run(run: FitRun) -> None:
    """Raise ValueError for a run that cannot be made, before any is.

    Example:
        >>> from perturbtheory.experiments import fits
        >>> fits.require_run(fits.FitRun("poisson", loss="l2"))
        Traceback (most recent call last):
            ...
        ValueError: `loss` must be one of l1, squared, kl, reverse-kl, fenchel-young, got 'l2'
    """
    model, target = family(run), probabilities(run.target)
    if run.observed is not None and run.observed < 1:
        msg = (
            f"`observed` must be a positive integer, got {run.observed}; None is the target itself"
        )
        raise ValueError(msg)
    with jax.enable_x64(True):
        require_fit(
            target, model, loss=run.loss, draws=run.draws, steps=run.steps,
            learning_rate=run.learning_rate, start=run.start, seeds=run.seeds,
        )  # fmt: skip


def run_fit(run: FitRun) -> dict[str, Any]:
    """Fit, then look at the result exactly.

    Returns, with one entry a seed unless said otherwise: `objective`, the loss that the last
    iteration saw; `l1` and `l1_hard`, distances of E[softmax] and of P(argmax) from the target
    after it, by quadrature; `spread`, max theta - min theta. As curves over `iterations`, means and
    standard deviations over seeds of the objective and means of the exact L1. `p`, `p_hard` for
    the first seed. Distances are from the target's probabilities, whatever the fit saw of them.

    Example:
        >>> from perturbtheory.experiments import fits
        >>> run = fits.FitRun("poisson", draws=10, steps=5, seeds=(0,))
        >>> len(fits.run_fit(run)["l1"])
        1
    """
    target, model = probabilities(run.target), family(run)
    # Samples are drawn in 32-bit, as everywhere; what quadrature finds deserves its digits.
    with jax.enable_x64(run.draws is None):
        dtype = np.float64 if run.draws is None else np.float32
        options = {
            "loss": run.loss, "draws": run.draws, "steps": run.steps, "start": run.start,
            "learning_rate": run.learning_rate,
        }  # fmt: skip
        if run.observed is None:
            found = [fit(target.astype(dtype), model, **options, seeds=run.seeds)]
        else:
            seen = [_histogram(target, run.observed, seed).astype(dtype) for seed in run.seeds]
            found = [
                fit(s, model, **options, seeds=(i,)) for s, i in zip(seen, run.seeds, strict=True)
            ]
    with jax.enable_x64(True):
        return _looked_at(run, target, model, found)


def _looked_at(
    run: FitRun, target: np.ndarray, model: AbstractFamily, found: Sequence[Any]
) -> dict[str, Any]:
    logits = np.concatenate([f.logits for f in found]).astype(np.float64)
    objective = np.concatenate([f.objective for f in found]).astype(np.float64)
    at = _iterations(run.steps)
    seen = objective[:, np.minimum(at, run.steps - 1)]
    curve = None
    if isinstance(model, PerturbSoftmax):
        # One seed at a time, so that runs with any number of them share compiled code.
        path = np.array([model.probabilities(jnp.asarray(theta[at])) for theta in logits])
        soft, curve = path[:, -1], np.asarray(l1(path, target)).mean(0)
        hard = np.array([model.hard_probabilities(jnp.asarray(theta[-1])) for theta in logits])
    else:
        rows = [
            jax.tree.map(lambda a, k=k: jnp.asarray(a[k], float), f.parameters)
            for f in found
            for k in range(len(f.logits))
        ]
        soft = np.array([model.probabilities(row) for row in rows])
        hard = np.array([model.hard_probabilities(row) for row in rows])
    return {
        "objective": short(objective[:, -1]),
        "l1": short(l1(soft, target)),
        "l1_hard": short(l1(hard, target)),
        "spread": short(np.ptp(logits[:, -1], axis=1)),
        "iterations": at.tolist(),
        "objective_mean": short(seen.mean(0)),
        "objective_std": short(seen.std(0)),
        "l1_curve": None if curve is None else short(curve),
        "p": short(soft[0]),
        "p_hard": short(hard[0]),
    }


def _histogram(target: np.ndarray, observed: int, seed: int) -> np.ndarray:
    """Frequencies of `observed` draws from the target, which is scaled to sum to one."""
    rng = np.random.default_rng((observed, seed))
    return rng.multinomial(observed, target / target.sum()) / observed


def _iterations(steps: int) -> np.ndarray:
    """0 to `steps`, evenly up to 300 and evenly in the logarithm beyond."""
    even = np.linspace(0, min(steps, 300), _CURVE)
    far = np.geomspace(min(steps, 300), steps, _CURVE)
    return np.unique(np.rint(np.concatenate([even, far])).astype(int))
