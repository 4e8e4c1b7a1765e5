"""Error against the number of samples: how far sampled Perturb-Argmax probabilities are off.

    sum_i |p_i - P(argmax_j(theta_j + gamma_j) = i)|

for n independent draws, which lose as n^(-1/2), for n scrambled Sobol points, and for the
engine, whose error and reported radius do not depend on n. The truth is another route each time:
ball arithmetic to 30 digits for normal noise, softmax to 50 digits for Gumbel noise, which the
engine is made to integrate like any other law. There are no timings: the same numbers come back.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from scipy import special
from scipy.stats import qmc

from perturbtheory.display import BLACK, BLUE, GREEN, SKY, VERMILLION
from perturbtheory.figures._figure import Data, Figure
from perturbtheory.perturbations import AbstractPerturbation, Gumbel, Normal
from perturbtheory.potential import expected_max
from perturbtheory.routes import enclosure

THETAS = 5
COUNTS = np.array([10, 32, 100, 316, 1000, 3162, 10_000, 31_623, 100_000, 316_228, 1_000_000])
POWERS = 2 ** np.arange(3, 21)
_CHUNK = 2**17
UNIT = 1e-16
"""Of the engine's error and radius in the data."""


def softmax_exactly(theta: np.ndarray) -> list[Fraction]:
    """softmax(theta) to 50 digits: what Gumbel noise gives."""
    with localcontext() as context:
        context.prec = 50
        weights = [Decimal(float(t)).exp() for t in theta]
        return [Fraction(w / sum(weights)) for w in weights]


def enclosed(theta: np.ndarray) -> list[Fraction]:
    """The middles of enclosures to 30 digits, under normal noise."""
    return [p.middle for p in enclosure.probabilities(Normal(), theta.tolist())]


class Case(NamedTuple):
    """One noise: for the engine, for the truth, and its quantile function for sampling."""

    dimension: int
    noise: AbstractPerturbation
    truth: Callable[[np.ndarray], list[Fraction]]
    quantile: Callable[[np.ndarray], np.ndarray]


def cases() -> dict[str, Case]:
    """Normal noise with d = 6, the most that enclosures allow; Gumbel noise with d = 10."""
    return {
        "normal": Case(6, Normal(), enclosed, special.ndtri),
        # One scale for each coordinate: the engine takes a single one for softmax.
        "gumbel": Case(10, Gumbel(np.ones(10)), softmax_exactly, lambda u: -np.log(-np.log(u))),
    }


def samples_data(
    thetas: int = THETAS, draws: np.ndarray = COUNTS, points: np.ndarray = POWERS
) -> Data:
    """Errors for theta ~ N(0, I); every theta has draws and scrambles of its own."""
    data = {"draws": draws, "points": points}
    for number, (name, case) in enumerate(cases().items()):
        places = np.random.default_rng(number).standard_normal((thetas, case.dimension))
        f = expected_max(case.noise)
        p, radius, _, _ = f.estimate_probabilities(places)
        rows = {"engine": [], "expected": [], "monte-carlo": [], "quasi-monte-carlo": []}
        for seed, (theta, ours) in enumerate(zip(places, np.asarray(p), strict=True)):
            truth = case.truth(theta)
            off = [abs(Fraction(float(x)) - y) for x, y in zip(ours, truth, strict=True)]
            rows["engine"].append(float(sum(off)) / UNIT)
            exact = np.array([float(y) for y in truth])
            rows["expected"].append(np.sqrt(2 * exact * (1 - exact) / np.pi).sum())
            for method, counts in (("monte-carlo", draws), ("quasi-monte-carlo", points)):
                cube = uniforms(method, case.dimension, int(counts[-1]), (number, seed))
                shares = frequencies(theta, cube, case.quantile, counts)
                rows[method].append(np.abs(shares - exact).sum(-1))
        data[f"{name}/theta"] = places
        data[f"{name}/radius"] = np.asarray(radius).sum(-1) / UNIT
        data |= {f"{name}/{row}": np.array(errors) for row, errors in rows.items()}
    return data


def uniforms(
    method: str, dimension: int, count: int, seed: tuple[int, int]
) -> Iterator[np.ndarray]:
    """`count` points of the unit cube, in chunks: independent, or a scrambled Sobol sequence."""
    rng = np.random.default_rng(seed)
    sobol = qmc.Sobol(dimension, scramble=True, bits=52, rng=rng)
    for start in range(0, count, _CHUNK):
        size = min(_CHUNK, count - start)
        if method == "monte-carlo":
            yield rng.random((size, dimension)) + 2.0**-54
        else:
            yield sobol.random(size) + 2.0**-53


