"""What the commands that train one model share: images, training, the numbers and pictures."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from perturbtheory.cli._output import Output, say, terminal
from perturbtheory.cli._sweeps import require_data
from perturbtheory.cli._use import DRIFTED, MisuseError, require_directory, require_writable

if TYPE_CHECKING:
    from perturbtheory.data import Images
    from perturbtheory.models.vae import Trained

_STEPS = 2500
"""Steps of Adam if the number of epochs is not given: two minutes on two slow cores."""


class Made(NamedTuple):
    """What is trained.

    Attributes:
        run: as it is written to a file.
        source: where the images come from, in words.
        sizes: how many images there are for what, in words.
        images: how many there are to train on.
    """

    run: Any
    source: str
    sizes: str
    images: int


class Trains(Protocol):
    """Train and show one kind of model."""

    def made(self) -> Made:
        """Choose run and images; ValueError or DataError for what cannot be."""
        ...

    def train(self, checkpoint: Path | None, watch: Callable[..., None]) -> "Trained":
        """Train the model."""
        ...

    def summary(self, found: "Trained") -> dict[str, Any]:
        """The numbers that are written to a file."""
        ...

    def table(self, result: dict[str, Any]) -> Any:
        """The numbers, as they are printed."""
        ...

    def draw(self, found: "Trained", folder: Path) -> Sequence[Path]:
        """Draw pictures in the folder."""
        ...


def train_and_show(
    kind: Trains,
    data: Path | None,
    directory: Path,
    checkpoint: Path | None,
    json: Path | None,
    *,
    quiet: bool,
) -> int:
    """Train, print the numbers, write them and draw; an exit status."""
    require_data(data)
    require_writable("--json", json)
    from perturbtheory.data import DataError

    try:
        made = kind.made()
    except (ValueError, DataError) as error:
        raise MisuseError(str(error)) from error
    require_directory("--directory", directory)
    require_writable("--checkpoint", checkpoint)
    from perturbtheory.experiments.vaes.render import Bar
    from perturbtheory.models.vae import CheckpointError

    console, output = terminal(), Output(quiet=quiet, json=json)
    output.show(lambda: console.print(f"{made.source.rstrip('.')}: {made.sizes}", markup=False))
    try:
        with Bar(made.run.epochs, made.images, shown=not quiet) as bar:
            found = kind.train(checkpoint, bar.update)
    except CheckpointError as error:
        raise MisuseError(str(error)) from error
    except ValueError as error:
        say(str(error))
        return DRIFTED
    result = kind.summary(found)
    output.show(lambda: console.print(kind.table(result)))
    output.keep_json(lambda: {"run": vars(made.run), "result": result})
    drawn: list[Path] = []
    if output.keep("--directory", directory, lambda: drawn.extend(kind.draw(found, directory))):
        names = ", ".join(path.name for path in drawn)
        output.show(lambda: console.print(f"{names} in {directory}", markup=False))
    return output.status


def epochs_of(images: int) -> int:
    """Passes through so many training images that make about `_STEPS` steps of 100."""
    return max(1, round(_STEPS / max(1, images // 100)))


def images_at_hand(name: str | None, folder: Path | None) -> "Images":
    """Those with this name, or what is at hand: see `perturbtheory.data.default`."""
    from perturbtheory import data
    from perturbtheory.checks import require_one_of

    if name is not None:
        require_one_of("--images", name, data.NAMES)
    return data.default(folder) if name is None else data.load(name, folder)
