"""The figures: data from the exact engine, drawn and written with the numbers behind them.

`figure-N` re-draws Figure N of paper A, `direct-optimization` Figure 1 of paper B; the others are
new. Figures 4, 8, 9 and `advantage` show fits that were recorded, Figures 5 and 10, `temperatures`,
`long-run`, `one-latent` (Figures 2 and 6 of paper B), `structured` (its Figure 3), `generated`
(Figures 4 and 5) and `semi-supervised` (Table 2) recorded VAEs; none is made for a figure.
"""

import importlib
from collections.abc import Sequence
from pathlib import Path

# Modules are loaded when a figure is drawn: naming the figures needs neither JAX nor matplotlib.
_HOMES = {
    "figure-1": ("representation", "FIGURE_1"),
    "figure-2": ("uniform", "FIGURE_2"),
    "figure-3": ("discrete", "FIGURE_3"),
    "figure-4": ("fits", "FIGURE_4"),
    "figure-5": ("vaes", "FIGURE_5"),
    "figure-6": ("discrete", "FIGURE_6"),
    "figure-7": ("uniform", "FIGURE_7"),
    "figure-8": ("fits", "FIGURE_8"),
    "figure-9": ("fits", "FIGURE_9"),
    "figure-10": ("vaes", "FIGURE_10"),
    "smoothing": ("smoothing", "SMOOTHING"),
    "completeness-counterexample": ("completeness", "COMPLETENESS"),
    "incomplete-families": ("incomplete", "INCOMPLETE"),
    "flat-regions": ("flat", "FLAT_REGIONS"),
    "error-against-samples": ("samples", "ERROR_AGAINST_SAMPLES"),
    "advantage": ("advantage", "ADVANTAGE"),
    "direct-optimization": ("direct", "DIRECT_OPTIMIZATION"),
    "gradient-estimators": ("estimators", "ESTIMATORS"),
    "temperatures": ("vaes", "TEMPERATURES"),
    "long-run": ("vaes", "LONG_RUN"),
    "one-latent": ("vaes", "ONE_LATENT"),
    "structured": ("structured", "STRUCTURED"),
    "semi-supervised": ("semi", "SEMI"),
    "generated": ("semi", "PICTURES"),
}
NAMES: tuple[str, ...] = tuple(_HOMES)


def draw(names: Sequence[str], directory: Path) -> list[Path]:
    """NAME.png, NAME.svg and NAME.json in `directory` for each name; every figure if none is given.

    Returns the files written. The same versions of the libraries write the same bytes. Raises
    ValueError for a name that is not in `NAMES`, before anything is drawn.

    Example:
        >>> import tempfile
        >>> from perturbtheory import figures
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     [p.suffix for p in figures.draw(["smoothing"], folder)]
        ['.png', '.svg', '.json']
    """
    if isinstance(names, str):
        names = [names]
    for name in names:
        if name not in _HOMES:
            msg = f"`names` has {name!r}, which is no figure; choose from {', '.join(NAMES)}"
            raise ValueError(msg)
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    written = []
    for name in names or NAMES:
        home, attribute = _HOMES[name]
        figure = getattr(importlib.import_module(f"{__name__}.{home}"), attribute)
        written += figure.write(directory, name)
    return written
