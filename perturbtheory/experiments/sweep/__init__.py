"""Sweeps: a function of every cell of a grid, each result kept in a file of its own."""

from perturbtheory.experiments.sweep._cells import Record as Record
from perturbtheory.experiments.sweep._cells import identity as identity
from perturbtheory.experiments.sweep._executors import open_executor as open_executor
from perturbtheory.experiments.sweep._executors import require_workers as require_workers
from perturbtheory.experiments.sweep._store import SweepError as SweepError
from perturbtheory.experiments.sweep._sweep import load as load
from perturbtheory.experiments.sweep._sweep import records as records
from perturbtheory.experiments.sweep._sweep import sweep as sweep
