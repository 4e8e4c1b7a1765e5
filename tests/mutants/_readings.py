"""Statements that are read wrongly, and one of two transcriptions that has a slip.

All routes of a part take the statement from one place. Where it is read wrongly there, they agree
with each other, and only the verdict, proved where it was refuted or the other way round, shows it.
"""

from tests.mutants._run import Mutant

_SECTION_9, _CONVEXITY = "claims/paper_a/s9_examples", "claims/paper_a/s3_convexity"
_PIECES, _LINES = "claims/exhibits/uniform_pieces.py", "claims/exhibits/uniform_lines.py"
_TAILS = "claims/exhibits/tails.py"
READINGS = (
    # A sign.
    Mutant(
        "(103) with the sign of the cubic term changed",
        _PIECES,
        "(a - b) ** 2 + sign * Fraction(1, 6)",
        "(a - b) ** 2 - sign * Fraction(1, 6)",
        ("A.uniform-potential",),
    ),
    Mutant(
        "(93) with a plus sign",
        _LINES,
        "lambda _, t: Q * (t**2 - t**3 / 6),",
        "lambda _, t: Q * (t**2 + t**3 / 6),",
        ("A.uniform-potential",),
    ),
    # An index.
    Mutant(
        "(67) with the coefficients of the two coordinates exchanged",
        f"{_SECTION_9}/discrete.py",
        "lambda a, b: _C * a + _Q * b + _H",
        "lambda a, b: _Q * a + _C * b + _H",
        ("A.discrete-potential",),
    ),
    Mutant(
        "(104), (105) with the two entries exchanged beyond 2",
        _PIECES,
        'r"\\theta > 2": _piece(2, 5, lambda t: (1 + 0 * t, 0 * t))',
        'r"\\theta > 2": _piece(2, 5, lambda t: (0 * t, 1 + 0 * t))',
        ("A.uniform-probabilities.corrected",),
    ),
    Mutant(
        "(91) integrated from 0 to theta, not from -theta to 0",
        _LINES,
        "integral(lambda z: Q * (2 + z) * (t + z), -t, 0 * t),",
        "integral(lambda z: Q * (2 + z) * (t + z), 0 * t, t),",
        ("A.uniform-potential",),
    ),
    Mutant(
        "(75) with the last case mended to 1",
        _PIECES,
        'Q * (4 - (2 - z) ** 2 / 2)),\n    r"z > 2": _piece(2, 5, lambda z: 0 * z)',
        'Q * (4 - (2 - z) ** 2 / 2)),\n    r"z > 2": _piece(2, 5, lambda z: 1 + 0 * z)',
        ("A.uniform-difference-law",),
    ),
    # Closed or open.
    Mutant(
        "(68) at theta_1 = theta_2 + 2 without the end of the interval",
        f"{_SECTION_9}/discrete.py",
        'r"\\theta_1 = \\theta_2 + 2": (Fraction(2), (_C, 1))',
        'r"\\theta_1 = \\theta_2 + 2": (Fraction(2), (_C, _C))',
        ("A.discrete-subdifferential",),
    ),
    # For all, or for some.
    Mutant(
        "global extrema read over one case in both readings",
        f"{_SECTION_9}/uniform_gradient.py",
        'READ = {r"over $\\mathbb R^2$": LINE',
        'READ = {r"over $\\mathbb R^2$": CASE',
        ("A.uniform-probabilities",),
    ),
    Mutant(
        "the condition for every v_1 >= v_2 read for every v_2 >= v_1",
        f"{_SECTION_9}/discrete_subgradients.py",
        "met = _slope_bounds(Fraction(0), swapped=False)",
        "met = _slope_bounds(Fraction(0), swapped=True)",
        ("A.discrete-subgradient-condition",),
    ),
    Mutant(
        "more than one subgradient read as one",
        f"{_CONVEXITY}/any_perturbation.py",
        "claimed=False)\ndef single_valued",
        "claimed=True)\ndef single_valued",
        ("A.any-perturbation.corrected",),
    ),
    # A hypothesis added or dropped.
    Mutant(
        "(5) of paper B in general position only",
        "claims/paper_b/s3_direct/direct_loss.py",
        "TIE, POWER = 0, 3",
        "TIE, POWER = 1, 1",
        ("B.direct-loss",),
    ),
    Mutant(
        "(18) for positive p only",
        f"{_CONVEXITY}/conjugate_attained.py",
        "p = (sp.Integer(1), sp.Integer(0))",
        "p = (sp.Rational(1, 2), sp.Rational(1, 2))",
        ("A.conjugate-attained",),
    ),
    Mutant(
        "Gaussian tail bound as it should have been printed",
        _TAILS,
        "    return t**2 / 2\n",
        "    return t**2 / (2 * _**2)\n",
        ("A.gaussian-concentration",),
    ),
)
TRANSCRIPTIONS = (
    Mutant(
        "Gumbel concentration with a linear piece that is too strong",
        _TAILS,
        "return np.minimum(t / (4 * sigma), t**2 / (32 * sigma**2))",
        "return np.minimum(t / sigma, t**2 / (32 * sigma**2))",
        ("A.gumbel-concentration",),
    ),
    Mutant(
        "witness sequence of the gauge {sum theta = 0} with the last entries off by n/d",
        "claims/paper_a/s3_softmax/gauge_sequences.py",
        "lambda n, d: (n - n / d, -n / d)",
        "lambda n, d: (n, -n / d)",
        ("A.gauge-sequences.corrected",),
    ),
    Mutant(
        "1 in A counted without ties",
        f"{_SECTION_9}/discrete_steps.py",
        "counted = [Fraction(sum(t + k >= 0 for",
        "counted = [Fraction(sum(t + k > 0 for",
        ("A.discrete-argmax-event.corrected",),
    ),
    Mutant(
        "target of section 6.1 with the denominator that makes it a distribution",
        "models/targets.py",
        'PRINTED_IN_TEXT = "10/68 3/68 4/68 5/68 10/68 10/68 3/68 4/68 5/68 10/68"',
        'PRINTED_IN_TEXT = "10/64 3/64 4/64 5/64 10/64 10/64 3/64 4/64 5/64 10/64"',
        ("A.discrete-target", "A.table-2-target"),
    ),
)
