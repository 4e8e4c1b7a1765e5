"""Representation: what is complete, minimal, identifiable."""

ORDER = (
    "identities",
    "anchored",
    "completeness",
    "completeness_argmax",
    "completeness_discrete",
    "geometry",
    "closed_simplex",
    "polytopes",
    "incomplete",
    "incomplete_order",
)
