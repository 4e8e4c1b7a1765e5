"""What laws keep of their answers: it never outlives what it followed from, and harms nobody."""

import copy
import dataclasses
import pickle

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats

import perturbtheory as pt
from tests.laws import ALL, every

TABLE = np.zeros(())


@pt.register
@dataclasses.dataclass(frozen=True, eq=False)
class Own(pt.AbstractPerturbation):
    """Logistic noise whose facts are of every kind that a user may write."""

    scale: float = 1.0

    mean = property(lambda self: TABLE)
    variance = property(lambda self: jnp.pi**2 / 3 * jnp.square(self.scale))

    @staticmethod
    def landmarks(dimension):
        return pt.Logistic().landmarks(dimension)

    def log_pdf(self, x):
        return pt.Logistic(self.scale).log_pdf(x)

    def log_cdf(self, x):
        return pt.Logistic(self.scale).log_cdf(x)

    def log_sf(self, x):
        return pt.Logistic(self.scale).log_sf(x)

    def sample(self, key, shape):
        return pt.Logistic(self.scale).sample(key, shape)


@every()
def test_a_law_that_was_used_can_be_pickled_and_copied(name):
    noise = ALL[name]
    d = noise.shape[0] if noise.shape else 3
    theta = np.linspace(0.0, 1.0, d)
    p = pt.expected_max(noise).probabilities(theta)
    for other in (pickle.loads(pickle.dumps(noise)), copy.copy(noise), copy.deepcopy(noise)):
        assert np.array_equal(pt.expected_max(other).probabilities(theta), p)


def test_an_array_that_changes_in_a_deep_copy_changes_its_answers():
    noise = pt.Normal(scale=[1.0, 2.0, 3.0])
    assert noise.variance[0] == 1.0
    other = copy.deepcopy(noise)
    other.scale[0] = 100.0
    assert other.variance[0] == 1e4
    assert noise.variance[0] == 1.0


def test_parameters_and_arrays_of_scipy_are_copies():
    scale, loc = np.ones(3), np.arange(3.0)
    noise, other = pt.Normal(scale), pt.FromScipy(scipy.stats.norm(loc=loc))
    assert pt.expected_max(other)([0.0, 0.0, 0.0]) > 2.0
    scale[0] = loc[0] = 99.0
    assert noise.variance[0] == 1.0
    assert other.mean[0] == 0.0
    assert pt.expected_max(other)([0.0, 0.0, 0.0]) < 3.0
    with pytest.raises(ValueError, match="read-only"):
        noise.scale[0] = 99.0


def test_a_field_that_is_replaced_changes_the_answers():
    noise = pt.Logistic(2.0)
    wide = noise.variance
    object.__setattr__(noise, "scale", 1.0)
    assert noise.variance == wide / 4


def test_arrays_of_users_stay_theirs():
    assert Own().mean == 0.0
    TABLE[...] = 1.0
    TABLE[...] = 0.0
    assert pt.expected_max(Own()).probabilities([0.0, 1.0]).sum() == pytest.approx(1.0)


def test_answers_of_a_trace_do_not_outlive_it():
    noise = Own(2.0)
    jax.jit(lambda x: x * noise.variance)(1.0)
    assert float(noise.variance) == pytest.approx(4 * np.pi**2 / 3)


def test_answers_are_read_only_and_few():
    noise = pt.Laplace([1.0, 2.0])
    with pytest.raises(ValueError, match="read-only"):
        noise.landmarks(2).location[0] = 0.0
    for level in np.linspace(-9.0, -1.0, 1000):
        noise.log_quantile(float(level))
    assert len(vars(noise)["_memory"]) <= 256
