# SPDX-License-Identifier: Apache-2.0
"""The representation of objects in each kind of response."""

from __future__ import annotations

import typing as t

from cratonclient.tests.integration.server import base

COMMON = {"id", "created_at", "updated_at"}
_PLACE = {"cloud_id", "region_id", "cell_id", "project_id"}
_DEVICE = COMMON | _PLACE | {
    "name", "ip_address", "device_type", "active", "parent_id", "links",
}  # fmt: skip
#: The keys of every representation.
KEYS = {
    "projects": COMMON | {"name"},
    "users": COMMON | {"username", "api_key", "is_admin", "role", "project_id"},
    "clouds": COMMON | {"name", "note", "project_id"},
    "regions": COMMON | {"name", "note", "cloud_id", "project_id"},
    "cells": COMMON | {"name", "note", "cloud_id", "region_id", "project_id"},
    "hosts": _DEVICE | {"note"},
    "network-devices": _DEVICE | {"model_name", "os_version", "vlans"},
    "networks": COMMON
    | _PLACE
    | {"name", "cidr", "gateway", "netmask", "ip_block_type", "nss"},
    "network-interfaces": COMMON
    | {"name", "interface_type", "ip_address", "device_id", "network_id", "project_id"}
    | {"vlan_id", "vlan", "port", "speed", "duplex", "link", "cdp", "security"},
}
VARIABLES = {"variables"}
#: Collections whose detailed lists show variables; the rest refuse ``details``.
DETAILED = base.WITH_VARIABLES

#: The optional fields of a POST.
OPTIONAL: dict[str, dict[str, t.Any]] = {
    "projects": {"variables": {"a": 1}},
    "users": {"is_admin": True},
    "clouds": {"note": "n", "variables": {"a": 1}},
    "regions": {"note": "n", "variables": {"a": 1}},
    "cells": {"note": "n", "variables": {"a": 1}},
    "hosts": {"note": "n", "active": False, "labels": ["x"], "variables": {"a": 1}},
    "network-devices": {
        "active": False,
        "model_name": "m",
        "os_version": "o",
        "vlans": "v",
        "variables": {"a": 1},
    },
    "networks": {"ip_block_type": "b", "nss": "n", "variables": {"a": 1}},
    "network-interfaces": {
        "vlan_id": 1,
        "vlan": "v",
        "port": -2,
        "speed": 1000,
        "duplex": "d",
        "link": "l",
        "cdp": "c",
        "security": "s",
        "variables": {"a": 1},
    },
}

#: The fields that a PUT accepts.
CHANGES: dict[str, dict[str, t.Any]] = {
    "projects": {"name": "p2"},
    "clouds": {"name": "c2", "note": "n2"},
    "regions": {"name": "r2", "note": "n2"},
    "cells": {"name": "ce2", "note": "n2"},
    "hosts": {
        "name": "h2",
        "note": "n2",
        "ip_address": "192.0.2.2",
        "device_type": "t2",
        "active": False,
    },
    "network-devices": {
        "name": "d2",
        "ip_address": "192.0.2.3",
        "device_type": "t2",
        "model_name": "m2",
        "os_version": "o2",
        "vlans": "v2",
    },
    "networks": {
        "name": "n2",
        "cidr": "192.0.2.0/25",
        "gateway": "192.0.2.1",
        "netmask": "255.255.255.128",
        "ip_block_type": "b2",
        "nss": "s2",
    },
    "network-interfaces": {
        "name": "i2",
        "interface_type": "t2",
        "vlan": "v2",
        "port": 2,
        "speed": 2,
        "duplex": "d2",
        "link": "l2",
        "cdp": "c2",
        "security": "s2",
    },
}
#: Fields that can only be changed together.
TOGETHER = {"networks": ("cidr", "gateway", "netmask")}
#: Fields that are fixed at creation, or that clients can never set.
FIXED: dict[str, dict[str, object]] = {
    "projects": {"id": base.NO_PROJECT},
    "clouds": {"project_id": base.NO_PROJECT},
    "regions": {"cloud_id": 1, "project_id": base.NO_PROJECT},
    "cells": {"cloud_id": 1, "region_id": 1},
    "hosts": {"cloud_id": 1, "labels": [], "links": []},
    "network-devices": {"cloud_id": 1, "active": True, "note": "n"},
    "networks": {"cloud_id": 1},
    "network-interfaces": {"device_id": 1, "network_id": 1, "ip_address": "::1", "vlan_id": 1},
}


