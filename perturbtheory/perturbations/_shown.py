"""How a perturbation shows itself: as it is made, and by its formula with its parameters."""

import dataclasses
import re
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np

from perturbtheory.display import exact_array, plain_repr

_POWER = re.compile(r"(-?[\d.]+)e([+-]\d+)")
_EDGE = 3
"""How many entries of a long vector are shown at either end."""


class Shown:
    """Text and LaTeX of a law; a subclass of a perturbation declares its `formula`."""

    formula: ClassVar[str] = ""
    """What defines the law, in LaTeX, with the letters of `symbols` for its parameters."""
    symbols: ClassVar[Mapping[str, str]] = {
        "scale": r"\sigma",
        "df": r"\nu",
        "tail_index": "a",
        "low": "l",
        "high": "u",
        "temperature": "t",
        "atoms": "a",
        "weights": "w",
    }
    """The letter that stands for a field in the formula."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "__repr__" not in vars(cls):
            # Set here, or `dataclass` would write one that shows every entry of an array.
            cls.__repr__ = cls.__repr__  # pyright: ignore[reportAttributeAccessIssue]

    def __repr__(self) -> str:
        try:
            return self.written()
        except Exception as error:  # JAX makes nodes of this class with anything in them
            return f"<{type(self).__name__} that cannot be shown: {type(error).__name__}>"

    def written(self) -> str:
        """The call that makes it; long arrays are shortened."""
        names = self._fields()
        inside = [f"{name}={exact_array(getattr(self, name, None))}" for name in names]
        return f"{type(self).__name__}({', '.join(inside)})"

    def described(self) -> str:
        """The law as one would write it, without what wraps it."""
        return self.written()

    def smoothing(self) -> "tuple[Any, Any] | None":
        """(gamma, t) for a law that is gamma + t G, G zero-mean Gumbel; None for all others."""
        return None

    def latex(self) -> str:
        """The formula with the values of its parameters, without dollars."""
        if not self.formula:
            return rf"\gamma_i \sim \text{{{word(type(self).__name__)}}}"
        values = [
            f"{self.symbols[name]} = {value(getattr(self, name, None))}"
            for name in self._fields()
            if name in self.symbols
        ]
        return r",\quad ".join([self.formula, *values])

    def _repr_latex_(self) -> str:
        try:
            return f"${self.latex()}$"
        except Exception:  # a law of a user's own, in a bad state
            return rf"$\text{{{word(plain_repr(self))}}}$"

    def _fields(self) -> list[str]:
        return [f.name for f in dataclasses.fields(self)] if dataclasses.is_dataclass(self) else []


class ShownSum:
    """Text and LaTeX of gamma + t G: as `smoothed` makes it, by the formula of gamma."""

    base: Any
    temperature: Any

    def written(self) -> str:
        return f"smoothed({self.base!r}, {exact_array(self.temperature)})"

    def smoothing(self) -> tuple[Any, Any]:
        return self.base, self.temperature

    def latex(self) -> str:
        gumbel = rf"\text{{plus }} t\,G_i,\quad t = {value(self.temperature)}"
        return rf"{self.base.latex()},\quad {gumbel}"


def value(given: Any) -> str:
    """A number, a vector or a matrix in LaTeX."""
    try:
        known = np.asarray(given, float)
    except Exception:  # a placeholder of JAX's
        return rf"\text{{{word(plain_repr(given))}}}"
    if known.ndim == 0:
        return _number(known)
    if known.ndim == 1:
        return f"({', '.join(_entries(known, _number))})"
    rows = [" & ".join(_entries(row, _number)) for row in known.reshape(-1, known.shape[-1])]
    inside = r" \\ ".join(_entries(rows, str, r"\vdots"))
    return rf"\begin{{pmatrix}} {inside} \end{{pmatrix}}"


def _entries(values: Any, shown: Callable[[Any], str], between: str = r"\dots") -> list[str]:
    """All of a few, otherwise those at the ends."""
    if len(values) <= 2 * _EDGE + 2:
        return [shown(x) for x in values]
    return [*map(shown, values[:_EDGE]), between, *map(shown, values[-_EDGE:])]


def _number(x: Any) -> str:
    text = _POWER.sub(r"\1 \\cdot 10^{\2}", f"{float(x):.6g}")
    return re.sub(r"\^\{\+?(-?)0*(\d+)\}", r"^{\1\2}", text).replace("inf", r"\infty")


def word(text: str) -> str:
    """A name in LaTeX's text mode."""
    return re.sub(r"[\\{}$%#&~^]", "", text).replace("_", r"\_")


def scipy_text(distribution: Any) -> str:
    """A frozen distribution of scipy as it is made."""
    inside = [exact_array(a) for a in distribution.args]
    inside += [f"{k}={exact_array(v)}" for k, v in distribution.kwds.items()]
    return f"scipy.stats.{distribution.dist.name}({', '.join(inside)})"
