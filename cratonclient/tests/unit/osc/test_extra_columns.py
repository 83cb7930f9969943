# SPDX-License-Identifier: Apache-2.0
"""Columns with names of other objects and with variables: values, and requests."""

from __future__ import annotations

import typing as t
from unittest import mock

from cratonclient import exceptions, v1
from cratonclient.tests import base
from cratonclient_osc.output import exit_status
from cratonclient_osc.verbs import extra_columns
from cratonclient_osc.verbs.reference_names import ReferenceNames

HOST = v1.kind("hosts").fields


class FakeManager:
    """A manager that counts its requests.

    :param names: names of the objects by id.
    :param refuses: error of every list.
    """

    def __init__(
        self, collection: str, names: dict[int, str], refuses: Exception | None = None
    ) -> None:
        self.resource_class = v1.kind(collection).resource_class
        self.requests: list[str] = []
        self._names, self._refuses = names, refuses

    def pages(self, limit: int, **options: t.Any) -> t.Iterator[list[dict[str, t.Any]]]:
        """Generate the pages of the list."""
        items = [{"id": key, "name": name} for key, name in self._names.items()]
        for start in range(0, len(items), limit):
            self.requests.append("page")
            if self._refuses:
                raise self._refuses
            yield items[start : start + limit]

    def get(self, item_id: int) -> t.Any:
        """Return one object."""
        self.requests.append(f"get {item_id}")
        if item_id not in self._names:
            raise exceptions.NotFound
        found = mock.Mock()
        found.name = self._names[item_id]
        return found


def client(**managers: FakeManager) -> t.Any:
    """Return a client with fake managers."""
    return mock.Mock(spec_set=[*managers], **managers)


class TestReferenceNames(base.TestCase):
    def test_a_short_collection_is_read_once(self):
        regions = FakeManager("regions", {n: f"r{n}" for n in range(1, 51)})
        names = ReferenceNames(client(regions=regions), "regions")
        for _ in range(3):
            self.assertEqual("r7", names.of([7, 8, None, 7])[7])
        self.assertEqual(["page"], regions.requests)
        self.assertIsNone(names.of([None])[None])

    def test_no_more_pages_than_names(self):
        cells = FakeManager("cells", {n: f"c{n}" for n in range(1, 1001)})
        names = ReferenceNames(client(cells=cells), "cells")
        self.assertEqual("c990", names.of([990])[990])
        self.assertEqual(["page", "get 990"], cells.requests)
        self.assertEqual("c150", names.of([150])[150])
        self.assertEqual(["page", "get 990", "page"], cells.requests)

    def test_an_object_that_does_not_exist_any_more(self):
        cells = FakeManager("cells", {1: "c1"})
        names = ReferenceNames(client(cells=cells), "cells")
        for _ in range(2):
            self.assertEqual(("c1", None), (names.of([1, 2])[1], names.of([1, 2])[2]))
        self.assertEqual(["page", "get 2"], cells.requests)

    def test_a_list_that_the_user_may_not_read(self):
        refused = FakeManager("projects", {1: "a"}, exceptions.Forbidden())
        names = ReferenceNames(client(projects=refused), "projects")
        found = names.of([1, 2])
        self.assertEqual(("a", None), (found[1], found[2]))

    def test_other_errors_are_not_hidden(self):
        failing = FakeManager("projects", {1: "a"}, exceptions.InternalServerError())
        names = ReferenceNames(client(projects=failing), "projects")
        self.assertRaises(exceptions.InternalServerError, names.of, [1])

    def test_devices_are_hosts_or_network_devices(self):
        managers = {
            "devices": FakeManager("devices", dict.fromkeys(range(1, 300), "x")),
            "hosts": FakeManager("hosts", {}),
            "network_devices": FakeManager("network_devices", {900: "sw"}),
        }
        names = ReferenceNames(client(**managers), "devices")
        self.assertEqual("sw", names.of([900])[900])


class TestColumns(base.TestCase):
    def test_references(self):
        wanted = ["cloud", "region", "cell", "parent", "project"]
        self.assertEqual(wanted, list(extra_columns.references(HOST)))
        for kind in v1.kinds():
            self.assertFalse({*extra_columns.references(kind.fields)} & {*kind.fields})

    def test_check(self):
        known = ["name", "variables"]
        extra_columns.check("-c", ["name", 'variables."a.b"[0].c'], known)
        for column, said in (
            ("nmae", "Did you mean name"),
            ("variable.rack", "variables.<path>"),
            ("variables.", "Column 'variables.': '' is not a valid path"),
            ("variables.os..x", "Column 'variables.os..x': 'os..x' is not a valid path"),
            ("variables.a[*]", "filters of lists"),
        ):
            error = self.assertRaises(
                exceptions.CommandError, extra_columns.check, "-c", [column], known
            )
            self.assertEqual(exit_status.USAGE, exit_status.status_of(error))
            self.assertIn(said, str(error))
        self.assertRaises(
            exit_status.UsageError, extra_columns.check, "-c", ["variables.rack"], ["name"]
        )

    def test_several_in_one_word(self):
        known = ["name", "region", "variables"]
        for column, repeated in (
            ("name,region", "-c name -c region"),
            ("name, region,", "-c name -c region"),
            ("name,nmae", "-c name -c nmae"),
            ("name,variables.os", "-c name -c variables.os"),
            ("variables.os,name", "-c variables.os -c name"),
            ("variables.a,variables.b", "-c variables.a -c variables.b"),
            ("a b,name", "-c 'a b' -c name"),
        ):
            error = self.assertRaises(
                exit_status.UsageError, extra_columns.check, "-c", [column], known
            )
            self.assertIn(f"{column!r}. Repeat it: {repeated}", str(error))

    def test_names_with_commas(self):
        for column in ("variables.a,b", 'variables."a,name"', "a,b"):
            extra_columns.check("-c", [column], ["name", "variables", "a,b"])

    def test_variables(self):
        rows: list[dict[str, t.Any]] = [
            {"id": 1, "variables": {"os": {"kernel": "6"}, "nics": [{"mac": "x"}]}},
            {"id": 2, "variables": {"os": "linux"}},
            {"id": 3},
        ]
        names = ["id", "variables.os.kernel", "variables.nics[0].mac", "variables.os"]
        (page,) = extra_columns.with_values(None, HOST, names, [rows])
        self.assertEqual(["6", None, None], [info["variables.os.kernel"] for info in page])
        self.assertEqual(["x", None, None], [info["variables.nics[0].mac"] for info in page])
        self.assertEqual(
            [{"kernel": "6"}, "linux", None], [info["variables.os"] for info in page]
        )