def changes_of(name: str) -> dict[str, t.Any]:
    """Return the body of a PUT."""
    return {**CHANGES[name], "name": base.unique("changed")}


def as_read(values: dict[str, t.Any]) -> dict[str, t.Any]:
    """Return values as the API returns them: a speed is sent as a number, but read as text."""
    if values.get("speed") is None:
        return values
    return {**values, "speed": str(values["speed"])}


class TestRepresentations(base.ServerTestCase):
    """The keys and values of objects."""

    def test_the_answer_to_a_post_has_these_keys(self):
        for name, keys in KEYS.items():
            made = self.root.make(name)
            with self.about(name):
                shown = VARIABLES if name in base.WITH_VARIABLES else set()
                self.assertEqual(keys | shown, set(made))

    def test_one_object_has_these_keys(self):
        for name, keys in KEYS.items():
            one = self.root.get(f"/{name}/{self.root.make(name)['id']}").json
            with self.about(name):
                self.assertEqual(keys | (VARIABLES if name != "users" else set()), set(one))

    def test_the_answer_to_a_put_has_these_keys(self):
        for name in CHANGES:
            path = f"/{name}/{self.root.make(name)['id']}"
            changed = self.root.put(path, changes_of(name))
            with self.about(name):
                self.assertEqual(KEYS[name], set(changed.json))

    def test_an_item_of_a_list_has_these_keys(self):
        for name, keys in KEYS.items():
            self.root.make(name)
            with self.about(name):
                for item in self.root.items(f"/{name}"):
                    self.assertEqual(keys, set(item))

    def test_an_item_of_a_detailed_list_has_its_variables_too(self):
        for name in DETAILED:
            self.root.make(name)
            with self.about(name):
                for item in self.root.items(f"/{name}?details=true"):
                    self.assertEqual(KEYS[name] | VARIABLES, set(item))

    def test_details_that_are_switched_off_are_not_shown(self):
        self.root.make("clouds")
        for item in self.root.items("/clouds?details=False"):
            self.assertNotIn("variables", item)

    def test_what_is_created_is_what_is_read(self):
        for name, optional in OPTIONAL.items():
            given = self.root.needed(name, optional)
            made = self.root.post(f"/{name}", given).json
            one = self.root.get(f"/{name}/{made['id']}").json
            labels = given.pop("labels", None)
            with self.about(name):
                shown = {**made, **one}
                self.assertEqual(as_read(given), {key: shown[key] for key in given})
                if name != "users":
                    own = {**one, "variables": given["variables"]}
                    self.assertEqual(as_read({**made, "variables": given["variables"]}), own)
                    self.assertEqual(1, one["variables"]["a"])
                if labels:
                    path = f"/{name}/{made['id']}/labels"
                    self.assertEqual(labels, self.root.get(path).json["labels"])

    def test_what_is_not_given_is_null(self):
        for name, optional in OPTIONAL.items():
            made = self.root.make(name)
            with self.about(name):
                # These fields have defaults other than null.
                given = set(optional) - {"variables", "labels", "active", "is_admin"}
                self.assertEqual(dict.fromkeys(given), {key: made[key] for key in given})

    def test_devices_are_active_unless_told_otherwise(self):
        for name in ("hosts", "network-devices"):
            self.assertIs(True, self.root.make(name)["active"])

    def test_users_are_plain_unless_told_otherwise(self):
        self.assertIs(False, self.root.make("users")["is_admin"])

    def test_an_update_changes_what_it_names_and_nothing_else(self):
        for name in CHANGES:
            changes = changes_of(name)
            made = self.root.make(name, **OPTIONAL[name])
            path = f"/{name}/{made['id']}"
            before = self.root.get(path).json
            together = {field: changes.pop(field) for field in TOGETHER.get(name, ())}
            for change in (together, *({field: changes[field]} for field in changes)):
                answer = self.root.put(path, change)
                after = self.root.get(path).json
                with self.about(f"{name} {change}"):
                    self.assertAnswer(answer, 200)
                    self.assertEqual(change, {key: answer.json[key] for key in change})
                    expected = {**before, **change, "updated_at": after["updated_at"]}
                    self.assertEqual(as_read(expected), after)
                before = after

    def test_fixed_fields_are_refused_in_an_update(self):
        for name, fixed in FIXED.items():
            path = f"/{name}/{self.root.make(name)['id']}"
            before = self.root.get(path).json
            common: dict[str, object] = {
                "id": 1,
                "created_at": "x",
                "updated_at": "x",
                "variables": {},
            }
            for field, value in {**common, **fixed, "nosuch": 1}.items():
                with self.about(f"{name} {field}"):
                    self.assertInvalid(
                        self.root.put(path, {field: value}),
                        f"Additional properties are not allowed ('{field}' was unexpected)",
                    )
            self.assertEqual(before, self.root.get(path).json)

    def test_what_the_server_decides_is_refused_in_a_creation(self):
        for name in KEYS:
            for field in ("id", "created_at", "updated_at", "project_id", "is_root", "type"):
                if (name, field) == ("users", "project_id"):
                    continue
                body = {**self.root.needed(name, {}), field: "x"}
                with self.about(f"{name} {field}"):
                    self.assertInvalid(
                        self.root.post(f"/{name}", body),
                        f"Additional properties are not allowed ('{field}' was unexpected)",
                    )

    def test_a_network_device_takes_no_note_and_no_labels(self):
        for field, value in (("note", "n"), ("labels", ["x"])):
            body = self.root.needed("network-devices", {field: value})
            self.assertEqual(400, self.root.post("/network-devices", body).status)

    def test_an_update_with_nothing_in_it_changes_nothing(self):
        for name in CHANGES:
            path = f"/{name}/{self.root.make(name)['id']}"
            before = self.root.get(path).json
            for text in ("{}", "null", "[]", "[1]", None):
                with self.about(f"{name} {text}"):
                    answer = self.root.put(path, text=text)
                    self.assertAnswer(answer, 200)
                    self.assertEqual({k: before[k] for k in KEYS[name]}, answer.json)
                    self.assertEqual(before, self.root.get(path).json)

    def test_a_parent_can_be_cleared_and_nothing_else_can(self):
        parent = self.root.make("hosts")["id"]
        host = self.root.make("hosts", parent_id=parent)["id"]
        answer = self.root.put(f"/hosts/{host}", {"parent_id": None})
        self.assertEqual((200, None), (answer.status, answer.json["parent_id"]))
        for field in ("note", "name", "active"):
            answer = self.root.put(f"/hosts/{host}", {field: None})
            self.assertAnswer(answer, 400)

    def test_texts_can_be_empty(self):
        region = self.root.make("regions")
        host = self.root.make("hosts", region_id=region["id"], name="", device_type="")
        self.assertEqual(("", ""), (host["name"], host["device_type"]))

    def test_what_is_echoed_once_is_not_kept(self):
        given = {"access_secret_id": 1, "interface_id": 2, "network_id": 3}
        made = self.root.make("network-devices", **given)
        self.assertEqual(given, {key: made[key] for key in given})
        self.assertEqual(KEYS["network-devices"] | VARIABLES | set(given), set(made))
        found = self.root.get(f"/network-devices/{made['id']}").json
        self.assertEqual(KEYS["network-devices"] | VARIABLES, set(found))

    def test_roles_of_a_user_are_echoed_once(self):
        made = self.root.make("users", roles=["operator"])
        self.assertEqual(["operator"], made["roles"])
        self.assertNotIn("roles", self.root.get(f"/users/{made['id']}").json)

    def test_the_project_of_an_object_is_the_one_of_its_maker(self):
        someone = self.member()
        for name in base.INVENTORY:
            self.assertEqual(someone.project_id, someone.make(name)["project_id"])

    def test_variables_of_a_new_interface_are_shown_later(self):
        made = self.root.make("network-interfaces", variables={"iv": 1})
        self.assertNotIn("variables", made)
        found = self.root.get(f"/network-interfaces/{made['id']}").json
        self.assertEqual({"iv": 1}, found["variables"])


