# SPDX-License-Identifier: Apache-2.0
"""The keywords of managers: names and values that are refused, and objects as ids."""

from __future__ import annotations

import typing as t
from unittest import mock

from cratonclient import crud, exceptions, keywords, v1
from cratonclient.fields import Ref
from cratonclient.tests import base, toys
from cratonclient.tests.unit.client import fakes
from cratonclient.v1 import client, clouds, hosts, network_devices, regions

#: The options of lists that need variables.
ABOUT_VARIABLES = {"details", "resolved_values", "resolved-values"}
UUID = "b9f10eca-66ac-4c27-9c13-9d01e65f96b4"


class KeywordsTestCase(base.TestCase):
    def setUp(self):
        super().setUp()
        self.session, self.below = fakes.session_on()
        self.craton = client.Client(self.session, "http://craton.example")

    def managers(self, operation: crud.Operation) -> t.Iterator[t.Any]:
        """Return the managers of the kinds that have an operation."""
        for kind in v1.kinds():
            if kind.can(operation):
                yield getattr(self.craton, kind.collection)

    def refused(self, call: t.Callable[..., t.Any], *args: t.Any, **kwargs: t.Any) -> str:
        """Call a method that must refuse its arguments, and return the message."""
        error = self.assertRaises(exceptions.BadRequest, call, *args, **kwargs)
        self.assertEqual([], self.below.calls)
        return str(error)

    def answer(self, *bodies: t.Any) -> None:
        self.below.answers += [fakes.answer(body) for body in bodies]

    def make(self, collection: str, item_id: int | str) -> t.Any:
        """Return an object of a collection."""
        manager = getattr(self.craton, collection)
        return manager.resource_class(manager, {"id": item_id}, loaded=True)


