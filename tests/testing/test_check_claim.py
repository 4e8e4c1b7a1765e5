"""The public check of a claim: what is decided passes, refuted or not; liars are caught."""

import numpy as np
import sympy as sp

import perturbtheory as pt
from perturbtheory.ledger import Claim, agree, eq, exact, witness
from perturbtheory.testing import laws

X = sp.Symbol("x", real=True)


def parity(function, numbers, name="even"):
    claim = Claim(f"T.{name}", "a thesis, (3)", r"$\cosh x$ is even.")

    @claim.part(r"$f(-x) = f(x)$")
    def is_even():
        yield exact("sympy", eq(function(-X).rewrite(sp.exp), function(X)))
        yield agree("numpy", numbers(-1.5), numbers(1.5), "$x = 1.5$")
        yield witness(x="3/2")

    return claim


def broken(report):
    return [finding.law.name for finding in report.failed]


def test_a_claim_that_stands_and_one_that_is_refuted_pass() -> None:
    for claim in (parity(sp.cosh, np.cosh), parity(sp.sinh, np.sinh, "odd")):
        report = pt.testing.check_claim(claim)
        assert report, str(report)
        assert [f.law.name for f in report if f.verdict == "does not apply"] == [
            "correction", "premises",
        ]  # fmt: skip
        assert report["part: $f(-x) = f(x)$"].verdict == "holds"


def test_a_part_that_decides_nothing_is_named() -> None:
    claim = Claim("T.one", "a thesis", "One is one.")

    @claim.part("$1 = 1$")
    def one():
        yield agree("numpy", np.cos(0.0), 1.0, "one")

    report = pt.testing.check_claim(claim)
    assert broken(report) == ["part: $1 = 1$", "verdict"]
    assert "one route decides nothing" in report["part: $1 = 1$"].why


def test_a_truth_value_that_is_typed_in_is_named_once() -> None:
    claim = Claim("T.typed", "a thesis", "One is one.")

    @claim.part("$1 = 1$")
    def one():
        yield agree("numpy", np.cos(0.0), 1.0, "one")
        yield exact("by hand", True, cases="one")

    why = pt.testing.check_claim(claim)["part: $1 = 1$"].why
    assert why.startswith("it is unknown; a truth value is typed in")


def test_draws_without_a_seed_are_noticed() -> None:
    claim, rng = Claim("T.draws", "a thesis", "Draws."), np.random.default_rng(0)

    @claim.part("a draw")
    def draw():
        x = rng.normal()
        yield agree("numpy", x, x + 0.0, "a draw")
        yield agree("again", x * 2, x + x, "twice")
        yield exact("sign", x == x, cases=f"x = {x}")

    report = pt.testing.check_claim(claim)
    assert broken(report) == ["repeatable"]


def test_premises_and_corrections_have_to_stand() -> None:
    wrong = parity(sp.sinh, np.sinh, "odd")
    mended = wrong.corrected("It is odd.")
    rests = Claim("T.rests", "a thesis", "It rests.", depends_on=wrong)

    for claim in (mended, rests):
        claim.part("one")(parity(sp.cosh, np.cosh, f"other{claim.id}").tasks[0].function)
    mended.tasks[0] = wrong.tasks[0]
    assert "correction" in broken(pt.testing.check_claim(mended))
    assert broken(pt.testing.check_claim(rests)) == ["premises"]
    assert broken(pt.testing.check_claim(wrong)) == ["counterexample"]


def test_claims_without_parts_and_with_broken_formulas() -> None:
    empty = Claim("T.empty", "a thesis", "Nothing of $x is said.")
    assert broken(pt.testing.check_claim(empty)) == ["parts", "verdict", "formulas"]
    assert laws.part_laws(empty) == ()
