"""What a perturbation can represent: convexity, completeness, identifiability, concentration.

Each checker returns a `Check`: holds, fails or unknown, with a margin, a witness and its method.
Unknown is never a pass.
"""

from perturbtheory.properties._bounds import gaussian_bound as gaussian_bound
from perturbtheory.properties._bounds import (
    gaussian_bound_as_printed as gaussian_bound_as_printed,
)
from perturbtheory.properties._bounds import gumbel_bound as gumbel_bound
from perturbtheory.properties._check import Check as Check
from perturbtheory.properties._check import Outcome as Outcome
from perturbtheory.properties._completeness import completeness as completeness
from perturbtheory.properties._completeness import reach as reach
from perturbtheory.properties._concentration import concentration as concentration
from perturbtheory.properties._concentration import rate as rate
from perturbtheory.properties._concentration import tail as tail
from perturbtheory.properties._concentration import variance as variance
from perturbtheory.properties._convexity import convexity_along as convexity_along
from perturbtheory.properties._convexity import convexity_at as convexity_at
from perturbtheory.properties._convexity import convexity_over as convexity_over
from perturbtheory.properties._declarations import check_declarations as check_declarations
from perturbtheory.properties._diagnosis import cells as cells
from perturbtheory.properties._diagnosis import describe as describe
from perturbtheory.properties._diagnosis import diagnose as diagnose
from perturbtheory.properties._identifiability import identifiability as identifiability
from perturbtheory.properties._identifiability import minimality as minimality
from perturbtheory.properties._identifiability import one_to_one as one_to_one
from perturbtheory.properties._identifiability import single_valued as single_valued
from perturbtheory.properties._parameter_sets import Oracle as Oracle
from perturbtheory.properties._parameter_sets import active_region as active_region
from perturbtheory.properties._parameter_sets import box as box
from perturbtheory.properties._parameter_sets import cone as cone
from perturbtheory.properties._parameter_sets import gauge as gauge
from perturbtheory.properties._parameter_sets import hyperplane as hyperplane
from perturbtheory.properties._parameter_sets import polyhedron as polyhedron
from perturbtheory.properties._parameter_sets import whole_space as whole_space
from perturbtheory.properties._peers import potentials_of as potentials_of
from perturbtheory.properties._polyhedron import AbstractParameterSet as AbstractParameterSet
from perturbtheory.properties._results import MODELS as MODELS
from perturbtheory.properties._results import Diagnosis as Diagnosis
from perturbtheory.properties._results import Row as Row
from perturbtheory.properties._results import Table1 as Table1
from perturbtheory.properties._shown import STYLES as STYLES
from perturbtheory.properties._table_1 import GROUPS as GROUPS
from perturbtheory.properties._table_1 import PRINTED as PRINTED
from perturbtheory.properties._table_1 import table_1 as table_1
from perturbtheory.properties._table_1 import worst as worst
