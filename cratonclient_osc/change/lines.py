# SPDX-License-Identifier: Apache-2.0
"""A table whose rows are printed as they come, with columns of usual widths."""

from __future__ import annotations

import typing as t

from cratonclient_osc.output import terminal, values

#: The widths of columns. Longer values move the rest of their row.
_WIDTHS = {"revision": 8, "created_at": 26, "username": 12, "summary": 30, "reason": 30}
_OTHERS = 16


def write(names: values.Names, rows: values.Rows, out: t.TextIO) -> None:
    """Write rows without borders, each at once.

    :param names: names of the columns.
    :param rows: the rows.
    :param out: stream to write to.
    """
    on, off = terminal.style(out, "bold")
    out.write(f"{on}{_line(names, names)}{off}\n")
    out.flush()
    for row in rows:
        out.write(f"{_line(names, ['' if value is None else value for value in row])}\n")


def _line(names: values.Names, row: values.Row) -> str:
    cells = [
        values.plain(value) + " " * (_WIDTHS.get(name, _OTHERS) - _width(value))
        for name, value in zip(names, row, strict=True)
    ]
    return "  ".join(cells).rstrip()


def _width(value: t.Any) -> int:
    return terminal.width(values.plain(value))
