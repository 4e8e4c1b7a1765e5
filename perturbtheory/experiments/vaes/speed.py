"""Images a second with one latent: results/vae_speed.json, by `benchmarks/vae_speed.py`."""

from typing import Any

from perturbtheory import results as files

_REMEDY = "run `python benchmarks/vae_speed.py --json results/vae_speed.json` in a checkout"


def images_a_second(rule: str, categories: int) -> float:
    """Of training by "relaxed", "direct" or "exact" on an idle machine, with one latent.

    Raises RecordError if the record is missing or corrupt, or has no such measurement.
    """
    return _entry("images a second", f"{rule}, N = 1, K = {categories}")


def ratio(rule: str, categories: int) -> float:
    """Time of an epoch over that of Gumbel-Softmax."""
    return _entry("ratios", f"{rule} over relaxed, K = {categories}")


def _entry(table: str, name: str) -> float:
    path, what = files.location("vae_speed.json"), "recorded times"
    data: Any = files.read_json(path, what, _REMEDY)
    try:
        return float(data[table][name])
    except (KeyError, TypeError, ValueError) as error:
        msg = f"{what} are corrupt: {path} has no number {name!r} in {table!r}; {_REMEDY}"
        raise files.RecordError(msg) from error
