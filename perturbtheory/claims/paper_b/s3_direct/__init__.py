"""Section 3: direct optimisation."""

ORDER = ("direct", "small_epsilon", "algorithm", "practice", "passes", "direct_loss", "labels")
