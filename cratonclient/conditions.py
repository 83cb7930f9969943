# SPDX-License-Identifier: Apache-2.0
"""Conditions on variables: the text of the parameter ``vars`` of lists.

The original server splits the parameter at every comma, also in quotes, and finds
characters beyond ASCII only as escapes. So in strings, commas and such characters are
escaped. The commas between the members of an object or a list remain.
"""

from __future__ import annotations

import json
import re
import typing as t

from cratonclient import exceptions, json_values, paths, secrets
from cratonclient.printable import shown

#: A string in a JSON text.
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


def text_of(conditions: t.Mapping[str, json_values.JSON]) -> str:
    r"""Return the text of conditions, all of which must hold.

    :param conditions: JSON values by path, such as ``os.kernel`` or ``nics[*].mac``. The
        grammar is that of :mod:`cratonclient.paths`: a name that contains one of
        ``. [ ] = " '`` needs quotes. The names of variables that a manager returned need none.
    :raises cratonclient.exceptions.BadRequest: if a path is not valid, if JSON cannot
        represent a value, or if two paths are the same. The message names path and value.

    >>> text_of({'rack': 'r1', 'os.kernel': '5.10', '"a.b"[*]': None})
    'rack:"r1",os.kernel:"5.10","a.b"[*]:null'
    """
    are_names = isinstance(conditions, json_values.Wrapped)
    written: list[tuple[paths.Path, str]] = []
    for given, value in conditions.items():
        try:
            path = (given,) if are_names else paths.parse_pattern(given)
            written.append((path, text_of_one(path, value)))
        except exceptions.CommandError as exc:
            name, found = shown(given), shown(value)
            found = secrets.MASK if secrets.names_secret(f"{name} {found}") else found
            raise exceptions.BadRequest(
                f"vars: the condition {name}: {found} is not valid: {exc}"
            ) from exc
    try:
        return joined(written)
    except paths.PathError as exc:
        raise exceptions.BadRequest(f"vars: {exc}") from exc


def joined(written: t.Iterable[tuple[paths.Path, str]]) -> str:
    """Return the text of several conditions.

    :param written: paths, and the texts of conditions on them.
    :raises cratonclient.paths.PathError: if two different conditions have the same path:
        servers would use the last one only.

    >>> joined([(('a',), 'a:1'), (('b',), 'b:2')])
    'a:1,b:2'
    """
    found: dict[paths.Path, str] = {}
    for path, text in written:
        if found.setdefault(path, text) != text:
            raise paths.PathError(
                f"{paths.write(path)} has two values, and servers would use the last one only. "
                "A list, such as [1, 2], finds lists that contain both."
            )
    return ",".join(found.values())


def text_of_one(path: paths.Path, value: json_values.JSON) -> str:
    r"""Return the text of one condition.

    :param path: path of the value.
    :param value: JSON value.
    :raises cratonclient.paths.PathError: if the parameter cannot express the path.
    :raises cratonclient.exceptions.CommandError: if JSON cannot represent the value.

    >>> text_of_one(('note',), 'café, bar')
    'note:"caf\\u00e9\\u002c bar"'
    """
    paths.check_name(path[0])
    if any(isinstance(step, int) and step < 0 for step in path):
        raise paths.PathError("a filter accepts no negative index. Use 0 or more, or [*].")
    plain = json_values.checked(value)
    text = json.dumps(plain, separators=(",", ":"))
    escaped = _STRING.sub(lambda string: string[0].replace(",", r"\u002c"), text)
    _check_unicode(*path, plain)
    return f"{paths.QUERY.write(path)}:{escaped}"


def _check_unicode(*texts: t.Any) -> None:
    """Refuse text that is not Unicode: no variable can have it.

    :param texts: JSON values, and steps of paths.
    :raises cratonclient.paths.PathError: if a text has an unpaired surrogate.
    """
    try:
        json.dumps(texts, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError as exc:
        raise paths.PathError(f"{exc.object[exc.start]!r} is not a character.") from None
