"""Negative controls: broken copies of the engine, routes, checkers and printed formulas.

Each mutant replaces one piece of source text in a copy of the package and runs the claims named
beside it there, in a process of its own. A mutant is caught if the verdict of one of them changes:
a broken engine must turn a claim inconclusive, because its routes disagree; a changed print must
change what is proved or refuted. `python -m tests.mutants` runs all and writes the table to
results/mutants.json and results/mutants.md.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perturbtheory.results import write_json

REPOSITORY = Path(__file__).resolve().parents[1]
PACKAGE = REPOSITORY / "perturbtheory"
RESULTS = REPOSITORY / "results"


@dataclass(frozen=True)
class Mutant:
    """One piece of source text replaced by another, and the claims that must notice.

    Attributes:
        name: what is wrong with it, in words.
        file: path inside the package.
        old: text that occurs exactly once in the file.
        new: what takes its place.
        claims: ids of claims of which at least one must change its verdict.
    """

    name: str
    file: str
    old: str
    new: str
    claims: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """What the named claims said about a mutant: verdicts before and after, or how it broke."""

    mutant: Mutant
    changed: dict[str, str]
    weakest: dict[str, str]

    @property
    def caught(self) -> bool:
        """Whether a verdict changed. A mutant that cannot run at all is not counted as caught."""
        return bool(self.changed)


def run(mutant: Mutant) -> Outcome:
    """Break a copy of the package and run the claims that are named."""
    recorded = json.loads((RESULTS / "claims.json").read_text(encoding="utf-8"))
    before = {entry["id"]: entry["verdict"] for entry in recorded}
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "perturbtheory"
        shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree(RESULTS, Path(folder) / "results")
        path = copy / mutant.file
        text = path.read_text(encoding="utf-8")
        if text.count(mutant.old) != 1:
            count = text.count(mutant.old)
            msg = f"`old` must occur once in {mutant.file}, {mutant.old!r} does {count} times"
            raise ValueError(msg)
        path.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")
        out = Path(folder) / "verdicts.json"
        done = subprocess.run(
            [
                sys.executable,
                "-c",
                "from perturbtheory.cli import main; main()",
                "verify",
                *mutant.claims,
                "--json",
                str(out),
            ],
            env=os.environ | {"PYTHONPATH": folder, "PYTHONDONTWRITEBYTECODE": "1"},
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if not out.exists():
            msg = f"mutant {mutant.name!r} does not run: {done.stderr.strip()[-800:]}"
            raise RuntimeError(msg)
        found = json.loads(out.read_text(encoding="utf-8"))
    after = {entry["id"]: entry for entry in found}
    changed = {
        i: f"{before[i]} → {e['verdict']}" for i, e in after.items() if e["verdict"] != before[i]
    }
    return Outcome(mutant, changed, {i: after[i]["weakest"] for i in changed})


def table(outcomes: Iterable[Outcome]) -> str:
    """Markdown: one row a mutant."""
    lines = [
        "# Mutants and what caught them",
        "",
        "Each row is the package with one piece of text replaced. `python -m tests.mutants` makes",
        "the copies, runs the claims and writes this table; `pytest -m slow` does it as a test.",
        "",
        "| what is broken | where | caught by | by |",
        "|---|---|---|---|",
    ]
    for outcome in outcomes:
        verdicts = "; ".join(f"`{i}`: {change}" for i, change in outcome.changed.items())
        why = "; ".join(outcome.weakest.values()).replace("|", "\\|")
        cells = (outcome.mutant.name, f"`{outcome.mutant.file}`", verdicts or "**nothing**", why)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def to_json(outcomes: Iterable[Outcome]) -> list[dict[str, Any]]:
    """One object a mutant."""
    return [
        vars(o.mutant) | {"claims": list(o.mutant.claims), "changed": o.changed} for o in outcomes
    ]


def main() -> int:
    """Run every mutant; exit status 1 if one is not caught."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        outcomes = list(pool.map(run, MUTANTS))
    write_json(RESULTS / "mutants.json", to_json(outcomes))
    (RESULTS / "mutants.md").write_text(table(outcomes), encoding="utf-8")
    survivors = [o.mutant.name for o in outcomes if not o.caught]
    caught = len(outcomes) - len(survivors)
    sys.stdout.write("\n".join([f"{caught} of {len(outcomes)} mutants caught", *survivors, ""]))
    return 1 if survivors else 0


