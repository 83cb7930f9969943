# SPDX-License-Identifier: Apache-2.0
"""The commands, one class for each object and verb, made when it is asked for.

``HostList`` is the verb :class:`~cratonclient_osc.verbs.resource_command.List` for the kind
``hosts``. Entry points name the classes as attributes of this module; they are
not written out anywhere, because all that makes them different stands in the
declarations.
"""

from __future__ import annotations

import functools
import importlib
import re
import types
import typing as t

from cratonclient import v1
from cratonclient.kinds import Kind

if t.TYPE_CHECKING:
    from cratonclient import crud
    from cratonclient_osc.verbs import resource_command


class Verb(t.NamedTuple):
    """Where a verb is found, and which kinds have it."""

    module: str
    class_name: str
    fits: t.Callable[[Kind], bool]


def _can(operation: crud.Operation) -> t.Callable[[Kind], bool]:
    return lambda kind: kind.can(operation)


def _can_set(kind: Kind) -> bool:
    return kind.can("update") or bool(kind.parts)


def _can_unset(kind: Kind) -> bool:
    clears = kind.can("update") and any(field.clear for field in kind.fields.values())
    return clears or bool(kind.parts)


def _has_variables(kind: Kind) -> bool:
    return "variables" in kind.parts


#: The verbs, as they are typed.
VERBS: dict[str, Verb] = {
    "list": Verb("lists", "List", _can("list")),
    "show": Verb("show", "Show", _can("get")),
    "create": Verb("create", "Create", _can("create")),
    "set": Verb("update", "Set", _can_set),
    "unset": Verb("update", "Unset", _can_unset),
    "delete": Verb("delete", "Delete", _can("delete")),
    "variable list": Verb("variables", "List", _has_variables),
    "variable show": Verb("variables", "Show", _has_variables),
    "variable set": Verb("variables", "Set", _has_variables),
    "variable unset": Verb("variables", "Unset", _has_variables),
}


def __getattr__(name: str) -> type[resource_command.ResourceCommand]:
    """Make the class of a command from its name, such as ``NetworkDeviceList``."""
    words = re.findall("[A-Z][a-z]*", name)
    if "".join(words) == name:
        found = find([word.lower() for word in words])
        if found:
            return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def find(words: t.Sequence[str]) -> type[resource_command.ResourceCommand] | None:
    """Find the class of a command.

    :param words: the command, such as ``['network', 'device', 'list']``.
    :returns: the class, ``None`` where there is no such object or verb.
    """
    for verb, (_, _, fits) in VERBS.items():
        noun = words[: -len(verb.split())]
        if noun and [*noun, *verb.split()] == [*words]:
            try:
                kind = v1.kind(f"{'_'.join(noun)}s")
            except LookupError:
                continue
            return _made(kind, verb) if fits(kind) else None
    return None


def names() -> list[str]:
    """Give all commands that the declarations make, such as ``'host list'``."""
    return [
        f"{kind.noun} {verb}"
        for kind in v1.kinds()
        for verb, (_, _, fits) in VERBS.items()
        if fits(kind)
    ]


def _made(kind: Kind, verb: str) -> type[resource_command.ResourceCommand]:
    module, class_name, _ = VERBS[verb]
    name = f"{kind.key}_{verb}".replace("_", " ").title().replace(" ", "")
    if name not in globals():
        found = importlib.import_module(f"cratonclient_osc.verbs.{module}")
        peculiar = _peculiar(kind.collection)
        own_name = verb.title().replace(" ", "")  # List, VariableList
        cls = getattr(peculiar, own_name, getattr(found, class_name))
        globals()[name] = type(name, (cls,), {"kind": kind, "__module__": __name__})
    return t.cast("type[resource_command.ResourceCommand]", globals()[name])


@functools.cache
def _peculiar(collection: str) -> types.ModuleType | None:
    """Find what is peculiar to the commands of a kind, once for all of them."""
    name = f"cratonclient_osc.v1.{collection}"
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as exc:
        if exc.name != name:
            raise
        return None
