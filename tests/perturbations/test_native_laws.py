"""Laws in closed form against mpmath, in both tails; invalid parameters known too late."""

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pytest
import scipy.stats

import perturbtheory as pt
from perturbtheory.cli._diagnose import _named

SHAPES = ((0.05, 0.37), (1.0, 0.37), (2.5, 1e250), (500.0, 0.37))
LAWS = [
    *(law(scale) for law in (pt.Exponential, pt.GumbelMin) for scale in (0.37, 1e250)),
    *(law(*shape) for law in (pt.Pareto, pt.Frechet, pt.Weibull) for shape in SHAPES),
]
LEVELS = (-200.0, -40.0, -1.0, -0.3, -1e-3)
EPS = 2.0**-52

each = pytest.mark.parametrize("noise", LAWS, ids=str)


@pytest.fixture(autouse=True)
def _digits() -> Iterator[None]:
    with mp.workdps(150):
        yield


class Exact:
    """-log F, -log S and the density of a law in 150 digits."""

    def __init__(self, noise: Any) -> None:
        self.name, self.scale = type(noise).__name__, mp.mpf(noise.scale)
        self.a = mp.mpf(getattr(noise, "tail_index", 1.0))

    def hazard(self, x: Any) -> Any:
        """-log S, or -log F of a Frechet law."""
        z = mp.mpf(x) / self.scale
        if self.name == "Pareto":
            return self.a * mp.log(z)
        if self.name == "GumbelMin":
            return mp.exp(z - mp.euler)
        return z**-self.a if self.name == "Frechet" else z**self.a

    def logs(self, x: float) -> tuple[Any, Any, Any]:
        """(log F, log S, log f)."""
        u, x = self.hazard(x), mp.mpf(x)
        other = mp.log(-mp.expm1(-u))
        slope = {"Pareto": self.a / x, "GumbelMin": u / self.scale}.get(self.name, self.a * u / x)
        pair = (-u, other) if self.name == "Frechet" else (other, -u)
        return (*pair, mp.log(slope) - u)

    def quantile(self, level: float, upper: bool) -> Any:
        level = mp.mpf(level)
        plain = upper != (self.name == "Frechet")
        u = -level if plain else -mp.log(-mp.expm1(level))
        if self.name == "Pareto":
            return self.scale * mp.exp(u / self.a)
        if self.name == "GumbelMin":
            return self.scale * (mp.log(u) + mp.euler)
        return self.scale * u ** ((-1 if self.name == "Frechet" else 1) / self.a)


def _places(noise: Any) -> list[tuple[float, bool, float, Any]]:
    """(level, upper, x, exact x) where x and x / scale are ordinary numbers."""
    exact, out = Exact(noise), []
    for level in LEVELS:
        for upper in (False, True):
            x = exact.quantile(level, upper)
            if all(mp.mpf(10) ** -290 < abs(y) < mp.mpf(10) ** 290 for y in (x, x / exact.scale)):
                out.append((level, upper, float(x), x))
    return out


@each
def test_quantiles_in_both_tails(noise: Any) -> None:
    for level, upper, _, exact in _places(noise):
        found = float(noise.log_quantile(level, upper=upper))
        # A rounding of 1 / tail_index moves a power of u by as much as its logarithm.
        slack = 4 + abs(float(mp.log(abs(exact) / mp.mpf(noise.scale))))
        assert abs(found / exact - 1) < slack * EPS
        assert float(noise.log_quantiles((level,), upper=upper)[0, 0]) == found
    q = np.array([1e-12, 0.3, 0.99])
    with np.errstate(over="ignore"):
        np.testing.assert_allclose(
            noise.quantile(q), noise.log_quantiles(tuple(np.log(q)))[:, 0], rtol=1e-11
        )


@each
def test_distribution_functions_in_both_tails(noise: Any) -> None:
    exact = Exact(noise)
    for _, _, x, _ in _places(noise):
        if x <= float(noise.support[0]):
            continue
        truth = exact.logs(x)
        # What a rounding of x / scale moves the logarithms by, and -log F and -log S themselves.
        slope = [abs(x) * mp.exp(truth[2] - side) for side in truth[:2]]
        if isinstance(noise, pt.Pareto):  # counted from the end of the support
            slope = [abs(truth[1]) * mp.exp(truth[1] - side) for side in truth[:2]]
        power = exact.a * abs(mp.log(abs(x) / exact.scale)) + abs(mp.log(exact.scale))
        slack = [*slope, sum(slope) + power + 1]
        for name, true, extra in zip(("log_cdf", "log_sf", "log_pdf"), truth, slack, strict=True):
            found = float(getattr(noise, name)(x))
            assert abs(found - true) <= 4 * EPS * float(abs(true) + extra) + 1e-300, name
        cdf, rate = noise.cdf_and_rate(x)
        if mp.exp(truth[2] - truth[0]) > 1e-290:
            both = float(sum(slope) + power + abs(truth[1]) + abs(truth[0]) + 4)
            assert abs(float(cdf) / mp.exp(truth[0]) - 1) < 4 * EPS * both
            assert abs(float(rate) / mp.exp(truth[2] - truth[0]) - 1) < 4 * EPS * both
            assert float(noise.log_cdf_and_rate(x)[1]) == pytest.approx(float(rate), rel=1e-15)