class TestTimes(base.ServerTestCase):
    """Creation and update times."""

    STAMP = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$"

    def test_times_are_texts_of_26_characters_without_a_zone(self):
        for name in KEYS:
            with self.about(name):
                self.assertRegex(self.root.make(name)["created_at"], self.STAMP)

    def test_nothing_is_updated_until_it_is(self):
        for name in CHANGES:
            changes = changes_of(name)
            made = self.root.make(name)
            path = f"/{name}/{made['id']}"
            with self.about(name):
                self.assertIsNone(made["updated_at"])
                same = {key: self.root.get(path).json[key] for key in changes}
                values = {key: value for key, value in same.items() if value is not None}
                self.assertIsNone(self.root.put(path, values).json["updated_at"])
                changed = self.root.put(path, changes).json
                self.assertRegex(changed["updated_at"], self.STAMP)
                self.assertEqual(made["created_at"], changed["created_at"])
                self.assertEqual(changed["updated_at"], self.root.get(path).json["updated_at"])

    def test_a_change_of_a_part_is_a_change_of_the_object(self):
        numbers: list[t.Any] = [1, 1.0, True, "1", None, {"b": [1]}, {"b": [True]}]
        steps: list[tuple[str, str, t.Any]] = [
            *(("PUT", "variables", {"a": number}) for number in numbers),
            ("DELETE", "variables", ["a", "unknown"]),
            ("PUT", "labels", {"labels": ["a", "b"]}),
            ("PUT", "labels", {"labels": ["b", "c"]}),
            ("DELETE", "labels", {"labels": ["c", "unknown"]}),
        ]
        for name in base.WITH_VARIABLES:
            path = f"/{name}/{self.root.make(name)['id']}"
            for method, part, body in steps:
                if part == "labels" and name not in ("hosts", "network-devices"):
                    continue
                with self.about(f"{method} {path}/{part} {body}"):
                    before = self.root.get(path).json["updated_at"]
                    self.assertLess(self.root.call(method, f"{path}/{part}", body).status, 300)
                    after = self.root.get(path).json["updated_at"]
                    self.assertRegex(after, self.STAMP)
                    self.assertGreater(after, before or "")
                    # The same request again changes nothing.
                    self.assertLess(self.root.call(method, f"{path}/{part}", body).status, 300)
                    self.assertEqual(after, self.root.get(path).json["updated_at"])

    def test_a_change_of_a_part_is_no_change_of_other_objects(self):
        cell = self.root.make("cells")
        place = {"cloud_id": cell["cloud_id"], "region_id": cell["region_id"]}
        hosts = [self.root.make("hosts", cell_id=cell["id"], **place) for _ in range(2)]
        paths = [f"/cells/{cell['id']}", *(f"/hosts/{host['id']}" for host in hosts)]

        for path in paths[:2]:
            self.root.put(f"{path}/variables", {"a": 1})

        self.assertIsNone(self.root.get(paths[2]).json["updated_at"])


