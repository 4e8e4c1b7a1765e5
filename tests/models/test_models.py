"""Families, losses and fits: against the engine, scipy, recomputed steps and the inverse map."""

from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

import perturbtheory as pt
from perturbtheory import models
from perturbtheory.models import targets
from perturbtheory.models._families import AbstractFamily
from perturbtheory.perturbations import _traced

P = np.array([0.5, 0.2, 0.3])
NORMAL = models.PerturbSoftmax(pt.Normal())
GUMBEL = models.PerturbSoftmax(pt.Gumbel(), 0.5)


class TestTargets:
    def test_sums(self) -> None:
        sums = {name: sum(make()) for name, make in targets.TARGETS.items()}
        assert sums["discrete"] == sums["discrete-caption"] == sums["discrete-igr"] == 1
        assert sums["discrete-printed"] == Fraction(16, 17)
        assert sums["binomial-13"] == 1
        assert sums["binomial"] == 1 - Fraction(3, 10) ** 12

    @pytest.mark.parametrize(
        ("name", "law", "d"),
        [
            ("binomial", stats.binom(12, 0.3), 12),
            ("binomial-13", stats.binom(12, 0.3), 13),
            ("poisson", stats.poisson(50), 100),
            ("negative-binomial", stats.nbinom(50, 0.6), 100),
        ],
    )
    def test_laws_are_those_of_scipy(self, name, law, d) -> None:
        np.testing.assert_allclose(targets.probabilities(name), law.pmf(np.arange(d)), rtol=1e-12)

    def test_unknown_name(self) -> None:
        with pytest.raises(ValueError, match="`target` must be one of discrete, .*'poison'"):
            targets.probabilities("poison")


class TestFamilies:
    @pytest.mark.parametrize("family", [NORMAL, GUMBEL, models.InvertibleGaussian(0.7)])
    def test_samples_have_the_stated_means(self, family) -> None:
        """Six standard errors for each of eight means: one false alarm in 60 million."""
        parameters = family.start(jnp.asarray([0.4, -1.0, 0.3, 0.0]))
        x = family.perturbed(parameters, jax.random.key(3), 40_000)
        hard = jax.nn.one_hot(jnp.argmax(x, 1), 4)
        soft = jax.nn.softmax(x)
        for draws, p in (
            (soft, family.probabilities(parameters)),
            (hard, family.hard_probabilities(parameters)),
        ):
            error = np.std(draws, 0) / 200
            assert np.all(np.abs(np.mean(draws, 0) - p) < 6 * error)

    @given(
        mu=hnp.arrays(np.float64, 3, elements=st.floats(-5, 5)),
        log_sigma=hnp.arrays(np.float64, 3, elements=st.floats(-2, 1)),
        temperature=st.floats(0.1, 3.0),
    )
    @settings(max_examples=8)
    def test_invertible_gaussian_against_the_engine(self, mu, log_sigma, temperature) -> None:
        """The engine lends the last category noise of scale 1e-9, which costs digits."""
        family = models.InvertibleGaussian(temperature)
        p = family.probabilities((jnp.asarray(mu), jnp.asarray(log_sigma)))
        assert float(p.sum()) == pytest.approx(1.0, abs=1e-10)
        noise = pt.Normal(np.append(np.exp(log_sigma), 1e-9))
        engine = pt.expected_logsumexp(noise, temperature).probabilities(np.append(mu, 0.0))
        np.testing.assert_allclose(p, engine, atol=1e-7)

    def test_invertible_gaussian_is_a_family_of_the_engine(self) -> None:
        family, parameters = models.InvertibleGaussian(0.7), (jnp.ones(2), jnp.zeros(2))
        engine = AbstractFamily.probabilities(family, parameters)
        np.testing.assert_allclose(family.probabilities(parameters), engine, atol=1e-7)

    def test_invertible_gaussian_in_32_bit(self) -> None:
        family = models.InvertibleGaussian()
        wide = (np.array([0.3, -0.5, 4.0]), np.array([0.1, -2.0, 1.0]))
        with jax.enable_x64(False):
            narrow = tuple(jnp.asarray(x, jnp.float32) for x in wide)
            p = family.probabilities(narrow)
        np.testing.assert_allclose(
            p, family.probabilities(tuple(map(jnp.asarray, wide))), atol=1e-5
        )

    def test_start_gives_the_logits(self) -> None:
        logits = jnp.asarray([1.0, 2.0, -0.5])
        np.testing.assert_array_equal(NORMAL.logits(NORMAL.start(logits)), logits)
        igr = models.InvertibleGaussian()
        moved = igr.logits(igr.start(logits))
        np.testing.assert_allclose(moved - moved[0], logits - logits[0])


