# SPDX-License-Identifier: Apache-2.0
"""The fleet that the benchmarks ask about, written in bulk."""

from __future__ import annotations

import datetime
import itertools
import json
import sys
import typing as t

import sqlalchemy as sa

from cratonserver import composition
from cratonserver.db.store import Store
from cratonserver.identity import FIRST_PROJECT, new_key

REGIONS, CELLS = 10, 100
#: What one cell of a hundred has, and every host of it inherits. It is the last
#: one: whoever walks through all hosts finds those of it in the end.
INHERITED = 'site.power.feed:"b"'
#: What one host of a hundred has itself, here and there.
OWN = "rack.row:7"
NOWHERE = 'rack.row:"none"'
INHERITED_NOWHERE = 'site.power.feed:"none"'
ONE = 'asset:"A000777"'

_AT_ONCE = 20_000
_BEGAN = datetime.datetime(2026, 1, 1)

Rows = t.Iterable[dict[str, t.Any]]


def fill(store: Store, hosts: int) -> list[str]:
    """Make the fleet in an empty store.

    :returns: the API keys of its users ``root`` and ``user``, who is not root.
    """
    keys = [str(store.add_root_user("root"))]
    key, digest = new_key()
    keys.append(key)
    user = {
        "id": 2,
        "username": "user",
        "key_digest": digest,
        "is_root": False,
        "is_admin": False,
    }
    regions, cells, devices = (range(1, n + 1) for n in (REGIONS, CELLS, hosts))
    with store.write() as connection:
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
                    {"owner_id": n, "label": label}
                    for n in devices
                    for label in ("server", f"rack-{n % 500}")
                ),
            ),
        ):
            _write(connection, store.tables.metadata.tables[table], rows)
    _settle(store)
    return keys


def _write(connection: sa.Connection, table: sa.Table, rows: Rows) -> None:
    left = iter(rows)
    while some := list(itertools.islice(left, _AT_ONCE)):
        connection.execute(sa.insert(table), some)


def _settle(store: Store) -> None:
    """Tell PostgreSQL what it would find out by itself, and which ids are taken."""
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
    created = _BEGAN + datetime.timedelta(seconds=number)
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


if __name__ == "__main__":  # in a process of its own, whose memory is not measured
    made = composition.store_at(sys.argv[1])
    made.open()
    print(fill(made, int(sys.argv[2]))[0])
    made.close()
