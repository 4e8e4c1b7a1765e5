"""What every number that claims accuracy comes as: a value, a radius and where it came from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from perturbtheory.display import (
    array,
    block,
    html_of_node,
    measured,
    number,
    places_of,
    plain_repr,
    quiet,
    table,
    text_of_node,
    upwards,
    words,
)

if TYPE_CHECKING:
    import jax

ERROR_RATE = 1e-6
"""Probability that any entry of one sampled answer is off by more than its radius (Bonferroni)."""
Kind = Literal["closed form", "quadrature", "exact sum", "monte-carlo", "quasi-monte-carlo"]


class Estimate(NamedTuple):
    """|truth - value| <= radius, entry by entry.

    Attributes:
        value: the number or array computed.
        radius: same shape as `value`, not negative. For quadrature, sums and closed forms it
            bounds the error; for sampling it is a confidence radius, see `confidence`.
        kind: how the value was computed.
        confidence: probability that the radius holds; 1.0 for deterministic kinds.

    Example:
        >>> import perturbtheory as pt
        >>> found = pt.expected_max(pt.Gumbel()).estimate([0.0, 0.0])
        >>> found.contains(0.6931471805599453), float(found.radius) < 1e-14
        (True, True)
    """

    value: jax.Array | np.ndarray | float
    radius: jax.Array | np.ndarray | float
    kind: Kind
    confidence: float = 1.0

    @text_of_node
    def __repr__(self) -> str:
        sure = "" if self.confidence == 1 else f", confidence {_share(self.confidence)}"
        return f"Estimate({_shown(self.value, self.radius)}, {self.kind}{sure})"

    @text_of_node
    def __str__(self) -> str:
        """value ± radius, without where it came from."""
        return _shown(self.value, self.radius)

    def _repr_latex_(self) -> str | None:
        """A number in LaTeX; arrays, shown as tables, and what is no number have none."""
        numbers, radii = _known(self.value), _known(self.radius)
        if numbers is None or radii is None or numbers.ndim or radii.ndim:
            return None
        shown = _shown(self.value, self.radius).replace("±", r"\pm").replace("inf", r"\infty")
        shown = shown.replace("nan", r"\mathrm{nan}")
        return f"${_POWER.sub(_in_latex, shown)}$"

    @html_of_node
    def _repr_html_(self) -> str:
        sure = "" if self.confidence == 1 else f", with probability {_share(self.confidence)}"
        about = quiet(f"{self.kind}{sure}")
        rows = _rows(self.value, self.radius)
        if not rows:
            return block(words(_shown(self.value, self.radius)), words(" "), about)
        return block(table(("", "value", "± radius"), rows), about)

    def contains(self, truth: jax.Array | np.ndarray | float) -> bool:
        """Whether `truth` lies within the radius, in every entry."""
        return bool(np.all(np.abs(np.asarray(truth) - self.value) <= self.radius))


def _share(confidence: float) -> str:
    """Six digits, and of what is nearer to one how near."""
    left = 1 - float(confidence)
    return f"1 - {left:.1g}" if 0 < left < 1e-6 else f"{confidence:g}"


_POWER = re.compile(r"e([+-]\d+)")
_ROWS = 16
"""The longest vector of which every entry is shown with its radius."""


def _in_latex(power: re.Match[str]) -> str:
    return rf" \cdot 10^{{{int(power[1])}}}"


def _known(value: object) -> np.ndarray | None:
    """As floats; None for what is not known yet, or no number."""
    try:
        return np.asarray(value, float)
    except Exception:  # a placeholder of JAX's
        return None


def _shown(value: object, radius: object) -> str:
    """value ± radius, digits that the radius does not cover left out."""
    numbers, radii = _known(value), _known(radius)
    if numbers is None or radii is None:
        return f"{plain_repr(value)} ± {plain_repr(radius)}"
    if not numbers.ndim and not radii.ndim:
        return " ± ".join(measured(float(numbers), float(radii)))
    most = float(np.max(radii)) if radii.size else 0.0
    if not 0 < most < np.inf:
        return f"{array(numbers, '.17g')} ± {number(most)} or less"
    places = max(places_of(most), 0)
    if places > 15:  # every digit: none is moved
        return f"{array(numbers, '.17g')} ± {upwards(most)} or less"
    # What rounding an entry moves it by belongs to the radius of the number that is shown.
    return f"{array(numbers, f'.{places}f')} ± {upwards(most + 0.5 * 10.0**-places)} or less"


def _rows(value: object, radius: object) -> list[tuple[str, str, str]]:
    """Entries of a short vector, each with its radius; nothing for anything else."""
    numbers, radii = _known(value), _known(radius)
    if numbers is None or radii is None or numbers.ndim != 1 or numbers.size > _ROWS:
        return []
    try:
        pairs = zip(numbers, np.broadcast_to(radii, numbers.shape), strict=True)
    except ValueError:  # a radius of another shape
        return []
    return [(f"{i}", *measured(x, r)) for i, (x, r) in enumerate(pairs)]
