"""Which tests are slow: `python -m tests.slow LOG` writes `tests/slow.txt`, by a run's durations.

LOG holds what `pytest -n 2 --durations=0 -vv` prints; with `-m ""` it holds what is slow already,
without it they stay as they are. A test of a notebook, or one that is marked in its file, needs no
line.
"""

import re
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

LISTED = Path(__file__).with_suffix(".txt")
SECONDS = 1.0
"""From how many on a test is slow, on two cores that both are at work."""
ALWAYS = (
    "tests/cli/test_output.py::TestStreams::test_every_character_can_be_printed[ascii]",
    "tests/cli/test_vae.py::TestCommand::test_trains_and_draws",
    "tests/estimators/test_sampled_estimators.py::TestLaws::test_moments_in_both_worlds",
    "tests/experiments/fits/test_fits.py::TestCommandLine::test_a_fit_is_made_once",
    "tests/experiments/semi/test_semi_runs.py::TestCommands::test_one_run",
    "tests/experiments/structured/test_structured_runs.py::TestCommand::test_runs_and_records",
    "tests/figures/test_figures.py::TestDraw::test_files_are_written_and_deterministic[names0]",
    "tests/models/vae/test_checkpoint.py::TestCheckpoint::",
    "tests/models/vae/test_network.py::TestLoss::test_exact[normal]",
    "tests/models/vae/test_structured.py::TestDirect::test_learns_and_goes_on[supermodular",
    "tests/potential/test_duality.py::TestFenchelYoung::test_gradients",
    "tests/potential/test_duality.py::TestTransformations::",
    "tests/potential/test_small_probabilities.py::test_gradients_of_logarithms_under_jax",
    "tests/potential/test_worlds.py::test_both_worlds_agree[normal]",
    "tests/test_edges.py::test_the_loss_of_a_masked_label_is_infinite[coin]",
    "tests/test_readme.py",
)
"""Beginnings of tests that run every time: the one of a command, or of a law in JAX, that is left,
and what readers are shown.
"""


def listed() -> set[str]:
    """The tests of the list."""
    return set(LISTED.read_text("utf-8").splitlines())


def chosen(log: str, known: Iterable[str] = ()) -> list[str]:
    """The tests that took long in this log, and those known before that it does not mention."""
    seconds: Counter[str] = Counter()
    for took, test in re.findall(r"^ *([\d.]+)s (?:call|setup) +(tests/.*?)\s*$", log, re.M):
        seconds[test] += float(took)
    slow = {test for test, took in seconds.items() if took >= SECONDS}
    slow |= {test for test in known if test not in seconds}
    return sorted(test for test in slow if not test.startswith(ALWAYS))


if __name__ == "__main__":
    found = chosen(Path(sys.argv[1]).read_text("utf-8"), listed())
    LISTED.write_text("".join(f"{test}\n" for test in found), "utf-8")
