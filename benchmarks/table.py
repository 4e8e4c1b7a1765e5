"""Times every candidate against the others and measures its error.

    python benchmarks/table.py [--results FILE] [--figures DIRECTORY] [--lite PATH] [--quick]

Candidates for one problem take turns in one process, so that a slow moment of the machine hits all
of them; compile time is left out; the median is kept, and the least. First numbers and commands are
timed in processes of their own. Writes results/benchmarks.json and
figures/error-against-time.{png,svg,json}.
"""

import argparse
import importlib.metadata
import json
import os
import platform
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import processes
from candidates import (
    COMPILED,
    DIMENSIONS,
    FAMILIES,
    flite,
    measurable,
    noise,
    ours,
    problem,
    sampled,
    scales,
)
from error_figure import figure

import perturbtheory as pt

SAMPLES = (100, 1_000, 10_000)
PEERS = ("optax", "jaxopt")
NUMPY, JAX = "perturbtheory", "perturbtheory, JAX"
UNEQUAL = "Normal, scales 0.1 to 2"


def take_turns(calls, budget):
    """[(median, least seconds, rounds, first result)] of calls compiled before the clock starts."""
    results = [jax.block_until_ready(call()) for call in calls]
    columns = [[] for _ in calls]
    start = time.perf_counter()
    rounds = 0
    while rounds < 21:
        for call, column in zip(calls, columns, strict=True):
            before = time.perf_counter()
            jax.block_until_ready(call())
            column.append(time.perf_counter() - before)
        rounds += 1
        spent = time.perf_counter() - start
        # At least three rounds, or two where the slowest candidates take many seconds.
        if rounds >= (2 if spent > 10 else 3) and spent > budget:
            break
    return [
        (float(np.median(column)), min(column), rounds, result)
        for column, result in zip(columns, results, strict=True)
    ]


def entry(family, dimension, method, what, turn, dtype="float64", **more):
    seconds, least, rounds, _ = turn
    return {
        "family": family, "dimension": dimension, "method": method, "what": what, "dtype": dtype,
        "seconds": float(f"{seconds:.3g}"), "least": float(f"{least:.3g}"), "rounds": rounds,
        **more,
    }  # fmt: skip


def sizes(off):
    return {"l1": float(f"{off.sum():.3g}"), "max": float(f"{off.max():.3g}")}


def bound(law, theta):
    """The exact p, and what an entry says about its error."""
    estimate = pt.expected_max(law).estimate_probabilities(theta)
    is_ = "bound: the radius of estimate_probabilities"
    return estimate.value, {"error": sizes(estimate.radius), "error_is": is_}


def distance(p, exact):
    off = np.abs(np.asarray(p, np.float64) - exact)
    return {"error": sizes(off), "error_is": "distance to perturbtheory"}


def beside_peers(dimension, dtype, budget):
    """The probabilities under normal noise: ours, and the peers with 100 to 10,000 samples."""
    at, law = problem(dimension), pt.Normal()
    theta = jnp.asarray(at, dtype)
    exact, known = bound(law, at)
    most = 10**8 if dtype == "float64" and dimension <= 10_000 else 10**7
    key = jax.random.key(dimension)
    compiled = jax.jit(ours(law, "probabilities"))
    calls = {JAX: lambda: compiled(theta)}
    if dtype == "float64":  # NumPy knows no other
        calls = {NUMPY: lambda: ours(law, "probabilities")(at)} | calls
    for package in PEERS:
        for n in SAMPLES:
            if n * dimension <= most:
                peer = sampled(package, dimension, n)
                calls[f"{package}, {n} samples"] = lambda peer=peer: peer(key, theta)
    return [
        entry("Normal", dimension, method, "probabilities", turn, dtype,
              **(known if method == NUMPY else distance(turn[-1], exact)))
        for method, turn in zip(calls, take_turns(calls.values(), budget), strict=True)
    ]  # fmt: skip


def unequal(dimension, checkout, budget):
    """The same with a scale per category, beside F-LITE in the precision of each."""
    at, law = problem(dimension), pt.Normal(scales(dimension))
    exact, known = bound(law, at)
    theta, compiled = jnp.asarray(at), jax.jit(ours(law, "probabilities"))
    calls = {NUMPY: lambda: ours(law, "probabilities")(at), JAX: lambda: compiled(theta)}
    if checkout is not None:
        estimator = flite(checkout)
        for dtype in ("float64", "float32"):
            pair = jnp.asarray(at, dtype), jnp.asarray(law.scale, dtype)
            calls[f"F-LITE, {dtype}"] = lambda pair=pair: estimator(*pair)
    return [
        entry(UNEQUAL, dimension, method, "probabilities", turn,
              "float32" if method.endswith("32") else "float64",
              **(known if method == NUMPY else distance(turn[-1], exact)))
        for method, turn in zip(calls, take_turns(calls.values(), budget), strict=True)
    ]  # fmt: skip


