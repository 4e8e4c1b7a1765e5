"""Rows of Table 1 for laws known and unknown, the table itself, and what the command line shows."""

import json
import math

import numpy as np
import pytest
import scipy.stats

import perturbtheory as pt
from perturbtheory import cli
from perturbtheory import properties as pr
from perturbtheory.figures.diagnosis import diagnosis_figure
from perturbtheory.properties import _results, _table_1
from perturbtheory.testing.liars import Honest

HOLDS = dict.fromkeys(
    ("completeness", "single-valued", "one-to-one", "minimality", "complete and minimal"), "holds"
)
UNBOUNDED = HOLDS | {"closed simplex": "fails"}
FLAT = dict.fromkeys(("one-to-one", "minimality", "complete and minimal"), "fails")
BOUNDED = HOLDS | {"closed simplex": "holds"} | FLAT
DISCRETE = BOUNDED | {"single-valued": "fails"}


def outcomes(row: pr.Row) -> dict[str, str]:
    return {name: check.outcome for name, check in row.checks.items()}


@pytest.fixture(scope="module")
def uniform() -> pr.Diagnosis:
    return pt.diagnose(pt.Uniform())


def test_uniform_noise(uniform: pr.Diagnosis) -> None:
    soft, hard = uniform.rows
    assert outcomes(soft) == UNBOUNDED
    assert outcomes(hard) == BOUNDED
    assert soft.sub_domain is None
    assert hard.sub_domain
    # Three uniform variables: w_ij = int 2 * (1/2)^2 F ds = 1/4, and eigenvalue d w = 3/4.
    assert hard.curvature == pytest.approx(0.75, abs=1e-12)
    assert hard.gradient_noise == pytest.approx(2 / 3, abs=1e-12)
    assert uniform.tail.family == "none"


def test_peers_have_the_same_variance(uniform: pr.Diagnosis) -> None:
    deviation = math.sqrt(1 / 3)
    for name, peer in (
        ("normal", pt.Normal(deviation)),
        ("gumbel", pt.Gumbel(deviation * math.sqrt(6) / math.pi)),
    ):
        assert float(peer.variance) == pytest.approx(1 / 3)
        exact = np.linalg.eigvalsh(np.asarray(pt.expected_max(peer).hessian(np.zeros(3))))[1]
        assert uniform.peers[name][1].curvature == pytest.approx(exact, rel=1e-12)


def test_discrete_noise() -> None:
    found = pt.diagnose(pt.Discrete([-1.0, 1.0]), dimension=2)
    assert outcomes(found.rows[0]) == UNBOUNDED
    assert outcomes(found.rows[1]) == DISCRETE
    assert found.rows[1].curvature == 0
    # One fair coin minus another: the logistic smoothing has E[s_1^2] = p_1 - t H_11.
    f = pt.expected_logsumexp(pt.Discrete([-1.0, 1.0]), 1.0)
    trace = np.trace(np.asarray(f.hessian(np.zeros(2))))
    assert found.rows[0].gradient_noise == pytest.approx(0.5 - trace, abs=1e-12)


def test_a_law_that_the_package_has_never_seen() -> None:
    found = pt.diagnose(Honest(), temperature=0.5, dimension=2)
    for row in found.rows:
        assert outcomes(row) == UNBOUNDED
    logistic = pt.expected_max(pt.Logistic()).hessian(np.zeros(2))
    assert found.rows[1].curvature == pytest.approx(2 * float(logistic[0, 0]), rel=1e-6)
    assert found.tail.family == "exponential"
    assert found.name == "Honest(scale=1.0)"


@pytest.mark.parametrize(
    "law", [pt.Discrete([3.0]), pt.Uniform(0.0, 1000.0)], ids=["one-atom", "wide"]
)
def test_odd_laws_are_not_refused(law: pt.AbstractPerturbation) -> None:
    found = pt.diagnose(law, dimension=2)
    assert outcomes(found.rows[0]) == UNBOUNDED
    assert bool(found.peers) == (float(law.variance) > 0)


def test_no_mean_is_no_obstacle() -> None:
    found = pt.diagnose(pt.FromScipy(scipy.stats.cauchy()), dimension=2)
    assert [outcomes(row) for row in found.rows] == [UNBOUNDED, UNBOUNDED]
    assert found.tail is None
    assert found.peers == {}
    assert "no finite mean" in str(found)


def test_text_and_json_say_the_same(uniform: pr.Diagnosis) -> None:
    shown = str(uniform)
    data = json.loads(json.dumps(uniform.to_json()))
    assert shown.startswith("Uniform(low=-1.0, high=1.0), d = 3")
    assert "\x1b" not in shown
    for row, found in zip(data["rows"], uniform.rows, strict=True):
        for column, check in row["checks"].items():
            assert check["outcome"] == found.checks[column].outcome
            assert check["statement"].split()[0] in shown


