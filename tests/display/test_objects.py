"""What objects show in a notebook: well-formed HTML that has what matters and escapes the rest."""

import math
import re
import subprocess
import sys
import time
from xml.etree import ElementTree

import jax
import numpy as np
import pytest
import scipy.stats
import sympy as sp

import perturbtheory as pt
from perturbtheory import estimators
from perturbtheory.display import badge, table, words
from perturbtheory.estimators import measure
from perturbtheory.ledger import Claim, agree, eq, exact, run, witness
from perturbtheory.models import Fitted
from perturbtheory.models.vae import Bounds, Epoch, Trained
from perturbtheory.properties import Check, Diagnosis, Row, Table1
from tests import laws

UGLY = '<b>bold</b> & "quoted"'


def parsed(html):
    """The tree of some HTML; it raises if a tag stays open."""
    return ElementTree.fromstring(html.replace("<wbr>", ""))


def text_of(html):
    return " ".join(" ".join(parsed(html).itertext()).split())


@pytest.fixture(scope="module")
def uniform():
    return pt.diagnose(pt.Uniform())


@pytest.fixture
def refuted():
    x = sp.Symbol("x", real=True)
    claim = Claim("T.shown", UGLY, r"$\sinh x$ is even, " + UGLY, assumes="$x$ is real")

    @claim.part(r"$\sinh(-x) = \sinh x$ " + UGLY)
    def is_even():
        yield exact("sympy", eq(sp.sinh(-x).rewrite(sp.exp), sp.sinh(x), UGLY))
        yield agree("numpy", np.sinh(-1.5), np.sinh(1.5), "$x = 1.5$")
        yield witness({UGLY: UGLY}, x="3/2")

    return run(claim)


class TestLaws:
    @pytest.mark.parametrize("name", laws.ALL)
    def test_a_law_is_shown_as_it_is_made(self, name):
        law = laws.ALL[name]
        names = (
            {"np": np, "scipy": scipy, "smoothed": pt.smoothed}
            | vars(pt)
            | {n: getattr(pt, n) for n in dir(pt)}
        )
        again = eval(repr(law), names)
        x = np.linspace(-2.0, 3.0, 5 * laws.D).reshape(5, laws.D)
        np.testing.assert_array_equal(again.log_cdf(x), law.log_cdf(x))

    @pytest.mark.parametrize(
        "law",
        [
            pt.Normal(0.7), pt.Gumbel(0.7), pt.GumbelMin(0.7), pt.Laplace(0.7), pt.Logistic(0.7),
            pt.Exponential(0.7), pt.Weibull(1.7, 0.7), pt.StudentT(2.5, 0.7), pt.Pareto(2.5, 0.7),
            pt.Frechet(2.5, 0.7), pt.Uniform(-0.3, 1.4),
        ],
        ids=str,
    )  # fmt: skip
    def test_the_formula_is_that_of_the_law(self, law):
        x = law.quantile(np.array([0.1, 0.3, 0.5, 0.8, 0.95]))
        left, _, right = law.formula.partition(r" \propto " if "propto" in law.formula else " = ")
        values = {law.symbols[f]: float(getattr(law, f)) for f in law._fields()}
        shown = np.array([evaluated(right, values, float(y)) for y in x])
        true = np.exp(law.log_pdf(x)) if left == "f(x)" else law.cdf(x)
        if "propto" in law.formula:
            shown, true = shown / shown[0], true / true[0]
        np.testing.assert_allclose(shown, true, rtol=2e-5)  # Euler's constant has five digits

    def test_the_values_of_the_parameters_are_shown(self):
        assert r"\sigma = (1, 2.5)" in pt.Normal([1.0, 2.5])._repr_latex_()
        assert r"\sigma = 1 \cdot 10^{-9}" in pt.Normal(1e-9)._repr_latex_()
        assert "hypsecant" in pt.FromScipy(scipy.stats.hypsecant())._repr_latex_()
        assert r"w = (0.5, 0.5)" in pt.Discrete([-1.0, 1.0])._repr_latex_()

    def test_many_parameters_are_shortened(self):
        law = pt.Normal(np.linspace(1.0, 2.0, 100_000))
        begin = time.process_time()
        shown = [repr(law), law._repr_latex_(), repr(pt.expected_logsumexp(law))]
        assert time.process_time() - begin < 0.5
        assert max(map(len, shown)) < 250
        assert "(100000 entries)" in shown[0]

    def test_what_is_traced_or_in_a_bad_state_is_shown(self):
        seen = []

        def f(scale):
            potential = pt.expected_logsumexp(pt.Normal(scale), scale)
            seen.extend([repr(potential), potential._repr_latex_()])
            return scale

        jax.jit(f)(1.0)
        seen += [repr(object.__new__(pt.Normal)), object.__new__(pt.Normal)._repr_latex_()]
        assert len(seen) == 4
        assert "Tracer" in seen[0]

    def test_a_repr_of_ones_own_stays(self):
        import dataclasses

        class Named(type(pt.Normal()).__mro__[1]):
            def __repr__(self):
                return "named"

        made = dataclasses.dataclass(frozen=True, eq=False)(
            type("Mine", (Named,), {"__annotations__": {"scale": float}, "scale": 1.0})
        )
        made.__abstractmethods__ = frozenset()
        assert repr(made()) == "named"


