"""What a tolerance of the engine's own, or a test of one entry point, does not see.

Radii, Newton's method, tolerances of membership and of ties, laws by themselves and estimators.
"""

from tests.mutants._run import Mutant

_NEWTON, _SUBDIFFERENTIAL = "potential/_newton.py", "potential/_subdifferential.py"
NUMBERS = (
    Mutant(
        "radii of probabilities are a thousandth too large to decide anything",
        "potential/methods/quadrature.py",
        '"probabilities_radius": radius + 1e-300,',
        '"probabilities_radius": radius + 1e-3,',
        ("A.gumbel-argmax-is-softmax",),
    ),
    Mutant(
        "radii of draws times 1e-3",
        "routes/sampling.py",
        "return Estimate(moments.mean, radius, method, 1 - error_rate)",
        "return Estimate(moments.mean, radius / 1e3, method, 1 - error_rate)",
        ("A.gumbel-argmax-is-softmax",),
    ),
    Mutant(
        "Newton's method accepts a p that is off by 1e-2",
        _NEWTON,
        "found = match(noise, p, 0.0)\n    if not found.spread <= _ACCEPTED:",
        "found = match(noise, p, 1e-2)\n    if not found.spread <= 1e-2:",
        ("C.completeness",),
    ),
    Mutant(
        "Fenchel-Young loss with the wrong sign",
        _NEWTON,
        "loss = noise.gumbel_scale * (chosen @ (np.log(chosen) - log_q))",
        "loss = noise.gumbel_scale * (chosen @ (log_q - np.log(chosen)))",
        ("C.completeness-argmax",),
    ),
    Mutant(
        "membership in rational arithmetic up to 1e-2",
        _SUBDIFFERENTIAL,
        "tolerance = 0.0 if exact else max(",
        "tolerance = 1e-2 if exact else max(",
        ("C.subdifferential",),
    ),
    Mutant(
        "membership in floating point up to 1e-2",
        _SUBDIFFERENTIAL,
        "TOLERANCE = 1e-12",
        "TOLERANCE = 1e-2",
        ("C.subdifferential",),
    ),
    Mutant(
        "positions within 8e9 units in the last place tie",
        "potential/methods/atoms.py",
        "_ULPS = 8\n",
        "_ULPS = 8e9\n",
        ("C.subdifferential",),
    ),
    Mutant(
        "Gumbel cdf without its centre",
        "perturbations/_gumbel.py",
        "return -namespace(z).exp(-(z + EULER))",
        "return -namespace(z).exp(-z)",
        ("A.gumbel-density.corrected",),
    ),
    Mutant(
        "uniform cdf to the power 0.995",
        "perturbations/_uniform.py",
        "cdf = xp.clip(above / (high - low), 0.0, 1.0)",
        "cdf = xp.clip(above / (high - low), 0.0, 1.0) ** 0.995",
        ("A.uniform-potential",),
    ),
    Mutant(
        "Student draws with a degree of freedom too many",
        "perturbations/_student.py",
        "namespace(self.df).asarray(self.df))",
        "namespace(self.df).asarray(self.df + 1))",
        ("C.anchored-potential",),
    ),
    Mutant(
        "partial mean of a heavy tail too small by its probability",
        "perturbations/_pareto.py",
        "share = xp.where(a <= 1, xp.inf, a / xp.where(a <= 1, 1.0, a - 1))\n        return share",
        "share = xp.where(a <= 1, xp.inf, 1 / xp.where(a <= 1, 1.0, a - 1))\n        return share",
        ("C.anchored-potential",),
    ),
    Mutant(
        "ARM doubled",
        "estimators/_arm.py",
        "xp.asarray([-1.0, 1.0], theta.dtype)",
        "xp.asarray([-2.0, 2.0], theta.dtype)",
        ("B.argmax-piecewise-constant",),
    ),
    Mutant(
        "half of the slopes of REBAR's control",
        "estimators/_control.py",
        "return rest * score(GUMBEL, theta, z) + slope",
        "return rest * score(GUMBEL, theta, z) + slope / 2",
        ("B.argmax-piecewise-constant",),
    ),
)
