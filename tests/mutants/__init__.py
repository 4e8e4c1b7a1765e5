"""Negative controls: broken copies of the engine, routes, checkers, experiments and readings.

Each mutant replaces one piece of source text in a copy of the package and runs the claims named
beside it there, in a process of its own. A mutant is caught if the verdict of one of them changes:
a broken engine must turn a claim inconclusive, because its routes disagree; a statement that is
read wrongly, in the one place from which all routes take it, must be refuted where it was proved,
or the other way round. `python -m tests.mutants` runs all and writes the table to
results/mutants.json and results/mutants.md; `python -m tests.mutants WORD` tries those whose name
has the word and writes nothing.
"""

from tests.mutants._engine import ENGINE
from tests.mutants._experiments import EXPERIMENTS
from tests.mutants._numbers import NUMBERS
from tests.mutants._readings import READINGS, TRANSCRIPTIONS
from tests.mutants._run import PACKAGE as PACKAGE
from tests.mutants._run import RESULTS as RESULTS
from tests.mutants._run import Mutant as Mutant
from tests.mutants._run import Outcome as Outcome
from tests.mutants._run import run as run
from tests.mutants._run import table as table
from tests.mutants._run import to_json as to_json

MUTANTS = (*ENGINE, *NUMBERS, *EXPERIMENTS, *READINGS, *TRANSCRIPTIONS)
