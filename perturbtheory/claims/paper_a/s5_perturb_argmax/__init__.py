"""Sections 5 and 9: Perturb-Argmax."""

ORDER = (
    "perturb_argmax",
    "argmax_completeness",
    "argmax_dual_domain",
    "max_differentiable",
    "conjugate",
    "argmax_minimality",
    "bounded_discrete",
    "argmax_strict_convexity",
    "minimality_steps",
    "conclusions",
)
