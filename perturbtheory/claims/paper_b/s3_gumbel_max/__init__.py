"""Section 3: the Gumbel-max reparameterisation."""

ORDER = ("gumbel", "exact_gradient", "score", "objective", "relaxation")
