"""Section 8.2.1: the log-sum-exp is convex, and strictly so but for translations."""
