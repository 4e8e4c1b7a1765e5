"""A progress bar: rich's in a terminal, an element of HTML in a notebook, nothing anywhere else."""

from __future__ import annotations

import time
from html import escape
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from rich.progress import Progress

_SOONEST = 0.1
"""Seconds between two updates of a notebook, each of which is a message to the browser."""


class Bar:
    """So many steps, of which some are done; it is written to the standard error.

    Args:
        total: number of steps.
        what: what a step is called, before the bar.
        words: what is shown after the bar at first.
        times: whether the time that has passed and the time that is left are shown.
        stays: whether the bar is left standing at its end.
        shown: false for none at all.
    """

    def __init__(
        self,
        total: int,
        *,
        what: str = "",
        words: str = "",
        times: bool = False,
        stays: bool = False,
        shown: bool = True,
    ) -> None:
        self.total, self.what, self.words, self.stays = total, what, words, stays
        self.done = 0
        self._rich: Progress | None = None
        self._handle: Any = None
        self._sent = self._begun = time.monotonic()
        self._times, self._shown = times, shown

    def __enter__(self) -> Self:
        from rich.console import Console

        console = Console(stderr=True)
        if self._shown and console.is_jupyter:
            self._handle = _displayed(self._html())
        elif self._shown and console.is_terminal:
            self._rich = self._in_terminal(console)
            self._rich.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self._rich is not None:
            self._rich.stop()
        if self._handle is not None:
            self._send(self._html() if self.stays else "")

    def update(
        self, *, advance: int = 0, completed: int | None = None, words: str | None = None
    ) -> None:
        """So many steps more, or so many in all, and what is said of them."""
        self.done = self.done + advance if completed is None else completed
        self.words = self.words if words is None else words
        if self._rich is not None:
            task = self._rich.task_ids[0]
            self._rich.update(task, completed=self.done, description=self.words)
        now = time.monotonic()
        if self._handle is not None and now - self._sent >= _SOONEST:
            self._sent = now
            self._send(self._html())

    def _in_terminal(self, console: Any) -> Progress:
        from rich import progress as rich

        columns: list[Any] = [rich.TextColumn(self.what)] if self.what else []
        columns += [rich.BarColumn(bar_width=24), rich.MofNCompleteColumn()]
        if self._times:
            columns += [rich.TimeElapsedColumn(), rich.TimeRemainingColumn()]
        columns.append(rich.TextColumn("{task.description}"))
        made = rich.Progress(*columns, console=console, transient=not self.stays)
        made.add_task(self.words, total=self.total, completed=self.done)
        return made

    def _html(self) -> str:
        passed = time.monotonic() - self._begun
        left = ""
        if self._times and self.done:
            rest = passed / self.done * (self.total - self.done)
            left = f"{passed:.0f} s, {rest:.0f} s left"
        parts = [f"{self.done}/{self.total}", left, self.words]
        return (
            f"<div>{escape(self.what)} "
            f'<progress value="{self.done}" max="{max(self.total, 1)}"></progress> '
            f"{escape(' '.join(filter(None, parts)))}</div>"
        )

    def _send(self, html: str) -> None:
        from IPython.display import HTML  # pyright: ignore[reportMissingImports]

        self._handle.update(HTML(html))


def _displayed(html: str) -> Any:
    """The place in a notebook that can be written to again."""
    from IPython.display import HTML, display  # pyright: ignore[reportMissingImports]

    return display(HTML(html), display_id=True)
