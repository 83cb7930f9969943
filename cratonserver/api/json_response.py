# SPDX-License-Identifier: Apache-2.0
"""Write JSON responses: ASCII, with sorted keys, two spaces of indentation, and a newline.

orjson is many times faster than Python's ``json``, but it writes UTF-8 and refuses integers
beyond 64 bits, which variables may contain.
"""

from __future__ import annotations

import codecs
import json
import typing as t

import falcon
import orjson

from cratonserver.db.stored_json import plain

_OPTIONS = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE


def dumps(body: t.Any) -> bytes:
    r"""Return a body as JSON.

    >>> dumps({"name": "müll", "big": 2**64})
    b'{\n  "big": 18446744073709551616,\n  "name": "m\\u00fcll"\n}\n'
    """
    try:
        written = orjson.dumps(body, plain, _OPTIONS)
    except TypeError:
        return (json.dumps(body, indent=2, sort_keys=True, default=plain) + "\n").encode()
    return written if written.isascii() else written.decode().encode("ascii", _ESCAPE)


def set_body(resp: falcon.Response, body: t.Any) -> None:
    """Set the body of a response that is small, such as an object without variables.

    :param body: JSON value.
    """
    resp.content_type = "application/json"
    resp.data = dumps(body)


def _escape(error: UnicodeError) -> tuple[str, int]:
    r"""Return characters as ``\uXXXX``, and as surrogate pairs beyond 16 bits."""
    assert isinstance(error, UnicodeEncodeError)  # noqa: S101, encode() raises no other
    units = error.object[error.start : error.end].encode("utf-16-be").hex()
    escaped = "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
    return escaped, error.end


_ESCAPE = "craton-json"
codecs.register_error(_ESCAPE, _escape)
