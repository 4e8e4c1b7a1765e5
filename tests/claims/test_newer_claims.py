"""Claims about families that are not complete and statements of others: broken, they disagree."""

import numpy as np
import pytest

from perturbtheory import claims, ledger
from perturbtheory.claims.exhibits import incomplete_fits as fits
from perturbtheory.claims.ours.elsewhere import antithetic, gumbel_rao, permute_and_flip, reinmax
from perturbtheory.claims.ours.representation import incomplete_order as order
from perturbtheory.potential.methods import quadrature

IDS = {
    "C.incomplete-minimiser": "proved",
    "C.incomplete-half-space": "supported",
    "C.incomplete-monotone": "certified",
    "C.reinmax": "proved",
    "C.antithetic": "proved",
    "C.gumbel-rao": "proved",
    "C.permute-and-flip": "proved",
}


def run(id_):
    return ledger.run(claims.find([id_])[0])


@pytest.mark.parametrize(("id_", "verdict"), IDS.items())
def test_verdicts(id_, verdict):
    made = run(id_)
    assert made.verdict == verdict, made.weakest
    assert {part.outcome for part in made.parts} == {"holds"}


@pytest.mark.parametrize("part", [0, 2])
def test_a_bias_off_the_normal_is_noticed(monkeypatch, part):
    """The multiplier moves the mass from 1 alone (0), or too far (2)."""
    true = fits.fenchel_young

    def broken(f, p, *how):
        fit = true(f, p, *how)
        theta = f.parameters(fit.p * [0.98, 1, 1] / (fit.p @ [0.98, 1, 1]))
        return fit._replace(theta=theta) if part == 0 else fit._replace(size=1.01 * fit.size)

    monkeypatch.setattr(fits, "fenchel_young", broken)
    made = run("C.incomplete-minimiser")
    assert made.disagreement
    assert "half-space" in made.weakest


def test_a_nearest_point_that_is_not_the_nearest_is_noticed(monkeypatch):
    """The more frequent of 1 and 2 pays."""

    def broken(f, p):
        mirrored = true(f, p[[1, 0, 2]])
        return fits.Fit(mirrored.theta[[1, 0, 2]], mirrored.p[[1, 0, 2]], 1.2 * mirrored.size)

    true = fits.total_variation
    monkeypatch.setattr(fits, "total_variation", broken)
    made = run("C.incomplete-half-space")
    assert made.disagreement
    assert "L_1" in made.weakest


@pytest.mark.parametrize("broken", [lambda p: p, lambda p: sorted(p, reverse=True)])
def test_a_regression_that_does_not_pool_is_noticed(monkeypatch, broken):
    monkeypatch.setattr(order, "isotonic", broken)
    assert run("C.incomplete-monotone").disagreement


def test_reinmax_with_the_wrong_weights_is_noticed(monkeypatch):
    """Half of the first term: straight-through at the midpoint."""
    jacobian = reinmax.jacobian
    monkeypatch.setattr(
        reinmax,
        "estimate",
        lambda p, q, z, slope: jacobian((q + z) / 2) * slope - jacobian(p) * slope / 2,
    )
    made = run("C.reinmax")
    assert [part.outcome for part in made.parts] == ["holds", *["disagreement"] * 3]


def test_reinmax_by_enumeration_without_temperature_is_noticed(monkeypatch):
    true = reinmax.enumerated
    monkeypatch.setattr(reinmax, "enumerated", lambda f, theta, tau: true(f, theta, 1.0))
    made = run("C.reinmax")
    assert made.verdict == "inconclusive"
    assert r"\tau" in made.weakest


def test_mirrored_draws_with_the_wrong_weight_are_noticed(monkeypatch):
    """Half of what either end adds."""
    true = antithetic.averages
    monkeypatch.setattr(antithetic, "averages", lambda phi: tuple(x / 2 for x in true(phi)))
    made = run("C.antithetic")
    assert [part.outcome for part in made.parts] == ["disagreement"] * 2 + ["holds"] * 4


def test_sticks_that_are_not_mirrored_are_noticed(monkeypatch):
    """Independent samples have weights of one, and save nothing."""

    def independent(p):
        return [[x * y for y in p] for x in p]

    monkeypatch.setattr(antithetic, "pairs", independent)
    rule = antithetic.ScoreFunction(samples=2, baseline="leave-one-out")
    monkeypatch.setattr(antithetic, "Carms", lambda samples: rule)
    made = run("C.antithetic")
    held = [part.outcome == "holds" for part in made.parts]
    assert held == [True, True, False, False, False, False]


def test_inner_draws_that_save_nothing_are_noticed(monkeypatch):
    true = gumbel_rao.variance
    monkeypatch.setattr(gumbel_rao, "variance", lambda t, _, *problem: true(t, 1, *problem))
    made = run("C.gumbel-rao")
    assert [part.outcome for part in made.parts] == ["disagreement"] * 2


def test_flips_without_permutation_are_noticed(monkeypatch):
    monkeypatch.setattr(permute_and_flip, "permutations", lambda items: [tuple(items)])
    made = run("C.permute-and-flip")
    assert made.disagreement


def test_swapped_probabilities_of_the_engine_are_noticed(monkeypatch):
    true = quadrature.solve

    def swapped(noise, theta, **how):
        found = true(noise, theta, **how)
        return found._replace(probabilities=found.probabilities[::-1])

    monkeypatch.setattr(quadrature, "solve", swapped)
    assert run("C.permute-and-flip").disagreement


def test_the_enumerated_reinmax_is_an_average_over_z():
    """Against draws of the same backward pass, for a cubic f."""
    rng = np.random.default_rng(4)
    theta, tau = np.array([0.3, 1.1, -0.6]), 1.3
    p = np.exp(theta) / np.exp(theta).sum()
    soft = np.exp(theta / tau) / np.exp(theta / tau).sum()
    z = np.eye(3)[rng.choice(3, 200_000, p=p)]
    slope = np.stack([3 * z[:, 0] ** 2, z[:, 2], z[:, 1]], -1)

    def applied(pi):
        return pi * (slope - (pi * slope).sum(-1, keepdims=True))

    drawn = 2 * applied((soft + z) / 2) - applied(np.broadcast_to(p, z.shape)) / 2
    error = 5 * drawn.std(0) / np.sqrt(len(z))
    found = reinmax.enumerated(lambda x: x[0] ** 3 + x[1] * x[2], theta, tau)
    assert np.all(np.abs(drawn.mean(0) - found) < error)
