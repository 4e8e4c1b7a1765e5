"""The rule for verdicts, the kinds of evidence, and what is noticed against a record."""

import contextlib
import json
import re

import numpy as np
import pytest
import sympy as sp

from perturbtheory import ledger
from perturbtheory.estimate import Estimate
from perturbtheory.ledger import (
    FAILED,
    Check,
    Claim,
    Part,
    Result,
    Step,
    agree,
    argued,
    changes,
    eq,
    exact,
    experiment,
    in_words,
    not_run,
    plain,
    positive,
    quantity,
    shown,
    witness,
)
from tests import own_claims

X = sp.Symbol("x", positive=True)
SQUARE, EXPANDED = (X + 1) ** 2, X**2 + 2 * X + 1
TRUE = eq(SQUARE, EXPANDED)


def claim(**more):
    return Claim("X.test", "none", "a statement, $x$", **more)


def check(outcome="holds", kind="proof", route="one"):
    reasoned = {"proof": (Step(route, "sympy", outcome),), "argument": (argued(route, "Euclid"),)}
    return Check(route, kind, outcome, "detail", steps=reasoned.get(kind, ()))


def part(*pairs, counterexample=None, name="part"):
    """One check for each (outcome, kind), by routes of their own."""
    checks = tuple(check(o, k, f"route {n}") for n, (o, k) in enumerate(pairs))
    return Part(name, checks, counterexample)


def result(*parts):
    return Result(claim(), parts)


HOLDS = part(("holds", "proof"), ("holds", "quadrature"))
REFUTED = part(("fails", "certificate"), ("fails", "quadrature"), counterexample={"x": 1})
MIXED = part(("holds", "proof"), ("fails", "quadrature"), counterexample={"x": 1})
UNKNOWN = part(("holds", "proof"), ("unknown", "quadrature"))
TRIED = part(("holds", "experiment"))
NOT_TRIED = Part("not run", (not_run("recorded fits", "none of three seeds"),))
NOT_REPRODUCED = part(("fails", "experiment"), ("holds", "experiment"), counterexample={"x": 1})
IN_WORDS = part(("holds", "argument"), ("holds", "quadrature"))


