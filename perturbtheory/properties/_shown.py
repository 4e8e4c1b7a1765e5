"""What `diagnose` and `table_1` return as HTML, in coloured rows, and as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from perturbtheory.display import (
    BLACK,
    BLUE,
    GREEN,
    ORANGE,
    Html,
    axes_of,
    badge,
    block,
    folded,
    light_grid,
    line,
    quiet,
    table,
    words,
)
from perturbtheory.properties._check import Check, witness_text
from perturbtheory.properties._peers import potentials_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes

    from perturbtheory.perturbations import AbstractPerturbation

STYLES = {
    "argmax": {"color": BLACK, "ls": "-", "label": "this noise, argmax"},
    "softmax": {"color": BLUE, "ls": "--", "label": "this noise, softmax"},
    "normal": {"color": GREEN, "ls": "-.", "lw": 1.1, "label": "normal, same variance, argmax"},
    "gumbel": {"color": ORANGE, "ls": ":", "label": "Gumbel, same variance, argmax"},
}
"""How each potential of `potentials_of` is drawn."""
_PRINTED = {"yes": "printed\u00a0✓", "no": "printed\u00a0✗", None: "printed\u00a0?"}
_WORST = ("fails", "unknown", "holds")


def diagnosis(found: Any, columns: Mapping[str, str], tail: str) -> str:
    """The row of Table 1 with its evidence, one colour an outcome."""
    rows, outcomes = [], []
    for row in found.rows:
        checks = {name: row.checks[name] for name in columns if name in row.checks}
        if row.sub_domain is not None:
            checks["one-to-one inside"] = row.sub_domain
        for name, check in checks.items():
            meaning = columns.get(name, "where every coordinate can win")
            rows.append((_named(name, meaning), row.model, badge(check.outcome), _why(check)))
            outcomes.append(check.outcome)
    laws = {"this noise": found.rows} | {
        f"{name}, same variance": peers for name, peers in found.peers.items()
    }
    models = [row.model for row in found.rows]
    numbers = [
        (f"{what}, {law}", *(f"{getattr(row, attribute):.4g}" for row in of))
        for what, attribute in (
            ("curvature", "curvature"),
            ("noise of one sample", "gradient_noise"),
        )
        for law, of in laws.items()
    ]
    return block(
        line(Html(f"<strong>{words(found.name)}</strong>"), f"d = {found.dimension}"),
        table(("over {sum theta = 0}", "model", "outcome", "evidence"), rows, outcomes),
        table(("at theta = 0", *models), numbers),
        line(quiet(f"max gamma: {tail}")),
        *(
            line(badge(check.outcome), quiet(f"tail below the {name} bound of the same variance"))
            for name, check in found.concentration.items()
        ),
    )


def table_1(
    found: Any, models: Sequence[str], columns: Mapping[str, str], readings: Sequence[str]
) -> str:
    """Both models, each column with every reading of identifiable, beside what is printed."""
    parts = []
    for model in models:
        rows, outcomes = [], []
        for column in columns:
            name = f"identifiable: {column}" if column in readings else column
            cells = [
                _cell(found.cells[group, model, column], printed=column != "closed simplex")
                for group in found.groups
            ]
            rows.append((_named(name, columns[column]), *cells))
            said = [found.cells[group, model, column].outcome for group in found.groups]
            outcomes.append(min(said, key=_WORST.index, default="unknown"))
        parts.append(table((model, *found.groups), rows, outcomes))
    where = f"over {{sum theta = 0}}, d = {found.dimension}, temperature {found.temperature:g}"
    return block(*parts, line(quiet(f"{where}; printed ?: not legible in the text of the paper")))


def plotted(law: AbstractPerturbation | None, temperature: float, ax: Axes | None) -> Axes:
    """p_1 over theta_1 - theta_2 for both models and the noises of the same variance."""
    if law is None:
        msg = "`perturbation` must be known to be drawn, got None; make it with pt.diagnose(...)"
        raise ValueError(msg)
    potentials, unit = potentials_of(law, temperature)
    axes = axes_of(ax, (5.2, 3.4))
    difference = np.linspace(-6 * unit, 6 * unit, 241)
    for name, f in potentials.items():
        p = f.probabilities(np.stack([difference, 0 * difference], -1))[:, 0]
        axes.plot(difference, np.asarray(p), **STYLES[name])  # pyright: ignore[reportArgumentType]
    axes.set(xlabel=r"$\theta_1-\theta_2$", ylabel=r"$p_1$, $d=2$", ylim=(-0.04, 1.04))
    axes.legend(fontsize=8, frameon=False)
    light_grid(axes)
    return axes


def _named(name: str, meaning: str) -> Html:
    return Html(f"{words(name)}<br/>{quiet(meaning)}")


def _why(check: Check) -> Html:
    witness = ""
    if check.outcome == "fails" and check.witness:
        witness = f"<br/><strong>witness:</strong> {words(witness_text(check.witness))}"
    return Html(f"{words(check.statement)}{witness}{folded('how', quiet(check.method))}")


def _cell(cell: Any, *, printed: bool) -> Html:
    parts = [badge(cell.outcome)]
    if printed:
        parts.append(quiet(_PRINTED.get(cell.printed, "")))
    if cell.differs:
        parts.append(Html("<strong>differs</strong>"))
    failing = next((item for item in cell.checks.items() if item[1].outcome == "fails"), None)
    if failing is not None:
        name, check = failing
        parts.append(folded("witness", f"{name}: {witness_text(check.witness)}"))
    return Html(" ".join(parts))
