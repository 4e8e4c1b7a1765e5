"""Direct optimisation: bias, variance, direction."""

ORDER = ("joint_law", "direct_bias", "direct", "direct_choice", "best_epsilon", "schedule")