class TestNames(KeywordsTestCase):
    def test_unknown_fields(self):
        for manager in self.managers("create"):
            name = manager.resource_class.NAME_ATTR
            misspelled: t.Any = {f"{name[:-1]}x": "x"}
            calls: t.Any = [manager.create]
            if "update" in manager.resource_class.operations:
                calls.append(lambda m=manager, **kw: m.update(1, **kw))
            for call in calls:
                message = self.refused(call, **misspelled)
                self.assertIn(f"A {manager.key.replace('_', ' ')} has no field", message)
            self.assertIn(f"Did you mean {name}?", self.refused(manager.create, **misspelled))

    def test_fields_that_cannot_be_written(self):
        for manager in self.managers("update"):
            for name, field in manager.resource_class.fields().items():
                value: t.Any = {name: None}
                if not field.update:
                    self.assertIn(repr(name), self.refused(manager.update, 1, **value))
                if not field.create:
                    self.assertIn(repr(name), self.refused(manager.create, **value))

    def test_parts_are_written_with_their_own_methods(self):
        for name in ("variables", "labels"):
            value: t.Any = {name: []}
            message = self.refused(self.craton.hosts.update, 1, **value)
            self.assertIn(f"Use the methods of the attribute {name} of the host.", message)

    def test_values_without_a_name(self):
        """The first parameter of 2017 takes a boolean."""
        for manager in self.managers("create"):
            for value in ("web-1", {"name": "web-1"}, ["web-1"], manager):
                calls: t.Any = [
                    lambda m=manager, v=value: m.create(v),
                    lambda m=manager, v=value: list(m.list(v)),
                    lambda m=manager, v=value: m.get(1, v),
                    lambda m=manager, v=value: m.delete(1, v),
                ]
                if "update" in manager.resource_class.operations:
                    calls.append(lambda m=manager, v=value: m.update(1, v))
                for call in calls:
                    error = self.assertRaises(exceptions.CommandError, call)
                    self.assertIn("as keywords", str(error))
        self.assertEqual([], self.below.calls)

    def test_unknown_filters(self):
        for manager in self.managers("list"):
            for call in (manager.list, manager.pages):
                filters: t.Any = {"nmae": "x"}
                self.assertIn("has no filter 'nmae'", self.refused(list, call(**filters)))
        found: t.Any = self.craton.hosts
        self.assertIn("Did you mean region_id?", self.refused(list, found.list(regoin_id=1)))
        self.assertIn("has no filter 'note'", self.refused(list, found.list(note="")))

    def test_the_nearest_name_may_be_an_option(self):
        found: t.Any = self.craton.hosts
        message = self.refused(list, found.list(sort_key="name"))
        self.assertIn("Did you mean sort_keys?", message)

    def test_operations_that_the_api_does_not_have(self):
        for kind in v1.kinds():
            manager = getattr(self.craton, kind.collection)
            calls: t.Any = {"create": manager.create}
            for name in ("get", "update", "delete"):
                calls[name] = lambda m=manager, n=name: getattr(m, n)(1)
            for name, call in calls.items():
                if not kind.can(name):
                    error = self.assertRaises(exceptions.HTTPClientError, call)
                    self.assertIn(f"no {name}() for {kind.plural}, only list()", str(error))
        self.assertEqual([], self.below.calls)

    def test_one_variable(self):
        variables: t.Any = self.make("hosts", 1).variables
        error = self.assertRaises(exceptions.CommandError, variables.get, "rack")
        self.assertIn("get() returns all variables", str(error))
        self.assertEqual([], self.below.calls)

    def test_options_about_variables_that_are_not_in_lists(self):
        craton, options = self.craton, ("details", "resolved_values", "vars")
        refused = [
            *((manager, name) for name in options for manager in (craton.users,)),
            *((manager, name) for name in options for manager in (craton.network_interfaces,)),
            (craton.devices, "vars"),
        ]
        for manager, name in refused:
            given: t.Any = {name: True}
            message = self.refused(list, t.cast("t.Any", manager).list(**given))
            self.assertIn(f"has no option {name!r}", message)

    def test_methods_of_other_libraries(self):
        for name, hint in (("filter", "list()"), ("all", "list()"), ("save", "update()")):
            error = self.assertRaises(AttributeError, getattr, self.craton.hosts, name)
            self.assertIn(hint, str(error))
        self.assertFalse(hasattr(self.craton.hosts, "no_such_method"))

    def test_parameters_of_one_object(self):
        for manager in self.managers("get"):
            self.refused(manager.get, 1, nmae="x")
        self.answer({"id": 1})
        self.craton.hosts.get(1, resolved_values=False)
        self.assertEqual({"resolved-values": False}, self.below.calls[0]["params"])

    def test_parameters_of_a_deletion(self):
        for manager in self.managers("delete"):
            message = self.refused(manager.delete, 1, name="x")
            self.assertIn("has no parameter 'name'", message)

    def test_every_declared_name_is_accepted(self):
        for manager in self.managers("list"):
            resource = manager.resource_class
            options = {*keywords.LIST_OPTIONS} - {"where"}  # see test_comparisons
            if "variables" not in resource.subresource_managers:
                options -= {"vars"}
                options -= set() if resource.inherits else ABOUT_VARIABLES
            for name in (*resource.filters, *resource.parameters, *options):
                self.answer({manager.items_key(): [], "links": []})
                query: t.Any = {name: UUID if name in ("id", "marker") else 1}
                if resource.fields()["id"].type is int:
                    query = {name: 1}
                list(manager.list(**query, autopaginate=False))

    def test_classes_without_declarations_take_any_name(self):
        class Tent(crud.Resource):
            pass

        manager = toys.manager_of(Tent)(self.session, "http://craton.example/v1")
        self.answer({"id": 1}, {"id": 1}, {"tents": []})

        manager.create(colour="red")
        manager.update(1, colour="red")
        list(manager.list(colour="red"))

        self.assertEqual("red", self.below.calls[2]["params"]["colour"])

    def test_options_of_requests_are_passed_on(self):
        self.answer({"id": 1}, {"id": 1}, {"id": 1}, {"hosts": []})
        self.below.answers.append(fakes.answer(None, 204))
        options: t.Any = {"timeout": 5, "connect_retries": 0, "status_code_retries": 0}
        hosts = self.craton.hosts

        hosts.get(1, **options)
        hosts.create(name="x", **options)
        hosts.update(1, name="x", **options)
        list(hosts.list(**options))
        hosts.delete(1, **options)

        for call in self.below.calls:
            self.assertEqual(options, {name: call[name] for name in options})
            self.assertNotIn("timeout", call.get("json") or call.get("params") or {})


