"""Every statement of both papers, and of this package, as an executable claim.

The tree is that of the papers: a folder for each paper, in it one for each section, in it a module
for each topic; `exhibits` has what several modules show. An id leads to its module: see `index`.
"""

import functools
import importlib
import re
from collections.abc import Iterable, Iterator
from importlib import resources
from pathlib import Path
from types import ModuleType

from perturbtheory.checks import closest
from perturbtheory.ledger import REGISTRY, Claim

PAPERS = ("paper_a", "paper_b", "ours")
_MADE = re.compile(r'(?:(\w+) = )?[Cc]laim\(\s*"([^"]+)"|(\w+) = (\w+)\.corrected\(')


class UnknownClaim(ValueError):  # noqa: N818
    """An id that names no claim; the message says which come near.

    Example:
        >>> from perturbtheory import claims
        >>> claims.find(["A.gumbel-densty"])
        Traceback (most recent call last):
            ...
        perturbtheory.claims.UnknownClaim: `CLAIM` must be the id of a claim, got ...
    """


def modules() -> Iterator[str]:
    """Names of the modules of claims in the order of the papers.

    Example:
        >>> from perturbtheory import claims
        >>> next(iter(claims.modules()))
        'perturbtheory.claims.paper_a.s3_softmax.softmax'
    """
    for paper in PAPERS:
        for section in _ordered(f"{__name__}.{paper}"):
            yield from _ordered(section)


def _ordered(package: str) -> list[str]:
    return [f"{package}.{name}" for name in importlib.import_module(package).ORDER]


@functools.cache
def index() -> dict[str, str]:
    """The module of every claim by id, in the order of the papers; no module is imported for it.

    Example:
        >>> from perturbtheory import claims
        >>> claims.index()["A.gumbel-density"]
        'perturbtheory.claims.paper_a.s3_noise.gumbel'
    """
    found: dict[str, str] = {}
    for module in modules():
        package, name = module.rsplit(".", 1)
        text = (resources.files(package) / f"{name}.py").read_text("utf-8")
        ids: dict[str, str] = {}
        for variable, id_, corrected, of in _MADE.findall(text):
            made = id_ or f"{ids[of]}.corrected"
            ids[variable or corrected] = made
            found[made] = module
    return found


def home(claim: Claim) -> ModuleType:
    """The module in which a claim is made.

    Example:
        >>> from perturbtheory import claims
        >>> claims.home(claims.find(["A.gumbel-density"])[0]).__name__
        'perturbtheory.claims.paper_a.s3_noise.gumbel'
    """
    return importlib.import_module(claim.module)


def stated_here(claim: Claim) -> bool:
    """Whether this package states it, and no paper does.

    Example:
        >>> from perturbtheory import claims
        >>> claims.stated_here(claims.find(["A.gumbel-density"])[0])
        False
    """
    return claim.module.startswith(f"{__name__}.ours.")


def find(ids: Iterable[str] = ()) -> list[Claim]:
    """The claims with these ids in the order given, all of them for no ids.

    Raises:
        UnknownClaim: naming the id and those most like it.

    Example:
        >>> from perturbtheory import claims
        >>> claims.find(["A.gumbel-density"])[0].source
        'A, section 3.2, before (2)'
    """
    chosen = chosen_ids(ids)
    for id_ in chosen:
        importlib.import_module(index()[id_])
    return [REGISTRY[id_] for id_ in chosen]


def chosen_ids(ids: Iterable[str] = ()) -> list[str]:
    """The ids without repetition, all of them for none; no module is imported for it.

    Raises:
        UnknownClaim: as `find`.

    Example:
        >>> from perturbtheory import claims
        >>> claims.chosen_ids(["A.gumbel-density", "A.gumbel-density"])
        ['A.gumbel-density']
    """
    known = index()
    chosen = list(dict.fromkeys(ids)) or list(known)
    for id_ in chosen:
        if id_ not in known:
            raise UnknownClaim(_unknown(id_, known))
    return chosen


def _unknown(id_: str, known: Iterable[str]) -> str:
    known = list(known)
    near = closest(id_, known, 4)
    if len(id_) > 2:
        near += [k for k in known if id_.lower() in k.lower() and k not in near][:4]
    if Path(f"{id_}.py").is_file():
        near = [f"{id_}.py"]
    hint = (
        f"did you mean {', '.join(near)}?"
        if near
        else "`perturbtheory verify` without an id prints all, as `perturbtheory.claims.index()` "
        "has them; name the file of a claim of your own, such as my_claims.py, before its id"
    )
    return f"`CLAIM` must be the id of a claim, got {id_!r}; {hint}"