def own_table(dimension, whats, budget, *, compiled, slow):
    """Every family's value, probabilities and Hessian-vector product, taking turns.

    A family with a call of more than two seconds is left out beyond this dimension: see `slow`.
    """
    at = problem(dimension)
    theta, method = (jnp.asarray(at), JAX) if compiled else (at, NUMPY)
    cases = [
        (family, what) for family in FAMILIES for what in whats
        if family not in slow and measurable(family, what, compiled=compiled)
    ]  # fmt: skip
    functions = [ours(noise(family), what) for family, what in cases]
    functions = [jax.jit(f) for f in functions] if compiled else functions
    calls = [lambda function=function: function(theta) for function in functions]
    entries = []
    for (family, what), turn in zip(cases, take_turns(calls, budget), strict=True):
        more = {}
        if what == "probabilities" and dimension in (10, 1_000) and not compiled:
            more = bound(noise(family), at)[1]
        entries.append(entry(family, dimension, method, what, turn, **more))
        if turn[0] > 2:
            slow.add(family)
    return entries


def at_new_dimensions():
    """The first call at d = 4 .. 10 after one at d = 3, NumPy; and of a compiled one at d = 4."""
    entries = []
    for family in FAMILIES:
        f = ours(noise(family), "probabilities")
        f(problem(3))
        seconds = []
        for dimension in range(4, 11):
            theta = problem(dimension)
            before = time.perf_counter()
            f(theta)
            seconds.append(time.perf_counter() - before)
        turn = float(np.median(seconds)), min(seconds), len(seconds), None
        at = {"at": "d = 4 .. 10, after d = 3"}
        entries.append(entry(family, 10, NUMPY, "first probabilities at a new d", turn, **at))
    for family in COMPILED:
        f = jax.jit(ours(noise(family), "probabilities"))
        jax.block_until_ready(f(jnp.asarray(problem(3))))
        theta = jnp.asarray(problem(4))
        before = time.perf_counter()
        jax.block_until_ready(f(theta))
        seconds = time.perf_counter() - before
        turn = seconds, seconds, 1, None
        entries.append(entry(family, 4, JAX, "first probabilities at a new d", turn))
    return entries


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--results", type=Path, default=Path("results/benchmarks.json"))
    parser.add_argument("--figures", type=Path, default=Path("figures"))
    parser.add_argument("--lite", type=Path, help="a checkout of github.com/lasgroup/LITE")
    parser.add_argument("--quick", action="store_true", help="up to d = 1,000, without `verify`")
    options = parser.parse_args()
    jax.config.update("jax_enable_x64", True)
    load = [os.getloadavg()[0]]
    started = processes.measured(rounds=3 if options.quick else 5, verify=not options.quick)
    entries = at_new_dimensions()
    dimensions = [d for d in DIMENSIONS if d <= 1_000 or not options.quick]
    for dimension in dimensions:
        entries += beside_peers(dimension, "float64", 2.0)
        if dimension <= 10_000:
            entries += beside_peers(dimension, "float32", 1.0)
        if dimension >= 100:
            entries += unequal(dimension, options.lite, 2.0)
        _write(options, started, entries, load)  # what is there, should the run be stopped
    slow = {False: set(), True: set()}
    for dimension in dimensions:
        whats = (
            ("value", "probabilities", "hvp") if dimension in (10, 1_000) else ("probabilities",)
        )
        for compiled in (False, True):
            entries += own_table(dimension, whats, 1.0, compiled=compiled, slow=slow[compiled])
        _write(options, started, entries, load)
    _write(options, started, entries, [*load, os.getloadavg()[0]])
    options.figures.mkdir(parents=True, exist_ok=True)
    figure(options.results).write(options.figures, "error-against-time")


def _write(options, started, entries, load):
    """A row of the file per process and per entry."""
    names = ("perturbtheory", "jax", "numpy", "scipy", "optax", "jaxopt")
    flags = (" --lite PATH" if options.lite else "") + (" --quick" if options.quick else "")
    record = {
        "command": "python benchmarks/table.py" + flags,
        "versions": {"python": platform.python_version()} | {n: _version(n) for n in names},
        "machine": {
            "cpus": os.cpu_count(),
            "processor": platform.machine(),
            "load at start and end": [float(f"{x:.3g}") for x in load],
        },
        "problem": "theta standard normal, numpy.random.default_rng(d); medians, compile excluded",
    }
    lists = {"processes": started, "entries": entries}
    parts = [json.dumps(record, indent=1)[:-2]]
    for name, rows in lists.items():
        inner = ",\n".join(f"  {json.dumps(row)}" for row in rows)
        parts.append(f' "{name}": [\n{inner}\n ]')
    options.results.parent.mkdir(parents=True, exist_ok=True)
    options.results.write_text(",\n".join(parts) + "\n}\n", "utf-8")


def _version(name):
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return pt.__version__ if name == "perturbtheory" else None


if __name__ == "__main__":
    main()