@pytest.mark.parametrize("a", [0.05, 1.0, 1.2, 2.01, 7.9, 8.1, 500.0, 1e8])
def test_moments(a: float) -> None:
    b, s = mp.mpf(a), 3.0
    one = mp.gamma(1 - 1 / b) if a > 1 else mp.inf
    two = mp.gamma(1 - 2 / b) - one**2 if a > 2 else mp.inf
    truth = {
        pt.Pareto: (
            b / (b - 1) if a > 1 else mp.inf,
            b / ((b - 1) ** 2 * (b - 2)) if a > 2 else mp.inf,
        ),
        pt.Frechet: (one, two),
        pt.Weibull: (mp.gamma(1 + 1 / b), mp.gamma(1 + 2 / b) - mp.gamma(1 + 1 / b) ** 2),
    }
    for law, (mean, variance) in truth.items():
        noise = law(a, s)
        assert float(noise.mean) == pytest.approx(float(s * mean), rel=2e-14)
        assert float(noise.variance) == pytest.approx(float(s * s * variance), rel=2e-14)
        assert bool(noise.finite_mean) == bool(mp.isfinite(mean))
    if 1 < a < 100:
        for x in (3.5, 1e3):
            partial = mp.gammainc(1 - 1 / b, 0, mp.mpf(x / s) ** -b)
            found = pt.Frechet(a, s).upper_partial_mean(x)
            assert float(found) == pytest.approx(float(s * partial), rel=1e-12)
            partial = b / (b - 1) * x * mp.mpf(x / s) ** -b
            assert float(pt.Pareto(a, s).upper_partial_mean(x)) == pytest.approx(float(partial))


def test_the_end_of_the_support_keeps_every_digit() -> None:
    cdf, rate = pt.Pareto(2.5, 0.1).cdf_and_rate_at(0.1, np.array([-1e-30, 0.0, 1e-30]))
    np.testing.assert_allclose(cdf, [0, 0, 2.5e-29], rtol=1e-14)
    np.testing.assert_allclose(rate, [0, 0, 1e30], rtol=1e-14)
    x = np.array([-1.0, 0.0, 5e-324, 1e-300, 1e300])
    for noise in (pt.Exponential(), pt.Weibull(0.05), pt.Weibull(3.0), pt.Frechet(0.05)):
        for found in (*noise.cdf_and_rate(x), noise.score(x)):
            assert np.all(np.isfinite(found))
    assert pt.Weibull(0.5).log_pdf(0.0) == np.inf
    assert pt.Weibull(1.0, 2.0).log_pdf(0.0) == pytest.approx(-np.log(2))
    assert pt.Weibull(2.0).log_pdf(0.0) == pt.Frechet(2.0).log_pdf(0.0) == -np.inf


def test_exponential_noise_is_permute_and_flip() -> None:
    gap = np.array([0.3, 5.0, 30.0])
    for g in gap:
        found = pt.expected_max(pt.Exponential(0.5)).probabilities(np.array([g, 0.0]))
        assert found[1] == pytest.approx(np.exp(-2 * g) / 2, rel=1e-13)
    value = pt.expected_max(pt.Exponential())(np.zeros(3))
    assert value == pytest.approx(1 + 1 / 2 + 1 / 3, rel=1e-14)


@pytest.mark.parametrize(
    ("noise", "law"),
    [
        (pt.Pareto(0.7, 2.0), scipy.stats.pareto(0.7, scale=2.0)),
        (pt.Frechet(0.7, 2.0), scipy.stats.invweibull(0.7, scale=2.0)),
        (pt.Weibull(0.7, 2.0), scipy.stats.weibull_min(0.7, scale=2.0)),
    ],
    ids=["pareto", "frechet", "weibull"],
)
@pytest.mark.parametrize("key", [np.random.default_rng, jax.random.key], ids=["numpy", "jax"])
def test_draws_of_heavy_laws(noise: Any, law: Any, key: Callable) -> None:
    draws = np.asarray(noise.sample(key(0), (20_000, 1)))[:, 0]
    assert scipy.stats.kstest(draws, law.cdf).pvalue > 1e-6
    vectors = dataclasses.replace(noise, scale=np.array([1.0, 1e6]))
    assert np.all(np.median(np.asarray(vectors.sample(key(0), (999, 2))), 0) > [0.3, 3e5])


