"""What is no evidence and no claim: nothing of it may pass, and the message says the way out."""

import functools
import json
import sys

import numpy as np
import pytest
import sympy as sp

from perturbtheory import ledger
from perturbtheory.estimate import Estimate
from perturbtheory.ledger import Check, Claim, agree, argued, eq, exact, positive, shown, witness
from tests.ledger.test_ledger import BAD, GOOD, TRUE, X, claim, made_of

M = sp.Symbol("m", negative=True)
N = sp.Symbol("n", integer=True)
A, B = sp.symbols("a b", commutative=False)
FREE = sp.Symbol("x", real=True)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (1 + 1j, "`one` must be an `Estimate` or real numbers, got"),
        (np.array([1.0 + 1j]), "`one` must be an `Estimate` or real numbers, got"),
        ("1", "`one` must be an `Estimate` or real numbers, got '1'"),
        (None, "`one` must be an `Estimate` or real numbers, got None"),
        ([[1], [1, 2]], "`one` must be an `Estimate` or real numbers, got"),
        (np.ones(3), "`one` and `two` must have one shape, got"),
        (Estimate(1.0, -1.0, "quadrature"), "`one` must have a radius of at least 0, got -1.0"),
        (
            Estimate(np.ones(2), np.ones(3), "quadrature"),
            "`one` and `radius of one` must have one shape",
        ),
        (Estimate(1.0, 0.0, "proof"), "`kind` must be one of closed form, .*, got 'proof'"),
    ],
)
def test_what_is_no_real_number_with_a_radius_is_no_evidence(number, words):
    with pytest.raises(ValueError, match=words):
        agree("r", number, np.ones(2))
    if "shape" not in words:
        with pytest.raises(ValueError, match=words.replace("`one`", "`margin`")):
            positive("r", number)


def test_no_radius_and_no_finite_margin_is_undecided():
    empty = Estimate(np.array([-1.0]), np.zeros(0), "quadrature")
    assert positive("r", empty).outcome == agree("r", empty, 1.0).outcome == "unknown"
    for infinite in (float("inf"), float("-inf"), [1.0, float("-inf")]):
        assert positive("r", infinite).outcome == "unknown"


@pytest.mark.parametrize("slack", [10.0, 1e-5, -1.0, float("inf"), float("nan")])
def test_slack_is_for_rounding(slack):
    with pytest.raises(ValueError, match="`slack` must be from 0 to 1e-06, got"):
        agree("r", 1.0, 3.0, slack=slack)
    with pytest.raises(ValueError, match="`slack` must be from 0 to 1e-06, got"):
        positive("r", 1.0, slack=slack)


@pytest.mark.parametrize("floor", [1.1, -1e-9, float("inf"), float("nan")])
def test_a_floor_is_no_way_to_a_larger_tolerance(floor):
    with pytest.raises(ValueError, match="`floor` must be from 0 to 1, got"):
        agree("r", 1.0, 3.0, floor=floor)


def test_a_kind_cannot_be_made_stronger_than_the_numbers():
    drawn = Estimate(1.0, 1e-7, "monte-carlo", 1 - 1e-6)
    assert agree("r", drawn, 1.0, kind="closed form").kind == "monte-carlo"
    assert positive("r", drawn, kind="closed form").kind == "monte-carlo"
    for kind in ("proof", "certificate", "argument", "wishful"):
        with pytest.raises(ValueError, match=f"`kind` must be one of closed form, .*'{kind}'"):
            agree("r", 1.0, 1.0, kind=kind)
    with pytest.raises(ValueError, match="`kind` must be one of proof, .*'wishful'"):
        Check("r", "wishful", "holds")
    with pytest.raises(ValueError, match="`outcome` must be one of holds, fails, unknown, got 'y'"):
        Check("r", "proof", "y")
    with pytest.raises(ValueError, match="`route` must be the name of a way"):
        Check(" ", "proof", "holds")


@pytest.mark.parametrize(
    "value",
    [0.5, 0.1 * X, None, "1 + 1", True, sp.Eq(X, X + 1), (1, 2), sp.Matrix([1]), np.ones(2)],
)
def test_equations_are_of_exact_expressions(value):
    for sides in ((value, X), (X, value)):
        with pytest.raises(ValueError, match="must be a sympy expression without floats, got"):
            eq(*sides)


@pytest.mark.parametrize(
    ("left", "right", "outcome"),
    [
        # True for every symbol as assumed, and not at the points that the assumptions forbid.
        (sp.sqrt(M**2 - 2 * M + 1), 1 - M, "unknown"),
        (sp.floor(N / 2) + sp.floor((N + 1) / 2), N, "unknown"),
        # False at points that the assumptions allow.
        (sp.Abs(FREE), FREE, "fails"),
        ((-1) ** N, 1, "fails"),
        (M, -M, "fails"),
        (A * B, B * A, "unknown"),
        (sp.nan, 0, "unknown"),
        (sp.oo, sp.Limit(1 / X, X, 0), "unknown"),
        (sp.Mul(0, sp.oo, evaluate=False), 0, "unknown"),
        (sp.sin(1), sp.sin(1) + sp.Rational(1, 10**20), "unknown"),
        # An integral that is left over has digits without a bound for their error.
        (sp.Integral(sp.exp(-X - sp.sin(X) ** 2), (X, 0, 1)), 7, "unknown"),
    ],
)
def test_equations_are_refuted_at_allowed_points_alone(left, right, outcome):
    assert eq(left, right).step().outcome == outcome


@pytest.mark.parametrize(
    "value", [None, 1, float("nan"), "yes", "argued", [False], np.zeros(2), X > 1, lambda: False]
)
def test_what_is_no_truth_value_decides_nothing(value):
    with pytest.raises(ValueError, match="`grounds` must be True, False or one of holds, fails"):
        exact("r", value, cases="all")
    with pytest.raises(ValueError, match="`true` must be True, False or one of holds, fails"):
        shown("a", value)


