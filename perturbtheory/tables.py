"""Tables that fit any terminal: words wrap, and no number and no name is cut."""

from collections.abc import Iterable, Iterator, Sequence

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.padding import Padding
from rich.segment import Segment
from rich.table import Table as RichTable
from rich.text import Text

from perturbtheory.display import ascii_text

Cell = str | Text


class Words(Text):
    """Text that is laid out in ASCII where the terminal has no more."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        """Its lines, as wide as what is printed."""
        shown = _text_in_ascii(self, console) if options.ascii_only else self
        yield from Text.__rich_console__(shown, console, options)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """How wide it is."""
        shown = _text_in_ascii(self, console) if options.ascii_only else self
        return Text.__rich_measure__(shown, console, options)


class Table:
    """Rows under headers; where they do not fit, every row becomes a list of its entries.

    Entries wrap between words. The width is known only when the table is shown.

    Args:
        headers: one per column.
        left: how many of the columns are set flush left, the first ones; all by default.
        gap: spaces between two columns.
        whole: length of the words that are never broken; all of them by default.
    """

    def __init__(
        self, *headers: str, left: int | None = None, gap: int = 2, whole: int | None = None
    ) -> None:
        self.headers, self.gap, self.whole = headers, gap, whole
        self.left = len(headers) if left is None else left
        self.rows: list[tuple[Text, ...]] = []

    def add_row(self, *cells: Cell) -> None:
        """Add a row, one entry per header."""
        self.rows.append(tuple(Text(c) if isinstance(c, str) else c for c in cells))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The table, or the list of its entries; in ASCII where the terminal has no more."""
        table = self._in_ascii(console) if options.ascii_only else self
        yield from table._laid_out(options)

    def _laid_out(self, options: ConsoleOptions) -> RenderResult:
        widths = self._widths(options.max_width)
        if widths is None:
            yield from self._entries()
            return
        table = RichTable(
            header_style="bold", pad_edge=False, box=None, padding=(0, self.gap, 0, 0)
        )
        for number, (header, width) in enumerate(zip(self.headers, widths, strict=True)):
            side = "left" if number < self.left else "right"
            table.add_column(header, justify=side, width=width, overflow="fold")
        for row in self.rows:
            table.add_row(*row)
        yield table

    def _in_ascii(self, console: Console) -> "Table":
        """The same table; columns are as wide as what is printed."""
        made = Table(*map(ascii_text, self.headers), left=self.left, gap=self.gap, whole=self.whole)
        for row in self.rows:
            made.add_row(*(_text_in_ascii(cell, console) for cell in row))
        return made

    def _widths(self, most: int) -> list[int] | None:
        """Of the columns, the widest of words narrowed until they fit; None if they cannot."""
        columns = list(zip(map(Text, self.headers), *self.rows, strict=True))
        widths = [max(map(_longest_line, column)) for column in columns]
        least = [max(map(_longest_word, column)) for column in columns]
        if self.whole is not None:
            least = [min(width, self.whole) for width in least]
        room = most - self.gap * (len(columns) - 1)
        if sum(least) > room:
            return None
        while sum(widths) > room:
            narrowed = max(range(len(widths)), key=lambda n: (widths[n] > least[n], widths[n]))
            widths[narrowed] -= 1
        return widths

    def _entries(self) -> Iterator[Text | Padding]:
        if self.headers[0].strip():
            yield Text(self.headers[0], style="bold", overflow="fold")
        name = Text()
        for first, *others in self.rows:
            # An empty name stands for the one above.
            name = first if first.plain.strip() else name
            yield Text.assemble(name, overflow="fold")
            for header, cell in zip(self.headers[1:], others, strict=True):
                if not cell.plain.strip():
                    continue
                label = Text(f"{header}: " if header else "", style="dim")
                yield Padding(Text.assemble(label, cell, overflow="fold"), (0, 0, 0, 2))


def columns(headers: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Table:
    """A table of numbers with words in its first column."""
    table = Table(*headers, left=1)
    for row in rows:
        table.add_row(*row)
    return table


def _text_in_ascii(text: Text, console: Console) -> Text:
    parts = text.render(console)
    return Text.assemble(*((ascii_text(part.text), part.style or "") for part in parts))


def _longest_line(text: Text) -> int:
    return max(map(cell_len, text.plain.split("\n")))


def _longest_word(text: Text) -> int:
    return max(map(cell_len, text.plain.split()), default=0)
