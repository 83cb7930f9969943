# SPDX-License-Identifier: Apache-2.0
"""A table of the permissions of each role, for review.

A cell is the status of the response. The columns ``own`` are about objects of the user's
own project, the columns ``other`` about objects of another project. In ``other``:

- For a list, ``none`` means 200 without the other project's objects, and 200 with them.
- For a POST, the new object would refer to the other project or belong to it.
- For a DELETE, ``kept`` means 204, but the object still exists.

``-`` means that the request does not exist. ``K`` are the kinds of the inventory, ``V``
the kinds with variables, and ``L`` the kinds with labels. A reader is a plain user without
write permission, as with Keystone. The keys in ``own`` are those of the plain user, who is
the reader as well. The own project of root is the first project.
"""

from __future__ import annotations

import typing as t

from cratonclient.tests.integration.server import base

TABLE = """
                               nobody  plain       reader      admin       root
                                       own  other  own  other  own  other  own  other
GET     projects               401     403  403    403  403    403  403    200  200
POST    projects               401     403  -      403  -      403  -      201  -
GET     projects/ID            401     403  403    403  403    200  404    200  200
PUT     projects/ID            401     403  403    403  403    403  403    200  200
DELETE  projects/ID            401     403  403    403  403    403  403    409  204
GET     projects/ID/deletion   401     403  403    403  403    403  403    409  200
GET     projects/ID/variables  401     403  403    403  403    200  404    200  200
PUT     projects/ID/variables  401     403  403    403  403    200  404    200  200
DELETE  projects/ID/variables  401     403  403    403  403    204  404    204  204

GET     users                  401     403  403    403  403    200  none   200  200
POST    users                  401     403  403    403  403    201  404    201  201
GET     users/ID               401     403  403    403  403    200  404    200  200
PUT     users/ID               401     403  403    403  403    200  404    200  200
DELETE  users/ID               401     403  403    403  403    204  kept   204  204
GET     users/ID/deletion      401     403  403    403  403    200  404    200  200
POST    users/ID/key           401     403  403    403  403    201  404    201  201

GET     user-keys              401     200  none   200  none   200  none   200  200
POST    user-keys              401     201  403    201  403    201  404    201  201
GET     user-keys/ID           401     200  404    200  404    200  404    200  200
DELETE  user-keys/ID           401     204  kept   204  kept   204  kept   204  204
GET     user-keys/ID/deletion  401     200  404    200  404    200  404    200  200

GET     K                      401     200  none   200  none   200  none   200  200
POST    K                      401     201  404    403  403    201  404    201  404
GET     K/ID                   401     200  404    200  404    200  404    200  200
PUT     K/ID                   401     200  404    403  403    200  404    200  200
DELETE  K/ID                   401     204  kept   403  403    204  kept   204  204
GET     K/ID/deletion          401     200  404    403  403    200  404    200  200
GET     V/ID/variables         401     200  404    200  404    200  404    200  200
PUT     V/ID/variables         401     200  404    403  403    200  404    200  200
DELETE  V/ID/variables         401     204  404    403  403    204  404    204  204
GET     L/ID/labels            401     200  404    200  404    200  404    200  200
PUT     L/ID/labels            401     200  404    403  403    200  404    200  200
DELETE  L/ID/labels            401     204  404    403  403    204  404    204  204
GET     devices                401     200  none   200  none   200  none   200  200
GET     identity               401     200  -      200  -      200  -      200  -
GET     quotas                 401     200  -      200  -      200  -      200  -
GET     quotas/ID              401     200  403    200  403    200  403    200  200
PUT     quotas/ID              401     403  403    403  403    403  403    200  200
DELETE  quotas/ID              401     403  403    403  403    403  403    204  204
GET     changes                401     200  none   200  none   200  none   200  none
POST    changes                401     200  404    403  403    200  404    200  200
GET     changes/ID             401     200  403    200  403    200  403    200  200
POST    changes/ID/undo        401     200  403    403  403    200  403    200  200
GET     webhooks               401     403  403    403  403    200  none   200  200
POST    webhooks               401     403  403    403  403    201  404    201  404
GET     webhooks/ID            401     403  403    403  403    200  404    200  200
PUT     webhooks/ID            401     403  403    403  403    200  404    200  200
DELETE  webhooks/ID            401     403  403    403  403    204  kept   204  204
GET     webhooks/ID/deletion   401     403  403    403  403    200  404    200  200
POST    webhooks/ID/test       401     403  403    403  403    200  404    200  200
POST    lookups                401     200  none   403  403    200  none   200  200
GET     ansible-inventory      401     200  none   200  none   200  none   200  none
"""

#: The paths that need no credentials for reading. They are not relative to ``/v1``.
OPEN = {"/", "/v1", "/v1/", "/v1/docs", "/v1/openapi.json", "/healthcheck", "/livez"}

ROLES = ("plain", "reader", "admin", "root")
KINDS = {
    "K": base.INVENTORY,
    "V": base.INVENTORY[:-1],
    "L": ("hosts", "network-devices"),
}


class Row(t.NamedTuple):
    """A row of the table: the expected results for each role."""

    method: str
    path: str
    nobody: str
    own: dict[str, str]
    other: dict[str, str]


def rows() -> t.Iterator[Row]:
    """Yield the rows of the table; a row for several kinds yields one row for each."""
    for line in TABLE.splitlines()[3:]:
        if not line:
            continue
        method, path, nobody, *cells = line.split()
        own = dict(zip(ROLES, cells[::2], strict=True))
        other = dict(zip(ROLES, cells[1::2], strict=True))
        first, slash, rest = path.partition("/")
        for kind in KINDS.get(first, (first,)):
            yield Row(method, f"{kind}{slash}{rest}", nobody, own, other)
