# SPDX-License-Identifier: Apache-2.0
"""``/v1/lookups`` finds many objects by their names and ids, in one request."""

from __future__ import annotations

from cratonclient import v1
from cratonclient.tests.integration.server import base
from cratonserver.openapi import lookup_schemas


class TestLookups(base.ServerTestCase):
    def setUp(self):
        super().setUp()
        self.user = self.member()

    def test_names_and_ids(self):
        one, other = self.user.make("clouds"), self.user.make("clouds")
        self.user.make("clouds")
        wanted = {
            "kind": "clouds",
            "names": [one["name"], "nope"],
            "ids": [other["id"], 999999],
        }
        answer = self.user.post("/lookups", wanted)
        self.assertAnswer(answer, 200)
        found = {row["id"]: row for row in answer.json["objects"]}
        self.assertEqual({one["id"], other["id"]}, found.keys())
        self.assertEqual(one["name"], found[one["id"]]["name"])
        last = self.user.get("/changes").json["last_revision"]
        self.assertEqual({self.user.project_id: last}, answer.json["revisions"])

    def test_variables(self):
        region = self.user.make("regions", variables={"a": 1})
        place = {"region_id": region["id"], "cloud_id": region["cloud_id"]}
        host = self.user.make("hosts", variables={"b": 2}, **place)
        for which, wanted in (("own", {"b": 2}), ("resolved", {"a": 1, "b": 2})):
            body = {"kind": "hosts", "ids": [host["id"]], "variables": which}
            [found] = self.user.post("/lookups", body).json["objects"]
            self.assertEqual(wanted, found["variables"])

    def test_several_objects_with_a_name(self):
        first = self.user.make("regions", name="same")
        second = self.user.make("regions", name="same")
        answer = self.user.post("/lookups", {"kind": "regions", "names": ["same"]})
        self.assertEqual(
            [first["id"], second["id"]], [one["id"] for one in answer.json["objects"]]
        )

    def test_what_is_refused(self):
        many = ["x"] * (lookup_schemas.MOST_WANTED + 1)
        for body, status in (
            ({"kind": "users", "names": ["root"]}, 400),
            ({"kind": "hosts", "names": [1]}, 400),
            ({"kind": "hosts", "names": many}, 400),
            ({"names": []}, 400),
            ({"kind": "projects", "names": ["x"]}, 400),
            ({"kind": "hosts", "ids": ["01"]}, 404),
        ):
            self.assertEqual(status, self.user.post("/lookups", body).status, str(body)[:80])

    def test_the_kinds_that_the_library_changes_in_change_sets(self):
        schema = self.user.get("/openapi.json").json["paths"]["/v1/changes"]["post"]
        content = schema["requestBody"]["content"]["application/json"]["schema"]
        there = content["properties"]["changes"]["items"]["properties"]["kind"]["enum"]
        known = {
            kind.collection
            for kind in v1.kinds()
            if kind.can("create") and kind.resource_class.in_change_sets
        }
        self.assertLessEqual(known, {*there})
