# SPDX-License-Identifier: Apache-2.0
"""Variables of objects: values inside them, own and inherited ones, and values given back."""

from __future__ import annotations

import typing as t
from unittest import mock

from cratonclient import crud, exceptions, paths
from cratonclient.fields import Sub
from cratonclient.tests import base, toys
from cratonclient.tests.integration.client import test_conditions
from cratonclient.v1 import shared
from cratonclient.v1.variables import VariableManager


class Tent(crud.Resource):
    """A tent, whose part with JSON values is not called variables."""

    name = shared.name("project")
    power_settings = Sub(VariableManager, dict, "settings of its power supply")
    project_id = shared.PROJECT


class Cabin(crud.Resource):
    """A cabin, which inherits the variables of its project."""

    name = shared.name("project")
    variables = shared.variables("in addition to the inherited ones")
    power_settings = Sub(VariableManager, dict, "settings of its power supply")
    project_id = shared.PROJECT

    inherits = ("project_id",)


TentManager = toys.manager_of(Tent)
CabinManager = toys.manager_of(Cabin)


class Writes:
    """The requests of a session that change something.

    :param session: the session.
    :param fail: HTTP method of the requests that fail.
    """

    def __init__(self, session: t.Any, fail: str = "") -> None:
        self.sent: list[tuple[str, t.Any]] = []
        self.read = 0
        request = session.request

        def record(method: str, url: str, **kwargs: t.Any) -> t.Any:
            self.read += method == "GET"
            if method != "GET":
                self.sent.append((method, kwargs["json"]))
            if method == fail:
                raise exceptions.ServiceUnavailable
            return request(method, url, **kwargs)

        session.request = record


