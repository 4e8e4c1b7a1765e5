"""Claims of the user's own files."""

import json
import sys

import pytest

from perturbtheory import claims, cli
from perturbtheory.ledger import REGISTRY
from tests.cli.test_cli import run

OWN = """
import sympy as sp
from perturbtheory.ledger import Claim, agree, eq, exact, witness

x = sp.Symbol("x", real=True)
even = Claim("T.even", "my thesis, (3)", r"$\\cosh x$ is even, and so is $\\sinh x$.")

@even.part("cosh", f=sp.cosh)
@even.part("sinh", f=sp.sinh)
def is_even(f):
    yield exact("sympy", eq(f(-x).rewrite(sp.exp), f(x)))
    yield agree("numbers", float(f(-1.5)), float(f(1.5)), "x = 1.5")
    yield witness(x="3/2")
"""


def own(name):
    """The same claims under an id that no other test has used."""
    return OWN.replace("T.even", f"T.{name}")


def test_claims_of_ones_own_are_checked_by_the_same_rule(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    path = tmp_path / "my_claims.py"
    path.write_text(OWN)
    assert run("verify", str(path), "--report", str(tmp_path / "r")) == cli.AGREES
    out = " ".join(capsys.readouterr().out.split())
    assert "T.even refuted sinh" in out
    assert "1 refuted" in out
    page = (tmp_path / "r" / "index.html").read_text("utf-8")
    assert "T.even" in page
    assert ">my_claims.py<" in page
    assert "perturbtheory verify my_claims.py<" in page
    assert "Two papers" not in page  # of which these statements are not
    (tmp_path / "more.py").write_text(own("other"))
    assert run("verify", str(path), str(tmp_path / "more.py"), "T.other") == cli.AGREES
    out = capsys.readouterr().out
    assert "T.other" in out
    assert "T.even" not in out
    assert run("verify", str(path), "T.odd") == cli.MISUSED
    capsys.readouterr()
    assert run("verify", str(path), "T.evem") == cli.MISUSED
    assert "did you mean T.even?" in capsys.readouterr().err
    monkeypatch.chdir(tmp_path)
    assert run("verify", "my_claims") == cli.MISUSED
    assert "did you mean my_claims.py?" in capsys.readouterr().err
    assert run("verify", str(path), "--record") == cli.MISUSED
    assert "`--record` is for claims of the ledger" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "makes no claims; see `help(perturbtheory.ledger)`"),
        ("1 / 0", "could not be run, line 1: ZeroDivisionError: division by zero"),
        ("def", "could not be run: SyntaxError"),
        (
            "from perturbtheory.ledger import Claim\nClaim('A.gumbel-density', 'me', 'nothing')",
            "'A.gumbel-density'",
        ),
        ("import sys\nsys.exit(0)", "could not be run, line 2: SystemExit: 0"),
        (own("rests").replace('x$."', 'x$.", depends_on="T.no"'), "'T.no', which is no claim"),
        (None, "must be an id or a Python file that exists"),
    ],
)
def test_files_that_are_no_claims_are_misuse(tmp_path, capsys, text, words):
    path = tmp_path / "theirs.py"
    if text is not None:
        path.write_text(text)
    assert run("verify", str(path)) == cli.MISUSED
    assert words in capsys.readouterr().err


def test_a_file_takes_no_modules_place_and_finds_its_neighbours(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "my_neighbour.py").write_text("ID = 'T.neighbour'\n")
    path = tmp_path / "json.py"
    path.write_text("from my_neighbour import ID\n" + OWN.replace('"T.even"', "ID"))
    assert run("verify", str(path)) == cli.AGREES
    assert "1 refuted" in capsys.readouterr().out
    assert sys.modules["json"] is json


