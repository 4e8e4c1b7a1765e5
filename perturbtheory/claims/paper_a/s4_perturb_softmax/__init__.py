"""Sections 4 and 8: Perturb-Softmax."""

ORDER = (
    "perturb_softmax",
    "finite_potential",
    "completeness",
    "dual_domain",
    "closed_smooth",
    "almost_convex",
    "vertex_limits",
    "argmax_limits",
    "softmax_minimality",
    "gauges",
    "hoelder",
)
