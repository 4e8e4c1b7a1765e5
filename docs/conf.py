"""How the site is built: `sphinx-build -W docs docs/_build`, without a network."""

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE / "_ext")]

import perturbtheory  # noqa: E402

project = "perturbtheory"
author = "The perturbtheory developers"
copyright = "2026, The perturbtheory developers"  # noqa: A001
version = release = perturbtheory.__version__
language = "en"

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "docstrings",
    "mathml",
    "public",
    "statements",
    "cyclopts.ext.sphinx",
]
exclude_patterns = ["_build", "_ext", "**.ipynb_checkpoints"]
templates_path: list[str] = []

# DOCS=full runs the notebooks too, which costs minutes; outputs are kept for the next build.
# DOCS=pages leaves out the report of the claims, which has tests of its own.
wanted = os.environ.get("DOCS", "")
if wanted != "pages":
    extensions.append("written_report")
nb_execution_mode = "cache" if wanted == "full" else "off"
nb_execution_timeout = 600
nb_execution_raise_on_error = True

myst_enable_extensions = ["amsmath", "deflist", "dollarmath"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = "perturbtheory"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_math_renderer = "mathml"
html_show_sourcelink = False
html_theme_options = {"navigation_with_keys": True}
pygments_style = "friendly"
pygments_dark_style = "native"

default_role = "py:obj"
# Two packages have a name `Kind`; a link from an annotation may lead to either.
suppress_warnings = ["ref.python"]
autodoc_default_options = {"members": True}
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
napoleon_google_docstring = True
napoleon_numpy_docstring = True
napoleon_use_ivar = True
napoleon_use_rtype = False
python_maximum_signature_line_length = 88
