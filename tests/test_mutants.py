"""Every broken copy of the package must change a verdict; slow, but for the table's own checks."""

import json

import pytest

from perturbtheory import claims
from tests import mutants


@pytest.mark.slow
@pytest.mark.parametrize("mutant", mutants.MUTANTS, ids=lambda m: m.name)
def test_a_mutant_is_caught(mutant):
    assert mutants.run(mutant).caught


@pytest.mark.parametrize("mutant", mutants.MUTANTS, ids=lambda m: m.name)
def test_a_mutant_replaces_one_piece_of_text(mutant):
    text = (mutants.PACKAGE / mutant.file).read_text(encoding="utf-8")
    assert text.count(mutant.old) == 1
    assert mutant.old != mutant.new
    assert claims.find(mutant.claims)


def test_the_recorded_table_is_about_these_mutants():
    recorded = json.loads((mutants.RESULTS / "mutants.json").read_text(encoding="utf-8"))
    now = [json.loads(json.dumps(vars(m))) for m in mutants.MUTANTS]
    assert [{k: r[k] for k in now[0]} for r in recorded] == now
    assert len(recorded) >= 60
    assert all(r["changed"] for r in recorded)
    shown = (mutants.RESULTS / "mutants.md").read_text(encoding="utf-8")
    assert all(m.name in shown for m in mutants.MUTANTS)


def test_a_statement_read_wrongly_is_refuted_where_it_was_not_or_the_other_way_round():
    recorded = json.loads((mutants.RESULTS / "mutants.json").read_text(encoding="utf-8"))
    changed = {r["name"]: r["changed"].values() for r in recorded}
    assert len(mutants.READINGS) >= 10
    for mutant in mutants.READINGS:
        sides = [change.split(" → ") for change in changed[mutant.name]]
        assert any(
            ("refuted" in pair) and not ({"refuted", "inconclusive"} >= set(pair)) for pair in sides
        ), mutant.name


def test_what_cannot_run_is_not_caught():
    broken = mutants.Mutant(
        "a part that raises",
        "claims/paper_a/s3_convexity/conjugate_attained.py",
        "p = (sp.Integer(1), sp.Integer(0))",
        "p = (sp.Integer(1) / 0.0j, 0)[2]",
        ("A.conjugate-attained",),
    )
    assert not mutants.run(broken).caught
