"""The claims of the papers: all there, well formed; broken engines must change verdicts."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from perturbtheory import claims, ledger, results
from perturbtheory.claims import recorded
from perturbtheory.claims.exhibits import uniform_lines, uniform_pieces
from perturbtheory.perturbations import _gumbel
from perturbtheory.potential.methods import _integrals, atoms, quadrature, quadrature_rows

REQUIRED = {
    "A.softmax-not-minimal": "proved",
    "A.lse-gradient": "proved",
    "A.gumbel-density": "refuted",
    "A.gumbel-argmax-is-softmax": "proved",
    "A.gumbel-softmax-equals-argmax": "refuted",
    "A.softmax-potential-gradient": "proved",
    "A.softmax-probability": "proved",
    "A.softmax-temperature": "refuted",
    "A.uniform-potential": "proved",
    "A.uniform-difference-law": "refuted",
    "A.uniform-probabilities": "refuted",
    "A.discrete-potential": "proved",
    "A.discrete-subdifferential": "proved",
    "C.smoothing": "proved",
    "C.one-dimensional": "proved",
}
IN_WORDS = {
    "A.extreme-value-theorem",
    "A.gaussian-decays-faster",
    "A.smooth-same",
    "A.gumbel-no-benefits",
    "A.gaussian-same",
    "B.figure-3-time",
    "C.attributes",
}
"""Claims that state no formula."""
BY_REASON = {
    "A.uniform-potential",
    "A.uniform-probabilities",
    "A.uniform-difference-law",
    "A.discrete-subdifferential",
    "A.discrete-argmax-event",
    "A.discrete-argmax-event.corrected",
}
"""Claims with a part of which both routes are proofs: symbols, and exact rationals."""


def test_every_required_claim_is_there_with_its_corrections():
    known = claims.index()
    assert set(REQUIRED) <= set(known)
    for claim in claims.find():
        if claim.corrected_by:
            assert claim.corrected_by == f"{claim.id}.corrected"
        for other in (*claim.depends_on, *filter(None, [claim.corrected_by])):
            assert other in known
        for text in (claim.source, claim.says, claim.assumes, *claim.parts):
            assert text
            assert text.count("$") % 2 == 0
        assert "$" in claim.says or claim.id in IN_WORDS


def test_premises_by_name_are_depended_on_and_stand():
    """A claim that a reason names is one that this claim rests on, and is not refuted."""
    record = recorded.load()

    def grounds(id_):
        near = record[id_]["depends_on"]
        return set(near).union(*map(grounds, near))

    name = re.compile(r"\b[ABC]\.[a-z0-9-]+(?:\.corrected)?")
    seen = 0
    for id_, claim in record.items():
        reasons = " ".join(step["by"] for check in claim["checks"] for step in check["steps"])
        named = set(name.findall(reasons)) - {id_}
        assert named <= grounds(id_), id_
        assert all(record[other]["verdict"] == "proved" for other in named), id_
        seen += len(named)
    assert seen > 50


def test_the_index_is_what_the_modules_make():
    made = {claim.id: claim.module for claim in claims.find()}
    assert made == claims.index()
    assert [m for m in claims.modules() if m not in set(made.values())] == []


def test_every_module_with_a_claim_is_in_the_order_of_its_section():
    root = Path(claims.__file__).parent
    made = {
        ".".join((claims.__name__, *path.relative_to(root).with_suffix("").parts))
        for paper in claims.PAPERS
        for path in (root / paper).rglob("*.py")
        if re.search(r"^\w+ = Claim\(", path.read_text("utf-8"), re.MULTILINE)
    }
    assert len(made) > 80
    assert made <= set(claims.modules())


def test_an_id_leads_to_its_module_alone():
    code = (
        "import sys; from perturbtheory import claims; claims.find(['A.gumbel-density']); "
        "names = [n for n in sys.modules if '.claims.paper_' in n and "
        "hasattr(sys.modules[n], 'Claim')]; "
        "assert names == ['perturbtheory.claims.paper_a.s3_noise.gumbel'], names"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_routes_to_a_part_are_two_and_proofs_have_steps():
    for id_, entry in recorded.load().items():
        by_part = {}
        for check in entry["checks"]:
            by_part.setdefault(check["part"], []).append(check)
            assert check["steps"] or check["kind"] not in ("proof", "argument"), id_
        for name, checks in by_part.items():
            tried = all(check["kind"] == "experiment" for check in checks)
            assert tried or len({check["route"] for check in checks}) >= 2, (id_, name)
            reasoned = [c for c in checks if c["kind"] in ("proof", "argument")]
            assert not reasoned or len(reasoned) < len(checks) or id_ in BY_REASON, (id_, name)


def test_unknown_id_is_named_with_near_matches():
    with pytest.raises(claims.UnknownClaim, match=r"'A\.gumbel-densty'; did you mean A\.gumbel-de"):
        claims.find(["A.gumbel-densty"])
    with pytest.raises(claims.UnknownClaim, match=re.escape("`perturbtheory.claims.index()`")):
        claims.find(["qqqqqq"])
    assert [c.id for c in claims.find(["C.smoothing", "A.lse-gradient", "C.smoothing"])] == [
        "C.smoothing",
        "A.lse-gradient",
    ]


def test_recorded_verdicts_name_the_file_and_the_remedy(tmp_path, monkeypatch):
    path = tmp_path / "claims.json"
    monkeypatch.setattr(recorded, "location", lambda: path)
    with pytest.raises(results.RecordError, match=r"claims\.json does not exist; run .*--record"):
        recorded.load()
    for text in ("{", "[1]", '{"id": 3}', '[{"id": "x"}]', '[{"id": "x", "verdict": "true"}]'):
        path.write_text(text)
        with pytest.raises(results.RecordError, match=r"corrupt: .*claims\.json"):
            recorded.load()
    path.write_text('[{"id": "x", "verdict": "proved", "checks": []}]')
    assert recorded.load()["x"]["verdict"] == "proved"


def test_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "claims.json"
    results.write_json(path, [1])
    with pytest.raises(ValueError, match="JSON"):
        results.write_json(path, [float("nan")])
    assert json.loads(path.read_text()) == [1]
    assert [p.name for p in tmp_path.iterdir()] == ["claims.json"]


def test_recorded_verdicts_are_those_required():
    known = recorded.load()
    assert list(known) == list(claims.index())
    assert {id_: known[id_]["verdict"] for id_ in REQUIRED} == REQUIRED
    for id_, entry in known.items():
        if entry["verdict"] in ledger.FAILED:
            assert entry["counterexample"]
            mended = known[entry["corrected_by"]]["verdict"]
            assert mended in ("proved", "certified", "argued", "supported")
        elif entry["corrected_by"]:
            assert entry["verdict"] == "inconclusive"
        if id_.endswith(".corrected"):
            assert known[id_.removesuffix(".corrected")]["corrected_by"] == id_


@pytest.mark.slow
def test_recorded_verdicts_are_those_of_a_fresh_run():
    known = recorded.load()
    for claim in claims.find():
        assert ledger.changes(ledger.run(claim), known[claim.id]) == ()


def verdict_of(id_):
    return ledger.run(claims.find([id_])[0])


def test_wrong_sign_in_the_hessian_is_noticed(monkeypatch):
    true = _integrals.with_degrees

    def flipped(weight):
        hessian = true(weight)
        return 2 * hessian * np.eye(hessian.shape[-1]) - hessian

    for module in (quadrature, quadrature_rows):
        monkeypatch.setattr(module, "with_degrees", flipped)
    made = verdict_of("C.one-dimensional")
    assert made.verdict == "inconclusive"
    assert made.disagreement
    assert "Hessian" in made.weakest


def test_wrong_sign_in_the_hessian_vector_product_is_noticed(monkeypatch):
    true = quadrature_rows.hvp

    def negative(noise, theta, v):
        found, right = true(noise, theta, v)
        return -found, right

    monkeypatch.setattr(quadrature_rows, "hvp", negative)
    made = verdict_of("C.one-dimensional")
    assert made.disagreement
    assert "Hessian" in made.weakest


def test_unnoticed_ties_are_noticed(monkeypatch):
    monkeypatch.setattr(atoms, "tie", lambda noise, theta: False)
    made = verdict_of("A.discrete-subdifferential")
    assert made.verdict == "inconclusive"
    assert made.disagreement


def test_gumbel_without_its_centre_is_noticed(monkeypatch):
    monkeypatch.setattr(_gumbel, "EULER", 0.0)
    made = verdict_of("A.gumbel-density.corrected")
    assert made.verdict == "inconclusive"
    assert made.disagreement


def test_swapped_probabilities_are_noticed(monkeypatch):
    true = quadrature.solve

    def swapped(noise, theta, **how):
        found = true(noise, theta, **how)
        return found._replace(probabilities=found.probabilities[::-1])

    monkeypatch.setattr(quadrature, "solve", swapped)
    made = verdict_of("A.gumbel-argmax-is-softmax")
    assert made.verdict == "inconclusive"
    assert made.disagreement


@pytest.mark.parametrize(
    ("id_", "table", "name", "broken"),
    [
        ("A.uniform-potential", "POTENTIAL", "(90)", lambda f: lambda a, b: f(b, a)),
        ("A.uniform-potential", "POTENTIAL", "(85)", lambda f: lambda a, b: f(a, b) + (a - b) ** 3),
        ("A.uniform-probabilities.corrected", "PROBABILITIES", "-2", lambda f: lambda t: f(-t)),
        ("A.uniform-probabilities.corrected", "PROBABILITIES", "0", lambda f: lambda t: f(t)[::-1]),
        ("A.uniform-difference-law.corrected", "CDF", "0", lambda f: lambda z: 1 - f(z)),
    ],
)
def test_a_wrong_printed_piece_is_refuted(monkeypatch, id_, table, name, broken):
    pieces = getattr(uniform_pieces, table)
    key = next(k for k in pieces if k.startswith(name))
    monkeypatch.setitem(pieces, key, pieces[key]._replace(formula=broken(pieces[key].formula)))
    made = verdict_of(id_)
    assert made.verdict == "refuted"
    assert any(key in p for p in made.counterexample)


@pytest.mark.parametrize("index", [1, 2, 3])
def test_a_wrong_printed_line_is_refuted(monkeypatch, index):
    true = uniform_lines.LOWER[index]
    lines = list(uniform_lines.LOWER)
    lines[index] = lambda integral, t: true(integral, t) + t**2
    monkeypatch.setitem(uniform_lines.CHAINS, "(91)-(93)", lines)
    made = verdict_of("A.uniform-potential")
    assert made.verdict == "refuted"
    assert list(made.counterexample) == [f"(91)-(93), line {index + 1}"]


def test_a_wrong_row_of_the_subdifferential_is_refuted(monkeypatch):
    from perturbtheory.claims.paper_a.s9_examples import discrete

    difference, (low, high) = discrete.SUBDIFFERENTIAL[r"\theta_1 = \theta_2"]
    wrong = (difference, (low, high + low))
    monkeypatch.setitem(discrete.SUBDIFFERENTIAL, r"\theta_1 = \theta_2", wrong)
    made = verdict_of("A.discrete-subdifferential")
    assert made.verdict == "refuted"
    assert made.counterexample[r"(68), $\theta_1 = \theta_2$"]["true"] == ["1/4", "3/4"]
