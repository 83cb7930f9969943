# SPDX-License-Identifier: Apache-2.0
"""The fleet of the benchmarks, inserted in bulk.

::

    python tools/_bench_fleet.py DATABASE-URL HOSTS

The program prints the API keys of the users ``root`` and ``user``.
"""

from __future__ import annotations

import datetime
import itertools
import json
import operator
import sys
import typing as t

import sqlalchemy as sa

from cratonserver import composition
from cratonserver.db import user_keys
from cratonserver.db.store import Store
from cratonserver.db.tables import DERIVED
from cratonserver.identity import FIRST_PROJECT

REGIONS, CELLS = 10, 100
#: Condition on a variable of one cell in 100, which its hosts inherit. It is the last cell,
#: so a scan of all hosts finds its hosts last: the worst case.
INHERITED = 'site.power.feed:"b"'
#: Condition on a variable that one host in 100 has itself, spread over the fleet.
OWN = "rack.row:7"
#: Condition on a variable of hosts that matches no host.
NOWHERE = 'rack.row:"none"'
#: Condition on an inherited variable that matches no host.
INHERITED_NOWHERE = 'site.power.feed:"none"'
#: Condition that matches one host.
ONE = 'asset:"A000777"'

#: Rows of one INSERT statement.
_BATCH_SIZE = 20_000
#: Creation time of the first object; each further object is one second younger.
_START = datetime.datetime(2026, 1, 1)

Rows = t.Iterable[dict[str, t.Any]]


def fill(store: Store, hosts: int) -> list[str]:
    """Create the fleet in an empty store.

    :param store: the store.
    :param hosts: number of hosts.
    :returns: the API keys of the users ``root`` and ``user``. ``user`` has no role.
    """
    keys = [str(store.add_root_user("root"))]
    user = {
        "id": 2,
        "username": "user",
        "role": "member",
        "is_root": False,
        "is_admin": False,
    }
    regions, cells, devices = (range(1, n + 1) for n in (REGIONS, CELLS, hosts))
    log = store.tables.dialect.log
    with store.write() as connection:
        log.drop(connection)  # the fleet comes into being without a history
        for table, rows in (
            ("users", [{**_at(0), **user}]),
            ("clouds", [_row(1, "cloud")]),
            ("regions", (_row(n, f"region-{n}", cloud_id=1) for n in regions)),
            ("cells", (_row(n, f"cell-{n}", **_place(n)) for n in cells)),
            ("devices", (_host(n, hosts) for n in devices)),
            ("project_variables", _values(FIRST_PROJECT, {"owner": "operations"})),
            ("cloud_variables", _values(1, {"dns": ["10.0.0.53", "10.0.1.53"]})),
            ("region_variables", _each(regions, lambda n: {"ntp": f"10.{n}.0.123"})),
            ("cell_variables", _each(cells, _cell_values)),
            ("device_variables", _each(devices, _host_values)),
            (
                "device_labels",
                (
                    {"owner_id": n, "label": label, **_at(n)}
                    for n in devices
                    for label in ("server", f"rack-{n % 500}")
                ),
            ),
        ):
            _write(connection, store, table, rows)
        keys.append(user_keys.add(connection, store.tables.metadata.tables["user_keys"], 2))
        for derived in store.tables.metadata.tables.values():
            if DERIVED in derived.info:
                derived.info[DERIVED](connection, store.tables)
        log.create(connection, store.tables.logged())
    _finish_postgresql(store)
    return keys


def _write(connection: sa.Connection, store: Store, name: str, rows: Rows) -> None:
    table, remaining = store.tables.metadata.tables[name], iter(rows)
    first = next(remaining)
    values = map(operator.itemgetter(*first), itertools.chain([first], remaining))
    while batch := list(itertools.islice(values, _BATCH_SIZE)):
        store.database.dialect.bulk.load(connection, table, [*first], batch, len(batch))


def _finish_postgresql(store: Store) -> None:
    """Update the planner statistics of PostgreSQL, and set its sequences after the last ids.

    For a table::

        SELECT setval(pg_get_serial_sequence('devices', 'id'),
                      (SELECT coalesce(max(devices.id), 1) FROM devices))
    """
    if store.engine.dialect.name != "postgresql":
        return
    with store.write() as connection:
        connection.exec_driver_sql("ANALYZE")
        for table in store.tables.metadata.tables.values():
            if "id" in table.c and isinstance(table.c.id.type, sa.Integer):
                sequence = sa.func.pg_get_serial_sequence(table.name, "id")
                last = sa.select(sa.func.coalesce(sa.func.max(table.c.id), 1)).scalar_subquery()
                connection.execute(sa.select(sa.func.setval(sequence, last)))


def _row(number: int, name: str, **values: t.Any) -> dict[str, t.Any]:
    return {"id": number, "name": name, **_at(number), **values}


def _at(number: int) -> dict[str, str]:
    created = _START + datetime.timedelta(seconds=number)
    at = created.strftime("%Y-%m-%dT%H:%M:%S.%f")
    return {"project_id": FIRST_PROJECT, "created_at": at}


def _place(cell: int) -> dict[str, int]:
    return {"cloud_id": 1, "region_id": (cell - 1) // (CELLS // REGIONS) + 1}


def _host(number: int, hosts: int) -> dict[str, t.Any]:
    cell = (number - 1) * CELLS // hosts + 1
    return _row(
        number,
        f"host-{number}.example.org",
        kind="host",
        ip_address=f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}",
        device_type="server",
        active=True,
        cell_id=cell,
        **_place(cell),
    )


def _host_values(number: int) -> dict[str, t.Any]:
    return {
        "asset": f"A{number:06}",
        "os": ("debian", "ubuntu", "rocky")[number % 3],
        "cores": 1 << number % 7,
        "burned_in": number % 10 > 0,
        "rack": {"row": number % 100, "unit": number % 42, "ports": [number % 48, "eth0"]},
    }


def _cell_values(number: int) -> dict[str, t.Any]:
    feed = "b" if number == CELLS else "a"
    return {"site": {"power": {"feed": feed, "kw": number}}, "vlan": number}


def _each(numbers: range, values: t.Callable[[int], dict[str, t.Any]]) -> Rows:
    return itertools.chain.from_iterable(_values(n, values(n)) for n in numbers)


def _values(owner: int | str, values: dict[str, t.Any]) -> Rows:
    return [
        {"owner_id": owner, "name": name, "value": json.dumps(value)}
        for name, value in values.items()
    ]


# The benchmarks that measure memory run this program, so that the memory that it uses does
# not count.
if __name__ == "__main__":
    new_store = composition.store_at(sys.argv[1])
    new_store.open()
    print(*fill(new_store, int(sys.argv[2])))
    new_store.close()
