"""The fits of section 6.1 of paper A: runs, grids, record, Table 2 and where it comes from."""

from perturbtheory.experiments.fits.run import MODELS as MODELS
from perturbtheory.experiments.fits.run import FitRun as FitRun
from perturbtheory.experiments.fits.run import family as family
from perturbtheory.experiments.fits.run import require_run as require_run
from perturbtheory.experiments.fits.run import run_fit as run_fit