class TestValues(KeywordsTestCase):
    def test_none_as_a_filter(self):
        for manager in self.managers("list"):
            for name in (*manager.resource_class.filters, *manager.resource_class.parameters):
                filters: t.Any = {name: None}
                message = self.refused(list, manager.list(**filters))
                self.assertIn(f"{name}: None is not a value", message)

    def test_none_in_a_new_object(self):
        for manager in self.managers("create"):
            fields = manager.resource_class.fields().items()
            values: t.Any = {n: None for n, f in fields if f.null and f.create}
            self.answer({"id": 1})
            manager.create(**values)
            self.assertEqual({}, self.below.calls[-1]["json"])

    @mock.patch("cratonclient.features.require")
    def test_none_in_an_update(self, _require):
        for manager in self.managers("update"):
            for name, field in manager.resource_class.fields().items():
                value: t.Any = {name: None}
                if field.update and field.clear:
                    self.answer({"id": 1})
                    manager.update(1, **value)
                    self.assertEqual(value, self.below.calls.pop()["json"])
                elif field.update and field.null:
                    message = self.refused(manager.update, 1, **value)
                    self.assertIn(f"{name}: None cannot be set", message)

    def test_none_as_an_option(self):
        for name in keywords.LIST_OPTIONS:
            self.answer({"clouds": []})
            options: t.Any = {name: None}
            list(self.craton.clouds.list(**options))
        for call in self.below.calls:
            self.assertEqual({"limit": 100}, call["params"])

    def test_several_values(self):
        for manager in self.managers("list"):
            for name in (*manager.resource_class.filters, *manager.resource_class.parameters):
                values: t.Any = ([], [1, 2], (), ("a", "b"), {"a", "b"}, frozenset())
                for value in values:
                    filters: t.Any = {name: value}
                    message = self.refused(list, manager.list(**filters))
                    self.assertIn("is not a single value", message)

    def test_several_values_in_any_iterable(self):
        values: t.Any = ({"a": 1}, {}.keys(), range(2), (name for name in "ab"))
        for value in values:
            for name in ("name", "id", "region_id", "limit", "details", "sort_dir"):
                filters: t.Any = {name: value}
                message = self.refused(list, self.craton.hosts.list(**filters))
                self.assertIn(f"{name}: ", message)
                self.assertIn("is not a single value", message)

    def test_several_conditions_on_variables(self):
        for value in ([], ["a:1", "b:2"]):
            filters: t.Any = {"vars": value}
            message = self.refused(list, self.craton.hosts.list(**filters))
            self.assertIn("is not a single value", message)

    def test_what_cannot_be_a_reference(self):
        for value in (-1, 10**30, 1.0, True, [1], {}, b"1", object()):
            for call in (
                self.craton.hosts.create,
                lambda **kw: self.craton.hosts.update(1, **kw),
            ):
                fields: t.Any = {"parent_id": value}
                self.assertIn("is not an id", self.refused(call, **fields))

    def test_one_value_in_a_list(self):
        self.answer({"hosts": []})
        found: t.Any = self.craton.hosts
        list(found.list(name=["web-1"], sort_keys=["name", "id"]))
        query = self.below.calls[0]["params"]
        self.assertEqual(("web-1", "name,id"), (query["name"], query["sort_keys"]))

    def test_the_largest_pages_unless_told_otherwise(self):
        self.answer(*[{"hosts": []}] * 3)
        hosts = self.craton.hosts
        list(hosts.list())
        list(hosts.list(limit=10))
        list(hosts.list(autopaginate=False))
        self.assertEqual(
            [{"limit": 100}, {"limit": 10}, {}], [c["params"] for c in self.below.calls]
        )