class TestFit:
    def test_a_table_is_made_once_and_not_in_every_step(self, monkeypatch) -> None:
        """It took thirty times as long: what compiled code is given is not known in it."""

        def refuse(law):
            msg = f"a table of {law} inside of the computation"
            raise AssertionError(msg)

        monkeypatch.setattr(_traced, "tabulated", refuse)
        models.fit(np.array([0.1, 0.3, 0.6]), NORMAL, draws=None, steps=2)

    def test_fenchel_young_finds_the_inverse_map(self) -> None:
        found = models.fit(
            P, NORMAL, loss="fenchel-young", draws=None, steps=300, learning_rate=0.05
        )
        theta = found.logits[0, -1]
        exact = pt.expected_logsumexp(pt.Normal(), 1.0).parameters(P)
        np.testing.assert_allclose(theta - theta.mean(), exact, atol=2e-4)
        assert found.objective[0, -1] < found.objective[0, 0]

    def test_the_sampled_objective_is_that_of_the_mean_of_samples(self) -> None:
        found = models.fit(P, GUMBEL, draws=50, steps=2, seeds=(7,))
        at_steps = jax.random.split(jax.random.key(jnp.uint32(7)))[1]
        for number in range(2):
            key = jax.random.fold_in(at_steps, number)
            gamma = pt.Gumbel().sample(key, (50, 3))
            s = jax.nn.softmax((found.logits[0, number] + gamma) / 0.5)
            expected = np.abs(np.mean(s, 0) - P).sum()
            assert found.objective[0, number] == pytest.approx(expected, rel=1e-6)

    def test_adam_starts_with_a_step_of_the_learning_rate_downhill(self) -> None:
        found = models.fit(P, NORMAL, draws=None, steps=1, learning_rate=0.03)
        f = pt.expected_logsumexp(pt.Normal(), 1.0)
        slope = f.hvp(np.zeros(3), np.sign(f.probabilities(np.zeros(3)) - P))
        np.testing.assert_allclose(found.logits[0, 1], -0.03 * np.sign(slope), rtol=1e-5)

    @pytest.mark.parametrize(
        ("loss", "draws"), [*((loss, 200) for loss in models.LOSSES), ("kl", None)]
    )
    def test_every_loss_goes_down(self, loss, draws) -> None:
        found = models.fit(P, NORMAL, loss=loss, draws=draws, steps=40, learning_rate=0.05)
        assert found.objective[0, -5:].mean() < found.objective[0, :5].mean()
        p = NORMAL.probabilities(np.asarray(found.logits[0, -1]))
        assert np.abs(p - P).sum() < np.abs(1 / 3 - P).sum()

    def test_a_seed_does_not_depend_on_the_others(self) -> None:
        options = {"draws": 20, "steps": 5, "start": "uniform"}
        both = models.fit(P, NORMAL, seeds=(1, 2), **options)
        alone = models.fit(P, NORMAL, seeds=(2,), **options)
        np.testing.assert_allclose(both.logits[1], alone.logits[0], rtol=1e-10)
        assert np.abs(both.logits[0] - both.logits[1]).max() > 1e-3
        assert np.all((both.logits[:, 0] >= 0) & (both.logits[:, 0] < 1))

    def test_invertible_gaussian_learns_its_scales(self) -> None:
        found = models.fit(
            P, models.InvertibleGaussian(), draws=200, steps=60, learning_rate=0.05, seeds=(0, 1)
        )
        mu, log_sigma = found.parameters
        assert mu.shape == log_sigma.shape == (2, 2)
        assert np.abs(log_sigma).max() > 0.01
        assert found.objective[:, -5:].mean() < 0.5 * found.objective[:, 0].mean()


