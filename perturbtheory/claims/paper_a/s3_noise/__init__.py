"""Section 3.2 and 3.4: Gumbel and Gaussian noise, concentration."""

ORDER = (
    "gumbel",
    "concentration",
    "gumbel_concentration",
    "concentration_comparison",
    "extreme_values",
)
