# SPDX-License-Identifier: Apache-2.0
"""Addresses, address ranges and netmasks: filters, checks, indexes, and other kinds."""

from __future__ import annotations

import re
import typing as t

import sqlalchemy as sa

from cratonclient import exceptions
from cratonclient.tests import toys
from cratonclient.tests.integration.server import base, databases

#: Spellings of the same address.
SAME = (
    ("10.0.0.1", "::ffff:10.0.0.1", "::FFFF:0A00:0001", "0:0:0:0:0:ffff:10.0.0.1"),
    ("2001:db8::a:1", "2001:DB8::A:1", "2001:0db8:0:0:0:0:000a:1", "2001:db8:0:0::a:1"),
)
WITH_ADDRESS = ("hosts", "network-devices", "network-interfaces")
LAN = {"cidr": "10.0.0.0/24", "gateway": "10.0.0.1", "netmask": "255.255.255.0"}


class TestFilters(base.ServerTestCase):
    """A list that is filtered by an address finds it in every spelling."""

    def test_every_spelling_finds_every_spelling(self):
        for name in WITH_ADDRESS:
            for spellings in SAME:
                user = self.member()
                made = [user.make(name, ip_address=text)["name"] for text in spellings]
                user.make(name, ip_address="10.0.0.10")
                user.make(name, ip_address="2001:db8::a:10")
                for text in spellings:
                    with self.about(f"{name} {text}"):
                        found = user.names(f"/{name}?ip_address={text}&sort_keys=id")
                        self.assertEqual(made, found)

    def test_with_other_filters_and_in_pages(self):
        user, other = self.member(), self.member()
        region = user.make("regions")
        place = {"region_id": region["id"], "cloud_id": region["cloud_id"]}
        made = [
            user.make("hosts", ip_address=SAME[0][number % 4], **place)["name"]
            for number in range(25)
        ]
        user.make("hosts", ip_address="10.0.0.2", **place)
        for caller in (user, other):
            caller.make("hosts", ip_address="10.0.0.1")
        query = f"ip_address=::ffff:10.0.0.1&region_id={region['id']}&limit=10"
        for direction, wanted in (("asc", made), ("desc", made[::-1])):
            path, found = f"/hosts?{query}&sort_dir={direction}", []
            while path:
                answer = user.get(path)
                self.assertAnswer(answer, 200)
                found += [one["name"] for one in answer.json["hosts"]]
                links = {one["rel"]: one["href"] for one in answer.json["links"]}
                self.assertIn("ip_address=%3A%3Affff%3A10.0.0.1", links["self"])
                path = links["next"].partition("/v1")[2] if "next" in links else ""
            self.assertEqual(wanted, found)

    def test_with_variables(self):
        user = self.member()
        host = user.make("hosts", ip_address="10.0.0.1", variables={"a": 1})
        user.make("hosts", ip_address="10.0.0.1")
        user.make("hosts", ip_address="10.0.0.2", variables={"a": 1})
        for query in ("vars=a:1", "vars=a:1&details=true"):
            found = user.names(f"/hosts?ip_address=::ffff:a00:1&{query}")
            self.assertEqual([host["name"]], found)

    def test_a_text_that_is_no_address_finds_what_was_stored(self):
        user = self.member()
        for name in WITH_ADDRESS:
            made = user.make(name)
            self.store_text(name, made["id"], ip_address="rack 4")
            for text, wanted in (("rack 4", [made["name"]]), ("Rack 4", []), ("", [])):
                with self.about(f"{name} {text!r}"):
                    found = user.get(f"/{name}?ip_address={text.replace(' ', '%20')}")
                    self.assertAnswer(found, 200)
                    key = name.replace("-", "_")
                    self.assertEqual(wanted, [one["name"] for one in found.json[key]])

    def store_text(self, name: str, item_id: int, **values: str) -> None:
        """Store values as an earlier version did, without a check."""
        collection = "devices" if name in ("hosts", "network-devices") else name
        table = self.store.tables.metadata.tables[collection.replace("-", "_")]
        with databases.writing(self.store) as connection:
            connection.execute(sa.update(table).where(table.c.id == item_id).values(values))

    def test_what_was_stored_by_earlier_versions_can_be_read_and_corrected(self):
        for name, stored in {
            "hosts": {"ip_address": "010.0.0.1"},
            "network-devices": {"ip_address": "word"},
            "networks": {"cidr": "c", "gateway": "", "netmask": "m"},
        }.items():
            user = self.member()
            path = f"/{name}/{user.make(name)['id']}"
            self.store_text(name, int(path.rpartition("/")[2]), **stored)
            with self.about(name):
                shown, listed = user.get(path).json, user.items(f"/{name}?details=true")
                self.assertEqual(stored, {key: shown[key] for key in stored})
                self.assertEqual(stored, {key: listed[0][key] for key in stored})
                self.assertAnswer(user.put(path, {"name": "changed"}), 200)
                self.assertAnswer(user.put(f"{path}/variables", {"a": 1}), 200)
                good = LAN if name == "networks" else {"ip_address": "10.0.0.1"}
                for field in stored:  # one after the other
                    self.assertAnswer(user.put(path, {field: good[field]}), 200)
                found = user.get(path).json
                self.assertEqual(good, {key: found[key] for key in good})


