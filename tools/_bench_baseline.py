# SPDX-License-Identifier: Apache-2.0
"""The least that a page of hosts can cost: one query, JSON, and bare WSGI.

Nobody is asked who they are, no parameter is checked, and the links are put
together from what is known beforehand. The JSON says the same as that of the
server, without the layout.
"""

from __future__ import annotations

import json
import typing as t

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
_QUERY = (
    f"SELECT {', '.join('d.' + name for name in _COLUMNS)}, p.kind "  # noqa: S608
    "FROM devices d LEFT JOIN devices p ON p.id = d.parent_id "
    f"WHERE d.project_id = '{FIRST_PROJECT}' AND d.kind = 'host' "
    "ORDER BY d.created_at, d.id LIMIT 100"
)
BASE = "http://127.0.0.1/v1"
_LINK = f"{BASE}/hosts?resolved-values=True&limit=100&sort_keys=created_at%2Cid&sort_dir=asc"


def application(connection: t.Any) -> t.Any:
    """Make the application.

    :param connection: of the driver, :mod:`sqlite3` or psycopg.
    """

    def answer(environ: t.Any, start_response: t.Any) -> list[bytes]:
        cursor = connection.cursor()
        cursor.execute(_QUERY)
        hosts = [_host(row) for row in cursor.fetchall()]
        links = [{"href": _LINK, "rel": rel} for rel in ("first", "prev", "self")]
        links.append({"href": f"{_LINK}&marker={hosts[-1]['id']}", "rel": "next"})
        body = json.dumps({"hosts": hosts, "links": links}).encode()
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        start_response("200 OK", headers)
        return [body]

    return answer


def _host(row: tuple[t.Any, ...]) -> dict[str, t.Any]:
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
