"""Discrete noise that many claims use."""

COIN = [-1, 1]
DIFFERENCES = (-2, 0, 0, 2)
"""The four equally likely values of gamma_1 - gamma_2."""
