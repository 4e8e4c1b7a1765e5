"""Section 3: direct optimisation."""

ORDER = ("direct", "small_epsilon", "direct_loss", "indicator_loss")