def test_what_a_part_lacks_is_told(tmp_path, capsys):
    path = tmp_path / "theirs.py"
    path.write_text(own("lacks").replace("    yield witness", "    # yield witness"))
    assert run("verify", str(path)) == cli.DRIFTED
    assert "yield a `witness`" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "change", "word"),
    [
        ("open", ("    yield agree", "    # yield agree"), "nothing decided"),
        ("empty", ("@even", "# @even"), "nothing decided"),
        ("raises", ("    yield exact", "    1 / 0\n    yield exact"), "nothing decided"),
        ("wrong", ('@even.part("s', '@even.corrected("Both.").part("s'), "stated as true, and"),
    ],
)
def test_own_claims_that_do_not_stand_are_status_1(tmp_path, capsys, name, change, word):
    path = tmp_path / "theirs.py"
    path.write_text(own(name).replace(*change))
    assert run("verify", str(path)) == cli.DRIFTED
    assert word in " ".join(capsys.readouterr().out.split())


RESTS = """
from perturbtheory.ledger import Claim, agree, eq, exact, witness
import sympy as sp

x = sp.Symbol("x", real=True)
true = Claim("T.NAME", "me", "true", depends_on="PREMISE")
false = Claim("T.NAME-false", "me", "false")
circle = Claim("T.NAME-circle", "me", "true", depends_on=true)

@true.part("p", y=x**2 + 2 * x + 1)
@circle.part("p", y=x**2 + 2 * x + 1)
@false.part("p", y=x**2 + 2)
def squares(y):
    yield exact("sympy", eq((x + 1) ** 2, y))
    yield agree("numbers", 9.0, float(y.subs(x, 2)))
    yield witness(x=2)
"""


@pytest.mark.parametrize(
    ("name", "premise", "words"),
    [
        ("on-false", "T.on-false-false", "rests on T.on-false-false, which is refuted"),
        ("on-circle", "T.on-circle-circle", "rests on itself"),
        ("on-printed", "A.gumbel-density", "rests on A.gumbel-density, which is refuted"),
        ("on-true", "A.gumbel-density.corrected", ""),
    ],
)
def test_own_claims_rest_on_what_stands(tmp_path, capsys, monkeypatch, name, premise, words):
    monkeypatch.setenv("COLUMNS", "200")
    path = tmp_path / "theirs.py"
    path.write_text(RESTS.replace("NAME", name).replace("PREMISE", premise))
    assert run("verify", str(path)) == (cli.DRIFTED if words else cli.AGREES)
    assert capsys.readouterr().out.count(f"exit status 1: {words}") == (2 if words else 0)


@pytest.mark.parametrize(
    ("name", "premise", "chosen", "status", "shown"),
    [
        ("one", "T.one-false", "T.one", "DRIFTED", 2),
        ("far", "T.far-false", "T.far-circle", "DRIFTED", 3),
        ("none", "A.gumbel-density.corrected", "T.none", "AGREES", 1),
    ],
)
def test_a_chosen_claim_of_ones_own_comes_with_its_premises(
    tmp_path, capsys, name, premise, chosen, status, shown
):
    path = tmp_path / "theirs.py"
    path.write_text(RESTS.replace("NAME", name).replace("PREMISE", premise))
    assert run("verify", str(path), chosen, "--json", "-") == getattr(cli, status)
    assert len(json.loads(capsys.readouterr().out)) == shown


def test_a_chosen_claim_of_ones_own_comes_with_its_correction(tmp_path, capsys):
    both = own("mended") + (
        'mended = even.corrected("Both are odd.")\n'
        '@mended.part("cosh is odd", f=sp.cosh)\ndef is_odd(f):\n'
        '    yield exact("sympy", eq(f(-x).rewrite(sp.exp), -f(x)))\n'
        '    yield agree("numbers", float(f(-1.5)), -float(f(1.5)), "x = 1.5")\n'
        '    yield witness(x="3/2")\n'
    )
    path = tmp_path / "theirs.py"
    path.write_text(both)
    assert run("verify", str(path), "T.mended") == cli.DRIFTED
    assert "stated as true, and refuted" in " ".join(capsys.readouterr().out.split())


