"""Independent ways to the numbers of `perturbtheory.potential`, for checking it.

Nothing here imports the engine: agreement between the two is evidence for both.
"""
