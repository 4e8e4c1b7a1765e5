"""Representation: what is complete, minimal, identifiable."""

ORDER = (
    "identities",
    "anchored",
    "completeness",
    "completeness_argmax",
    "completeness_discrete",
    "geometry",
    "closed_simplex",
    "dependence",
    "nested_logit",
    "polytopes",
    "incomplete",
    "incomplete_order",
)
