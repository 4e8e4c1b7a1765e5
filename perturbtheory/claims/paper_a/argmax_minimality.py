"""Theorem 5.3 and Propositions 5.4, 5.5: when Perturb-Argmax is one-to-one."""