def evaluated(latex, values, x):
    """A formula of a law as a number."""
    text = latex.partition(r" \text{")[0].replace(r"\ldots", "").replace(r"\exp", "exp")
    text = re.sub(
        r"\\frac\{((?:[^{}]|\{[^{}]*\})*)\}\{((?:[^{}]|\{[^{}]*\})*)\}", r"((\1)/(\2))", text
    )
    text = re.sub(r"\|x\|", "abs(x)", text).replace(r"\Phi", "Phi")
    text = re.sub(r"\^\{([^{}]*)\}", r"**(\1)", text)
    names = {f"v{n}": value for n, value in enumerate(values.values())}
    for n, symbol in enumerate(values):
        text = (
            text.replace(symbol, f" v{n} ")
            if symbol.startswith("\\")
            else re.sub(rf"(?<![a-zA-Z]){symbol}(?![a-zA-Z])", f" v{n} ", text)
        )
    text = re.sub(r"(v\d|\d) +(?=[v(])", r"\1*", text.replace("  ", " "))
    functions = {"exp": math.exp, "abs": abs, "Phi": scipy.stats.norm.cdf}
    return eval(text, functions | names | {"x": x})


class TestPotentials:
    def test_nodes_that_jax_makes_are_shown(self):
        f = pt.expected_logsumexp(pt.FromScipy(scipy.stats.hypsecant()), 0.5)
        for one in (f, f.noise, f.noise.base, pt.expected_max(pt.Normal())):
            leaves, structure = jax.tree.flatten(one)
            odd = jax.tree.unflatten(structure, [object() for _ in leaves])
            assert "(" in repr(odd)
            assert odd._repr_latex_().startswith("$")
        assert repr(object.__new__(pt.Potential)) == "expected_max(None)"
        assert object.__new__(pt.Potential)._repr_latex_().startswith("$f")
        assert "cannot be shown" in repr(object.__new__(pt.FromScipy))

    def test_a_potential_is_shown_as_it_is_made(self):
        assert repr(pt.expected_max(pt.Normal())) == "expected_max(Normal(scale=1.0))"
        soft = pt.expected_logsumexp(pt.Normal(), 0.5)
        assert repr(soft) == "expected_logsumexp(Normal(scale=1.0), 0.5)"

    def test_its_formula_is_that_of_the_maximum_or_of_the_softmax(self):
        assert r"\max_i (\theta_i + \gamma_i)" in pt.expected_max(pt.Normal())._repr_latex_()
        soft = pt.expected_logsumexp(pt.Discrete([-1.0, 1.0]), 0.5)._repr_latex_()
        assert r"t \log \sum_i" in soft
        assert "t = 0.5" in soft

    def test_a_set_of_subgradients_is_drawn_for_three_categories(self):
        coin = pt.expected_max(pt.Discrete([-1, 1]))
        found = coin.subdifferential([0, 0, 2])
        assert "p_3 in [5/8, 1]" in repr(found)
        html = found._repr_html_()
        assert "5/8" in text_of(html)
        tree = parsed(html)
        polygons = [e for e in tree.iter() if e.tag.endswith("polygon")]
        assert [len(e.get("points").split()) for e in polygons] == [3, len(found.vertices())]
        assert "<svg" not in coin.subdifferential([0, 0])._repr_html_()

    def test_a_large_set_is_quick(self):
        found = [
            pt.expected_max(pt.Gumbel()).subdifferential(np.zeros(100_000)),
            pt.expected_max(pt.Discrete([-1.0, 1.0])).subdifferential(np.zeros(20_000)),
        ]
        begin = time.process_time()
        shown = [text for one in found for text in (repr(one), text_of(one._repr_html_()))]
        assert time.process_time() - begin < 3.0
        assert max(map(len, shown)) < 300
        assert "dimension 19999" in shown[2]


