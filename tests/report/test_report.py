"""The report: structure and links of the page, its mathematics, Markdown, errata, errors."""

import itertools
import json
import os
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perturbtheory import claims, cli, figures, ledger, report
from perturbtheory.claims import recorded
from perturbtheory.display import _lines, _mathml, segments, to_html
from perturbtheory.ledger import KINDS, Check, Claim, Part, Result, Step, in_words
from perturbtheory.report import _content, _errata, _figures, _html, _markdown
from perturbtheory.report._content import Report
from perturbtheory.results import write_json

FILES = ["index.html", "report.md", "errata.tex", "claims.json"]
HOSTILE = '<script>alert("1")</script> & a_b 100% #~^\\ {x} | `c` *d*'
VOID = {"meta", "link", "br", "img", "input", "wbr"}


class Page(HTMLParser):
    """Elements in order as (tag, attributes, text within), and whether the tags match."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.open = [], []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        element = {"tag": tag, "text": "", **dict(attrs)}
        self.elements.append(element)
        if tag not in VOID:
            self.open.append((element, []))

    def handle_endtag(self, tag):
        element, pieces = self.open.pop()
        assert element["tag"] == tag
        element["text"] = "".join(pieces)
        self.handle_data(element["text"])

    def handle_startendtag(self, tag, attrs):
        self.elements.append({"tag": tag, "text": "", **dict(attrs)})

    def handle_data(self, data):
        if self.open:
            self.open[-1][1].append(data)

    def all(self, tag, **attributes):
        return [
            e
            for e in self.elements
            if e["tag"] == tag and all(e.get(k.strip("_")) == v for k, v in attributes.items())
        ]


def claim(id_, *, says="words $x^2 \\ge 0$", assumes="none", corrected=None, **changes):
    ledger.REGISTRY.pop(id_, None)
    made = Claim(id_, changes.pop("source", "A, (1)"), says, assumes=assumes, **changes)
    made.corrected_by = corrected
    if not id_.startswith("T."):  # as if it were of the ledger
        made.module = recorded.__name__
    return made


def check(outcome="holds", route="one", kind="proof", **changes):
    known = (Step("so it is", "sympy", outcome),) if kind == "proof" else ()
    return Check(route, kind, outcome, **({"detail": "because", "steps": known} | changes))


def made_up():
    """Every verdict, every kind of step, hostile text and a formula that cannot be converted."""
    two = (check(), check(route="two", kind="quadrature"))
    false = (check("fails", kind="certificate"), check("fails", route="two"))
    steps = (
        Step("first $a < b$", "sympy", "holds"),
        Step(f"then {HOSTILE}", "Hoelder, $p = q = 2$", "argued"),
        Step("last $\\sum_i p_i$", "flint", "fails"),
    )
    example = {"theta": [1, [0, "1/2"]], "text": HOSTILE, "nested": {"t": 2}}
    return [
        Result(
            claim("A.wrong", corrected="A.wrong.corrected", says=HOSTILE, assumes=HOSTILE),
            (
                Part("whole", false, example),
                Part(
                    "rest",
                    (
                        check("fails", kind="certificate", steps=steps),
                        check("fails", route="two", kind="quadrature"),
                    ),
                    example,
                ),
            ),
        ),
        Result(
            claim("A.wrong.corrected", says="$f = \\begin{cases} 1 & x > 0 \\\\ 0 \\end{cases}$"),
            (Part("whole", two),),
        ),
        Result(claim("B.bad-formula", says="$\\nonsense{x}$ & more", depends_on=("C.none",)), ()),
        Result(claim("C.other", depends_on=("A.wrong.corrected",)), (Part("p", two[:1]),)),
        Result(claim("C.fight"), (Part("p", (two[0], false[1])),)),
        Result(
            claim("C.argued", depends_on=("A.wrong.corrected", "C.other")),
            (Part("p", (check(kind="argument", steps=steps[1:2]), two[1])),),
        ),
        Result(claim("C.certified"), (Part("p", (check(kind="certificate"), two[1])),)),
        Result(claim("C.supported"), (Part("p", (check(kind="monte-carlo"), two[1])),)),
    ]


@pytest.fixture(scope="module")
def real():
    """The recorded results; nothing is checked again."""
    entries = recorded.load().values()
    known = {claim.id: claim for claim in claims.find()}
    found = [entry for entry in entries if entry["id"] in known]
    return [ledger.from_json(entry, known[entry["id"]]) for entry in found]


@pytest.fixture(scope="module", params=["real", "made up"])
def results(request):
    return request.getfixturevalue("real") if request.param == "real" else made_up()


@pytest.fixture(scope="module")
def written(results, tmp_path_factory):
    directory = tmp_path_factory.mktemp("report") / "new" / "directory"
    assert report.write(results, directory) == [directory / name for name in FILES]
    return directory


@pytest.fixture(scope="module")
def page(written):
    return Page((written / "index.html").read_text("utf-8"))


@pytest.fixture
def plain(monkeypatch):
    """No figures, which made-up claims have none of anyway."""
    monkeypatch.setattr(report, "pictures", lambda _: {})


def in_english(text):
    """What is no mathematics."""
    return [part for mathematical, part in segments(text) if not mathematical]


def unescaped(text, character):
    return len(re.findall(rf"(?<!\\)(?:\\\\)*{re.escape(character)}", text))


def text_of(result):
    return _html.page(Report([result], "quick"), {})


def text_of_all(results):
    return _html.page(Report(results, "quick"), {})


def whole_ledger():
    return Report([Result(known, ()) for known in claims.find()], "quick")


def test_only_the_four_files_are_left(written):
    assert sorted(path.name for path in written.iterdir()) == sorted(FILES)


def test_equal_results_give_equal_bytes(results, written, tmp_path):
    report.write(results, tmp_path)
    for name in FILES:
        assert (tmp_path / name).read_bytes() == (written / name).read_bytes()


def test_json_is_that_of_the_command_line(results, written, tmp_path):
    write_json(tmp_path / "x.json", [result.to_json() for result in results])
    assert (written / "claims.json").read_bytes() == (tmp_path / "x.json").read_bytes()


def test_every_claim_has_an_anchor_and_every_link_resolves(results, page):
    ids = [e["id"] for e in page.elements if "id" in e]
    assert len(set(ids)) == len(ids)
    assert {result.claim.id for result in results} <= set(ids)
    links = [e["href"] for e in page.all("a")]
    assert all(link.startswith("#") for link in links)
    assert {link[1:] for link in links} <= set(ids)


def test_the_page_loads_nothing(written, page):
    text = (written / "index.html").read_text("utf-8")
    assert "default-src 'none'" in text
    for element in page.elements:
        for name in ("src", "href", "srcset", "action", "poster", "data"):
            assert element.get(name, "#").startswith(("#", "data:"))
    (style,) = page.all("style")
    assert "url(" not in style["text"]
    assert "@import" not in style["text"]
    assert len(text) < 8_000_000


def test_readers_of_every_kind_can_use_it(page):
    assert page.all("html", lang="en")
    assert page.all("a", class_="skip", href="#content")
    assert page.all("main", id="content")
    levels = [int(e["tag"][1]) for e in page.elements if re.fullmatch("h[1-6]", e["tag"])]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b <= a + 1 for a, b in itertools.pairwise(levels))
    assert all(e.get("scope") in ("row", "col") for e in page.all("th"))
    assert all(e["alt"] for e in page.all("img"))


def test_verdicts_are_where_the_filters_look_for_them(results, page):
    verdicts = {result.claim.id: result.verdict for result in results}
    articles = page.all("article", class_="claim")
    assert {e["id"]: e["data-verdict"] for e in articles} == verdicts
    rows = [e for e in page.all("tr") if "data-verdict" in e]
    assert len(rows) == len(results)
    shown = {re.split("[✓✗∴≈≉?–]", row["text"])[0]: row for row in rows}
    for id_, verdict in verdicts.items():
        assert shown[id_]["data-verdict"] == verdict
        assert verdict in shown[id_]["text"]
    for name in ("verdict", "paper"):
        options = page.all("input", name=name)
        assert [e["value"] for e in options if "checked" in e] == [""]
        assert {e["value"] for e in options} == {""} | {row[f"data-{name}"] for row in rows}
        assert len(options) == len({e["value"] for e in options})
    (form,) = page.all("form")
    assert "hidden" in form  # the script shows it; without one every row is there
    assert not any("hidden" in e for e in (*rows, *articles))


def test_a_refuted_claim_shows_its_counterexample_and_what_is_true(results, page):
    refuted = [result for result in results if result.verdict in ledger.FAILED]
    errata = page.all("article", class_="erratum")
    assert refuted
    assert len(errata) == len(refuted)
    for erratum in errata:
        (result,) = [r for r in refuted if erratum["text"].split()[0] == r.claim.id]
        (article,) = page.all("article", id=result.claim.id)
        for data in result.counterexample.values():
            for words in in_english(in_words(data)):
                assert words in erratum["text"]
                assert words in article["text"]
        assert result.claim.corrected_by in erratum["text"]
        assert f"perturbtheory verify {result.claim.id}" in article["text"]


def test_evidence_is_all_there(results, page):
    for result in results:
        (article,) = page.all("article", id=result.claim.id)
        for part in result.parts:
            assert all(words in article["text"] for words in in_english(part.name))
            for found in part.checks:
                assert found.kind in article["text"]
                for step in found.steps:
                    tag = "argument" if step.outcome == "argued" else f": {step.outcome}"
                    assert tag in article["text"]
        assert result.verdict in article["text"]
        assert all(words in article["text"] for words in in_english(result.weakest))


def test_steps_say_whether_a_computation_or_an_argument_decided():
    text = text_of(made_up()[0])
    assert '<span class="tag computed holds">sympy: holds</span>' in text
    assert '<span class="tag computed fails">flint: fails</span>' in text
    assert '<span class="tag argued">argument</span> <span class="by">Hoelder, <math>' in text


def test_the_head_tells_how_much_was_decided_and_what_argued_means():
    results = made_up()
    head = Page(text_of_all(results)).all("p", class_="proofs")[0]["text"]
    assert "a computation decided 7 of 9 steps; the rest are argued" in head
    assert '"argument" (1 check here)' in head
    assert 'a claim is "argued", not "proved"' in head
    assert head in _markdown.document(Report(results, "quick"), {})
    bare = tuple(check(route=route, kind="certificate") for route in ("one", "two"))
    without = Report([Result(claim("C.bare"), (Part("p", bare),))], "quick")
    assert without.proofs() == ""


def test_names_and_numbers_of_counterexamples_are_mathematics():
    (false,) = [r for r in made_up() if r.claim.id == "A.wrong"]
    text = text_of(false)
    assert '<th scope="row"><math><mi>θ</mi></math></th>' in text
    assert '<td><math><mo stretchy="false">(</mo><mn>1</mn><mo>,</mo>' in text
    assert "<math><mi>t</mi><mo>=</mo><mn>2</mn></math>" in text
    assert "| $\\theta$ | $(1, (0, 1/2))$ |" in _markdown.document(Report([false], "quick"), {})
    errata = _errata.document(Report([false], "quick"))
    assert "$\\theta = (1, (0, 1/2))$" in re.sub(r"\\allowbreak +", " ", errata)


def shows_latex(page):
    attributes = [e[k] for e in page.elements for k in ("title", "aria-label", "alt") if k in e]
    titles = [e["text"] for e in page.all("title")]
    assert len(attributes) + len(titles) > 20
    (main,) = page.all("main")
    return [t for t in (*attributes, *titles) if re.search(r"[$\\]", t)] + re.findall(
        r".{20}\$.{20}", main["text"]
    )


def test_no_attribute_and_no_text_shows_latex():
    whole = whole_ledger()
    assert not shows_latex(Page(_html.page(whole, _figures.pictures(whole))))


def test_no_attribute_and_no_text_of_the_record_shows_latex(real):
    assert not shows_latex(Page(text_of_all(real)))


def test_bars_of_formulas_do_not_end_the_cells_of_markdown():
    assert _markdown._cell(r"$|x| \le \|y\|$ or a|b") == (
        r"$\vert x\vert  \le \Vert y\Vert $ or a\|b"
    )


def test_headings_of_sections_leave_no_formula_in_letters():
    sections = [s for _, chapter in whole_ledger().chapters() for s in chapter]
    bare = r"\b(theta|gamma|epsilon|sigma|Theta)\b|\w[_^]|[=<>{}]|(?<![-'])\b[b-zB-HJ-Z]\b(?![-.])"
    for section in sections:
        for words in in_english(section.title):
            assert not re.search(bare, words), section.title


def test_every_claim_names_the_file_in_which_it_is_made():
    root = Path(__file__).parents[2]
    for known in claims.find():
        file = _content.source_file(known)
        assert re.search(rf'"{known.id.removesuffix(".corrected")}"', (root / file).read_text())
        page = Page(text_of(Result(known, ())))
        assert [e["text"] for e in page.all("p", class_="made")] == [file]


def test_all_recorded_mathematics_is_converted(real):
    for result in real:
        report.require_mathematics(result)
    for known in claims.find():
        report.require_mathematics(Result(known, ()))


def test_every_formula_of_a_claim_is_mathml(real):
    for result in real:
        text = text_of(result)
        formulas = sum(mathematical for mathematical, _ in segments(result.claim.says))
        assert text.count("<math>") + text.count("<math ") >= formulas
        assert 'class="tex"' not in text


def test_mathematics_that_cannot_be_converted_is_named_and_stays_visible():
    (bad,) = [r for r in made_up() if r.claim.id == "B.bad-formula"]
    with pytest.raises(report.MathematicsError, match=r"B\.bad-formula: statement: .*nonsense"):
        report.require_mathematics(bad)
    assert '<code class="tex">$\\nonsense{x}$</code> &amp; more' in text_of(bad)
    odd = Result(claim("A.odd", assumes="costs $5 & more"), ())
    with pytest.raises(report.MathematicsError, match=r"A\.odd: assumptions: an odd number"):
        report.require_mathematics(odd)
    assert "costs $5 &amp; more" in text_of(odd)
    step = Step("$\\frac{1}$", "sympy", "holds")
    part = Part("p", (check(steps=(step,)),))
    with pytest.raises(report.MathematicsError, match=r"A\.step: p: one: step 1: .*mfrac"):
        report.require_mathematics(Result(claim("A.step"), (part,)))


@pytest.mark.parametrize(
    ("latex", "fragments"),
    [
        (r"\mathbb E_\gamma", ["<mi>𝔼</mi>", "<mi>γ</mi>"]),
        (r"\mathbf 1 + \boldsymbol\theta", ["<mn>𝟏</mn>", "<mi>𝜽</mi>"]),
        (r"\mathcal L, \mathfrak C, \mathbb R", ["ℒ", "ℭ", "ℝ"]),
        (r"\Theta", ['<mi mathvariant="normal">Θ</mi>']),
        (r"\gamma \sim g", ["<mo>∼</mo>"]),
        (r"\log x", [">log</mo>", 'rspace="0.1667em"']),
        (r"\operatorname{softmax}(x)", ['rspace="0em">softmax</mo>']),
        (r"\max_i x_i", ["<munder>", 'movablelimits="true"']),
        (r"\arg\max_i x_i", ["<munder>", "arg\u2009max</mo>"]),
        (r"z \ge -2", ['<mo form="prefix">−</mo>']),
        (r"f'(x)", ["<mrow><mi>f</mi><mi>′</mi></mrow>"]),
        (r"a/b", ['<mo lspace="0em" rspace="0em">/</mo>']),
        (r"|s| < 1", ['<mi>s</mi><mo stretchy="false" lspace="0em" rspace="0em">|</mo>']),
        (r"\langle x, y\rangle", ['<mo stretchy="false">⟨</mo>']),
        (r"\bigl\{x\bigr\}", [">{</mo>", ">}</mo>"]),
        (r"\begin{cases} 1 & x < 0 \\ 0 & \text{else} \end{cases}", ["<mtable>", "&lt;"]),
        (r"\begin{aligned} a &= b \\ c &= d \end{aligned}", ["<mtable", "<mtr>"]),
    ],
)
def test_mathml_is_what_browsers_render(latex, fragments):
    html = to_html(f"${latex}$")
    for fragment in fragments:
        assert fragment in html
    assert to_html(f"${latex}$", display=True).count('displaystyle="true"') >= 1


@pytest.mark.parametrize(
    "latex",
    ["", r"\frac{a", "a}", r"\left(x", r"\nonsense", "a & b", r"a \\ b", r"\frac1", "x_", r"\%}"],
)
def test_invalid_latex_is_an_error(latex):
    with pytest.raises(_mathml.MathematicsError, match="cannot convert"):
        _mathml.pieces(latex)


def test_long_formulas_may_break_where_tex_breaks_them():
    latex = (
        r"f(\theta) = \sum_{i=1}^d \theta_i p_i + \sum_{i=1}^d q_i(\theta_i - a, b) \le c, d < e"
    )
    found = _mathml.pieces(latex)
    assert len(found) > 2
    assert all(width <= _lines._COMFORTABLE for _, width in found)
    assert len(_mathml.pieces("a = b")) == 1
    signs = _mathml.pieces(r"a + \sum_n (-1)^n (b_n + c_n + d_n + e_n + f_n + g_n)(-h_n)")
    assert len(signs) > 1
    assert not any((element[-1].text or "") == "−" for element, _ in signs)
    whole = "".join("".join(element.itertext()) for element, _ in found)
    assert whole == "f(θ)=∑i=1dθipi+∑i=1dqi(θi−a,b)≤c,d<e"


def test_everything_from_outside_is_escaped():
    for result in made_up():
        text = text_of(result)
        assert text.count("<script") == 1
        assert "<script>alert" not in text
    assert "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; a_b" in text_of(made_up()[0])


FRAGMENTS = [
    "$",
    "\\",
    "{",
    "}",
    "&",
    "<b>",
    "_",
    "^",
    "\\frac",
    "\\left(",
    "#",
    "%",
    "|",
    "x",
    "≥",
    '"',
    "'",
]


@given(st.one_of(st.text(), st.lists(st.sampled_from(FRAGMENTS)).map("".join)))
def test_any_text_at_all_is_safe(text):
    page = Page(f"<p>{to_html(text)}</p>")
    inside = {e["tag"] for e in page.elements} - {"p", "code", "span", "wbr", "math"}
    assert not any(tag in {"b", "script"} for tag in inside)
    words = _errata._words(text)
    assert unescaped(words, "{") == unescaped(words, "}")
    assert unescaped(words, "$") % 2 == 0
    assert not any(unescaped(words, character) for character in "%&#_")
    table = f"| {_markdown._cell(text.replace('$', ''))} |"
    assert unescaped(table, "|") == 2


def test_chosen_claims_link_only_to_each_other(real):
    with_links = next(r for r in real if r.claim.depends_on and r.verdict == "proved")
    text = text_of(with_links)
    for other in with_links.claim.depends_on:
        assert f'<span class="absent" title="not in this report"><code>{other}</code>' in text
    (false,) = [r for r in real if r.claim.id == "A.gumbel-density"]
    alone = text_of(false)
    truth = ledger.REGISTRY["A.gumbel-density.corrected"]
    assert truth.says.split("$")[0] in alone
    assert 'href="#A.gumbel-density.corrected"' not in alone
    assert "of the ledger not chosen for this report" in alone


def test_links_go_both_ways():
    made = Report(made_up(), "quick")
    wrong, right = made.results[0], made.results[1]
    assert made.corrects(right) == [wrong.claim.id]
    assert made.used_by(right) == ["C.other", "C.argued"]
    text = _html.page(made, {})
    (article,) = Page(text).all("article", id="A.wrong.corrected")
    assert "CorrectsA.wrong" in article["text"].replace("\n", "")
    assert "Used byC.other, C.argued" in article["text"].replace("\n", "")


def test_claims_stand_in_the_order_of_the_ledger(real):
    shuffled = Report(list(reversed(real)), "quick")
    order = list(claims.index())
    places = [order.index(result.claim.id) for result in shuffled.results]
    assert places == sorted(places)
    listed = [r for _, chapter in shuffled.chapters() for s in chapter for r in s.results]
    assert listed == list(shuffled.results)


def test_words_cover_every_verdict_and_kind():
    assert set(_content.MEANINGS) == set(get_args(ledger.Verdict))
    assert tuple(_content.KINDS) == KINDS


def test_figures_and_their_claims_exist():
    assert set(_figures.BELONGS) <= set(figures.NAMES)
    for ids in _figures.BELONGS.values():
        assert set(ids) <= set(claims.index())


def test_the_words_of_figures_have_their_mathematics_as_latex():
    whole = whole_ledger()
    drawn = [picture for found in _figures.pictures(whole).values() for picture in found]
    assert {picture.name for picture in drawn} == set(_figures.BELONGS)
    bare = r"\b(theta|gamma|epsilon|lambda|Theta|Delta)\b|\w[_^]\w|[<>^_{}]|\b[b-hj-zB-HJ-Z] ?= ?"
    for picture in drawn:
        for text in (picture.title, picture.caption, picture.formula, picture.reference):
            assert 'class="tex"' not in to_html(text)
            for words in in_english(text):
                assert not re.search(bare, words), (picture.name, words)


def test_a_figure_stands_once_with_its_claim(real):
    made = Report(real, "quick")
    drawn = _figures.pictures(made)
    text = _html.page(made, drawn)
    names = [picture.name for found in drawn.values() for picture in found]
    assert len(set(names)) == len(names)
    assert text.count("data:image/svg+xml;base64,") == len(names)
    page = Page(text)
    for id_, found in drawn.items():
        (article,) = page.all("article", id=id_)
        assert all(picture.name in article["text"] for picture in found)


def test_without_a_checkout_figures_are_drawn(monkeypatch, tmp_path):
    def draw(names, directory):
        (name,) = names
        (directory / f"{name}.svg").write_text("<svg/>")
        head = {
            "title": "t",
            "caption": "(a) *c*",
            "formula": "f < g",
            "reference": "r",
            "data": {},
        }
        (directory / f"{name}.json").write_text(json.dumps(head))

    monkeypatch.setattr(_figures, "_COMMITTED", tmp_path)
    monkeypatch.setattr(figures, "draw", draw)
    made = Report([Result(*claims.find(["C.smoothing"]), ())], "quick")
    drawn = _figures.pictures(made)
    assert [p.svg for p in drawn["C.smoothing"]] == [b"<svg/>"]
    assert "<figcaption>t. (a) *c* <span>f &lt; g</span> (r;" in _html.page(made, drawn)
    assert "f \\< g" in _markdown.document(made, drawn)


def test_markdown_links_resolve_and_keeps_latex(results, written):
    text = (written / "report.md").read_text("utf-8")
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in headings}
    assert set(re.findall(r"\]\(#([^)]*)\)", text)) <= anchors
    for result in results:
        assert f"```sh\nperturbtheory verify {result.claim.id}\n```" in text
        for mathematical, part in segments(result.claim.says):
            assert not mathematical or f"${part}$" in text
    for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        columns = {len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()}
        assert len(columns) == 1


def test_markdown_marks_are_escaped():
    text = _markdown.document(Report(made_up(), "quick"), {})
    assert "<script" not in text.replace("\\<", "")
    assert "\\`c\\` \\*d\\*" in text


def test_errata_have_a_row_for_each_refuted_claim(results, written):
    text = (written / "errata.tex").read_text("utf-8")
    refuted = [result for result in results if result.verdict in ledger.FAILED]
    for result in refuted:
        assert _errata._identifier(result.claim.id) in text
        assert _errata._identifier(result.claim.corrected_by) in text
    begins = re.findall(r"\\begin\{([^}]*)\}", text)
    ends = re.findall(r"\\end\{([^}]*)\}", text)
    assert sorted(begins) == sorted(ends)
    assert unescaped(text, "{") == unescaped(text, "}")
    assert unescaped(text, "$") % 2 == 0
    assert text.isascii() or all(ord(c) < 0x180 for c in text)


def test_errata_escape_words_and_not_mathematics():
    assert _errata._text("a_b & 50% #1 ~ ^ \\ {x} $a_b \\& c$") == (
        r"a\_b \& 50\% \#1 \textasciitilde{} \textasciicircum{} \textbackslash{} \{x\} $a_b \& c$"
    )
    assert _errata._text("θ ≥ 0 – Hölder, Σ, ẑ 漢") == (
        r"$\theta$ $\ge$ 0 \textendash{} Hölder, $\Sigma$, z [U+6F22]"
    )
    assert _errata._text("--report -> x") == r"-{}-report -\textgreater{} x"
    assert _errata._text("$f(a, b), \\{c, d\\}, {e, f}$").count("allowbreak") == 4


def test_no_errata_is_said():
    text = _errata.document(Report(made_up()[1:2], "quick"))
    assert "No statement of this report is refuted or not reproduced." in text
    assert "longtable}{" not in text


@pytest.mark.skipif(
    shutil.which("pdflatex") is None, reason="pip cannot install LaTeX; install pdflatex"
)
def test_errata_compile(written, tmp_path):
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", written / "errata.tex"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout.decode("latin-1")[-2000:]
    assert (tmp_path / "errata.pdf").is_file()


def test_a_failure_leaves_the_old_report(plain, tmp_path, monkeypatch):
    report.write(made_up(), tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    synced = []

    def fail(handle):
        synced.append(handle)
        if len(synced) == 4:
            msg = "no space left"
            raise OSError(msg)

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="no space"):
        report.write(made_up()[:1], tmp_path)
    monkeypatch.undo()
    (tmp_path / "errata.tex").unlink()
    (tmp_path / "errata.tex").mkdir()
    with pytest.raises(IsADirectoryError, match=r"errata\.tex is a directory"):
        report.write(made_up()[:1], tmp_path)
    (tmp_path / "errata.tex").rmdir()
    (tmp_path / "errata.tex").write_bytes(before["errata.tex"])
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.fixture
def one_claim(monkeypatch, tmp_path):
    """A ledger of one claim that counts how often it is checked."""
    runs = []
    known = claim("R.one")

    @known.part("part")
    def once():
        runs.append(1)
        yield from (check(kind="quadrature"), check(route="two", kind="quadrature"))

    monkeypatch.setattr(claims, "find", lambda ids=(): [known])
    for module in (claims, recorded):
        monkeypatch.setattr(module, "index", lambda: {"R.one": __name__})
    record = tmp_path / "recorded.json"
    record.write_text(json.dumps([ledger.run(known).to_json()]))
    monkeypatch.setattr(recorded, "location", lambda: record)
    runs.clear()
    return runs


def run(*arguments):
    with pytest.raises(SystemExit) as stop:
        cli.main(arguments)
    return stop.value.code


def test_verify_writes_the_report(one_claim, tmp_path, capsys):
    directory = tmp_path / "a" / "b"
    both = ["--report", str(directory), "--json", str(tmp_path / "x.json")]
    assert run("verify", "R.one", *both) == cli.AGREES
    assert capsys.readouterr().out.endswith(f"wrote {directory / 'index.html'}\n")
    assert (directory / "claims.json").read_bytes() == (tmp_path / "x.json").read_bytes()
    text = (directory / "index.html").read_text("utf-8")
    assert "perturbtheory verify R.one" in text
    assert "budget quick" in text


def test_a_place_that_cannot_be_written_to_is_refused_before_the_checks(
    one_claim, tmp_path, capsys
):
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "below", Path("/dev/null/x")):
        assert run("verify", "--report", str(place)) == cli.MISUSED
        out, err = capsys.readouterr()
        assert out == ""
        assert err.startswith(
            "perturbtheory: `--report` must be a directory that can be written to"
        )
        assert repr(str(place)) in err
        assert "choose another place" in err
    assert not one_claim


def test_a_report_that_cannot_be_written_after_all_is_said(one_claim, tmp_path, capsys):
    (tmp_path / "report.md").mkdir()
    assert run("verify", "--report", str(tmp_path)) == cli.DRIFTED
    out, err = capsys.readouterr()
    assert "R.one" in out
    assert "`--report` was not written" in err
    assert "report.md is a directory" in err
    assert "Traceback" not in err


def test_the_committed_errata_are_those_of_the_record(real):
    committed = Path(__file__).parents[2] / "results" / "errata.tex"
    assert committed.read_text(encoding="utf-8") == _errata.document(Report(real, "quick"))
