# SPDX-License-Identifier: Apache-2.0
"""Convert values to text, for the formats that print text."""

from __future__ import annotations

import json
import typing as t

from cratonclient.printable import printable

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
    return text if text.isprintable() else json.dumps(value)
