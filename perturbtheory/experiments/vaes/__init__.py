"""Discrete VAEs of both papers: runs, grids, record, tables and speed."""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING
from typing import Any as _Any

from perturbtheory.experiments.vaes.settings import EPOCHS as EPOCHS
from perturbtheory.experiments.vaes.settings import PUBLISHED_EPOCHS as PUBLISHED_EPOCHS
from perturbtheory.experiments.vaes.settings import RULES as RULES
from perturbtheory.experiments.vaes.settings import SCHEDULES as SCHEDULES
from perturbtheory.experiments.vaes.settings import TEMPERED as TEMPERED
from perturbtheory.experiments.vaes.settings import VaeRun as VaeRun

if TYPE_CHECKING:
    from perturbtheory.experiments.vaes.run import Watch as Watch
    from perturbtheory.experiments.vaes.run import binary as binary
    from perturbtheory.experiments.vaes.run import importance as importance
    from perturbtheory.experiments.vaes.run import noise as noise
    from perturbtheory.experiments.vaes.run import require_run as require_run
    from perturbtheory.experiments.vaes.run import rule as rule
    from perturbtheory.experiments.vaes.run import run_vae as run_vae
    from perturbtheory.experiments.vaes.run import start as start
    from perturbtheory.experiments.vaes.run import suited as suited
    from perturbtheory.experiments.vaes.run import summary as summary
    from perturbtheory.experiments.vaes.run import trained as trained
    from perturbtheory.experiments.vaes.run import training as training

_OF_RUN = (
    "Watch", "binary", "importance", "noise", "require_run", "rule", "run_vae", "start", "suited",
    "summary", "trained", "training",
)  # fmt: skip


def __getattr__(name: str) -> _Any:
    # JAX is loaded when a run is to be made, not when its options are read.
    if name in _OF_RUN:
        return getattr(_import_module(f"{__name__}.run"), name)
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
