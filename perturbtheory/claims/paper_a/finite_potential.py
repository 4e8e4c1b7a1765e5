"""Section 4, footnotes 2 and 3: when the potential and its gradient are finite."""
