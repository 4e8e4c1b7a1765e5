r"""For whoever writes a noise, a gradient estimator or a claim: all laws of its sort, in one call.

    import perturbtheory as pt

    pt.testing.check_perturbation(noise).raise_if_failed()

A `Report` says of every law whether it holds, fails with the smallest example that was met, does
not apply, with the declaration that is the reason, or was not tested, which fails the report. No
law is left out without a word, and one error rate holds for the whole report. `laws` has each law
with its statement, its formula and where it holds; `liars` has broken objects that a suite of laws
must catch. Neither pytest nor hypothesis is needed; `parametrize` is for the one and `strategies`
for the other (``pip install 'perturbtheory[testing]'``).
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from perturbtheory.testing._check import check_claim as check_claim
    from perturbtheory.testing._check import check_estimator as check_estimator
    from perturbtheory.testing._check import check_perturbation as check_perturbation
    from perturbtheory.testing._parametrize import parametrize as parametrize
    from perturbtheory.testing._report import Finding as Finding
    from perturbtheory.testing._report import LawsBroken as LawsBroken
    from perturbtheory.testing._report import Report as Report

# Loaded at first use, so that what registers strategies with hypothesis is quickly imported.
_HOMES = {
    "check_claim": "_check",
    "check_estimator": "_check",
    "check_perturbation": "_check",
    "parametrize": "_parametrize",
    "Finding": "_report",
    "LawsBroken": "_report",
    "Report": "_report",
}
_MODULES = ("laws", "liars", "strategies")


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"{__name__}.{name}")
    if name not in _HOMES:
        known = ", ".join(sorted([*_HOMES, *_MODULES]))
        msg = f"module {__name__!r} has no attribute {name!r}; it has {known}"
        raise AttributeError(msg)
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*_HOMES, *_MODULES])
