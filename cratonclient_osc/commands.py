# SPDX-License-Identifier: Apache-2.0
"""The command classes: one class for each kind and verb, created on first access.

``HostList`` is the verb :class:`cratonclient_osc.verbs.lists.List` for the kind
``hosts``. Entry points refer to the classes as attributes of this module. The module
derives each class from the declaration of its kind, so no class is written by hand.
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
    """Location of the class of a verb, and a test for the kinds that have the verb.

    :param module: name of the module in :mod:`cratonclient_osc.verbs`.
    :param class_name: name of the class in the module.
    :param supports: returns true for a kind that has the verb.
    """

    module: str
    class_name: str
    supports: t.Callable[[Kind], bool]


def _can(operation: crud.Operation) -> t.Callable[[Kind], bool]:
    return lambda kind: kind.can(operation)


def _can_set(kind: Kind) -> bool:
    return kind.can("update") or bool(kind.parts)


def _can_unset(kind: Kind) -> bool:
    clears = kind.can("update") and any(field.clear for field in kind.fields.values())
    return clears or bool(kind.parts)


def _has_variable_commands(kind: Kind) -> bool:
    """Return True if the API has a path for the variables of the kind."""
    return "variables" in kind.parts


#: The verbs by name, as the user types them.
VERBS: dict[str, Verb] = {
    "list": Verb("lists", "List", _can("list")),
    "show": Verb("show", "Show", _can("get")),
    "create": Verb("create", "Create", _can("create")),
    "set": Verb("update", "Set", _can_set),
    "unset": Verb("update", "Unset", _can_unset),
    "delete": Verb("delete", "Delete", _can("delete")),
    "test": Verb("test", "Test", lambda kind: hasattr(kind.manager, "test")),
    "variable list": Verb("variables", "List", _has_variable_commands),
    "variable show": Verb("variables", "Show", _has_variable_commands),
    "variable set": Verb("variables", "Set", _has_variable_commands),
    "variable unset": Verb("variables", "Unset", _has_variable_commands),
}


def __getattr__(name: str) -> type[resource_command.ResourceCommand]:
    """Return the class of a command by its name, such as ``NetworkDeviceList``."""
    words = re.findall("[A-Z][a-z]*", name)
    if "".join(words) == name:
        command = find([word.lower() for word in words])
        if command:
            return command
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def find(words: t.Sequence[str]) -> type[resource_command.ResourceCommand] | None:
    """Return the class of a command.

    :param words: words of the command, such as ``['network', 'device', 'list']``.
    :returns: the class, or ``None`` if no kind or verb has that name.
    """
    for verb, (_, _, supports) in VERBS.items():
        noun = words[: -len(verb.split())]
        if noun and [*noun, *verb.split()] == [*words]:
            try:
                kind = v1.kind(f"{'_'.join(noun)}s")
            except LookupError:
                continue
            return _command_class(kind, verb) if supports(kind) else None
    return None


def names() -> list[str]:
    """Return the names of all commands, such as ``'host list'``."""
    return [
        f"{kind.noun} {verb}"
        for kind in v1.kinds()
        for verb, (_, _, supports) in VERBS.items()
        if supports(kind)
    ]


def _command_class(kind: Kind, verb: str) -> type[resource_command.ResourceCommand]:
    module, class_name, _ = VERBS[verb]
    name = f"{kind.key}_{verb}".replace("_", " ").title().replace(" ", "")
    if name not in globals():
        generic = importlib.import_module(f"cratonclient_osc.verbs.{module}")
        override = verb.title().replace(" ", "")  # List, VariableList
        base = getattr(_overrides(kind.collection), override, getattr(generic, class_name))
        lists = functools.partial(_command_class, kind, "list")
        values = {"kind": kind, "list_class": staticmethod(lists), "__module__": __name__}
        globals()[name] = type(name, (base,), values)
    return t.cast("type[resource_command.ResourceCommand]", globals()[name])


@functools.cache
def _overrides(collection: str) -> types.ModuleType | None:
    """Return the module in :mod:`cratonclient_osc.v1` with the verbs of one kind, if any."""
    name = f"cratonclient_osc.v1.{collection}"
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as exc:
        if exc.name != name:
            raise
        return None
