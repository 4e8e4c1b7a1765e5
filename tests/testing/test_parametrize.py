"""One item a law; the strategies; how hypothesis finds them."""

import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from hypothesis import find, given
from hypothesis import strategies as st

import perturbtheory as pt
from perturbtheory.ledger import Claim
from perturbtheory.testing import _entry_point, laws, liars, strategies

NOISE, LAW = liars.PERTURBATIONS["WrongVariance"]
QUICK = ("variance", "mean", "atoms", "density")


def chosen(mark, names=QUICK):
    return {p.id: p for p in mark.args[1] if p.values[0].law.name in names}


HONEST = pt.testing.parametrize(liars.Honest(), examples=3)


@pytest.mark.parametrize("law", chosen(HONEST, (*QUICK, "translation")).values())
def test_an_honest_noise(law) -> None:
    assert law() is None


def test_items_are_named_skipped_and_expected_to_fail_in_words() -> None:
    mark = pt.testing.parametrize(NOISE, expected_failures={"variance": "so printed"})
    assert len(mark.args[1]) == len(laws.PERTURBATION)
    items = chosen(mark)
    assert list(items) == [f"WrongVariance-{n}" for n in ("density", "mean", "variance", "atoms")]
    (skip,) = items["WrongVariance-atoms"].marks
    assert (skip.name, skip.kwargs["reason"]) == ("skip", "it declares a density, and no atoms")
    (fails,) = items["WrongVariance-variance"].marks
    assert (fails.name, fails.kwargs) == (
        "xfail",
        {"reason": "so printed", "raises": laws.Defect, "strict": True},
    )
    items["WrongVariance-mean"].values[0]()
    with pytest.raises(laws.Defect, match="variance: fails: `variance` is declared 4"):
        items["WrongVariance-variance"].values[0]()


def test_failures_are_expected_of_the_object_that_they_are_of() -> None:
    honest, reasons = liars.Honest(), {NOISE: {"variance": "so printed"}}
    mark = pt.testing.parametrize(honest, NOISE, pt.estimators.Arm(), expected_failures=reasons)
    expected = [p.id for p in mark.args[1] if any(m.name == "xfail" for m in p.marks)]
    assert expected == ["WrongVariance-variance"]
    mark = pt.testing.parametrize(honest, NOISE, expected_failures={"atoms": "everywhere"})
    atoms = {p.id: [m.name for m in p.marks] for p in chosen(mark).values()}
    assert atoms["Honest-atoms"] == ["skip"]
    for wrong in ({pt.Normal(): {"mean": "so"}}, {NOISE: "so"}, {NOISE: {"men": "so"}}):
        with pytest.raises(ValueError, match="`expected_failures` "):
            pt.testing.parametrize(NOISE, expected_failures=wrong)


def test_objects_of_every_sort_and_of_one_name() -> None:
    claim = Claim("T.parametrized", "a thesis", "Nothing.")
    mark = pt.testing.parametrize(pt.Normal(), pt.Normal(2.0), pt.estimators.Arm(), claim)
    ids = [p.id for p in mark.args[1]]
    count = 2 * len(laws.PERTURBATION) + len(laws.ESTIMATOR) + len(laws.CLAIM)
    assert len(ids) == len(set(ids)) == count
    assert {"Normal-mean", "Arm-key", "T.parametrized-verdict"} <= set(ids)
    with pytest.raises(ValueError, match="`objects` must be noises"):
        pt.testing.parametrize()


def test_strategies_may_be_what_imports_hypothesis_first() -> None:
    code = (
        "from perturbtheory.testing import strategies; import perturbtheory as pt; "
        "from hypothesis import find, strategies as st; "
        "assert find(st.from_type(pt.Laplace), lambda noise: True).scale == 1; "
        "find(st.from_type(pt.perturbations.AbstractPerturbation), lambda noise: True)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_family_with_a_strategy_is_registered() -> None:
    made = {family.__name__ for family in strategies.FAMILIES}
    assert made == set(_entry_point.FAMILIES)


def test_hypothesis_is_told_by_an_entry_point() -> None:
    project = tomllib.loads((Path(pt.__file__).parents[1] / "pyproject.toml").read_text("utf-8"))
    module, _, name = project["project"]["entry-points"]["hypothesis"]["perturbtheory"].partition(
        ":"
    )
    getattr(import_module(module), name)()
    assert str(find(st.from_type(pt.AbstractPerturbation), lambda n: True)) == "Logistic(scale=1.0)"
    assert str(find(st.from_type(pt.Laplace), lambda n: True)) == "Laplace(scale=1.0)"


@given(noise=strategies.perturbations(), data=st.data())
def test_laws_hold_for_noises_of_every_family(noise, data) -> None:
    for name in ("probabilities", "translation"):
        law = laws.find(name, laws.PERTURBATION)
        law.check(noise, **data.draw(strategies.inputs(law, 3)))


def test_strategies_shrink_to_what_is_easy_to_read() -> None:
    theta = find(strategies.thetas(), lambda t: t.max() - t.min() > 1)
    assert sorted(abs(theta)) == [0.0, 2.0]
    p = find(strategies.simplex(3), lambda p: p.max() < 1)
    assert sorted(p) == [0.0, 0.5, 0.5]
    law = find(strategies.discrete_laws(), lambda n: len(n.atoms) == 2 and n.mean != 0)
    assert (law.atoms.tolist(), law.weights.tolist()) in (
        ([0, 0.25], [0.5, 0.5]),
        ([-0.25, 0], [0.5, 0.5]),
    )
    assert find(strategies.rational_thetas(2), lambda t: True) == [0, 0]
    assert find(strategies.objectives(2), lambda f: f[0] > f[1]).tolist() in (
        [0.25, 0.0],
        [0.0, -0.25],
    )


@given(p=strategies.simplex(4, interior=True), over=strategies.parameter_sets(3))
def test_points_and_sets(p, over) -> None:
    assert abs(p.sum() - 1) < 1e-15 * 4
    assert np.all(p > 0)
    assert over.dimension == 3
