# SPDX-License-Identifier: Apache-2.0
"""The manager of a kind: the requests it sends and the objects it returns."""

from __future__ import annotations

import inspect
import types
import typing as t
from unittest import mock

import requests

from cratonclient import crud, exceptions, v1
from cratonclient.tests import base, toys
from cratonclient.tests.unit.client import fakes
from cratonclient.v1 import client

URL = "http://craton.example/v1"


class Tent(crud.Resource):
    """A kind that only these tests declare."""


TentManager = toys.manager_of(Tent)


class ManagerTestCase(base.TestCase):
    def setUp(self):
        super().setUp()
        self.session = mock.Mock(spec=["post", "get", "put", "delete", "paginate"])
        for verb in ("post", "get", "put"):
            getattr(self.session, verb).return_value = fakes.answer({"id": 1, "name": "x"})
        self.session.paginate.return_value = iter(())
        self.manager = TentManager(self.session, URL)
        self.inventory = TentManager(self.session, URL, region_id=1)


class TestConstruction(ManagerTestCase):
    def test_slashes_at_the_end_of_the_url_go(self):
        self.assertEqual(URL, TentManager(self.session, f"{URL}/").url)
        self.assertEqual(URL, TentManager(self.session, url=f"{URL}//").url)

    def test_further_keywords_are_kept(self):
        manager = TentManager(self.session, URL, region_id=1, cell_id=2)

        self.assertIs(self.session, manager.session)
        self.assertEqual({"region_id": 1, "cell_id": 2}, manager.extra_request_kwargs)

    def test_its_representation_has_no_password(self):
        shown = repr(TentManager(self.session, "http://ada:5f4dcc3b@craton.example/v1"))
        self.assertEqual("<TentManager http://***@craton.example/v1/tents>", shown)

    def test_no_request_is_made(self):
        self.assertEqual([], self.session.method_calls)


class TestBuildUrl(ManagerTestCase):
    def test_without_arguments_it_is_the_collection(self):
        self.assertEqual(f"{URL}/tents", self.manager.build_url())
        self.assertEqual(f"{URL}/tents", self.manager.build_url({}))

    def test_it_takes_out_what_it_uses_and_leaves_the_rest(self):
        arguments = {"tent_id": 5, "base_path": "/huts", "name": "x", "hut_id": 6}

        url = self.manager.build_url(path_arguments=arguments)

        self.assertEqual(f"{URL}/huts/5", url)
        self.assertEqual({"name": "x", "hut_id": 6}, arguments)

    def test_a_base_path_takes_the_place_of_the_own_one(self):
        self.assertEqual(f"{URL}/huts", self.manager.build_url({"base_path": "/huts"}))
        self.assertEqual(f"{URL}/tents", self.manager.build_url({"base_path": None}))

    def test_an_id_of_nought_is_an_id(self):
        self.assertEqual(f"{URL}/tents/0", self.manager.build_url({"tent_id": 0}))

    def test_an_id_of_none_is_none(self):
        arguments = {"tent_id": None}

        self.assertEqual(f"{URL}/tents", self.manager.build_url(arguments))
        self.assertEqual({}, arguments)

    def test_a_manager_without_a_path_stands_at_its_url(self):
        manager = crud.CRUDClient[crud.Resource](self.session, f"{URL}/things")

        self.assertEqual(f"{URL}/things", manager.build_url())

    def test_an_id_cannot_name_another_path(self):
        for item_id in ("1/variables", "1?a=b", "1#x", "../hosts", "a b", "é", "%2e"):
            url = self.manager.build_url({"tent_id": item_id})
            self.assertTrue(url.startswith(f"{URL}/tents/"))
            self.assertNotIn("/", url.removeprefix(f"{URL}/tents/"))
            self.assertFalse({"?", "#", " "} & set(url), url)

    def test_an_id_of_dots_cannot_leave_the_collection(self):
        for item_id in (".", ".."):
            try:
                url = self.manager.build_url({"tent_id": item_id})
            except (exceptions.ClientException, ValueError):
                continue
            sent = requests.Request("DELETE", url).prepare().url or ""
            self.assertTrue(sent.startswith(f"{URL}/tents/"), sent)
            self.assertFalse(sent.endswith(("/.", "/..")), sent)


