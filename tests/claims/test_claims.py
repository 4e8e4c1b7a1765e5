"""The verdict rule, the ledger's completeness, and negative controls that must change verdicts."""

import json
import re

import numpy as np
import pytest

from perturbtheory import claims, results
from perturbtheory.claims import Check, Claim, Part, Result, compare, ledger, recorded
from perturbtheory.claims.paper_a import uniform_lines, uniform_pieces
from perturbtheory.estimate import Estimate
from perturbtheory.perturbations import _gumbel
from perturbtheory.potential.methods import atoms, quadrature

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
CLAIM = Claim("X.test", "none", "statement", "$x$", "none", lambda _: ())


def check(outcome="holds", kind="proof", route="one"):
    return Check(route, kind, outcome, "detail")


def part(*pairs, counterexample=None, name="part"):
    """One check for each (outcome, kind), by routes of their own."""
    checks = tuple(check(o, k, f"route {n}") for n, (o, k) in enumerate(pairs))
    return Part(name, checks, counterexample)


def result(*parts):
    return Result(CLAIM, parts)


HOLDS = part(("holds", "proof"), ("holds", "quadrature"))
REFUTED = part(("fails", "certificate"), ("fails", "quadrature"), counterexample={"x": 1})
MIXED = part(("holds", "proof"), ("fails", "quadrature"), counterexample={"x": 1})
UNKNOWN = part(("holds", "proof"), ("unknown", "quadrature"))


def test_every_required_claim_is_there_with_its_corrections():
    assert set(REQUIRED) <= set(ledger.REGISTRY)
    for claim in claims.find():
        if claim.corrected:
            assert claim.corrected == f"{claim.id}.corrected"
        for other in (*claim.depends_on, *filter(None, [claim.corrected])):
            assert other in ledger.REGISTRY
        for text in (claim.source, claim.statement, claim.assumptions):
            assert text
        assert claim.latex.count("$") % 2 == 0
        assert "$" in claim.latex


@pytest.mark.parametrize(
    ("parts", "verdict"),
    [
        ((), "untested"),
        ((Part("empty", ()),), "untested"),
        ((HOLDS,), "proved"),
        ((HOLDS, part(("holds", "certificate"), ("holds", "monte-carlo"))), "certified"),
        ((HOLDS, part(("holds", "quadrature"), ("holds", "monte-carlo"))), "supported"),
        ((HOLDS, part(("holds", "experiment"), ("holds", "experiment"))), "supported"),
        ((HOLDS, UNKNOWN), "inconclusive"),
        ((HOLDS, part(("holds", "proof"))), "inconclusive"),
        ((HOLDS, Part("empty", ())), "inconclusive"),
        ((HOLDS, part(("fails", "proof"), ("unknown", "proof"))), "inconclusive"),
        ((HOLDS, part(("fails", "proof"), ("fails", "proof"))), "inconclusive"),
        ((HOLDS, Part("same route", (check(), check(kind="quadrature")))), "inconclusive"),
        ((HOLDS, REFUTED), "refuted"),
        ((UNKNOWN, REFUTED), "refuted"),
        ((HOLDS, MIXED), "inconclusive"),
        ((REFUTED, MIXED), "inconclusive"),
    ],
)
def test_verdict_rule(parts, verdict):
    made = result(*parts)
    assert made.verdict == verdict
    assert made.disagreement == (MIXED in parts)
    assert (made.counterexample is not None) == (verdict == "refuted")
    assert made.weakest


def test_weakest_link_is_the_part_that_decides():
    weak = part(("holds", "quadrature"), ("holds", "monte-carlo"), name="weak")
    assert result(HOLDS, weak).weakest == "weak: quadrature"
    assert "routes disagree" in result(HOLDS, MIXED).weakest
    assert result(HOLDS, REFUTED).weakest == "part: certificate"
    assert result().weakest == "no checks"


@pytest.mark.parametrize("parts", [(HOLDS,), (HOLDS, REFUTED), (MIXED,), (UNKNOWN,), ()])
def test_json_round_trip(parts):
    parts = tuple(Part(f"part {n}", p.checks, p.counterexample) for n, p in enumerate(parts))
    made = result(*parts)
    text = json.dumps(made.to_json(), allow_nan=False)
    again = ledger.from_json(json.loads(text), CLAIM)
    assert again.verdict == made.verdict
    assert again.to_json() == made.to_json()
    assert {"id", "source", "statement", "verdict", "checks", "counterexample", "corrected"} <= set(
        made.to_json()
    )


@pytest.mark.parametrize(
    ("one", "two", "outcome"),
    [
        (1.0, 1.0 + 1e-13, "holds"),
        (1.0, 1.1, "fails"),
        (Estimate(1.0, 0.01, "quadrature"), 1.009, "holds"),
        (Estimate(1.0, 0.01, "quadrature"), 1.02, "unknown"),
        (Estimate(1.0, 0.01, "quadrature"), Estimate(1.018, 0.01, "quadrature"), "holds"),
        (Estimate(1.0, 0.01, "quadrature"), 1.05, "fails"),
        (Estimate(1.0, 0.5, "monte-carlo"), 1.1, "unknown"),
        (np.array([1.0, 2.0]), np.array([1.0, 2.1]), "fails"),
        (float("nan"), 1.0, "unknown"),
        (float("inf"), 1.0, "unknown"),
        (np.zeros(0), np.zeros(0), "unknown"),
    ],
)
def test_agreement_can_fail_and_can_be_undecided(one, two, outcome):
    assert compare.agree("r", "quadrature", one, two, "x").outcome == outcome


