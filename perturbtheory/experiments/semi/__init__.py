"""VAEs that learn from some labels, Table 2 and Figures 4 and 5 of paper B: run and record."""

from perturbtheory.experiments.semi.settings import EPOCHS as EPOCHS
from perturbtheory.experiments.semi.settings import SEEDS as SEEDS
from perturbtheory.experiments.semi.settings import SemiRun as SemiRun
