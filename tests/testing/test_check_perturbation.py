"""The public check of a noise: honest ones pass, every liar is caught by the law that it breaks."""

import dataclasses
import subprocess
import sys

import numpy as np
import pytest
import scipy.special
import scipy.stats

import perturbtheory as pt
from perturbtheory.testing import _check, laws, liars
from perturbtheory.testing._run import Trial

TRIAL = Trial(examples=8, seed=0, rate=1e-7)


def found(name, noise):
    return TRIAL.find(laws.find(name, laws.PERTURBATION), noise)


def test_an_honest_noise_passes_every_law_that_its_declarations_imply() -> None:
    report = pt.testing.check_perturbation(liars.Honest(), examples=4)
    assert report
    assert report.raise_if_failed() is report
    apart = {f.law.name: f.why for f in report if f.verdict == "does not apply"}
    assert list(apart) == ["atoms", "moments of atoms", "sum over atoms"]
    assert set(apart.values()) == {"it declares a density, and no atoms"}
    assert {f.verdict for f in report} == {"holds", "does not apply"}
    assert [f.law for f in report] == list(laws.PERTURBATION)
    assert report["translation"].examples == 4


@pytest.mark.parametrize("name", liars.PERTURBATIONS)
def test_every_liar_is_caught_by_the_law_that_it_breaks(name) -> None:
    noise, broken = liars.PERTURBATIONS[name]
    finding = found(broken, noise)
    assert finding.verdict == "fails", finding
    assert "raised" not in finding.why
    assert finding.examples == 1 or finding.example


OF_THE_ENGINE = {
    "probabilities", "translation", "convexity", "Hessian", "derivatives", "entropy",
    "sum over atoms",
}  # fmt: skip
"""Laws that hold for whatever a noise says, as long as the engine is right: mutants break these."""


def test_every_law_that_a_noise_can_break_has_a_liar() -> None:
    broken = {law for _, law in liars.PERTURBATIONS.values()}
    assert broken == {law.name for law in laws.PERTURBATION} - OF_THE_ENGINE
    assert {law for _, law in liars.ESTIMATORS.values()} == {law.name for law in laws.ESTIMATOR}


@pytest.mark.parametrize(
    ("name", "noise"),
    [
        ("integral", pt.Logistic(np.linspace(1.0, 2.0, 7))),
        ("sum over atoms", pt.Discrete(np.tile([-1.0, 1.0], (7, 1)))),
    ],
)
def test_of_many_coordinates_some_are_integrated(name, noise) -> None:
    finding = found(name, noise)
    assert finding.verdict == "holds"
    assert finding.examples > 1


def test_an_example_says_something() -> None:
    rng = np.random.default_rng(0)
    points = laws.Points(nonzero=True)
    assert all(points.draw(rng, 2, number).any() for number in range(50))
    assert all(value.any() for value in points.simpler(np.array([1.0, 0.0])))


def test_one_coordinate_of_several_is_named() -> None:
    class Mixed(pt.Normal):
        def log_pdf(self, x):
            return super().log_pdf(x) + np.where(np.asarray(self.scale) == 2.0, 0.01, 0.0)

    noise = pt.register(Mixed)(np.array([1.0, 2.0]))
    assert found("density", noise).example["coordinate"] == 1


def test_the_smallest_example_is_shown() -> None:
    points = laws.Points()

    def check(noise, theta, order, shift):
        if theta.max() - theta.min() > 2:
            raise laws.Defect("too far apart")

    given = {"theta": points, "order": laws.Orders(), "shift": laws.Integers()}
    finding = TRIAL.find(laws.Law("near", "", "", check, inputs=given), pt.Normal())
    assert (finding.verdict, finding.why) == ("fails", "too far apart")
    # Two categories are left, one of them at zero, and the other at a whole number.
    assert sorted(np.abs(finding.example["theta"])) == [0.0, 3.0]
    assert finding.example["order"].tolist() == [1, 0]
    assert finding.example["shift"] == 1


def test_what_decides_nothing_is_not_tested_and_fails_the_report() -> None:
    silent = laws.Law(
        "silent", "", "", lambda n, theta: "there was a tie", inputs={"theta": laws.Points()}
    )
    finding = TRIAL.find(silent, pt.Normal())
    assert finding.verdict == "untested"
    assert finding.why == "no example decided anything: there was a tie"
    report = pt.testing.Report("Normal", (finding, found("form", pt.Normal())), 1e-6, 0)
    assert not report
    with pytest.raises(pt.testing.LawsBroken, match="1 untested"):
        report.raise_if_failed()
    assert not pt.testing.Report("nothing", (), 1e-6, 0)


def test_what_raises_breaks_the_law() -> None:
    class Loud(pt.Normal):
        def log_sf(self, x):
            msg = f"not here: {np.shape(x)[1:]}"
            raise RuntimeError(msg)

    finding = found("complements", pt.register(Loud)())
    assert finding.verdict == "fails"
    assert finding.why == "it raised RuntimeError: not here: ()"