class TestAddresses(base.ServerTestCase):
    """IP addresses."""

    def test_an_address_is_echoed_as_sent_and_canonical_later(self):
        for sent, canonical in (
            ("10.0.0.1", "10.0.0.1"),
            ("2001:DB8:0::1", "2001:db8::1"),
            ("::ffff:10.0.0.1", "::ffff:a00:1"),
            ("0:0:0:0:0:0:0:1", "::1"),
        ):
            for name in ("hosts", "network-devices", "network-interfaces"):
                made = self.root.make(name, ip_address=sent)
                path = f"/{name}/{made['id']}"
                with self.about(f"{name} {sent}"):
                    self.assertEqual(sent, made["ip_address"])
                    self.assertEqual(canonical, self.root.get(path).json["ip_address"])

    def test_an_update_echoes_an_address_too(self):
        path = f"/hosts/{self.root.make('hosts')['id']}"
        self.assertEqual(
            "FE80::1", self.root.put(path, {"ip_address": "FE80::1"}).json["ip_address"]
        )
        self.assertEqual("fe80::1", self.root.get(path).json["ip_address"])

    def test_what_is_no_address_is_refused(self):
        for text in (
            "", "word", "10.0.0.256", "10.0.0.1/24", " 10.0.0.1", "10.0.0.1 ", "fe80::1%eth0",
            "010.0.0.01", "1", "10.0.0", "1" * 300, "\u0661\u0660.0.0.1",
        ):  # fmt: skip
            for name in ("hosts", "network-devices", "network-interfaces"):
                body = self.root.needed(name, {"ip_address": text})
                with self.about(f"{name} {text!r}"):
                    self.assertAnswer(self.root.post(f"/{name}", body), 400)
        path = f"/hosts/{self.root.make('hosts')['id']}"
        self.assertAnswer(self.root.put(path, {"ip_address": "word"}), 400)

    def test_addresses_need_not_be_unique(self):
        for _ in range(2):
            self.root.make("hosts", ip_address="192.0.2.77")


