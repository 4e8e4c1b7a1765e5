"""Which figure belongs to which claims, and the picture itself as text."""

import base64
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

from perturbtheory import figures
from perturbtheory.report._content import Report

BELONGS: dict[str, tuple[str, ...]] = {
    "figure-1": ("A.discrete-not-identifiable", "A.uniform-not-minimal"),
    "figure-2": ("A.uniform-probabilities",),
    "figure-3": ("A.discrete-subdifferential",),
    "figure-4": ("A.figures-4-8-9",),
    "figure-5": ("A.figures-5-10",),
    "figure-6": ("A.discrete-potential",),
    "figure-7": ("A.uniform-difference-law",),
    "figure-8": ("A.figures-4-8-9",),
    "figure-9": ("A.figures-4-8-9",),
    "figure-10": ("A.figures-5-10",),
    "advantage": ("C.fit-advantage",),
    "completeness-counterexample": ("A.softmax-completeness",),
    "direct-optimization": ("B.direct-gradient", "B.gumbel-softmax-bias"),
    "flat-regions": ("A.uniform-not-minimal",),
    "incomplete-families": ("C.incomplete-half-space", "C.incomplete-monotone"),
    "long-run": ("C.vae-relaxed",),
    "one-latent": ("B.table-1",),
    "structured": ("B.figure-3",),
    "semi-supervised": ("B.semi-supervised",),
    "smoothing": ("C.smoothing",),
    "temperatures": ("C.vae-bound",),
}
"""Claim ids by figure; the picture stands with the first that is in the report."""
_COMMITTED = Path(__file__).resolve().parents[2] / "figures"


@dataclass(frozen=True)
class Picture:
    """A drawn figure with its caption."""

    name: str
    title: str
    caption: str
    formula: str
    reference: str
    svg: bytes

    @property
    def data_uri(self) -> str:
        """The SVG as a data URI, which an <img> shows without running or loading anything."""
        return f"data:image/svg+xml;base64,{base64.b64encode(self.svg).decode('ascii')}"


def pictures(report: Report) -> dict[str, list[Picture]]:
    """Pictures by the id of the claim with which they stand."""
    homes = {
        name: next((id_ for id_ in ids if id_ in report), None) for name, ids in BELONGS.items()
    }
    found: dict[str, list[Picture]] = {}
    with tempfile.TemporaryDirectory() as temporary:
        for name, home in homes.items():
            if home is not None:
                found.setdefault(home, []).append(_picture(name, Path(temporary)))
    return found


def _picture(name: str, temporary: Path) -> Picture:
    """From the figures of a checkout; drawn where there are none, as in an installed package."""
    folder = _COMMITTED
    if not all((folder / f"{name}.{suffix}").is_file() for suffix in ("svg", "json")):
        folder = temporary
        figures.draw([name], folder)
    head = json.loads((folder / f"{name}.json").read_text("utf-8"))
    svg = (folder / f"{name}.svg").read_bytes()
    caption = " ".join(filter(None, (f"{head['title']}.", head.get("caption"))))
    return Picture(name, head["title"], caption, head["formula"], head["reference"], svg)
