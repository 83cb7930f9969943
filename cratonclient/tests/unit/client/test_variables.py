# SPDX-License-Identifier: Apache-2.0
"""Variables: the mapping, its values, and the manager that sends them."""

from __future__ import annotations

import collections.abc
import copy
import operator
import typing as t
from unittest import mock

from cratonclient import exceptions
from cratonclient.tests import base
from cratonclient.tests.unit.client import fakes
from cratonclient.v1 import variables

URL = "http://craton.example/v1/hosts/1"
VALUES = {"rack": "r1", "slot": 4, "gone": None, "deep": {"a": [1, {"b": True}]}}


def mapping(values=VALUES, manager=None):
    """Return variables as a manager creates them."""
    return variables.Variables(manager, {"variables": copy.deepcopy(values)}, loaded=True)


class TestVariable(base.TestCase):
    def test_it_has_a_name_and_a_value(self):
        found = variables.Variable("rack", {"a": 1})

        self.assertEqual(("rack", {"a": 1}), (found.name, found.value))
        self.assertEqual("Variable('rack', {'a': 1})", repr(found))

    def test_it_takes_keywords(self):
        self.assertEqual("rack", variables.Variable(name="rack", value=1).name)

    def test_it_equals_the_same_and_its_bare_value(self):
        one = variables.Variable("rack", "r1")

        self.assertTrue(one == variables.Variable("rack", "r1"))
        self.assertTrue(one == "r1")
        self.assertFalse(one == variables.Variable("rack", "r2"))
        self.assertFalse(one == variables.Variable("slot", "r1"))
        self.assertFalse(one == "r2")


class TestMapping(base.TestCase):
    def test_it_is_a_mapping(self):
        self.assertIsInstance(mapping(), collections.abc.Mapping)
        self.assertNotIsInstance(mapping(), collections.abc.MutableMapping)
        self.assertEqual(list(VALUES), list(mapping()))
        self.assertEqual(4, len(mapping()))
        self.assertIn("rack", mapping())
        self.assertNotIn("nothing", mapping())

    def test_its_values_are_variables(self):
        found = mapping()["rack"]

        self.assertIsInstance(found, variables.Variable)
        self.assertEqual(("rack", "r1"), (found.name, found.value))
        self.assertIsNone(mapping()["gone"].value)
        self.assertRaises(KeyError, lambda: mapping()["nothing"])

    def test_get_is_the_one_of_a_mapping(self):
        self.assertEqual("r1", mapping().get("rack").value)
        self.assertIsNone(mapping().get("nothing"))
        self.assertEqual(5, mapping().get("nothing", 5))

    def test_items_and_values_are_variables_too(self):
        self.assertEqual(VALUES, {name: item.value for name, item in mapping().items()})
        self.assertEqual(list(VALUES.values()), [item.value for item in mapping().values()])

    def test_it_cannot_be_changed(self):
        manager = mock.Mock()
        found: t.Any = mapping(manager=manager)

        for change in (
            lambda: found.__setitem__("rack", "r2"),
            lambda: found.__delitem__("slot"),
            lambda: operator.ior(found, {"more": 1}),
            lambda: found.update(more=1),
            lambda: found.update({"more": 1}),
            lambda: found.setdefault("more", 1),
            lambda: found.pop("rack"),
            lambda: found.popitem(),
            lambda: found.clear(),
            lambda: found.refresh(),
        ):
            error = self.assertRaises(TypeError, change)
            self.assertIn("set(path, value)", str(error))
            self.assertIn("update({'a': 1})", str(error))

        self.assertEqual(VALUES, found)
        self.assertEqual([], manager.method_calls)

    def test_its_variables_cannot_be_changed(self):
        for name in ("name", "value", "valeu"):
            error = self.assertRaises(AttributeError, setattr, mapping()["rack"], name, "r2")
            self.assertIn(f"'{name}'", str(error))
            self.assertIn("set(path, value)", str(error))

    def test_it_takes_bare_values_too(self):
        self.assertEqual({"a": 1}, variables.Variables(None, {"a": 1}).to_dict())
        both = {"variables": {"a": 1}, "b": 2}
        self.assertEqual(both, variables.Variables(None, both).to_dict())
        self.assertEqual({}, variables.Variables(None, {}).to_dict())

    def test_a_variable_may_be_called_variables(self):
        for values in ({"variables": 5}, {"variables": {"a": 1}}, {"variables": 1, "b": 2}):
            self.assertEqual(values, mapping(values).to_dict())
            self.assertEqual(values, copy.copy(mapping(values)).to_dict())
            self.assertEqual(values, fakes.pickled(mapping(values)).to_dict())

    def test_no_name_becomes_an_attribute(self):
        names = ("delete", "get", "manager", "__class__", "_info", "_variables", "id", "rack")
        manager = mock.Mock()
        found = mapping(dict.fromkeys(names, "evil"), manager)

        self.assertIs(variables.Variables, type(found))
        self.assertIs(manager, found.manager)
        self.assertTrue(callable(found.delete))
        self.assertFalse(hasattr(found, "rack"))
        self.assertEqual(set(names), set(found))

    def test_it_is_loaded_and_never_asks(self):
        manager = mock.Mock()
        found = mapping(manager=manager)

        self.assertTrue(found.is_loaded())
        self.assertRaises(AttributeError, lambda: found.rack)
        self.assertIsNone(found.human_id)
        self.assertEqual([], manager.method_calls)

    def test_an_empty_one_is_false(self):
        self.assertFalse(mapping({}))
        self.assertTrue(mapping())


