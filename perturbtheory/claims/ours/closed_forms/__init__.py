"""Closed forms, and scale against shape."""

ORDER = (
    "escort",
    "closed_forms",
    "closed_forms_bessel",
    "closed_forms_argmax",
    "closed_forms_uniform",
    "scale",
    "scale_many",
)
