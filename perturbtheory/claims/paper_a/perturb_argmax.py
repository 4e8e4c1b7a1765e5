"""Sections 5 and 9: the expected maximum, its subgradients, its conjugate."""
