# SPDX-License-Identifier: Apache-2.0
"""Resource objects: attributes, loading, comparison, copies, and bad responses."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
import typing as t
from unittest import mock

from cratonclient import crud, exceptions, v1
from cratonclient.tests import base
from cratonclient.tests.unit.client import fakes
from cratonclient.v1 import hosts, labels, network_interfaces, regions, users, variables

URL = "http://craton.example/v1"
INFO = {"id": 1, "name": "web-1", "note": None, "active": True, "links": [{"rel": "up"}]}


def manager(*answers, cls=hosts.HostManager, **extra):
    """Return a manager that receives these responses, and the fake session below it."""
    session, below = fakes.session_on(*(fakes.answer(body) for body in answers))
    return cls(session, URL, **extra), below


class TestAttributes(base.TestCase):
    def test_what_the_server_said_are_attributes(self):
        host = hosts.Host(None, dict(INFO), loaded=True)

        self.assertEqual((1, "web-1", None, True), (host.id, host.name, host.note, host.active))

    def test_what_is_not_declared_is_one_too(self):
        host: t.Any = hosts.Host(None, {**INFO, "rack": "r1"}, loaded=True)

        self.assertEqual("r1", host.rack)

    def test_what_a_loaded_one_does_not_have(self):
        source, below = manager()
        host = hosts.Host(source, dict(INFO), loaded=True)

        for name in ("no_such_thing", "_private"):
            self.assertFalse(hasattr(host, name), name)
        self.assertEqual([], below.calls)

    def test_every_declared_attribute_of_every_kind_is_there(self):
        for kind in v1.kinds():
            source, below = manager(cls=kind.manager)
            item = kind.resource_class(source, {"id": 1}, loaded=True)
            for name in (*kind.fields, "created", "updated"):
                getattr(item, name)
            self.assertIsNone(item.created_at)
            self.assertIsNone(item.created)
            self.assertEqual([], below.calls)

    def test_one_has_the_type_of_requests_whatever_the_server_sent(self):
        for sent, expected in (("1000", 1000), (1000, 1000), (None, None), ("fast", "fast")):
            interface = network_interfaces.NetworkInterface(None, {"speed": sent}, loaded=True)
            self.assertEqual(expected, interface.speed)
            self.assertEqual({"speed": sent}, interface.to_dict())

    def test_a_misspelled_one_names_the_nearest(self):
        host: t.Any = hosts.Host(None, dict(INFO), loaded=True)

        error = self.assertRaises(AttributeError, lambda: host.nmae)

        self.assertIn("Did you mean name?", str(error))

    def test_what_users_of_other_libraries_call(self):
        host: t.Any = hosts.Host(None, dict(INFO), loaded=True)
        self.assertIn(
            "Call update()", str(self.assertRaises(AttributeError, lambda: host.save))
        )

    def test_times(self):
        sent = {"created_at": "2026-01-31T12:00:00.000000", "updated_at": None}
        host = hosts.Host(None, {**INFO, **sent}, loaded=True)

        self.assertEqual("2026-01-31T12:00:00+00:00", host.created and host.created.isoformat())
        self.assertIsNone(host.updated)
        for text in ("", "yesterday", 5, None):
            self.assertIsNone(hosts.Host(None, {"created_at": text}, loaded=True).created)

    def test_a_dataclass(self):
        sent = {**INFO, "created_at": "2026-01-31T12:00:00", "variables": {"a": [1]}}
        host = hosts.Host(manager()[0], sent, loaded=True)

        found = host.to_dataclass()

        values = dataclasses.asdict(found)
        self.assertEqual({"a": [1]}, values["variables"])
        self.assertEqual((1, "web-1", None), (found.id, found.name, values["labels"]))
        self.assertEqual(host.created, found.created)
        self.assertIsNot(host.to_dict()["variables"]["a"], found.variables["a"])
        self.assertRaises(dataclasses.FrozenInstanceError, setattr, found, "name", "x")

    def test_reading_a_loaded_one_makes_no_request(self):
        source, below = manager()
        host = hosts.Host(source, dict(INFO), loaded=True)

        for name in (*INFO, "human_id", "variables", "labels", "manager"):
            getattr(host, name)
        host.to_dict()
        repr(host)
        self.assertIsInstance(hash(host), int)
        self.assertEqual([], below.calls)

    def test_classes_of_2017_may_set_attributes_of_their_own(self):
        class Tent(crud.Resource):
            def __init__(self, manager, info, loaded=False):
                self.before = 1
                super().__init__(manager, info, loaded)
                self.after = 2

        tent = Tent(manager()[0], {"id": 1, "name": "x"}, loaded=True)
        for same in (tent, copy.copy(tent), copy.deepcopy(tent)):
            self.assertEqual((1, 2), (same.before, same.after))
        for name in ("id", "name", "created_at", "created"):
            self.assertRaises(AttributeError, setattr, tent, name, "y")

    def test_subclasses_of_kinds_may_set_attributes_that_they_declare(self):
        class Rack(hosts.Host):
            tent = None

        host = Rack(manager()[0], dict(INFO), loaded=True)
        host.tent = 1
        self.assertEqual(1, host.tent)
        error = self.assertRaises(AttributeError, setattr, host, "unknown", 1)
        self.assertIn("must declare attributes of your own", str(error))

    def test_a_related_object_cannot_be_set(self):
        host: t.Any = hosts.Host(manager()[0], dict(INFO), loaded=True)
        error = self.assertRaises(AttributeError, setattr, host, "parent", None)
        self.assertIn("Call update(parent_id=...)", str(error))
        error = self.assertRaises(AttributeError, setattr, host, "cloud", None)
        self.assertIn("cannot be changed on the server", str(error))

    def test_an_attribute_cannot_be_set(self):
        for kind in v1.kinds():
            source, _ = manager(cls=kind.manager)
            item = kind.resource_class(source, {"id": 1, "name": "x", "more": 1}, loaded=True)
            for name in (*kind.fields, "more", "nmae"):
                error = self.assertRaises(AttributeError, setattr, item, name, "y")
                self.assertIn(f"{name!r} of a {type(item).__name__} cannot be set", str(error))
                self.assertRaises(AttributeError, delattr, item, name)
            self.assertEqual({"id": 1, "name": "x", "more": 1}, item.to_dict())

    def test_the_error_says_how_to_change_one(self):
        host: t.Any = hosts.Host(None, dict(INFO), loaded=True)

        error = self.assertRaises(AttributeError, setattr, host, "note", "x")
        self.assertIn("update(note=...)", str(error))
        error = self.assertRaises(AttributeError, setattr, host, "nmae", "x")
        self.assertIn("Did you mean name?", str(error))
        error = self.assertRaises(AttributeError, setattr, host, "variables", {})
        self.assertIn("Call its methods", str(error))
        error = self.assertRaises(AttributeError, setattr, host, "cloud_id", 2)
        self.assertIn("It cannot be changed on the server, either.", str(error))
        error = self.assertRaises(AttributeError, getattr, host, "nmae")
        self.assertIn("'nmae'. Did you mean name?", str(error))

    def test_attributes_of_subclasses_and_doubles_can_be_set(self):
        class Host(hosts.Host):
            rack = ""

        host = Host(None, dict(INFO), loaded=True)
        host.rack = "r1"
        with mock.patch.object(host, "delete", return_value=True):
            self.assertTrue(host.delete())

        self.assertEqual("r1", host.rack)

    def test_its_parts_have_managers(self):
        source, _ = manager(region_id=5)

        host = hosts.Host(source, dict(INFO), loaded=True)

        self.assertIsInstance(host.variables, variables.VariableManager)
        self.assertIsInstance(host.labels, labels.LabelManager)
        self.assertEqual(f"{URL}/hosts/1/variables", host.variables.build_url())
        self.assertEqual(f"{URL}/hosts/1/labels", host.labels.build_url())
        self.assertIs(source.session, host.variables.session)
        self.assertEqual({"region_id": 5}, host.variables.extra_request_kwargs)

    def test_variables_in_an_answer_leave_the_manager_in_place(self):
        source, _ = manager()

        host = hosts.Host(source, {**INFO, "variables": {"a": 1}, "labels": ["x"]}, loaded=True)

        self.assertIsInstance(host.variables, variables.VariableManager)
        self.assertIsInstance(host.labels, labels.LabelManager)
        self.assertEqual({"a": 1}, host.to_dict()["variables"])

    def test_a_subclass_may_choose_the_managers_of_its_parts(self):
        class Own(variables.VariableManager):
            pass

        class Host(hosts.Host):
            subresource_managers = {"variables": Own}  # noqa: RUF012  # as programs write it

        source, _ = manager()

        self.assertIsInstance(Host(source, dict(INFO), loaded=True).variables, Own)

    def test_the_names_that_programs_rely_on_are_there(self):
        for cls in v1.kinds():
            resource = cls.resource_class
            self.assertEqual("(self, manager, info, loaded=False)", _signature(resource))
            self.assertIs(False, resource.HUMAN_ID)
            self.assertIn(resource.NAME_ATTR, resource.fields())
        self.assertEqual("username", users.User.NAME_ATTR)


class TestHumanId(base.TestCase):
    def test_there_is_none_by_default(self):
        self.assertIsNone(hosts.Host(None, dict(INFO), loaded=True).human_id)

    def test_it_is_made_from_the_name_for_a_class_that_wants_it(self):
        class Host(hosts.Host):
            HUMAN_ID = True

        for name, expected in (
            ("Web Server 1", "web-server-1"),
            ("Zürich", "zurich"),
            ("a/b (c)", "ab-c"),
        ):
            found = Host(None, {"id": 1, "name": name}, loaded=True).human_id
            self.assertEqual(expected, found)
        self.assertIsNone(Host(None, {"id": 1}, loaded=True).human_id)

    def test_it_follows_the_field_that_people_know_it_by(self):
        class User(users.User):
            HUMAN_ID = True

        self.assertEqual(
            "demo", User(None, {"id": 1, "username": "Demo"}, loaded=True).human_id
        )


class TestLoading(base.TestCase):
    def test_a_missing_attribute_loads_it_once(self):
        source, below = manager({"id": 1, "name": "web-1", "note": "x", "ip_address": "::1"})
        host = hosts.Host(source, {"id": 1})
        self.assertFalse(host.is_loaded())

        self.assertEqual("web-1", host.name)
        self.assertEqual("x", host.note)
        self.assertEqual("::1", host.ip_address)

        self.assertTrue(host.is_loaded())
        self.assertEqual([f"{URL}/hosts/1"], below.urls)
        self.assertEqual("web-1", host.to_dict()["name"])

    def test_what_it_has_does_not_load_it(self):
        source, below = manager()
        host = hosts.Host(source, {"id": 1, "name": "web-1"})

        self.assertEqual((1, "web-1"), (host.id, host.name))
        self.assertEqual([], below.calls)
        self.assertFalse(host.is_loaded())

    def test_a_name_that_does_not_exist_loads_it_once_too(self):
        source, below = manager({"id": 1, "name": "web-1"})
        host: t.Any = hosts.Host(source, {"id": 1})

        self.assertRaises(AttributeError, lambda: host.no_such_thing)
        self.assertRaises(AttributeError, lambda: host.nor_that)

        self.assertEqual(1, len(below.calls))

    def test_without_an_id(self):
        host: t.Any = hosts.Host(manager()[0], {})
        for name in ("name", "id"):
            error = self.assertRaises(AttributeError, getattr, host, name)
            self.assertIn("The object has no id", str(error))
        self.assertRaises(AttributeError, host.delete)

    def test_a_failure_is_not_repeated(self):
        session, below = fakes.session_on(fakes.answer({"message": "Not Found"}, 404))
        host = hosts.Host(hosts.HostManager(session, URL), {"id": 1})

        self.assertRaises(exceptions.NotFound, lambda: host.name)
        for name in ("name", "note", "created"):
            error = self.assertRaises(AttributeError, getattr, host, name)
            self.assertIn(f"{name!r} of the Host could not be loaded", str(error))
            self.assertIn("Call get() to try again", str(error))
        self.assertEqual(1, len(below.calls))

        below.answers.append(fakes.answer({"id": 1, "name": "web-1"}))
        self.assertEqual("web-1", host.refresh().name)

    def test_refresh_and_update_change_it_in_place(self):
        source, below = manager({"id": 1, "note": "a", "x": 1}, {"id": 1, "note": "b"})
        host = hosts.Host(source, dict(INFO), loaded=True)

        self.assertIs(host, host.refresh())
        self.assertIs(host, host.update(note="b"))

        self.assertEqual({**INFO, "note": "b", "x": 1}, host.to_dict())
        self.assertEqual({"note": "b"}, below.calls[1]["json"])

    def test_an_unpickled_one_cannot_be_refreshed_or_updated(self):
        host = fakes.pickled(hosts.Host(manager()[0], dict(INFO), loaded=True))

        self.assertRaises(exceptions.CommandError, host.refresh)
        self.assertRaises(exceptions.CommandError, host.update, note="x")

    def test_private_names_do_not_load_it(self):
        source, below = manager()
        host = hosts.Host(source, {"id": 1})

        self.assertFalse(hasattr(host, "_repr_html_"))
        self.assertFalse(hasattr(host, "__fspath__"))
        self.assertEqual([], below.calls)

    def test_copying_comparing_and_showing_do_not_load_it(self):
        source, below = manager()
        host = hosts.Host(source, {"id": 1})

        copy.copy(host)
        copy.deepcopy(host)
        pickle.dumps(host)
        repr(host)
        self.assertEqual(1, len({host, hosts.Host(source, {"id": 1})}))

        self.assertEqual([], below.calls)

    def test_get_fetches_it_anew(self):
        source, below = manager({"id": 1, "note": "first"}, {"id": 1, "note": "second"})
        host = source.get(1)

        host.get()

        self.assertEqual("second", host.note)
        self.assertEqual("second", host.to_dict()["note"])
        self.assertEqual([f"{URL}/hosts/1"] * 2, below.urls)
        self.assertIsInstance(host.variables, variables.VariableManager)

    def test_set_loaded_says_so(self):
        host = hosts.Host(None, {"id": 1})

        host.set_loaded(True)
        self.assertTrue(host.is_loaded())
        host.set_loaded(False)
        self.assertFalse(host.is_loaded())

    def test_without_a_manager_there_is_nothing_to_load(self):
        host = hosts.Host(None, {"id": 1})

        self.assertIsNone(host.name)
        host.get()
        self.assertEqual({"id": 1}, host.to_dict())


class TestDelete(base.TestCase):
    def test_it_deletes_itself(self):
        source, below = manager(None)
        below.answers[0].status_code = 204

        self.assertIs(True, hosts.Host(source, dict(INFO), loaded=True).delete())

        self.assertEqual("DELETE", below.calls[0]["method"])
        self.assertEqual(f"{URL}/hosts/1", below.calls[0]["url"])

    def test_an_unpickled_one_says_why_it_cannot(self):
        host = fakes.pickled(hosts.Host(manager()[0], dict(INFO), loaded=True))

        error = self.assertRaises(exceptions.CommandError, host.delete)

        self.assertIn("manager", str(error))
        error = self.assertRaises(AttributeError, getattr, host, "region")
        self.assertIn("It has no manager", str(error))


class TestEquality(base.TestCase):
    def test_the_same_content_is_equal_whatever_fetched_it(self):
        one = hosts.Host(manager()[0], dict(INFO), loaded=True)
        other = hosts.Host(None, dict(INFO))

        self.assertTrue(one == other)
        self.assertFalse(one != other)
        self.assertEqual(hash(one), hash(other))
        self.assertEqual({one}, {other})

    def test_other_content_is_not(self):
        self.assertNotEqual(
            hosts.Host(None, dict(INFO)), hosts.Host(None, {**INFO, "note": "in repair"})
        )

    def test_another_kind_is_not(self):
        class Special(hosts.Host):
            pass

        host = hosts.Host(None, {"id": 1})

        self.assertNotEqual(host, regions.Region(None, {"id": 1}))
        self.assertNotEqual(host, Special(None, {"id": 1}))
        self.assertNotEqual(host, {"id": 1})
        self.assertNotEqual(host, None)

    def test_what_something_else_says_counts(self):
        self.assertEqual(hosts.Host(None, {"id": 1}), mock.ANY)


class TestCopies(base.TestCase):
    def setUp(self):
        super().setUp()
        self.manager, self.below = manager()
        self.host = hosts.Host(self.manager, copy.deepcopy(INFO), loaded=True)

    def test_to_dict_is_a_copy(self):
        found = self.host.to_dict()
        found["name"] = "other"
        found["links"][0]["rel"] = "down"

        self.assertEqual(INFO, self.host.to_dict())
        self.assertEqual(INFO, self.host._info)

    def test_a_copy_equals_it_and_keeps_the_manager(self):
        for other in (copy.copy(self.host), copy.deepcopy(self.host)):
            self.assertIsNot(self.host, other)
            self.assertEqual(self.host, other)
            self.assertIs(self.manager, other.manager)
            self.assertTrue(other.is_loaded())
            self.assertIsInstance(other.variables, variables.VariableManager)

    def test_a_deep_copy_shares_nothing(self):
        other = copy.deepcopy(self.host)
        other.to_dict()
        other.links[0]["rel"] = "down"

        self.assertEqual("up", self.host.links[0]["rel"])

    def test_a_pickle_holds_the_content_and_no_credentials(self):
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            other = fakes.pickled(self.host, protocol)
            self.assertEqual(self.host, other)
            self.assertIs(hosts.Host, type(other))
            self.assertIsNone(other.manager)
            self.assertTrue(other.is_loaded())
            self.assertEqual("web-1", other.name)

    def test_every_kind_survives_it(self):
        for cls in (kind.manager for kind in v1.kinds()):
            item = cls.resource_class(manager(cls=cls)[0], {"id": 1, "name": "x"}, loaded=True)
            for other in (
                copy.copy(item),
                copy.deepcopy(item),
                fakes.pickled(item),
            ):
                self.assertEqual(item, other)
                self.assertEqual(hash(item), hash(other))


class TestBadServers(base.TestCase):
    def test_methods_and_internals_are_not_replaced(self):
        source, _ = manager()
        hostile = dict.fromkeys(
            (
                "delete",
                "get",
                "manager",
                "to_dict",
                "is_loaded",
                "set_loaded",
                "human_id",
                "fields",
                "columns",
                "operations",
                "filters",
                "subresource_managers",
                "HUMAN_ID",
                "NAME_ATTR",
                "__class__",
                "__dict__",
                "__init__",
                "__reduce__",
                "_info",
                "_loaded",
                "_load",
            ),
            "evil",
        )

        host = hosts.Host(source, {"id": 1, "name": "web-1", **hostile}, loaded=True)

        self.assertIs(hosts.Host, type(host))
        self.assertIs(hosts.Host, host.__class__)
        self.assertIs(source, host.manager)
        self.assertTrue(host.is_loaded())
        for name in ("delete", "get", "to_dict", "set_loaded", "fields"):
            self.assertTrue(callable(getattr(host, name)), name)
        for name in hostile:
            self.assertNotEqual("evil", getattr(host, name), name)
        self.assertEqual("evil", {**host.to_dict()}["delete"])

    def test_they_are_not_replaced_by_loading_either(self):
        source, _ = manager({"id": 1, "name": "web-1", "delete": "evil", "manager": "evil"})
        host = hosts.Host(source, {"id": 1})

        self.assertEqual("web-1", host.name)
        self.assertIs(source, host.manager)
        self.assertTrue(callable(host.delete))

    def test_parts_are_not_replaced(self):
        source, _ = manager()

        host = hosts.Host(source, {"id": 1, "variables": "evil", "labels": None}, loaded=True)

        self.assertIsInstance(host.variables, variables.VariableManager)
        self.assertIsInstance(host.labels, labels.LabelManager)

    def test_an_id_cannot_name_another_path(self):
        source, _ = manager()

        host = hosts.Host(source, {"id": "1/../../projects"}, loaded=True)

        self.assertTrue(host.variables.url.startswith(f"{URL}/hosts/1%2F"))

    def test_any_content_can_be_shown(self):
        for info in ({}, {"": 1}, {"id": None, "name": ["x"]}, {"a b": {"c": [1]}}):
            self.assertIn("Host", repr(hosts.Host(None, info, loaded=True)))


class TestDeclarations(base.TestCase):
    def test_every_kind_says_what_it_can_do(self):
        for cls in v1.kinds():
            self.assertIn("list", cls.resource_class.operations)

    def test_a_base_class_without_a_declaration_works(self):
        thing: t.Any = crud.Resource(None, {"id": 5, "colour": "red"}, loaded=True)

        self.assertEqual((5, "red"), (thing.id, thing.colour))
        self.assertEqual({}, dict(crud.Resource.subresource_managers))


def _signature(cls):
    """Return the signature of a constructor, without annotations."""
    found = inspect.signature(cls.__init__)
    bare = [p.replace(annotation=inspect.Parameter.empty) for p in found.parameters.values()]
    return str(inspect.Signature(bare))
