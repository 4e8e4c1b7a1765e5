"""All broken noises by name, each with the law that it breaks."""

from perturbtheory.testing.liars import _deeper, _noises

PERTURBATIONS = _noises.MADE | _deeper.MADE
