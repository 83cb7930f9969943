# SPDX-License-Identifier: Apache-2.0
"""Quotas: how much a project may store. A server has a default for each of them.

The quotas follow from the declarations of the kinds: each kind whose objects belong to a
project has a quota, and so have the parts of objects, such as variables and labels.
"""

from __future__ import annotations

import typing as t

from cratonclient import exceptions, ids, suggestions, v1
from cratonclient.fields import Ref
from cratonclient.http.response import body_of, check_deletion
from cratonclient.kinds import Kind

if t.TYPE_CHECKING:
    from cratonclient.session import Session

#: The limit that means that there is no limit, as in other OpenStack services.
UNLIMITED = -1

Scope = t.Literal["project", "object"]
Measure = t.Literal["objects", "elements", "bytes", "levels"]


class Resource(t.NamedTuple):
    """Something that a quota limits.

    :param name: name of the resource, such as ``hosts``.
    :param help: description, as a phrase.
    :param scope: what the quota applies to: all of a project, or each object.
    :param measure: what is counted.
    """

    name: str
    help: str
    scope: Scope
    measure: Measure


def resources(kinds: t.Sequence[Kind] | None = None) -> dict[str, Resource]:
    """Return what quotas limit, by name.

    :param kinds: kinds of objects. The default are all kinds that are installed.

    >>> [*resources()][:3]
    ['users', 'clouds', 'regions']
    """
    known = v1.kinds() if kinds is None else kinds
    found = [
        Resource(kind.collection, f"{kind.plural} in the project", "project", "objects")
        for kind in known
        if kind.can("create") and _is_in_project(kind, known)
    ]
    mappings = [*dict.fromkeys(_names_of_parts(known, dict))]
    for name in mappings:
        found.append(
            Resource(f"{name}_per_object", f"{name} of one object", "object", "elements")
        )
        help = f"size of the {name} of one object, names included, in bytes"
        found.append(Resource(f"{name}_bytes_per_object", help, "object", "bytes"))
        help = f"size of the {name} of all objects of the project, names included, in bytes"
        found.append(Resource(f"{name}_bytes", help, "project", "bytes"))
        help = f"levels of nested objects and lists in one of the {name}"
        found.append(Resource(f"{name}_depth", help, "object", "levels"))
    for name in dict.fromkeys(_names_of_parts(known, list)):
        found.append(
            Resource(f"{name}_per_object", f"{name} of one object", "object", "elements")
        )
    return {one.name: one for one in found}


def _names_of_parts(kinds: t.Iterable[Kind], of_type: type) -> t.Iterator[str]:
    for kind in kinds:
        yield from (name for name, part in kind.parts.items() if part.type is of_type)


def _is_in_project(kind: Kind, kinds: t.Sequence[Kind]) -> bool:
    """Return True if objects of a kind belong to a project, directly or by their owner."""
    targets = {field.target for field in kind.fields.values() if isinstance(field, Ref)}
    if "projects" in targets:
        return True
    others = [one for one in kinds if one.collection in targets and one is not kind]
    return any(_is_in_project(one, kinds) for one in others)


class Quota(t.NamedTuple):
    """One quota of a project.

    :param resource: what it limits, such as ``hosts``.
    :param limit: the limit; -1 if there is none.
    :param default: the limit of projects for which none was set.
    :param in_use: how much is used. ``None`` if that was not asked for, or if the quota
        applies to each object.
    """

    resource: str
    limit: int
    default: int
    in_use: int | None = None


class QuotaManager:
    """The quotas of projects.

    >>> craton.quotas.get()['hosts'].limit
    1000000

    :param session: session of the client.
    :param url: URL of the API.
    """

    def __init__(self, session: Session, url: str) -> None:
        self.session = session
        self.url = url

    def get(self, project: t.Any = None, *, usage: bool = False) -> dict[str, Quota]:
        """Return the quotas of a project, by resource.

        :param project: id of the project, or the project. The default is the project of the
            session. Only root users see the quotas of other projects.
        :param usage: ask how much is used. The server counts it, which takes a while for
            large projects.
        :raises cratonclient.exceptions.Forbidden: if it is another project.
        :raises cratonclient.exceptions.NotFound: if the project does not exist, or the
            server has no quotas.

        >>> craton.quotas.get(usage=True)['hosts']
        Quota(resource='hosts', limit=1000000, default=1000000, in_use=3)
        """
        params = {"usage": "true"} if usage else {}
        return _read(self.session.get(self._path(project), params=params))

    def update(self, project: t.Any, **limits: int) -> dict[str, Quota]:
        """Set quotas of a project, and keep the others. Only root users may do that.

        :param project: id of the project, or the project.
        :param limits: limits by resource; -1 for no limit.
        :returns: all quotas of the project, by resource.
        :raises cratonclient.exceptions.CommandError: if a limit is not a whole number, or
            this version knows no such resource.
        :raises cratonclient.exceptions.BadRequest: if the server refuses a limit.

        >>> craton.quotas.update(project, hosts=100)['hosts'].limit
        100
        """
        known = resources()
        for name, limit in limits.items():
            if name not in known:
                hint = suggestions.did_you_mean(name, known)
                raise exceptions.CommandError(f"There is no quota named {name!r}.{hint}")
            if isinstance(limit, bool) or not isinstance(limit, int) or limit < UNLIMITED:
                raise exceptions.CommandError(
                    f"{name}: {limit!r} is not a limit. Pass a whole number; -1 means no limit."
                )
        if project is None:
            raise exceptions.CommandError("Pass the project whose quotas you want to change.")
        return _read(self.session.put(self._path(project), json=limits))

    def delete(self, project: t.Any) -> bool:
        """Reset the quotas of a project to the defaults. Only root users may do that.

        :param project: id of the project, or the project.
        :returns: True.

        >>> craton.quotas.delete(project)
        True
        """
        if project is None:
            raise exceptions.CommandError("Pass the project whose quotas you want to reset.")
        check_deletion(self.session.delete(self._path(project), params={}))
        return True

    def _path(self, project: t.Any) -> str:
        """Return the URL of the quotas of a project, ``None`` for that of the session."""
        if project is None:
            return f"{self.url}/quotas"
        found = str(getattr(project, "id", project))
        return f"{self.url}/quotas/{ids.path_segment(found)}"


def _read(response: t.Any) -> dict[str, Quota]:
    """Return the quotas in a response."""
    rows = body_of(response).get("quotas") or []
    return {
        row["resource"]: Quota(row["resource"], row["limit"], row["default"], row.get("in_use"))
        for row in rows
    }
