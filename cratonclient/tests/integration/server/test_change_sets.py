# SPDX-License-Identifier: Apache-2.0
"""Posted change sets: all or nothing, references, refusals by position, and dry runs."""

from __future__ import annotations

import typing as t

from cratonclient.tests.integration.server import base


class ChangeSetsTestCase(base.ServerTestCase):
    def setUp(self):
        super().setUp()
        self.user = self.member()

    def post(self, *changes: dict[str, t.Any], **more: t.Any) -> base.Answer:
        """Post a change set."""
        return self.user.post("/changes", {"changes": [*changes], **more})

    def creation(self, kind: str, **values: t.Any) -> dict[str, t.Any]:
        """Return the change that creates an object."""
        return {"action": "create", "kind": kind.replace("-", "_"), "values": values}

    def hosts(self, number: int, **more: t.Any) -> list[dict[str, t.Any]]:
        """Return changes that create hosts in a new region."""
        region = self.user.make("regions")
        place = {"region_id": region["id"], "cloud_id": region["cloud_id"]}
        return [
            self.creation("hosts", **self.user.needed("hosts", {**place, **more}))
            for _ in range(number)
        ]


class TestPosting(ChangeSetsTestCase):
    def test_what_is_created_can_be_used_at_once(self):
        answer = self.post(
            self.creation("clouds", name="c"),
            self.creation("regions", name="r", cloud_id={"created": 0}),
            {
                "action": "update",
                "kind": "regions",
                "id": {"created": 1},
                "values": {"note": "new"},
                "variables": {"set": {"a": {"b": 1}}},
            },
            reason="first",
        )
        self.assertAnswer(answer, 200)
        region = self.user.get(f"/regions/{answer.json['created']['1']}").json
        self.assertEqual(answer.json["created"]["0"], region["cloud_id"])
        self.assertEqual(("new", {"a": {"b": 1}}), (region["note"], region["variables"]))
        change = self.user.get(f"/changes/{answer.json['revision']}").json
        self.assertEqual("first", change["reason"])
        self.assertEqual({"clouds", "regions"}, {one["kind"] for one in change["objects"]})

    def test_all_or_nothing_with_all_refusals(self):
        for who in (self.user, self.root):
            self.user = who
            with self.about(who.headers["X-Auth-User"]):
                self.assert_all_or_nothing()

    def assert_all_or_nothing(self) -> None:
        known = self.user.make("clouds")["name"]
        before = self.user.names("/clouds")
        answer = self.post(
            self.creation("clouds", name="fine"),
            self.creation("clouds", name=known),
            {"action": "update", "kind": "clouds", "id": base.NOWHERE, "values": {"note": "x"}},
            self.creation("regions", name="r", cloud_id={"created": 1}),
            self.creation("clouds", nam="x"),
            {"action": "delete", "kind": "hosts", "id": base.NOWHERE},
        )
        self.assertAnswer(answer, 400)
        errors = {
            one["position"]: (one["kind"], one["status"]) for one in answer.json["errors"]
        }
        wanted = {1: ("clouds", 409), 2: ("clouds", 404), 4: ("clouds", 400), 5: ("hosts", 404)}
        self.assertEqual(wanted, errors)
        self.assertEqual(before, self.user.names("/clouds"))

    def test_the_message_of_a_refused_change_has_the_lines_of_the_change(self):
        alone = self.user.post("/clouds", {"nam": "x", "name": "y", "no": "z"})
        wanted = alone.json["message"]
        answer = self.post(self.creation("clouds", nam="x", name="y", no="z"))
        self.assertAnswer(answer, 400)
        self.assertEqual(wanted, answer.json["errors"][0]["message"])
        title = "A change is refused, and nothing was changed. changes[0] (create clouds y): "
        self.assertEqual(title + wanted, answer.json["message"])
        self.assertIn("errors:\n- ", answer.json["message"])

    def test_a_name_adds_no_line_to_the_message(self):
        name = "a\n- fine"
        answer = self.post(self.creation("clouds", nam="x", name=name))
        first, *lines = answer.json["message"].splitlines()
        self.assertIn("(create clouds a\\n- fine): ", first)
        self.assertFalse([line for line in lines if line.startswith("- fine")], lines)

    def test_after_a_refused_change_others_are_tried(self):
        for who in (self.user, self.root):
            self.user = who
            taken, other = (self.user.make("clouds") for _ in range(2))
            name = {"values": {"name": taken["name"]}}
            answer = self.post(
                {"action": "update", "kind": "clouds", "id": other["id"], **name},
                {"action": "delete", "kind": "clouds", "id": taken["id"]},
                {"action": "delete", "kind": "clouds", "id": taken["id"]},
            )
            with self.about(who.headers["X-Auth-User"]):
                found = [
                    (one["position"], one["status"]) for one in answer.json.get("errors", ())
                ]
                self.assertEqual([(0, 409), (2, 404)], found, answer.json)

    def test_changes_that_are_not_valid_are_reported_with_the_others(self):
        host = self.user.make("hosts")["id"]
        big, parts = 10**22, {"variables": {"set": {"a": 1}}, "labels": {"add": ["l"]}}
        update = {"action": "update", "kind": "hosts"}
        creation = self.creation("clouds", name="n")
        cases: list[tuple[t.Any, int, dict[str, t.Any], str]] = [
            (7, 400, {"action": None, "kind": None, "id": None}, "7 is not of type"),
            ({**update, "id": True}, 400, {"id": True}, "True"),
            ({**update, "kind": "toys", "id": 1}, 400, {"kind": "toys"}, "'toys'"),
            ({**update, "id": big}, 404, {"id": big}, "Not Found"),
            ({**creation, **parts}, 400, {"name": "n"}, "labels: the action 'create'"),
            ({**creation, "unchanged_since": 1}, 400, {}, "unchanged_since"),
            ({**creation, "id": 1}, 400, {}, "the server assigns it"),
            ({"action": "delete", "kind": "hosts", "id": host, **parts}, 400, {}, "labels"),
            ({**update, "action": "delete", "id": host, "values": {}}, 400, {}, "values"),
        ]
        for change, status, shown, words in cases:
            with self.about(str(change)):
                answer = self.post(
                    {**update, "id": host, "values": {"note": "x"}},
                    change,
                    {"action": "delete", "kind": "clouds", "id": base.NOWHERE},
                )
                first, second = answer.json["errors"]
                self.assertEqual((1, status), (first["position"], first["status"]), first)
                self.assertEqual(shown, {name: first[name] for name in shown})
                self.assertIn(words, first["message"])
                self.assertEqual((2, 404), (second["position"], second["status"]))
        self.assertIsNone(self.user.get(f"/hosts/{host}").json["note"])

    def test_what_would_be_ignored_is_refused(self):
        changes = {"changes": [self.creation("clouds", name="ignored")]}
        revision = self.user.get("/changes").json["last_revision"]
        headers = {"If-Match": '"1"'}
        for path, more, words in (
            ("/changes?dry_run=true", {}, "dry_run"),
            ("/changes", {"headers": headers}, "If-Match"),
            (f"/changes/{revision}/undo", {"headers": headers}, "If-Match"),
            ("/lookups?kind=hosts", {}, "kind"),
        ):
            with self.about(path):
                body = {} if "undo" in path else changes
                answer = self.user.post(path, body, **more)
                self.assertAnswer(answer, 400)
                self.assertIn(words, answer.json["message"])
        answer = self.user.post("/clouds", {"name": "ignored"}, headers=headers)
        self.assertAnswer(answer, 400)
        self.assertEqual([], self.user.names("/clouds"))

    def test_a_revision_has_one_spelling(self):
        self.user.make("clouds")
        last = self.user.get("/changes").json["last_revision"]
        self.assertAnswer(self.user.get(f"/changes/{last}"), 200)
        for before in ("0", "000", "%2B", "%20", "0" * 30):
            self.assertAnswer(self.user.get(f"/changes/{before}{last}"), 404)

    def test_all_refusals_of_many(self):
        changes = [
            {"action": "delete", "kind": "clouds", "id": base.NOWHERE} for _ in range(1100)
        ]
        answer = self.post(*changes)
        self.assertAnswer(answer, 404)
        found = [one["position"] for one in answer.json["errors"]]
        self.assertEqual([*range(1100)], found)

    def test_many_of_each_kind_by_everyone(self):
        for who in (self.user, self.root):
            self.user = who
            for kind in (one for one in base.INVENTORY if one != "projects"):
                with self.about(f"{who.headers['X-Auth-User']}: {kind}"):
                    place = self.user.needed(kind, {})
                    names = [
                        self.user.needed(kind, place) | {"name": f"n{i}"} for i in range(3)
                    ]
                    answer = self.post(*(self.creation(kind, **values) for values in names))
                    self.assertAnswer(answer, 200)
                    self.assertEqual(3, len(answer.json["created"]))

    def test_objects_of_several_projects_are_refused(self):
        others = [self.member().make("clouds")["id"] for _ in range(2)]
        self.user = self.root
        answer = self.post(*({"action": "delete", "kind": "clouds", "id": i} for i in others))
        self.assertAnswer(answer, 400)
        self.assertIn("one project", answer.json["message"])
        for item_id in others:
            self.assertAnswer(self.root.get(f"/clouds/{item_id}"), 200)

    def test_a_dry_run_changes_nothing(self):
        cloud = self.user.make("clouds", variables={"a": 1})
        before = self.user.get("/changes").json["last_revision"]
        answer = self.post(
            {"action": "delete", "kind": "clouds", "id": cloud["id"]}, dry_run=True
        )
        self.assertAnswer(answer, 200)
        [deleted] = answer.json["objects"]
        self.assertEqual(
            ("deleted", {"a": 1}), (deleted["action"], deleted["before"]["variables"])
        )
        self.assertAnswer(self.user.get(f"/clouds/{cloud['id']}"), 200)
        self.assertEqual(before, self.user.get("/changes").json["last_revision"])

    def test_an_object_that_has_moved_on_is_refused(self):
        cloud = self.user.make("clouds")["id"]
        since = self.user.get("/changes").json["last_revision"]
        change = {"action": "update", "kind": "clouds", "id": cloud, "values": {"note": "x"}}
        self.user.put(f"/clouds/{cloud}/variables", {"a": 1})
        answer = self.post({**change, "unchanged_since": since})
        self.assertAnswer(answer, 412)
        self.assertEqual([cloud], [one["id"] for one in answer.json["errors"]])
        self.assertAnswer(self.post({**change, "unchanged_since": since + 1}), 200)

    def test_quotas_count_all_of_them(self):
        self.root.put(f"/quotas/{self.user.project_id}", {"hosts": 5})
        self.assertAnswer(self.post(*self.hosts(6)), 403)
        self.assertEqual([], self.user.names("/hosts"))
        self.assertAnswer(self.post(*self.hosts(5)), 200)


