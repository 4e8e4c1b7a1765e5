"""Made-up results of runs of VaeRun: their numbers tell the run."""

from perturbtheory.experiments.vaes import VaeRun, grids
from perturbtheory.models import vae


def made_up(run: VaeRun) -> dict:
    """A result whose numbers tell the run: lower for a temperature near 0.4, KL by the noise."""
    hard = 100 + abs(run.temperature - 0.4) + 0.01 * run.seed
    divergence = {"normal": 14.0, "gumbel": 12.0, "logistic": 13.0}[run.noise]
    bounds = {
        "relaxed": 95.0,
        "hard": hard,
        "hard_error": 0.1,
        "divergence": divergence,
        "softmax_divergence": 12.0 - 0.5 * (run.noise == "normal"),
    }
    return {
        "loss": [110.0, 105.0],
        "reconstruction": [100.0, 94.0],
        "validation": {name: [value + 1, value] for name, value in bounds.items()},
        "test": {name: bounds | {"epoch": 2} for name in (*vae.CRITERIA, "last")},
        "seconds": [1.0, 1.0],
    }


def recordable(run: VaeRun) -> dict:
    """The same with as many epochs as the run has, which a record must have."""
    found, more = made_up(run), run.epochs - 2
    padded = {name: found[name][:1] * more + found[name] for name in ("loss", "reconstruction")} | {
        "seconds": [0.0] * more + found["seconds"]
    }
    validation = {name: v[:1] * more + v for name, v in found["validation"].items()}
    test = {name: bounds | {"epoch": run.epochs} for name, bounds in found["test"].items()}
    return found | padded | {"validation": validation, "test": test}


def results_of(*names: str) -> dict[VaeRun, dict]:
    found = {run: made_up(run) for name in names for run in grids.runs(name)}
    return found | {run: made_up(run) for run in grids.seeds(found)}
