"""Figure 1 of paper B as curves: bias and spread of gradient estimates through an arg max.

z* = argmax(h + gamma) for Gumbel gamma, q = softmax(h); the gradient of E[f(z*)] in h is
q (f - E_q f). With one-hot z, s = softmax((h + gamma)/t), and one gamma for each estimate:

    direct, one-sided   (z*(e) - z*) / e,                   z*(e) = argmax(h + e f + gamma)
    direct, two-sided   (z*(e) - z*(-e)) / (2 e)
    Gumbel-Softmax      grad_h <f, s> = s (f - <f, s>) / t

Shown are |mean - gradient| and the square root of the trace of the covariance.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from perturbtheory.display import BLACK, BLUE, GREEN, GREY, VERMILLION
from perturbtheory.estimators import AbstractEstimator, Direct, Relaxed, exact_gradient
from perturbtheory.figures._figure import Data, Figure

CATEGORIES = 10
DRAWS = 10_000
GRID = np.geomspace(0.02, 2.0, 17)
_SAMPLED = np.array([0.03, 0.1, 0.3, 0.9, 1.8])
_APART = (0.93, 1.0, 1.07)
"""Estimators are sampled a little apart, so that no marker hides another."""


def instance() -> tuple[np.ndarray, np.ndarray]:
    """(h, f): ten logits and ten values, standard normal, seeded."""
    rng = np.random.default_rng(1)
    return rng.standard_normal(CATEGORIES), rng.standard_normal(CATEGORIES)


class Curve(NamedTuple):
    """One estimator of the gradient, for every epsilon or temperature."""

    label: str
    style: dict
    at: Callable[[float], AbstractEstimator]


CURVES = {
    "one-sided": Curve(r"direct, $\epsilon$", {"color": BLUE, "marker": "o"}, Direct),
    "two-sided": Curve(
        r"direct, two-sided, $\epsilon$", {"color": GREEN, "ls": "--", "marker": "s"},
        lambda x: Direct(x, two_sided=True),
    ),
    "gumbel-softmax": Curve(
        r"Gumbel-Softmax, $\tau$", {"color": VERMILLION, "ls": "-.", "marker": "^"},
        lambda x: Relaxed(temperature=x),
    ),
}  # fmt: skip


def exact(estimator: AbstractEstimator) -> tuple[np.ndarray, float]:
    """(bias, total variance) of one draw."""
    h, f = instance()
    mean, variance = (np.asarray(moment) for moment in estimator.moments(h, f))
    return mean - exact_gradient(h, f), float(variance.sum())


def drawn(estimator: AbstractEstimator, seed: int) -> np.ndarray:
    """10,000 estimates, one a row."""
    return np.asarray(_estimates(estimator, jax.random.key(seed), *map(jnp.asarray, instance())))


@jax.jit
def _estimates(estimator: AbstractEstimator, key: jax.Array, h: jax.Array, f: jax.Array) -> Any:
    return jax.vmap(lambda k: estimator(k, h, f))(jax.random.split(key, DRAWS))


def direct_data(grid: np.ndarray = GRID) -> Data:
    """Exact curves on a common grid; what 10,000 draws say at five places, with fresh noise."""
    h, f = instance()
    gradient = exact_gradient(h, f)
    data = {"logits": h, "values": f, "gradient": gradient, "grid": grid}
    for number, (name, curve) in enumerate(CURVES.items()):
        moments = [exact(curve.at(x)) for x in grid]
        bias = np.array([np.linalg.norm(off) for off, _ in moments])
        variance = np.array([total for _, total in moments])
        data[f"{name}/bias"], data[f"{name}/deviation"] = bias, np.sqrt(variance)
        data[f"{name}/measured"] = np.sqrt(bias**2 + variance / DRAWS)
        data[f"{name}/sampled"] = at = _APART[number] * _SAMPLED
        estimators = [curve.at(x) for x in at]
        found = [
            _sampled(drawn(estimator, 10 * number + place), gradient, exact(estimator)[0])
            for place, estimator in enumerate(estimators)
        ]
        for column, quantity in enumerate(_SAMPLED_QUANTITIES):
            data[f"{name}/{quantity}"] = np.array([row[column] for row in found])
    return data


_SAMPLED_QUANTITIES = (
    "sampled_bias", "sampled_bias_error", "sampled_deviation", "sampled_deviation_error",
)  # fmt: skip


def _sampled(
    draws: np.ndarray, gradient: np.ndarray, bias: np.ndarray
) -> tuple[float, float, float, float]:
    """|mean - gradient| and the root of the total variance, each with its standard error.

    With S the covariance of the mean, x = mean - gradient is nearly normal around the bias b:
    E|x|^2 = |b|^2 + tr S and Var|x|^2 = 4 b'Sb + 2 tr S^2.
    """
    n = len(draws)
    covariance = np.cov(draws.T) / n
    variance = 4 * bias @ covariance @ bias + 2 * np.sum(covariance**2)
    root_mean_square = np.sqrt(bias @ bias + np.trace(covariance))
    squares = ((draws - draws.mean(0)) ** 2).sum(-1)
    deviation = np.sqrt(squares.sum() / (n - 1))
    return (
        float(np.linalg.norm(draws.mean(0) - gradient)),
        float(np.sqrt(variance) / (2 * root_mean_square)),
        float(deviation),
        float(np.std(squares) / np.sqrt(n) / (2 * deviation)),
    )


def render_direct(canvas: Canvas, data: Data) -> None:
    """Left bias, right spread, against epsilon or the temperature."""
    left, right = canvas.subplots(1, 2)
    for name, curve in CURVES.items():
        for axes, quantity in ((left, "bias"), (right, "deviation")):
            line = {key: value for key, value in curve.style.items() if key != "marker"}
            axes.loglog(data["grid"], data[f"{name}/{quantity}"], **line, label=curve.label)
            mean, error = (data[f"{name}/sampled_{quantity}{end}"] for end in ("", "_error"))
            axes.errorbar(
                data[f"{name}/sampled"], mean, 2 * error, fmt=curve.style["marker"], ms=3.6,
                color=curve.style["color"], mec=BLACK, mew=0.5, elinewidth=0.9, zorder=4,
            )  # fmt: skip
        colour = curve.style["color"]
        left.loglog(data["grid"], data[f"{name}/measured"], ":", color=colour, lw=1.0, zorder=1.5)
    size = np.linalg.norm(data["gradient"])
    for axes in (left, right):
        axes.axhline(size, color=BLACK, lw=0.8)
        axes.set(xlabel=r"$\epsilon$ or temperature $\tau$", xlim=(0.018, 2.3))
    left.text(0.02, 0.92 * size, "|gradient|", fontsize=9, va="top")
    left.set(ylim=(1e-6, 0.4))
    left.set_ylabel("norm of the bias")
    right.set_ylabel("standard deviation of one draw")
    _legend(canvas, left)


def _legend(canvas: Canvas, axes: Axes) -> None:
    handles: list[Any]
    handles, labels = axes.get_legend_handles_labels()
    dot: Any = axes.errorbar(
        [], [], [], fmt="o", ms=3.6, color="white", mec=BLACK, mew=0.5, ecolor=BLACK
    )
    floor = axes.plot([], [], ":", color=GREY, lw=1.0)[0]
    canvas.legend(
        [*handles, dot, floor], [*labels, r"10,000 draws, $\pm2$ s.e.", "expected of 10,000 draws"],
        loc="outside upper center", ncols=3, columnspacing=1.6,
    )  # fmt: skip


def _labels() -> dict[str, str]:
    labels = {
        "logits": "h",
        "values": "f",
        "gradient": "q (f - E_q f), q = softmax(h)",
        "grid": "epsilon or temperature of the curves",
    }
    how = {
        "one-sided": ("closed form", "closed form"),
        "two-sided": ("closed form", "closed form"),
        "gumbel-softmax": ("quadrature", "quadrature"),
    }
    for name, (bias, deviation) in how.items():
        labels |= {
            f"{name}/bias": f"|E v - gradient|, {bias}",
            f"{name}/deviation": f"sqrt(trace Cov v) of one draw v, {deviation}",
            f"{name}/measured": "root mean square of |mean of 10,000 draws - gradient|, from both",
            f"{name}/sampled": "epsilon or temperature of the markers",
            f"{name}/sampled_bias": "|mean of 10,000 draws - gradient|",
            f"{name}/sampled_bias_error": "its standard error, by the exact bias",
            f"{name}/sampled_deviation": "sqrt(trace of the sample covariance) of 10,000 draws",
            f"{name}/sampled_deviation_error": "its standard error",
        }
    return labels


DIRECT_OPTIMIZATION = Figure(
    title="Bias and spread of gradient estimates through an arg max, $K = 10$: direct and relaxed",
    caption="Lines are exact, markers are 10,000 draws, for one instance of ten normal logits "
    r"and values. Left: the bias falls like $\epsilon$ for the direct estimate and like its "
    "square for the two-sided one and for Gumbel-Softmax; 10,000 draws, as in the paper, cannot "
    "see it below the dotted lines, where the markers stay. Right: the price is a spread that "
    r"grows like one over the square root of $\epsilon$ or of the temperature. Black: the length "
    "of the gradient.",
    formula=r"$(z^*(\epsilon) - z^*)/\epsilon$, $(z^*(\epsilon) - z^*(-\epsilon))/(2\epsilon)$ "
    r"and $s\,(f - \langle f, s\rangle)/t$ as estimates of $q\,(f - \mathbb E_q f)$; "
    r"$z^*(\epsilon) = \arg\max(h + \epsilon f + \gamma)$, $s = \operatorname{softmax}((h + "
    r"\gamma)/t)$",
    reference="paper B, Figure 1",
    labels=_labels(),
    compute=direct_data,
    render=render_direct,
    size=(7.0, 3.5),
    dpi=160,
)
