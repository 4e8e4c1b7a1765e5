"""What a figure is: data computed by one function, drawn by another, written together."""

import contextlib
import dataclasses
import io
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Canvas

from perturbtheory.display import GREY
from perturbtheory.potential import Potential
from perturbtheory.results import write_bytes, write_together

Data = dict[str, np.ndarray]

_STYLE: Any = {
    "axes.grid": True,
    "axes.labelsize": 10.5,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 10.5,
    "figure.constrained_layout.use": True,
    "font.family": "STIXGeneral",
    "font.size": 10,
    "grid.color": "#e6e6e6",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "legend.fontsize": 9,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
    "mathtext.fontset": "stix",
    "svg.hashsalt": "perturbtheory",
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
}


@dataclasses.dataclass(frozen=True)
class Figure:
    """A figure that can be computed, drawn and written.

    Attributes:
        title: what it shows, in a sentence.
        formula: the formula drawn.
        reference: where the formula or the figure is from.
        labels: what each array of the data is, with its unit or range.
        compute: returns the data, with the keys of `labels`.
        render: draws the data on an empty matplotlib figure.
        size: width and height in inches.
        dpi: pixels an inch of the PNG.
        caption: what to look at and what it means; left out of the JSON where the title is enough.
    """

    title: str
    formula: str
    reference: str
    labels: Mapping[str, str]
    compute: Callable[[], Data]
    render: Callable[[Canvas, Data], None]
    size: tuple[float, float]
    dpi: int = 200
    caption: str = ""

    def data(self) -> Data:
        """The arrays drawn, which are those written: seven significant digits, 0 below 1e-15.

        A picture is then the same wherever the last digits of a computation are not.
        """
        return {key: _rounded(values) for key, values in self.compute().items()}

    def write(self, directory: Path, name: str) -> list[Path]:
        """NAME.png, NAME.svg and NAME.json, without date."""
        data = self.data()
        png, svg, record = (directory / f"{name}.{suffix}" for suffix in ("png", "svg", "json"))
        drawn = {png: io.BytesIO(), svg: io.BytesIO()}
        with self._drawn(data) as canvas:
            canvas.savefig(
                drawn[png], dpi=self.dpi, metadata={"Software": None}, pil_kwargs={"optimize": True}
            )
            canvas.savefig(drawn[svg], format="svg", metadata={"Date": None})
        contents = {path: image.getvalue() for path, image in drawn.items()}
        write_together(contents | {record: self._json(name, data).encode()})
        return [png, svg, record]

    def save(self, path: Path) -> None:
        """The picture alone, in the format that the suffix of `path` names."""
        image = io.BytesIO()
        with self._drawn(self.data()) as canvas:
            canvas.savefig(image, format=path.suffix[1:], dpi=self.dpi)
        write_bytes(path, image.getvalue())

    @contextlib.contextmanager
    def _drawn(self, data: Data) -> Iterator[Canvas]:
        with mpl.rc_context():
            mpl.rcdefaults()
            mpl.rcParams.update(_STYLE)
            canvas = Canvas(figsize=self.size, dpi=self.dpi)
            FigureCanvasAgg(canvas)
            self.render(canvas, data)
            _settle(canvas)
            yield canvas

    def _json(self, name: str, data: Data) -> str:
        """One line for each array."""
        head = {
            "name": name,
            "title": self.title,
            **({"caption": self.caption} if self.caption else {}),
            "formula": self.formula,
            "reference": self.reference,
            "made_by": f"{self.compute.__module__}.{self.compute.__qualname__}",
        }
        lines = [f"{json.dumps(key)}: {json.dumps(text)}" for key, text in head.items()]
        arrays = (
            {key: {"label": self.labels[key], "values": values.tolist()}}
            for key, values in data.items()
        )
        rows = ",\n".join(f"  {json.dumps(array)[1:-1]}" for array in arrays)
        return "{\n " + ",\n ".join([*lines, '"data": {\n' + rows + "\n }"]) + "\n}\n"


def _settle(canvas: Canvas) -> None:
    """Lay the axes out once and for all, to a millionth of the size of the figure.

    The last digits of the layout differ from run to run.
    """
    canvas.draw_without_rendering()
    canvas.set_layout_engine("none")
    for axes in canvas.axes:
        bounds = axes.get_position(original=True).bounds
        axes.set_position(np.round(bounds, 6).tolist(), which="original")


def _rounded(values: np.ndarray) -> np.ndarray:
    """Twelve digits first: a value half-way between two of seven would go where its errors lead."""
    if values.dtype.kind in "iu":
        return values
    numbers = [float(f"{float(f'{x:.12g}'):.7g}") for x in values.ravel().tolist()]
    return np.array([0.0 if abs(x) <= 1e-15 else x for x in numbers]).reshape(values.shape)


def sampled_probability(
    draw: Callable[[np.random.Generator, tuple[int, int]], np.ndarray],
    difference: np.ndarray,
    *,
    temperature: float = 0.0,
    samples: int = 1000,
    seed: int = 0,
) -> tuple[np.ndarray, np.ndarray]:
    """(mean, standard error) of softmax(((Delta, 0) + gamma)/t)_1 over samples, for every Delta.

    At temperature 0 the mean is the frequency of numpy.argmax(...) = 1, which gives ties to the
    first coordinate. Every Delta has noise of its own, so that the errors are independent.
    """
    generator = np.random.default_rng(seed)
    means, errors = [], []
    for delta in difference:
        noise = draw(generator, (samples, 2))
        gap = delta + noise[:, 0] - noise[:, 1]
        first = gap >= 0 if temperature == 0 else (1 + np.tanh(gap / (2 * temperature))) / 2
        means.append(np.mean(first))
        errors.append(np.std(first, ddof=1) / np.sqrt(samples))
    return np.array(means), np.array(errors)


def along_difference(difference: np.ndarray) -> np.ndarray:
    """The points theta = (Delta, 0), shape (n, 2)."""
    return np.stack([difference, np.zeros(difference.shape)], -1)


def probability_and_slope(
    f: Potential, difference: np.ndarray
) -> tuple[np.ndarray, np.ndarray | None]:
    """p_1 and dp_1/dDelta at (Delta, 0), shape (n,) each; no slope where discrete noise jumps."""
    theta = along_difference(difference)
    p = f.probabilities(theta)[:, 0]
    if not f.noise.continuous:
        return p, None
    return p, f.hvp(theta, np.broadcast_to([1.0, 0.0], theta.shape))[:, 0]


def mark_samples(axes: Axes, x: np.ndarray, y: np.ndarray, error: np.ndarray, **how: Any) -> None:
    """Thin grey markers with bars of two standard errors."""
    style = {"fmt": "o", "color": GREY, "ms": 2.6, "elinewidth": 0.8, "capsize": 1.5, "zorder": 4}
    axes.errorbar(x, y, yerr=2 * error, **(style | how))
