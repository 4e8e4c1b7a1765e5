"""The libraries of distributions are loaded by whoever asks, and missing ones are named."""

import subprocess
import sys

import pytest

WITHOUT = """
import sys
sys.modules[{library!r}] = None  # as if it were not installed
import perturbtheory as pt
pt.distributions.PerturbSoftmax(pt.Normal(), [0.0, 0.0]).log_prob([0.5, 0.5])
try:
    import perturbtheory.distributions.{module}
except ImportError as error:
    print(error)
"""
ALONE = """
import sys
import jax.numpy as jnp
import perturbtheory as pt
law = pt.distributions.PerturbArgmax(pt.Gumbel(), jnp.zeros(2))
law.log_prob(0)
loaded = {name.partition(".")[0] for name in sys.modules}
assert not loaded & {"numpyro", "distrax", "tensorflow_probability"}, loaded
"""


def run(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "library"),
    [("numpyro", "numpyro"), ("distrax", "distrax"), ("distrax", "tensorflow_probability")],
)
def test_a_library_that_is_missing_is_named_with_its_extra(module, library):
    said = run(WITHOUT.format(module=module, library=library))
    assert f"pip install 'perturbtheory[{module}]'" in said


@pytest.mark.slow
def test_none_is_loaded_unless_it_is_asked_for():
    run(ALONE)
