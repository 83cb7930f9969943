# SPDX-License-Identifier: Apache-2.0
"""A difference as text: what a change did to each object.

For example::

    ~ host web-1 (id 12)
        cell_id: 3 (c3) → 4 (c4)
        variables.os.kernel: "5.10" → "5.15"
        + variables.rack: "r8"
        + label moved
    - host web-9 (id 13)
        ip_address: "10.0.0.9"
"""

from __future__ import annotations

import itertools
import json
import typing as t

from cratonclient import paths, v1
from cratonclient.printable import printable
from cratonclient_osc.output import terminal

if t.TYPE_CHECKING:
    from cratonclient import changes

_SIGNS = {"created": "+", "updated": "~", "deleted": "-"}
_STYLES: dict[str, terminal.Style] = {"+": "green", "~": "yellow", "-": "red"}
#: A value that is not there.
_MISSING: t.Any = object()

#: Names by the kind and the field of a reference, and by the id that it has.
Names = t.Mapping[tuple[str, str, t.Any], str]


class _Line(t.NamedTuple):
    """A line about a value: a sign, ``+``, ``-`` or none, and a text."""

    sign: str
    text: str


def write(
    objects: t.Sequence[changes.ChangedObject],
    out: t.TextIO,
    names: Names | None = None,
    limit: int | None = None,
) -> None:
    """Write the difference of each object.

    :param objects: objects before and after a change.
    :param out: stream to write to. A terminal gets colours.
    :param names: names of the objects that the values refer to.
    :param limit: number of objects to write, by default all.
    """
    for one in objects[:limit]:
        named = f" {one.name}" if one.name else ""
        title = f"{_SIGNS[one.action]} {_noun(one.kind)}{named} (id {one.id})"
        out.write(_styled(out, _SIGNS[one.action], title) + "\n")
        for line in _lines(one, names or {}):
            sign = f"{line.sign} " if line.sign else ""
            out.write(f"    {_styled(out, line.sign, sign + line.text)}\n")
    if limit is not None and len(objects) > limit:
        out.write(f"… and {len(objects) - limit} more objects\n")


def _styled(out: t.TextIO, sign: str, text: str) -> str:
    on, off = terminal.style(out, _STYLES[sign]) if sign else ("", "")
    return f"{on}{printable(text)}{off}"


def _noun(collection: str) -> str:
    try:
        return v1.kind(collection).noun
    except LookupError:
        return collection


def _lines(one: changes.ChangedObject, names: Names) -> t.Iterator[_Line]:
    """Yield a line for each value that differs, or for each value of a whole object."""
    before, after = one.before or {}, one.after or {}
    for name in dict.fromkeys([*before, *after]):
        old, new = before.get(name, _MISSING), after.get(name, _MISSING)
        if one.action == "updated":
            yield from _changed(one.kind, name, old, new, names)
        else:
            value = old if new is _MISSING else new
            yield from _whole(one.kind, name, value, names)


def _whole(kind: str, name: str, value: t.Any, names: Names) -> t.Iterator[_Line]:
    """Yield the lines for a value of an object that was created or deleted."""
    if isinstance(value, dict):
        for member, inner in value.items():
            yield _Line("", f"{name}.{paths.write((member,))}: {_json(inner)}")
    elif name not in _known(kind):
        yield _Line("", f"{name}: {_json(value)}{_named(kind, name, value, names)}")


def _changed(kind: str, name: str, old: t.Any, new: t.Any, names: Names) -> t.Iterator[_Line]:
    """Yield the lines for a field or a part that an update has changed."""
    values = [value for value in (old, new) if value is not _MISSING]
    if any(isinstance(value, dict) for value in values):
        old, new = ({} if value is _MISSING else value for value in (old, new))
        yield from _members(name, (), old, new)
        return
    if name in _parts(kind):
        old, new = ([] if value is _MISSING else value for value in (old, new))
        yield from (_Line("-", f"{name.removesuffix('s')} {label}") for label in old)
        yield from (_Line("+", f"{name.removesuffix('s')} {label}") for label in new)
        return
    shown = (
        _json(value) + _named(kind, name, value, names)
        for value in (None if value is _MISSING else value for value in (old, new))
    )
    yield _Line("", f"{name}: {' → '.join(shown)}")


def _members(part: str, path: paths.Path, old: t.Any, new: t.Any) -> t.Iterator[_Line]:
    """Yield a line for each path in a value whose end has changed."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys([*old, *new]):
            values = old.get(key, _MISSING), new.get(key, _MISSING)
            yield from _members(part, (*path, key), *values)
    elif isinstance(old, list) and isinstance(new, list):
        both = itertools.zip_longest(old, new, fillvalue=_MISSING)
        for number, values in enumerate(both):
            yield from _members(part, (*path, number), *values)
    elif old is _MISSING or new is _MISSING:
        sign, value = ("+", new) if old is _MISSING else ("-", old)
        yield _Line(sign, f"{part}.{paths.write(path)}: {_json(value)}")
    elif _json(old) != _json(new):  # 1 and true are equal, but not the same
        yield _Line("", f"{part}.{paths.write(path)}: {_json(old)} → {_json(new)}")


def _parts(collection: str) -> t.Collection[str]:
    """Return the names of the values that consist of members, such as labels."""
    try:
        return v1.kind(collection).parts
    except LookupError:
        return ()


def _known(collection: str) -> t.Collection[str]:
    """Return the fields that are left out of whole objects: the name, and times."""
    try:
        kind = v1.kind(collection)
    except LookupError:
        return ()
    return {kind.resource_class.NAME_ATTR} | {
        name
        for name, field in kind.fields.items()
        if name not in kind.parts and not (field.create or field.update)
    }


def _named(kind: str, name: str, value: t.Any, names: Names) -> str:
    """Return the name of the object that a value refers to, in parentheses."""
    try:
        found = names.get((kind, name, value))
    except TypeError:  # a list or an object refers to nothing
        return ""
    return f" ({found})" if found else ""


def _json(value: t.Any) -> str:
    return json.dumps(value, ensure_ascii=False)
