"""Ways to a verdict that the evidence does not carry, each of which once succeeded."""

import functools
import json
import re
from types import SimpleNamespace

import numpy as np
import pytest
import sympy as sp

from perturbtheory import ledger
from perturbtheory.estimate import Estimate
from perturbtheory.ledger import (
    Budget,
    Check,
    Equation,
    Step,
    agree,
    argued,
    difference,
    eq,
    every,
    exact,
    experiment,
    positive,
    shown,
    unsound,
)
from perturbtheory.ledger._typed import typed_in
from tests.ledger.test_ledger import GOOD, TRUE, X, claim, made_of

AT_ONE = sp.Piecewise((1, sp.Eq(sp.Symbol("n", integer=True), 1)), (0, True))
"""A formula with equality signs within."""

# One route under two names


def test_numbers_that_were_computed_once_are_one_route():
    found, said = np.array([0.3, 0.7]), np.array([0.3, 0.7])
    for second in ((found, said), (said, found)):
        made = made_of(agree("engine", found, said), agree("closed form", *second))
        assert made.verdict == "inconclusive"
        assert "compare the same numbers, computed once" in made.parts[0].checks[2].detail
    again = made_of(agree("engine", found, said), agree("closed form", found.copy(), said))
    assert again.verdict == "supported"
    # Cases of one route may meet again, and small integers are kept once by Python itself.
    assert made_of(agree("a", found, said), agree("a", found, said), GOOD).verdict == "proved"
    assert made_of(agree("a", 1 + 1, 2), agree("b", 3 - 1, 2)).verdict == "supported"


def test_one_margin_is_one_route():
    margin = np.array([0.3, 0.7])
    assert made_of(positive("a", margin), positive("b", margin)).verdict == "inconclusive"
    assert made_of(positive("a", margin), positive("b", margin.copy())).verdict == "supported"


def test_an_equation_that_is_turned_or_has_company_is_one_proof():
    left, right = (X + 1) ** 2, X**2 + 2 * X + 1
    for second in ([eq(right, left)], [eq(left, right), eq(X * (X + 1), X**2 + X)]):
        made = made_of(exact("one", eq(left, right)), exact("two", *second))
        assert made.verdict == "inconclusive", second
    other = exact("two", eq((X - 1) ** 2, X**2 - 2 * X + 1))
    assert made_of(exact("one", eq(left, right)), other).verdict == "proved"


def test_the_numbers_are_let_go_once_they_are_compared():
    made = made_of(GOOD, agree("numbers", np.ones(3), np.ones(3)))
    assert [check.compared for check in made.parts[0].checks] == [None, None]
    assert all("compared" not in check for check in made.to_json()["checks"])


@pytest.mark.parametrize("number", [np.ones(2), [1.0], Estimate(1.0, 1e-9, "quadrature")])
def test_no_number_is_compared_with_itself(number):
    with pytest.raises(ValueError, match="`one` and `two` of 'r' must be two, got .* twice"):
        agree("r", number, number)


@pytest.mark.parametrize(
    "name", ["ENGINE two ", "engine  two", "\uff45ngine two", "engine\uff0dtwo"]
)
def test_names_that_look_alike_are_one_route(name):
    made = made_of(agree(name, 0.5, 1 / 2), agree("engine two", 0.25, 1 / 4))
    assert made.verdict == ("supported" if "\uff0d" in name else "inconclusive")


def test_the_name_of_a_route_can_be_seen():
    with pytest.raises(ValueError, match="`route` must be the name of a way"):
        agree("engine\u200b", 1.0, 1.0)


# Reasons that are none


@pytest.mark.parametrize("outcome", ["holds", "fails", "unknown"])
def test_no_proof_is_written_down(outcome):
    other = Step("0 = 1", "sympy", "unknown" if outcome == "fails" else "fails")
    for kind, steps in (
        ("proof", ()),
        ("proof", (other,)),
        ("proof", (argued("a", "b"),)),
        ("argument", ()),
        ("argument", (Step("a", "sympy", "holds"),)),
        ("certificate", ()),
        ("certificate", (other,)),
    ):
        with pytest.raises(ValueError, match=f"`steps` of 'r' must be the grounds of a.* {kind}"):
            Check("r", kind, outcome, steps=steps)


def test_of_no_cases_nothing_is_decided():
    assert every([]) == every(x > 0 for x in range(0)) == "unknown"
    assert exact("r", every(x > 0 for x in ()), cases="all of them").outcome == "unknown"
    assert every([True, np.True_, sp.true, "holds"]) == "holds"
    assert every([True, "unknown"]) == "unknown"
    assert every(["unknown", np.False_]) == "fails"
    with pytest.raises(ValueError, match=r"call every\(...\) on several"):
        every([np.ones(2) > 0])