@pytest.mark.parametrize(
    ("parts", "verdict"),
    [
        ((), "untested"),
        ((Part("empty", ()),), "untested"),
        ((HOLDS,), "proved"),
        ((HOLDS, part(("holds", "certificate"), ("holds", "monte-carlo"))), "certified"),
        ((HOLDS, IN_WORDS), "argued"),
        ((IN_WORDS, part(("holds", "certificate"), ("holds", "proof"))), "argued"),
        ((HOLDS, part(("holds", "quadrature"), ("holds", "monte-carlo"))), "supported"),
        ((HOLDS, part(("holds", "numerical"), ("holds", "numerical"))), "supported"),
        # Experiments are cases of one route, whatever their names, and decide alone what they can.
        ((HOLDS, TRIED), "supported"),
        ((TRIED,), "supported"),
        ((HOLDS, NOT_TRIED), "inconclusive"),
        ((NOT_TRIED, NOT_TRIED), "untested"),
        ((HOLDS, part(("holds", "experiment"), ("unknown", "experiment"))), "inconclusive"),
        ((HOLDS, NOT_REPRODUCED), "not reproduced"),
        ((UNKNOWN, NOT_REPRODUCED), "not reproduced"),
        ((REFUTED, NOT_REPRODUCED), "refuted"),
        ((MIXED, NOT_REPRODUCED), "inconclusive"),
        ((HOLDS, part(("holds", "quadrature"), ("fails", "experiment"))), "inconclusive"),
        ((part(("holds", "certificate"), ("holds", "experiment")),), "certified"),
        ((part(("fails", "experiment"), ("fails", "quadrature")),), "inconclusive"),
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
    mixed = {"holds", "fails"}
    assert made.disagreement == any(mixed <= set(p.routes.values()) for p in parts)
    assert (made.counterexample is not None) == (verdict in FAILED)
    assert made.weakest


def test_what_waits_for_runs_is_told_from_what_runs_leave_open():
    tried_in_vain = part(("unknown", "experiment"))
    for parts in ((NOT_TRIED,), (HOLDS, NOT_TRIED), (TRIED, NOT_TRIED, NOT_TRIED)):
        assert result(*parts).waits
    for parts in (
        (), (HOLDS,), (UNKNOWN,), (HOLDS, tried_in_vain), (NOT_TRIED, tried_in_vain),
        (NOT_TRIED, MIXED), (NOT_TRIED, Part("empty", ())),
    ):  # fmt: skip
        assert not result(*parts).waits


def test_weakest_link_is_the_part_that_decides():
    weak = part(("holds", "quadrature"), ("holds", "monte-carlo"), name="weak")
    assert result(HOLDS, weak).weakest == "weak: quadrature"
    assert "routes disagree" in result(HOLDS, MIXED).weakest
    assert result(HOLDS, REFUTED).weakest == "part: certificate"
    assert result().weakest == "no checks"
    assert result(NOT_TRIED).weakest == "not run"
    assert result(HOLDS, NOT_REPRODUCED).weakest == "part: experiment"


@pytest.mark.parametrize(
    "parts",
    [(HOLDS,), (HOLDS, REFUTED), (MIXED,), (UNKNOWN,), (), (NOT_TRIED,), (HOLDS, NOT_REPRODUCED)],
)
def test_json_round_trip(parts):
    parts = tuple(Part(f"part {n}", p.checks, p.counterexample) for n, p in enumerate(parts))
    made = result(*parts)
    text = json.dumps(made.to_json(), allow_nan=False)
    again = ledger.from_json(json.loads(text), claim())
    assert again.verdict == made.verdict
    assert again.to_json() == made.to_json()


# Comparisons


@pytest.mark.parametrize(
    ("one", "two", "outcome"),
    [
        (1.0, 1.0 + 1e-13, "holds"),
        (1.0, 1.1, "fails"),
        (Estimate(1.0, 0.01, "monte-carlo", 1 - 1e-6), 1.009, "holds"),
        (Estimate(1.0, 0.01, "monte-carlo", 1 - 1e-6), 1.02, "unknown"),
        (
            Estimate(1.0, 0.01, "monte-carlo", 1 - 1e-6),
            Estimate(1.018, 0.01, "quadrature"),
            "holds",
        ),
        (Estimate(1.0, 0.01, "monte-carlo", 1 - 1e-6), 1.05, "fails"),
        (Estimate(1.0, 0.5, "monte-carlo", 1 - 1e-6), 1.1, "unknown"),
        (Estimate(1.0, 1e-9, "quadrature"), 1.0, "holds"),
        # A rule that says of itself that it is coarse agrees with nothing.
        (Estimate(1.0, 0.01, "quadrature"), 1.009, "unknown"),
        (Estimate(1.0, 1e-5, "closed form"), 1.0, "unknown"),
        (np.array([1.0, 2.0]), np.array([1.0, 2.1]), "fails"),
        (float("nan"), 1.0, "unknown"),
        (float("inf"), 1.0, "unknown"),
        (np.zeros(0), np.zeros(0), "unknown"),
    ],
)
def test_agreement_can_fail_and_can_be_undecided(one, two, outcome):
    assert agree("r", one, two, "x").outcome == outcome


@pytest.mark.parametrize(
    ("one", "two", "floor", "outcome"),
    [
        (1e-9, 2e-9, 0.0, "fails"),
        ([1.0, 1e-9], [1.0, 2e-9], 0.0, "fails"),
        (1e-9, 1e-9 * (1 + 1e-13), 0.0, "holds"),
        (1e-9, 2e-9, 1e-9, "fails"),
        # Rounding that is left of numbers of order 1 refutes no zero, and 1e-9 is none.
        (1e-15, 0.0, 0.0, "unknown"),
        (1e-9, 0.0, 0.0, "fails"),
        ([1.0, 1e-15], [1.1, 0.0], 0.0, "fails"),
        (Estimate(1e-15, 1e-25, "quadrature"), 0.0, 0.0, "fails"),
        (1e-15, 0.0, 1.0, "holds"),
        (0.0, 0.0, 0.0, "holds"),
        # A radius as large as the number says nothing of it, and much of a share of one.
        (Estimate(1e-3, 1e-3, "monte-carlo", 1 - 1e-6), 1e-3, 0.0, "unknown"),
        (Estimate(1e-3, 1e-3, "monte-carlo", 1 - 1e-6), 1e-3, 1.0, "holds"),
        (Estimate(1e-9, 1e-12, "quadrature"), 1e-9, 0.0, "unknown"),
        (Estimate(0.0, 1e-300, "quadrature"), 0.0, 0.0, "holds"),
        (Estimate(0.0, 1e-12, "quadrature"), 0.0, 0.0, "unknown"),
    ],
)
def test_errors_are_relative_to_the_numbers_or_to_a_floor(one, two, floor, outcome):
    assert agree("r", one, two, "x", floor=floor).outcome == outcome


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
    assert positive("r", margin, "x").outcome == outcome


def test_the_kind_is_that_of_the_weaker_number():
    rule, drawn = Estimate(1.0, 1e-12, "quadrature"), Estimate(1.0, 0.01, "monte-carlo", 1 - 1e-6)
    assert agree("r", rule, 1.0).kind == "quadrature"
    assert agree("r", rule, drawn).kind == "monte-carlo"
    assert agree("r", 1.0, 1.0).kind == "numerical"
    assert positive("r", drawn).kind == "monte-carlo"
    assert agree("r", 1.0, 1.0, kind="experiment").kind == "experiment"


# Exact decisions


def test_equations_are_shown_as_they_are_meant_and_decided_by_sympy():
    integral = sp.Integral(sp.exp(-X), (X, 0, sp.oo))
    made = exact("sympy", eq(integral, 1, "the whole"), argued("so it is", "Euclid"))
    assert (made.kind, made.outcome) == ("proof", "holds")
    assert made.steps[0].says == r"$\int\limits_{0}^{\infty} e^{- x}\, dx = 1$: the whole"
    assert made.steps[1].outcome == "argued"
    wrong = exact("sympy", eq(integral, 2))
    assert (wrong.kind, wrong.outcome) == ("certificate", "fails")
    assert exact("sympy", eq(sp.Derivative(X**2, X), 2 * X)).outcome == "holds"
    assert exact("sympy", eq(sp.Limit(1 / X, X, sp.oo), 0)).outcome == "holds"


def test_words_after_an_equation_say_what_it_means():
    given = exact("sympy", eq(SQUARE, EXPANDED, "at once"), argued("so it is", "Euclid"))
    after = exact("sympy", eq(SQUARE, EXPANDED), "at once", argued("so it is", "Euclid"))
    assert after.steps == given.steps


@pytest.mark.parametrize("word", ["holds", "fails", "unknown"])
def test_an_outcome_is_no_word_that_an_equation_could_swallow(word):
    with pytest.raises(ValueError, match="`grounds`"):
        exact("sympy", TRUE, word)


def test_words_need_an_equation_that_has_none():
    for grounds in (
        ("first", TRUE),
        (eq(SQUARE, EXPANDED, "one"), "two"),
        (argued("a", "b"), "two"),
    ):
        with pytest.raises(ValueError, match="`grounds`"):
            exact("sympy", *grounds)


def test_a_reason_in_brackets_and_folded_texts():
    says = "entries of $[0, 1]$ have a mean in $(0, 1]$"
    two_lines = """entries of $[0, 1]$ have a mean
        in $(0, 1]$"""
    assert argued(two_lines, "Euclid").says == says
    assert argued(says.replace("(", "[") + " [Euclid,\n   I.5]").by == "Euclid, I.5"
    assert argued("so [it is] [as in [2]]") == argued("so [it is]", "as in [2]")
    assert exact("r", True, cases="all\n   of them").detail == "all of them"
    for text in ("no reason", "no reason [", "[no step]", "it is in [0, 1]", "an empty one []"):
        with pytest.raises(ValueError, match="in brackets"):
            argued(text)


def test_reasons_alone_are_an_argument():
    made = exact("words", argued("a", "b"))
    assert (made.kind, made.outcome) == ("argument", "holds")
    assert exact("words", argued("a", "b"), shown("c", False)).outcome == "fails"
    assert exact("words", argued("a", "b"), shown("c", "unknown")).outcome == "unknown"


def test_a_truth_value_needs_its_cases():
    assert exact("integers", True, cases="d = 2").kind == "certificate"
    assert exact("integers", False, cases="d = 2").outcome == "fails"
    assert exact("integers", "unknown", cases="d = 2").outcome == "unknown"
    with pytest.raises(ValueError, match="name the cases, or make a step of it with `shown`"):
        exact("integers", True)
    with pytest.raises(ValueError, match="must be equations and steps, or one truth value"):
        exact("integers", TRUE, True)
    with pytest.raises(ValueError, match="must be equations and steps, or one truth value"):
        exact("integers")


# Claims


def made_of(*evidence):
    """A claim of one part that yields this."""
    a = claim()

    @a.part("the part")
    def all_of_it():
        yield from evidence

    return ledger.run(a)


GOOD, BAD = exact("one", TRUE), exact("one", eq(X, 2 * X))


def test_a_witness_counts_for_a_refuted_part_alone():
    both = made_of(BAD, agree("two", 1.0, 2.0), witness({"$d$": 2}, lambda_=3))
    assert both.verdict == "refuted"
    assert both.counterexample == {"the part": {"$d$": 2, "lambda": 3}}
    assert made_of(BAD, agree("two", 1.0, 2.0)).verdict == "inconclusive"
    assert made_of(GOOD, agree("two", 1.0, 1.0), witness(d=2)).counterexample is None


def test_a_part_that_raises_is_unknown_and_loses_nothing():
    a = claim()

    @a.part("breaks")
    def breaks():
        yield GOOD
        msg = "out of luck"
        raise RuntimeError(msg)

    @a.part("serves")
    def serves():
        yield GOOD
        yield agree("two", 0.5 + 0.5, 1.0)

    made = ledger.run(a)
    assert made.verdict == "inconclusive"
    assert [p.outcome for p in made.parts] == ["unknown", "holds"]
    assert made.parts[0].checks[0] == GOOD
    assert made.parts[0].checks[1].detail == "RuntimeError: out of luck"


def test_parts_stand_as_they_are_written_and_share_functions():
    a = claim()
    b = a.corrected("better")

    @a.part("first", n=1)
    @a.part("second", n=2)
    @b.part("only", n=3)
    def each(n, budget):
        yield agree(f"{n} {budget.points}", 1.0, 1.0)

    assert (a.parts, b.parts) == (("first", "second"), ("only",))
    assert (b.id, b.source, a.corrected_by) == ("X.test.corrected", "corrects none", b.id)
    routes = [p.checks[0].route for p in ledger.run(a, ledger.FULL).parts]
    assert routes == ["1 12", "2 12"]


def test_ids_are_unique_but_a_cell_may_be_run_again(monkeypatch):
    first = claim()
    assert claim() is not first
    monkeypatch.setattr(first, "module", "another")
    ledger.REGISTRY["X.test"] = first
    with pytest.raises(ValueError, match=r"'X\.test' twice; rename"):
        claim()


def test_claims_of_a_test_are_forgotten_and_those_of_the_package_are_kept():
    before = claim()
    with contextlib.contextmanager(own_claims.forgotten)():
        assert claim() is not before
        Claim("X.meanwhile", "nowhere", "a statement")
        loaded = {"Claim": Claim, "__name__": "perturbtheory.claims.as_if"}
        exec("ours = Claim('X.ours', 'nowhere', 'a statement')", loaded)
    assert ledger.REGISTRY["X.test"] is before
    assert "X.meanwhile" not in ledger.REGISTRY
    assert ledger.REGISTRY.pop("X.ours") is loaded["ours"]


def test_no_number_of_experiments_is_a_second_route():
    seeds = [experiment(f"seed {n}", True, f"seed {n}: lower by 3 nats") for n in range(5)]
    assert made_of(*seeds).verdict == "supported"
    # Beside a proof they are one of the two that it needs, and they cannot replace its like.
    assert made_of(GOOD, *seeds).verdict == "proved"
    late = experiment("seed 9", False, "seed 9: higher by 3 nats")
    assert made_of(*seeds, late).verdict == "not reproduced"
    assert made_of(*seeds, late, witness(lower=-3)).counterexample == {"the part": {"lower": -3}}
    assert made_of(GOOD, *seeds, late).verdict == "inconclusive"
    assert made_of(*seeds, not_run("seeds", "seed 9")).verdict == "inconclusive"


def test_an_experiment_names_its_case():
    with pytest.raises(ValueError, match="`case` of 'fits' must name the runs and what they gave"):
        experiment("fits", True, " ")
    with pytest.raises(ValueError, match="`true` must be True, False or one of holds"):
        experiment("fits", None, "seed 1")


def test_how_much_of_a_proof_was_decided():
    made = made_of(exact("one", TRUE, argued("a", "b"), shown("c", True)), GOOD)
    assert made.steps == (3, 4)


# Records


def test_anything_that_differs_from_the_record_is_drift():
    made = made_of(GOOD, agree("two", 1.0, 1.0, "at one"))
    entry = json.loads(json.dumps(made.to_json()))
    assert changes(made, entry) == ()
    assert changes(made, None) == ("not recorded",)
    entry["checks"][1]["measured"] = "1 number within tolerance 1e-3"
    assert changes(made, entry) == ()
    for key, value, word in (
        ("verdict", "argued", "was argued"),
        ("says", "another", "text differs"),
        ("assumes", "more", "text differs"),
        ("depends_on", ["X"], "text differs"),
        ("counterexample", {"a": {}}, "counterexample differs"),
        ("checks", entry["checks"][:1], "checks differ"),
    ):
        assert changes(made, entry | {key: value}) == (word,)
    for key, value in (("route", "x"), ("kind", "proof"), ("detail", "x"), ("outcome", "fails")):
        checks = [entry["checks"][0], entry["checks"][1] | {key: value}]
        assert changes(made, entry | {"checks": checks}) == ("checks differ",)


# Text


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"for $\theta_i \le \tfrac12$", "for θ_i ≤ 1/2"),
        (r"$\frac{a+1}{2}$ and $\sqrt{2}$", "(a+1)/2 and √2"),
        (r"$e^{-(t+c)}$", "e^{-(t+c)}"),
        (r"$\arg\max_i \lVert x \rVert$", "arg max_i ‖ x ‖"),
        (r"$\operatorname{softmax}(\theta)$", "softmax(θ)"),
        ("100 % of it, a_b", "100 % of it, a_b"),
        (r"broken $\frac{1", r"broken \frac1"),
        (r"broken \sqrt", r"broken \sqrt"),
    ],
)
def test_plain_text(latex, text):
    assert re.sub(r"\s+", " ", plain(latex)) == text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("theta", r"$\theta$"),
        ("Theta", r"$\Theta$"),
        ("p_1", "$p_{1}$"),
        ("p_12", "$p_{12}$"),
        ("gamma_i", r"$\gamma_{i}$"),
        ("x_theta", r"$x_{\theta}$"),
        ("d", "$d$"),
        ("sum", "sum"),
        ("thetas", "thetas"),
        ("missed $p$", "missed $p$"),
        ("$p_1$", "$p_1$"),
        ("p_largest", "p_largest"),
        ("", ""),
    ],
)
def test_bare_names_are_mathematics_and_words_are_not(name, text):
    assert quantity(name) == text


