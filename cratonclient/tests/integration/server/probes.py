# SPDX-License-Identifier: Apache-2.0
"""Requests about what another project has: at least one for each parameter of the API.

The OpenAPI document says which paths, parameters, headers and members of bodies there are, and
:mod:`.probe_values` which values each of them gets.
"""

from __future__ import annotations

import dataclasses
import json
import typing as t
from urllib import parse

from cratonclient.tests.integration.server import base, described, probe_bodies, probe_values
from cratonclient.tests.integration.server.probe_values import Filling
from cratonclient.tests.integration.server.worlds import THEIRS, Things


@dataclasses.dataclass(frozen=True)
class Probe:
    """A request.

    :param operation: the operation of the OpenAPI document.
    :param path: path with the query, relative to ``/v1``.
    :param covers: the parameters that it is about, such as ``query:name``.
    :param body: body.
    :param headers: headers.
    """

    operation: described.Operation
    path: str
    covers: frozenset[str]
    body: t.Any = None
    headers: t.Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def name(self) -> str:
        """The request, for messages."""
        what = f"{self.operation.method} {self.path} {dict(self.headers) or ''}"
        return f"{what} {json.dumps(self.body)}"


class Probes:
    """The requests about another project.

    :param document: the OpenAPI document.
    :param ours: what the own project has.
    :param theirs: what the other project has.
    """

    def __init__(self, document: described.Document, ours: Things, theirs: Things) -> None:
        self.document = document
        self._ours = ours
        self._theirs = theirs

    def of(self, operation: described.Operation) -> t.Iterator[Probe]:
        """Generate the requests of an operation.

        :raises AssertionError: if a parameter has no value.
        """
        try:
            yield from self._of(operation)
        except KeyError as exc:
            where = f"{operation.method} {operation.path}"
            raise AssertionError(f"probe_values.py has no value of {exc} for {where}") from exc

    def parameters(self, operation: described.Operation) -> set[str]:
        """Return all parameters of an operation, as :class:`Probe` names them."""
        found = {f"body:{name}" for name in self.document.members(operation)}
        for where in ("path", "query", "header"):
            names = self.document.parameters(operation, where)
            found |= {f"{where}:{name}" for name in names}
        return found

    def guarded(self, probe: Probe) -> Probe:
        """Return a request that changes nothing, also if an insider sends it.

        There is a difference all the same: 412 if there is an object, or else 404.
        """
        if probe.operation.path == "/v1/changes" and probe.body is not None:
            return dataclasses.replace(probe, body={**probe.body, "dry_run": True})
        if "If-Match" not in self.document.parameters(probe.operation, "header"):
            return probe
        return dataclasses.replace(probe, headers={"If-Match": '"0"', **probe.headers})

    def _of(self, operation: described.Operation) -> t.Iterator[Probe]:
        path = self._path(operation, self._theirs)
        in_path = {f"path:{name}" for name in self.document.parameters(operation, "path")}
        bodies = [*self._bodies(operation)]
        for body in bodies:
            covers = {f"body:{name}" for name in described.members_of(body)} | in_path
            yield Probe(operation, path, frozenset(covers), body)
        for name, query in self._queries(operation):
            yield Probe(operation, f"{path}?{query}", frozenset({f"query:{name}"}), bodies[0])
        for name in sorted(self.document.parameters(operation, "header")):
            for text in probe_values.HEADERS[name]:
                given = {name: self._filling(operation, self._theirs).text(text)}
                yield Probe(operation, path, frozenset({f"header:{name}"}), bodies[0], given)
        if self._changes_object(operation):
            yield from self._mixed(operation)

    def _queries(self, operation: described.Operation) -> t.Iterator[tuple[str, str]]:
        """Generate the name of a parameter, and a query with it."""
        names = self.document.parameters(operation, "query")
        filling = self._filling(operation, self._theirs)
        for name in sorted(names):
            own = probe_values.QUERY_OF_PATH.get((operation.path, name))
            for text in own or probe_values.QUERY[name]:
                value, *more = filling.text(text).split("&")
                query = parse.urlencode([(name, value), *parse.parse_qsl("&".join(more))])
                yield name, query
                if "project_id" in names:
                    yield name, f"{query}&project_id={THEIRS}"

    def _bodies(self, operation: described.Operation) -> list[t.Any]:
        """Return bodies about the other project."""
        where = operation.method, operation.path
        end = operation.path.rpartition("/")[2]
        if where == ("POST", "/v1/lookups"):
            return [*probe_bodies.lookups(self.document, operation, self._theirs)]
        if where == ("POST", "/v1/changes"):
            sets = probe_bodies.ChangeSets(self.document, self._ours, self._theirs)
            return [*sets.all(operation)]
        if where in probe_values.BODIES:
            return [*probe_values.BODIES[where]]
        if (operation.method, end) in probe_values.PARTS:
            return [probe_values.PARTS[operation.method, end]]
        names = sorted(self.document.members(operation))
        if where == ("PUT", "/v1/quotas/{id}"):
            return [{name: 7} for name in names]
        return [self._filling(operation, self._theirs).members(names) if names else None]

    def _mixed(self, operation: described.Operation) -> t.Iterator[Probe]:
        """Generate changes of the own project, with one value of the other one each."""
        names = self.document.members(operation)
        own: dict[str, t.Any] = {}
        if operation.method == "POST":
            own = self._filling(operation, self._ours).members(names)
        for name, value in self._filling(operation, self._theirs).members(names).items():
            body = {**own, name: value}
            if "name" in own and name != "name":
                body["name"] = base.unique("mixed")
            path = self._path(operation, self._ours)
            yield Probe(operation, path, frozenset({f"body:{name}"}), body)

    def _path(self, operation: described.Operation, things: Things) -> str:
        """Return the path of an operation about an object of a project."""
        path = operation.path.removeprefix("/v1")
        collection = _collection(operation)
        collection = "projects" if collection == "quotas" else collection
        if "{id}" in path:
            path = path.replace("{id}", str(things.objects[collection]["id"]))
        # This change is another one in each of the fleets.
        return path.replace("{revision}", str(things.values["revision"] + 3))

    def _filling(self, operation: described.Operation, things: Things) -> Filling:
        return Filling(things, _collection(operation))

    def _changes_object(self, operation: described.Operation) -> bool:
        """Return True if an operation creates or changes an object of a kind."""
        end, collection = operation.path.rpartition("/")[2], _collection(operation)
        is_change = (operation.method, end) in (("POST", collection), ("PUT", "{id}"))
        return is_change and collection in self._ours.objects


def _collection(operation: described.Operation) -> str:
    return operation.path.split("/")[2]