class TestNetworks(base.ServerTestCase):
    """The range, the gateway and the netmask of a network fit together."""

    GATEWAY = "gateway: '10.0.1.1' is not in the cidr '10.0.0.0/24'"

    def test_a_new_network(self):
        mask = "netmask: '255.255.0.0' is not the netmask of the cidr '10.0.0.0/24', which is"
        for change, problems in (
            ({"gateway": "10.0.1.1"}, [self.GATEWAY]),
            ({"netmask": "255.255.0.0"}, [f"{mask} 255.255.255.0"]),
            (
                {"netmask": "255.255.0.0", "gateway": "10.0.1.1"},
                [self.GATEWAY, f"{mask} 255.255.255.0"],
            ),
            (
                {"cidr": "10.0.0.9/24", "gateway": "x"},
                [
                    "cidr: '10.0.0.9/24' is not an address range such as 10.0.0.0/24; did you "
                    "mean 10.0.0.0/24?",
                    "gateway: 'x' is not an IPv4 or IPv6 address",
                ],
            ),
        ):
            body = self.root.needed("networks", {**LAN, **change})
            with self.about(str(change)):
                self.assertInvalid(self.root.post("/networks", body), *problems)
                self.assertEqual([], self.root.items(f"/networks?name={body['name']}"))

    def test_a_change_is_checked_against_what_is_stored(self):
        path = f"/networks/{self.root.make('networks', **LAN)['id']}"
        self.assertInvalid(self.root.put(path, {"gateway": "10.0.1.1"}), self.GATEWAY)
        self.assertInvalid(
            self.root.put(path, {"cidr": "10.0.0.0/25"}),
            "netmask: '255.255.255.0' is not the netmask of the cidr '10.0.0.0/25', which is "
            "255.255.255.128",
        )
        self.assertAnswer(self.root.put(path, {"netmask": "255.255.0.0"}), 400)
        found = self.root.get(path).json
        self.assertEqual((LAN, None), ({key: found[key] for key in LAN}, found["updated_at"]))
        new = {"cidr": "2001:DB8::/64", "gateway": "2001:DB8::1", "netmask": "64"}
        for change in ({"gateway": "10.0.0.254"}, {"netmask": "24"}, new):
            self.assertAnswer(self.root.put(path, change), 200)
        found = self.root.get(path).json
        self.assertEqual(("2001:db8::/64", "2001:db8::1"), (found["cidr"], found["gateway"]))

    def test_values_are_echoed_as_sent_and_canonical_later(self):
        sent = {"cidr": "2001:DB8::/32", "gateway": "2001:DB8:0::1", "netmask": "FFFF:FFFF::"}
        made = self.root.make("networks", **sent)
        self.assertEqual(sent, {key: made[key] for key in sent})
        found = self.root.get(f"/networks/{made['id']}").json
        self.assertEqual(
            {"cidr": "2001:db8::/32", "gateway": "2001:db8::1", "netmask": "ffff:ffff::"},
            {key: found[key] for key in sent},
        )

    def test_a_change_of_something_else_needs_no_valid_network(self):
        made = self.root.make("networks", **LAN)
        table = self.store.tables.metadata.tables["networks"]
        wrong = sa.update(table).where(table.c.id == made["id"]).values(gateway="10.0.1.1")
        with databases.writing(self.store) as connection:
            connection.execute(wrong)
        path = f"/networks/{made['id']}"
        for change in ({"nss": "x"}, {"gateway": "10.0.1.1"}, {"netmask": "24"}):
            self.assertAnswer(self.root.put(path, change), 200)
        self.assertAnswer(self.root.put(path, {"gateway": "10.0.1.2"}), 400)
        self.assertAnswer(self.root.put(path, {"gateway": "10.0.0.2"}), 200)

    def test_the_document_has_the_formats(self):
        schemas = self.root.get("/openapi.json").json["components"]["schemas"]
        for name in ("NetworkCreate", "NetworkUpdate"):
            properties = schemas[name]["properties"]
            self.assertEqual("cidr", properties["cidr"]["format"])
            self.assertEqual("netmask", properties["netmask"]["format"])
            formats = [one["format"] for one in properties["gateway"]["anyOf"]]
            self.assertEqual(["ipv4", "ipv6"], formats)


