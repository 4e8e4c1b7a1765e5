"""Ask the compiler of JAX for code that is made quickly: compiling is most of a test run.

Its older emitters, and one piece a program instead of 32, take a third of the processor time to
compile and give the same numbers. `perturbtheory verify` checks numbers with the compiler as it is.
"""

import os
import subprocess
import sys

FLAGS = ("--xla_cpu_use_fusion_emitters=false", "--xla_cpu_parallel_codegen_split_count=1")
_DECIDED = "PERTURBTHEORY_TESTS_XLA"


def ask_for_it() -> None:
    """Set XLA_FLAGS for this process, and those that it starts, before JAX is imported.

    A release of JAX that does not know a flag ends the process, so that one of its own tries them.
    """
    if _DECIDED in os.environ:
        return
    os.environ[_DECIDED] = "1"
    wanted = " ".join([os.environ.get("XLA_FLAGS", ""), *FLAGS]).strip()
    command = [sys.executable, "-c", "import jax; jax.numpy.zeros(1).block_until_ready()"]
    known = subprocess.run(
        command, env=os.environ | {"XLA_FLAGS": wanted}, capture_output=True, check=False
    )
    if known.returncode == 0:
        os.environ["XLA_FLAGS"] = wanted
