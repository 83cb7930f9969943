# SPDX-License-Identifier: Apache-2.0
"""The sizes of responses: large ones are sent from a file, larger ones are refused."""

from __future__ import annotations

import json
import typing as t
import unittest.mock

import sqlalchemy as sa

from cratonclient.tests.integration.server import base, databases
from cratonserver import composition
from cratonserver.api import json_parts, spool
from cratonserver.config.settings import Limits, Log, Settings
from cratonserver.db import variables

KIB = 1024
VARIABLES = "needs more than 262144 bytes of variables at once (variables_size)"
RESPONSE = "would be larger than 1048576 bytes (response_size)"


class SizesTestCase(base.ServerTestCase):
    application: t.ClassVar[t.Any]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        limits = Limits(response_size=KIB * KIB, variables_size=256 * KIB)
        settings = Settings(limits=limits, log=Log(access_log=False))
        cls.application = composition.application_of(cls.store, settings)

    def setUp(self):
        super().setUp()
        self.user = self.member()
        self.limited = base.Caller(self.application, self.user.headers)
        region = self.user.make("regions")
        self.region = f"/regions/{region['id']}/variables"
        self.place = {"cloud_id": region["cloud_id"], "region_id": region["id"]}

    def hosts(self, number: int, **fields: t.Any) -> list[int]:
        """Create hosts, and return their ids."""
        return [self.user.make("hosts", **fields, **self.place)["id"] for _ in range(number)]

    def assertRefused(self, answer: base.Answer, text: str) -> None:
        self.assertAnswer(answer, 413)
        self.assertIn(text, answer.json["message"])


class TestLimits(SizesTestCase):
    def test_inherited_values_of_many_rows(self):
        self.hosts(12)
        self.user.put(self.region, {"text": "x" * 100 * KIB})
        for path in ("/hosts?details=true", "/devices?details=true", "/ansible-inventory"):
            self.assertRefused(self.limited.get(path), RESPONSE)
            self.assertAnswer(self.user.get(path), 200)
        self.assertAnswer(self.limited.get("/hosts"), 200)
        self.assertAnswer(self.limited.get("/hosts?details=true&limit=10"), 200)

    def test_own_values_of_many_rows(self):
        self.hosts(3, variables={"text": "x" * 100 * KIB})
        for path in ("/hosts?details=true", "/ansible-inventory"):
            self.assertRefused(self.limited.get(path), VARIABLES)
            self.assertAnswer(self.user.get(path), 200)

    def test_values_of_one_object(self):
        self.user.put(self.region, {"a": "x" * 200 * KIB, "b": "y" * 100 * KIB})
        for path in (self.region, self.region.removesuffix("/variables")):
            self.assertRefused(self.limited.get(path), VARIABLES)
            self.assertAnswer(self.user.get(path), 200)

    def test_put_is_refused_before_anything_changes(self):
        self.user.put(self.region, {"a": "x" * 200 * KIB, "b": "y" * 100 * KIB})
        self.assertRefused(self.limited.put(self.region, {"c": 1}), VARIABLES)
        self.assertEqual({"a", "b"}, set(self.user.get(self.region).json["variables"]))
        self.assertAnswer(self.limited.delete(self.region, ["a"]), 204)
        self.assertAnswer(self.limited.put(self.region, {"c": 1}), 200)

    def test_very_long_texts_in_the_database(self):
        table = self.store.tables.metadata.tables["region_variables"]
        text = json.dumps("x" * 9 * 2**20)
        owner = self.place["region_id"]
        with databases.writing(self.store) as connection:
            for name in ("a", "b", "c", "d", "e", "f", "g", "h"):
                row = {"owner_id": owner, "name": name, "value": text}
                connection.execute(sa.insert(table).values(row))
        self.assertRefused(self.limited.get(self.region), VARIABLES)
        self.assertAnswer(self.limited.get("/regions"), 200)


class TestFiles(SizesTestCase):
    """Responses that are written to a file are the same as those that are not."""

    def setUp(self):
        super().setUp()
        self.user.put(
            self.region,
            {
                "ntp": ["a", {"b": "é", "a": 2**70}],
                "n": 1.5,
                "deep": {"z": [[[1, {}]]], "a": []},
            },
        )
        above = self.hosts(2, variables={"own": {"y": 1, "x": "ü"}, "n": None})[0]
        self.hosts(2, parent_id=above, labels=["web"])
        self.user.make("network-devices", **self.place, variables={"vlan": 7})

    def paths(self) -> t.Iterator[str]:
        yield from ("/hosts?details=true", "/devices?details=true", "/ansible-inventory")
        yield from ("/hosts", self.region, self.region.removesuffix("/variables"))
        host = self.user.items("/hosts")[-1]["id"]
        yield from (f"/hosts/{host}", f"/hosts/{host}/variables")

    def test_same_bytes(self):
        before = {path: self.user.get(path) for path in self.paths()}
        with (
            unittest.mock.patch.object(spool, "_SMALL", -1),
            unittest.mock.patch.object(spool, "_IN_MEMORY", 1),
            unittest.mock.patch.object(json_parts, "_LIGHT", 3),
            unittest.mock.patch.object(json_parts, "_SLICE", 2),
            unittest.mock.patch.object(variables, "_MANY", 0),
            unittest.mock.patch("cratonserver.api.inventory_parts._LARGE", 0),
            unittest.mock.patch("cratonserver.api.inventory_parts._BATCH", 2),
        ):
            for path, wanted in before.items():
                with self.about(path):
                    found = self.user.get(path)
                    self.assertEqual(wanted.text, found.text)
                    self.assertEqual(str(len(found.text.encode())), _length(found))
                    head = self.user.call("HEAD", path)
                    self.assertEqual(("", _length(found)), (head.text, _length(head)))
            answer = self.user.put(self.region, {"n": 1})
        self.assertEqual(self.user.get(self.region).text, answer.text)

    def test_no_room(self):
        failing = unittest.mock.Mock(side_effect=OSError(28, "No space left on device"))
        with (
            unittest.mock.patch.object(spool, "_SMALL", -1),
            unittest.mock.patch("tempfile.SpooledTemporaryFile", return_value=failing),
        ):
            failing.write = failing
            answer = self.user.get("/hosts?details=true")
        self.assertAnswer(answer, 503, "The server has no room for the response.")


def _length(answer: base.Answer) -> str | None:
    lengths = [v for name, v in answer.headers.items() if name.lower() == "content-length"]
    return lengths[0] if len(lengths) == 1 else None