class TestPlans(base.ServerTestCase):
    """A list that is filtered by an address reads few rows, however many there are."""

    def setUp(self):
        super().setUp()
        self.user = self.member()
        self.host = self.user.make("hosts", ip_address="10.0.0.1")
        self.interface = self.user.make("network-interfaces", device_id=self.host["id"])
        if databases.SERVER:  # PostgreSQL knows the number of rows
            self.fill()

    def fill(self) -> None:
        """Copy the host and the interface with other addresses."""
        tables = self.store.tables.metadata.tables
        for name, item_id in (
            ("devices", self.host["id"]),
            ("network_interfaces", self.interface["id"]),
        ):
            columns = [c.name for c in tables[name].c if c.name not in ("id", "name")]
            values = ["'2001:db8::' || n" if c == "ip_address" else c for c in columns]
            with databases.writing(self.store) as connection:
                connection.exec_driver_sql(
                    f"INSERT INTO {name} (name, {', '.join(columns)}) "  # noqa: S608
                    f"SELECT 'copy' || n, {', '.join(values)} "
                    f"FROM {name}, generate_series(1, 9999) n WHERE {name}.id = {item_id}"
                )
                connection.exec_driver_sql(f"ANALYZE {name}")

    def plan(self, caller: base.Caller, path: str) -> str:
        """Return the plan of the statement that reads a page."""
        seen: list[tuple[str, t.Any]] = []

        def note(*args: t.Any) -> None:
            seen.append((args[2], args[3]))

        sa.event.listen(self.store.engine, "before_cursor_execute", note)
        try:
            self.assertAnswer(caller.get(path), 200)
        finally:
            sa.event.remove(self.store.engine, "before_cursor_execute", note)
        statement, values = next(one for one in seen if "ORDER BY" in one[0])
        command = "EXPLAIN" if databases.SERVER else "EXPLAIN QUERY PLAN"
        return "\n".join(map(str, self.explain(command, statement, values)))

    def test_the_index_of_the_address_is_used(self):
        for name, made in (("hosts", self.host), ("network-interfaces", self.interface)):
            table = "devices" if name == "hosts" else "network_interfaces"
            for caller, index in (
                # PostgreSQL knows that few rows of all projects have the address.
                (self.user, f"ix_{table}_(project_id_ip_address_id|ip_address)"),
                (self.root, f"ix_{table}_ip_address"),
            ):
                scans = re.compile(rf"(?:SEARCH {table} USING INDEX|using|on) {index}")
                for query in ("", f"&marker={made['id']}", "&sort_dir=desc", "&sort_keys=name"):
                    with self.about(f"{name} {query}"):
                        plan = self.plan(caller, f"/{name}?ip_address=10.0.0.1{query}")
                        self.assertRegex(plan, scans)
                        self.assertNotRegex(plan, "(?:SCAN|Seq Scan on) (?:devices|network_i)")