class TestProperties:
    def test_a_check_shows_outcome_margin_and_witness(self):
        check = Check("fails", UGLY, "by looking", -0.25, {"theta": np.zeros(100_000), UGLY: UGLY})
        html = check._repr_html_()
        assert "✗ fails" in text_of(html)
        assert UGLY in text_of(html)
        assert "<b>" not in html
        for text in (repr(check), text_of(html)):
            assert "-0.25" in text
            assert "[0, 0, 0, ..., 0, 0, 0] (100000 entries)" in text

    def test_a_check_in_a_bad_state_is_shown(self):
        check = Check("perhaps", "s", "m", None, {"x": object(), "y": None, "z": [[1], [1, 2]]})
        assert "perhaps" in text_of(check._repr_html_())
        assert "perhaps" in repr(check)

    def test_a_diagnosis_shows_every_outcome_in_colour_and_word_and_its_witness(self, uniform):
        html = uniform._repr_html_()
        rows = [row for row in parsed(html).iter("tr") if "rgba(" in row.get("style", "")]
        said = {" ".join("".join(row.itertext()).split()): row.get("style") for row in rows}
        held = [style for text, style in said.items() if "✓ holds" in text]
        failed = [style for text, style in said.items() if "✗ fails" in text]
        tints = [{re.search(r"rgba\([\d,.]+\)$", s)[0] for s in of} for of in (held, failed)]
        assert [len(of) for of in tints] == [1, 1]
        assert tints[0] != tints[1]
        assert any("witness: theta = [" in text for text in said if "✗ fails" in text)
        assert "Uniform(low=-1.0, high=1.0)" in text_of(html)
        assert repr(uniform) == str(uniform)
        assert "evidence" in repr(uniform)

    def test_a_diagnosis_without_rows_is_shown(self):
        empty = Diagnosis(UGLY, 3, 1.0, (), None, {}, {})
        assert UGLY in text_of(empty._repr_html_())
        row = Row("model", {}, None, 1.0, 2.0)
        assert "not asked" in repr(Diagnosis("n", 3, 1.0, (row, row), None, {}, {}))
        assert "d = 3" in text_of(Table1({}, 3, 1.0)._repr_html_())
        assert "d = 3" in repr(Table1({}, 3, 1.0))

    def test_the_json_of_a_diagnosis_has_the_name_and_not_the_law(self, uniform):
        assert uniform.to_json()["perturbation"] is None
        assert uniform.to_json()["name"] == "Uniform(low=-1.0, high=1.0)"

    def test_table_1_says_what_differs(self):
        found = pt.table_1()
        text = text_of(found._repr_html_())
        assert text.count("differs") == len(found.differences) > 0
        assert "printed ✗" in text.replace("\xa0", " ")
        assert repr(found) == str(found)


