"""Times every candidate against the others in one process and measures its error.

    python benchmarks/table.py [--results FILE] [--figures DIRECTORY] [--quick]

Candidates for one problem take turns, so that a slow moment of the machine hits all of them;
compile time is left out; the median is kept. Writes results/benchmarks.json and
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
import numpy as np
from candidates import DIMENSIONS, FAMILIES, measurable, ours, problem, sampled
from error_figure import figure

import perturbtheory as pt

SAMPLES = (100, 1_000, 10_000)
PEERS = ("optax", "jaxopt")


def take_turns(calls, budget):
    """(median seconds, rounds, first result) of each call, compiled before the clock starts."""
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
    return [float(np.median(column)) for column in columns], rounds, results


def entry(family, dimension, method, what, seconds, rounds, dtype="float64", **more):
    return {
        "family": family, "dimension": dimension, "method": method, "what": what, "dtype": dtype,
        "seconds": float(f"{seconds:.3g}"), "rounds": rounds, **more,
    }  # fmt: skip


def error_against(p, exact):
    off = np.abs(np.asarray(p, np.float64) - exact)
    return {"l1": float(f"{off.sum():.3g}"), "max": float(f"{off.max():.3g}")}


def beside_peers(dimension, dtype, budget):
    """The probabilities under normal noise: ours, and the peers with 100 to 10,000 samples."""
    theta = problem(dimension, dtype)
    reference = pt.expected_max(pt.Normal()).estimate_probabilities(problem(dimension))
    exact, radius = np.asarray(reference.value), np.asarray(reference.radius)
    most = 10**8 if dtype == "float64" and dimension <= 10_000 else 10**7
    counts = [n for n in SAMPLES if n * dimension <= most]
    names = [("perturbtheory", None)] + [(package, n) for n in counts for package in PEERS]
    key = jax.random.key(dimension)
    own = ours("Normal", "probabilities")
    calls = [lambda: own(theta)]
    for package, n in names[1:]:
        peer = sampled(package, dimension, n)
        calls.append(lambda peer=peer: peer(key, theta))
    seconds, rounds, results = take_turns(calls, budget)
    entries = []
    for (package, n), second, p in zip(names, seconds, results, strict=True):
        if n is None and dtype == "float64":
            bound = {"l1": float(f"{radius.sum():.3g}"), "max": float(f"{radius.max():.3g}")}
            more = {"error": bound, "error_is": "bound: the radius of estimate_probabilities"}
        else:
            more = {"error": error_against(p, exact), "error_is": "distance to perturbtheory"}
        method = package if n is None else f"{package}, {n} samples"
        entries.append(
            entry("Normal", dimension, method, "probabilities", second, rounds, dtype, **more)
        )
    return entries


def own_table(dimension, whats, budget):
    """Every family's value, probabilities and Hessian-vector product, taking turns."""
    theta = problem(dimension)
    cases = [(f, w) for f in FAMILIES for w in whats if measurable(f, w, dimension)]
    functions = [ours(*case) for case in cases]
    calls = [lambda function=function: function(theta) for function in functions]
    seconds, rounds, _ = take_turns(calls, budget)
    entries = []
    for (family, what), second in zip(cases, seconds, strict=True):
        more = {}
        if what == "probabilities" and dimension in (10, 1_000):
            estimate = pt.expected_max(FAMILIES[family]()).estimate_probabilities(theta)
            radius = np.asarray(estimate.radius)
            bound = {"l1": float(f"{radius.sum():.3g}"), "max": float(f"{radius.max():.3g}")}
            more = {"error": bound, "error_is": "bound: the radius of estimate_probabilities"}
        entries.append(entry(family, dimension, "perturbtheory", what, second, rounds, **more))
    return entries


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--results", type=Path, default=Path("results/benchmarks.json"))
    parser.add_argument("--figures", type=Path, default=Path("figures"))
    parser.add_argument("--quick", action="store_true", help="up to d = 1,000 only")
    options = parser.parse_args()
    jax.config.update("jax_enable_x64", True)
    dimensions = [d for d in DIMENSIONS if d <= 1_000 or not options.quick]
    entries = []
    for dimension in dimensions:
        entries += beside_peers(dimension, "float64", 2.0)
        if dimension <= 10_000:
            entries += beside_peers(dimension, "float32", 1.0)
    for dimension in dimensions:
        whats = (
            ("value", "probabilities", "hvp") if dimension in (10, 1_000) else ("probabilities",)
        )
        entries += own_table(dimension, whats, 1.0)
    names = ("perturbtheory", "jax", "numpy", "optax", "jaxopt")
    versions = {name: _version(name) for name in names}
    record = {
        "command": "python benchmarks/table.py" + (" --quick" if options.quick else ""),
        "versions": {"python": platform.python_version(), **versions},
        "machine": {"cpus": os.cpu_count(), "processor": platform.machine()},
        "problem": "theta standard normal, numpy.random.default_rng(d); medians, compile excluded",
    }
    options.results.parent.mkdir(parents=True, exist_ok=True)
    head = json.dumps(record, indent=1)[:-2]
    rows = ",\n".join(f"  {json.dumps(row)}" for row in entries)
    options.results.write_text(f'{head},\n "entries": [\n{rows}\n ]\n}}\n', "utf-8")
    options.figures.mkdir(parents=True, exist_ok=True)
    figure(options.results).write(options.figures, "error-against-time")


def _version(name):
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return pt.__version__ if name == "perturbtheory" else None


if __name__ == "__main__":
    main()
