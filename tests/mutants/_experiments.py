"""Recorded fits and VAEs: comparisons, splits, criteria, seeds and the reading of the record."""

from tests.mutants._run import Mutant

_TABLE_2, _CRITERIA = "experiments/fits/tables.py", "claims/exhibits/criteria.py"
_LOSSES = "claims/exhibits/vae_losses.py"
EXPERIMENTS = (
    # The comparison.
    Mutant(
        "the nearer of two fits is taken for the farther one",
        _TABLE_2,
        "np.array(results[far][key]) - np.array(results[near][key])",
        "np.array(results[near][key]) - np.array(results[far][key])",
        ("A.table-2.corrected", "C.fit-reach"),
    ),
    Mutant(
        "runs with Normal noise are taken for those with Gumbel noise, and the other way round",
        "experiments/vaes/grids.py",
        '"Gumbel": (VaeRun(noise="gumbel"), "as_published"),\n'
        '    "Normal": (VaeRun(noise="normal"), "as_published")',
        '"Gumbel": (VaeRun(noise="normal"), "as_published"),\n'
        '    "Normal": (VaeRun(noise="gumbel"), "as_published")',
        ("C.vae-bound", "C.vae-longer"),
    ),
    Mutant(
        "a gap between two VAEs counts from a hundred nats on",
        _CRITERIA,
        "NATS = 1.0\n",
        "NATS = 100.0\n",
        ("C.vae-longer", "C.vae-relaxed"),
    ),
    Mutant(
        "a curve is at the level where it is above it",
        "claims/exhibits/fits.py",
        "under = np.flatnonzero(curve <= level)",
        "under = np.flatnonzero(curve >= level)",
        ("A.faster-convergence",),
    ),
    Mutant(
        "time of Gumbel-Softmax over that of direct optimisation",
        "experiments/vaes/speed.py",
        'return _entry("ratios", f"{rule} over relaxed, K = {categories}")',
        'return 1 / _entry("ratios", f"{rule} over relaxed, K = {categories}")',
        ("B.wall-clock", "B.wall-clock.corrected"),
    ),
    # The splits.
    Mutant(
        "test images in the place of validation images",
        _LOSSES,
        'SPLITS = ("test", "validation")',
        'SPLITS = ("test", "test")',
        ("A.table-3",),
    ),
    Mutant(
        "validation number of the first epoch in the place of the best",
        "experiments/vaes/tables.py",
        "return {seed: validation(made[seed], criterion)[epoch] for",
        "return {seed: validation(made[seed], criterion)[0] for",
        ("C.vae-bound", "C.vae-longer"),
    ),
    # The criterion.
    Mutant(
        "bound with the KL of the softmax whatever the noise",
        "models/vae/_evaluation.py",
        "return self.hard + self.divergence",
        "return self.hard + self.softmax_divergence",
        ("C.vae-bound",),
    ),
    Mutant(
        "a printed number reproduces within twenty standard deviations",
        _TABLE_2,
        "WITHIN = 2.0",
        "WITHIN = 20.0",
        ("A.table-2",),
    ),
    # The aggregation over seeds.
    Mutant(
        "standard deviation of the fits in the place of the error of their mean",
        _CRITERIA,
        "error = difference.deviation / np.sqrt(difference.seeds)",
        "error = difference.deviation",
        ("A.igr-similar.corrected", "C.vae-scale"),
    ),
    Mutant(
        "sum over seeds in the place of their mean",
        "experiments/spread.py",
        "return cls(float(np.mean(numbers)), deviation, numbers.size)",
        "return cls(float(np.sum(numbers)), deviation, numbers.size)",
        ("A.table-2.corrected", "A.igr-similar.corrected"),
    ),
    Mutant(
        "fits without sampling are those with it",
        "experiments/fits/grids.py",
        "return replace(run, draws=None, seeds=(0,))",
        "return run",
        ("C.fit-advantage",),
    ),
    # The reading of the record.
    Mutant(
        "the scale of the noise of a recorded fit is not read",
        "experiments/recorded.py",
        'self._run(entry["run"]): entry["result"]',
        'self._run(entry["run"] | {"scale": 1.0}): entry["result"]',
        ("C.fit-hard",),
    ),
    Mutant(
        "the temperature of a recorded VAE is not read",
        "experiments/recorded.py",
        'self._run(entry["run"]): entry["result"]',
        'self._run(entry["run"] | {"temperature": 1.0}): entry["result"]',
        ("C.vae-longer",),
    ),
    Mutant(
        "columns of Table 3 exchanged",
        "claims/paper_a/s6_experiments/tables.py",
        "name: {row[0]: (row[1 + 2 * k], row[2 + 2 * k]) for row in rows}",
        "name: {row[0]: (row[2 + 2 * k], row[1 + 2 * k]) for row in rows}",
        ("A.table-3-text", "A.table-3-temperature-1"),
    ),
)
