"""How a potential shows itself: as it is made, by its formula, by its probabilities."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from perturbtheory.display import (
    BLACK,
    BLUE,
    VERMILLION,
    axes_of,
    exact_array,
    light_grid,
    plain_repr,
    ternary,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_HARD = r"f(\theta) = \mathrm{E}[\max_i (\theta_i + \gamma_i)]"
_SOFT = r"f(\theta) = \mathrm{E}[t \log \sum_i e^{(\theta_i + \gamma_i)/t}]"
_POINTS = 241
_LINES, _ALONG = 7, 41
"""Lines of the net in each of three directions, and points on one of them."""


class ShownPotential:
    """Text, LaTeX and picture of a `Potential`."""

    noise: Any
    probabilities: Any

    def __repr__(self) -> str:
        parts = self._parts()
        if parts is None:
            return f"expected_max({plain_repr(getattr(self, 'noise', None))})"
        return f"expected_logsumexp({parts[0]!r}, {exact_array(parts[1])})"

    def _repr_latex_(self) -> str:
        formula = _HARD if self._parts() is None else _SOFT
        of_noise = getattr(getattr(self, "noise", None), "_repr_latex_", None)
        if of_noise is None:
            return f"${formula}$"
        law = of_noise().strip("$").replace(r"\text{plus } t\,G_i,\quad ", "")
        return rf"${formula},\quad {law}$"

    def _parts(self) -> Any:
        """(gamma, t) of a softmax; None without, and where JAX put no noise in its place."""
        smoothing = getattr(getattr(self, "noise", None), "smoothing", None)
        return smoothing() if callable(smoothing) else None

    def plot(self, ax: Axes | None = None, *, d: int | None = None) -> Axes:
        r"""p(theta): for d = 2 over theta_1 - theta_2, for d = 3 in the triangle of probabilities.

        For d = 2 the line is p_1; under discrete noise, where p jumps, it has steps. For d = 3
        the lines are the images of straight lines of parameters, along which one of theta_i is
        constant in {sum theta = 0}; under discrete noise, points. Parameters go as far as six
        widths of the noise.

        Args:
            ax: axes to draw into; those of a new figure by default.
            d: number of categories: the length of the noise's parameters, 2 where they are numbers.

        Returns:
            The axes.

        Raises:
            ValueError: for another d than 2 and 3, or than the noise has parameters for.

        Example:
            >>> import matplotlib; matplotlib.use("Agg")
            >>> import perturbtheory as pt
            >>> axes = pt.expected_max(pt.Normal()).plot()
            >>> axes.get_xlabel(), axes.get_ylabel()
            ('$\\theta_1-\\theta_2$', '$p_1(\\theta)$')
        """
        shape = self.noise.shape
        if d is None:
            d = shape[0] if shape else 2
        if d not in (2, 3):
            msg = (
                f"`d` must be 2 or 3 to be drawn, got {d}: a line or a triangle; draw "
                "`probabilities(theta)` along a line of your own, or pass d=2 or d=3 with noise "
                "whose parameters are numbers"
            )
            raise ValueError(msg)
        if shape and shape != (d,):
            msg = f"`d` must be {shape[0]}, as the noise has parameters, got {d}; leave it out"
            raise ValueError(msg)
        far = 6 * width_of(self.noise)
        return self._line(ax, far) if d == 2 else self._triangle(ax, far)

    def _line(self, ax: Axes | None, far: float) -> Axes:
        axes = axes_of(ax)
        difference = _middle(self.noise, 2) @ (1, -1) + np.linspace(-far, far, _POINTS)
        p = self.probabilities(np.stack([difference, 0 * difference], -1))[:, 0]
        axes.plot(difference, np.asarray(p), color=BLUE, label=plain_repr(self))
        axes.set(xlabel=r"$\theta_1-\theta_2$", ylabel=r"$p_1(\theta)$", ylim=(-0.04, 1.04))
        light_grid(axes)
        return axes

    def _triangle(self, ax: Axes | None, far: float) -> Axes:
        axes = axes_of(ax, (4.2, 4.0))
        p = self._net(far)
        ternary.shares(axes)
        if self.noise.continuous:
            for i, colour in enumerate((BLUE, VERMILLION, BLACK)):
                for row in p[i]:
                    ternary.line(axes, row, color=colour, lw=0.9)
            title = r"$p(\theta)$, one of $\theta_i$ constant on a line"
        else:
            x, y = ternary.plane(np.unique(p.reshape(-1, 3).round(12), axis=0)).T
            axes.plot(x, y, "o", color=BLUE, ms=3)
            title = r"$p(\theta)$ at points $\theta$ of a net"
        ternary.simplex(axes)
        axes.set_title(title, fontsize=10)
        return axes

    def _net(self, far: float) -> np.ndarray:
        """p on the lines where theta_i is constant, for every i; shape (3, lines, points, 3)."""
        # Denser in the middle, where p changes.
        levels = far / 2 * np.sinh(np.linspace(-1.8, 1.8, _LINES)) / math.sinh(1.8)
        along = far * np.sinh(np.linspace(-1.8, 1.8, _ALONG)) / math.sinh(1.8)
        theta = np.empty((_LINES, _ALONG, 3))
        theta[..., 0] = levels[:, None]
        theta[..., 1] = along - levels[:, None] / 2
        theta[..., 2] = -along - levels[:, None] / 2
        if not self.noise.shape:
            # Coordinates of one law are exchangeable: a sixth of the net gives the rest.
            half = theta[:, _ALONG // 2 :]
            p = np.asarray(self.probabilities(half.reshape(-1, 3))).reshape(half.shape)
            p = np.concatenate([p[:, :0:-1][..., [0, 2, 1]], p], 1)
            return np.stack([np.roll(p, i, -1) for i in range(3)])
        turned = np.stack([np.roll(theta, i, -1) for i in range(3)]) + _middle(self.noise, 3)
        return np.asarray(self.probabilities(turned.reshape(-1, 3))).reshape(turned.shape)


def _middle(noise: Any, d: int) -> np.ndarray:
    """The theta at which no category is ahead: minus the means, or minus the medians; ``(d,)``."""
    centre = np.asarray(noise.mean, float)
    if not np.all(np.isfinite(centre)):
        centre = np.asarray(noise.log_quantile(math.log(0.5)), float)
    return -np.broadcast_to(centre, (d,))


def width_of(noise: Any) -> float:
    """Half the length between the quantiles of 0.16 and 0.84, or the standard deviation.

    Example:
        >>> import perturbtheory as pt
        >>> from perturbtheory import potential
        >>> round(float(potential.width_of(pt.Normal(2.0))), 1)
        2.0
    """
    deviation = float(np.sqrt(np.max(np.asarray(noise.variance, float))))
    if math.isfinite(deviation) and deviation > 0:
        return deviation
    high, low = (
        np.max(np.asarray(noise.log_quantile(math.log(0.16), upper=upper)))
        for upper in (True, False)
    )
    return float(high - low) / 2 or 1.0