class TestObjects(KeywordsTestCase):
    """An object can be given wherever its id can."""

    def test_texts_as_references(self):
        for kind in v1.kinds():
            manager = getattr(self.craton, kind.collection)
            for name, field in kind.fields.items():
                if not (isinstance(field, Ref) and field.create and kind.can("create")):
                    continue
                text = "5" if field.type is int else UUID
                self.answer({"id": 1})
                manager.create(**{name: text})
                self.assertEqual({name: field.type(text)}, self.below.calls.pop()["json"])
                for wrong in ("prod", "05", ""):
                    message = self.refused(manager.create, **t.cast("t.Any", {name: wrong}))
                    self.assertIn(f"{name}: ", message)
                    self.assertIn("is not an id", message)

    def test_as_the_id(self):
        for kind in v1.kinds():
            if not kind.can("get"):
                continue
            item_id: t.Any = 5 if kind.fields["id"].type is int else UUID
            item, manager = (
                self.make(kind.collection, item_id),
                getattr(self.craton, kind.collection),
            )
            self.answer(*([{"id": item_id}] * (1 + kind.can("update"))))
            self.below.answers.append(fakes.answer(None, 204))
            before = len(self.below.calls)

            manager.get(item)
            if kind.can("update"):
                manager.update(item)
            manager.delete(**{f"{kind.key}_id": item})

            urls = {url.partition("/v1")[2] for url in self.below.urls[before:]}
            self.assertEqual({f"/{kind.path}/{item_id}"}, urls)

    def test_as_a_reference(self):
        for kind in v1.kinds():
            manager = getattr(self.craton, kind.collection)
            references = {n: f for n, f in kind.fields.items() if isinstance(f, Ref)}
            for name, field in references.items():
                item_id: t.Any = 5 if field.type is int else UUID
                for given in (name, name.removesuffix("_id")):
                    value: t.Any = {given: self.make(field.target, item_id)}
                    if field.create and kind.can("create"):
                        self.answer({"id": 1})
                        manager.create(**value)
                        self.assertEqual({name: item_id}, self.below.calls[-1]["json"])
                    if name in kind.resource_class.filters:
                        self.answer({kind.collection: {} if manager.nested else []})
                        list(manager.list(**value, autopaginate=False))
                        self.assertEqual({name: item_id}, self.below.calls[-1]["params"])

    def test_ids_without_the_ending_too(self):
        self.answer({"hosts": []})
        list(self.craton.hosts.list(region=3))
        self.assertEqual({"region_id": 3, "limit": 100}, self.below.calls[0]["params"])

    def test_hosts_and_network_devices_are_devices(self):
        for device in (
            hosts.Host(None, {"id": 7}),
            network_devices.NetworkDevice(None, {"id": 7}),
        ):
            self.answer({"id": 1})
            manager: t.Any = self.craton.network_interfaces
            manager.create(device=device)
            self.assertEqual({"device_id": 7}, self.below.calls[-1]["json"])

    def test_markers(self):
        self.answer({"hosts": []})
        list(self.craton.hosts.list(marker=hosts.Host(None, {"id": 7}), autopaginate=False))
        self.assertEqual({"marker": 7}, self.below.calls[0]["params"])

    def test_one_in_a_list(self):
        self.answer({"hosts": []})
        filters: t.Any = {"region": [self.make("regions", 7)], "id": [self.make("hosts", 8)]}
        list(self.craton.hosts.list(**filters, autopaginate=False))
        self.assertEqual({"region_id": 7, "id": 8}, self.below.calls[0]["params"])

    def test_filters_that_are_no_references(self):
        filters: t.Any = {"name": self.make("hosts", 7)}
        message = self.refused(list, self.craton.hosts.list(**filters))
        self.assertIn("name: Host 7 is an object", message)

    def test_ids_and_markers_of_another_kind(self):
        for name in ("id", "marker"):
            filters: t.Any = {name: self.make("clouds", 1)}
            message = self.refused(list, self.craton.hosts.list(**filters))
            self.assertIn(f"{name}: Cloud 1 is not a Host", message)

    def test_an_id_that_is_given_twice(self):
        craton = self.craton
        host = self.make("hosts", 1)
        calls: t.Any = (craton.hosts.get, craton.hosts.update, craton.hosts.delete)
        for call in (*calls, lambda _host, **kw: host.update(**kw)):
            for other in (2, self.make("hosts", 2)):
                error = self.assertRaises(exceptions.CommandError, call, host, host_id=other)
                self.assertIn("The host is given twice: 1, and host_id=2", str(error))
        self.assertEqual([], self.below.calls)
        self.answer({"id": 1})
        self.assertEqual(1, craton.hosts.get("1", host_id=host).id)

    def test_parts_are_no_lists_of_objects(self):
        host: t.Any = self.make("hosts", 1)
        for part in (host.variables, host.labels):
            for call in (
                lambda p=part: p.find(name="x"),
                lambda p=part: p.count(),
                lambda p=part: list(p.pages()),
                lambda p=part: p.get_or_create(name="x"),
                lambda p=part: p.update_or_create({"a": 1}, name="x"),
            ):
                error = self.assertRaises(exceptions.CommandError, call)
                self.assertRegex(str(error), r"Call get\(\)|add\(")
        self.assertEqual([], self.below.calls)

    def test_the_region_of_an_inventory_may_be_replaced(self):
        self.answer({"hosts": []}, {"id": 1})
        hosts_of: t.Any = self.craton.inventory(7).hosts
        self.assertEqual([], list(hosts_of.list(region=8)))
        hosts_of.create(region=self.make("regions", 8), cloud_id=1, name="web-1")
        self.assertEqual(8, self.below.calls[0]["params"]["region_id"])
        self.assertEqual(8, self.below.calls[1]["json"]["region_id"])

    def test_a_manager_of_an_object_does_not_leave_it(self):
        hosts_of = self.make("regions", 7).hosts
        for name in ("region", "region_id"):
            for other in (8, "8", self.make("regions", 8)):
                given: t.Any = {name: other, "name": "web-1"}
                for call in (
                    lambda **kw: list(hosts_of.list(**kw)),
                    hosts_of.create,
                    hosts_of.find,
                    hosts_of.count,
                    lambda **kw: hosts_of.get_or_create({}, **kw),
                ):
                    message = self.refused(call, **given)
                    self.assertIn("This manager manages the hosts of Region 7 only", message)

    def test_the_place_of_a_manager_may_be_repeated(self):
        hosts_of = self.make("regions", 7).hosts
        for name in ("region", "region_id"):
            for same in (7, "7", self.make("regions", 7)):
                self.answer({"hosts": []}, {"id": 1})
                given: t.Any = {name: same}
                self.assertEqual([], list(hosts_of.list(**given, autopaginate=False)))
                hosts_of.create(name="web-1", cloud_id=1, **given)
                self.assertEqual("7", str(self.below.calls[-2]["params"]["region_id"]))
                self.assertEqual("7", str(self.below.calls[-1]["json"]["region_id"]))

    def test_those_of_another_server(self):
        other = client.Client(self.session, "http://other.example")
        region = other.regions.resource_class(other.regions, {"id": 1}, loaded=True)
        host = other.hosts.resource_class(other.hosts, {"id": 1}, loaded=True)
        hosts, given = self.craton.hosts, {"region": region, "name": "x"}
        arguments: t.Any = given
        calls: list[t.Callable[[], t.Any]] = [
            lambda: hosts.get(host),
            lambda: hosts.update(host, note="x"),
            lambda: hosts.update(1, parent=host),
            lambda: hosts.delete(host),
            lambda: hosts.deletion(host),
            lambda: list(hosts.list(region=region)),
            lambda: list(hosts.list(marker=host)),
            lambda: hosts.create(**arguments),
            lambda: hosts.find(region=region),
            lambda: hosts.get_or_create({"parent": host}, name="x"),
        ]
        for call in calls:
            error = self.assertRaises(exceptions.CommandError, call)
            self.assertIn("was read from http://other.example/v1", str(error))
        self.assertEqual([], self.below.calls)

    def test_those_without_a_manager(self):
        self.answer({"id": 1})
        self.assertEqual(1, self.craton.hosts.get(hosts.Host(None, {"id": 1})).id)

    def test_those_of_another_kind(self):
        cloud, region = clouds.Cloud(None, {"id": 1}), regions.Region(None, {"id": 1})
        for call in (self.craton.hosts.get, self.craton.hosts.update, self.craton.hosts.delete):
            error = self.assertRaises(exceptions.CommandError, call, region)
            self.assertIn("Region 1 is not a host", str(error))
        self.assertIn(
            "region: Cloud 1 is not a region",
            self.refused(self.craton.hosts.create, region=cloud),
        )
        wrong: t.Any = cloud
        self.refused(list, self.craton.hosts.list(region_id=wrong))

    def test_twice(self):
        for given in ({"region": 1, "region_id": 2}, {"region_id": 1, "region": 2}):
            values: t.Any = given
            for call in (
                lambda v=values: self.craton.hosts.create(**v),
                lambda v=values: list(self.craton.hosts.list(**v)),
            ):
                self.assertIn("region and region_id are different", self.refused(call))

    def test_twice_the_same(self):
        region = self.make("regions", 1)
        for values in ({"region": region, "region_id": "1"}, {"region_id": 1, "region": 1}):
            given: t.Any = values
            self.answer({"id": 1}, {"hosts": []})
            self.craton.hosts.create(**given)
            list(self.craton.hosts.list(**given, autopaginate=False))
            sent = [self.below.calls[-2]["json"], self.below.calls[-1]["params"]]
            self.assertEqual(["1", "1"], [str(body["region_id"]) for body in sent])

    def test_ids_of_projects(self):
        for value in ("prod", "default", "x" * 32, "1abc"):
            for call in (self.craton.projects.get, self.craton.projects.delete):
                self.assertRaises(exceptions.NotFound, call, value)
        self.assertEqual([], self.below.calls)