def test_a_premise_that_only_a_reason_names_has_to_be_chosen_too(tmp_path, capsys):
    cites = 'y), argued("so it is", "T.named-false, twice"))'
    text = RESTS.replace("NAME", "named").replace("PREMISE", "A.gumbel-density.corrected")
    path = tmp_path / "theirs.py"
    path.write_text(text.replace("y))", cites).replace("agree,", "agree, argued,"))
    assert run("verify", str(path), "T.named") == cli.DRIFTED
    assert "T.named-false, which is untested" in " ".join(capsys.readouterr().out.split())


def test_files_may_rest_on_and_import_one_another(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path])
    for order in ("ab", "ba"):
        a, b = (tmp_path / f"{order}_{name}.py" for name in "ab")
        a.write_text(own(f"base-{order}"))
        head = f"from {a.stem} import Claim, is_even, sp\n"
        claim = f'on = Claim("T.on-{order}", "me", "so it is", depends_on="T.base-{order}")\n'
        b.write_text(head + claim + 'on.part("cosh", f=sp.cosh)(is_even)\n')
        files = [str({"a": a, "b": b}[name]) for name in order]
        assert run("verify", *files, "--json", "-", "--report", str(tmp_path / order)) == 1
        found = {c["id"]: c["verdict"] for c in json.loads(capsys.readouterr().out)}
        assert found == {f"T.base-{order}": "refuted", f"T.on-{order}": "proved"}
        page = (tmp_path / order / "index.html").read_text("utf-8")
        assert f"perturbtheory verify {a.name}<" in page
    a.write_text(own("apart"))
    b.write_text(own("apart-too").replace('x$."', 'x$.", depends_on="T.apart"', 1))
    assert run("verify", str(b), str(a), "-q") == cli.AGREES


def test_ids_of_ones_own_are_no_papers(tmp_path, capsys):
    path = tmp_path / "theirs.py"
    path.write_text(own("x").replace('"T.x"', '"A.mine"'))
    assert run("verify", str(path), "A.gumbel-density", "--report", str(tmp_path / "r")) == 0
    capsys.readouterr()
    errata = (tmp_path / "r" / "errata.tex").read_text("utf-8")
    before, _, after = errata.partition("Your own claims")
    assert "A.\\allowbreak{}gumbel" in before
    assert "A.\\allowbreak{}mine" in after
    assert "A.\\allowbreak{}mine" not in before


@pytest.mark.parametrize(
    ("premise", "status"),
    [
        ("A.gumbel-density", "DRIFTED"),
        ("A.gumbel-density.corrected", "AGREES"),
        ("no.id", "AGREES"),
    ],
)
def test_what_a_reason_names_is_rested_on(tmp_path, capsys, premise, status):
    cites = f'y), argued("so it is", "{premise}, twice"))'
    text = RESTS.replace("NAME", "cites").replace("PREMISE", "A.lse-gradient").replace("y))", cites)
    path = tmp_path / "theirs.py"
    path.write_text(text.replace("agree,", "agree, argued,"))
    assert run("verify", str(path)) == getattr(cli, status)
    words = f"rests on {premise}, which is refuted"
    assert (words in " ".join(capsys.readouterr().out.split())) == (status == "DRIFTED")


def test_a_file_may_import_claims_of_the_ledger(tmp_path, capsys, monkeypatch):
    path = tmp_path / "theirs.py"
    module = claims.index()["A.gumbel-density"]
    monkeypatch.delitem(sys.modules, module, raising=False)
    for id_ in [id_ for id_, at in claims.index().items() if at == module]:
        monkeypatch.delitem(REGISTRY, id_, raising=False)
    path.write_text(f"import {module}\n" + own("imports"))
    assert run("verify", str(path), "--json", "-") == cli.AGREES
    assert [found["id"] for found in json.loads(capsys.readouterr().out)] == ["T.imports"]


def test_what_a_file_prints_is_not_mixed_with_the_results(tmp_path, capsys):
    path = tmp_path / "theirs.py"
    path.write_text(
        "print('loading')\n"
        + own("prints").replace("    yield", "    print('at work')\n    yield", 1)
    )
    assert run("verify", str(path), "--json", "-") == cli.AGREES
    out, err = capsys.readouterr()
    assert json.loads(out)[0]["id"] == "T.prints"
    assert "loading" in err
    assert "at work" in err
