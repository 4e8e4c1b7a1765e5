"""Temperature smooths: Perturb-Softmax probabilities for d = 2, four laws and four temperatures.

With Delta = theta_1 - theta_2 and L standard logistic, independent of gamma,

    p_1(theta) = E[softmax((theta + gamma)/t)_1] = P(gamma_1 - gamma_2 + t L > -Delta),

so that dp_1/dDelta = -H_12 is the density of gamma_1 - gamma_2 + t L at -Delta: positive and
smooth for every t > 0, whatever the noise.
"""

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from perturbtheory.display import BLACK, GREEN, GREY, ORANGE, SKY
from perturbtheory.figures._figure import (
    Data,
    Figure,
    mark_samples,
    probability_and_slope,
    sampled_probability,
)
from perturbtheory.figures.discrete import coin, law_of_difference
from perturbtheory.perturbations import AbstractPerturbation, Gumbel, Normal, Uniform
from perturbtheory.potential import expected_logsumexp, expected_max

_REACH = 3.5
TEMPERATURES = (0.0, 0.1, 0.5, 1.0)
_LAWS: dict[str, tuple[Callable[[], AbstractPerturbation], str]] = {
    "normal": (Normal, r"$\gamma_i\sim N(0,1)$"),
    "gumbel": (Gumbel, r"$\gamma_i\sim$ Gumbel"),
    "uniform": (Uniform, r"$\gamma_i\sim U(-1,1)$"),
    "discrete": (coin, r"$\gamma_i=\pm1$, fair coin"),
}
LAWS = tuple(_LAWS)
_COLOURS = dict(zip(TEMPERATURES, (BLACK, SKY, GREEN, ORANGE), strict=True))
_STROKES = dict(zip(TEMPERATURES, ("-", "-", "--", "-."), strict=True))
_WIDTHS = dict(zip(TEMPERATURES, (2.2, 1.0, 1.5, 1.5), strict=True))
"""t = 0.1 lies on t = 0 almost everywhere: a thin line on a wide one shows both."""

_DRAWS: dict[str, Callable[[np.random.Generator, tuple[int, int]], np.ndarray]] = {
    "normal": lambda generator, shape: generator.standard_normal(shape),
    "gumbel": lambda generator, shape: generator.gumbel(size=shape),
    "uniform": lambda generator, shape: generator.uniform(-1.0, 1.0, shape),
    "discrete": lambda generator, shape: generator.choice([-1.0, 1.0], shape),
}


def key(law: str, temperature: float, quantity: str) -> str:
    """LAW/t=TEMPERATURE/QUANTITY, the name of an array of the data."""
    return f"{law}/t={temperature:g}/{quantity}"


def smoothing_data(
    laws: Sequence[str] = LAWS, temperatures: Sequence[float] = TEMPERATURES
) -> Data:
    """p_1 and dp_1/dDelta for every law and temperature, exact; p_1 from 1,000 samples a point.

    Discrete noise has no slope at temperature 0: there the jumps of p_1 are given instead.
    """
    difference = np.linspace(-_REACH, _REACH, 141)
    at = np.arange(-3.0, 3.5, 1.0) + 0.25
    data = {"difference": difference, "sampled_difference": at}
    for law in laws:
        noise = _LAWS[law][0]()
        for temperature in temperatures:
            p, slope = _exact(noise, temperature, difference)
            data[key(law, temperature, "probability")] = p
            if slope is None:
                jumps = law_of_difference(coin())
                data[key(law, temperature, "jumps")] = np.array(
                    [[float(-x), float(mass)] for x, mass in jumps.items()]
                )
            else:
                # Quadrature errs by 1e-14, which is no digit of a slope that small.
                data[key(law, temperature, "slope")] = slope.round(12)
            seed = 10 * LAWS.index(law) + TEMPERATURES.index(temperature)
            mean, error = sampled_probability(_DRAWS[law], at, temperature=temperature, seed=seed)
            data[key(law, temperature, "sampled_probability")] = mean
            data[key(law, temperature, "sampled_standard_error")] = error
    return data


def _exact(
    noise: AbstractPerturbation, temperature: float, difference: np.ndarray
) -> tuple[np.ndarray, np.ndarray | None]:
    f = expected_logsumexp(noise, temperature) if temperature else expected_max(noise)
    return probability_and_slope(f, difference)


