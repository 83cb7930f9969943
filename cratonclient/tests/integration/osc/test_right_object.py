# SPDX-License-Identifier: Apache-2.0
"""Commands never change another object than the one that was typed."""

from __future__ import annotations

import typing as t
from unittest import mock

from cratonclient import exceptions, session, v1
from cratonclient.fields import Ref
from cratonclient.kinds import Kind
from cratonclient.tests.integration.osc import programs
from cratonclient_osc import commands
from cratonclient_osc.verbs import field_options, places

#: Arguments after the object, for the verbs that need more than an object.
ARGUMENTS = {
    "set": ["--name", "changed"],
    "variable set": ["rack=r9"],
    "variable unset": ["rack"],
    "unset": [],
}


class RightObjectTestCase(programs.SharedFleetTestCase):
    """Tests on a fleet in which every kind has an object named as the id of another one."""

    @classmethod
    def fill(cls, fleet: t.Any) -> None:
        """Fill the fleet; rename the last object of each kind to the id of the first."""
        programs.fill(fleet)
        there = {"cloud_id": 1, "region_id": 1}
        fleet.networks.create(
            name="san", cidr="10.1.0.0/16", gateway="10.1.0.1", netmask="255.255.0.0", **there
        )
        fleet.network_devices.create(
            name="sw2", ip_address="10.0.2.2", device_type="switch", **there
        )
        fleet.webhooks.create(name="second", url="https://cmdb.example.com/second")
        for kind in cls.kinds():
            manager = getattr(fleet, kind.collection)
            first, *_, last = manager.list()
            manager.update(last.id, name=str(first.id))

    @staticmethod
    def kinds() -> list[Kind]:
        """Return the kinds with numeric ids whose names can be changed."""
        return [
            kind
            for kind in v1.kinds()
            if kind.can("update") and kind.fields["id"].type is int and "name" in kind.fields
            if "name" in kind.resource_class.filters
        ]

    def number(self, kind: Kind) -> str:
        """Return the number that is the id of one object and the name of another."""
        with programs.opened(self.database) as fleet:
            return str(next(iter(getattr(fleet, kind.collection).list())).id)

    def everything(self) -> list[t.Any]:
        """Return all objects of the fleet with their variables."""
        with programs.opened(self.database) as fleet:
            return [
                found.to_dict()
                for kind in self.kinds()
                for found in getattr(fleet, kind.collection).list(
                    **({"details": True} if "variables" in kind.parts else {})
                )
            ]

    def lines(self, kind: Kind) -> t.Iterator[tuple[list[str], list[str]]]:
        """Yield the words before and after an object, for all verbs that take an object."""
        for verb in commands.VERBS:
            words = [*kind.noun.split(), *verb.split()]
            if verb in ("list", "create") or commands.find(words) is None:
                continue
            after = ARGUMENTS.get(verb, [])
            if verb == "unset":
                known = kind.fields.items()
                cleared = next(n for n, f in known if f.clear or n in kind.parts)
                after = [field_options.flag(cleared, kind.fields[cleared])]
                after += ["rack"] if cleared in kind.parts else []
            yield words, after


class TestNumbers(RightObjectTestCase):
    """A number that is the id of one object and the name of another is refused."""

    def test_every_verb_of_every_kind(self):
        before = self.everything()
        for kind in self.kinds():
            number = self.number(kind)
            for words, after in self.lines(kind):
                with self.subTest(" ".join(words)):
                    refused = self.enter(*words, number, *after)
                    self.assert_refused(refused, 5, f"id:{number}", f"name:{number}")
        self.assertEqual(before, self.everything())

    def test_every_reference_of_every_kind(self):
        before = self.everything()
        for kind in self.kinds():
            filters = {n: kind.fields[n] for n in kind.resource_class.filters}
            for verb, fields in (("list", filters), ("show", places.scopes(kind))):
                for name, field in fields.items():
                    if not isinstance(field, Ref) or field.type is str:
                        continue
                    target = "hosts" if field.target == "devices" else field.target
                    number = self.number(v1.kind(target))
                    words = [*kind.noun.split(), verb, field_options.flag(name, field), number]
                    with self.subTest(" ".join(words)):
                        refused = self.enter(*words, *(["x"] if verb == "show" else []))
                        self.assert_refused(refused, 5, f"id:{number}", f"name:{number}")
        self.assertEqual(before, self.everything())

    def test_the_2017_spelling(self):
        before = self.everything()
        for noun in ("cloud", "region", "cell", "host"):
            number = self.number(v1.kind(f"{noun}s"))
            for line in ("show", "delete", "update --note x", "vars-get", "vars-set a=1"):
                verb, *after = line.split()
                refused = self.enter(f"{noun}-{verb}", number, *after)
                self.assert_refused(refused, 5, f"id:{number}", f"name:{number}")
        self.assertEqual(before, self.everything())

    def test_both_readings_can_be_said(self):
        for kind in self.kinds():
            number = self.number(kind)
            words = [*kind.noun.split(), "show", "-f", "json"]
            by_id = self.assert_done(self.enter(*words, f"id:{number}")).json
            by_name = self.assert_done(self.enter(*words, f"name:{number}")).json
            self.assertEqual(int(number), by_id["id"], kind.noun)
            self.assertEqual(number, by_name["name"], kind.noun)