@pytest.mark.parametrize(
    "made",
    [
        lambda: experiment("fits", True, "seed 1", ran=False),
        lambda: experiment("fits", False, "seed 1", ran=False),
        lambda: Check("r", "certificate", "unknown", "case", ran=False),
    ],
)
def test_what_was_not_carried_out_is_an_unknown_experiment(made):
    with pytest.raises(ValueError, match=r"`ran` of .* must be true of .* with `not_run`"):
        made()


@pytest.mark.parametrize("outcome", [True, "yes", None, ""])
def test_steps_have_outcomes(outcome):
    with pytest.raises(ValueError, match="`outcome` must be one of holds, fails, unknown, argued"):
        Step("a", "sympy", outcome)


def test_grounds_are_steps():
    stands = SimpleNamespace(says="0 = 1", by="", outcome="holds")
    with pytest.raises(ValueError, match="`steps` of 'r' must be steps, got"):
        Check("r", "proof", "holds", steps=(stands,))


@pytest.mark.parametrize("kind", ["closed form", "quadrature", "numerical", "monte-carlo"])
def test_what_compares_no_numbers_says_nothing_of_them(kind):
    made = made_of(GOOD, Check("engine", kind, "holds", "as it says"))
    assert made.verdict == "inconclusive"
    assert "'engine' compares no numbers; make it with `agree`" in made.parts[0].checks[2].detail


@pytest.mark.parametrize(
    "text",
    [
        "it lies in [a, b]",
        "it lies in [0, 1]",
        "it lies in [-infinity, theta_1 + 1]",
        r"it lies in [\alpha, 2^k)",
        "it lies in [$a$, $b$]",
        "x is in [0, 1) and y in (a, b]",
        "the mean is E[f is small]",
        "[Euclid]",
        "so it is [ ]",
    ],
)
def test_an_interval_is_no_reason(text):
    with pytest.raises(ValueError, match="`says` must end with its reason in brackets, got"):
        argued(text)


@pytest.mark.parametrize(
    ("text", "by"),
    [
        ("it lies in [a, b] [Euclid]", "Euclid"),
        ("so it is [(31)-(33)]", "(31)-(33)"),
        ("so it is [$d = 2$]", "$d = 2$"),
        ("so it is [A.sum, twice]", "A.sum, twice"),
        ("so it is [limits]", "limits"),
        ("so it is [it lies in [0, 1]]", "it lies in [0, 1]"),
    ],
)
def test_a_reason_stands_in_brackets(text, by):
    assert argued(text).by == by


def test_equations_made_by_hand_are_of_exact_expressions_too():
    with pytest.raises(ValueError, match="`left` must be a sympy expression without floats"):
        Equation(0.5, sp.Rational(1, 2))
    with pytest.raises(ValueError, match="`right` must be a sympy expression without floats"):
        Equation(sp.Rational(1, 2), 0.5)


def test_digits_that_cancel_refute_no_equation():
    nested, plain, large = sp.sqrt(5 + 2 * sp.sqrt(6)), sp.sqrt(2) + sp.sqrt(3), sp.exp(300)
    assert eq(nested * large, plain * large).step().outcome == "unknown"
    assert eq(nested * large, plain * large + 1).step().outcome != "holds"
    assert eq(nested, plain + sp.Rational(1, 1000)).step().outcome == "fails"


@pytest.mark.parametrize(
    "made",
    [
        lambda: exact("r", eq(sp.sin(X).diff(X), sp.cos(X), "carried out before it was given")),
        lambda: exact("r", eq(X - 2 * X, -X)),
        lambda: shown("$1 = 1$: $g(0)$", True),
        lambda: argued("$x = x$", "nothing"),
        lambda: exact("r", eq(AT_ONE, AT_ONE)),
        lambda: exact("r", eq(AT_ONE + sp.sin(X).diff(X), AT_ONE + sp.cos(X), "cases")),
        lambda: exact("r", eq(X + 1, sp.Symbol("x") + 1)),
        lambda: difference(X, X),
        lambda: difference(sp.sin(X).diff(X), sp.cos(X)),
        lambda: shown("$a = b = b$: a chain", True),
        lambda: shown("$a = a = b$", True),
        lambda: shown("$c \\le a = a$", True),
        lambda: shown("so, in words, $a=a$ and $b = c$", True),
        lambda: shown("$k = 1, \\quad a \\, b = ab$", True),
        lambda: shown("$\\left(a = b\\right) = (a = b)$", True),
        lambda: exact("r", eq(X * (X + 1), X**2 + X), "that is, $1 = 1$"),
    ],
)
def test_no_step_writes_both_sides_alike(made):
    with pytest.raises(ValueError, match=r"alike, got '.*sp.Subs\(g, x, 0\).*difference\(g, h\)"):
        made()


