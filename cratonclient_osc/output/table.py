# SPDX-License-Identifier: Apache-2.0
"""Tables with borders. On a terminal, a table is made to fit the width of the terminal."""

from __future__ import annotations

import argparse
import itertools
import shutil
import typing as t

from cratonclient import typed_values
from cratonclient_osc.output import terminal
from cratonclient_osc.output.values import Names, Row, Rows, plain

#: The minimum width of a narrowed column. If the table is still too wide, each object
#: gets a table of its own.
_MIN_WIDTH = 8

Cells = list[str]


def write_list(
    names: Names,
    rows: Rows,
    out: t.TextIO,
    options: argparse.Namespace,
) -> None:
    """Write a table with one row for each object."""
    rows = list(rows)
    if not rows and not options.print_empty:
        if not out.isatty():  # on a terminal, the command says that the list is empty
            _write_blank_line(out, options)
        return
    header = [plain(name) for name in names]
    cells = [[readable(value, ", ") for value in row] for row in rows]
    widths = fit(_widths([header, *cells]), _max_width(out, options))
    if widths is None:
        for row in rows:
            write_one(names, row, out, options)
        return
    _write(header, cells, widths, [_is_numeric(rows, i) for i in range(len(names))], out)


def write_one(
    names: Names,
    row: Row,
    out: t.TextIO,
    options: argparse.Namespace,
) -> None:
    """Write a table with one row for each field of an object."""
    if not names:
        _write_blank_line(out, options)
        return
    header = ["Field", "Value"]
    cells = [
        [plain(name), readable(value, "\n")] for name, value in zip(names, row, strict=True)
    ]
    widths = _widths([header, *cells])
    width = _max_width(out, options)
    if width is not None:
        widths[1] = min(widths[1], max(_MIN_WIDTH, width - widths[0] - _frame(2)))
    _write(header, cells, widths, [False, False], out)


def _write_blank_line(out: t.TextIO, options: argparse.Namespace) -> None:
    """Write a blank line in place of an empty table, as cliff does; not with ``--quiet``."""
    if not options.quiet:
        out.write("\n")


def readable(value: t.Any, separator: str) -> str:
    r"""Return a value in a form for people to read.

    Variables have the form that ``variable set`` accepts: ``rack=r1``, ``cores=64``. The
    rule is in :mod:`cratonclient.typed_values`.

    :param value: the value.
    :param separator: text between two variables.

    >>> readable({'rack': 'r1', 'cores': 64, 'serial': '64', 'load': 1.5}, ', ')
    'rack=r1, cores=64, serial="64", load:=1.5'
    >>> readable(['web', 'db'], '\n')
    'web, db'
    """
    if isinstance(value, dict):
        return separator.join(typed_values.assignment(n, v) for n, v in value.items())
    if isinstance(value, list):
        return ", ".join(map(plain, value))
    return plain(value)


def fit(natural: t.Sequence[int], max_width: int | None) -> list[int] | None:
    """Narrow the widest columns until a table fits.

    :param natural: the widths of the contents of the columns.
    :param max_width: the maximum width of the table, ``None`` for no maximum.
    :returns: the widths of the columns, or ``None`` if they would be too narrow to read.

    >>> fit([2, 30, 40], 52)
    [2, 20, 20]
    """
    if max_width is None:
        return list(natural)
    room = max_width - _frame(len(natural))
    if sum(min(width, _MIN_WIDTH) for width in natural) > room:
        return None
    # The greatest limit that makes all columns fit, if wider columns are narrowed to it.
    widest = next(
        limit
        for limit in range(max(natural), 0, -1)
        if limit <= _MIN_WIDTH or sum(min(width, limit) for width in natural) <= room
    )
    widths = [min(width, widest) for width in natural]
    # Give the columns that remain too narrow the rest of the room, one character each.
    for i, width in enumerate(natural):
        if width > widest and sum(widths) < room:
            widths[i] += 1
    return widths


def _frame(columns: int) -> int:
    """Return the width of the borders of a table, and of the spaces beside them."""
    return 3 * columns + 1


def _max_width(out: t.TextIO, options: argparse.Namespace) -> int | None:
    """Return the maximum width of a table, ``None`` for no maximum."""
    if options.max_width > 0:
        return int(options.max_width)
    if options.fit_width or out.isatty():
        return shutil.get_terminal_size().columns
    return None


def _widths(rows: list[Cells]) -> list[int]:
    return [max(map(_width, column)) for column in zip(*rows, strict=True)]


def _width(cell: str) -> int:
    return max(map(terminal.width, cell.split("\n"))) if "\n" in cell else terminal.width(cell)


def _is_numeric(rows: list[Row], column: int) -> bool:
    types = {type(row[column]) for row in rows}
    return bool(types & {int, float}) and types <= {int, float, type(None)}


def _write(
    header: Cells, rows: list[Cells], widths: list[int], numeric: list[bool], out: t.TextIO
) -> None:
    border = f"+{'+'.join('-' * (width + 2) for width in widths)}+\n"
    bold, normal = terminal.style(out, "bold")
    out.write(border)
    for line in _lines(header, widths, numeric):
        out.write(f"|{'|'.join(f' {bold}{cell}{normal} ' for cell in line)}|\n")
    out.write(border)
    for row in rows:
        for line in _lines(row, widths, numeric):
            out.write(f"| {' | '.join(line)} |\n")
    out.write(border)


def _lines(row: Cells, widths: list[int], numeric: list[bool]) -> t.Iterator[Cells]:
    """Yield the lines of a row, with cells padded to the widths of their columns."""
    wrapped = [list(_wrap(cell, width)) for cell, width in zip(row, widths, strict=True)]
    for line in itertools.zip_longest(*wrapped, fillvalue=""):
        yield [
            _pad(cell, width, right)
            for cell, width, right in zip(line, widths, numeric, strict=True)
        ]


def _pad(cell: str, width: int, right: bool) -> str:
    spaces = " " * (width - terminal.width(cell))
    return spaces + cell if right else cell + spaces


def _wrap(cell: str, width: int) -> t.Iterator[str]:
    """Yield the lines of a wrapped text, broken between words if possible."""
    for line in cell.split("\n"):
        while terminal.width(line) > width:
            end = width
            while end > 1 and terminal.width(line[:end]) > width:
                end -= 1
            space = line.rfind(" ", 1, end + 1)
            yield line[: space if space > 0 else end]
            line = line[space + 1 if space > 0 else end :]
        yield line