class TestDeviceLinks(base.ServerTestCase):
    """The link of a device to its parent."""

    def _up(self, item: dict[str, t.Any]) -> str:
        (link,) = item["links"]
        self.assertEqual({"rel", "href"}, set(link))
        self.assertEqual("up", link["rel"])
        return str(link["href"]).removeprefix(base.BASE)

    def test_a_device_hangs_below_its_parent_or_cell_or_region(self):
        for name in ("hosts", "network-devices"):
            cell = self.root.make("cells")
            place = {key: cell[key] for key in ("cloud_id", "region_id")}
            host = self.root.make("hosts", **place)["id"]
            device = self.root.make("network-devices", **place)["id"]
            for fields, up in (
                ({}, f"/regions/{cell['region_id']}"),
                ({"cell_id": cell["id"]}, f"/cells/{cell['id']}"),
                ({"cell_id": cell["id"], "parent_id": host}, f"/hosts/{host}"),
                ({"parent_id": device}, f"/network-devices/{device}"),
            ):
                made = self.root.make(name, **place, **fields)
                with self.about(f"{name} {fields}"):
                    self.assertEqual(up, self._up(made))
                    self.assertEqual(up, self._up(self.root.get(f"/{name}/{made['id']}").json))
                    listed = self.root.items(f"/{name}?name={made['name']}")
                    self.assertEqual([up], [self._up(item) for item in listed])
                    everything = self.root.items(f"/devices?region_id={cell['region_id']}")
                    found = [item for item in everything if item["id"] == made["id"]]
                    self.assertEqual([up], [self._up(item) for item in found])

    def test_the_link_follows_a_change_of_the_parent(self):
        parent, host = self.root.make("hosts"), self.root.make("hosts")
        path = f"/hosts/{host['id']}"
        changed = self.root.put(path, {"parent_id": parent["id"]}).json
        self.assertEqual(f"/hosts/{parent['id']}", self._up(changed))
        changed = self.root.put(path, {"parent_id": None}).json
        self.assertEqual(f"/regions/{host['region_id']}", self._up(changed))

    def test_links_that_are_sent_are_echoed_once(self):
        sent = {"rel": "self", "href": "http://elsewhere.example"}
        made = self.root.make("hosts", links=[sent])
        self.assertEqual(sent, made["links"][0])
        self.assertEqual("up", made["links"][1]["rel"])
        found = self.root.get(f"/hosts/{made['id']}").json
        self.assertEqual(["up"], [link["rel"] for link in found["links"]])


class TestEnvelopes(base.ServerTestCase):
    """The keys around the items of a list."""

    def test_a_list_has_links_and_the_collection(self):
        for name in KEYS:
            body = self.root.get(f"/{name}").json
            with self.about(name):
                self.assertEqual({"links", name.replace("-", "_")}, set(body))
                self.assertEqual(list, type(body[name.replace("-", "_")]))

    def test_a_list_of_devices_has_both_kinds_apart(self):
        someone = self.member()
        body = someone.get("/devices").json
        self.assertEqual({"links", "devices"}, set(body))
        self.assertEqual({"hosts": [], "network-devices": []}, body["devices"])
        host, device = someone.make("hosts"), someone.make("network-devices")
        for query, more in (("", set()), ("?details=true", VARIABLES)):
            found = someone.get(f"/devices{query}").json["devices"]
            self.assertEqual([host["id"]], [item["id"] for item in found["hosts"]])
            self.assertEqual([device["id"]], [item["id"] for item in found["network-devices"]])
            self.assertEqual(KEYS["hosts"] | more, set(found["hosts"][0]))
            self.assertEqual(KEYS["network-devices"] | more, set(found["network-devices"][0]))