class TestMerge(ManagerTestCase):
    def test_it_adds_what_the_manager_holds(self):
        arguments = {"name": "x"}

        self.inventory.merge_request_arguments(arguments, False)

        self.assertEqual({"name": "x", "region_id": 1}, arguments)

    def test_it_adds_nothing_when_skipped(self):
        arguments = {"name": "x"}

        self.inventory.merge_request_arguments(request_kwargs=arguments, skip_merge=True)

        self.assertEqual({"name": "x"}, arguments)

    def test_what_was_given_stands(self):
        arguments = {"region_id": 2}

        self.inventory.merge_request_arguments(arguments, False)

        self.assertEqual({"region_id": 2}, arguments)

    def test_the_manager_s_own_arguments_stay(self):
        self.inventory.create(name="x")

        self.assertEqual({"region_id": 1}, self.inventory.extra_request_kwargs)


class TestCreate(ManagerTestCase):
    def test_it_posts_the_fields(self):
        made = self.manager.create(name="x", note="y")

        self.session.post.assert_called_once_with(
            f"{URL}/tents", json={"name": "x", "note": "y"}
        )
        self.assertIsInstance(made, Tent)
        self.assertIs(self.manager, made.manager)
        self.assertTrue(made.is_loaded())
        self.assertEqual({"id": 1, "name": "x"}, made.to_dict())

    def test_it_sends_what_the_manager_holds(self):
        self.inventory.create(name="x")

        self.session.post.assert_called_once_with(
            f"{URL}/tents", json={"name": "x", "region_id": 1}
        )

    def test_it_does_not_when_the_merge_is_skipped(self):
        self.inventory.create(True, name="x")
        self.inventory.create(skip_merge=True, name="x")

        expected = mock.call(f"{URL}/tents", json={"name": "x"})
        self.assertEqual([expected, expected], self.session.post.call_args_list)


class TestGet(ManagerTestCase):
    def test_it_gets_by_the_id(self):
        for found in (self.manager.get(1), self.manager.get(tent_id=1), self.manager.get("1")):
            self.assertIsInstance(found, Tent)
            self.assertTrue(found.is_loaded())
        self.assertEqual([mock.call(f"{URL}/tents/1")] * 3, self.session.get.call_args_list)

    def test_an_id_of_none_is_refused(self):
        for call in (self.manager.get, self.manager.update, self.manager.delete):
            error = self.assertRaises(exceptions.CommandError, call, None)
            self.assertIn("tent_id is required", str(error))
            self.assertRaises(exceptions.CommandError, call, tent_id=None)
        self.assertEqual([], self.session.mock_calls)

    def test_the_keyword_of_the_id_is_item_id_too(self):
        self.manager.get(item_id=7)

        self.session.get.assert_called_once_with(f"{URL}/tents/7")

    def test_further_keywords_are_the_query(self):
        self.manager.get(1, resolved_values=False)

        self.session.get.assert_called_once_with(
            f"{URL}/tents/1", params={"resolved-values": False}
        )

    def test_it_does_not_send_what_the_manager_holds(self):
        self.inventory.get(1)

        self.session.get.assert_called_once_with(f"{URL}/tents/1")

    def test_it_does_when_the_merge_is_not_skipped(self):
        self.inventory.get(1, False)

        self.session.get.assert_called_once_with(f"{URL}/tents/1", params={"region_id": 1})


class TestUpdate(ManagerTestCase):
    def test_it_puts_the_fields(self):
        changed = self.manager.update(1, name="x")

        self.session.put.assert_called_once_with(f"{URL}/tents/1", json={"name": "x"})
        self.assertIsInstance(changed, Tent)
        self.assertTrue(changed.is_loaded())

    def test_the_id_may_be_a_keyword(self):
        self.manager.update(tent_id=1, name="x")

        self.session.put.assert_called_once_with(f"{URL}/tents/1", json={"name": "x"})

    def test_null_is_sent(self):
        self.manager.update(1, parent_id=None)

        self.session.put.assert_called_once_with(f"{URL}/tents/1", json={"parent_id": None})

    def test_it_does_not_send_what_the_manager_holds(self):
        self.inventory.update(1, name="x")

        self.session.put.assert_called_once_with(f"{URL}/tents/1", json={"name": "x"})

    def test_it_does_when_the_merge_is_not_skipped(self):
        self.inventory.update(1, skip_merge=False, name="x")

        self.session.put.assert_called_once_with(
            f"{URL}/tents/1", json={"name": "x", "region_id": 1}
        )