class TestLedger:
    def test_a_claim_shows_its_statement_in_mathematics_and_escapes_words(self, refuted):
        html = refuted.claim._repr_html_()
        tree = parsed(html)
        assert any(e.tag == "math" for e in tree.iter())
        assert UGLY in text_of(html)
        assert "<b>" not in html

    def test_a_verdict_shows_word_counterexample_and_steps(self, refuted):
        html = refuted._repr_html_()
        assert "<b>" not in html
        text = text_of(html)
        assert "✗ refuted" in text
        assert "3/2" in text.replace(" ", "")
        assert f"[{UGLY}" in text or "sympy: fails" in text
        assert [e.tag for e in parsed(html).iter("ol")] == ["ol"]
        assert "refuted" in repr(refuted)

    def test_parts_and_checks_show_themselves(self, refuted):
        (part,) = refuted.parts
        assert "✗ refuted" in text_of(part._repr_html_())
        assert "✗ fails" in text_of(part.checks[0]._repr_html_())
        assert "2 checks" in repr(part)
        assert "fails: sympy (certificate)" in repr(part.checks[0])

    def test_mathematics_that_cannot_be_converted_stays_visible(self):
        claim = Claim("T.broken", "s", r"$\frac{1}$ and $\nonsense{<b>$ and $5")
        assert r"\frac{1}" in text_of(claim._repr_html_())
        assert "untested" in text_of(run(claim)._repr_html_())


class TestRuns:
    def test_a_fit_shows_where_it_began_and_ended(self):
        objective = np.array([[0.9, 0.5, 0.25], [0.7, 0.3, 0.05]])
        found = Fitted(np.zeros((2, 4, 3)), objective, ())
        assert "from 0.8 to 0.15" in repr(found)
        assert "0.25" in text_of(found._repr_html_())

    @pytest.mark.parametrize("bad", [np.zeros(0), np.zeros((2, 0)), [], np.zeros(3)])
    def test_a_fit_in_a_bad_state_is_shown(self, bad):
        found = Fitted(bad, bad, None)
        assert "Fitted(" in repr(found)
        assert "Fitted(" in text_of(found._repr_html_())

    def test_a_training_run_shows_its_best_epochs(self):
        history = [
            Epoch(99.0, 6.0, Bounds(*numbers)) for numbers in np.ones((3, 5)) * [[3], [1], [2]]
        ]
        found = Trained(None, {"bound": None}, {"bound": 2}, history, [0.5, 0.25, 0.25])
        assert (
            repr(found)
            == "Trained(3 epochs in 1.0 s; lowest on validation images: bound 2 in epoch 2)"
        )
        assert "bound 2 2 4" in text_of(found._repr_html_())
        empty = Trained(None, {}, {}, [], [])
        assert "0 epochs" in repr(empty)
        assert "0 epochs" in text_of(empty._repr_html_())

    def test_moments_show_value_and_radius(self):
        rule = estimators.ScoreFunction()
        key = jax.random.key(0)
        found = measure(rule, np.zeros(3), np.arange(3.0), key=key, draws=32)
        text = text_of(found._repr_html_())
        for moment in (found.mean, found.bias, found.variance):
            assert str(moment) in text
            assert str(moment) in repr(found)
        assert "not enumerated" in text_of(found._replace(bias=None)._repr_html_())


class TestHtml:
    def test_text_is_escaped_and_html_is_not_escaped_twice(self):
        html = table((UGLY,), [(UGLY,), (badge("holds"),)])
        assert "<b>" not in html
        assert html.count("&lt;b&gt;") == 2
        assert "✓ holds" in text_of(html)
        assert words(words(UGLY)) == words(UGLY)

    @pytest.mark.parametrize("word", ["holds", "fails", "unknown", "<i>", ""])
    def test_an_outcome_is_said_in_words(self, word):
        assert word in text_of(badge(word))


