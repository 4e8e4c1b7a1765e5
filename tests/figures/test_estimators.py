"""The comparison of gradient estimators: its table is that of its record, and its costs are so."""

import json
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from perturbtheory import estimators as es
from perturbtheory.figures import _compared, estimators

ROOT = Path(__file__).parents[2]


def recorded():
    record = json.loads((ROOT / "figures" / "gradient-estimators.json").read_text("utf-8"))
    return {key: np.array(entry["values"]) for key, entry in record["data"].items()}


def row(name):
    return list(_compared.RULES).index(name)


def test_the_table_of_the_site_is_that_of_the_record():
    page = (ROOT / "docs" / "findings" / "estimators.md").read_text("utf-8")
    assert estimators.table(recorded()) in page


def test_every_estimator_is_compared():
    """But Relax, whose control is one's own."""
    classes = {c.__name__ for c in vars(es).values() if isinstance(c, type)}
    own = {n for n in classes if issubclass(getattr(es, n), es.AbstractEstimator)}
    compared = {type(rule.estimator).__name__ for rule in _compared.RULES.values()}
    assert own - compared == {"AbstractEstimator", "Relax"}


def test_what_the_caption_says():
    data = recorded()
    unbiased = [rule.estimator.unbiased for rule in _compared.RULES.values()]
    assert unbiased == sorted(unbiased, reverse=True)
    for name in _compared.PROBLEMS:
        bias, deviation = data[f"{name}/bias"], data[f"{name}/deviation"]
        absent = bias < 0
        np.testing.assert_array_equal(bias[np.array(unbiased) & ~absent], 0)
        assert deviation[row("carms-2")] < deviation[row("leave-one-out-2")]
        assert deviation[row("gumbel-rao")] < deviation[row("relaxed-straight-through")]
        assert absent[row("disarm")] == (name == "linear")
        assert (bias[row("reinmax")] == 0) == (name != "decoder")
    assert data["linear/deviation"][row("straight-through")] == 0
    assert data["quadratic/deviation"][row("disarm")] == data["quadratic/deviation"][row("carms-2")]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["score", "leave-one-out-2", "reinmax", "gapped"])
def test_exact_entries_are_those_of_draws(name):
    """For the decoder, within six standard errors of 20,000 draws."""
    problem, rule = _compared.PROBLEMS["decoder"], _compared.RULES[name]
    found = _compared.found(rule, problem, 0)
    assert found.bias_radius == found.deviation_radius == 0
    drawn = es.measure(
        rule.estimator, problem.theta, problem.f, key=jax.random.key(1), draws=20_000
    )
    size = np.linalg.norm(es.Exact()(None, jnp.asarray(problem.theta), problem.f))
    assert drawn.variance.contains((found.deviation * size) ** 2)
    place = row(name)
    np.testing.assert_allclose(recorded()["decoder/deviation"][place], found.deviation, rtol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("name", [n for n, r in _compared.RULES.items() if not r.gradients])
def test_how_often_f_is_evaluated(name):
    problem, rule, calls = _compared.PROBLEMS["decoder"], _compared.RULES[name], []

    def counted(z):
        def host(z):
            calls.append(z.shape)
            return np.asarray(z[..., 1].sum(), z.dtype)

        answer = jax.ShapeDtypeStruct((), z.dtype)
        return jax.pure_callback(host, answer, z, vmap_method="sequential")

    estimate = rule.estimator(jax.random.key(0), jnp.asarray(problem.theta), counted)
    jax.block_until_ready(estimate)
    assert len(calls) == rule.values(3, 2)