class TestDelete(ManagerTestCase):
    def test_it_deletes_by_the_id(self):
        self.assertIs(True, self.manager.delete(1))
        self.assertIs(True, self.manager.delete(tent_id=1))

        expected = mock.call(f"{URL}/tents/1", params={}, json=None)
        self.assertEqual([expected, expected], self.session.delete.call_args_list)

    def test_a_body_and_a_query_are_sent(self):
        self.manager.delete(1, json=["a"], force=True)

        self.session.delete.assert_called_once_with(
            f"{URL}/tents/1", params={"force": True}, json=["a"]
        )

    def test_the_body_is_the_third_argument(self):
        self.inventory.delete(1, False, ["a"])

        self.session.delete.assert_called_once_with(
            f"{URL}/tents/1", params={"region_id": 1}, json=["a"]
        )


class TestList(ManagerTestCase):
    def test_it_asks_for_pages(self):
        self.session.paginate.return_value = iter(
            [(None, [{"id": 1}, {"id": 2}]), (None, [{"id": 3}]), (None, [])]
        )

        found = list(self.manager.list(limit=10))

        self.session.paginate.assert_called_once_with(
            f"{URL}/tents",
            autopaginate=True,
            items_key="tents",
            nested=False,
            params={"limit": 10},
        )
        self.assertEqual([1, 2, 3], [tent.id for tent in found])
        self.assertEqual({Tent}, {type(tent) for tent in found})
        self.assertTrue(all(tent.is_loaded() for tent in found))
        self.assertTrue(all(tent.manager is self.manager for tent in found))

    def test_it_is_a_generator_and_asks_for_nothing_by_itself(self):
        found = self.manager.list()

        self.assertIsInstance(found, types.GeneratorType)
        self.assertEqual([], self.session.method_calls)

    def test_autopaginate_and_nested_are_no_parameters(self):
        list(self.manager.list(autopaginate=False, nested=True, marker=5))

        self.session.paginate.assert_called_once_with(
            f"{URL}/tents",
            autopaginate=False,
            items_key="tents",
            nested=True,
            params={"marker": 5},
        )

    def test_it_sends_what_the_manager_holds_unless_skipped(self):
        list(self.inventory.list())
        list(self.inventory.list(True))

        first, second = self.session.paginate.call_args_list
        self.assertEqual({"region_id": 1, "limit": 100}, first.kwargs["params"])
        self.assertEqual({"limit": 100}, second.kwargs["params"])

    def test_the_parameter_with_a_hyphen_has_an_alias(self):
        list(self.manager.list(resolved_values=True))

        found = self.session.paginate.call_args.kwargs["params"]
        self.assertEqual({"resolved-values": True, "limit": 100}, found)

    def test_a_path_may_be_given(self):
        list(self.manager.list(base_path="/huts"))

        call = self.session.paginate.call_args
        self.assertEqual((f"{URL}/huts",), call.args)
        self.assertEqual({"limit": 100}, call.kwargs["params"])

    def test_a_page_is_not_fetched_before_it_is_needed(self):
        def pages():
            yield None, [{"id": 1}]
            raise AssertionError("the second page was fetched too early")

        self.session.paginate.return_value = pages()

        self.assertEqual(1, next(self.manager.list()).id)


class TestAnswers(ManagerTestCase):
    def test_an_answer_that_is_no_json_is_named(self):
        for verb, call in (
            ("get", lambda: self.manager.get(1)),
            ("post", lambda: self.manager.create(name="x")),
            ("put", lambda: self.manager.update(1, name="x")),
        ):
            response = fakes.answer(b"<html>Welcome</html>", url="http://wiki.example/")
            getattr(self.session, verb).return_value = response
            error = self.assertRaises(exceptions.UnexpectedResponse, call)
            self.assertIn("http://wiki.example/", str(error))
            self.assertIn("text/html", str(error))
            self.assertIs(response, error.response)

    def test_json_that_is_no_object_is_named(self):
        for body in (None, [], [{"id": 1}], "text", 5):
            self.session.get.return_value = fakes.answer(body)
            self.assertRaises(exceptions.UnexpectedResponse, self.manager.get, 1)

    def test_json_that_cannot_be_read_is_named(self):
        for raw in (b"", b"{", b'{"a": \xff}', b"[" * 100_000):
            self.session.get.return_value = fakes.answer(raw, Content_Type="application/json")
            self.assertRaises(exceptions.UnexpectedResponse, self.manager.get, 1)

    def test_a_subclass_may_choose_its_resource(self):
        class Pavilion(Tent):
            pass

        self.manager.resource_class = Pavilion

        self.assertIsInstance(self.manager.get(1), Pavilion)

    def test_the_resource_is_made_as_subclasses_know(self):
        resource_class = mock.Mock()
        self.manager.resource_class = resource_class

        self.manager.get(1)

        resource_class.assert_called_once_with(
            self.manager, {"id": 1, "name": "x"}, loaded=True
        )