class TestSpellings(RightObjectTestCase):
    """Other spellings of an id are names, which no object has."""

    def test_every_verb_of_every_kind(self):
        before = self.everything()
        for kind in self.kinds():
            for words, after in self.lines(kind):
                number = self.number(kind)
                for other in (
                    f"000{number}",
                    f"+{number}",
                    f" {number}",
                    f"{number} ",
                    "\u0661",
                ):
                    with self.subTest(" ".join([*words, other])):
                        refused = self.enter(*words, other, *after)
                        self.assert_refused(refused, 5, repr(other))
        self.assertEqual(before, self.everything())

    def test_filters(self):
        for words in (
            ("host", "list", "--id", "0001"),
            ("host", "list", "--id", "1_0"),
            ("network", "interface", "create", "--vlan-id", "007", "eth9"),
        ):
            refused = self.enter(*words)
            self.assertEqual((2, ""), (refused.status, refused.out))
            self.assertIn("is not a whole number", refused.err)


class TestPlaces(programs.SharedFleetTestCase):
    """A reference is looked up in the place that the other options give."""

    @classmethod
    def fill(cls, fleet: t.Any) -> None:
        """Fill the fleet."""
        programs.fill(fleet)

    def test_a_cell_of_another_region(self):
        west_cell = "2"
        for cell in (west_cell, f"id:{west_cell}", "c2", "name:c2"):
            for words in (
                ("host", "create", "--device-type", "server", "--ip-address", "10.0.0.9", "x"),
                ("host", "list"),
                ("network", "list"),
            ):
                place = ("--cloud", "prod", "--region", "east", "--cell", cell)
                refused = self.enter(*words[:2], *place, *words[2:])
                self.assert_refused(refused, 5, "No cell", "in cloud prod in region east")

    def test_a_region_of_another_cloud(self):
        for region in ("2", "id:2", "west"):
            refused = self.enter("cell", "create", "--cloud", "prod", "--region", region, "x")
            self.assert_refused(refused, 5, "No region", "in cloud prod")

    def test_an_id_that_no_place_has(self):
        for words in (
            ("host", "list", "--region"),
            ("host", "list", "--cloud"),
            ("cell", "list", "--cloud"),
            ("network", "list", "--cell"),
            ("network", "interface", "list", "--device"),
            ("device", "list", "--parent"),
            ("host-list", "--region"),
        ):
            for place in ("77", "id:77"):
                for form in ("table", "json") if "-" not in words[0] else ():
                    refused = self.enter(*words, place, "-f", form)
                    self.assert_refused(refused, 5, "No ", "'77'")
                self.assert_refused(self.enter(*words, place), 5, "No ", "'77'")

    def test_places_are_named_as_they_were_typed(self):
        for cloud, region in (("prod", "east"), ("1", "id:1"), ("name:prod", "1")):
            place = ("--cloud", cloud, "--region", region)
            said = f"'nobody' in cloud {cloud} in region {region}."
            for words in (
                ("host", "show", "nobody", *place),
                ("host", "set", "nobody", *place, "--note", "x"),
                ("host", "delete", "nobody", *place),
                ("host", "variable", "list", "nobody", *place),
                ("network", "list", "--cell", "nobody", *place),
                ("host-list", "--cell", "nobody", *place),
            ):
                self.assert_refused(self.enter(*words), 5, said)


class TestInterfaces(programs.SharedFleetTestCase):
    """The API cannot look up network interfaces by name alone."""

    @classmethod
    def fill(cls, fleet: t.Any) -> None:
        """Fill the fleet."""
        programs.fill(fleet)

    def test_an_id_that_does_not_exist(self):
        for verb in ("show", "delete"):
            refused = self.enter("network", "interface", verb, "99")
            self.assert_refused(refused, 5, "No network interface has the id '99'", "--device")
        refused = self.enter("network", "interface", "set", "99", "--name", "x")
        self.assert_refused(refused, 5, "No network interface has the id '99'")

    def test_a_name_needs_the_device(self):
        refused = self.enter("network", "interface", "show", "eth0")
        self.assert_refused(refused, 2, "by name alone", "--device")


class TestNamesThatAreNotUnique(programs.SharedFleetTestCase):
    """An original server responds with 500 to a filter for a name that is not unique."""

    @classmethod
    def fill(cls, fleet: t.Any) -> None:
        """Create regions of the same name in two clouds."""
        for cloud in ("prod", "test"):
            made = fleet.clouds.create(name=cloud)
            fleet.regions.create(name="east", cloud_id=made.id)
            fleet.regions.create(name="west", cloud_id=made.id)

    def enter_on_original(self, *words: str) -> programs.Result:
        """Run ``craton`` on a server that fails as the original one does."""
        paginate = session.Session.paginate

        def fail(asked: t.Any, url: str, items_key: str, **options: t.Any) -> t.Any:
            if items_key == "regions" and "name" in options["params"]:
                raise exceptions.InternalServerError
            return paginate(asked, url, items_key, **options)

        with mock.patch.object(session.Session, "paginate", fail):
            return self.enter(*words)

    def test_lookup(self):
        for cloud, wanted in (("prod", "1"), ("test", "3")):
            words = ("region", "show", "--cloud", cloud, "east", "-f", "value", "-c", "id")
            self.assertEqual((0, f"{wanted}\n", ""), self.enter_on_original(*words))
        refused = self.enter_on_original("region", "show", "east")
        self.assert_refused(
            refused, 5, "more than one region", "1 (cloud_id 1)", "3 (cloud_id 2)"
        )

    def test_list(self):
        for options, wanted in (([], "1\n3\n"), (["--cloud", "test"], "3\n")):
            words = ("region", "list", "--name", "east", *options, "-f", "value", "-c", "id")
            self.assertEqual((0, wanted, ""), self.enter_on_original(*words))
