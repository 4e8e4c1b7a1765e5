"""Sections 3.3 and 8.1: convexity, subdifferentials, conjugates."""

ORDER = (
    "criteria",
    "convexity",
    "differentiability",
    "conjugate_attained",
    "subdifferential",
    "restriction",
    "any_perturbation",
)
