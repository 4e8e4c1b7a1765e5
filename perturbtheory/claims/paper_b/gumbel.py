"""Sections 3.1 and A: the Gumbel density and the Gumbel-max trick."""
