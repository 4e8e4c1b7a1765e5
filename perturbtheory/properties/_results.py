"""What `diagnose` and `table_1` return, and how it is shown: `print` and rich both know them."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Console, Group, RenderableType
from rich.text import Text

from perturbtheory.perturbations import AbstractPerturbation
from perturbtheory.properties import _shown
from perturbtheory.properties._check import Check, Outcome, witness_text
from perturbtheory.properties._concentration import Rate
from perturbtheory.tables import Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLUMNS = {
    "completeness": "every p > 0 is reached",
    "closed simplex": "every p is reached, zeros included",
    "single-valued": "one gradient at every theta: identifiable in the sense of 3.3 I",
    "one-to-one": "p determines theta up to a constant: identifiable in the sense of 3.3 III",
    "minimality": "p determines theta in the gauge: minimal in the sense of 3.1",
    "complete and minimal": "identifiable in the sense of 3.1",
}
"""The cells of a row and what each of them asks."""


@dataclass(frozen=True)
class Row:
    """One model of Table 1, Perturb-Softmax or Perturb-Argmax, for one perturbation.

    Attributes:
        model: its name, with the temperature.
        checks: a `Check` for every key of `COLUMNS`, over {sum theta = 0}.
        sub_domain: whether p determines theta up to a constant where all coordinates are active,
            {theta_k - theta_i <= u_i - l_k}; None where no coordinate can be inactive.
        curvature: the second smallest eigenvalue of the Hessian at theta = 0, a Fisher
            information about the direction that is hardest to learn; 0 under discrete noise.
        gradient_noise: trace of the covariance of one sample of argmax(gamma), or of
            softmax(gamma / t): 1 - |p|^2 - t tr H at theta = 0.
    """

    model: str
    checks: dict[str, Check]
    sub_domain: Check | None
    curvature: float
    gradient_noise: float


@dataclass(frozen=True)
class Diagnosis:
    """What `diagnose` found.

    Attributes:
        name: the perturbation.
        dimension: d.
        temperature: t of the Perturb-Softmax model.
        rows: Perturb-Softmax and Perturb-Argmax.
        tail: how P(max gamma - E max gamma >= t) decays; None without a mean.
        concentration: whether max gamma stays below the Gaussian and the Gumbel bound of section
            3.4 with the standard deviation of gamma_1 in the place of theirs; empty without one.
        peers: the rows of normal and Gumbel noise of the same variance; empty without a variance.
        perturbation: the perturbation itself; not in the JSON, where its name stands for it.
    """

    name: str
    dimension: int
    temperature: float
    rows: tuple[Row, Row]
    tail: Rate | None
    concentration: dict[str, Check]
    peers: dict[str, tuple[Row, Row]]
    perturbation: AbstractPerturbation | None = field(default=None, compare=False)

    def to_json(self) -> dict[str, Any]:
        """Plain numbers, lists and text."""
        return plain(replace(self, perturbation=None)) | {"columns": COLUMNS}

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        r"""p_1 over theta_1 - theta_2, d = 2: of both models and of noise of the same variance.

        Args:
            ax: axes to draw into; those of a new figure by default.

        Returns:
            The axes.

        Raises:
            ValueError: for a diagnosis that was made without its perturbation.

        Example:
            >>> import matplotlib; matplotlib.use("Agg")
            >>> import perturbtheory as pt
            >>> axes = pt.diagnose(pt.Uniform()).plot()
            >>> axes.get_ylabel(), len(axes.get_lines())
            ('$p_1$, $d=2$', 4)
        """
        return _shown.plotted(self.perturbation, self.temperature, ax)

    def __rich__(self) -> Group:
        return _diagnosis(self)

    def __repr__(self) -> str:
        return _plain_text(self)

    def _repr_html_(self) -> str:
        return _shown.diagnosis(self, COLUMNS, _tail(self))


MODELS = ("Perturb-Softmax", "Perturb-Argmax")
READINGS = ("single-valued", "one-to-one", "complete and minimal")
"""The senses in which the paper says identifiable; see `identifiability`."""


@dataclass(frozen=True)
class Cell:
    """One cell of the recomputed table.

    Attributes:
        outcome: that of all checks together: one failure fails it, one unknown leaves it open.
        checks: by perturbation.
        printed: "yes", "no", or None where it is not legible.
    """

    outcome: Outcome
    checks: dict[str, Check]
    printed: str | None

    @property
    def differs(self) -> bool:
        """Whether the printed cell is legible and says something else."""
        said = {"yes": "holds", "no": "fails"}
        return self.printed is not None and said[self.printed] != self.outcome


@dataclass(frozen=True)
class Table1:
    """Table 1 recomputed: cells by (row, model, column).

    Models are those of `MODELS`, columns the keys of `COLUMNS`; the printed column
    "identifiability" stands beside each of its `READINGS`.
    """

    cells: dict[tuple[str, str, str], Cell]
    dimension: int
    temperature: float

    @property
    def differences(self) -> list[tuple[str, str, str]]:
        """The cells that contradict the printed table."""
        return [key for key, cell in self.cells.items() if cell.differs]

    @property
    def groups(self) -> list[str]:
        """The rows of the table."""
        return list(dict.fromkeys(group for group, _, _ in self.cells))

    def __rich__(self) -> Group:
        return _table_1(self)

    def __repr__(self) -> str:
        return _plain_text(self)

    def _repr_html_(self) -> str:
        return _shown.table_1(self, MODELS, COLUMNS, READINGS)


def plain(value: Any) -> Any:
    """Dataclasses, tuples, arrays and numbers as JSON knows them; infinity as text."""
    if hasattr(value, "__dataclass_fields__"):
        return {k: plain(getattr(value, k)) for k in value.__dataclass_fields__}
    if hasattr(value, "_asdict"):
        return plain(value._asdict())
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set):
        return [plain(v) for v in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, str | bool | int) or value is None:
        return value
    number = float(value)
    return number if math.isfinite(number) else str(number)


_STYLES = {"holds": "bold green", "fails": "bold red", "unknown": "bold yellow"}
_MARKS = {"yes": "✓", "no": "✗", None: "?"}


def _plain_text(found: RenderableType, width: int = 100) -> str:
    console = Console(
        width=width, no_color=True, highlight=False, force_terminal=False, force_jupyter=False
    )
    with console.capture() as capture:
        console.print(found)
    return "\n".join(line.rstrip() for line in capture.get().splitlines())


def _diagnosis(found: Diagnosis) -> Group:
    """The row of Table 1, its evidence, and the numbers beside those of the peers."""
    head = Text(f"{found.name}, d = {found.dimension}", style="bold")
    return Group(head, Text(), _cells(found), Text(), _numbers(found), Text(), *_evidence(found))


def _cells(found: Diagnosis) -> Table:
    table = Table("Theta = {sum theta = 0}", *(row.model for row in found.rows), gap=3)
    for column, meaning in COLUMNS.items():
        cells = [_outcome(row.checks.get(column)) for row in found.rows]
        table.add_row(Text.assemble(column, (f"\n  {meaning}", "dim")), *cells)
    if any(row.sub_domain for row in found.rows):
        everywhere = Text("all of R^d")
        cells = [_outcome(r.sub_domain) if r.sub_domain else everywhere for r in found.rows]
        meaning = ("\n  where every coordinate can win", "dim")
        table.add_row(Text.assemble("one-to-one inside", meaning), *cells)
    return table


def _outcome(check: Check | None) -> Text:
    if check is None:
        return Text("not asked")
    return Text(check.outcome, style=_STYLES.get(check.outcome, ""))


def _numbers(found: Diagnosis) -> Table:
    table = Table("at theta = 0", *(row.model for row in found.rows), gap=3)
    laws = {"this noise": found.rows} | {
        f"{name}, same variance": rows for name, rows in found.peers.items()
    }
    for what, attribute in (("curvature", "curvature"), ("noise of one sample", "gradient_noise")):
        for law, rows in laws.items():
            numbers = [f"{getattr(row, attribute):.4g}" for row in rows]
            table.add_row(f"{what}, {law}", *numbers)
    return table


def _evidence(found: Diagnosis) -> Iterator[RenderableType]:
    yield Text("tails", style="bold")
    yield Text(f"  max gamma: {_tail(found)}")
    for name, check in found.concentration.items():
        verb = {"holds": "stays below", "fails": "exceeds", "unknown": "may exceed"}[check.outcome]
        at = "" if check.outcome == "holds" else f" at t = {check.witness['t']:.3g}"
        yield Text(f"  max gamma - E max gamma {verb} the {name} bound of the same variance{at}")
    if found.concentration:
        yield Text("  (looked at for 40 t up to 8 standard deviations)", style="dim")
    evidence = Table("", "", "evidence", gap=3)
    for row in found.rows:
        for name, check in (*row.checks.items(), ("one-to-one inside", row.sub_domain)):
            # The last column only repeats two others.
            if check is not None and name != "complete and minimal":
                why = Text.assemble(check.statement, (f"\n{check.method}", "dim"))
                if check.outcome == "fails":
                    why.append(f"\n{witness_text(check.witness)}", style="red")
                what = Text.assemble(name, (f"\n{row.model}", "dim"))
                evidence.add_row(what, _outcome(check), why)
    yield Text()
    yield evidence


def _tail(found: Diagnosis) -> str:
    rate = found.tail
    if rate is None:
        return "no finite mean, so that E[max] does not exist; differences f(theta) - f(0) do"
    if rate.power is not None:
        return f"polynomial, P(max - E max > t) ~ t^-{rate.power:.3g}"
    if rate.exponent is None:
        return "bounded"
    return f"{rate.family}, -log P(max - E max > t) ~ t^{rate.exponent:.2f} at P = 1e-22 to 1e-40"


def _table_1(found: Table1) -> Group:
    """Both models, each column with every reading of identifiable, beside what is printed."""
    blocks: list[RenderableType] = []
    for model in MODELS:
        table = Table(model, *found.groups, gap=3)
        for column in COLUMNS:
            name = f"identifiable: {column}" if column in READINGS else column
            cells = []
            for group in found.groups:
                cell = found.cells[group, model, column]
                mark = Text(cell.outcome, style=_STYLES[cell.outcome])
                if column != "closed simplex":
                    mark.append(f"  (printed {_MARKS[cell.printed]})", style="dim")
                if cell.differs:
                    mark.append(" differs", style="bold magenta")
                cells.append(mark)
            table.add_row(name, *cells)
        blocks += [table, Text()]
    for group in found.groups:
        members = ", ".join(found.cells[group, MODELS[0], "completeness"].checks)
        blocks.append(Text(f"{group}: {members}", style="dim"))
    blocks.append(Text("?: not legible in the text of the paper", style="dim"))
    where = f"{{sum theta = 0}}, d = {found.dimension}, temperature {found.temperature:g}"
    return Group(*blocks, Text(f"over {where}", style="dim"))
