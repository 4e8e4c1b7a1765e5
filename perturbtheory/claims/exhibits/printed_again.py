"""Printed numbers of paper A, transcribed a second time, by columns.

A route that takes a number from here, and another that takes it from `experiments.vaes.printed`,
`experiments.fits.tables` or `models.targets`, disagree over a slip in either transcription.
"""

import numpy as np

NUMERATORS = {
    "section 6.1": (10, 3, 4, 5, 10, 10, 3, 4, 5, 10),
    "caption of Figure 8": (10, 3, 4, 5, 10, 3, 4, 5, 10),
}
"""Of the discrete target, over 68."""
LEVELS = np.array([0.01, 0.03, 0.07, 0.1, 0.25, 0.4, 0.5, 0.67, 0.85, 1.0])
"""The temperatures of section 10.2."""
LOSSES = {
    "MNIST": (
        np.array([117.29, 109.72, 105.51, 105.79, 104.4, 104.63, 105.94, 123.04, 168.01, 215.42]),
        np.array([114.26, 107.73, 103.87, 102.89, 101.15, 112.45, 135.16, 186.53, 244.31, 302.01]),
    ),
    "Fashion-MNIST": (
        np.array([176.68, 158.04, 148.61, 146.53, 144.71, 145.62, 144.89, 149.73, 174.65, 200.74]),
        np.array([175.94, 153.04, 145.72, 142.73, 141.04, 143.17, 153.05, 170.55, 219.68, 252.86]),
    ),
    "Omniglot": (
        np.array([135.87, 132.71, 132.13, 133.6, 137.19, 134.88, 136.34, 139.75, 158.47, 179.59]),
        np.array([130.77, 130.55, 133.32, 132.52, 233.04, 172.1, 141.29, 132.73, 132.07, 208.08]),
    ),
}
"""Table 3: test losses of Gumbel-Softmax and of Normal-Softmax, by temperature."""
L1 = {
    "normal": np.array([0.026, 0.036, 0.090, 0.083]),
    "normal, deviation": np.array([0.002, 0.003, 0.001, 0.001]),
    "gumbel": np.array([0.027, 0.177, 0.618, 0.417]),
    "gumbel, deviation": np.array([0.002, 0.014, 0.007, 0.004]),
}
"""Table 2: means and deviations for the discrete, binomial, Poisson, negative binomial targets."""
DIMENSIONS = np.array([10, 12, 100, 100])
"""The number of categories of each."""
