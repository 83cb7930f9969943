# SPDX-License-Identifier: Apache-2.0
"""``/v1/ansible-inventory``: the hosts of a project as Ansible wants to have them.

It is what a dynamic inventory prints for ``--list`` (wire document, section 3.1).
It is read with the same few queries, however many hosts there are.
"""

from __future__ import annotations

import collections
import json
import typing as t

import falcon
import sqlalchemy as sa

from cratonserver.api import query_parameters, views
from cratonserver.db import variables
from cratonserver.db.store import Store
from cratonserver.db.tables import Schema as Tables
from cratonserver.openapi.json_schemas import Schema, parameter
from cratonserver.openapi.operations import Operation, operation, query

PATH = "/v1/ansible-inventory"

#: What means something to Ansible, and what is no name at all.
RESERVED = ("all", "_meta", "ungrouped", "")

Row = dict[str, t.Any]
Filters = t.Mapping[str, int]


class Inventory(views.View):
    """The inventory.

    :param store: the store.
    """

    part = "collection"

    def __init__(self, store: Store) -> None:
        super().__init__(store, store.schema.kind("hosts"), {})
        fields = self.kind.resource_class.fields()
        self.parameters = {n: parameter(fields[n]) for n in ("region_id", "cell_id")}

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Show the hosts of the user's own project, also to those who see others."""
        filters = query_parameters.read(req.query_string, self.parameters)
        self.allow(req)
        with self.store.read() as connection:
            fleet = Fleet(connection, self.store.schema, req.context.identity.project_id)
            hosts = fleet.hosts(filters)
            groups = fleet.groups(filters, hosts)
        resp.content_type = falcon.MEDIA_JSON
        inventory = {
            "_meta": {"hostvars": {host.name: host.variables for host in hosts}},
            "all": {"hosts": [host.name for host in hosts]},
            **groups,
        }
        # Not indented, unlike other answers: that takes five times as long.
        resp.data = (json.dumps(inventory, sort_keys=True) + "\n").encode()

    on_head = on_get

    def describe(self) -> dict[str, Operation]:
        """Describe itself."""
        found: Schema = {
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
                "Show the hosts of the project as a dynamic inventory of Ansible.",
                answers={200: found},
                refusals={400},
                parameters=[query(name, schema) for name, schema in self.parameters.items()],
                tag="hosts",
            )
        }


class Host(t.NamedTuple):
    """A host: what Ansible calls it, its row, its resolved variables."""

    name: str
    row: Row
    variables: Row


class Groups(dict[str, dict[str, t.Any]]):
    """The groups of an inventory, by name.

    :param taken: names that none of them can have.
    """

    def __init__(self, taken: t.Iterable[str]) -> None:
        super().__init__()
        self._taken = {*RESERVED, *taken}

    def add(self, kind: str, name: str, **group: t.Any) -> str:
        """Add a group; where its name is taken, with the kind of the group before it.

        :returns: the name that it got.
        """
        while name in self._taken:
            name = f"{kind}_{name}"
        self._taken.add(name)
        self[name] = group
        return name


class Fleet:
    """The fleet of a project.

    :param connection: within a transaction.
    :param schema: the tables.
    :param project_id: the project.
    """

    def __init__(self, connection: sa.Connection, schema: Tables, project_id: str) -> None:
        self._connection = connection
        self._schema = schema
        self._project_id = project_id

    def hosts(self, filters: Filters) -> list[Host]:
        """Read hosts with their variables, in the order of their names.

        A host is named by its address. Where several have one address, those
        after the first one have their id in the name, and ``ansible_host`` says
        where they are.
        """
        kind = self._schema.kind("hosts")
        rows = self._read(self._select("hosts", **filters))
        found = variables.resolve(self._connection, self._schema, kind, rows)
        hosts: dict[str, Host] = {}
        for row in rows:
            address, values = row["ip_address"], found[row["id"]]
            if address in hosts:
                name = f"{address}-{row['id']}"
                hosts[name] = Host(name, row, {"ansible_host": address, **values})
            else:
                hosts[address] = Host(address, row, values)
        return [hosts[name] for name in sorted(hosts)]

    def groups(self, filters: Filters, hosts: t.Sequence[Host]) -> Groups:
        """Make the groups of regions, cells and labels, in this order.

        A host is in the group of its cell, or in that of its region.
        """
        groups = Groups(host.name for host in hosts)
        cells = self._places("cells", **_renamed(filters, cell_id="id"))
        regions = self._places("regions", **_renamed(filters, region_id="id"))
        if "cell_id" in filters:
            wanted = {cell["region_id"] for cell in cells.values()}
            regions = {key: value for key, value in regions.items() if key in wanted}
        names: dict[tuple[str, int], str] = {}
        for item_id, region in regions.items():
            names["region", item_id] = groups.add(
                "region", region["name"], children=[], hosts=[], vars=region["vars"]
            )
        for item_id, cell in cells.items():
            above = names.get(("region", cell["region_id"]))
            if above is not None:
                name = groups.add(
                    "cell", f"{above}-{cell['name']}", hosts=[], vars=cell["vars"]
                )
                groups[above]["children"].append(name)
                names["cell", item_id] = name
        for host in hosts:
            place = names.get(("cell", host.row["cell_id"]))
            place = place or names.get(("region", host.row["region_id"]))
            if place:
                groups[place]["hosts"].append(host.name)
        self._add_labels(groups, filters, hosts)
        for group in groups.values():
            group.get("children", []).sort()
        return groups

    def _add_labels(self, groups: Groups, filters: Filters, hosts: t.Sequence[Host]) -> None:
        table = self._schema.labels(self._schema.kind("hosts"))
        among = self._select("hosts", **filters)
        names = among.with_only_columns(among.selected_columns.id)
        names_of = {host.row["id"]: host.name for host in hosts}
        carried: dict[str, set[int]] = collections.defaultdict(set)
        for label, owner in self._connection.execute(
            sa.select(table.c.label, table.c.owner_id).where(table.c.owner_id.in_(names))
        ):
            if owner in names_of:  # and not come meanwhile
                carried[label].add(owner)
        for label in sorted(carried):
            members = sorted(names_of[owner] for owner in carried[label])
            groups.add("label", label, hosts=members, vars={})

    def _places(self, collection: str, **filters: int) -> dict[int, Row]:
        """Read cells or regions by id, each with its own variables as ``vars``."""
        among = self._select(collection, **filters)
        kind = self._schema.kind(collection)
        ids = among.with_only_columns(among.selected_columns.id)
        found = variables.own(self._connection, self._schema, kind, ids)
        return {
            row["id"]: {**row, "vars": found.get(row["id"], {})} for row in self._read(among)
        }

    def _select(self, collection: str, **filters: int) -> sa.Select[t.Any]:
        kind = self._schema.kind(collection)
        table = self._schema.table(kind)
        query = sa.select(table).where(table.c.project_id == self._project_id)
        if "kind" in table.c:
            query = query.where(table.c.kind == kind.key)
        known = {name: value for name, value in filters.items() if name in table.c}
        return query.where(*(table.c[name] == value for name, value in known.items()))

    def _read(self, query: sa.Select[t.Any]) -> list[Row]:
        ordered = query.order_by(query.selected_columns.id)
        return [dict(row) for row in self._connection.execute(ordered).mappings()]


def _renamed(filters: Filters, **names: str) -> dict[str, int]:
    return {names.get(name, name): value for name, value in filters.items()}
