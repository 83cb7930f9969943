# SPDX-License-Identifier: Apache-2.0
"""The commands, one class for each object and verb, made when it is asked for.

``HostList`` is the verb :class:`~cratonclient_osc.verbs.List` for the kind
``hosts``. Entry points name the classes as attributes of this module; they are
not written out anywhere, because all that makes them different stands in the
declarations.
"""

from __future__ import annotations

import re
import typing as t

from cratonclient import v1

if t.TYPE_CHECKING:
    from cratonclient import crud
    from cratonclient_osc import verbs

#: The classes of :mod:`cratonclient_osc.verbs`, by the operation of the API
#: that a kind must have, so that there is such a command.
VERBS = {"list": "List", "get": "Show", "create": "Create"}


def __getattr__(name: str) -> type[verbs.Command]:
    """Make the class of a command from its name, such as ``NetworkDeviceList``."""
    words = re.findall("[A-Z][a-z]*", name)
    if "".join(words) == name:
        found = find([word.lower() for word in words])
        if found:
            return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def find(words: t.Sequence[str]) -> type[verbs.Command] | None:
    """Find the class of a command.

    :param words: the command, such as ``['network', 'device', 'list']``.
    :returns: the class, ``None`` where there is no such object or verb.
    """
    *noun, verb = words
    collection = f"{'_'.join(noun)}s"
    for operation, class_name in VERBS.items():
        if class_name.lower() == verb and noun:
            try:
                kind = v1.kind(collection)
            except LookupError:
                return None
            if operation in kind.resource_class.operations:
                return _made(kind, class_name)
    return None


def names() -> list[str]:
    """Give all commands that the declarations make, such as ``'host list'``."""
    return [
        f"{kind.key.replace('_', ' ')} {class_name.lower()}"
        for kind in v1.kinds()
        for operation, class_name in VERBS.items()
        if operation in kind.resource_class.operations
    ]


def _made(kind: type[crud.CRUDClient[t.Any]], class_name: str) -> type[verbs.Command]:
    from cratonclient_osc import verbs

    name = kind.key.title().replace("_", "") + class_name
    if name not in globals():
        base = getattr(verbs, class_name)
        globals()[name] = type(name, (base,), {"kind": kind, "__module__": __name__})
    return t.cast("type[verbs.Command]", globals()[name])
