"""The ledger of claims: every statement as an executable check with a verdict by rule."""

# The order of these imports is the order of the ledger: that of paper A, then our own.
from perturbtheory.claims.paper_a import softmax as softmax  # isort: skip
from perturbtheory.claims.paper_a import gumbel as gumbel  # isort: skip
from perturbtheory.claims.paper_a import perturb_softmax as perturb_softmax  # isort: skip
from perturbtheory.claims.paper_a import uniform as uniform  # isort: skip
from perturbtheory.claims.paper_a import uniform_gradient as uniform_gradient  # isort: skip
from perturbtheory.claims.paper_a import discrete as discrete  # isort: skip
from perturbtheory.claims import ours as ours  # isort: skip

from perturbtheory.claims.ledger import BUDGETS as BUDGETS
from perturbtheory.claims.ledger import Budget as Budget
from perturbtheory.claims.ledger import Check as Check
from perturbtheory.claims.ledger import Claim as Claim
from perturbtheory.claims.ledger import Part as Part
from perturbtheory.claims.ledger import Result as Result
from perturbtheory.claims.ledger import UnknownClaim as UnknownClaim
from perturbtheory.claims.ledger import find as find
from perturbtheory.claims.ledger import run as run
