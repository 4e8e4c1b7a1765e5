"""Bad input raises an error that names the argument, its value and the way out."""

import numpy as np
import pytest
import scipy.stats

import perturbtheory as pt

F = pt.expected_max(pt.Normal())

THETAS = {
    "nan": (np.array([0.0, np.nan]), "`theta` must be finite, or -inf for .* got nan"),
    "infinite": (np.array([0.0, np.inf]), "`theta` .* got inf"),
    "all-masked": (np.array([-np.inf, -np.inf]), "`theta` .*-inf"),
    "empty": (np.zeros(0), r"`theta` must have at least one entry, got shape \(0,\)"),
    "empty-rows": (np.zeros((3, 0)), r"at least one entry, got shape \(3, 0\)"),
    "scalar": (1.5, "`theta` must be a vector .* got the scalar 1.5"),
    "complex": (np.array([1j, 0]), "`theta` must be real"),
    "text": ("abc", "`theta` must be real, got .*abc"),
    "strings": (["a", "b"], "`theta` must be real"),
    "ragged": ([[1.0], [1.0, 2.0]], "`theta` must be a rectangular array"),
    "none": (None, "`theta` must be real"),
    "boolean": (np.array([True, False]), "`theta` must be real"),
}


@pytest.mark.parametrize("name", THETAS)
@pytest.mark.parametrize(
    "method", ["__call__", "probabilities", "hessian", "estimate", "anchored", "has_tie"]
)
def test_theta(name: str, method: str) -> None:
    theta, message = THETAS[name]
    with pytest.raises(ValueError, match=message):
        getattr(F, method)(theta)


PARAMETERS = {
    "scale-zero": (lambda: pt.Normal(0.0), "`scale` must be positive and finite, got 0.0"),
    "scale-negative": (lambda: pt.Gumbel(-1), "`scale` must be positive and finite, got -1"),
    "scale-nan": (lambda: pt.Logistic(np.nan), "`scale` must be positive and finite, got nan"),
    "scale-one-of": (lambda: pt.Laplace(np.array([1.0, -2.0])), "`scale` .* got -2.0"),
    "scale-text": (
        lambda: pt.Normal("wide"),
        "`scale` must be a real number or an array of them, got 'wide'",
    ),
    "scale-empty": (lambda: pt.Normal(np.zeros(0)), "`scale` must not be empty"),
    "df": (lambda: pt.StudentT(0.0), "`df` must be positive and finite, got 0.0"),
    "reversed": (lambda: pt.Uniform(1.0, -1.0), "`low` must be less than `high`, got 1.0 and -1.0"),
    "equal": (lambda: pt.Uniform(1.0, 1.0), "`low` must be less than `high`"),
    "infinite-end": (lambda: pt.Uniform(-np.inf, 1.0), "`low` must be finite, got -inf"),
    "weights-negative": (lambda: pt.Discrete([0.0, 1.0], [-0.5, 1.5]), "`weights` .* got -0.5"),
    "weights-sum": (lambda: pt.Discrete([0.0, 1.0], [0.5, 0.6]), "`weights` must sum to one.*1.1"),
    "weights-count": (lambda: pt.Discrete([0.0, 1.0], [1.0]), r"one shape.*\(2,\) and \(1,\)"),
    "atoms-nan": (lambda: pt.Discrete([0.0, np.nan]), "`atoms` must be finite, got nan"),
    "atoms-empty": (lambda: pt.Discrete([]), "`atoms` must not be empty"),
    "temperature-zero": (
        lambda: pt.expected_logsumexp(pt.Normal(), 0.0),
        "`temperature` must be positive and finite, got 0.0; .*expected_max",
    ),
    "temperature-negative": (lambda: pt.expected_logsumexp(pt.Normal(), -1.0), "`temperature`"),
    "temperature-nan": (lambda: pt.expected_logsumexp(pt.Normal(), np.nan), "`temperature`.*nan"),
    "scale-ragged": (lambda: pt.Normal([[1.0], [2.0, 3.0]]), "`scale` must be a rectangular"),
    "scale-matrix": (lambda: pt.Normal(np.ones((2, 2))), r"`scale` .* got shape \(2, 2\)"),
    "shapes": (
        lambda: pt.StudentT(np.full(2, 3.0), np.ones(3)),
        r"`df` and `scale` must have one shape, got \(2,\) and \(3,\)",
    ),
    "ends": (lambda: pt.Uniform(np.zeros(2), np.ones(3)), "`low` and `high` must have one shape"),
    "atoms-ragged": (lambda: pt.Discrete([[1.0], [1.0, 2.0]]), "`atoms` must be a rectangular"),
    "temperature-vector": (
        lambda: pt.expected_logsumexp(pt.Normal(), np.ones(2)),
        r"`temperature` must be a number, got shape \(2,\)",
    ),
    "temperature-none": (
        lambda: pt.expected_logsumexp(pt.Normal(), None),
        "`temperature` must be a number, got None",
    ),
    "breakpoints-nan": (
        lambda: pt.FromScipy(scipy.stats.norm(), (np.nan,)),
        "`breakpoints` must be finite, got nan",
    ),
    "scipy-discrete": (
        lambda: pt.FromScipy(scipy.stats.poisson(3)),
        "`distribution` must be a frozen continuous",
    ),
    "scipy-not-frozen": (lambda: pt.FromScipy(scipy.stats.norm), "with parentheses"),
    "scipy-invalid": (lambda: pt.FromScipy(scipy.stats.norm(0, -1)), "valid parameters"),
}


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameters(name: str) -> None:
    make, message = PARAMETERS[name]
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("make", [pt.expected_max, pt.expected_logsumexp])
def test_not_a_perturbation(make: object) -> None:
    with pytest.raises(TypeError, match="wrap a frozen scipy.stats distribution in pt.FromScipy"):
        make(scipy.stats.norm())


@pytest.mark.parametrize(
    "noise", [pt.StudentT(1.0), pt.StudentT(0.3), pt.FromScipy(scipy.stats.cauchy())]
)
def test_the_value_needs_a_mean(noise: pt.AbstractPerturbation) -> None:
    f = pt.expected_max(noise)
    for method in (f, f.estimate):
        with pytest.raises(ValueError, match="no finite mean.*anchored"):
            method(np.zeros(2))
    np.testing.assert_allclose(f.probabilities(np.zeros(2)), 0.5, atol=1e-12)
    assert float(f.hessian(np.zeros(2))[0, 0]) > 0


def test_parameters_that_do_not_fit_theta() -> None:
    f = pt.expected_max(pt.Normal(np.array([1.0, 2.0, 3.0])))
    with pytest.raises(ValueError, match=r"`theta` must have 3 entries.*got 2"):
        f(np.zeros(2))
    with pytest.raises(ValueError, match="`v` must have the last dimension of theta"):
        F.hvp(np.zeros(3), np.zeros(2))
    with pytest.raises(ValueError, match="`theta` and `v` must have one shape"):
        F.hvp(np.zeros((2, 3)), np.zeros((4, 3)))


def test_unknown_public_name() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Normall'; did you mean Normal"):
        _ = pt.Normall
    with pytest.raises(AttributeError, match="no attribute 'what'; it has .*Normal.*estimators"):
        _ = pt.what


def test_what_is_listed_is_there() -> None:
    for name in dir(pt):
        assert getattr(pt, name) is not None