def test_a_law_that_presumes_one_that_fails_is_left_untested() -> None:
    noise, _ = liars.PERTURBATIONS["MovedLaplace"]
    among = tuple(laws.find(n, laws.PERTURBATION) for n in ("kinks", "density", "support", "mean"))
    report = _check.report(noise, among, {}, 1, 0, 1e-6)
    assert [f.verdict for f in report] == ["fails", "untested", "holds", "untested"]
    assert report["kinks"].example == {"x": 0.37}
    assert report["mean"].why == "it presumes the law 'kinks', which fails: fix that first"
    # A failure that is expected hides no other law.
    report = _check.report(noise, among, {"kinks": "as printed"}, 1, 0, 1e-6)
    assert [f.verdict for f in report] == ["fails", "holds", "holds", "holds"]


def test_a_wrong_mean_is_one_fault() -> None:
    noise, _ = liars.PERTURBATIONS["WrongMean"]
    assert found("variance", noise).verdict == "holds"


@pytest.mark.parametrize(
    "noise",
    [
        pt.Laplace(),
        pt.Uniform(1e6, 1e6 + 1),
        pt.Weibull(0.1),
        pt.StudentT(0.3),
        pt.FromScipy(scipy.stats.triang(0.3)),
        pt.FromScipy(scipy.stats.dweibull(2.0)),
        pt.smoothed(pt.Laplace(), 0.01),
    ],
    ids=str,
)
def test_a_kink_that_is_declared_is_none(noise) -> None:
    assert found("kinks", noise).verdict == "holds"


@pytest.mark.parametrize(("order", "size"), [(0, 1e-4), (1, 1e-4), (2, 1e-2)])
def test_kinks_are_found_in_the_density_and_in_its_slopes(order, size) -> None:
    class Bent(liars.Honest):
        def log_pdf(self, x):
            beyond = np.maximum(x - 0.8123, 0.0)
            return super().log_pdf(x) + size * np.where(x > 0.8123, beyond**order, 0.0)

    finding = found("kinks", pt.register(Bent)())
    assert finding.verdict == "fails"
    assert abs(finding.example["x"] - 0.8123) < 0.01


def mixed(*laws, **declared):
    """The even mixture of laws of SciPy, for NumPy alone."""

    def logarithms(method):
        def log(self, x):
            each = [getattr(law, method)(x) for law in laws]
            return scipy.special.logsumexp(each, axis=0) - np.log(len(laws))

        return log

    names = {"log_pdf": "logpdf", "log_cdf": "logcdf", "log_sf": "logsf"}
    body = {ours: logarithms(theirs) for ours, theirs in names.items()}
    return pt.register(type("Mixed", (liars.Honest,), body | declared))()


NORMAL, UNIFORM, LAPLACE = scipy.stats.norm, scipy.stats.uniform, scipy.stats.laplace
ENDS = {"positive": False, "smooth": False, "tail": "none", "support": (-2.0, 2.0)}


@pytest.mark.parametrize(
    ("noise", "verdict"),
    [
        (mixed(UNIFORM(-2, 1), UNIFORM(1, 1), **ENDS), "fails"),
        (mixed(UNIFORM(-2, 1), UNIFORM(1, 1), kinks=(-1.0, 1.0), **ENDS), "holds"),
        (mixed(NORMAL(-100), NORMAL(100), tail="gaussian"), "holds"),
        (mixed(NORMAL(), NORMAL(0.3, 1e-4), tail="gaussian"), "holds"),
        (mixed(LAPLACE(), smooth=False, kinks=(1e-3,)), "fails"),
        (mixed(scipy.stats.gennorm(3.0), tail="gaussian"), "fails"),
        (pt.FromScipy(scipy.stats.arcsine()), "holds"),
        (pt.FromScipy(scipy.stats.cosine()), "holds"),
    ],
    ids=["gap", "its edges", "apart", "narrow", "misplaced", "cubic", "pole", "noisy"],
)
def test_gaps_are_kinks_and_narrow_features_are_none(noise, verdict) -> None:
    assert found("kinks", noise).verdict == verdict


def test_no_function_is_asked_at_no_points() -> None:
    class Picky(pt.Normal):
        def log_pdf(self, x):
            assert np.size(x)
            return super().log_pdf(x)

    assert found("kinks", pt.register(Picky)()).verdict == "holds"


def test_noise_for_numpy_alone_is_told_what_to_do() -> None:
    finding = found("both libraries", mixed(NORMAL()))
    assert finding.why.startswith("its functions call NumPy or SciPy on an array of JAX")


def test_numbers_that_are_none_are_said_to_be_none() -> None:
    with pytest.raises(laws.Defect, match=r"^F is not a number, where 0.5 is expected$"):
        laws._defects.close("F", np.nan, 0.5)