class TestCopies(base.TestCase):
    def test_to_dict_is_a_copy_of_the_bare_values(self):
        found = mapping()

        bare = found.to_dict()
        self.assertEqual(VALUES, bare)
        bare["deep"]["a"].append(5)

        self.assertEqual(VALUES, found.to_dict())

    def test_equality_is_by_content(self):
        self.assertEqual(mapping(), mapping(manager=mock.Mock()))
        self.assertEqual(mapping(), VALUES)
        self.assertNotEqual(mapping(), mapping({"rack": "r2"}))
        self.assertNotEqual(mapping(), {"rack": "r1"})
        self.assertNotEqual(mapping(), None)
        self.assertEqual(hash(mapping()), hash(mapping()))

    def test_copies_equal_it_and_stand_alone(self):
        manager = mock.sentinel.manager
        found = mapping(manager=manager)

        for other in (copy.copy(found), copy.deepcopy(found)):
            self.assertEqual(found, other)
            self.assertIs(manager, other.manager)
            self.assertEqual(("rack", "r1"), (other["rack"].name, other["rack"].value))

    def test_a_deep_copy_shares_no_value(self):
        found = mapping()

        copy.deepcopy(found)["deep"].value["a"].clear()

        self.assertEqual(VALUES, found.to_dict())

    def test_it_can_be_pickled(self):
        other = fakes.pickled(mapping(manager=mock.Mock()))

        self.assertEqual(VALUES, other.to_dict())
        self.assertIsNone(other.manager)

    def test_an_unpickled_one_says_why_it_cannot_delete(self):
        found = fakes.pickled(mapping())

        self.assertRaises(exceptions.CommandError, found.delete)