class TestSignatures(base.TestCase):
    def test_they_are_the_documented_ones_for_every_kind(self):
        expected = {
            "create": "(skip_merge=False, **kwargs)",
            "get": "(item_id=None, skip_merge=True, **kwargs)",
            "update": "(item_id=None, skip_merge=True, *, if_match=None, **kwargs)",
            "delete": "(item_id=None, skip_merge=True, json=None, *, if_match=None, **kwargs)",
            "list": "(skip_merge=False, **kwargs)",
        }
        for manager in (kind.manager for kind in v1.kinds()):
            for name, text in expected.items():
                if manager.key == "device" and name == "list":
                    text = "(**kwargs)"
                self.assertEqual(text, _signature(getattr(manager, name)), name)
            self.assertEqual(
                "(session, url, **extra_request_kwargs)", _signature(manager.__init__)
            )


def _signature(function):
    """Return the signature of a method, without ``self`` and annotations."""
    found = inspect.signature(function)
    bare = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for name, parameter in found.parameters.items()
        if name != "self"
    ]
    return str(inspect.Signature(bare))


class TestSpellingOfIds(base.TestCase):
    """An id in another spelling than the printed one reaches no object."""

    SPELLINGS = (
        *("0001", "+1", " 1", "1 ", "1\n", "1_0", "\u0661", "1abc", "1.0", "1e0", "0x1", "-0"),
        *(True, 1.0, b"1", "abc", "\ud800"),
    )
    PROJECT = "b9f10eca-66ac-4c27-9c13-9d01e65f96b4"

    def setUp(self):
        super().setUp()
        self.session, self.below = fakes.session_on()
        self.client = client.Client(self.session, "http://craton.example")

    def refused(self, call: t.Callable[..., t.Any], *args: t.Any, **kwargs: t.Any) -> None:
        error = self.assertRaises(
            (exceptions.NotFound, exceptions.CommandError), call, *args, **kwargs
        )
        self.assertTrue(str(error))

    def test_several_values_of_a_filter(self):
        hosts = self.client.hosts
        for query in (
            {"region_id": [1, 2]},
            {"name": ("a", "b")},
            {"marker": [1, 2]},
            {"cell_id": ["0001"]},
        ):
            self.assertRaises(exceptions.BadRequest, next, hosts.list(**query))
        self.assertEqual([], self.below.urls)

    def test_of_each_kind_and_method(self):
        for collection in v1.COLLECTIONS:
            manager = getattr(self.client, collection)
            if collection == "projects":
                continue
            methods = [manager.get, manager.update, manager.delete, manager.deletion]
            if collection == "user_keys":  # cannot be updated
                methods.remove(manager.update)
            for spelling in self.SPELLINGS:
                for method in methods:
                    self.refused(method, spelling)
                self.refused(manager.get, **{f"{manager.key}_id": spelling})
        for spelling in self.SPELLINGS:
            self.refused(self.client.users.replace_key, spelling)
        self.assertEqual([], self.below.calls)

    def test_of_projects(self):
        for spelling in (
            self.PROJECT.upper(),
            self.PROJECT.replace("-", "").upper(),
            self.PROJECT.replace("-", "", 1),
            f"{{{self.PROJECT}}}",
            f"urn:uuid:{self.PROJECT}",
            f" {self.PROJECT}",
            "0001",
        ):
            for method in (self.client.projects.get, self.client.projects.delete):
                self.refused(method, spelling)
        self.assertEqual([], self.below.calls)

    def test_of_filters_and_markers(self):
        for spelling in filter(lambda given: isinstance(given, str), self.SPELLINGS):
            for name in ("region_id", "cell_id", "id", "marker"):
                query: dict[str, t.Any] = {name: spelling}
                error = self.assertRaises(
                    exceptions.BadRequest, list, self.client.hosts.list(**query)
                )
                self.assertIn(name, str(error))
        self.assertEqual([], self.below.calls)

    def test_the_printed_one_is_sent(self):
        for given in (1, "1"):
            self.below.answers.append(fakes.answer({"id": 1}))
            self.client.hosts.get(given)
        for text in (self.PROJECT, "1"):
            self.below.answers.append(fakes.answer({"id": self.PROJECT}))
            self.client.projects.get(text)
        self.assertEqual(
            ["hosts/1", "hosts/1", f"projects/{self.PROJECT}", "projects/1"],
            [url.partition("/v1/")[2] for url in self.below.urls],
        )
