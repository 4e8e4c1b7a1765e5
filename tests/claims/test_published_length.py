"""What runs of 300 epochs would say: made up ones must support, contradict and leave open."""

import math
from dataclasses import replace

import numpy as np
import pytest

from perturbtheory import claims, ledger
from perturbtheory.claims.exhibits import criteria
from perturbtheory.experiments.recorded import Recorded
from perturbtheory.experiments.vaes import PUBLISHED_EPOCHS
from perturbtheory.experiments.vaes import recorded as vae_recorded
from perturbtheory.experiments.vaes.grids import (
    CATEGORIES,
    IMAGES,
    METHODS,
    SEEDS,
    published,
)
from perturbtheory.models.vae import CRITERIA

NOISES = {
    # (noise, own KL, variance one): hard, KL of the arg max, KL of the softmax, relaxed, decay
    ("gumbel", False, False): (100.0, 12.0, 12.0, 93.0, 20.0),
    ("normal", False, False): (97.0, 16.0, 12.0, 90.0, 10.0),
    ("normal", True, False): (99.0, 14.0, 11.0, 91.0, 10.0),
    ("gumbel", False, True): (98.0, 15.0, 12.0, 91.0, 10.0),
    ("logistic", False, False): (104.0, 12.0, 14.0, 95.0, 30.0),
}
METHOD = {"direct": (140.0, 10.0), "exact": (140.4, 30.0), "relaxed": (148.0, 15.0)}
"""Hard loss and decay with one latent; on Fashion-MNIST the exact method is 20 nats worse."""
OF_A = ("A.table-3-300", "A.figures-5-10-300", "A.faster-convergence-300")
OF_B = ("B.table-1-300", "B.figures-2-6-300")
OF_C = ("C.vae-bound-300", "C.vae-scale-300", "C.vae-relaxed-300")


def numbers(run):
    if run.latents == 1:
        hard, decay = METHOD[run.rule]
        hard += 20 * (run.rule == "exact" and run.images == "fashion-mnist")
        return {"hard": hard, "divergence": 2.0, "softmax_divergence": 2.0, "relaxed": hard}, decay
    key = (run.noise, run.divergence == "argmax", run.unit)
    hard, own, softmax, relaxed, decay = NOISES[key]
    found = {"hard": hard, "divergence": own, "softmax_divergence": softmax, "relaxed": relaxed}
    return found, decay


def made_up(run, change):
    """A result of 300 epochs that falls to its numbers, a little different for each seed."""
    found, decay = numbers(run)
    found = {"hard_error": 0.1} | found
    found["hard"] += 0.02 * run.seed
    found["relaxed"] += 0.02 * run.seed
    decay = change(run, found) or decay
    fall = 90 * np.exp(-np.arange(PUBLISHED_EPOCHS) / decay)
    trained = found["relaxed"] + found["softmax_divergence"] + fall
    validation = {name: np.full(PUBLISHED_EPOCHS, value) for name, value in found.items()}
    validation["hard"] = found["hard"] + fall
    best = PUBLISHED_EPOCHS - 7 - run.seed  # is kept too, so that runs have epochs of their own
    whole = {
        "loss": trained.tolist(),
        "reconstruction": trained.tolist(),
        "validation": {name: values.tolist() for name, values in validation.items()},
        "test": {name: found | {"epoch": best} for name in CRITERIA}
        | {"last": found | {"epoch": PUBLISHED_EPOCHS}},
        "seconds": [1.0] * PUBLISHED_EPOCHS,
    }
    return vae_recorded.thinned(whole)


def cells():
    for images in IMAGES:
        yield from (run for run in published() if run.images == images and run.seed == 0)
        for name in ("unbiased", "direct", "Gumbel-Softmax"):
            for k in CATEGORIES:
                yield replace(METHODS[name], images=images, categories=k, epochs=PUBLISHED_EPOCHS)


@pytest.fixture
def verdict(monkeypatch):
    """The verdict of a claim if these runs were recorded."""

    def found(id_, change=lambda _run, _numbers: None, seeds=SEEDS, keep=lambda _: True):
        runs = [replace(cell, seed=seed) for cell in cells() if keep(cell) for seed in seeds]
        results = Recorded({run: made_up(run, change) for run in runs})
        monkeypatch.setattr(vae_recorded, "load", lambda: results)
        return ledger.run(claims.find([id_])[0]).verdict

    return found


def exchanged(run, found):
    """Normal has the numbers of Gumbel, and the other way round."""
    if run.latents > 1:
        other = {"normal": "gumbel", "gumbel": "normal"}.get(run.noise, run.noise)
        value, decay = numbers(replace(run, noise=other, unit=False, divergence="softmax"))
        found |= value
        return decay
    methods = {"direct": "relaxed", "relaxed": "direct", "exact": "direct"}
    value, decay = numbers(replace(run, rule=methods[run.rule], images="mnist"))
    found |= value
    return decay


def unsettled(run, found):
    """Runs of the side that leads differ from seed to seed by far more than the lead."""
    if run.noise == "normal" or run.unit or run.rule == "direct":
        off = 60.0 * (run.seed - 1)
        found["hard"] += off
        found["relaxed"] += off
        found["divergence"] += off
        return (5.0, 40.0, 90.0)[run.seed]
    return None


def one_law(run, found):
    """The published number is the bound."""
    found["divergence"] = found["softmax_divergence"]


def wider_is_better(run, found):
    found["hard"] -= 30 * (run.noise == "logistic")


def tight(run, found):
    """Relaxed samples lose as much as hard ones."""
    found["relaxed"] = found["hard"] + found["divergence"] - found["softmax_divergence"]