class TestTypes(base.ServerTestCase):
    """Values of the wrong type, and values that are too large."""

    def test_nothing_is_converted(self):
        integers: tuple[t.Any, ...] = ("2", 2.0, True, None, [1])
        booleans: tuple[t.Any, ...] = (1, "true", None)
        texts: tuple[t.Any, ...] = (5, None, ["x"], True)
        for name, field, values, type_name in (
            ("hosts", "cloud_id", integers, "integer"),
            ("hosts", "parent_id", integers, "integer"),
            ("network-interfaces", "port", integers, "integer"),
            ("hosts", "active", booleans, "boolean"),
            ("users", "is_admin", booleans, "boolean"),
            ("hosts", "name", texts, "string"),
            ("clouds", "note", texts, "string"),
            ("users", "project_id", texts, "string"),
            ("hosts", "labels", ({}, "x", None), "array"),
            ("clouds", "variables", ([], "x", None, 1), "object"),
        ):
            needed = self.root.needed(name, {})
            for value in values:
                answer = self.root.post(f"/{name}", {**needed, field: value})
                with self.about(f"{name} {field} {value!r}"):
                    self.assertInvalid(
                        answer, f"{field}: {value!r} is not of type '{type_name}'"
                    )

    def test_labels_are_texts(self):
        body = self.root.needed("hosts", {"labels": ["x", 1]})
        self.assertInvalid(
            self.root.post("/hosts", body), "labels[1]: 1 is not of type 'string'"
        )

    def test_a_parent_that_is_neither_an_id_nor_null_is_refused(self):
        path = f"/hosts/{self.root.make('hosts')['id']}"
        answer = self.root.put(path, {"parent_id": "1"})
        self.assertInvalid(answer, "parent_id: '1' is not valid under any of the given schemas")

    def test_all_problems_are_told_at_once_and_sorted(self):
        answer = self.root.post("/hosts", {"cloud_id": "x", "foo": 1, "name": 5})
        self.assertInvalid(
            answer,
            "'device_type' is a required property",
            "'ip_address' is a required property",
            "'region_id' is a required property",
            "cloud_id: 'x' is not of type 'integer'",
            "name: 5 is not of type 'string'",
            "Additional properties are not allowed ('foo' was unexpected)",
        )

    def test_required_fields_are_required(self):
        place = {"name", "cloud_id", "region_id"}
        for name, required in {
            "projects": {"name"},
            "users": {"username", "project_id"},
            "clouds": {"name"},
            "regions": {"name", "cloud_id"},
            "cells": place,
            "hosts": place | {"ip_address", "device_type"},
            "network-devices": place | {"ip_address", "device_type"},
            "networks": place | {"cidr", "gateway", "netmask"},
            "network-interfaces": {"name", "device_id", "ip_address", "interface_type"},
        }.items():
            problems = [f"'{field}' is a required property" for field in required]
            with self.about(name):
                self.assertInvalid(self.root.post(f"/{name}", {}), *problems)

    def test_texts_that_are_too_long_are_refused(self):
        region = self.root.make("regions")["id"]
        for name, field, most in (
            ("clouds", "name", 255),
            ("clouds", "note", 65535),
            ("hosts", "device_type", 255),
            ("networks", "nss", 255),
            ("network-devices", "vlans", 255),
        ):
            place = {"region_id": region} if name != "clouds" else {}
            for length, status in ((most, 201), (most + 1, 400)):
                body = self.root.needed(name, {**place, field: "x" * length})
                with self.about(f"{name} {field} {length}"):
                    self.assertAnswer(self.root.post(f"/{name}", body), status)

    def test_integers_have_32_bits(self):
        for value, status in (
            (2**31 - 1, 201), (-(2**31), 201), (2**31, 400), (-(2**31) - 1, 400), (10**30, 400)
        ):  # fmt: skip
            body = self.root.needed("network-interfaces", {"port": value})
            with self.about(str(value)):
                self.assertAnswer(self.root.post("/network-interfaces", body), status)
