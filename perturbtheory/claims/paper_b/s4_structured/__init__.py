"""Section 4: structured and semi-supervised models."""

ORDER = (
    "decomposition",
    "decomposition_structured",
    "structured",
    "structured_argmax",
    "normalisation",
)