class TestOwner(base.FleetTestCase):
    """A host that inherits from its region, and a cloud that inherits nothing."""

    def setUp(self):
        super().setUp()
        self.region = self.make_region(variables={"os": {"name": "debian"}, "ntp": "n1"})
        self.host = self.make_host(region_id=self.region.id, variables={"rack": "r1"})
        self.cloud = self.make_cloud(variables={"rack": "r1"})

    def recorded(self, owner: t.Any, fail: str = "") -> Writes:
        session = owner.variables.session
        patch = mock.patch.object(session, "request", session.request)
        patch.start()
        self.addCleanup(patch.stop)
        return Writes(session, fail)

    def test_own_and_resolved(self):
        inherited = {"os": {"name": "debian"}, "ntp": "n1"}
        cell = self.make_cell(region_id=self.region.id, variables={"a": 1})
        device = self.craton.network_devices.create(
            name="s1",
            device_type="switch",
            ip_address="10.0.0.9",
            cloud_id=self.region.cloud_id,
            region_id=self.region.id,
            variables={"b": 2},
        )
        project = self.craton.projects.create(name="p", variables={"c": 3})
        for owner, own, resolved in (
            (self.host, {"rack": "r1"}, {"rack": "r1", **inherited}),
            (cell, {"a": 1}, {"a": 1, **inherited}),
            (device, {"b": 2}, {"b": 2, **inherited}),
            (self.region, inherited, inherited),
            (self.cloud, {"rack": "r1"}, {"rack": "r1"}),
            (project, {"c": 3}, {"c": 3}),
        ):
            for fetched in (owner, owner.manager.get(owner.id)):
                self.assertEqual(own, fetched.variables.own())
                self.assertEqual(resolved, fetched.variables.resolved())
                self.assertIs(dict, type(fetched.variables.own()))

    def test_of_objects_in_lists_and_inventories(self):
        inventory = self.craton.inventory(self.region.id)
        for manager in (self.craton.hosts, inventory.hosts):
            [found] = manager.list(name=self.host.name)
            self.assertEqual({"rack": "r1"}, found.variables.own())
            self.assertEqual("n1", found.variables.resolved()["ntp"])
            found.variables.set("a.b", 1)
            self.assertIs(True, found.variables.unset("a"))

    def test_set(self):
        writes = self.recorded(self.cloud)
        for path, value, name, whole in (
            ("slot", 4, "slot", 4),
            ("hw.bios.version", 1, "hw", {"bios": {"version": 1}}),
            ("hw.bios.vendor", None, "hw", {"bios": {"version": 1, "vendor": None}}),
            ("nics[0].mac", "52:54", "nics", [{"mac": "52:54"}]),
            ("nics[-1].up", True, "nics", [{"mac": "52:54", "up": True}]),
            ("nics[1]", [], "nics", [{"mac": "52:54", "up": True}, []]),
            ('"a.b"."c d"', {}, "a.b", {"c d": {}}),
            ("slot", {"x": (1, 2)}, "slot", {"x": [1, 2]}),
        ):
            after = self.cloud.variables.set(path, value)

            self.assertEqual(whole, after[name].value)
            self.assertEqual(whole, self.cloud.variables.own()[name])
            self.assertEqual([name], list(writes.sent[-1][1]))
        self.assertEqual("r1", self.cloud.variables.own()["rack"])

    def test_set_hostile_names(self):
        wanted: dict[str, t.Any] = {"rack": "r1", "inside": {}}
        for number, name in enumerate(test_conditions.NAMES):
            self.cloud.variables.set(paths.write((name,)), number)
            self.cloud.variables.set(paths.write(("inside", name)), [number])
            wanted[name] = number
            wanted["inside"][name] = [number]
        self.assertEqual(wanted, self.cloud.variables.own())
        self.cloud.variables.unset(*(paths.write((n,)) for n in test_conditions.NAMES))
        self.assertEqual({"inside": wanted["inside"]}, self.cloud.variables.own())

    def test_set_inside_an_inherited_variable(self):
        self.host.variables.set("os.version", 13)

        self.assertEqual(
            {"rack": "r1", "os": {"name": "debian", "version": 13}},
            self.host.variables.own(),
        )
        self.assertEqual({"name": "debian"}, self.region.variables.own()["os"])

    def test_set_refuses_what_it_cannot_reach(self):
        self.host.variables.update(nics=[1], gone=None)
        writes = self.recorded(self.host)
        for path, reason in (
            ("rack.unit", "rack is not an object"),
            ("rack[0]", "rack is not a list"),
            ("nics.a", "nics is not an object"),
            ("nics[5]", "out of range"),
            ("os.name.x", "os.name is not an object"),
            ("a..b", "path"),
            ("", "path"),
            ("nics[*]", "*"),
            ("os.*", "*"),
            (("os", "name"), "path"),
            (None, "path"),
        ):
            given: t.Any = path
            error = self.assertRaises(paths.PathError, self.host.variables.set, given, 1)
            self.assertIn(reason, str(error))
        for value in (float("nan"), {1}, object()):
            given = value
            self.assertRaises(
                exceptions.CommandError, self.host.variables.set, "os.version", given
            )
        self.assertEqual([], writes.sent)
        self.host.variables.set("gone.x", 1)
        self.assertEqual({"x": 1}, self.host.variables.own()["gone"])

    def test_unset(self):
        self.cloud.variables.update(hw={"cores": 8, "ram": 64}, nics=[1, 2, 3], slot=4)
        writes = self.recorded(self.cloud)

        done = self.cloud.variables.unset("hw.ram", "nics[0]", "nics[-1]", "slot")

        self.assertIs(True, done)
        self.assertEqual(
            {"rack": "r1", "hw": {"cores": 8}, "nics": [2]}, self.cloud.variables.own()
        )
        self.assertEqual(
            [("PUT", {"hw": {"cores": 8}, "nics": [2]}), ("DELETE", ["slot"])], writes.sent
        )

    def test_unset_what_does_not_exist(self):
        writes = self.recorded(self.host)
        for path, reason in (
            ("nope", "no variable 'nope'; nothing was changed."),
            ("rack.unit", "no variable 'rack.unit'"),
            ("rack[0]", "no variable 'rack[0]'"),
            ("os.name", "It is inherited: unset it on the object that sets it."),
            ("ntp", "It is inherited"),
        ):
            error = self.assertRaises(
                exceptions.NotFound, self.host.variables.unset, "rack", path
            )
            self.assertIn(reason, str(error))
        self.assertRaises(paths.PathError, self.host.variables.unset, "nics[*]")
        self.assertEqual([], writes.sent)

    def test_merge(self):
        self.cloud.variables.update(
            hw={"cores": 8, "bios": {"version": 1, "vendor": "x"}}, nics=[1, 2], flat=1
        )
        writes = self.recorded(self.cloud)

        after = self.cloud.variables.merge(
            {
                "hw": {"bios": {"version": 2}, "ram": 64, "cores": None},
                "nics": [3],
                "flat": {"now": {}},
                "new": {"a.b": 1},
            }
        )

        wanted = {
            "rack": "r1",
            "hw": {"cores": None, "ram": 64, "bios": {"version": 2, "vendor": "x"}},
            "nics": [3],
            "flat": {"now": {}},
            "new": {"a.b": 1},
        }
        self.assertEqual(wanted, after.to_dict())
        self.assertEqual(wanted, self.cloud.variables.own())
        self.assertEqual(["PUT"], [method for method, _ in writes.sent])

    def test_merge_into_an_inherited_variable(self):
        self.host.variables.merge({"os": {"version": 13}})

        self.assertEqual({"name": "debian", "version": 13}, self.host.variables.own()["os"])

    def test_replace(self):
        self.host.variables.update(same={"a": [1, 2]}, flag=True, number=1, old=1)
        wanted: dict[str, t.Any] = {
            "same": {"a": [1, 2]},
            "flag": 1,
            "number": 1.0,
            "new": None,
        }
        writes = self.recorded(self.host)

        after = self.host.variables.replace(wanted)

        self.assertEqual(wanted, after.to_dict())
        self.assertEqual(repr(wanted), repr(after.to_dict()))
        found = self.host.variables.own()
        self.assertEqual(wanted, found)
        self.assertIs(int, type(found["flag"]))  # 1 is not true, although Python says so
        self.assertEqual(
            [("PUT", {"flag": 1, "number": 1.0, "new": None}), ("DELETE", ["old", "rack"])],
            writes.sent,
        )
        self.assertEqual("n1", self.host.variables.resolved()["ntp"])

    def test_replace_sends_only_differences(self):
        writes = self.recorded(self.host)

        self.host.variables.replace({"rack": "r1"})
        self.assertEqual([], writes.sent)
        self.host.variables.replace({})

        self.assertEqual([("DELETE", ["rack"])], writes.sent)
        self.assertEqual({}, self.host.variables.own())

    def test_a_replacement_that_fails_loses_nothing(self):
        for method in ("PUT", "DELETE"):
            self.recorded(self.host, fail=method)
            self.assertRaises(
                exceptions.ServiceUnavailable, self.host.variables.replace, {"new": 1}
            )
            mock.patch.stopall()
            self.assertEqual("r1", self.host.variables.own()["rack"])
        self.assertEqual({"rack": "r1", "new": 1}, self.host.variables.own())

    def test_names_of_a_mapping_are_no_paths(self):
        for change in (self.cloud.variables.merge, self.cloud.variables.replace):
            change({"a.b": 1, "c[0]": {"d.e": 1}})
            found = self.cloud.variables.own()
            self.assertEqual((1, {"d.e": 1}), (found["a.b"], found["c[0]"]))

    def test_what_is_no_mapping(self):
        for change in (
            self.cloud.variables.merge,
            self.cloud.variables.replace,
            self.cloud.variables.update,
        ):
            for value in ([1], "rack", 5, [("a", 1)]):
                given: t.Any = value
                error = self.assertRaises(exceptions.CommandError, change, given)
                self.assertIn("is not a mapping", str(error))
        self.assertEqual({"rack": "r1"}, self.cloud.variables.own())


