"""Tables for people: as wide as the terminal, and wide enough for a line each where the output is a file."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.table import Table

FILE_WIDTH = 200


def table(*columns: str) -> Table:
    """An empty table without lines; without columns it has no head."""
    return Table(*columns, box=None, pad_edge=False, show_header=bool(columns))


def show(filled: Table) -> None:
    """Prints it on stdout, as it is: brackets in a message are no markup."""
    Console(width=None if sys.stdout.isatty() else FILE_WIDTH, markup=False).print(filled)