def frequencies(
    theta: np.ndarray,
    points: Iterator[np.ndarray],
    quantile: Callable[[np.ndarray], np.ndarray],
    counts: np.ndarray,
) -> np.ndarray:
    """Share of every arg max among the first n points, for each n in `counts`; ``(n, d)``."""
    winner = np.concatenate([np.argmax(theta + quantile(u), -1) for u in points])
    return np.array([np.bincount(winner[:n], minlength=len(theta)) / n for n in counts])


def render_samples(canvas: Canvas, data: Data) -> None:
    """One panel a noise: two falling lines, two that do not depend on the number of samples."""
    panels = canvas.subplots(1, 2, sharey=True)
    titles = (r"$\gamma_i\sim N(0,1)$, $d=6$", r"$\gamma_i\sim$ Gumbel by quadrature, $d=10$")
    for axes, name, title in zip(panels, cases(), titles, strict=True):
        _render_case(axes, data, name)
        axes.set_title(title, loc="center")
        axes.set(xlabel="number of samples $n$", xlim=(8, 1.05e6), ylim=(3e-17, 9))
    panels[0].set_ylabel(r"$\|p-p_{\mathrm{exact}}\|_1$")
    handles, labels = panels[0].get_legend_handles_labels()
    canvas.legend(handles, labels, loc="outside upper center", ncols=3, columnspacing=1.5)


def _render_case(axes: Axes, data: Data, name: str) -> None:
    for method, counts, colour, marker in (
        ("monte-carlo", "draws", VERMILLION, "o"),
        ("quasi-monte-carlo", "points", GREEN, "s"),
    ):
        n, errors = data[counts], data[f"{name}/{method}"]
        label = "Monte Carlo" if method == "monte-carlo" else "quasi-Monte Carlo"
        axes.fill_between(n, errors.min(0), errors.max(0), color=colour, alpha=0.25, lw=0)
        axes.loglog(
            n, np.median(errors, 0), marker, ls="-", color=colour, lw=1.1, ms=3, label=label
        )
    expected = data[f"{name}/expected"].mean() / np.sqrt(data["draws"])
    axes.plot(data["draws"], expected, "--", color=BLACK, lw=0.9, label="Monte Carlo, expected")
    error, radius = (data[f"{name}/{kind}"] * UNIT for kind in ("engine", "radius"))
    axes.axhspan(radius.min(), radius.max(), color=SKY, alpha=0.5, lw=0)
    axes.axhline(np.median(radius), color=BLUE, ls="--", label="quadrature, reported radius")
    axes.axhspan(error.min(), error.max(), color=SKY, alpha=0.5, lw=0)
    axes.axhline(np.median(error), color=BLUE, label="quadrature, error")


ERROR_AGAINST_SAMPLES = Figure(
    title="Error against the number of samples: Perturb-Argmax probabilities",
    caption=r"Medians over five $\theta \sim N(0, I)$, bands from the least to the largest error. "
    "Sampling gains one digit for a hundred times more draws, quasi-Monte Carlo somewhat more; "
    "quadrature is at rounding error, and the radius that it reports covers the error.",
    formula=r"$\sum_i |p_i - \mathbb P(\arg\max_j(\theta_j + \gamma_j) = i)|$; expected of $n$ "
    r"independent draws: $\sum_i \sqrt{2 p_i (1 - p_i)/(\pi n)}$, mean over $\theta$",
    reference="perturbtheory.routes.enclosure; softmax to 50 digits",
    labels={
        "draws": "number of independent draws",
        "points": "number of scrambled Sobol points",
    }
    | {
        f"{name}/{quantity}": f"{meaning} under {name} noise"
        for name in ("normal", "gumbel")
        for quantity, meaning in (
            ("theta", "theta (rows)"),
            ("radius", "sum of the radii that quadrature reports, for each theta, in 1e-16,"),
            ("engine", "error of quadrature, for each theta, in 1e-16,"),
            ("expected", "sum_i sqrt(2 p_i (1 - p_i)/pi), for each theta,"),
            ("monte-carlo", "error of sampling, theta (rows), draws (columns),"),
            ("quasi-monte-carlo", "error of sampling, theta (rows), points (columns),"),
        )
    },
    compute=samples_data,
    render=render_samples,
    size=(7.0, 3.6),
    dpi=160,
)
