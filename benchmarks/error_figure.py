"""Error against time, log-log: the quadrature's one point and the samplers' descending lines."""

import functools
import json

import numpy as np
from matplotlib.ticker import LogLocator, NullFormatter

from perturbtheory.display import BLUE, GREEN, VERMILLION
from perturbtheory.figures._figure import Figure

SERIES = {
    "perturbtheory": ("perturbtheory (bound on error)", BLUE, "*", 10),
    "optax": ("optax", VERMILLION, "o", 4),
    "jaxopt": ("jaxopt", GREEN, "s", 4),
}


def data(path):
    """Seconds and L1 errors of the probabilities under normal noise in 64-bit."""
    entries = [
        row for row in json.loads(path.read_text("utf-8"))["entries"]
        if row["family"] == "Normal" and "error" in row and row["dtype"] == "float64"
        and row["what"] == "probabilities" and row["dimension"] <= 10_000
    ]  # fmt: skip
    out = {}
    for dimension in sorted({row["dimension"] for row in entries}):
        for name in SERIES:
            # The own table times perturbtheory once more; the first entry took turns with peers.
            chosen = [
                row for row in entries
                if row["dimension"] == dimension and row["method"].split(",")[0] == name
            ]  # fmt: skip
            chosen = chosen[:1] if name == "perturbtheory" else chosen
            out[f"{name}/d={dimension}/seconds"] = np.array([row["seconds"] for row in chosen])
            out[f"{name}/d={dimension}/error"] = np.array([row["error"]["l1"] for row in chosen])
    return out


def render(canvas, data):
    """One panel a dimension; a line a sampler with 100, 1,000 and 10,000 samples."""
    dimensions = sorted({int(key.split("/")[1][2:]) for key in data})
    panels = canvas.subplots(1, len(dimensions), sharey=True, squeeze=False)[0]
    for axes, d in zip(panels, dimensions, strict=True):
        for name, (label, colour, marker, size) in SERIES.items():
            seconds, error = (data[f"{name}/d={d}/{kind}"] for kind in ("seconds", "error"))
            axes.loglog(seconds, error, marker=marker, ms=size, color=colour, lw=1, label=label)
        axes.set(xlabel="seconds per call", ylim=(1e-16, 10))
        axes.xaxis.set_major_locator(LogLocator())
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.set_title(f"$d={d:,}$".replace(",", "{,}"), loc="center")
    panels[0].set_ylabel(r"$\|p-p_{\mathrm{exact}}\|_1$")
    handles, labels = panels[0].get_legend_handles_labels()
    labels[1:] = [f"{label}: 100, 1,000, 10,000 samples" for label in labels[1:]]
    canvas.legend(handles, labels, loc="outside upper center", ncols=3, columnspacing=1.5)


def figure(path):
    """The figure of the results in `path`."""
    shown = data(path)
    compute = functools.update_wrapper(lambda: shown, data)
    return Figure(
        title="Error against time: Perturb-Argmax probabilities under normal noise, CPU",
        formula=r"$\sum_i |p_i - P(\arg\max_j(\theta_j + \gamma_j) = i)|$, $\theta \sim N(0, I)$",
        reference="benchmarks/table.py; results/benchmarks.json",
        labels={
            key: "median seconds per call" if key.endswith("seconds")
            else "L1 error; for perturbtheory a bound on it"
            for key in shown
        },
        compute=compute,
        render=render,
        size=(7.2, 2.7),
        dpi=160,
    )  # fmt: skip