def test_table_1_is_recomputed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cell follows the checkers: other noise in its row, another cell."""
    groups = {
        "smooth unbounded": (pt.Gumbel,),
        "smooth bounded": (pt.Uniform,),
        "discrete": (lambda: pt.Discrete([-1.0, 1.0]),),
    }
    monkeypatch.setattr(_table_1, "GROUPS", groups)
    found = pt.table_1(dimension=2)
    assert found.differences == [("smooth bounded", "Perturb-Argmax", "single-valued")]
    for group, expected in zip(groups, (UNBOUNDED, BOUNDED, DISCRETE), strict=True):
        for model, row in zip(_results.MODELS, (UNBOUNDED, expected), strict=True):
            for column, outcome in row.items():
                assert found.cells[group, model, column].outcome == outcome
    assert "differs" in str(found)
    monkeypatch.setattr(_table_1, "GROUPS", groups | {"smooth unbounded": (pt.Uniform,)})
    other = pt.table_1(dimension=2)
    assert ("smooth unbounded", "Perturb-Argmax", "one-to-one") in other.differences


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["studentt"], ["`NAME`", "did you mean student_t?"]),
        (["normal", "--df", "3"], ["`--df` does not belong to normal", "--scale"]),
        (["student_t"], ["`--df` must be given", "--df 3"]),
        (["discrete"], ["`--atoms` must be given", "--atoms -1 1"]),
        (["uniform", "--low", "1", "--high", "0"], ["`--low` must be less than `--high`"]),
        (["normal", "--temperature", "0"], ["`--temperature`", "got 0.0"]),
        (["normal", "--dimension", "1"], ["`--dimension` must be an int >= 2, got 1"]),
        (["normal", "--dimension", "2.5"], ["--dimension", "2.5"]),
        (["normal", "--figure", "x.doc"], ["`--figure` must end in .png, .svg or .pdf"]),
        (["normal", "--json", "/nope/x.json"], ["`--json`", "/nope"]),
    ],
)
def test_misuse(capsys: pytest.CaptureFixture, arguments: list[str], words: list[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main(["diagnose", *arguments])
    assert stop.value.code == cli.MISUSED
    out, err = capsys.readouterr()
    assert out == ""
    for word in words:
        assert word in err


def test_command_line(capsys: pytest.CaptureFixture, tmp_path) -> None:
    path, picture = tmp_path / "row.json", tmp_path / "row.png"
    with pytest.raises(SystemExit) as stop:
        cli.main([
            "diagnose", "discrete", "--atoms", "-1", "1", "--weights", "0.25", "0.75",
            "--dimension", "2", "--json", str(path), "--figure", str(picture),
        ])  # fmt: skip
    assert stop.value.code == cli.AGREES
    out = capsys.readouterr().out
    assert "Discrete(atoms=[-1.0, 1.0], weights=[0.25, 0.75]), d = 2" in out
    data = json.loads(path.read_text())
    assert [row["checks"]["single-valued"]["outcome"] for row in data["rows"]] == ["holds", "fails"]
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_figure_data() -> None:
    data = diagnosis_figure(pt.Uniform(), 1.0, 2).compute()
    delta = data["difference"]
    # Proposition 5.4: dp_1/dDelta = (2 - |Delta|)+ / 4, and P(max >= x) = 1 - ((1 + x)/2)^2.
    np.testing.assert_allclose(
        data["argmax/slope"], np.maximum(2 - np.abs(delta), 0) / 4, atol=1e-12
    )
    x = np.clip(1 / 3 + data["t"], -1, 1)
    np.testing.assert_allclose(data["argmax/tail"], 1 - ((1 + x) / 2) ** 2, atol=1e-12)
    assert set(data) <= set(diagnosis_figure(pt.Uniform()).labels)


@pytest.mark.parametrize("dimension", [1, 2.0, True, "3"])
def test_dimension(dimension: object) -> None:
    with pytest.raises(ValueError, match="`dimension` must be an int >= 2"):
        pt.diagnose(pt.Normal(), dimension=dimension)  # pyright: ignore[reportArgumentType]


def test_dimension_of_the_parameters() -> None:
    law = pt.Uniform(np.zeros(2), np.ones(2))
    assert pt.diagnose(law).dimension == 2
    with pytest.raises(ValueError, match="`dimension` must be 2, the length of .*, got 3"):
        pt.diagnose(law, dimension=3)


def test_not_a_perturbation() -> None:
    with pytest.raises(TypeError, match="wrap a frozen scipy.stats distribution"):
        pt.diagnose(scipy.stats.norm())  # pyright: ignore[reportArgumentType]
