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
from cratonclient.fields import Sub

if t.TYPE_CHECKING:
    from cratonclient import crud
    from cratonclient_osc.verbs import resource_command


class Verb(t.NamedTuple):
    """Where a verb is found, and which kinds have it."""

    module: str
    class_name: str
    fits: t.Callable[[type[crud.Resource]], bool]


def _can(operation: str) -> t.Callable[[type[crud.Resource]], bool]:
    return lambda resource: operation in resource.operations


def _subs(resource: type[crud.Resource], *types: type) -> bool:
    fields = resource.fields().values()
    return any(isinstance(field, Sub) and field.type in types for field in fields)


def _has_variables(resource: type[crud.Resource]) -> bool:
    return _subs(resource, dict)


#: The verbs, as they are typed.
VERBS: dict[str, Verb] = {
    "list": Verb("lists", "List", _can("list")),
    "show": Verb("resource_command", "Show", _can("get")),
    "create": Verb("resource_command", "Create", _can("create")),
    "set": Verb("changes", "Set", lambda r: _can("update")(r) or _subs(r, list, dict)),
    "unset": Verb(
        "changes",
        "Unset",
        lambda r: (
            _subs(r, list, dict)
            or ("update" in r.operations and any(f.clear for f in r.fields().values()))
        ),
    ),
    "delete": Verb("changes", "Delete", _can("delete")),
    "variable list": Verb("variables", "List", _has_variables),
    "variable show": Verb("variables", "Show", _has_variables),
    "variable set": Verb("variables", "Set", _has_variables),
    "variable unset": Verb("variables", "Unset", _has_variables),
}


def __getattr__(name: str) -> type[resource_command.Command]:
    """Make the class of a command from its name, such as ``NetworkDeviceList``."""
    words = re.findall("[A-Z][a-z]*", name)
    if "".join(words) == name:
        found = find([word.lower() for word in words])
        if found:
            return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def find(words: t.Sequence[str]) -> type[resource_command.Command] | None:
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
            return _made(kind, verb) if fits(kind.resource_class) else None
    return None


def names() -> list[str]:
    """Give all commands that the declarations make, such as ``'host list'``."""
    return [
        f"{kind.key.replace('_', ' ')} {verb}"
        for kind in v1.kinds()
        for verb, (_, _, fits) in VERBS.items()
        if fits(kind.resource_class)
    ]


def _made(kind: type[crud.CRUDClient[t.Any]], verb: str) -> type[resource_command.Command]:
    module, class_name, _ = VERBS[verb]
    name = f"{kind.key}_{verb}".replace("_", " ").title().replace(" ", "")
    if name not in globals():
        found = importlib.import_module(f"cratonclient_osc.verbs.{module}")
        peculiar = _peculiar(v1.collection_of(kind))
        own_name = verb.title().replace(" ", "")  # List, VariableList
        cls = getattr(peculiar, own_name, getattr(found, class_name))
        globals()[name] = type(name, (cls,), {"kind": kind, "__module__": __name__})
    return t.cast("type[resource_command.Command]", globals()[name])


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
