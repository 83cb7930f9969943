# SPDX-License-Identifier: Apache-2.0
"""Tables with borders, as wide as their contents or as the terminal."""

from __future__ import annotations

import argparse
import itertools
import json
import shutil
import typing as t

from cratonclient_osc.output import terminal
from cratonclient_osc.output.values import Names, Row, Rows, plain

#: Columns are not made narrower than this. Where that does not suffice, each
#: object gets a table of its own.
_NARROWEST = 8

Cells = list[str]


def write_list(
    names: Names,
    rows: Rows,
    out: t.TextIO,
    options: argparse.Namespace,
) -> None:
    """Write a row for each object."""
    rows = list(rows)
    if not rows and not options.print_empty:
        out.write("\n")
        return
    header = [plain(name) for name in names]
    cells = [[readable(value, ", ") for value in row] for row in rows]
    widths = fit(_widths([header, *cells]), _line(out, options))
    if widths is None:
        for row in rows:
            write_one(names, row, out, options)
        return
    _write(header, cells, widths, [_numeric(rows, place) for place in range(len(names))], out)


def write_one(
    names: Names,
    row: Row,
    out: t.TextIO,
    options: argparse.Namespace,
) -> None:
    """Write a row for each field of an object."""
    if not names:
        out.write("\n")
        return
    header = ["Field", "Value"]
    cells = [
        [plain(name), readable(value, "\n")] for name, value in zip(names, row, strict=True)
    ]
    widths = _widths([header, *cells])
    width = _line(out, options)
    if width is not None:
        widths[1] = min(widths[1], max(_NARROWEST, width - widths[0] - 3 * 2 - 1))
    _write(header, cells, widths, [False, False], out)


def readable(value: t.Any, between: str) -> str:
    r"""Write a value for people.

    Variables read as ``variable set`` takes them: ``rack=r1``, ``cores=64``.

    >>> readable({'rack': 'r1', 'cores': 64, 'serial': '64'}, ', ')
    'rack=r1, cores=64, serial="64"'
    >>> readable(['web', 'db'], '\n')
    'web, db'
    """
    if isinstance(value, dict):
        return between.join(f"{plain(name)}={_unambiguous(one)}" for name, one in value.items())
    if isinstance(value, list):
        return ", ".join(map(plain, value))
    return plain(value)


def _unambiguous(value: t.Any) -> str:
    """Write a text with quotes where it would be taken for something else."""
    if isinstance(value, str):
        try:
            json.loads(value)
        except ValueError:
            return plain(value)
        return plain(json.dumps(value))
    return plain(value)


def fit(natural: t.Sequence[int], line: int | None) -> list[int] | None:
    """Narrow the widest columns until a table fits.

    :param natural: the widths of what the columns hold.
    :param line: how wide the table may be, ``None`` for any width.
    :returns: the widths, ``None`` when columns would become too narrow to read.

    >>> fit([2, 30, 40], 52)
    [2, 20, 20]
    """
    if line is None:
        return list(natural)
    room = line - 3 * len(natural) - 1  # for borders and blanks
    if sum(min(width, _NARROWEST) for width in natural) > room:
        return None
    widest = next(
        most
        for most in range(max(natural), 0, -1)
        if most <= _NARROWEST or sum(min(width, most) for width in natural) <= room
    )
    widths = [min(width, widest) for width in natural]
    for place, width in enumerate(natural):
        if width > widest and sum(widths) < room:
            widths[place] += 1
    return widths


def _line(out: t.TextIO, options: argparse.Namespace) -> int | None:
    """Give how wide a table may be, ``None`` for any width."""
    if options.max_width > 0:
        return int(options.max_width)
    if options.fit_width or out.isatty():
        return shutil.get_terminal_size().columns
    return None


def _widths(rows: list[Cells]) -> list[int]:
    return [max(map(_width, column)) for column in zip(*rows, strict=True)]


def _width(cell: str) -> int:
    return max(map(terminal.width, cell.split("\n"))) if "\n" in cell else terminal.width(cell)


def _numeric(rows: list[Row], place: int) -> bool:
    kinds = {type(row[place]) for row in rows}
    return bool(kinds & {int, float}) and kinds <= {int, float, type(None)}


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
    """Give the lines that a row takes, filled with blanks."""
    wrapped = [list(_wrap(cell, width)) for cell, width in zip(row, widths, strict=True)]
    for line in itertools.zip_longest(*wrapped, fillvalue=""):
        yield [
            _fill(cell, width, right)
            for cell, width, right in zip(line, widths, numeric, strict=True)
        ]


def _fill(cell: str, width: int, right: bool) -> str:
    blanks = " " * (width - terminal.width(cell))
    return blanks + cell if right else cell + blanks


def _wrap(cell: str, width: int) -> t.Iterator[str]:
    """Break a text into lines, between words where that can be."""
    for line in cell.split("\n"):
        while terminal.width(line) > width:
            end = width
            while end > 1 and terminal.width(line[:end]) > width:
                end -= 1
            blank = line.rfind(" ", 1, end + 1)
            yield line[: blank if blank > 0 else end]
            line = line[blank + 1 if blank > 0 else end :]
        yield line