def render_smoothing(canvas: Canvas, data: Data) -> None:
    """Above p_1, below its slope; one column a law, one stroke a temperature."""
    axes = canvas.subplots(2, len(LAWS), sharex=True)
    for column, law in enumerate(LAWS):
        upper, lower = axes[:, column]
        for temperature in TEMPERATURES[::-1]:
            _render_temperature(upper, lower, data, law, temperature)
        upper.set(ylim=(-0.05, 1.05), yticks=(0, 0.5, 1))
        lower.set(
            xlim=(-_REACH, _REACH), xticks=(-2, 0, 2), xlabel=r"$\theta_1-\theta_2$",
            ylim=(0, 1.7 if law == "discrete" else 0.55),
        )  # fmt: skip
        upper.set_title(_LAWS[law][1], loc="center")
    for row in axes:
        for panel in row[1:3]:
            panel.tick_params(labelleft=False)
    axes[0, 3].tick_params(labelleft=False)
    axes[0, 0].set_ylabel(r"$p_1$")
    axes[1, 0].set_ylabel(r"$dp_1/d\theta_1$")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    dot = axes[0, 0].plot([], [], "o", color=GREY, ms=2.6)[0]
    canvas.legend(
        [*handles[::-1], dot], [*labels[::-1], r"1,000 samples, $\pm2$ s.e."],
        loc="outside upper center", ncols=5, columnspacing=1.6, handlelength=2.2,
    )  # fmt: skip
    canvas.align_ylabels(axes[:, 0])


def _render_temperature(upper: Axes, lower: Axes, data: Data, law: str, temperature: float) -> None:
    x, p = data["difference"], data[key(law, temperature, "probability")]
    label = r"$t=0$ (argmax)" if temperature == 0 else f"$t={temperature:g}$"
    stroke = {
        "color": _COLOURS[temperature], "ls": _STROKES[temperature],
        "lw": _WIDTHS[temperature], "label": label, "zorder": 2 + 0.1 * (temperature > 0),
    }  # fmt: skip
    jumps = data.get(key(law, temperature, "jumps"))
    if jumps is None:
        upper.plot(x, p, **stroke)
        lower.plot(x, data[key(law, temperature, "slope")], **stroke)
    else:
        inside = ~np.isin(np.round(x, 9), jumps[:, 0])
        upper.step(x[inside], p[inside], where="mid", **stroke)
        lower.axhline(0, **stroke)
        for place, mass in jumps:
            arrow = {"arrowstyle": "-|>", "color": BLACK, "lw": 1.2, "shrinkA": 0, "shrinkB": 0}
            lower.annotate("", (place, 1.5 * mass), (place, 0), arrowprops=arrow)
            # Above the peak that the jump becomes at t = 0.1: mass times 1/(4 t).
            lower.text(place, 2.5 * mass + 0.04, f"{mass:g}", fontsize=9, ha="center")
        lower.text(-3.4, 1.53, "arrows: jumps of $p_1$ at $t=0$", fontsize=9)
    mark_samples(
        upper, data["sampled_difference"], data[key(law, temperature, "sampled_probability")],
        data[key(law, temperature, "sampled_standard_error")], ms=1.6, elinewidth=0.6, capsize=0,
    )  # fmt: skip


def _labels() -> dict[str, str]:
    labels = {
        "difference": "Delta = theta_1 - theta_2, in units of the noise",
        "sampled_difference": "Delta of the sampled points",
    }
    for law in LAWS:
        for temperature in TEMPERATURES:
            where = f"under {law} noise at temperature {temperature:g}"
            for quantity, meaning in (
                ("probability", "p_1(Delta, 0)"),
                ("slope", "dp_1/dDelta"),
                ("jumps", "[Delta, height] of every jump of p_1"),
                ("sampled_probability", "mean of 1,000 samples"),
                ("sampled_standard_error", "standard error of the mean"),
            ):
                labels[key(law, temperature, quantity)] = f"{meaning} {where}"
    return labels


SMOOTHING = Figure(
    title="Temperature smooths steps and kinks: Perturb-Softmax probabilities and slopes, $d = 2$",
    formula=r"$p_1 = \mathbb E[\operatorname{softmax}((\theta + \gamma)/t)_1] = \mathbb "
    r"P(\gamma_1 - \gamma_2 + tL > -\Delta)$, $L$ standard logistic; $\frac{dp_1}{d\Delta} = "
    r"-\frac{\partial^2 f}{\partial\theta_1 \partial\theta_2}$; $\Delta = \theta_1 - \theta_2$",
    reference="paper A, (6) and (7)",
    labels=_labels(),
    compute=smoothing_data,
    render=render_smoothing,
    size=(7.2, 3.7),
    dpi=160,
)
