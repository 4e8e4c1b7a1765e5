"""The ledger of claims: every statement as an executable check with a verdict by rule."""

import importlib

from perturbtheory.claims.evidence import Check as Check
from perturbtheory.claims.evidence import Part as Part
from perturbtheory.claims.evidence import Step as Step
from perturbtheory.claims.ledger import BUDGETS as BUDGETS
from perturbtheory.claims.ledger import REGISTRY as REGISTRY
from perturbtheory.claims.ledger import Budget as Budget
from perturbtheory.claims.ledger import Claim as Claim
from perturbtheory.claims.ledger import Result as Result
from perturbtheory.claims.ledger import UnknownClaim as UnknownClaim
from perturbtheory.claims.ledger import find as find
from perturbtheory.claims.ledger import run as run

SECTIONS: tuple[str, ...] = (
    "paper_a.softmax",
    "paper_a.softmax_sets",
    "paper_a.minimal_condition",
    "paper_a.gauge_sets",
    "paper_a.gauge_sequences",
    "paper_a.log_sum_exp",
    "paper_a.linear_constraints",
    "paper_a.convexity",
    "paper_a.differentiability",
    "paper_a.conjugate_attained",
    "paper_a.subdifferential",
    "paper_a.restriction",
    "paper_a.gumbel",
    "paper_a.concentration",
    "paper_a.gumbel_concentration",
    "paper_a.concentration_comparison",
    "paper_a.perturb_softmax",
    "paper_a.finite_potential",
    "paper_a.completeness",
    "paper_a.dual_domain",
    "paper_a.vertex_limits",
    "paper_a.softmax_minimality",
    "paper_a.hoelder",
    "paper_a.perturb_argmax",
    "paper_a.argmax_completeness",
    "paper_a.max_differentiable",
    "paper_a.conjugate",
    "paper_a.argmax_minimality",
    "paper_a.minimality_steps",
    "paper_a.uniform",
    "paper_a.uniform_gradient",
    "paper_a.discrete",
    "paper_a.identifiable",
    "paper_a.table_1",
    "paper_a.table_1_corrected",
    "paper_a.targets",
    "paper_a.tables",
    "paper_a.fits",
    "paper_a.vaes",
    "paper_b.gumbel",
    "paper_b.exact_gradient",
    "paper_b.objective",
    "paper_b.relaxation",
    "paper_b.direct",
    "paper_b.small_epsilon",
    "paper_b.direct_loss",
    "paper_b.decomposition",
    "paper_b.decomposition_structured",
    "paper_b.structured",
    "paper_b.structured_argmax",
    "paper_b.tables",
    "paper_b.vaes",
    "ours.identities",
    "ours.anchored",
    "ours.completeness",
    "ours.completeness_argmax",
    "ours.completeness_discrete",
    "ours.geometry",
    "ours.closed_simplex",
    "ours.polytopes",
    "ours.joint_law",
    "ours.direct_bias",
    "ours.direct",
    "ours.direct_choice",
    "ours.escort",
    "ours.closed_forms",
    "ours.closed_forms_bessel",
    "ours.closed_forms_argmax",
    "ours.closed_forms_uniform",
    "ours.scale",
    "ours.scale_many",
    "ours.fits",
    "ours.vaes",
)
"""The modules of claims; their order is the order of the ledger: paper A, paper B, our own."""


def _load() -> None:
    homes = [f"{__name__}.{section}" for section in SECTIONS]
    for home in homes:
        importlib.import_module(home)
    # Modules import each other, so that claims are not registered in the order of the papers.
    place = {home: number for number, home in enumerate(homes)}
    ordered = sorted(REGISTRY.items(), key=lambda i: place.get(i[1].check.__module__, len(place)))
    REGISTRY.clear()
    REGISTRY.update(ordered)


_load()
