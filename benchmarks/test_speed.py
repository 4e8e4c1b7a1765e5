"""Seconds a call, compile time excluded, and of whole processes; compare within one run only."""

import subprocess

import jax
import jax.numpy as jnp
import pytest
from candidates import (
    COMPILED,
    DIMENSIONS,
    FAMILIES,
    measurable,
    noise,
    ours,
    problem,
    sampled,
    scales,
)
from processes import COMMANDS, ONCE, first_number

import perturbtheory as pt

WHATS = ("value", "probabilities", "hvp")


def _measure(benchmark, function, *arguments):
    jax.block_until_ready(function(*arguments))
    benchmark.pedantic(
        lambda: jax.block_until_ready(function(*arguments)), rounds=5, warmup_rounds=1
    )


def _start(benchmark, command, rounds=5):
    benchmark.group = "a process"
    benchmark.pedantic(
        lambda: subprocess.run(command, check=True, capture_output=True),
        rounds=rounds,
        warmup_rounds=int(rounds > 1),
    )


@pytest.mark.parametrize("dimension", DIMENSIONS)
@pytest.mark.parametrize("what", WHATS)
@pytest.mark.parametrize("family", FAMILIES)
def test_numpy(benchmark, family, what, dimension):
    if not measurable(family, what, compiled=False):
        pytest.skip("discrete noise has no curvature")
    benchmark.group = f"{what}, d = {dimension}"
    _measure(benchmark, ours(noise(family), what), problem(dimension))


@pytest.mark.parametrize("dimension", DIMENSIONS)
@pytest.mark.parametrize("what", WHATS)
@pytest.mark.parametrize("family", COMPILED)
def test_compiled(benchmark, family, what, dimension):
    if not measurable(family, what, compiled=True):
        pytest.skip("discrete noise has no curvature")
    benchmark.group = f"{what}, d = {dimension}"
    _measure(benchmark, jax.jit(ours(noise(family), what)), jnp.asarray(problem(dimension)))


@pytest.mark.parametrize("dimension", DIMENSIONS)
@pytest.mark.parametrize("package", ["optax", "jaxopt"])
def test_thousand_samples(benchmark, package, dimension):
    benchmark.group = f"probabilities, d = {dimension}"
    theta = jnp.asarray(problem(dimension))
    _measure(benchmark, sampled(package, dimension), jax.random.key(0), theta)


@pytest.mark.parametrize("dimension", DIMENSIONS[1:])
def test_unequal_scales(benchmark, dimension):
    benchmark.group = f"probabilities, scales 0.1 to 2, d = {dimension}"
    _measure(benchmark, ours(pt.Normal(scales(dimension)), "probabilities"), problem(dimension))


@pytest.mark.parametrize("family", FAMILIES)
def test_first_number(benchmark, family):
    _start(benchmark, first_number(family))


@pytest.mark.parametrize("name", COMMANDS)
def test_command(benchmark, name):
    _start(benchmark, COMMANDS[name], 1 if name in ONCE else 5)
