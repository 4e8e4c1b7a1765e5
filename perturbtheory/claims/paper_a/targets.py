"""Section 6.1 and Figure 8: the target distributions as printed."""
