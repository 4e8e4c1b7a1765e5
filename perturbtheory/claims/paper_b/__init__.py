"""Paper B: direct optimization through arg max for discrete variational auto-encoders."""