_METHODS = "potential/methods"
_QUADRATURE, _INTEGRALS = f"{_METHODS}/quadrature.py", f"{_METHODS}/_integrals.py"
_ATOMS, _GUMBEL = f"{_METHODS}/atoms.py", "perturbations/_gumbel.py"
MUTANTS = (
    # The engine.
    Mutant(
        "density of the maximum without the rates of the other coordinates",
        _INTEGRALS,
        "        rows @ (block.s * summed(rate)),\n",
        "        rows @ (block.s * rate[:, 0]),\n",
        ("C.one-dimensional",),
    ),
    Mutant(
        "value with the wrong sign of the excess",
        _QUADRATURE,
        "out = Pass(top + excess, p, log_p)",
        "out = Pass(top - excess, p, log_p)",
        ("A.uniform-potential",),
    ),
    Mutant(
        "probabilities in reversed order",
        _QUADRATURE,
        "out = Pass(top + excess, p, log_p)",
        "out = Pass(top + excess, p[::-1], log_p)",
        ("A.gumbel-argmax-is-softmax",),
    ),
    Mutant(
        "Hessian with a positive sign off the diagonal",
        _QUADRATURE,
        "    out = -weight\n",
        "    out = weight.copy()\n",
        ("C.one-dimensional",),
    ),
    Mutant(
        "Hessian-vector product without the coupling",
        _INTEGRALS,
        "degree * v - combined(rows * summed(rate, v), rate)",
        "degree * v",
        ("C.one-dimensional",),
    ),
    Mutant(
        "value of Gumbel-Argmax without its logarithm of a sum",
        f"{_METHODS}/closed_form.py",
        "value = top + scale * total",
        "value = top",
        ("A.lse-strictly-convex", "C.closed-forms-argmax", "A.conjugate-attained.corrected"),
    ),
    Mutant(
        "thetas are centred and not moved back",
        _QUADRATURE,
        "out = Pass(top + excess, p, log_p)",
        "out = Pass(excess, p, log_p)",
        ("A.softmax-probability",),
    ),
    Mutant(
        "discrete atoms in descending order",
        _ATOMS,
        "order = xp.argsort(atoms, -1)",
        "order = xp.argsort(-atoms, -1)",
        ("A.discrete-potential",),
    ),
    Mutant(
        "ties broken for the coordinate that passes first (u = 1) instead of fairly",
        _ATOMS,
        "part = xp.where(charged, low + u * q, 1.0)",
        "part = xp.where(charged, low + q, 1.0)",
        ("A.discrete-subdifferential",),
    ),
    Mutant(
        "every theta of discrete noise is said to be without a tie",
        _ATOMS,
        "return xp.any((count[found.group] > 1) & reached)",
        "return xp.any((count[found.group] < 1) & reached)",
        ("A.discrete-subdifferential",),
    ),
    # The laws.
    Mutant(
        "Gumbel part of a mixture without its centre",
        "perturbations/_discrete_plus_gumbel.py",
        "/ t + EULER",
        "/ t",
        ("C.closed-forms", "C.smoothing"),
    ),
    Mutant(
        "Gumbel density of the reflected law",
        _GUMBEL,
        "return -z - namespace(z).exp(-z)\n",
        "return z - namespace(z).exp(z)\n",
        ("A.gumbel-density.corrected",),
    ),
    Mutant(
        "normal samples of twice the scale",
        "perturbations/_normal.py",
        'return draw(key, "normal", shape, dtype)',
        'return 2 * draw(key, "normal", shape, dtype)',
        ("C.smoothing", "A.gaussian-concentration.corrected"),
    ),
    Mutant(
        "logistic law moved by a half",
        "perturbations/_logistic.py",
        "cdf = xp.expit(x / scale)",
        "cdf = xp.expit((x := x - 0.5) / scale)",
        ("C.one-dimensional",),
    ),
    Mutant(
        "Laplace law moved by a half",
        "perturbations/_laplace.py",
        "smaller = xp.exp(-xp.abs(x) / scale) / 2",
        "smaller = xp.exp(-xp.abs(x := x - 0.5) / scale) / 2",
        ("C.closed-forms-argmax",),
    ),
    # The independent routes.
    Mutant(
        "exact uniform value integrates from the wrong end",
        "routes/rational.py",
        "value = max(theta) + high",
        "value = max(theta) + low",
        ("A.uniform-potential",),
    ),
    Mutant(
        "exact discrete enumeration takes the minimum",
        "routes/rational.py",
        "top = max(position)",
        "top = min(position)",
        ("A.discrete-potential",),
    ),
    Mutant(
        "smoothed noise adds two Gumbel variables where it should add one at temperature t",
        "perturbations/_convolution.py",
        "z = h[:, None] + (scale / self._t)[:, None] * ahead - EULER",
        "z = h[:, None] + (scale / (2 * self._t))[:, None] * ahead - EULER",
        ("C.closed-forms", "C.smoothing"),
    ),
    Mutant(
        "anchored potential with the wrong sign",
        f"{_METHODS}/_panels.py",
        "gap = np.where(one > two, -np.exp(one) * np.expm1(two - one), 0.0)",
        "gap = np.where(one > two, np.exp(one) * np.expm1(two - one), 0.0)",
        ("C.anchored-potential",),
    ),
    # The independent routes.
    Mutant(
        "enumerated softmax forgets the temperature in front of the logarithm",
        "routes/enumeration.py",
        "value = temperature * (top + np.log(total))",
        "value = top + np.log(total)",
        ("C.smoothing",),
    ),
    Mutant(
        "ball arithmetic with twice the normal density",
        "routes/_laws.py",
        "return (-u * u).exp() * self.top",
        "return 2 * (-u * u).exp() * self.top",
        ("C.scale-not-shape",),
    ),
    Mutant(
        "ball arithmetic with the density of half a Gumbel variable",
        "routes/_laws.py",
        "return rate * (-rate).exp() / self.scale",
        "return rate * (-rate).exp() / (2 * self.scale)",
        ("A.softmax-complete", "C.scale-not-shape", "C.escort"),
    ),
    Mutant(
        "greedy vertex of the subdifferential in the wrong order",
        "potential/_subdifferential.py",
        'self.vertex(np.argsort(-v, kind="stable"))',
        'self.vertex(np.argsort(v, kind="stable"))',
        ("C.subdifferential", "A.directional-derivative", "A.max-potential-gradient.corrected"),
    ),
    Mutant(
        "capacity of a set counts the ties that it loses",
        "potential/_subdifferential.py",
        "(self.mass * (1 - self.stay[:, index].prod(1))).sum()",
        "(self.mass * self.stay[:, index].prod(1)).sum()",
        ("C.subdifferential",),
    ),
    # The printed formulas: mended where they are wrong, broken where they are right.
    Mutant(
        "Gaussian tail bound as it should have been printed",
        "claims/paper_a/concentration.py",
        "    return t**2 / 2\n",
        "    return t**2 / (2 * sigma**2)\n",
        ("A.gaussian-concentration",),
    ),
    Mutant(
        "Hoelder norms of the corrected step swapped",
        "claims/paper_a/hoelder.py",
        "return 1 / share, 1 / (1 - share)",
        "return 1 / (1 - share), 1 / (share)",
        ("A.softmax-hoelder-step.corrected",),
    ),
    Mutant(
        "witness sequence of the gauge {sum theta = 0} with the last entries off by n/d",
        "claims/paper_a/gauge_sequences.py",
        "lambda n, d: (n - n / d, -n / d)",
        "lambda n, d: (n, -n / d)",
        ("A.gauge-sequences.corrected",),
    ),
    Mutant(
        "target of section 6.1 with the denominator that makes it a distribution",
        "models/targets.py",
        'PRINTED_IN_TEXT = "10/68 3/68 4/68 5/68 10/68 10/68 3/68 4/68 5/68 10/68"',
        'PRINTED_IN_TEXT = "10/64 3/64 4/64 5/64 10/64 10/64 3/64 4/64 5/64 10/64"',
        ("A.discrete-target", "A.table-2-target"),
    ),
    Mutant(
        "Gumbel concentration with a quadratic piece that is too strong",
        "claims/paper_a/gumbel_concentration.py",
        "return t / (4 * sigma)",
        "return t / sigma",
        ("A.gumbel-concentration",),
    ),
    Mutant(
        "(103) with the sign of the cubic term changed",
        "claims/paper_a/uniform_pieces.py",
        "(a - b) ** 2 + sign * Fraction(1, 6)",
        "(a - b) ** 2 - sign * Fraction(1, 6)",
        ("A.uniform-potential",),
    ),
    Mutant(
        "(67) with 1/4 in the place of 3/4",
        "claims/paper_a/discrete.py",
        "lambda a, b: _C * a + _Q * b + _H",
        "lambda a, b: _Q * a + _C * b + _H",
        ("A.discrete-potential",),
    ),
    Mutant(
        "(75) with the last case mended to 1",
        "claims/paper_a/uniform_pieces.py",
        '"z > 2": _piece(2, 5, lambda z: 0 * z)',
        '"z > 2": _piece(2, 5, lambda z: 1 + 0 * z)',
        ("A.uniform-difference-law",),
    ),
    # The estimators.
    Mutant(
        "joint law of the two arg maxes without the shared noise",
        "estimators/_direct_law.py",
        "np.fill_diagonal(log_p, log_q - log_d)",
        "np.fill_diagonal(log_p, 2 * log_q - log_d)",
        ("C.joint-law",),
    ),
    Mutant(
        "joint law with the integral from s_i to infinity",
        "estimators/_direct_law.py",
        "gap = np.log(-np.expm1(np.diff(u))) - u[1:]",
        "gap = np.log(-np.expm1(np.diff(u)))",
        ("C.joint-law",),
    ),
    Mutant(
        "bias of the direct estimator with twice epsilon",
        "estimators/_direct_law.py",
        "return q * (_second_order(u - log_mean) - log_mean) / epsilon",
        "return q * (_second_order(u - log_mean) - log_mean) / (2 * epsilon)",
        ("C.direct-bias",),
    ),
    Mutant(
        "variance of the direct estimator without its mean",
        "estimators/_direct_law.py",
        "/ epsilon - m) ** 2 for x, m in",
        "/ epsilon - 0 * m) ** 2 for x, m in",
        ("C.direct-variance",),
    ),
    Mutant(
        "max-flow forgets the terms i = j",
        "estimators/_structured.py",
        "linear, weights = linear + np.diag(matrix), np.triu(matrix + matrix.T, 1)",
        "linear, weights = linear, np.triu(matrix + matrix.T, 1)",
        ("B.structured-argmax",),
    ),
    Mutant(
        "relaxed gradient against the wrong sign of f",
        "estimators/_relaxed_law.py",
        "np.asarray(relaxed.hvp(h, f)) - np.asarray(exact.hvp(h, f))",
        "np.asarray(relaxed.hvp(h, f)) + np.asarray(exact.hvp(h, f))",
        ("B.gumbel-softmax-bias",),
    ),
    # The property checkers.
    Mutant(
        "bounded noise taken for noise of full support",
        "properties/_shape.py",
        "return self.unbounded and not self.atoms and self.gap is None",
        "return not self.atoms and self.gap is None",
        ("A.table-1", "C.completeness-bounded", "A.complete-minimal-identifiable"),
    ),
    Mutant(
        "every set is taken for blocked from the start",
        "properties/_completeness.py",
        "if blocked is None and not (target",
        "if blocked is not None and not (target",
        ("C.completeness", "A.table-1"),
    ),
)


if __name__ == "__main__":
    sys.exit(main())
