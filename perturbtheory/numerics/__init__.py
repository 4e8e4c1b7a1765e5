"""Array libraries, pytrees and quadrature rules: what is below every law and knows none.

Concrete input that is no JAX array is computed by NumPy and SciPy in float64; JAX arrays, concrete
or traced, by JAX in their own precision. Formulas are written once, against what `namespace`
answers. JAX is never imported here before somebody has made a JAX array.
"""

from perturbtheory.numerics._asked import asked as asked
from perturbtheory.numerics._loops import accurate_sum as accurate_sum
from perturbtheory.numerics._loops import gauss_legendre as gauss_legendre
from perturbtheory.numerics._loops import repeat as repeat
from perturbtheory.numerics._loops import total as total
from perturbtheory.numerics._loops import two_sum as two_sum
from perturbtheory.numerics._namespace import Array as Array
from perturbtheory.numerics._namespace import Namespace as Namespace
from perturbtheory.numerics._namespace import array as array
from perturbtheory.numerics._namespace import divided as divided
from perturbtheory.numerics._namespace import floats as floats
from perturbtheory.numerics._namespace import is_jax as is_jax
from perturbtheory.numerics._namespace import is_known as is_known
from perturbtheory.numerics._namespace import namespace as namespace
from perturbtheory.numerics._normal_points import SCRAMBLINGS as SCRAMBLINGS
from perturbtheory.numerics._normal_points import normal_points as normal_points
from perturbtheory.numerics._panels import Landmarks as Landmarks
from perturbtheory.numerics._panels import column as column
from perturbtheory.numerics._panels import march as march
from perturbtheory.numerics._panels import panel_rule as panel_rule
from perturbtheory.numerics._pytree import leaves as leaves
from perturbtheory.numerics._pytree import mapped as mapped
from perturbtheory.numerics._pytree import register as register
from perturbtheory.numerics._pytree import require_registered as require_registered
from perturbtheory.numerics._random import choice as choice
from perturbtheory.numerics._random import draw as draw
from perturbtheory.numerics._random import dtype_of_draws as dtype_of_draws
from perturbtheory.numerics._random import is_key as is_key
from perturbtheory.numerics._random import split as split