def test_showing_loads_neither_jax_nor_matplotlib():
    code = (
        "import sys; import perturbtheory as pt; "
        "f = pt.expected_max(pt.Discrete([-1, 1])); s = f.subdifferential([0, 0, 2]); "
        "e = pt.expected_max(pt.Normal()).estimate([0.0, 1.0]); "
        "[(repr(x), str(x)) for x in (f, s, e, f.noise)]; "
        "f._repr_latex_(); s._repr_html_(); e._repr_html_(); "
        "assert not {'jax', 'matplotlib', 'IPython'} & set(sys.modules), set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


HELD = {
    "object": lambda _: object(),
    "None": lambda _: None,
    "shape": lambda _: jax.ShapeDtypeStruct((2, 3), float),
    "text": lambda _: "*",
    "ragged": lambda _: [1, [2, 3]],
    "huge": lambda _: 10**400,
    "empty": lambda _: np.zeros(0),
    "matrix": lambda _: np.zeros((2, 2)),
    "objects": lambda _: np.array([1, "a", None], object),
    "key": lambda _: jax.random.key(0),
}
NODES = {
    "number": pt.Estimate(0.5, 1e-9, "quadrature"),
    "vector": pt.Estimate(np.zeros(3), np.full(3, 1e-9), "quadrature"),
    "sampled": pt.Estimate(0.5, 1e-3, "monte-carlo", 0.999),
    "fit": Fitted(np.zeros((2, 4, 3)), np.ones((2, 3)), ()),
    "training": Trained(
        None, {"bound": None}, {"bound": 1}, [Epoch(9.0, 6.0, Bounds(*[1.0] * 5))], [0.1]
    ),
    "potential": pt.expected_max(pt.Normal(np.ones(3))),
    "smoothed": pt.expected_logsumexp(pt.Discrete([-1, 1]), 0.5),
    "law": pt.FromScipy(scipy.stats.gamma(2.0)),
}


def ways(node):
    """Everything that shows it."""
    names = ("__repr__", "__str__", "_repr_html_", "_repr_latex_")
    return {name: getattr(node, name)() for name in names if hasattr(node, name)}


@pytest.mark.parametrize("held", HELD)
@pytest.mark.parametrize("name", NODES)
def test_a_node_shows_itself_whatever_it_holds(name, held):
    """JAX makes nodes with anything in them, and prints them in its own messages."""
    node = jax.tree_util.tree_map(HELD[held], NODES[name])
    for way, shown in ways(node).items():
        assert shown or way == "_repr_latex_"
        if way == "_repr_html_":
            parsed(shown)


@pytest.mark.parametrize("name", [name for name in NODES if name != "law"])
def test_a_node_shows_itself_while_it_is_traced(name):
    leaves, structure = jax.tree_util.tree_flatten(NODES[name])
    numbers = [n for n, leaf in enumerate(leaves) if isinstance(leaf, float | np.ndarray)]

    def traced(values):
        given = list(leaves)
        for n, value in zip(numbers, values, strict=True):
            given[n] = value
        assert ways(jax.tree_util.tree_unflatten(structure, given))["__repr__"]
        return 0

    jax.eval_shape(traced, [np.asarray(leaves[n], float) for n in numbers])


def test_no_subgradient_is_outside_of_the_bounds_that_are_shown():
    """19/27 = 0.70370... is not in an interval that ends at 0.7037."""
    found = pt.expected_max(pt.Discrete([-1, 1], [1 / 3, 2 / 3])).subdifferential([0.1] * 3)
    assert "p_1 in [0.07407, 0.7038]" in repr(found)
    assert "0.7038" in text_of(found._repr_html_())
    assert "vertices, rounded:" in text_of(found._repr_html_())
    even = pt.expected_max(pt.Discrete([-1, 1])).subdifferential([0.1] * 3)
    assert "p_1 in [0.125, 0.625]" in repr(even)
    assert "vertices:" in text_of(even._repr_html_())


def test_atoms_of_every_coordinate_are_in_the_formula():
    latex = pt.Discrete(np.arange(18.0).reshape(9, 2))._repr_latex_()
    assert r"\begin{pmatrix} 0 & 1 \\ 2 & 3 \\ 4 & 5 \\ \vdots \\ 12 & 13 \\" in latex
    assert r"16 & 17 \end{pmatrix}" in latex
    assert r"a = \begin{pmatrix} 0 & 1 \\ 2 & 3 \end{pmatrix}" in (
        pt.Discrete([[0, 1], [2, 3]])._repr_latex_()
    )