def test_failures_may_be_expected_with_a_reason_and_must_happen() -> None:
    noise, _ = liars.PERTURBATIONS["WrongVariance"]
    reason = {"variance": "the table of the paper has this one", "declarations": "the same"}
    among = tuple(law for law in laws.PERTURBATION if law.name in (*reason, "mean", "form"))
    report = _check.report(noise, among, reason, 1, 0, 1e-6)
    assert report.passed, str(report)
    assert "expected: the table of the paper has this one; `variance` is declared 4" in str(
        report["variance"]
    )
    assert "2 as expected" in report.summary
    with pytest.raises(KeyError, match="did you mean 'variance'"):
        report["varianc"]
    finding = TRIAL.find(laws.find("mean", laws.PERTURBATION), noise, "it is far off")
    assert not finding.passed
    assert "it was expected to fail: it is far off" in finding.words


def test_a_report_prints_and_has_html() -> None:
    findings = tuple(
        found(n, liars.PERTURBATIONS["WrongMean"][0]) for n in ("mean", "atoms", "form")
    )
    report = pt.testing.Report("WrongMean()", findings, 1e-6, 0)
    text = str(report)
    assert "WrongMean(): FAILED: 1 holds, 1 fails, 1 does not apply" in text
    assert "No law draws" in text
    drawing = pt.testing.Finding(laws.find("draws", laws.PERTURBATION), "holds")
    drawn = pt.testing.Report("WrongMean()", (*findings, drawing), 1e-6, 0)
    assert "fails once in 1,000,000 seeds at most" in str(drawn)
    assert "declares a density" in text
    first = text.splitlines()[3]
    assert first.startswith("fails           mean: `mean` is declared 0.1")
    assert text.splitlines()[-1] == "holds           form"
    page = report._repr_html_()
    assert page.count("<tr") == 4
    assert "<math" in page
    assert "`mean` is declared 0.1" in page


BAD = {
    "noise": (lambda: pt.testing.check_perturbation(3), TypeError, "`noise` must be a pert"),
    "law": (
        lambda: pt.testing.check_perturbation(pt.Normal(), expected_failures={"men": "so"}),
        ValueError, "`expected_failures` must name laws, got 'men'; there are form",
    ),
    "reason": (
        lambda: pt.testing.check_perturbation(pt.Normal(), expected_failures={"mean": " "}),
        ValueError, "`expected_failures` must say why 'mean' fails",
    ),
    "examples": (
        lambda: pt.testing.check_perturbation(pt.Normal(), examples=0),
        ValueError, "`examples` must be",
    ),
    "seed": (
        lambda: pt.testing.check_perturbation(pt.Normal(), seed=-1), ValueError, "`seed` must be",
    ),
    "rate": (
        lambda: pt.testing.check_perturbation(pt.Normal(), error_rate=2.0),
        ValueError, "`error_rate` must be a probability, got 2.0",
    ),
    "name": (lambda: pt.testing.check, AttributeError, "has no attribute 'check'; it has Finding"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_input(name) -> None:
    call, error, message = BAD[name]
    with pytest.raises(error, match=message):
        call()


def test_laws_are_told_apart_and_say_what_they_are() -> None:
    names = [law.name for law in laws.PERTURBATION]
    assert len(set(names)) == len(names)
    for law in laws.PERTURBATION:
        assert law.statement.endswith(".")
        assert law.formula
        assert law.where
    assert (
        laws.find("permutation", laws.PERTURBATION).where == "identically distributed coordinates"
    )


def test_neither_pytest_nor_hypothesis_is_needed() -> None:
    program = """
import sys
sys.modules["pytest"] = sys.modules["hypothesis"] = None
import perturbtheory as pt
from perturbtheory.testing import _check, laws, liars
pt.testing.check_perturbation, pt.testing.Report
assert laws.find("mean", laws.PERTURBATION).applies(pt.Normal()) == ""
laws.find("mean", laws.PERTURBATION).check(pt.Normal())
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


CRITICAL = [
    pt.StudentT(2.05),
    pt.Pareto(2.05),
    pt.Frechet(2.05),
    pt.StudentT(1.05),
    pt.Pareto(1.05),
]


@pytest.mark.parametrize("noise", CRITICAL, ids=str)
def test_moments_are_known_where_most_of_them_is_in_the_tails(noise) -> None:
    """Of the variance at 2.05 degrees of freedom a fifth lies where the probability is e^-60."""
    assert found("mean", noise).verdict == "holds"
    assert found("variance", noise).verdict == "holds"
    kind = type(noise)
    name = "variance" if np.isfinite(noise.variance) else "mean"

    class Off(kind):
        @property
        def mean(self):
            return super().mean * (1.02 if name == "mean" else 1.0) + 0.1 * (name == "mean")

        @property
        def variance(self):
            return super().variance * (1.02 if name == "variance" else 1.0)

    off = pt.register(Off)(*(getattr(noise, f.name) for f in dataclasses.fields(noise)))
    assert found(name, off).verdict == "fails"
