"""Claims that tests make are gone after them: each test meets those of the package alone."""

from collections.abc import Iterator

from perturbtheory import claims
from perturbtheory.ledger import REGISTRY


def forgotten() -> Iterator[None]:
    """Forget the claims made meanwhile, but for those of the package: their modules stay loaded."""
    before = dict(REGISTRY)
    yield
    ours = f"{claims.__name__}."
    kept = {id_: claim for id_, claim in REGISTRY.items() if claim.module.startswith(ours)}
    REGISTRY.clear()
    REGISTRY.update(before | kept)
