"""Seconds a call, compile time excluded; compare within one run only."""

import subprocess
import sys

import jax
import pytest
from candidates import DIMENSIONS, FAMILIES, measurable, ours, problem, sampled


def _measure(benchmark, function, *arguments):
    jax.block_until_ready(function(*arguments))
    benchmark.pedantic(
        lambda: jax.block_until_ready(function(*arguments)), rounds=5, warmup_rounds=1
    )


@pytest.mark.parametrize("dimension", DIMENSIONS)
@pytest.mark.parametrize("what", ["value", "probabilities", "hvp"])
@pytest.mark.parametrize("family", FAMILIES)
def test_ours(benchmark, family, what, dimension):
    if not measurable(family, what, dimension):
        pytest.skip("not measured, see candidates.measurable")
    benchmark.group = f"{what}, d = {dimension}"
    _measure(benchmark, ours(family, what), problem(dimension))


@pytest.mark.parametrize("dimension", DIMENSIONS)
@pytest.mark.parametrize("package", ["optax", "jaxopt"])
def test_thousand_samples(benchmark, package, dimension):
    benchmark.group = f"probabilities, d = {dimension}"
    _measure(benchmark, sampled(package, dimension), jax.random.key(0), problem(dimension))


@pytest.mark.parametrize(
    "code",
    ["import numpy", "import sys; from perturbtheory.cli import main; main(['--version'])"],
    ids=["import numpy", "perturbtheory --version"],
)
def test_start(benchmark, code):
    benchmark.group = "start of a process"
    benchmark.pedantic(
        lambda: subprocess.run([sys.executable, "-c", code], check=True, capture_output=True),
        rounds=5,
        warmup_rounds=1,
    )
