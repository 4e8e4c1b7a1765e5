"""VAEs with coupled binary latents: exact arg maxes, direct optimisation, exact bounds.

Paper B, sections 4.1 and 5.2, Figure 3. With n bits all 2^n states can be looked at: the arg max
needs neither max-flow nor an integer program, f at every state is one product, and log p(x) is a
sum.
"""

from perturbtheory.models.vae.structured._bounds import PairwiseBounds as PairwiseBounds
from perturbtheory.models.vae.structured._bounds import evaluate as evaluate
from perturbtheory.models.vae.structured._direct import PairwiseDirect as PairwiseDirect
from perturbtheory.models.vae.structured._evidence import Evidence as Evidence
from perturbtheory.models.vae.structured._evidence import ExactBound as ExactBound
from perturbtheory.models.vae.structured._evidence import evidence as evidence
from perturbtheory.models.vae.structured._evidence import exact_bound as exact_bound
from perturbtheory.models.vae.structured._law import NOISES as NOISES
from perturbtheory.models.vae.structured._law import Noise as Noise
from perturbtheory.models.vae.structured._law import gibbs_divergence as gibbs_divergence
from perturbtheory.models.vae.structured._law import log_gibbs as log_gibbs
from perturbtheory.models.vae.structured._law import sample as sample
from perturbtheory.models.vae.structured._model import KINDS as KINDS
from perturbtheory.models.vae.structured._model import Couplings as Couplings
from perturbtheory.models.vae.structured._model import PairwiseVAE as PairwiseVAE
from perturbtheory.models.vae.structured._solvers import SOLVERS as SOLVERS
from perturbtheory.models.vae.structured._solvers import Timing as Timing
from perturbtheory.models.vae.structured._solvers import argmax as argmax
from perturbtheory.models.vae.structured._solvers import timings as timings
from perturbtheory.models.vae.structured._states import pairs as pairs
from perturbtheory.models.vae.structured._states import scores as scores
from perturbtheory.models.vae.structured._states import states as states
from perturbtheory.models.vae.structured._table import Table as Table
from perturbtheory.models.vae.structured._table import table as table
