"""Theorems 4.1 and 5.1: which convex sets of parameters represent every p."""
