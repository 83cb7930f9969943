# SPDX-License-Identifier: Apache-2.0
"""``/v1/ansible-inventory``: the hosts of a project as an inventory for Ansible.

The response has the format that a dynamic inventory prints for ``--list``.
"""

from __future__ import annotations

import collections
import typing as t

import falcon

from cratonserver import deadlines
from cratonserver.api import inventory_parts, query_parameters, spool
from cratonserver.api.inventory_parts import Host
from cratonserver.api.view import KindView
from cratonserver.db.aliases import Row
from cratonserver.db.project_rows import ProjectRows
from cratonserver.db.store import Store
from cratonserver.openapi.json_schemas import JsonSchema, parameter
from cratonserver.openapi.operations import Operation, operation, query

PATH = "/v1/ansible-inventory"

#: Names that Ansible itself uses, and the empty name.
RESERVED = ("all", "_meta", "ungrouped", "")

Filters = t.Mapping[str, int]


class Inventory(KindView):
    """The view of the inventory.

    :param store: the store.
    """

    part = "collection"

    def __init__(self, store: Store) -> None:
        super().__init__(store, store.tables.kind("hosts"))
        fields = {name: self.kind.fields[name] for name in ("region_id", "cell_id")}
        self.parameters = {name: parameter(field, field) for name, field in fields.items()}

    def get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Show the hosts of the user's own project, even if the user sees other projects."""
        filters = query_parameters.read(req.query_string, self.parameters)
        self.allow(req)
        with self.store.read(standby=True) as connection:
            rows = ProjectRows(connection, self.store.tables, req.context.identity.project_id)
            hosts = read_hosts(rows, filters)
            groups = read_groups(rows, filters, hosts, [*self.kind.ancestry])
            spool.set_parts(resp, inventory_parts.parts(rows, hosts, groups))

    def describe(self) -> dict[str, Operation]:
        """Return the operations of the OpenAPI document."""
        found: JsonSchema = {
            "type": "object",
            "properties": {
                "_meta": {
                    "type": "object",
                    "properties": {"hostvars": {"type": "object"}},
                    "required": ["hostvars"],
                }
            },
            "required": ["_meta", "all"],
            "additionalProperties": {"type": "object"},
        }
        return {
            "GET": operation(
                "getAnsibleInventory",
                "Show the hosts of the project as a dynamic inventory for Ansible.",
                responses={200: found},
                errors={400},
                parameters=[query(name, schema) for name, schema in self.parameters.items()],
                tag="hosts",
            )
        }


class Groups(dict[str, dict[str, t.Any]]):
    """The groups of an inventory, by name.

    :param taken: names that groups cannot have.
    """

    def __init__(self, taken: t.Iterable[str]) -> None:
        super().__init__()
        self._taken = {*RESERVED, *taken}

    def add(self, kind: str, name: str, **group: t.Any) -> str:
        """Add a group. If its name is taken, prefix the name with the kind of the group.

        :returns: the name of the group.
        """
        while name in self._taken:
            name = f"{kind}_{name}"
        self._taken.add(name)
        self[name] = group
        return name


def read_hosts(rows: ProjectRows, filters: Filters) -> list[Host]:
    """Return hosts, sorted by name.

    The name of a host is its address. If several hosts have the same address, all but
    the first have their id in the name, and ``ansible_host`` is the address.
    """
    hosts: dict[str, Host] = {}
    for row in deadlines.checked(rows.read_places("hosts", "ip_address", **filters)):
        address = row.ip_address
        name = f"{address}-{row.id}" if address in hosts else address
        hosts[name] = Host(name, row)
    return [hosts[name] for name in sorted(hosts)]


def read_groups(
    rows: ProjectRows, filters: Filters, hosts: t.Sequence[Host], ancestry: t.Sequence[str]
) -> Groups:
    """Return the groups of regions, cells and labels, in this order.

    :param ancestry: references of a host, the nearest first. A host is in the group of
        its nearest place that has one.
    """
    groups = Groups(host.name for host in hosts)
    names = _add_places(groups, rows, filters)
    for host in deadlines.checked(hosts):
        places = (names.get((field, getattr(host.row, field))) for field in ancestry)
        nearest = next((name for name in places if name), None)
        if nearest:
            groups[nearest]["hosts"].append(host.name)
    _add_labels(groups, rows, filters, hosts)
    for group in groups.values():
        group.get("children", []).sort()
    return groups


def _add_places(
    groups: Groups, rows: ProjectRows, filters: Filters
) -> dict[tuple[str, int], str]:
    """Add a group for each region and each cell.

    :returns: names of the groups, keyed by the field of a host and the id of the place.
    """
    cells = _places(rows, "cells", **_renamed(filters, cell_id="id"))
    regions = _places(rows, "regions", **_renamed(filters, region_id="id"))
    if "cell_id" in filters:
        wanted = {cell["region_id"] for cell in cells}
        regions = [region for region in regions if region["id"] in wanted]
    names: dict[tuple[str, int], str] = {}
    for region in regions:
        names["region_id", region["id"]] = groups.add(
            "region", region["name"], children=[], hosts=[], **_variables_of(region)
        )
    for cell in cells:
        above = names.get(("region_id", cell["region_id"]))
        if above is not None:
            full_name = f"{above}-{cell['name']}"
            name = groups.add("cell", full_name, hosts=[], **_variables_of(cell))
            groups[above]["children"].append(name)
            names["cell_id", cell["id"]] = name
    return names


def _places(rows: ProjectRows, collection: str, **filters: int) -> list[Row]:
    """Return cells or regions, each with its own variables as ``vars``, and their size."""
    found = rows.own_variables(collection, **filters)
    return [
        {**row, "vars": found.get(row["id"], {}), "size": found.sizes.get(row["id"], 0)}
        for row in rows.read(collection, **filters)
    ]


def _variables_of(place: Row) -> Row:
    return {name: place[name] for name in ("vars", "size")}


def _add_labels(
    groups: Groups, rows: ProjectRows, filters: Filters, hosts: t.Sequence[Host]
) -> None:
    names_of = {host.row.id: host.name for host in hosts}
    members: dict[str, set[int]] = collections.defaultdict(set)
    for label, owner in deadlines.checked(rows.labels("hosts", **filters)):
        if owner in names_of:  # skip hosts that were created meanwhile
            members[label].add(owner)
    for label in sorted(members):
        hosts_of_label = sorted(names_of[owner] for owner in members[label])
        groups.add("label", label, hosts=hosts_of_label, vars={})


def _renamed(filters: Filters, **names: str) -> dict[str, int]:
    return {names.get(name, name): value for name, value in filters.items()}
