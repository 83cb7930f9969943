# SPDX-License-Identifier: Apache-2.0
"""The baseline for a page of hosts: a WSGI application with one query and ``json.dumps``.

It does not authenticate and does not validate parameters, and its links are constants. Its
JSON is equal to that of the server, apart from whitespace.
"""

from __future__ import annotations

import json
import typing as t
from urllib import parse

from cratonserver.identity import FIRST_PROJECT

_COLUMNS = (
    "id",
    "created_at",
    "updated_at",
    "name",
    "ip_address",
    "device_type",
    "active",
    "cloud_id",
    "region_id",
    "cell_id",
    "parent_id",
    "project_id",
    "note",
)
# SELECT d.id, d.created_at, ..., d.note, p.kind FROM devices d
#   LEFT JOIN devices p ON p.id = d.parent_id
#   WHERE d.project_id = '00000000-...' AND d.kind = 'host'
#   ORDER BY d.created_at, d.id LIMIT 100
_QUERY = (
    f"SELECT {', '.join('d.' + name for name in _COLUMNS)}, p.kind "  # noqa: S608
    "FROM devices d LEFT JOIN devices p ON p.id = d.parent_id "
    f"WHERE d.project_id = '{FIRST_PROJECT}' AND d.kind = 'host' "
    "ORDER BY d.created_at, d.id LIMIT 100"
)
BASE = "http://127.0.0.1/v1"
_LINK = f"{BASE}/hosts?resolved-values=True&limit=100&sort_keys=created_at%2Cid&sort_dir=asc"


def application(connection: t.Any) -> t.Any:
    """Return the application.

    :param connection: database connection of :mod:`sqlite3` or psycopg.
    """

    def respond(environ: t.Any, start_response: t.Any) -> list[bytes]:
        cursor = connection.cursor()
        cursor.execute(_QUERY)
        hosts = [_host(row) for row in cursor.fetchall()]
        links = [{"href": _LINK, "rel": rel} for rel in ("first", "prev", "self")]
        last = hosts[-1]
        values = parse.quote(json.dumps([last["created_at"]]), safe="")
        marker = f"marker={last['id']}&marker_values={values}"
        links.append({"href": f"{_LINK}&{marker}", "rel": "next"})
        body = json.dumps({"hosts": hosts, "links": links}).encode()
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        start_response("200 OK", headers)
        return [body]

    return respond


def _host(row: tuple[t.Any, ...]) -> dict[str, t.Any]:
    """Return the representation of a host. The last column is the kind of its parent."""
    host = dict(zip(_COLUMNS, row, strict=False))
    host["active"] = bool(host["active"])
    if host["parent_id"] is not None:
        path = f"{row[-1].replace('_', '-')}s/{host['parent_id']}"
    elif host["cell_id"] is not None:
        path = f"cells/{host['cell_id']}"
    else:
        path = f"regions/{host['region_id']}"
    host["links"] = [{"href": f"{BASE}/{path}", "rel": "up"}]
    return host