class TestManager(base.TestCase):
    def setUp(self):
        super().setUp()
        self.session = mock.Mock(spec=["post", "get", "put", "delete", "paginate"])
        for verb in ("get", "put"):
            getattr(self.session, verb).return_value = fakes.answer({"variables": VALUES})
        self.manager = variables.VariableManager(self.session, URL)

    def test_get_gives_a_mapping(self):
        found = self.manager.get()

        self.session.get.assert_called_once_with(f"{URL}/variables")
        self.assertIsInstance(found, variables.Variables)
        self.assertIs(self.manager, found.manager)
        self.assertEqual(VALUES, found.to_dict())

    def test_get_may_leave_inherited_ones_out(self):
        self.manager.get(resolved_values=False)

        self.session.get.assert_called_once_with(
            f"{URL}/variables", params={"resolved-values": False}
        )

    def test_update_sends_the_bare_values(self):
        found = self.manager.update(rack="r1", deep={"a": 1})

        self.session.put.assert_called_once_with(
            f"{URL}/variables", json={"rack": "r1", "deep": {"a": 1}}
        )
        self.assertEqual(VALUES, found.to_dict())

    def test_update_takes_names_that_are_no_keywords(self):
        self.manager.update({"some-var": 1, "b": 2}, b=3)

        self.session.put.assert_called_once_with(
            f"{URL}/variables", json={"some-var": 1, "b": 3}
        )

    def test_every_keyword_is_a_variable(self):
        names = ("item_id", "skip_merge", "self", "base_path", "json", "variables_id")
        values = dict.fromkeys(names, 1)

        self.manager.update(**values)

        self.session.put.assert_called_once_with(f"{URL}/variables", json=values)

    def test_what_the_manager_holds_is_no_variable(self):
        variables.VariableManager(self.session, URL, region_id=1).update(rack="r1")

        self.session.put.assert_called_once_with(f"{URL}/variables", json={"rack": "r1"})

    def test_variables_can_be_sent_as_they_were_fetched(self):
        found = self.manager.get()

        self.manager.update(found.to_dict(), rack="r2")

        self.assertEqual({**VALUES, "rack": "r2"}, self.session.put.call_args.kwargs["json"])

    def test_a_variable_that_is_deleted_means_its_name(self):
        self.manager.delete(*self.manager.get().values())

        self.assertEqual(list(VALUES), self.session.delete.call_args.kwargs["json"])

    def test_items_are_refused(self):
        manager: t.Any = self.manager
        for use in (
            lambda: manager["a"],
            lambda: manager.__setitem__("a", 1),
            lambda: manager.__delitem__("a"),
            lambda: "a" in manager,
            lambda: list(manager),
            lambda: dict(manager),
        ):
            error = self.assertRaises(TypeError, use)
            self.assertIn("set(path, value)", str(error))
            self.assertIn("update({'a': 1})", str(error))
            self.assertIn("get()", str(error))

        self.assertEqual([], self.session.method_calls)

    def test_own_ones_need_an_object(self):
        # A manager that a program created knows only a URL, not what inherits.
        for call in (
            self.manager.own,
            self.manager.resolved,
            lambda: self.manager.set("a.b", 1),
            lambda: self.manager.unset("a"),
            lambda: self.manager.merge({"a": {"b": 1}}),
            lambda: self.manager.replace({}),
        ):
            error = self.assertRaises(exceptions.CommandError, call)
            self.assertIn("craton.hosts.get(1).variables", str(error))

        self.assertEqual([], self.session.method_calls)

    def test_whole_variables_are_sent_without_reading(self):
        self.manager.set("rack", "r1")
        self.manager.set('"a.b"', {"c": 1})
        self.manager.merge({"rack": "r2", "list": [1]})

        sent = [call.kwargs["json"] for call in self.session.put.call_args_list]
        self.assertEqual([{"rack": "r1"}, {"a.b": {"c": 1}}, {"rack": "r2", "list": [1]}], sent)
        self.assertFalse(self.session.get.called)

    def test_delete_sends_the_names(self):
        self.assertIs(True, self.manager.delete("var-a", "var-b"))

        self.session.delete.assert_called_once_with(
            f"{URL}/variables", params={}, json=["var-a", "var-b"]
        )

    def test_delete_of_the_mapping_deletes_what_is_in_it(self):
        self.assertIs(True, self.manager.get().delete())

        self.session.delete.assert_called_once_with(
            f"{URL}/variables", params={}, json=list(VALUES)
        )

    def test_list_generates_the_variables(self):
        self.session.paginate.side_effect = lambda url, **kwargs: iter(
            [(None, [{"name": "never", "value": "a page"}])]
        )

        found = list(self.manager.list())

        self.assertEqual(VALUES, {item.name: item.value for item in found})

    def test_an_answer_of_another_shape_is_named(self):
        self.session.get.return_value = fakes.answer([1, 2])

        self.assertRaises(exceptions.UnexpectedResponse, self.manager.get)
