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
    assert len(recorded) >= 25
    assert all(r["changed"] for r in recorded)
    shown = (mutants.RESULTS / "mutants.md").read_text(encoding="utf-8")
    assert all(m.name in shown for m in mutants.MUTANTS)
