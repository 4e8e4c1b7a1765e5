"""Section 3.4: concentration of Lipschitz functions of Gaussian and Gumbel noise."""