def test_values_of_counterexamples_in_words():
    assert in_words({"theta": [1, "-1/2"], "n": -0.25}) == r"$\theta = (1, -1/2)$, $n = -0.25$"
    assert in_words(["none", True, "2e-9 > 0", "$e$"]) == "(none, True, 2e-9 > 0, $e$)"
    assert in_words({"p": ["$e$", [2, "$3$ or $4$"]]}) == "$p$ = ($e$, ($2$, $3$ or $4$))"
    assert in_words({"d": [], "sum": 2}) == "$d$ = (), sum = $2$"
    assert plain(in_words({"theta": [1, "-1/2"]})) == "θ = (1, -1/2)"


def test_a_function_that_serves_several_claims_is_called_once_for_all():
    called = []
    one = Claim("T.serves-one", "nowhere", "a statement")
    two = Claim("T.serves-two", "nowhere", "another statement")

    @one.part("at 1", x=1)
    @two.part("at 1 too", x=1)
    @two.part("at 2", x=2)
    def positive_number(x):
        called.append(x)
        yield exact("integers", x > 0, cases=f"{x}")
        yield agree("floats", float(x), x)

    shared = {}
    results = [ledger.run(claim, shared=shared) for claim in (one, two)]
    assert called == [1, 2]
    assert [part.name for part in results[1].parts] == ["at 1 too", "at 2"]
    assert results[0].parts[0].checks == results[1].parts[0].checks
    assert results[1].parts[1].checks[0].detail == "2"
    ledger.run(one)
    assert called == [1, 2, 1]