BAD = {
    "negative": ({"target": np.array([1.5, -0.5])}, "`target` must be not negative"),
    "nan": ({"target": np.array([0.5, np.nan])}, "`target` must be finite, got nan"),
    "scalar": ({"target": np.array(1.0)}, "`target` must be a vector"),
    "one": ({"target": np.array([1.0])}, r"at least two entries, got shape \(1,\)"),
    "matrix": ({"target": np.eye(2)}, r"at least two entries, got shape \(2, 2\)"),
    "loss": ({"loss": "l2"}, "`loss` must be one of l1, .* got 'l2'"),
    "zero-entry": (
        {"target": np.array([1.0, 0.0]), "loss": "reverse-kl"},
        "`loss` 'reverse-kl' is infinite for a target with an entry 0; use 'kl'",
    ),
    "outside": (
        {"target": np.array([0.5, 0.4]), "loss": "fenchel-young"},
        "needs a target in the simplex, got the sum 0.9",
    ),
    "igr-fy": (
        {"family": models.InvertibleGaussian(), "loss": "fenchel-young"},
        "got InvertibleGaussian; use PerturbSoftmax",
    ),
    "igr-exact": (
        {"family": models.InvertibleGaussian(), "draws": None},
        "`draws` must be a number for InvertibleGaussian, got None",
    ),
    "draws": ({"draws": 0}, "`draws` must be a positive integer, got 0"),
    "steps": ({"steps": 2.5}, "`steps` must be a positive integer, got 2.5"),
    "rate": ({"learning_rate": 0.0}, "`learning_rate` must be positive, got 0.0"),
    "start": ({"start": "ones"}, "`start` must be 'zero' or 'uniform', got 'ones'"),
    "seeds": ({"seeds": ()}, r"`seeds` must be a list that is not empty, got \(\)"),
    "seed-float": ({"seeds": (1.5,)}, "`seeds` must be whole numbers .* got 1.5"),
    "seed-bool": ({"seeds": (True,)}, "`seeds` must be whole numbers .* got True"),
    "seed-negative": ({"seeds": (-1,)}, "`seeds` must be whole numbers .* got -1"),
    "seed-scalar": ({"seeds": 3}, "`seeds` must be a list that is not empty, got 3"),
    "rate-none": ({"learning_rate": None}, "`learning_rate` must be a real number .* got None"),
    "start-list": ({"start": ["zero"]}, "`start` must be 'zero' or 'uniform'"),
    "noise-length": (
        {"family": models.PerturbSoftmax(pt.Normal(np.ones(2)))},
        "`target` must have 2 entries, one for each coordinate of the perturbation",
    ),
    "runs-away": (
        {"family": models.PerturbSoftmax(pt.Normal(), 1e-3), "loss": "kl", "draws": 2, "steps": 3},
        "`learning_rate` must keep the fit finite, got 0.01: the objective is .* raise the temp",
    ),
    "no-mean": (
        {"family": models.PerturbSoftmax(pt.FromScipy(stats.cauchy())), "loss": "fenchel-young"},
        "`loss` 'fenchel-young' needs noise with a finite mean, got FromScipy.*; use other noise",
    ),
    "no-mean-exact": (
        {
            "family": models.PerturbSoftmax(pt.StudentT(1.0)),
            "loss": "fenchel-young",
            "draws": None,
        },
        "`loss` 'fenchel-young' needs noise with a finite mean, got StudentT",
    ),
    "family": ({"family": pt.Normal()}, "`family` must be a family .* got Normal"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input(name) -> None:
    changes, message = BAD[name]
    with pytest.raises((ValueError, TypeError), match=message):
        models.fit(**({"target": P, "family": NORMAL} | changes))


def test_bad_families() -> None:
    with pytest.raises(ValueError, match="`temperature` must be positive and finite, got 0"):
        models.PerturbSoftmax(pt.Normal(), 0.0)
    with pytest.raises(ValueError, match="`temperature` must be positive and finite, got nan"):
        models.InvertibleGaussian(float("nan"))
    with pytest.raises(ValueError, match="`temperature` must be a real number .* got None"):
        models.PerturbSoftmax(pt.Normal(), None)
    with pytest.raises(TypeError, match="`perturbation` must be a perturbation"):
        models.PerturbSoftmax(None)


def test_64_bit_target_while_64_bit_is_off() -> None:
    with jax.enable_x64(False), pytest.raises(ValueError, match="`target` is float64 but 64-bit"):
        models.fit(P, NORMAL)
