"""Experiments: grids of runs, each run kept in a file of its own."""

from perturbtheory.experiments._cells import Record as Record
from perturbtheory.experiments._cells import identity as identity
from perturbtheory.experiments._executors import open_executor as open_executor
from perturbtheory.experiments._store import SweepError as SweepError
from perturbtheory.experiments._sweep import load as load
from perturbtheory.experiments._sweep import records as records
from perturbtheory.experiments._sweep import sweep as sweep