class TestUnchangedSince(ChangeSetsTestCase):
    """Changes of others after a revision are refused, and nothing else."""

    def since(self) -> int:
        """Return the last revision."""
        return t.cast("int", self.user.get("/changes").json["last_revision"])

    def test_changes_of_the_same_set_do_not_count(self):
        hosts = [self.user.make("hosts")["id"] for _ in range(3)]
        since = self.since()
        change = {"action": "update", "kind": "hosts", "unchanged_since": since}
        answer = self.post(
            {**change, "id": hosts[0], "values": {"note": "a"}},
            {**change, "id": hosts[0], "variables": {"set": {"v": 1}}},
            *({**change, "id": one, "values": {"note": "a"}} for one in hosts[1:]),
            *({**change, "id": one, "values": {"note": "b"}} for one in hosts[1:]),
            {"action": "delete", "kind": "hosts", "id": hosts[1], "unchanged_since": since},
            *self.hosts(1),
            {
                "action": "delete",
                "kind": "hosts",
                "id": {"created": 7},
                "unchanged_since": since,
            },
        )
        self.assertAnswer(answer, 200)

    def test_a_revision_that_does_not_exist(self):
        hosts = [self.user.make("hosts")["id"] for _ in range(3)]
        for number in (1, 3):
            for since in (self.since() + 1, 10**30):
                for what in (
                    {"action": "update", "values": {"note": "a"}},
                    {"action": "update", "variables": {"set": {"v": 1}}},
                    {"action": "delete"},
                ):
                    with self.subTest(number=number, since=since, what=what):
                        given = {"kind": "hosts", "unchanged_since": since, **what}
                        answer = self.post(*({**given, "id": one} for one in hosts[:number]))
                        self.assertAnswer(answer, 400)
                        self.assertIn(f"revision is {self.since()}", answer.json["message"])

    def test_deletions_of_what_joined_or_changed_inside(self):
        for number in (1, 3):
            for how in ("joins", "moves", "changes", "gets a variable", "gets a label"):
                with self.subTest(number=number, how=how):
                    self.assert_contents_are_checked(number, how)

    def assert_contents_are_checked(self, number: int, how: str) -> None:
        regions = [self.user.make("regions") for _ in range(number)]
        where = {"region_id": regions[-1]["id"], "cloud_id": regions[-1]["cloud_id"]}
        inside = self.user.make("hosts", **where)["id"]
        path = f"/hosts/{inside}"
        other = {"region_id": self.user.make("regions", cloud_id=where["cloud_id"])["id"]}
        elsewhere = self.user.make("hosts", **{**where, **other})["id"]
        since = self.since()
        if how == "joins":
            path = f"/hosts/{self.user.make('hosts', **where)['id']}"
        elif how == "moves":
            path = f"/hosts/{elsewhere}"
            self.assertAnswer(self.user.put(path, {"region_id": where["region_id"]}), 200)
        elif how == "changes":
            self.user.put(path, {"note": "changed"})
        elif how == "gets a variable":
            self.user.put(f"{path}/variables", {"a": 1})
        else:
            self.user.put(f"{path}/labels", {"labels": ["a"]})
        change = {"action": "delete", "kind": "regions"}
        deletions = [{**change, "id": one["id"]} for one in regions]
        answer = self.post(*({**one, "unchanged_since": since} for one in deletions))
        self.assertAnswer(answer, 412)
        self.assertIn(f"(id {path.rpartition('/')[2]}, revision", answer.json["message"])
        self.assertEqual(1, len(answer.json["errors"]))
        self.assertAnswer(self.user.get(path), 200)
        since = self.since()
        answer = self.post(*({**one, "unchanged_since": since} for one in deletions))
        self.assertAnswer(answer, 200)
