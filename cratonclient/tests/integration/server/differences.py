# SPDX-License-Identifier: Apache-2.0
"""What this server deliberately answers in another way than the recorded one.

A reason is the left column of a row of the table of differences in
``doc/source/server/differences.rst``, where the right column says why.
"""

from __future__ import annotations

_ROLE = "a missing role is 403, not 401"
_OWN = "an admin sees and changes only its own project, and no root user"
_FIELD = "a message about a field begins with its name, such as ``name: 5 is …``"
_CONFLICT = (
    "PUT of what does not exist is 404; taken names are 409 everywhere; "
    "deleting what is in use is 409"
)
_REFERENCE = (
    "references to unknown objects, or to those of another project than that of the "
    "object, are 404, for root as well"
)
_ADDRESS = "addresses that are none are 400"
_CASE = "names, labels and variables differ by case"
_NUMBER = "parameters that are not numbers where numbers are wanted are 400"
_VARS = (
    "in ``vars``, a pair without a colon, a value that is not JSON and a path that "
    "cannot be read are 400"
)
_KEY = (
    "API keys are stored as digests and shown only in the answer that makes them; "
    "later answers have ``null``"
)
_NO_PROJECT = "a project id that is none is 404 in a path and 400 in a body"
_SCALAR = (
    "a body that is a bare string, number or boolean, and labels without ``labels``, are 400"
)
_LONG = (
    "``note`` of more than 65535 bytes, other texts of more than 255 characters, and "
    "numbers beyond 32 bits are 400"
)
_ANSIBLE = "``/v1/ansible-inventory`` works"
_USER_ID = "``?id=`` on users finds that user, or nothing"

#: The reason for each exchange that is not answered as it was recorded.
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
    "users.create.unknown-project": _REFERENCE,
    "users.create.bad-project-uuid.server-bug": _NO_PROJECT,
    "users.create.duplicate.server-bug": _CONFLICT,
    "users.create.as-plain-refused": _ROLE,
    "clouds.create.duplicate-other-case": _CASE,
    "clouds.create.null-note": _FIELD,
    "clouds.create.json-scalar.server-bug": _SCALAR,
    "clouds.create.name-too-long.server-bug": _LONG,
    "clouds.show.query-refused": "a parameter where there are none is one error, not two",
    "clouds.update.name-taken.server-bug": _CONFLICT,
    "clouds.update.unknown.server-bug": _CONFLICT,
    "clouds.options": "``OPTIONS`` has the content type of all answers",
    "regions.create.unknown-cloud.server-bug": _REFERENCE,
    "regions.create.wrong-type": _FIELD,
    "cells.show.other-project-not-isolated": "a cell of another project is 404",
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
        "in ``vars``, commas and colons may stand within values and quoted names"
    ),
    "hosts.delete.has-children.server-bug": _CONFLICT,
    "hosts.labels.update.empty-object.server-bug": _SCALAR,
    "networks.list.network_type.server-bug": "``network_type`` is refused",
    "network-devices.create.duplicate.server-bug": _CONFLICT,
    "network-devices.update": "``updated_at`` tells of every change of a network device",
    "hosts.update.on-network-device-id": "the paths of hosts reach no network devices",
    "devices.list.descendants-unknown-parent.server-bug": (
        "below a device that is unknown there is nothing"
    ),
    "network-interfaces.create.duplicate.server-bug": _CONFLICT,
    "networks.delete.in-use.server-bug": _CONFLICT,
    "ansible-inventory.server-bug": _ANSIBLE,
    "cells.page2": "``prev`` of the second page is the first page",
}
