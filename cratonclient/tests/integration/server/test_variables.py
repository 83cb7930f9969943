# SPDX-License-Identifier: Apache-2.0
"""Variables: the objects that have them, and inherited values."""

from __future__ import annotations

import json
import typing as t

from cratonclient.tests.integration.server import base

VALUES: dict[str, t.Any] = {
    "text": "x",
    "empty text": "",
    "not ascii": "ü☃\U0001f600",
    "integer": 5,
    "large": 10**60,
    "negative": -7,
    "float": 1.5,
    "exponent": 1e22,
    "true": True,
    "false": False,
    "null": None,
    "list": [1, [2, {"x": None}], "y"],
    "object": {"a": {"b": ["c"]}},
    "empty": {},
    "none": [],
    "key.with:signs, and blanks": 1,
    "ünï": 1,
    "'quoted\"": 1,
}


class TestVariables(base.ServerTestCase):
    """The variables of one object, under its path."""

    def _owners(self) -> t.Iterator[str]:
        for name in base.WITH_VARIABLES:
            yield f"/{name}/{self.root.make(name)['id']}"

    def test_they_begin_empty(self):
        for path in self._owners():
            with self.about(path):
                self.assertEqual({"variables": {}}, self.root.get(f"{path}/variables").json)

    def test_put_adds_and_replaces_and_leaves_the_others(self):
        for path in self._owners():
            with self.about(path):
                first = self.root.put(f"{path}/variables", {"a": 1, "b": 2})
                self.assertEqual({"variables": {"a": 1, "b": 2}}, first.json)
                second = self.root.put(f"{path}/variables", {"b": [3], "c": None})
                expected = {"variables": {"a": 1, "b": [3], "c": None}}
                self.assertEqual((200, expected), (second.status, second.json))
                self.assertEqual(expected, self.root.get(f"{path}/variables").json)
                self.assertEqual(expected["variables"], self.root.get(path).json["variables"])

    def test_put_with_nothing_changes_nothing(self):
        for path in self._owners():
            self.root.put(f"{path}/variables", {"a": 1})
            answer = self.root.put(f"{path}/variables", {})
            self.assertEqual({"variables": {"a": 1}}, answer.json)

    def test_delete_takes_those_that_are_named(self):
        for path in self._owners():
            with self.about(path):
                self.root.put(f"{path}/variables", {"a": 1, "b": 2, "c": 3})
                answer = self.root.delete(f"{path}/variables", ["a", "c", "nosuch", "a"])
                self.assertEqual((204, ""), (answer.status, answer.text))
                self.assertEqual(
                    {"variables": {"b": 2}}, self.root.get(f"{path}/variables").json
                )
                self.assertAnswer(self.root.delete(f"{path}/variables", []), 204)

    def test_every_json_value_survives(self):
        made = self.root.make("clouds", variables=VALUES)
        self.assertEqual(VALUES, made["variables"])
        path = f"/clouds/{made['id']}/variables"
        self.assertEqual(VALUES, self.root.get(path).json["variables"])
        other = f"/clouds/{self.root.make('clouds')['id']}/variables"
        self.assertEqual(VALUES, self.root.put(other, VALUES).json["variables"])

    def test_types_are_kept_apart(self):
        path = f"/clouds/{self.root.make('clouds')['id']}/variables"
        values = {"a": 1, "b": 1.0, "c": True, "d": "1", "e": -0.0}
        self.root.put(path, values)
        found = self.root.get(path).json["variables"]
        self.assertEqual(json.dumps(values), json.dumps(found))

    def test_a_repeated_key_is_refused(self):
        path = f"/clouds/{self.root.make('clouds')['id']}/variables"
        answer = self.root.put(path, text='{"a": 1, "b": {"c": 1, "c": 1}}')
        self.assertInvalid(answer, "b.c: duplicate name")
        self.assertEqual({}, self.root.get(path).json["variables"])

    def test_keys_that_differ_by_case_are_two(self):
        path = f"/clouds/{self.root.make('clouds')['id']}/variables"
        self.assertEqual(
            {"variables": {"a": 1, "A": 2}}, self.root.put(path, {"a": 1, "A": 2}).json
        )
        self.root.delete(path, ["a"])
        self.assertEqual({"variables": {"A": 2}}, self.root.get(path).json)

    def test_bad_bodies_are_refused_and_change_nothing(self):
        for path in self._owners():
            self.root.put(f"{path}/variables", {"n": 1})
            for method, text, problem in (
                ("PUT", "[]", "[] is not of type 'object'"),
                ("PUT", "null", "None is not of type 'object'"),
                ("PUT", None, "None is not of type 'object'"),
                ("PUT", '{"": 1, "n": 2}', "'' does not match any of the regexes: '^.+'"),
                ("DELETE", '{"n": 1}', "{'n': 1} is not of type 'array'"),
                ("DELETE", None, "None is not of type 'array'"),
                ("DELETE", '["n", 1]', "[1]: 1 is not of type 'string'"),
            ):
                with self.about(f"{method} {path} {text}"):
                    answer = self.root.call(method, f"{path}/variables", text=text)
                    self.assertInvalid(answer, problem)
            self.assertEqual({"variables": {"n": 1}}, self.root.get(f"{path}/variables").json)

    def test_a_creation_with_a_bad_key_makes_nothing(self):
        answer = self.root.post("/clouds", {"name": "bad key", "variables": {"": 1}})
        self.assertInvalid(answer, "variables: '' does not match any of the regexes: '^.+'")
        self.assertAnswer(self.root.get("/clouds?name=bad+key"), 404)

    def test_a_key_has_at_most_255_characters(self):
        path = f"/clouds/{self.root.make('clouds')['id']}/variables"
        self.assertAnswer(self.root.put(path, {"k" * 255: 1}), 200)
        self.assertAnswer(self.root.put(path, {"k" * 256: 1}), 400)

    def test_many_variables_at_once_are_fine(self):
        path = f"/clouds/{self.root.make('clouds')['id']}/variables"
        values = {f"key {number}": number for number in range(2000)}
        self.assertEqual(values, self.root.put(path, values).json["variables"])
        self.assertAnswer(self.root.delete(path, list(values)), 204)
        self.assertEqual({}, self.root.get(path).json["variables"])


