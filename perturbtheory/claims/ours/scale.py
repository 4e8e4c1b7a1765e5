"""Gumbel against Normal at equal variance: what is scale and what is shape."""
