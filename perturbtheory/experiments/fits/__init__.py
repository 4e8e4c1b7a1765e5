"""The fits of section 6.1 of paper A: runs, grids, record, Table 2 and where it comes from."""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING
from typing import Any as _Any

from perturbtheory.experiments.fits.settings import FitRun as FitRun

if TYPE_CHECKING:
    from perturbtheory.experiments.fits.run import MODELS as MODELS
    from perturbtheory.experiments.fits.run import family as family
    from perturbtheory.experiments.fits.run import require_run as require_run
    from perturbtheory.experiments.fits.run import run_fit as run_fit

_OF_RUN = ("MODELS", "family", "require_run", "run_fit")


def __getattr__(name: str) -> _Any:
    # JAX is loaded when a fit is to be made, not when its options are read.
    if name in _OF_RUN:
        return getattr(_import_module(f"{__name__}.run"), name)
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
