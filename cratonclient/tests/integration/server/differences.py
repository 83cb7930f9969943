# SPDX-License-Identifier: Apache-2.0
"""The recorded exchanges to which this server intentionally responds in another way.

Each one has a reason: the left column of a row of the table in
``doc/source/server/differences.rst``. The right column says why.
"""

from __future__ import annotations

_ROLE = "A missing role is 403, not 401"
_OWN = "An admin sees and changes only its own project, and cannot change root users"
_FIELD = "A message about a field begins with its name, such as ``name: 5 is …``"
_CONFLICT = (
    "``PUT`` of an object that does not exist is 404, a name that is taken is always "
    "409, and deleting an object that is in use is 409"
)
_REFERENCE = (
    "A reference to an unknown object, or to an object of another project than that of "
    "the referring object, is 404, for root users too"
)
_ADDRESS = "Invalid addresses are refused with 400"
_CASE = "Names, labels and variables are case-sensitive"
_NUMBER = "A value that is not a number, for a parameter that takes numbers, is 400"
_VARS = (
    "In ``vars``, a pair without a colon, a value that is not JSON and an invalid path are 400"
)
_KEY = (
    "API keys are stored as digests. Only the response that creates a key contains it; "
    "later responses have ``null``"
)
_NEW_ROLE = "Users have a field ``role``: ``reader``, ``member`` or ``admin``"
_NO_PROJECT = "An invalid project id is 404 in a path and 400 in a body"
_SCALAR = (
    "A body that is a string, a number or a boolean, and a body without ``labels`` for "
    "the labels of a device, are 400"
)
_LONG = (
    "A ``note`` of more than 65535 bytes, another text of more than 255 characters, and "
    "an integer of more than 32 bits are 400"
)
_ANSIBLE = "``/v1/ansible-inventory`` works"
_MOVING = (
    "``PUT`` moves hosts, network devices and networks to another cell or region of their "
    "cloud, with ``cell_id`` and ``region_id``"
)
_USER_ID = "``GET /v1/users?id=ID`` returns that user, or an empty list"

#: The reason for each exchange whose response differs from the recorded one.
DIFFERENCES = {
    "projects.show.bad-uuid.server-bug": _NO_PROJECT,
    "projects.update.not-allowed": "``PUT /v1/projects/ID`` changes the name",
    "projects.list.as-admin-refused": _ROLE,
    "projects.show.as-admin-any-project": _OWN,
    "projects.show.as-plain-refused": _ROLE,
    "projects.create.as-admin-refused": _ROLE,
    "users.show": _KEY,
    "users.list.as-admin": _KEY,
    "users.list.as-plain-refused": _ROLE,
    "users.list.by-name.leaks-other-project": _OWN,
    "users.list.id-filter-ignored": _USER_ID,
    "users.list.id-filter-unknown": _USER_ID,
    "users.create.admin": _NEW_ROLE,
    "users.create.plain": _NEW_ROLE,
    "users.create.other-project": _NEW_ROLE,
    "users.create.unknown-project": _REFERENCE,
    "users.create.bad-project-uuid.server-bug": _NO_PROJECT,
    "users.create.duplicate.server-bug": _CONFLICT,
    "users.create.as-plain-refused": _ROLE,
    "clouds.create.duplicate-other-case": _CASE,
    "clouds.create.null-note": _FIELD,
    "clouds.create.json-scalar.server-bug": _SCALAR,
    "clouds.create.name-too-long.server-bug": _LONG,
    "clouds.show.query-refused": (
        "A query parameter on a path without parameters causes one error, not two"
    ),
    "clouds.update.name-taken.server-bug": _CONFLICT,
    "clouds.update.unknown.server-bug": _CONFLICT,
    "clouds.options": "Responses to ``OPTIONS`` have the same content type as all others",
    "regions.create.unknown-cloud.server-bug": _REFERENCE,
    "regions.create.wrong-type": _FIELD,
    "cells.show.other-project-not-isolated": "A cell of another project is 404",
    "hosts.create.many-errors": _FIELD,
    "hosts.create.unknown-parent.server-bug": _REFERENCE,
    "hosts.create.invalid-ip.server-bug": _ADDRESS,
    "hosts.show.invalid-ip.server-bug": _ADDRESS,
    "hosts.list.with-invalid-ip-row.server-bug": _ADDRESS,
    "hosts.list.label": _CASE,
    "hosts.list.limit-too-small": _FIELD,
    "hosts.list.limit-too-big": _FIELD,
    "hosts.list.limit-not-int.server-bug": _NUMBER,
    "hosts.list.sort-dir-bad": _FIELD,
    "hosts.list.vars.string-unquoted-no-match": _VARS,
    "hosts.list.vars.no-colon.server-bug": _VARS,
    "hosts.list.vars.comma-in-value.server-bug": (
        "In ``vars``, values and quoted names can contain commas and colons"
    ),
    "hosts.delete.has-children.server-bug": _CONFLICT,
    "hosts.labels.update.empty-object.server-bug": _SCALAR,
    "hosts.update.region-refused": _MOVING,
    "networks.create.duplicate": (
        "The ``cidr``, the ``gateway`` and the ``netmask`` of a network are an address range, "
        "an address in it (or a link-local address of IPv6) and its netmask; others are 400"
    ),
    "networks.list.network_type.server-bug": "The filter ``network_type`` is refused with 400",
    "network-devices.create.duplicate.server-bug": _CONFLICT,
    "network-devices.update": "Every change of a network device changes its ``updated_at``",
    "hosts.update.on-network-device-id": (
        "Paths below ``/v1/hosts`` do not reach network devices"
    ),
    "devices.list.descendants-unknown-parent.server-bug": (
        "An unknown device has an empty list of descendants"
    ),
    "network-interfaces.create.duplicate.server-bug": _CONFLICT,
    "networks.delete.in-use.server-bug": _CONFLICT,
    "ansible-inventory.server-bug": _ANSIBLE,
    "cells.page2": "The ``prev`` link of the second page leads to the first page",
}
