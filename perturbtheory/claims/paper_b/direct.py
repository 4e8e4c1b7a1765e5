"""Theorem 1 and (5): the gradient from two maximisations."""
