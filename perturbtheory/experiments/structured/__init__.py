"""VAEs with coupled bits, Figure 3 of paper B: runs, grid, record and table."""

from perturbtheory.experiments.structured.settings import EPOCHS as EPOCHS
from perturbtheory.experiments.structured.settings import SEEDS as SEEDS
from perturbtheory.experiments.structured.settings import StructuredRun as StructuredRun
