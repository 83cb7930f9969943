# SPDX-License-Identifier: Apache-2.0
"""Mask the searched values in the query of a URL, and keep the names of its parameters.

For example, ``vars=rack:"r1",os.release:"9"&name=web-1&limit=10`` becomes
``vars=rack:***,os.release:***&name=***&limit=10``.
"""

from __future__ import annotations

import json
import re
from urllib import parse

from cratonclient import paths, secrets

#: The parameters whose values say how to search, and not for what.
_STRUCTURAL = frozenset(
    {
        "descendants",
        "details",
        "limit",
        "marker",
        "resolved-values",
        "sort_dir",
        "sort_keys",
        "usage",
    }
)
#: A value of a structural parameter, as clients write it.
_PLAIN = re.compile(r"[\w,.%+-]{1,200}")
#: An id as it is printed: a whole number or a UUID.
_ID = re.compile(r"\d{1,19}|[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}")
#: The name of a parameter, decoded. Other texts may contain values: a client that encodes
#: too much sends ``name%3Dweb-1``.
_NAME = re.compile(r"[\w.-]{1,64}")
#: Characters of paths that stay readable in a query.
_READABLE = ":,.[]*\"'"

_BLANKS = re.compile(r"[ \t\r\n,]*")


def mask_query(query: str) -> str:
    """Return a query without the values that it searches for.

    :param query: query of a URL, as the client sent it.

    >>> mask_query('vars=rack:"r1"&name=web-1&limit=10')
    'vars=rack:***&name=***&limit=10'
    """
    return "&".join(map(_mask_parameter, query.split("&")))


def _mask_parameter(pair: str) -> str:
    """Return a parameter as ``name=***``, unless its value is harmless."""
    name, equals, value = pair.partition("=")
    plain = parse.unquote_plus(name)
    if not _NAME.fullmatch(plain):
        return secrets.MASK if pair else ""
    if plain == "vars":
        return f"{name}={mask_conditions(parse.unquote_plus(value))}"
    if plain in _STRUCTURAL and _PLAIN.fullmatch(value):
        return pair
    if (plain == "id" or plain.endswith("_id")) and _ID.fullmatch(value):
        return pair
    return f"{name}={secrets.MASK}" if value else f"{name}{equals}"


def mask_conditions(text: str) -> str:
    """Return the conditions of the parameter ``vars`` without their values.

    Whatever follows a condition that is not valid is masked as well.

    :param text: conditions, separated by commas.

    >>> mask_conditions('rack:"r1, x:1",os.release:9,oops')
    'rack:***,os.release:***,***'
    """
    shown, at = [], 0
    while at < len(text):
        try:
            _, end = paths.QUERY.scan(text, at)
            if end == at or text[end : end + 1] != ":":
                raise ValueError("not a path")
            name = parse.quote(text[at:end], safe=_READABLE)
            shown.append(f"{name}:{secrets.MASK}")
            _, at = _DECODER.raw_decode(text, _skip_blanks(text, end + 1))
        except (ValueError, RecursionError):
            return ",".join(shown if text[end : end + 1] == ":" else [*shown, secrets.MASK])
        at = _skip_blanks(text, at)
    return ",".join(shown)


def _skip_blanks(text: str, at: int) -> int:
    match = _BLANKS.match(text, at)
    return match.end() if match else at


_DECODER = json.JSONDecoder()
