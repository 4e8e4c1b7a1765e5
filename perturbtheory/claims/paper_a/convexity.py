"""Section 8.1.1: directional derivatives, conjugates and the range of a subdifferential."""