@pytest.mark.parametrize("stray", [None, True, "holds", TRUE, [GOOD]])
def test_what_is_no_evidence_is_undecided(stray):
    made = made_of(GOOD, agree("two", 1.0, 1.0), stray)
    assert made.verdict == "inconclusive"
    assert "yields checks and witnesses alone, got" in made.parts[0].checks[2].detail


def test_a_part_that_leaves_python_is_undecided_and_says_where():
    a = claim()

    @a.part("leaves")
    def leaves():
        yield GOOD
        sys.exit(0)

    made = ledger.run(a)
    assert made.verdict == "inconclusive"
    assert made.parts[0].checks[1].detail == "SystemExit: 0"
    line = leaves.__code__.co_firstlineno + 3
    assert made.parts[0].checks[1].measured == f"line {line}"


def test_a_part_that_returns_its_evidence_is_told_to_yield_it():
    a = claim()

    @a.part("returns")
    def returns():
        return 1 + 1 == 2

    (check,) = ledger.run(a).parts[0].checks
    assert check.outcome == "unknown"
    assert "a part must yield its evidence, got True returned" in check.detail


def test_what_is_called_and_is_no_function_makes_a_part_too():
    def broken(n):
        yield GOOD
        yield 1 / n

    a = claim()
    a.part("p")(functools.partial(broken, 0))
    assert ledger.run(a).parts[0].checks[1].detail == "ZeroDivisionError: division by zero"
    with pytest.raises(ValueError, match="`name` must be new"):
        a.part("p")(functools.partial(broken, 1))


@pytest.mark.parametrize(
    ("other", "verdict"),
    [
        (exact("two", TRUE), "inconclusive"),
        (agree("ONE ", 1.0, 1.0), "inconclusive"),
        (exact("two", eq(TRUE.left, TRUE.right, "in other words")), "inconclusive"),
        (exact("two", TRUE, argued("and so on", "Euclid")), "inconclusive"),
        (exact("two", eq((X - 1) ** 2, X**2 - 2 * X + 1)), "proved"),
        (agree("two", 1.0, 1.0), "proved"),
    ],
)
def test_one_way_under_two_names_is_one(other, verdict):
    made = made_of(GOOD, other)
    assert made.verdict == verdict
    assert ("one route decides nothing" in made.parts[0].lacks) == (verdict == "inconclusive")


def test_a_counterexample_that_is_lacking_is_asked_for():
    part = made_of(BAD, agree("two", 1.0, 2.0)).parts[0]
    assert part.lacks == "every route fails, and no counterexample is kept; yield a `witness`"


def test_counterexamples_are_kept_as_json():
    data = {"x": np.array([1, 2]), "y": sp.pi, "z": float("nan"), 1: (1j, None)}
    made = made_of(BAD, agree("two", 1.0, 2.0), witness(data))
    kept = {"x": [1, 2], "y": "pi", "z": "nan", "1": ["1j", None]}
    assert made.counterexample == {"the part": kept}
    json.dumps(made.to_json(), allow_nan=False)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"id": "a b"}, "`id` must be of letters, digits, dots and hyphens, got 'a b'"),
        ({"id": "<b>"}, "`id` must be"),
        ({"id": ""}, "`id` must be"),
        ({"id": None}, "`id` must be"),
        ({"says": " "}, r"`says` of 'X' must be words and \$LaTeX\$, got ' '"),
        ({"source": None}, "`source` of 'X' must be words"),
        ({"depends_on": "X"}, "`depends_on` of 'X' must be other claims or their ids, got 'X'"),
        ({"depends_on": None}, "`depends_on` of 'X' must be"),
        ({"depends_on": ["A", 5]}, "`depends_on` of 'X' must be"),
    ],
)
def test_claims_are_of_words(changed, words):
    with pytest.raises(ValueError, match=words):
        Claim(**({"id": "X", "source": "none", "says": "a"} | changed))


def test_premises_come_alone_or_in_a_sequence():
    one = claim()
    assert Claim("X.a", "none", "a", depends_on=one).depends_on == ("X.test",)
    assert Claim("X.b", "none", "b", depends_on=[one, "X.a"]).depends_on == ("X.test", "X.a")


def test_nothing_of_one_file_gives_way_to_a_namesake():
    a = claim()

    @a.part("p")
    def first():
        yield BAD

    for name in ("p", "q"):
        with pytest.raises(ValueError, match=f"`name` must be new in X.test, got '{name}' twice"):

            @a.part(name)
            @a.part(name)
            def second():
                yield GOOD

    with pytest.raises(ValueError, match=r"`name` of 'X\.test' must be words"):
        a.part(first)
    with pytest.raises(ValueError, match=r"'X\.test' twice; rename one of the claims"):
        Claim("X.test", "none", "another")
    a.corrected("better")
    with pytest.raises(ValueError, match=r"'X\.test\.corrected' twice; rename"):
        a.corrected("better still")


def test_a_cell_that_is_run_again_replaces_what_it_made():
    cells = (
        "a = Claim('X.cell', 'none', 'a')\nb = a.corrected('b')\n",
        "@a.part('p')\n@b.part('q')\ndef f():\n    yield GOOD\n",
    )
    names = {"Claim": Claim, "GOOD": GOOD, "__name__": "__main__"}
    for n, cell in enumerate(cells):
        for again in (cell, cell, "\n" + cell):
            exec(compile(again, f"cell {n} {len(again)}", "exec"), names)
    assert (names["a"].parts, names["b"].parts) == (("p",), ("q",))
