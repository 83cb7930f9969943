# SPDX-License-Identifier: Apache-2.0
"""Large fleets for attacks, inserted into the database of a server that works."""

from __future__ import annotations

import contextlib
import itertools
import json
import typing as t

import sqlalchemy as sa

from cratonclient.tests.attack import base
from cratonserver import composition

_BATCH = 5000


def add_hosts(
    server: base.Server,
    number: int,
    *,
    chained: bool = False,
    variables: t.Callable[[int], dict[str, t.Any]] | None = None,
) -> int:
    """Add hosts to the project of the first user, in a new region, and return its id.

    :param server: the server.
    :param number: number of hosts.
    :param chained: each host is the parent of the next one.
    :param variables: function that returns the variables of a host, by its number.
    """
    craton = server.client()
    cloud = craton.clouds.create(name="cloud")
    region = craton.regions.create(name="region", cloud_id=cloud.id)
    first = craton.hosts.create(
        name="host-0",
        ip_address=_address(0),
        device_type="server",
        cloud_id=cloud.id,
        region_id=region.id,
    )
    with contextlib.closing(composition.store_at(server.database)) as store:
        tables = store.tables.metadata.tables
        devices = tables["devices"]
        log = store.tables.dialect.log
        with store.write() as connection:
            log.drop(connection)
            row = dict(connection.execute(sa.select(devices)).mappings().one())
            hosts = (
                {
                    **row,
                    "id": first.id + n,
                    "name": f"host-{n}",
                    "ip_address": _address(n),
                    "parent_id": first.id + n - 1 if chained else None,
                }
                for n in range(1, number)
            )
            _insert(connection, devices, hosts)
            if variables is not None:
                values = (
                    {"owner_id": first.id + n, "name": name, "value": json.dumps(value)}
                    for n in range(number)
                    for name, value in variables(n).items()
                )
                _insert(connection, tables["device_variables"], values)
            log.create(connection, store.tables.logged())
    return int(region.id)


def _insert(
    connection: sa.Connection, table: sa.Table, rows: t.Iterator[dict[str, t.Any]]
) -> None:
    while batch := [*itertools.islice(rows, _BATCH)]:
        connection.execute(sa.insert(table), batch)


def _address(number: int) -> str:
    return f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
