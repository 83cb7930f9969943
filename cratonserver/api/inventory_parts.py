# SPDX-License-Identifier: Apache-2.0
"""Write the inventory for Ansible in parts, each of which takes little memory.

The inventory is not indented, unlike other responses: indenting takes five times as long.
"""

from __future__ import annotations

import itertools
import json
import typing as t

from cratonserver import request_limits
from cratonserver.api import spool
from cratonserver.db.aliases import Row
from cratonserver.db.project_rows import ProjectRows
from cratonserver.db.stored_json import Stored, plain

#: The number of hosts whose variables are read at once.
_BATCH = 500
#: The size from which on the variables of an object are written one by one.
_LARGE = 64 * 1024

_encode = json.JSONEncoder(sort_keys=True, default=plain).encode


class Host(t.NamedTuple):
    """A host of the inventory.

    :param name: name for Ansible.
    :param row: row with its id, its address and its references.
    """

    name: str
    row: t.Any

    @property
    def extra(self) -> Row:
        """Variables that a host has if its name is not its address."""
        address = self.row.ip_address
        return {} if address == self.name else {"ansible_host": address}


def parts(
    rows: ProjectRows, hosts: t.Sequence[Host], groups: t.Mapping[str, Row]
) -> t.Iterator[bytes]:
    """Generate the parts of the inventory.

    :param rows: the rows of the project, in a transaction.
    :param hosts: hosts, sorted by name.
    :param groups: other groups by name.
    """
    names = {"hosts": [host.name for host in hosts]}
    bodies: dict[str, t.Iterable[str]] = {
        "_meta": itertools.chain(['{"hostvars": '], _host_variables(rows, hosts), ["}"]),
        "all": [_encode(names)],
        **{name: _group(group) for name, group in groups.items()},
    }
    for text in _object((name, bodies[name]) for name in sorted(bodies)):
        yield text.encode()
    yield b"\n"


def _object(members: t.Iterable[tuple[str, t.Iterable[str]]]) -> t.Iterator[str]:
    """Generate the parts of an object from those of its members."""
    before = "{"
    for name, value in members:
        yield f"{before}{_encode(name)}: "
        yield from value
        before = ", "
    yield "}" if before == ", " else "{}"


def _host_variables(rows: ProjectRows, hosts: t.Sequence[Host]) -> t.Iterator[str]:
    def members() -> t.Iterator[tuple[str, t.Iterable[str]]]:
        remaining = iter(hosts)
        while batch := [*itertools.islice(remaining, _BATCH)]:
            found = rows.resolved_variables("hosts", [host.row._mapping for host in batch])
            limit = request_limits.current().response_size
            if found.least() > limit:
                raise spool.too_large(limit)
            for host in batch:
                item_id = host.row.id
                values = {**host.extra, **found[item_id]}
                yield host.name, _mapping(values, found.sizes[item_id])

    return _object(members())


def _group(group: Row) -> t.Iterator[str]:
    size = group.get("size", 0)
    return _object(
        (name, _mapping(value, size) if name == "vars" else [_encode(value)])
        for name, value in sorted(group.items())
        if name != "size"
    )


def _mapping(values: Row, size: int) -> t.Iterable[str]:
    """Return the parts of variables.

    :param size: length of their texts, about.
    """
    if size < _LARGE:
        return [_encode(values)]
    return _object((name, [_text(value)]) for name, value in sorted(values.items()))


def _text(value: t.Any) -> str:
    """Return a value as JSON with sorted names. A text without names is sorted already."""
    if isinstance(value, Stored) and "{" not in value.text:
        return value.text
    return _encode(value)
