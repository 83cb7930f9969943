# SPDX-License-Identifier: Apache-2.0
"""Values of another project, for each parameter of the API.

A text such as ``{name}`` stands for a value of the project, see :class:`Filling`. A new
parameter, header or member of a body needs a row here.
"""

from __future__ import annotations

import typing as t

from cratonclient.tests.integration.server.worlds import Things

#: Values of parameters of the query: texts, with ``{}`` for values of the other project.
QUERY: dict[str, tuple[str, ...]] = {
    "id": ("{id}",),
    "name": ("{name}", "{username}"),
    "name_prefix": ("their",),
    "ip_address": ("198.51.100.7",),
    "device_type": ("their-type",),
    "interface_type": ("ethernet",),
    "active": ("true",),
    "label": ("{label}",),
    "vars": ('their-secret:"value"', 'rack:"their"'),
    "where": (
        *("name={name}", "name~^their", "name!=nobody", "id<={id}", "id={id}", "note"),
        *("vars.their-secret", "!vars.their-secret", "vars.rack~^their", "vars.rack>a"),
        *("cloud_id={cloud_id}", "ip_address=198.51.100.7", "project_id={project_id}"),
        *("username={username}", "url", "user_id={user_id}"),
    ),
    "cloud_id": ("{cloud_id}",),
    "region_id": ("{region_id}",),
    "cell_id": ("{cell_id}",),
    "parent_id": ("{device_id}",),
    "descendants": ("true",),
    "device_id": ("{device_id}",),
    "user_id": ("{user_id}",),
    "limit": ("10",),
    "marker": ("{id}",),
    "marker_values": ('["{created_at}"]&marker={id}',),
    "sort_keys": ("id", "created_at"),
    "sort_dir": ("desc",),
    "details": ("true",),
    "resolved-values": ("true", "false"),
    "usage": ("true",),
    "kind": ("hosts", "users", "projects"),
    "username": ("{username}",),
    "since": ("{created_at}",),
    "until": ("{created_at}",),
    "reason": ("{word}",),
    "after": ("0", "{revision}"),
    "wait": ("1&after={revision}",),
    "project_id": ("{project_id}",),
}
#: The same, for parameters that mean something else there.
QUERY_OF_PATH: dict[tuple[str, str], tuple[str, ...]] = {
    ("/v1/changes", "id"): ("{host_id}&kind=hosts", "{user_id}&kind=users"),
    ("/v1/changes", "marker"): ("{revision}",),
    ("/v1/changes", "name"): (
        *("{word}-gone&kind=clouds", "{word}-hosts&kind=devices"),
        "{word}-user&kind=users",
    ),
}
HEADERS: dict[str, tuple[str, ...]] = {
    "If-Match": ("{tag}", '"0"', '"1", "2", "3", "4", "5", "6", "7", "8", "9"'),
    "If-None-Match": ("{tag}", "*"),
    "X-Craton-Reason": ("{word}",),
    "X-Craton-Entity-Tags": ("true",),
}
#: The bodies of requests that do not belong to a kind.
BODIES: dict[tuple[str, str], tuple[t.Any, ...]] = {
    ("POST", "/v1/users/{id}/key"): (None,),
    ("POST", "/v1/webhooks/{id}/test"): (None,),
    ("POST", "/v1/changes/{revision}/undo"): (
        None,
        {"dry_run": True},
        {"dry_run": True, "force": True},
        {"dry_run": True, "unchanged_since": 0},
    ),
}
#: The ends of paths of parts, with the bodies that change them.
PARTS: dict[tuple[str, str], t.Any] = {
    ("PUT", "variables"): {"their-secret": 1},
    ("DELETE", "variables"): ["their-secret"],
    ("PUT", "labels"): {"labels": ["their-label", "new"]},
    ("DELETE", "labels"): {"labels": ["their-label"]},
}
#: Values of members of bodies that responses do not show.
MEMBERS: dict[str, t.Any] = {
    "variables": {"their-secret": "value"},
    "labels": ["their-label"],
    "links": [{"href": "x", "rel": "y"}],
    "access_secret_id": 1,
    "api_key": "x",
    "roles": [],
    "role": "member",
    "position": 1,
    "note": "{word}-note",
    "parent_id": "{host_id}",
    "interface_id": "{network_interface_id}",
    "network_id": "{network_id}",
    "model_name": "{word}-model",
    "os_version": "{word}-version",
    "vlans": "1",
    "nss": "{word}-nss",
    "ip_block_type": "{word}-type",
    **dict.fromkeys(("cdp", "duplex", "link", "security", "vlan"), "1"),
    **dict.fromkeys(("port", "speed", "vlan_id"), 1),
}


class Filling:
    """The values of a project, by the names that stand for them.

    :param things: what the project has.
    :param collection: collection of the object whose id is ``{id}``.
    """

    def __init__(self, things: Things, collection: str) -> None:
        known = things.objects.get(collection, {})
        self._known = known
        self._values: dict[str, t.Any] = {
            "id": known.get("id", 1),
            "name": known.get("name", "x"),
            **{
                f"{name.replace('-', '_')[:-1]}_id": one["id"]
                for name, one in things.objects.items()
            },
            "device_id": things.objects["hosts"]["id"],
            **things.values,
        }

    def text(self, text: str) -> str:
        """Return a text with the values of the project."""
        for name, value in self._values.items():
            text = text.replace(f"{{{name}}}", str(value))
        return text

    def members(self, names: t.Iterable[str]) -> dict[str, t.Any]:
        """Return members of a body about the object.

        :raises KeyError: if a member has no value.
        """
        return {name: self._member(name) for name in sorted(names) if "[]" not in name}

    def _member(self, name: str) -> t.Any:
        value = self._known.get(name)
        if value is None:
            value = MEMBERS[name]
        if isinstance(value, str) and "{" in value:
            filled = self.text(value)
            return int(filled) if name.endswith("_id") else filled
        return value