@pytest.mark.parametrize(
    "says",
    [
        "$a = b = a$",
        "$a \\le b = c$, and $c = d$",
        r"$f(x = 1) = f(y = 1)$",
        r"$\begin{cases} 1 & \text{for}\: n = n \end{cases} = 1$",
        "$x_i = x_j$",
        "$a = -a$",
    ],
)
def test_steps_with_two_sides_may_have_signs_within(says):
    assert shown(says, True).says == says


@pytest.mark.parametrize(
    ("left", "right", "written"),
    [
        (sp.Derivative(sp.sin(X), X), sp.cos(X), r"\frac{d}{d x} \sin{\left(x \right)}"),
        (difference(X, 2 * X), -X, r"- 2 x + x"),
        (difference(X + 1, X - 1), 2, r"- (x - 1) + \left(x + 1\right)"),
        (
            sp.Derivative(sp.polylog(2, X), X),
            -sp.log(1 - X) / X,
            r"\frac{d}{d x} \operatorname{Li}_{2}\left(x\right)",
        ),
        (sp.Subs(X + 1, X, 0), 1, r"\left. x + 1 \right|_{\substack{ x=0 }}"),
    ],
)
def test_what_stands_as_it_is_can_be_replayed(left, right, written):
    assert eq(left, right).step().says == f"${written} = {sp.latex(right)}$"
    assert eq(left, right).step().outcome == "holds"
    assert eq(left, right + 1).step().outcome == "fails"


# Claims and what they rest on


def test_a_budget_leaves_something_to_check():
    for samples, points in ((0, 4), (4, 0), (4, -1)):
        with pytest.raises(ValueError, match=r"`(samples|points)` must be"):
            Budget("none", samples, points)


def test_what_rests_on_what_does_not_stand_is_told():
    premises = {"a": ["b"], "b": ["c"], "c": ["d"], "d": [], "e": ["f"], "f": ["e"], "g": ["d"]}
    verdicts = dict.fromkeys(premises, "proved") | {"d": "refuted", "g": "refuted"}
    on_d = ("rests on d, which is refuted",)
    itself = ("rests on itself",)
    found = {"a": on_d, "b": on_d, "c": on_d, "e": itself, "f": itself}
    assert unsound(premises, verdicts) == found
    for verdict in ("proved", "certified", "argued", "supported"):
        assert unsound({"a": ["b"]}, {"a": "proved", "b": verdict}) == {}
    for verdict in ("not reproduced", "inconclusive", "untested"):
        assert list(unsound({"a": ["b"]}, {"a": "proved", "b": verdict})) == ["a"]


def test_a_step_that_fails_is_no_proof():
    made = exact("r", TRUE, shown("0 = 1", False))
    assert (made.kind, made.outcome) == ("certificate", "fails")


@pytest.mark.parametrize("parts", [["a", "a"], ["a", "b", "a"]])
def test_no_part_of_a_loop_takes_the_place_of_another(parts):
    a = claim()

    def add(name, outcome):
        @a.part(name)
        def part():
            yield exact("r", outcome, cases="it")

    for name in parts[:-1]:
        add(name, False)
    with pytest.raises(ValueError, match=r"`name` must be new in X\.test, got 'a' twice"):
        add(parts[-1], True)


def test_no_claim_of_a_file_takes_the_place_of_another():
    registered = ledger.registered_by(claim)
    assert [c.id for c in registered] == ["X.test"]
    assert ledger.registered_by(claim) != registered  # the file is loaded again
    with pytest.raises(ValueError, match=r"`id` must be new, got 'X\.test' twice"):
        ledger.registered_by(lambda: [claim() for _ in range(2)])
    claim()


def test_a_part_of_another_file_takes_no_place_in_one_load():
    def load():
        a, again = claim(), "@a.part('p')\ndef {}(): yield GOOD"
        for name in "xy":
            exec(compile(again.format(name), f"file {name}", "exec"), {"a": a, "GOOD": GOOD})

    load()  # as two cells
    with pytest.raises(ValueError, match=r"`name` must be new in X\.test, got 'p' twice"):
        ledger.registered_by(load)


@pytest.mark.parametrize("error", [GeneratorExit, StopIteration, SystemExit(0), MemoryError])
def test_a_part_that_leaves_early_is_undecided(error):
    a = claim()

    @a.part("leaves")
    def leaves():
        yield GOOD
        yield agree("two", 1.0, 1.0)
        raise error

    assert ledger.run(a).verdict == "inconclusive"


