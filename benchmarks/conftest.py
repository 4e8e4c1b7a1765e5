"""64-bit, as the package is meant to be used; the modules beside this one can be imported."""

import sys
from pathlib import Path

import jax

sys.path.insert(0, str(Path(__file__).parent))
jax.config.update("jax_enable_x64", True)
