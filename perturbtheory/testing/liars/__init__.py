"""Broken noises and estimators: each tells one lie, and a suite of laws must catch all of them.

`PERTURBATIONS` and `ESTIMATORS` map a name to the liar and to the name of the law that it breaks;
`Honest` and `HonestScore` are a noise and an estimator written like the liars, which break none.
"""

from perturbtheory.testing.liars._estimators import ESTIMATORS as ESTIMATORS
from perturbtheory.testing.liars._estimators import HonestScore as HonestScore
from perturbtheory.testing.liars._noises import Honest as Honest
from perturbtheory.testing.liars._perturbations import PERTURBATIONS as PERTURBATIONS
