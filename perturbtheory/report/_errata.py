"""Errata as LaTeX: place, as printed, why it fails, corrected; a document of its own."""

import re
import unicodedata

from perturbtheory.display import segments
from perturbtheory.ledger import Result, in_words
from perturbtheory.report._content import PAPERS, Paper, Report, paper_of

_ESCAPED = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "%": r"\%",
    "&": r"\&",
    "#": r"\#",
    "_": r"\_",
    "$": r"\$",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "–": r"\textendash{}",
    "—": r"\textemdash{}",
    "…": r"\dots{}",
    "‘": "`",
    "’": "'",
    "“": "``",
    "”": "''",
    "\u00a0": "~",
    "−": "$-$",
    "≤": r"$\le$",
    "≥": r"$\ge$",
    "≠": r"$\ne$",
    "≈": r"$\approx$",
    "∈": r"$\in$",
    "∞": r"$\infty$",
    "∑": r"$\sum$",
    "∫": r"$\int$",
    "∂": r"$\partial$",
    "∇": r"$\nabla$",
    "→": r"$\to$",
    "×": r"$\times$",
    "·": r"$\cdot$",
    "±": r"$\pm$",
    "√": r"$\surd$",
    "²": "$^2$",
    "½": r"$\tfrac12$",
    "ℝ": r"$\mathbb R$",
}
_HEAD = r"""\documentclass[10pt]{article}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage{lmodern}
\usepackage[a4paper,landscape,margin=15mm]{geometry}
\usepackage{amsmath,amssymb,array,booktabs,longtable}
\newcolumntype{P}[1]{>{\raggedright\arraybackslash}p{#1}}
\setlength{\parindent}{0pt}
\setlength{\tabcolsep}{5pt}
\setlength{\emergencystretch}{2em}
\setlength{\LTleft}{0pt}
\setlength{\LTright}{0pt}
\newcommand{\gap}{\par\vspace{3pt}}
\lineskiplimit=2pt
\lineskip=2pt
\begin{document}
\begin{center}\Large Errata\end{center}
Statements that are false as printed, each with a counterexample and with a corrected statement, and
numbers that came out otherwise when the experiment was carried out again.
Every row is checked by \texttt{perturbtheory verify}, by two independent routes or more, an
experiment by one; the identifier in the first column replays it.
"""
_TABLE = r"""
\begin{longtable}{@{}P{0.12\linewidth}P{0.29\linewidth}P{0.25\linewidth}P{0.29\linewidth}@{}}
\toprule
Place & As printed & Why it fails & Corrected \\
\midrule
\endhead
\bottomrule
\endlastfoot
"""


def document(report: Report) -> str:
    """The whole document, one table for each paper with something to correct."""
    blocks = [_HEAD]
    for paper in PAPERS:
        rows = [result for result in report.failed() if paper_of(result) is paper]
        if rows:
            blocks.append(_table(paper, rows, report))
    if len(blocks) == 1:
        blocks.append("\nNo statement of this report is refuted or not reproduced.\n")
    return "".join(blocks) + "\n\\end{document}\n"


def _table(paper: Paper, rows: list[Result], report: Report) -> str:
    inner = "\\addlinespace\\midrule[0.2pt]\\addlinespace\n".join(
        _row(result, report) for result in rows
    )
    heading = f"\n\\section*{{{_words(paper.name)}}}\n{_words(paper.reference)}.\n"
    return f"{heading}{_TABLE}{inner}\\end{{longtable}}\n"


def _row(result: Result, report: Report) -> str:
    claim = result.claim
    fails = " \\gap ".join(
        f"{_text(part)}: {_text(in_words(data))}."
        for part, data in (result.counterexample or {}).items()
    )
    truth = report.truth(result)
    true = r"\textendash{}"
    if truth is not None:
        true = f"{_text(truth.says)} \\gap {_identifier(truth.id)}"
    return (
        f"{_text(claim.source)} \\gap {_identifier(claim.id)}\n"
        f"& {_text(claim.says)}\n& {fails}\n& {true} \\\\\n"
    )


def _identifier(id_: str) -> str:
    """In typewriter, with a break allowed after every hyphen and dot."""
    broken = re.sub(r"(?<=[-.])", r"\\allowbreak{}", _words(id_))
    return f"{{\\footnotesize\\texttt{{{broken}}}}}"


def _text(text: str) -> str:
    """Words escaped, $LaTeX$ with line breaks allowed after its outer commas."""
    return "".join(
        f"${_breakable(part)}$" if mathematical else _words(part)
        for mathematical, part in segments(text)
    )


def _words(text: str) -> str:
    characters = unicodedata.normalize("NFC", text)
    escaped = "".join(_ESCAPED.get(c) or _character(c) for c in characters)
    return escaped.replace("--", "-{}-")  # two hyphens are no dash


def _character(character: str) -> str:
    """ASCII and Latin-1 as they are, Greek as mathematics; the nearest letters for the rest."""
    if not character.isprintable():
        return " "
    if character.isascii() or (character.isalpha() and ord(character) < 0x180):
        return character
    name = unicodedata.name(character, "").split()
    if name[:1] == ["GREEK"] and name[2:3] == ["LETTER"] and len(name) == 4:
        letter = name[3].lower().replace("lamda", "lambda")
        return f"$\\{letter.capitalize() if name[1] == 'CAPITAL' else letter}$"
    plain = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
    return "".join(_ESCAPED.get(c, c) for c in plain) or f"[U+{ord(character):04X}]"


def _breakable(latex: str) -> str:
    depth, made = 0, []
    for token in re.findall(r"\\left|\\right|\\begin|\\end|\\.|[{}]|[^\\{}]", latex):
        depth += (token in ("{", "\\left", "\\begin")) - (token in ("}", "\\right", "\\end"))
        made.append(",\\allowbreak " if token == "," and depth == 0 else token)
    return "".join(made)