def test_a_record_that_is_no_evidence_any_more_says_so():
    data = made_of(GOOD, agree("two", 1.0, 1.0)).to_json()
    assert ledger.from_json(data, claim()).verdict == "proved"
    old = json.loads(json.dumps(data))
    old["checks"][0]["steps"][0]["says"] = "$x + 1 = x + 1$"
    made = ledger.from_json(old, claim())
    assert made.verdict == "inconclusive"
    assert [check.outcome for check in made.parts[0].checks] == ["unknown", "holds"]
    assert "`says` must not write both sides alike" in made.parts[0].checks[0].detail
    assert "was proved" in ledger.changes(made, data)
    for broken in ({"kind": "wishful"}, {"steps": None}, {"steps": [{"by": "x"}]}, {"route": None}):
        old = data | {"checks": [data["checks"][0] | broken, data["checks"][1]]}
        assert ledger.from_json(old, claim()).verdict == "inconclusive", broken


# Truth values that are typed in


def literal():
    yield exact("one", True, cases="all")


def one_of_several():
    yield exact("one", eq(X + X, 2 * X), shown("it is so", "holds"))


def by_name():
    truth = True
    yield exact("one", 1 > 0, cases="all")
    yield experiment("two", truth, "all runs")


def by_keyword():
    yield ledger.experiment("one", case="all runs", true=True)


def of_several():
    yield exact("one", every([True, True]), cases="all")


def annotated():
    truth: bool = True
    yield experiment("two", truth, "all runs")


def _nested():
    def within():
        says = """
which begins further left"""
        yield exact("one", True, cases=says)

    return within


def by_hand():
    yield Check("one", "certificate", "holds", "all")


def by_hand_in_a_step():
    yield exact("one", ledger.Step("it is so", "sympy", "holds"))


def by_another_name():
    certainly = exact
    yield certainly("one", True, cases="all")


def imported():
    from perturbtheory.ledger import exact as certainly

    yield certainly("one", True, cases="all")


def turned():
    yield exact("one", not False, cases="True")


def of_sympy():
    yield exact("one", sp.true, cases="True")


def of_numpy():
    yield exact("one", np.True_, cases="all")


def on_the_way():
    yield exact("one", (truth := True), cases="all")
    yield exact("two", truth, cases="truth")


def unpacked():
    truth, other = True, 1
    yield exact("one", truth, cases=f"all {other}")


def by_default(truth=True):
    yield exact("one", truth, cases="all")


def numbers():
    yield agree("one", 0.5, -0.5, "holds")


def all_of(several=all):
    yield exact("one", all([True]), cases="all")


class Called:
    def __call__(self):
        yield exact("one", True, cases="all")


PARTS = [literal, one_of_several, by_name, by_keyword, of_several, annotated, _nested()]
PARTS += [by_hand, by_hand_in_a_step, by_another_name, imported, turned, of_sympy, of_numpy]
PARTS += [on_the_way, unpacked, by_default, numbers, all_of, Called(), functools.partial(literal)]
PARTS += [lambda: (yield exact("one", True, cases="all"))]


@pytest.mark.parametrize("part", PARTS)
def test_a_truth_value_that_is_typed_in_decides_nothing(part):
    made = claim()
    made.part("part")(part)
    found = ledger.run(made)
    assert found.verdict == "inconclusive"
    told = found.parts[0].checks[-1]
    assert "a truth value is typed in, which decides nothing" in told.detail
    line = int(told.measured.removeprefix("line "))
    with open(__file__, encoding="utf-8") as file:
        assert re.search("True|holds|truth", file.readlines()[line - 1])


def computed():
    found = True
    for n in range(3):
        found = found and n * n >= n
    yield exact("one", found, cases="$n < 3$")
    yield experiment("two", "unknown", "no runs")
    yield experiment("two", found, "holds", True)
    yield shown_elsewhere(truth=True)


def shown_elsewhere(truth):
    return exact("three", 1 + 1 == 2 and truth, cases="$1 + 1$")


def searched():
    for n in range(9):
        if n * n < n:
            yield exact("search", False, cases=f"$n = {n}$")
            return
    yield exact("search", True, cases="$n < 9$")


def caught():
    try:
        yield exact("limit", 1 // 0 == 0, cases="0")
    except ZeroDivisionError:
        yield exact("limit", "fails", cases="0")


def told_of_others(printed=True):
    class Other:
        def exact(self, name, truth):
            return exact(name, truth == printed, cases="all")

    yield Other().exact("one", True)
    assert 1 + 1 == 2
    yield exact("one", True, cases="what was asserted")


def test_a_truth_value_that_is_computed_is_none_that_is_typed_in():
    assert typed_in(told_of_others) == ()
    assert (
        typed_in(computed)
        == typed_in(searched)
        == typed_in(caught)
        == typed_in(shown_elsewhere)
        == typed_in(len)
        == ()
    )
    assert typed_in(lambda: (yield exact("one", 2 > 1, cases="all"))) == ()
