"""Mathematics of the site as MathML, which browsers render by themselves: no script, no network.

The converter is that of the report. A formula that it does not understand is a warning, so that
`sphinx-build -W` fails.
"""

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

from perturbtheory.report import to_html

logger = logging.getLogger(__name__)


def _written(node: nodes.Element, *, display: bool) -> str:
    html = to_html(f"${node.astext()}$", display=display)
    if 'class="tex"' in html:
        logger.warning("no MathML for %s", node.astext(), location=node)
    return html


def _inline(translator: Any, node: nodes.Element) -> None:
    translator.body.append(f'<span class="math">{_written(node, display=False)}</span>')
    raise nodes.SkipNode


def _display(translator: Any, node: nodes.Element) -> None:
    html = _written(node, display=True)
    translator.body.append(f'<div class="math display">{html}</div>')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the renderer, which `html_math_renderer` chooses."""
    app.add_html_math_renderer("mathml", (_inline, None), (_display, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
