"""Negative controls: other records of VAEs must give other verdicts. Nothing is trained."""

import copy

import pytest

from perturbtheory import claims, ledger
from perturbtheory.claims import recorded
from perturbtheory.claims.paper_b.s5_experiments import vaes as paper_b
from perturbtheory.experiments.recorded import Recorded
from perturbtheory.experiments.vaes import recorded as vae_recorded

RECORD = vae_recorded.load()
CONTROLS = {
    "A.table-3": ("hard", 20, {"noise": "normal"}),
    "A.figures-5-10": ("relaxed", 50, {"noise": "normal"}),
    "B.table-1": ("hard", 70, {"rule": "direct"}),
    "B.figures-2-6": ("hard", 90, {"rule": "direct"}),
    "C.vae-bound": ("softmax_divergence", 20, {"noise": "normal"}),
    "C.vae-longer": ("divergence", -20, {"noise": "normal"}),
    "C.vae-relaxed": ("relaxed", 90, {"noise": "normal"}),
    "C.vae-scale": ("hard", 20, {"unit": True}),
}
"""By claim, a number that is so many nats higher than recorded, and in which runs."""


def changed(number, nats, fields):
    """The record with a number of the evaluation, and the training loss, moved by so much."""
    found = Recorded(copy.deepcopy(dict(RECORD)))
    runs = [run for run in found if all(getattr(run, k) == v for k, v in fields.items())]
    assert runs
    for result in (found[run] for run in runs):
        for numbers in (*result["test"].values(),):
            numbers[number] += nats
        for values in (result["validation"][number], result["loss"]):
            values[:] = [value + nats for value in values]
    return found


def verdict_of(id_):
    return ledger.run(claims.find([id_])[0]).verdict


@pytest.mark.parametrize("id_", CONTROLS)
def test_the_verdict_follows_the_record(id_, monkeypatch):
    assert verdict_of(id_) == recorded.load()[id_]["verdict"] != "refuted"
    monkeypatch.setattr(vae_recorded, "load", lambda: changed(*CONTROLS[id_]))
    assert verdict_of(id_) == "refuted"


@pytest.mark.parametrize(
    ("times", "verdicts"),
    [
        (0.5, ("refuted", "supported")),
        (1.0, ("inconclusive",) * 2),
        (1.5, ("supported", "refuted")),
    ],
)
def test_slower_or_faster_direct_would_be_said(times, verdicts, monkeypatch):
    monkeypatch.setattr(paper_b, "ratio", lambda way, k: times)
    assert (verdict_of("B.wall-clock"), verdict_of("B.wall-clock.corrected")) == verdicts
