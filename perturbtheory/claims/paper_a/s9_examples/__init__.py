"""Sections 9.4 and 9.5, with 5.2: uniform and discrete noise."""

ORDER = ("uniform", "uniform_gradient", "discrete", "discrete_steps", "discrete_subgradients")
