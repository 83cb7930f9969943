# SPDX-License-Identifier: Apache-2.0
"""Convert values to text, for the formats that print text."""

from __future__ import annotations

import json
import typing as t

from cratonclient.printable import is_printable, printable

Names = t.Sequence[str]
Row = t.Sequence[t.Any]
Rows = t.Iterable[Row]


def plain(value: t.Any) -> str:
    r"""Return a value as one line: a string as it is, any other value as JSON.

    Control characters become escapes.

    >>> plain('web'), plain(None), plain({'rack': 'r1'}), plain('a\x1b')
    ('web', 'null', '{"rack": "r1"}', 'a\\x1b')
    """
    if isinstance(value, str):
        return printable(value)
    text = json.dumps(value, ensure_ascii=False)
    return text if is_printable(text) else json.dumps(value)


def with_newlines(value: t.Any) -> str:
    r"""Return a value as :func:`plain` does, but with its line ends and tabs as they are.

    >>> with_newlines('a\nb\x1b')
    'a\nb\\x1b'
    """
    if not isinstance(value, str) or is_printable(value):
        return plain(value)
    return "".join(c if c in "\r\n\t" else printable(c) for c in value)


def escaped(value: t.Any) -> str:
    r"""Return a value as :func:`plain` does, but with two backslashes for each one.

    So a reader can tell escapes from the same text in the value.

    >>> escaped('a\nb'), escaped('a\\nb')
    ('a\\nb', 'a\\\\nb')
    """
    text = value if isinstance(value, str) else plain(value)
    return printable(text.replace("\\", "\\\\"))


def select(rows: Rows, names: Names, wanted: Names) -> t.Iterator[Row]:
    """Generate rows with only the wanted columns, in the wanted order.

    :param rows: the rows.
    :param names: the columns of a row.
    :param wanted: the columns to keep.

    >>> list(select([(1, 'web'), (2, 'db')], ['id', 'name'], ['name', 'id']))
    [('web', 1), ('db', 2)]
    """
    if list(wanted) == list(names):
        yield from rows
        return
    indexes = [names.index(name) for name in wanted]
    for row in rows:
        yield tuple(row[index] for index in indexes)
