"""The public interface: pinned name by name, shown by the site, with words for everything."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator

import pytest

import perturbtheory
from tests import api

WITHOUT_REFERENCE = (
    "claims.",  # reached by ids of claims
    "cli",
    "experiments.",  # grids, tables and renderers of the rooms that are shown
    "figures.",  # reached by names of figures
    "locks",
    "potential.methods",
    "processes",
    "progress",
    "results",
    "tables",
)
"""Modules that serve others, or are reached by commands."""


def test_a_change_of_the_public_interface_is_a_change_of_its_file() -> None:
    """If it is meant, `python -m tests.api` writes the file anew, and the changelog says so."""
    assert api.PINNED.read_text("utf-8").splitlines() == list(api.lines())


def test_a_changed_default_is_a_change_of_the_interface() -> None:
    def one(a, /, *, b=2.5, _c=3, **more):
        """Only its call matters."""

    def other(a, /, *, b=2.25, **more):
        """Only its call matters."""

    assert api.signature(one) == "(a, /, *, b=2.5, **more)"
    assert api.signature(other) == "(a, /, *, b=2.25, **more)"


def _modules() -> list[str]:
    found = [m.name for m in pkgutil.walk_packages(perturbtheory.__path__, "perturbtheory.")]
    return [name for name in found if "._" not in name]


def test_the_reference_has_every_public_module() -> None:
    shown = set(api.modules())
    wanted = [
        m for m in _modules() if not m.removeprefix("perturbtheory.").startswith(WITHOUT_REFERENCE)
    ]
    assert len(wanted) >= 30
    assert [m for m in wanted if m not in shown] == []
    assert shown - {"perturbtheory"} <= set(_modules())


@pytest.mark.parametrize("module", api.modules())
def test_a_name_that_a_page_leaves_out_is_on_another(module: str) -> None:
    for name in api.DIRECTIVE.public_names(module):
        home = api.DIRECTIVE.shown_elsewhere(module, name)
        assert home is None or name in api.names(home), f"{module}.{name}"
        assert home is None or home in api.modules(), f"{module}.{name}"


@pytest.mark.parametrize("module", api.modules())
def test_everything_public_has_words(module: str) -> None:
    assert [where for where, words in _docstrings(module) if not words] == []


def _docstrings(module: str) -> Iterator[tuple[str, str | None]]:
    for name, value in api.names(module).items():
        if inspect.isclass(value) or inspect.isroutine(value):
            yield f"{module}.{name}", value.__doc__
        if inspect.isclass(value):
            for member in api.members(value, set()):
                held = getattr(value, member)
                if inspect.isroutine(held) or isinstance(held, property):
                    yield f"{module}.{name}.{member}", inspect.getdoc(held)


def _collects(module: str) -> bool:
    """Whether it is a package that imports what is public and defines nothing, so needs nothing."""
    imported = importlib.import_module(module)
    homes = api.DIRECTIVE.public_names(module).values()
    return hasattr(imported, "__path__") and module not in homes


PACKAGES = [module for module in api.modules() if _collects(module)]


@pytest.mark.parametrize("module", PACKAGES)
def test_a_package_holds_nothing_else(module: str) -> None:
    imported = importlib.import_module(module)
    held = {n for n in dir(imported) if not n.startswith("_")}
    held -= {n for n in held if inspect.ismodule(getattr(imported, n))}
    assert held - {"Any", "TYPE_CHECKING"} <= set(api.DIRECTIVE.public_names(module))


WITHOUT_EXAMPLE = {
    "perturbtheory.AbstractPerturbation",
    "perturbtheory.FromScipy",
    "perturbtheory.checks.is_numeric",
    "perturbtheory.checks.parameter",
    "perturbtheory.checks.require",
    "perturbtheory.claims.recorded.save",
    "perturbtheory.data.DataError",
    "perturbtheory.data.Faces",
    "perturbtheory.data.celeba",
    "perturbtheory.experiments.sweep.Record",
    "perturbtheory.experiments.sweep.SweepError",
    "perturbtheory.experiments.vaes.importance",
    "perturbtheory.experiments.vaes.run_vae",
    "perturbtheory.experiments.vaes.summary",
    "perturbtheory.experiments.vaes.trained",
    "perturbtheory.ledger.Claim",
    "perturbtheory.ledger.line_in",
    "perturbtheory.models.require_fit",
    "perturbtheory.models.vae.CheckpointError",
    "perturbtheory.models.vae.importance_bound",
    "perturbtheory.models.vae.loss",
    "perturbtheory.models.vae.over_batches",
    "perturbtheory.models.vae.semi.AbstractMixedVAE",
    "perturbtheory.models.vae.semi.Encoded",
    "perturbtheory.models.vae.semi.MixedBounds",
    "perturbtheory.models.vae.semi.MixedEpoch",
    "perturbtheory.models.vae.semi.SemiSupervised",
    "perturbtheory.models.vae.semi.given_labels",
    "perturbtheory.models.vae.semi.label_loss",
    "perturbtheory.models.vae.semi.log_evidence",
    "perturbtheory.models.vae.semi.switched",
    "perturbtheory.models.vae.semi.switching",
    "perturbtheory.models.vae.semi.unlabelled",
    "perturbtheory.numerics.Array",
    "perturbtheory.numerics.march",
    "perturbtheory.perturbations.require_perturbation",
    "perturbtheory.properties.Row",
    "perturbtheory.properties.Table1",
    "perturbtheory.properties.convexity_at",
    "perturbtheory.routes.enclosure.probability_over_box",
    "perturbtheory.routes.enclosure.weight_over_box",
    "perturbtheory.testing.LawsBroken",
    "perturbtheory.testing.laws.Input",
    "perturbtheory.testing.strategies.register",
}
"""Names whose docstring has no example that runs; the list may only become shorter."""


def test_what_has_no_example_is_known() -> None:
    lacking = {
        f"{module}.{name}"
        for module in api.modules()
        for name, value in api.names(module).items()
        if (inspect.isclass(value) or inspect.isroutine(value)) and not _has_example(value)
    }
    assert lacking == WITHOUT_EXAMPLE


def _has_example(value: object) -> bool:
    """Whether its docstring has one, or that of one of its methods."""
    held = api.members(value, set()) if inspect.isclass(value) else {}
    words = [value.__doc__, *(getattr(value, name).__doc__ for name in held)]
    return any(">>> " in (text or "") for text in words)
