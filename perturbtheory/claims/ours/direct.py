"""The direct estimator with Gumbel noise: exact law, bias and variance."""