AGAINST = {
    **dict.fromkeys((*OF_A, *OF_B), exchanged),
    "C.vae-bound-300": one_law,
    "C.vae-scale-300": wider_is_better,
    "C.vae-relaxed-300": tight,
}


@pytest.mark.parametrize("id_", AGAINST)
class TestReadings:
    def test_nothing_is_claimed_of_what_was_not_run(self, id_, verdict):
        assert verdict(id_, keep=lambda _: False) == "untested"

    def test_runs_can_support_it(self, id_, verdict):
        assert verdict(id_) == "supported"

    def test_runs_can_contradict_it(self, id_, verdict):
        assert verdict(id_, AGAINST[id_]) == "not reproduced"

    def test_seeds_that_differ_leave_it_open(self, id_, verdict):
        assert verdict(id_, unsettled) == "inconclusive"

    def test_two_seeds_decide_nothing_and_two_data_sets_leave_it_open(self, id_, verdict):
        assert verdict(id_, seeds=SEEDS[:2]) == "untested"
        assert ledger.run(claims.find([id_])[0]).waits
        assert verdict(id_, keep=lambda run: run.images != "mnist") == "inconclusive"


def test_what_is_recorded_today_has_no_word_in_it(verdict):
    """Shorter runs count for none of these claims, and these runs for none of the shorter."""
    assert verdict("A.table-3") == "inconclusive"
    assert "300" not in claims.find(["A.table-3"])[0].says


def test_a_certain_encoder_is_left_out_and_not_beaten(verdict):
    def certain(seeds):
        def change(run, found):
            if run.rule == "relaxed" and run.latents == 1 and run.seed in seeds:
                found |= {"hard": 200.0, "divergence": math.log(run.categories) - 0.001}

        return change

    assert verdict("B.table-1-300", certain((2,))) == "inconclusive"
    result = ledger.run(claims.find(["B.table-1-300"])[0])
    assert {check.detail for part in result.parts for check in part.checks} == {
        "300 epochs: 2 of 3 seeds, 1 left out, certain of one category"
    }
    assert verdict("B.table-1-300", certain(SEEDS)) == "inconclusive"


def relaxed_is_near_on_omniglot(run, found):
    """The relaxed loss of Gumbel, and its bound, as on Omniglot: two nats apart."""
    if run.images == "omniglot-resized" and run.latents > 1 and run.noise == "gumbel":
        found["relaxed"] = found["hard"] - 2.0


def test_the_correction_on_relaxed_losses_stands_where_that_claim_falls(verdict):
    corrected = "C.vae-relaxed-300.corrected"
    assert verdict(corrected, relaxed_is_near_on_omniglot) == "supported"
    assert verdict("C.vae-relaxed-300", relaxed_is_near_on_omniglot) == "not reproduced"
    assert verdict(corrected) == "not reproduced"
    assert verdict(corrected, keep=lambda run: run.images == "mnist") == "inconclusive"


def outcome(check):
    return check.outcome


class TestCriteria:
    def test_three_standard_errors_over_three_seeds(self):
        apart = dict(enumerate([1.0, 1.1, 0.9]))  # 1 +- 0.17
        assert outcome(criteria.paired("x", apart, "y")) == "holds"
        assert outcome(criteria.paired("x", apart, "y", 0.84)) == "unknown"
        assert outcome(criteria.paired("x", apart, "y", 1.18)) == "fails"
        assert outcome(criteria.paired("x", apart, "y", 1.16)) == "unknown"
        assert outcome(criteria.paired("x", {0: 9.0, 1: 9.0}, "y")) == "unknown"
        assert not criteria.paired("x", {}, "y").ran

    def test_one_error_for_all_epochs(self):
        rows = {s: np.linspace(5.0, 1.0, 300) + 0.1 * (s - 1) for s in range(3)}
        assert outcome(criteria.everywhere("x", rows, "y")) == "holds"
        assert outcome(criteria.everywhere("x", {s: r - 1 for s, r in rows.items()}, "y")) == (
            "unknown"
        )
        assert outcome(criteria.everywhere("x", {s: r - 2 for s, r in rows.items()}, "y")) == (
            "fails"
        )
        # One epoch in which three seeds happen to agree does not count for more than the others.
        rng = np.random.default_rng(0)
        noise = {s: rng.normal(size=300) for s in range(3)}
        assert outcome(criteria.everywhere("x", noise, "y")) != "holds"
        assert not criteria.everywhere("x", {}, "y").ran

    def test_epochs_to_the_level_that_both_reach(self):
        kept = [1, 2, 10, 20]
        assert criteria.later([9, 5, 3, 3], [9, 7, 5, 4], kept) == 10 - 2
        assert criteria.later([9, 7, 5, 4], [9, 5, 3, 3], kept) == 2 - 10
        # A plateau is no convergence.
        assert criteria.later([9, 5, 3, 3], [9, 9, 9, 9], kept) == 0
        with pytest.raises(ValueError, match="`level` must be reached by the curve, got 1"):
            criteria.reached([3, 2], kept, 1)
        # Where it is between epochs that are kept is not known.
        gaps = dict(enumerate([14, 16, 15]))
        assert outcome(criteria.paired("x", gaps, "y", room=10)) == "holds"
        nearer = {seed: gap - 10 for seed, gap in gaps.items()}
        assert outcome(criteria.paired("x", nearer, "y", room=10)) == "unknown"

    def test_single_runs_count_from_a_nat_on(self):
        assert outcome(criteria.apart("x", [1.1, 3.0], "y")) == "holds"
        assert outcome(criteria.apart("x", [0.9, 3.0], "y")) == "unknown"
        assert outcome(criteria.apart("x", [-1.1, 3.0], "y")) == "fails"
