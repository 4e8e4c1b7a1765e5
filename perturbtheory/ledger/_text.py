r"""LaTeX in texts as plain text, for terminals: $e^{\theta_i}$ becomes e^{θ_i}."""

import functools
import re
from typing import Any


def plain(text: str) -> str:
    r"""The text with its $LaTeX$ as Unicode.

    Example:
        >>> plain(r"$\frac{a+1}{2} \le \theta_1$ for all $a$")
        '(a+1)/2 ≤ θ_1 for all a'
    """
    if "$" not in text and "\\" not in text:
        return text
    text = re.sub(r"(?<!\\)%", r"\\%", text)  # which begins no comment here
    text = re.sub(r"\\[td]frac", r"\\frac", text)
    text = re.sub(r"\\(?:operatorname|text|mathrm|mathbf)\*?\{([^{}]*)\}", r" \1", text)
    return re.sub(r"\s+", " ", _converter().latex_to_text(text)).strip()


_WORDS = {
    "ne": " ≠ ",
    "neq": " ≠ ",
    "le": " ≤ ",
    "ge": " ≥ ",
    "in": " ∈ ",
    "to": " → ",
    "iff": " ⇔ ",
    "implies": " ⇒ ",
    "quad": " ",
    "log": " log ",
    "arg": " arg ",
    "dim": " dim ",
    "mid": " | ",
    "lVert": "‖",
    "rVert": "‖",
    "lvert": "|",
    "rvert": "|",
    "imath": "i",
    "|": "‖",
}
"""What pylatexenc leaves out, or sets without the spaces that make it readable."""


@functools.cache
def _converter() -> Any:
    from pylatexenc import latex2text

    def quotient(node: Any, l2tobj: Any) -> str:
        if node.nodeargd is None:  # broken off: the text as it stands
            return node.latex_verbatim()
        one, two = (l2tobj.nodelist_to_text([n]) for n in node.nodeargd.argnlist)
        return f"{_grouped(one)}/{_grouped(two)}"

    def root(node: Any, l2tobj: Any) -> str:
        if node.nodeargd is None:
            return node.latex_verbatim()
        inside = _grouped(l2tobj.nodelist_to_text([node.nodeargd.argnlist[-1]]))
        return f"√({inside})" if "^" in inside and inside[0] != "(" else f"√{inside}"

    macros = [
        latex2text.MacroTextSpec("frac", quotient),
        latex2text.MacroTextSpec("sqrt", root),
        *(latex2text.MacroTextSpec(name, text) for name, text in _WORDS.items()),
    ]
    context = latex2text.get_default_latex_context_db()
    context.add_context_category("perturbtheory", prepend=True, macros=macros)
    return latex2text.LatexNodes2Text(
        latex_context=context, math_mode="text", keep_braced_groups=True
    )


def _grouped(text: str) -> str:
    text = text.strip().removeprefix("{").removesuffix("}")
    return text if re.fullmatch(r"[\d.]*|\w(?:[_^]\w)?", text) else f"({text})"