class TestGivenBack(base.FleetTestCase):
    """Values that get() returned are accepted wherever plain values are."""

    def setUp(self):
        super().setUp()
        self.values = {"a.b": {"c": [1, None]}, "rack": "r1", "ip": "10.0.0.77"}
        self.host = self.make_host(variables=self.values)
        self.found = self.host.variables.get()
        self.other = self.make_host(region_id=self.host.region_id)

    def test_to_update(self):
        self.assertEqual(self.values, self.other.variables.update(self.found))
        self.assertEqual(self.values, self.other.variables.own())

    def test_to_update_with_other_values(self):
        one = self.found["a.b"]
        self.other.variables.update({"x": [one, {"y": one}], "z": self.found}, w=one)

        plain = self.values["a.b"]
        self.assertEqual(
            {"x": [plain, {"y": plain}], "z": self.values, "w": plain},
            self.other.variables.own(),
        )

    def test_to_create(self):
        made = self.make_host(region_id=self.host.region_id, variables=self.found)
        self.assertEqual(self.values, made.variables.own())
        parts: t.Any = {"one": self.found["rack"], "all": (self.found,)}
        made = self.make_host(region_id=self.host.region_id, variables=parts)
        self.assertEqual({"one": "r1", "all": [self.values]}, made.variables.own())
        self.assertIs(self.found, parts["all"][0])

    def test_to_the_other_methods(self):
        change = self.other.variables
        change.set("x.y", self.found["rack"])
        change.merge({"x": {"z": self.found}})
        self.assertEqual({"x": {"y": "r1", "z": self.values}}, change.own())
        self.assertEqual(self.values, change.replace(self.found).to_dict())
        self.assertEqual(self.values, change.own())
        self.assertEqual(self.values, change.merge(self.found).to_dict())

    def test_to_fields_and_filters(self):
        made = self.make_host(region_id=self.host.region_id, ip_address=self.found["ip"])
        self.assertEqual("10.0.0.77", made.ip_address)
        hosts: t.Any = self.craton.hosts
        found = hosts.list(ip_address=self.found["ip"])
        self.assertEqual([made.id], [one.id for one in found])
        changed = hosts.update(made.id, note=self.found["rack"])
        self.assertEqual("r1", changed.note)

    def test_to_conditions(self):
        # These are names, not paths: "a.b" needs no quotes.
        found = [one.id for one in self.craton.hosts.list(vars=self.found)]
        self.assertEqual([self.host.id], found)
        found = [one.id for one in self.craton.hosts.list(vars={"rack": self.found["rack"]})]
        self.assertEqual([self.host.id], found)

    def test_variables_name_what_to_delete(self):
        self.assertIs(True, self.host.variables.delete(*self.found.values()))
        self.assertEqual({}, self.host.variables.own())


