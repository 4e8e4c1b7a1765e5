"""Claims of the user's own Python files."""

import importlib.util
import sys
from collections.abc import Container, Iterable, Mapping, Sequence
from importlib.machinery import PathFinder
from pathlib import Path
from types import ModuleType

from perturbtheory import claims
from perturbtheory.cli._use import MisuseError
from perturbtheory.ledger import REGISTRY, Claim, line_in, registered_by

_PREFIX = "own:"


def loaded(paths: Sequence[Path]) -> dict[str, Claim]:
    """The claims that Python files make, by id; the files may import one another.

    Raises:
        MisuseError: for a file that is not there, fails or makes no claims, for an id of the
            ledger, and for a premise that is no claim.
    """
    before = frozenset(sys.modules)
    made: dict[Path, list[Claim]] = {path: _of_file(path, before) for path in paths}
    known = {*claims.index(), *(claim.id for found in made.values() for claim in found)}
    for path, found in made.items():
        taken = sorted(claim.id for claim in found if claim.id in claims.index())
        nothing = sorted({i for claim in found for i in claim.depends_on} - known)
        for id_ in taken:  # it stays that of the ledger
            del REGISTRY[id_]
        if taken or nothing or not found:
            why = f"uses {taken[0]!r}, an id of the ledger" if taken else "makes no claims"
            why = f"depends on {nothing[0]!r}, which is no claim" if nothing else why
            msg = f"`CLAIM` {str(path)!r} {why}; see `help(perturbtheory.ledger)` for a template"
            raise MisuseError(msg)
    return {claim.id: claim for found in made.values() for claim in found}


def with_premises(ids: Iterable[str], own: Mapping[str, Claim]) -> list[str]:
    """The ids with those of the claims that these rest on and are corrected by, all of one's own.

    Without them nobody would know whether a premise stands, or what is said to be true instead.
    """
    found: dict[str, None] = {}
    ahead = list(ids)
    while ahead:
        id_ = ahead.pop(0)
        if id_ in own and id_ not in found:
            found[id_] = None
            ahead += [*own[id_].depends_on, own[id_].corrected_by or ""]
    return [id_ for id_ in own if id_ in found]


def _of_file(path: Path, before: Container[str]) -> list[Claim]:
    """The claims that a file makes; it may have been imported by one that came before."""
    place = path.resolve()
    # A name that no other module has, so that a file called json.py takes nobody's place.
    name = f"{_PREFIX}{place}"
    spec = importlib.util.spec_from_file_location(name, path)
    if not path.is_file() or spec is None or spec.loader is None:
        msg = f"`CLAIM` must be an id or a Python file that exists, got {str(path)!r}"
        raise MisuseError(msg)
    for other, module in list(sys.modules.items()):
        if other not in before and getattr(module, "__file__", None) == str(place):
            return [claim for claim in REGISTRY.values() if claim.module == module.__name__]
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    _let_import(place, module)
    loader = spec.loader
    try:
        made = registered_by(lambda: loader.exec_module(module))
    except (Exception, SystemExit) as error:
        at = line_in(spec.origin or str(path), error)
        why = f"could not be run{at and f', {at}'}: {type(error).__name__}: {error}"
        msg = f"`CLAIM` {str(path)!r} {why}"
        raise MisuseError(msg) from error
    # Modules of the ledger may have been imported by it.
    return [claim for claim in made if not claim.module.startswith(f"{claims.__name__}.")]


def _let_import(place: Path, module: ModuleType) -> None:
    """Let the files that come later import this one by its name, and all their neighbours."""
    taken, spec = sys.modules.get(place.stem), PathFinder.find_spec(place.stem)
    is_free = spec is None or spec.origin == str(place)
    if taken.__name__.startswith(_PREFIX) if taken else is_free:
        sys.modules[place.stem] = module
    sys.path.append(str(place.parent))
