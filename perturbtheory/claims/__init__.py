"""The ledger of claims: every statement as an executable check with a verdict by rule."""

import importlib

from perturbtheory.claims.evidence import Check as Check
from perturbtheory.claims.evidence import Part as Part
from perturbtheory.claims.evidence import Step as Step
from perturbtheory.claims.ledger import BUDGETS as BUDGETS
from perturbtheory.claims.ledger import Budget as Budget
from perturbtheory.claims.ledger import Claim as Claim
from perturbtheory.claims.ledger import Result as Result
from perturbtheory.claims.ledger import UnknownClaim as UnknownClaim
from perturbtheory.claims.ledger import find as find
from perturbtheory.claims.ledger import run as run

SECTIONS: tuple[str, ...] = (
    "paper_a.softmax",
    "paper_a.softmax_sets",
    "paper_a.log_sum_exp",
    "paper_a.convexity",
    "paper_a.gumbel",
    "paper_a.concentration",
    "paper_a.perturb_softmax",
    "paper_a.finite_potential",
    "paper_a.completeness",
    "paper_a.softmax_minimality",
    "paper_a.perturb_argmax",
    "paper_a.argmax_minimality",
    "paper_a.uniform",
    "paper_a.uniform_gradient",
    "paper_a.discrete",
    "paper_a.table_1",
    "paper_a.targets",
    "paper_b.gumbel",
    "paper_b.objective",
    "paper_b.direct",
    "paper_b.structured",
    "ours.identities",
    "ours.completeness",
    "ours.geometry",
    "ours.direct",
    "ours.closed_forms",
    "ours.scale",
)
"""The modules of claims; their order is the order of the ledger: paper A, paper B, our own."""
for _section in SECTIONS:
    importlib.import_module(f"{__name__}.{_section}")
