# SPDX-License-Identifier: Apache-2.0
"""Sort the rows of a list before they are printed, for ``--sort-column``."""

from __future__ import annotations

import argparse
import typing as t

from cratonclient_osc.output.values import Names, Row, Rows, plain


def by_columns(rows: Rows, names: Names, parsed_args: argparse.Namespace) -> t.Iterator[Row]:
    """Return the rows in the order of ``--sort-column``.

    Without that option, no row is fetched before it is needed. The first column that was
    given matters most. Rows without a value come last, or first when descending.

    :param rows: the rows.
    :param names: the columns of a row.
    :param parsed_args: the parsed arguments.
    """
    if not parsed_args.sort_columns:
        return iter(rows)
    indexes = [names.index(name) for name in parsed_args.sort_columns]
    return iter(
        sorted(
            rows,
            key=lambda row: [_key(row[index]) for index in indexes],
            reverse=parsed_args.sort_direction == "desc",
        )
    )


def _key(value: t.Any) -> tuple[int, t.Any]:
    """Return a key that sorts values of several types: numbers, texts, others, null.

    >>> sorted(['b', None, 2, True, 'a', 1.5], key=_key)
    [1.5, 2, 'a', 'b', True, None]
    """
    if value is None:
        return 3, ""
    if isinstance(value, bool):
        return 2, plain(value)
    if isinstance(value, int | float):
        return 0, value
    return (1, value) if isinstance(value, str) else (2, plain(value))
