"""Section 4.1: structured latent spaces and their arg max."""