VECTORS = [
    pt.Exponential(np.array([0.5, 2.0])),
    pt.GumbelMin(np.array([0.5, 2.0])),
    *(law(np.array([0.7, 2.5]), np.array([0.5, 2.0])) for law in (pt.Pareto, pt.Frechet)),
    pt.Weibull(np.array([0.7, 2.5]), np.array([0.5, 2.0])),
]


@pytest.mark.parametrize("noise", VECTORS, ids=lambda noise: type(noise).__name__)
def test_jax_agrees_with_numpy(noise: Any) -> None:
    x = np.array([[0.1, 0.3], [0.6, 2.5], [40.0, 50.0]])
    same = jax.tree.map(jnp.asarray, noise)
    for name in ("log_pdf", "log_cdf", "log_sf", "log_cdf_and_rate", "score", "upper_partial_mean"):
        ours, theirs = (np.asarray(getattr(law, name)(x)) for law in (noise, same))
        assert isinstance(getattr(same, name)(x)[0], jax.Array)
        np.testing.assert_allclose(theirs, ours, rtol=1e-13, atol=1e-15, err_msg=name)
    for name in ("mean", "variance", "resolution", "support"):
        ours, theirs = (np.asarray(getattr(law, name)) for law in (noise, same))
        np.testing.assert_allclose(theirs, ours, rtol=1e-13, atol=1e-300, err_msg=name)
    q = np.array([0.2, 0.7])
    np.testing.assert_allclose(same.quantile(q), noise.quantile(q), rtol=1e-13)
    slope = jax.grad(lambda law: jnp.sum(law.log_pdf(x[1])))(same)
    assert all(np.all(np.isfinite(leaf)) for leaf in jax.tree.leaves(slope))


INVALID = {
    "normal": (pt.Normal, (-1.0,)),
    "gumbel": (pt.Gumbel, (-1.0,)),
    "gumbel-min": (pt.GumbelMin, (-1.0,)),
    "logistic": (pt.Logistic, (0.0,)),
    "laplace": (pt.Laplace, (np.inf,)),
    "exponential": (pt.Exponential, (-1.0,)),
    "pareto": (pt.Pareto, (-1.0, 1.0)),
    "frechet": (pt.Frechet, (2.0, -1.0)),
    "weibull": (pt.Weibull, (0.0, 1.0)),
    "uniform": (pt.Uniform, (1.0, -1.0)),
    "uniform-infinite": (pt.Uniform, (-np.inf, 1.0)),
    "discrete": (pt.Discrete, ([0.0, 1.0], [-0.5, 1.5])),
}


@pytest.mark.parametrize("name", INVALID)
def test_traced_invalid_parameters_give_nan(name: str) -> None:
    law, given = INVALID[name]
    x = jnp.array([-2.0, 0.0, 0.3, 3.0])

    @jax.jit
    def ask(parameters: Any) -> dict[str, Any]:
        noise = law(*parameters)
        out = {
            key: getattr(noise, key)(x) for key in ("log_pdf", "log_cdf", "log_sf", "cdf", "score")
        }
        if noise.continuous:
            out["rate"] = jnp.stack([*noise.log_cdf_and_rate(x), *noise.cdf_and_rate(x)])
            out["log_quantile"] = jnp.stack(
                [noise.log_quantile(-2.0), noise.log_quantile(-2.0, upper=True)]
            )
        else:
            del out["score"]
        return out | {
            "quantile": noise.quantile(jnp.array([0.2, 0.5])),
            "mean": noise.mean,
            "variance": noise.variance,
            "resolution": noise.resolution,
            "sample": noise.sample(jax.random.key(0), (3, 1)),
        }

    for key, value in ask(jax.tree.map(jnp.asarray, [np.asarray(v) for v in given])).items():
        assert np.all(np.isnan(value)), (key, value)


def test_errors_name_the_parameter() -> None:
    with pytest.raises(ValueError, match="`tail_index` must be positive and finite, got 0"):
        pt.Pareto(0.0)
    with pytest.raises(ValueError, match="`scale` must be positive and finite, got -1"):
        pt.Frechet(2.0, -1.0)
    with pytest.raises(ValueError, match=r"`tail_index` and `scale` must have one shape"):
        pt.Weibull(np.ones(2), np.ones(3))


@pytest.mark.parametrize("name", ["exponential", "pareto", "frechet", "weibull", "gumbel_min"])
def test_the_command_line_knows_them(name: str) -> None:
    heavy = name in ("pareto", "frechet", "weibull")
    given = {"scale": 2.0} | ({"tail_index": 3.0} if heavy else {})
    assert float(_named(name, given).scale) == 2.0
    if heavy:
        with pytest.raises(ValueError, match=f"`--tail-index` must be given for {name}"):
            _named(name, {})