class TestInheritance(base.ServerTestCase):
    """The sources of inherited values."""

    def setUp(self):
        super().setUp()
        # Root writes variables, since the chain includes a project; a user reads them.
        self.user = self.member()
        make = self.user.make
        cloud = make("clouds")["id"]
        region = make("regions", cloud_id=cloud)["id"]
        self.place = {"cloud_id": cloud, "region_id": region}
        cell = make("cells", **self.place)["id"]
        inside = {**self.place, "cell_id": cell}
        grandparent = make("hosts", **self.place)["id"]
        parent = make("network-devices", parent_id=grandparent, **self.place)["id"]
        host = make("hosts", parent_id=parent, **inside)["id"]
        self.chain = [
            f"/hosts/{host}",
            f"/network-devices/{parent}",
            f"/hosts/{grandparent}",
            f"/cells/{cell}",
            f"/regions/{region}",
            f"/clouds/{cloud}",
            f"/projects/{self.user.project_id}",
        ]
        self.switch = (
            f"/network-devices/{make('network-devices', parent_id=host, **inside)['id']}"
        )

    def _set(self, path: str, **values: t.Any) -> None:
        answer = self.root.put(f"{path}/variables", values)
        self.assertAnswer(answer, 200)

    def _resolved(self, path: str) -> dict[str, t.Any]:
        found: dict[str, t.Any] = self.user.get(path).json["variables"]
        return found

    def test_the_nearest_value_wins_and_deleting_it_uncovers_the_next(self):
        for path in self.chain:
            self._set(path, who=path)
        for path, after in zip(self.chain, [*self.chain[1:], None], strict=True):
            self.assertEqual({"who": path}, self._resolved(self.chain[0]))
            self.root.delete(f"{path}/variables", ["who"])
            expected = {"who": after} if after else {}
            self.assertEqual(expected, self._resolved(self.chain[0]))

    def test_every_level_adds_what_the_others_do_not_have(self):
        for number, path in enumerate(self.chain):
            self._set(path, **{f"only {number}": path})
        expected = {f"only {number}": path for number, path in enumerate(self.chain)}
        self.assertEqual(expected, self._resolved(self.chain[0]))
        self.assertEqual(expected, self._resolved(self.switch))

    def test_each_kind_inherits_from_these(self):
        host, device, top, cell, region, cloud, project = self.chain
        for path in self.chain:
            self._set(path, **{path: 1})
        for path, expected in (
            (device, {device, top, region, cloud, project}),
            (top, {top, region, cloud, project}),
            (cell, {cell, region, cloud, project}),
            (region, {region, cloud, project}),
            (cloud, {cloud}),
            (host, set(self.chain)),
        ):
            with self.about(path):
                self.assertEqual(expected, set(self._resolved(path)))
        self.assertEqual({project}, set(self.root.get(project).json["variables"]))

    def test_networks_and_interfaces_inherit_nothing(self):
        for path in self.chain:
            self._set(path, a=1)
        network = self.user.make("networks", **self.place)["id"]
        self.assertEqual({}, self._resolved(f"/networks/{network}"))
        device = int(self.chain[0].rpartition("/")[2])
        interface = self.user.make("network-interfaces", device_id=device)["id"]
        self.assertEqual({}, self._resolved(f"/network-interfaces/{interface}"))

    def test_null_hides_what_is_inherited(self):
        host, *above = self.chain
        for path in above:
            self._set(path, a="inherited", b="inherited")
        self._set(host, a=None)
        self.assertEqual({"a": None, "b": "inherited"}, self._resolved(host))
        self._set(above[0], b=None)
        self.assertEqual({"a": None, "b": None}, self._resolved(host))

    def test_false_and_empty_values_hide_too(self):
        host, *above = self.chain
        self._set(above[-1], a=1, b=1, c=1, d=1)
        self._set(host, a=0, b="", c=[], d=False)
        self.assertEqual({"a": 0, "b": "", "c": [], "d": False}, self._resolved(host))

    def test_objects_are_not_merged(self):
        host, *above = self.chain
        self._set(above[-1], o={"x": 1, "y": 1})
        self._set(host, o={"x": 2})
        self.assertEqual({"o": {"x": 2}}, self._resolved(host))

    def test_a_parent_gives_its_own_values_but_not_those_of_its_cell(self):
        place = {key: self.place[key] for key in ("cloud_id", "region_id")}
        other = self.user.make("cells", variables={"foreign": 1}, **place)
        parent = self.user.make("hosts", cell_id=other["id"], variables={"p": 1}, **place)
        child = self.user.make("hosts", parent_id=parent["id"], **place)
        self.assertEqual({"p": 1}, self._resolved(f"/hosts/{child['id']}"))
        self.assertEqual({"p": 1, "foreign": 1}, self._resolved(f"/hosts/{parent['id']}"))

    def test_a_change_above_is_seen_below_at_once(self):
        host, device, top, *_ = self.chain
        self._set(top, a=1)
        self.assertEqual({"a": 1}, self._resolved(host))
        self.user.put(device, {"parent_id": None})
        self.assertEqual({}, self._resolved(host))

    def test_own_values_are_shown_on_demand(self):
        for path in self.chain:
            self._set(path, a=path)
        self.root.delete(f"{self.chain[0]}/variables", ["a"])
        for path, expected in (
            (self.chain[0], {}),
            *((path, {"a": path}) for path in (*self.chain[1:2], *self.chain[3:5])),
        ):
            with self.about(path):
                self.assertEqual(expected, self._resolved(f"{path}?resolved-values=false"))

    def test_the_path_of_variables_resolves_for_hosts_only(self):
        host, *above = self.chain
        for path in above:
            self._set(path, a=path)
        self.assertEqual({"a": above[0]}, self._resolved(f"{host}/variables"))
        self.assertEqual({}, self._resolved(f"{host}/variables?resolved-values=false"))
        self.assertEqual({}, self._resolved(f"{self.switch}/variables"))
        self.assertEqual({"a": above[0]}, self._resolved(self.switch))
        self.root.delete(f"{above[3]}/variables", ["a"])
        self.assertEqual({}, self._resolved(f"{above[3]}/variables"))

    def test_put_and_delete_are_about_own_values(self):
        host, *above = self.chain
        self._set(above[-1], a="project")
        answer = self.user.put(f"{host}/variables", {"b": 1})
        self.assertEqual({"variables": {"b": 1}}, answer.json)
        self.assertAnswer(self.user.delete(f"{host}/variables", ["a"]), 204)
        self.assertEqual({"a": "project", "b": 1}, self._resolved(host))

    def test_a_creation_shows_own_values(self):
        self._set(self.chain[4], a=1)
        made = self.user.make("hosts", variables={"b": 1}, **self.place)
        self.assertEqual({"b": 1}, made["variables"])

    def test_lists_resolve_as_single_objects_do(self):
        for number, path in enumerate(self.chain):
            self._set(path, who=path, **{f"only {number}": 1})
        self._set(self.chain[2], who=None)
        for name in ("regions", "cells", "hosts", "network-devices", "devices"):
            body = self.user.get(f"/{name}?details=true").json
            groups = base.envelope(name, body)
            groups = groups if isinstance(groups, dict) else {name: groups}
            for kind, items in groups.items():
                self.assertNotEqual([], items)
                for item in items:
                    path = f"/{kind}/{item['id']}"
                    with self.about(f"{name} {path}"):
                        self.assertEqual(self._resolved(path), item["variables"])