class TestToy(toys.ToyTestCase):
    """A part that has another name."""

    manager_class = TentManager

    def test_every_method(self):
        tent = self.toys.create(name="t1", power_settings={"volts": 230})
        part = tent.power_settings

        self.assertEqual({"volts": 230}, part.own())
        self.assertEqual({"volts": 230}, part.resolved())
        part.set("plug.kind", "C13")
        part.merge({"plug": {"count": 2}})
        self.assertEqual({"volts": 230, "plug": {"kind": "C13", "count": 2}}, part.own())
        self.assertIs(True, part.unset("plug.kind", "volts"))
        self.assertEqual({"plug": {"count": 2}}, part.own())
        self.assertEqual({"a": 1}, part.replace({"a": 1}).to_dict())
        self.assertEqual({"a": 1}, part.get().to_dict())
        other = self.toys.create(name="t2", power_settings=part.get())
        self.assertEqual({"a": 1}, other.power_settings.own())
        error = self.assertRaises(TypeError, lambda: part["a"])
        self.assertIn("power_settings", str(error))


class TestToyThatInherits(toys.ToyTestCase):
    """A kind that inherits variables, and has a part with another name."""

    manager_class = CabinManager

    def test_own_and_resolved(self):
        cabin = self.toys.create(name="c1", variables={"a": 1}, power_settings={"b": 1})
        project = self.craton.projects.get(cabin.project_id)
        project.variables.update(os={"name": "debian"})

        self.assertEqual({"a": 1}, cabin.variables.own())
        self.assertEqual({"a": 1, "os": {"name": "debian"}}, cabin.variables.resolved())
        cabin.variables.set("os.version", 13)
        self.assertEqual({"name": "debian", "version": 13}, cabin.variables.own()["os"])
        self.assertEqual({"b": 1}, cabin.power_settings.own())
        self.assertEqual({"b": 1}, cabin.power_settings.resolved())