@pytest.mark.parametrize(
    ("margin", "outcome"),
    [
        (0.1, "holds"),
        (-0.1, "fails"),
        (Estimate(0.1, 0.2, "quadrature"), "unknown"),
        (Estimate(-0.1, 0.2, "quadrature"), "unknown"),
        (np.array([0.1, -0.1]), "fails"),
        (float("nan"), "unknown"),
        (np.zeros(0), "unknown"),
    ],
)
def test_inequalities_within_their_radius_are_undecided(margin, outcome):
    assert compare.positive("r", "quadrature", margin, "x").outcome == outcome


def test_exact_arithmetic_proves_and_refutes():
    assert compare.exact("r", True, "d").kind == "proof"
    assert compare.exact("r", True, "d", universal=False).kind == "certificate"
    refuted = compare.exact("r", False, "d")
    assert (refuted.kind, refuted.outcome) == ("certificate", "fails")
    assert compare.exact("r", "unknown", "d").outcome == "unknown"


def test_unknown_id_is_named_with_near_matches():
    with pytest.raises(claims.UnknownClaim, match=r"'A\.gumbel-densty'; did you mean A\.gumbel-de"):
        claims.find(["A.gumbel-densty"])
    with pytest.raises(claims.UnknownClaim, match=re.escape("known: A.softmax-not-minimal")):
        claims.find(["qqqqqq"])
    assert [c.id for c in claims.find(["C.smoothing", "A.lse-gradient", "C.smoothing"])] == [
        "C.smoothing",
        "A.lse-gradient",
    ]


def test_claims_describe_themselves():
    with pytest.raises(ValueError, match=r"docstring of claim 'X\.bad' must have paragraphs"):

        @ledger.claim("X.bad")
        def bad(_):
            """No paragraphs here."""

    text = claims.find(["A.lse-gradient"])[0]
    assert text.source == "A, (5) and (24)"
    with pytest.raises(ValueError, match=r"'A\.lse-gradient' twice"):
        ledger.claim("A.lse-gradient")(text.check)


def test_recorded_verdicts_name_the_file_and_the_remedy(tmp_path, monkeypatch):
    path = tmp_path / "claims.json"
    monkeypatch.setattr(recorded, "location", lambda: path)
    with pytest.raises(results.RecordError, match=r"claims\.json does not exist; run .*--record"):
        recorded.load()
    for text in ("{", "[1]", '{"id": 3}', '[{"id": "x"}]', '[{"id": "x", "verdict": "true"}]'):
        path.write_text(text)
        with pytest.raises(results.RecordError, match=r"corrupt: .*claims\.json"):
            recorded.load()
    path.write_text('[{"id": "x", "verdict": "proved"}]')
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
    assert list(known) == list(ledger.REGISTRY)
    assert {id_: known[id_]["verdict"] for id_ in REQUIRED} == REQUIRED
    for id_, entry in known.items():
        if entry["verdict"] == "refuted":
            assert entry["counterexample"]
            assert known[entry["corrected"]]["verdict"] in ("proved", "certified", "supported")
        else:
            assert entry["corrected"] is None
        if id_.endswith(".corrected"):
            assert known[id_.removesuffix(".corrected")]["verdict"] == "refuted"
        routes = {(c["part"], c["route"]) for c in entry["checks"]}
        for name in {c["part"] for c in entry["checks"]}:
            assert sum(p == name for p, _ in routes) >= 2


@pytest.mark.slow
def test_recorded_verdicts_are_those_of_a_fresh_run():
    known = recorded.load()
    for claim in claims.find():
        fresh = claims.run(claim)
        assert fresh.to_json() == known[claim.id]


def verdict_of(id_):
    return claims.run(claims.find([id_])[0])


def test_wrong_sign_in_the_hessian_is_noticed(monkeypatch):
    true = quadrature.hessian

    def flipped(noise, theta):
        hessian = true(noise, theta)
        return 2 * np.diag(np.diag(hessian)) - hessian

    monkeypatch.setattr(quadrature, "hessian", flipped)
    made = verdict_of("C.one-dimensional")
    assert made.verdict == "inconclusive"
    assert made.disagreement
    assert "Hessian" in made.weakest


def test_wrong_sign_in_the_hessian_vector_product_is_noticed(monkeypatch):
    true = quadrature.hvp
    monkeypatch.setattr(quadrature, "hvp", lambda noise, theta, v: -true(noise, theta, v))
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
        ("A.uniform-difference-law.corrected", "CDF", "0 <=", lambda f: lambda z: 1 - f(z)),
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

    difference, (low, high) = discrete.SUBDIFFERENTIAL["theta_1 = theta_2"]
    wrong = (difference, (low, high + low))
    monkeypatch.setitem(discrete.SUBDIFFERENTIAL, "theta_1 = theta_2", wrong)
    made = verdict_of("A.discrete-subdifferential")
    assert made.verdict == "refuted"
    assert made.counterexample["(68), theta_1 = theta_2"]["true"] == ["1/4", "3/4"]
