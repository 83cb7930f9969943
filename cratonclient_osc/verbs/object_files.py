# SPDX-License-Identifier: Apache-2.0
"""Read objects from a file: CSV, JSON Lines or YAML, each with the number of its line.

CSV is read as Excel writes it: with a byte order mark, line ends of Windows, semicolons or
tabs in place of commas, line ends in quotes, and empty lines at the end. An empty cell is no
value.
"""

from __future__ import annotations

import csv
import io
import json
import typing as t

from cratonclient import typed_values
from cratonclient_osc.output import exit_status
from cratonclient_osc.verbs import columns, input_files

#: The formats, by the endings of files.
FORMATS = {"csv": "csv", "jsonl": "jsonl", "yaml": "yaml", "yml": "yaml", "json": "yaml"}

#: The size of a cell. A note or a variable can be larger than the default of Python.
_MAX_CELL = 2**24


class Line(t.NamedTuple):
    """An object of a file.

    :param number: number of its first line.
    :param values: values by column: texts from CSV, JSON values otherwise.
    :param error: why the line cannot be used.
    """

    number: int
    values: dict[str, t.Any]
    error: str = ""


def read(name: str, format: str | None) -> list[Line]:
    """Read the objects of a file.

    :param name: path of the file, or ``-`` for standard input.
    :param format: one of the values of :data:`FORMATS`; ``None`` to take it from the name.
    :raises cratonclient_osc.output.exit_status.UsageError: if the file cannot be read, or its
        format is unknown.
    """
    if format is None:
        ending = name.rpartition(".")[2].lower()
        if ending not in FORMATS:
            raise exit_status.UsageError(
                f"The format of {name!r} is unknown: use --input-format csv, jsonl or yaml, or "
                "a name that ends in .csv, .jsonl or .yaml."
            )
        format = FORMATS[ending]
    text = input_files.read(name)
    readers = {"csv": _csv, "jsonl": _jsonl, "yaml": _yaml}
    found = [*readers[format](name, text)]
    if not found:
        raise exit_status.UsageError(f"{name!r} has no objects.")
    return found


def _csv(name: str, text: str) -> t.Iterator[Line]:
    header_line = text.partition("\n")[0]
    delimiter = max(",;\t", key=header_line.count)
    csv.field_size_limit(_MAX_CELL)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header: list[str] | None = None
    number = 1
    try:
        for row in rows:
            first, number = number, rows.line_num + 1
            if not any(cell.strip() for cell in row):
                continue
            if header is None:
                header = [cell.strip() for cell in row]
                while header and not header[-1]:  # Excel adds columns without a name
                    header.pop()
                _check_header(name, header)
                continue
            values = {n: v for n, v in zip(header, row, strict=False) if v != ""}
            extra = [cell for cell in row[len(header) :] if cell.strip()]
            error = f"it has more values than the {len(header)} columns" if extra else ""
            yield Line(first, columns.cells(values), error)
    except csv.Error as exc:
        raise exit_status.UsageError(
            f"{name!r} is not valid CSV: line {number}: {exc}."
        ) from None


def _check_header(name: str, header: list[str]) -> None:
    """Refuse a header with a column that is empty or is there twice.

    :raises cratonclient_osc.output.exit_status.UsageError: if there is one.
    """
    for position, column in enumerate(header, 1):
        if not column:
            raise exit_status.UsageError(f"{name!r}: column {position} has no name.")
        if header.count(column) > 1:
            raise exit_status.UsageError(f"{name!r}: the column {column!r} is there twice.")


def _jsonl(name: str, text: str) -> t.Iterator[Line]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            found = typed_values.parse_json(line)
        except json.JSONDecodeError as exc:
            reason = f"it is not valid JSON: column {exc.colno}: {exc.msg}"
            yield Line(number, {}, reason)
            continue
        except ValueError as exc:
            yield Line(number, {}, str(exc))
            continue
        yield _line(number, found)


def _yaml(name: str, text: str) -> t.Iterator[Line]:
    from cratonclient_osc.verbs import yaml_files

    try:
        found = yaml_files.parse_items(text)
    except yaml_files.InvalidYaml as exc:
        raise exit_status.UsageError(f"{name!r} cannot be used: {exc}.") from None
    for number, value in found:
        yield _line(number, value)


def _line(number: int, found: t.Any) -> Line:
    """Return the line of a JSON value, which must be an object."""
    if not isinstance(found, dict):
        return Line(number, {}, 'it must be an object, such as {"name": "web-1"}')
    return Line(number, found)
