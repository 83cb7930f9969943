# SPDX-License-Identifier: Apache-2.0
"""A difference as text: what a change did to each object.

For example::

    ~ host web-1 (id 12)
        note: null → "moved"
        variables.rack: "r7" → "r8"
        + label moved
    - host web-9 (id 13)
        name: "web-9"
"""

from __future__ import annotations

import json
import typing as t

from cratonclient.printable import printable
from cratonclient_osc.output import terminal

if t.TYPE_CHECKING:
    from cratonclient import changes

_SIGNS = {"created": "+", "updated": "~", "deleted": "-"}
_STYLES: dict[str, terminal.Style] = {
    "created": "green",
    "updated": "yellow",
    "deleted": "red",
}


def write(objects: t.Iterable[changes.ChangedObject], out: t.TextIO) -> None:
    """Write the difference of each object.

    :param objects: objects before and after a change.
    :param out: stream to write to. A terminal gets colours.
    """
    for one in objects:
        on, off = terminal.style(out, _STYLES[one.action])
        named = f" {one.name}" if one.name else ""
        title = f"{_SIGNS[one.action]} {_noun(one.kind)}{named} (id {one.id})"
        out.write(f"{on}{printable(title)}{off}\n")
        for line in _lines(one):
            out.write(f"    {printable(line)}\n")


def _noun(collection: str) -> str:
    return collection.removesuffix("s").replace("_", " ")


def _lines(one: changes.ChangedObject) -> t.Iterator[str]:
    """Yield a line for each value that differs."""
    before, after = one.before or {}, one.after or {}
    for name in dict.fromkeys([*before, *after]):
        old, new = before.get(name), after.get(name)
        if isinstance(old, list) or isinstance(new, list):
            yield from (f"- {name.removesuffix('s')} {label}" for label in old or ())
            yield from (f"+ {name.removesuffix('s')} {label}" for label in new or ())
        elif isinstance(old, dict) or isinstance(new, dict):
            yield from _members(name, old or {}, new or {})
        elif one.action == "updated":
            yield f"{name}: {_json(old)} → {_json(new)}"
        else:
            yield f"{name}: {_json(new if one.before is None else old)}"


def _members(part: str, before: dict[str, t.Any], after: dict[str, t.Any]) -> t.Iterator[str]:
    for name in dict.fromkeys([*before, *after]):
        if name not in after:
            yield f"- {part}.{name}: {_json(before[name])}"
        elif name not in before:
            yield f"+ {part}.{name}: {_json(after[name])}"
        else:
            yield f"{part}.{name}: {_json(before[name])} → {_json(after[name])}"


def _json(value: t.Any) -> str:
    return json.dumps(value, ensure_ascii=False)
