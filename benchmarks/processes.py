"""What is measured in processes of their own: seconds until a number, Python's start included."""

import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from candidates import FAMILIES

PROGRAM = str(Path(sys.executable).with_name("perturbtheory"))
COMMANDS = {
    "import numpy": [sys.executable, "-c", "import numpy"],
    "import jax": [sys.executable, "-c", "import jax"],
    "import perturbtheory": [sys.executable, "-c", "import perturbtheory"],
    "perturbtheory --version": [PROGRAM, "--version"],
    "perturbtheory diagnose student_t --df 3": [PROGRAM, "diagnose", "student_t", "--df", "3"],
    "perturbtheory verify": [PROGRAM, "verify"],
}
ONCE = ("perturbtheory verify",)


def first_number(family):
    """The command that prints the first probabilities under a family's noise."""
    source = FAMILIES[family]
    needs = "import scipy.stats; " if "scipy" in source else ""
    code = (
        f"{needs}import perturbtheory as pt; "
        f"print(pt.expected_max({source}).probabilities([0.3, -0.2, 1.1]))"
    )
    return [sys.executable, "-c", code]


def timed(command, rounds):
    """Median seconds on the clock and of processors, after one run that is not counted."""
    clock, processor = [], []
    for k in range(rounds + (rounds > 1)):
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        seconds = time.perf_counter() - start
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used = sum(getattr(after, f) - getattr(before, f) for f in ("ru_utime", "ru_stime"))
        if k or rounds == 1:
            clock.append(seconds)
            processor.append(used)
    return {
        "seconds": float(f"{np.median(clock):.3g}"),
        "least": float(f"{min(clock):.3g}"),
        "of_processors": float(f"{np.median(processor):.3g}"),
        "rounds": rounds,
    }


def measured(*, rounds, verify):
    """An entry per command and per family."""
    commands = {name: command for name, command in COMMANDS.items() if verify or name not in ONCE}
    out = [
        {"process": name} | timed(command, 1 if name in ONCE else rounds)
        for name, command in commands.items()
    ]
    return out + [
        {"process": f"first probabilities, {family}"} | timed(first_number(family), rounds)
        for family in FAMILIES
    ]
