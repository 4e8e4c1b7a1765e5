"""Sections 5.2 and 9.4: uniform and discrete noise."""

ORDER = ("uniform", "uniform_gradient", "discrete")