class TestOtherKinds(toys.ToyTestCase):
    """A kind of another package declares formats."""

    manager_class = toys.SegmentManager

    def setUp(self):
        super().setUp()
        self.made = self.toys.create(
            name="s1",
            area="10.0.0.0/255.255.255.0",
            mask="24",
            router="::ffff:10.0.0.1",
            servers=["10.0.0.9", "::ffff:10.0.0.9", "2001:DB8::9"],
        )
        self.toys.create(name="s2", area="10.0.0.0/25")

    def names(self, **filters: t.Any) -> list[str]:
        """Return the names of the segments that match filters."""
        return [one.name for one in self.toys.list(**filters)]

    def test_filters_compare_values(self):
        for field, spellings in {
            "area": ["10.0.0.0/24", "10.0.0.0/255.255.255.0", "::ffff:10.0.0.0/120"],
            "mask": ["24", "/24", "255.255.255.0"],
            "router": [*SAME[0]],
            "via": [*SAME[0]],
            "server": ["10.0.0.9", "::FFFF:a00:9", "2001:db8:0::9"],
        }.items():
            for text in spellings:
                self.assertEqual(["s1"], self.names(**{field: text}), f"{field}={text}")
            self.assertEqual([], self.names(**{field: "10.0.0.99"}), field)

    def test_values_are_canonical(self):
        found = self.toys.get(self.made.id)
        self.assertEqual(
            ("10.0.0.0/24", "24", "::ffff:a00:1"), (found.area, found.mask, found.router)
        )
        self.assertEqual(["10.0.0.9", "2001:db8::9"], self.made.servers.get())

    def test_a_list_has_an_address_once(self):
        servers = self.made.servers
        self.assertEqual(
            ["10.0.0.9", "2001:db8::9", "2001:db8::a"],
            servers.add("::ffff:10.0.0.9", "2001:DB8::A", "2001:db8:0::a"),
        )
        servers.remove("::ffff:a00:9", "2001:DB8::9", "word")
        self.assertEqual(["2001:db8::a"], servers.get())
        error = self.assertRaises(exceptions.BadRequest, servers.add, "10.0.0.256")
        self.assertIn("servers: '10.0.0.256' is not an IPv4 or IPv6 address", str(error))

    def test_an_address_is_unique_in_every_spelling(self):
        for router in SAME[0]:
            for refused in (
                lambda: self.toys.create(name="s3", area="10.0.0.0/8", router=router),  # noqa: B023
                lambda: self.toys.update(2, area="10.0.0.0/24", router=router),  # noqa: B023
            ):
                error = self.assertRaises(exceptions.Conflict, refused)
                self.assertIn("A segment with the given name already exists", str(error))
        self.assertEqual(["s1", "s2"], self.names())
        same = self.toys.update(self.made.id, router="10.0.0.1")
        self.assertEqual("10.0.0.1", same.router)

    def test_values_are_checked_together(self):
        update = self.toys.update
        for values in ({"router": "10.0.1.1"}, {"mask": "25"}, {"area": "10.0.0.0/25"}):
            self.assertRaises(exceptions.BadRequest, update, self.made.id, **values)
        update(self.made.id, area="10.0.1.0/24", router="10.0.1.1")

    def test_filters_have_indexes(self):
        table = self.store.tables.metadata.tables["segments"]
        found = {index.name for index in table.indexes}
        self.assertLessEqual({f"ix_segments_{n}" for n in ("area", "mask", "router")}, found)