def test_an_equation_is_decided_once(monkeypatch):
    decided = []

    def identity(expression):
        decided.append(expression)
        return "holds"

    monkeypatch.setattr(ledger._equations, "identity", identity)
    u = sp.Symbol("u_of_this_test")
    steps = [eq(u * (u + 1), u**2 + u, "why").step() for _ in range(2)]
    assert len(decided) == 1
    assert steps[0] == steps[1]


def test_sums_over_indexed_symbols_are_carried_out_as_by_sympy():
    i, j, k = sp.symbols("i j k", integer=True, positive=True)
    d = i + sp.Symbol("m", integer=True, nonnegative=True)
    v, t = sp.IndexedBase("v", real=True), sp.Symbol("t", real=True)
    total = sp.Sum(sp.exp(v[j]), (j, 1, d))
    for expression in (
        sp.Derivative(sp.log(total), v[i]),
        sp.Derivative(sp.Sum(sp.exp(t * v[j]), (j, 1, d)), (t, 2)) / total,
        sp.Sum(v[j] * sp.Derivative(t**2, t), (j, 1, d)),
        sp.Sum(v[j] * sp.KroneckerDelta(i, j), (j, 1, d)),
        sp.Sum(sp.exp(t) * k, (k, 1, 5)) + sp.Limit(sp.sin(t) / t, t, 0) * total,
        sp.Subs(t * total, t, 2),
        sp.Integral(total * t, (t, 0, 1)),
        sp.Integer(3),
    ):
        found = ledger.carried_out(expression)
        assert not found.has(sp.Derivative, sp.Limit)
        assert sp.simplify(found - expression.doit()) == 0
