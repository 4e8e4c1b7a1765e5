"""Probabilities of a probit with one factor, and five: ours, SciPy's normal integral, and GHK.

    python benchmarks/probit.py [--results FILE]

The shocks are gamma_i + B_i u, all standard normal, theta and B drawn once per d. SciPy integrates
the differences from each category by Genz and Bretz's lattice rules; GHK draws them one after the
other. Candidates take turns in one process, as in `table.py`. Their error is the distance from the
package's p, whose own is its radius; a plain rule of many nodes, which shares nothing with it, is
held against that radius. Under five factors the package samples too: errors are distances to the p
of its most points, which has a radius of confidence. Writes results/probit.json.
"""

import argparse
import importlib.metadata
import json
import os
import platform
from pathlib import Path

import numpy as np
from scipy.special import log_ndtr, ndtr, ndtri
from scipy.stats import multivariate_normal
from table import bound, distance, entry, take_turns

import perturbtheory as pt

FAMILY, PEERS_UP_TO, ANY_UP_TO = "Normal, one factor", 30, 6
MANY, FACTORS, SIZES, POINTS, MOST = "Normal, five factors", 5, (10, 30), (2**10, 2**14), 2**18
DIMENSIONS, DRAWS = (5, 30, 100, 1_000), (500, 5_000)
OURS, SCIPY = "perturbtheory", "SciPy, multivariate_normal.cdf"
ANY = "JointNormal"


def problem(d):
    """(theta, B), the same in every run."""
    rng = np.random.default_rng([d, 2])
    return rng.standard_normal(d), rng.standard_normal(d)


def differences(theta, loadings, i):
    """(bounds, covariance) such that p_i is the probability that a normal vector is below them."""
    turn = np.delete(np.eye(theta.size), i, 0) - np.eye(theta.size)[i]
    factors = loadings.reshape(theta.size, -1)
    return -turn @ theta, turn @ (np.eye(theta.size) + factors @ factors.T) @ turn.T


def scipy_probabilities(theta, loadings):
    """All p_i with SciPy's defaults, 1e-5 absolute and relative."""
    rng = np.random.default_rng(0)
    parts = [differences(theta, loadings, i) for i in range(theta.size)]
    return np.array([multivariate_normal.cdf(b, cov=c, rng=rng) for b, c in parts])


def ghk_probabilities(theta, loadings, draws):
    """All p_i, each from draws of its own."""
    rng, p = np.random.default_rng(0), np.empty(theta.size)
    for i in range(theta.size):
        bounds, covariance = differences(theta, loadings, i)
        root = np.linalg.cholesky(covariance)
        e, product = np.zeros((draws, bounds.size)), np.ones(draws)
        for j, bound_ in enumerate(bounds):
            below = ndtr((bound_ - e[:, :j] @ root[j, :j]) / root[j, j])
            product *= below
            e[:, j] = ndtri(np.maximum(rng.random(draws) * below, 1e-300))
        p[i] = product.mean()
    return p


def plain(theta, loadings, i, step=0.08, reach=9.0):
    """p_i by the trapezoidal rule in u and in gamma_i, both on the same nodes."""
    x = step * np.arange(-round(reach / step), round(reach / step) + 1)
    weight = step * np.exp(-x * x / 2) / np.sqrt(2 * np.pi)
    gap, slope = (np.delete(v[i] - v, i) for v in (theta, loadings))
    inner = [weight @ np.exp(np.sum(log_ndtr(gap + slope * u + x[:, None]), 1)) for u in x]
    return weight @ np.array(inner)


def measured(d):
    """An entry per candidate."""
    theta, loadings = problem(d)
    law = pt.FactorNoise(pt.Normal(), loadings)
    exact, known = bound(law, theta)
    f = pt.expected_max(law)
    calls = {
        OURS: lambda: f.probabilities(theta),
        f"{OURS}, with radii": lambda: f.estimate_probabilities(theta).value,
    }
    if d <= ANY_UP_TO:
        any_law = pt.expected_max(pt.JointNormal(np.eye(d) + np.outer(loadings, loadings)))
        calls[ANY] = lambda: any_law.probabilities(theta)
    if d <= PEERS_UP_TO:
        calls |= {
            f"GHK, {n} draws": lambda n=n: ghk_probabilities(theta, loadings, n) for n in DRAWS
        }
        calls[SCIPY] = lambda: scipy_probabilities(theta, loadings)
    turns = take_turns(calls.values(), 2.0)
    seconds = turns[0][0]
    few = np.argsort(-exact)[[0, 1, d // 2]]
    off = [abs(plain(theta, loadings, i) - exact[i]) for i in few]
    checked = {"plain rule": {"categories": few.tolist(), "max": float(f"{max(off):.3g}")}}
    return [
        entry(FAMILY, d, method, "probabilities", turn, ratio=float(f"{turn[0] / seconds:.3g}"),
              **(known | checked if method.startswith(OURS) else distance(turn[-1], exact)))
        for method, turn in zip(calls, turns, strict=True)
    ]  # fmt: skip


def under_many(d):
    """An entry per candidate under five factors."""
    rng = np.random.default_rng([d, 2])
    theta, loadings = rng.standard_normal(d), rng.standard_normal((d, FACTORS))

    def ours(nodes):
        return pt.expected_max(pt.FactorNoise(pt.Normal(), loadings, nodes=nodes))

    best = ours(MOST).estimate_probabilities(theta)
    calls = {
        **{f"{OURS}, {n} points": lambda n=n: ours(n).probabilities(theta) for n in POINTS},
        **{f"GHK, {n} draws": lambda n=n: ghk_probabilities(theta, loadings, n) for n in DRAWS},
        SCIPY: lambda: scipy_probabilities(theta, loadings),
    }
    turns = take_turns(calls.values(), 2.0)
    seconds, radius = turns[len(POINTS) - 1][0], float(f"{np.max(best.radius):.2g}")
    return [
        entry(MANY, d, method, "probabilities", turn, ratio=float(f"{turn[0] / seconds:.3g}"),
              **distance(turn[-1], best.value),
              reference={"points": MOST, "radius": radius, "confidence": best.confidence})
        for method, turn in zip(calls, turns, strict=True)
    ]  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--results", type=Path, default=Path("results/probit.json"))
    options = parser.parse_args()
    load = [os.getloadavg()[0]]
    entries = [row for d in DIMENSIONS for row in measured(d)]
    entries += [row for d in SIZES for row in under_many(d)]
    load.append(os.getloadavg()[0])
    names = ("jax", "numpy", "scipy")
    record = {
        "command": "python benchmarks/probit.py",
        "versions": {"python": platform.python_version(), "perturbtheory": pt.__version__}
        | {name: importlib.metadata.version(name) for name in names},
        "machine": {
            "cpus": os.cpu_count(),
            "processor": platform.machine(),
            "load at start and end": [float(f"{x:.3g}") for x in load],
        },
        "problem": "theta and B standard normal, numpy.random.default_rng([d, 2]); medians; "
        "ratio: of seconds to those of perturbtheory, under five factors with 16384 points",
    }
    rows = ",\n".join(f"  {json.dumps(row)}" for row in entries)
    text = json.dumps(record, indent=1)[:-2] + f',\n "entries": [\n{rows}\n ]\n}}\n'
    options.results.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
