# SPDX-License-Identifier: Apache-2.0
"""Names for completion: the requests, and the cache."""

from __future__ import annotations

import types
import typing as t
from unittest import mock

from cratonclient import exceptions
from cratonclient.tests import base
from cratonclient_osc.program import completion_names
from cratonclient_osc.program.names_cache import Names, NamesCache


class FakeManager:
    """A manager of some names.

    :param names: the names; their ids count from 1.
    :param knows_prefixes: ``False`` for an original server.
    """

    resource_class = types.SimpleNamespace(NAME_ATTR="name")

    def __init__(self, *names: str, knows_prefixes: bool = True) -> None:
        self._rows = [types.SimpleNamespace(id=n, name=name) for n, name in enumerate(names, 1)]
        self._knows_prefixes = knows_prefixes
        self.queries: list[dict[str, t.Any]] = []

    def list(self, name_prefix: str = "", **query: t.Any) -> t.Iterator[t.Any]:
        """Generate rows, sorted by name."""
        self.queries.append({**query, "name_prefix": name_prefix})
        if name_prefix and not self._knows_prefixes:
            raise exceptions.BadRequest("Additional properties are not allowed")
        found = [row for row in self._rows if row.name.startswith(name_prefix)]
        found.sort(key=lambda row: row.name, reverse=query.get("sort_dir") == "desc")
        return iter(found[: None if query.get("autopaginate", True) else query["limit"]])


def fetch(prefix: str, *managers: FakeManager) -> tuple[str, list[str], bool]:
    """Return the prefix of the fetched names, the names, and whether they are complete."""
    found, names = completion_names._fetch([*managers], prefix)
    return found, [name for _, name in names.pairs], names.complete


class TestFetch(base.TestCase):
    """The requests for names."""

    def test_the_server_is_asked_for_the_prefix(self):
        manager = FakeManager("web-1", "web-2", "db")
        self.assertEqual(("web", ["web-1", "web-2"], True), fetch("web", manager))
        (query,) = manager.queries
        self.assertEqual("web", query["name_prefix"])
        # Without the id, the original server ends a list early.
        self.assertEqual("name,id", query["sort_keys"])

    def test_an_original_server_lists_everything(self):
        manager = FakeManager("web-1", "db", knows_prefixes=False)
        self.assertEqual(("", ["db", "web-1"], True), fetch("web", manager))

    def test_of_very_many_the_first_and_the_last_are_fetched(self):
        self.patch(completion_names, "MANY", 3)
        self.patch(completion_names, "_PAGE_SIZE", 2)
        manager = FakeManager(*"abcdefgh")
        self.assertEqual(("", ["a", "b", "c", "d", "h", "g"], False), fetch("", manager))

    def test_digits_are_the_beginning_of_ids_as_well(self):
        few = FakeManager(*"abc")
        self.assertEqual(("", ["a", "b", "c"], True), fetch("1", few))
        self.patch(completion_names, "MANY", 2)
        many = FakeManager("a", "b", "1c")
        self.assertEqual(("1", ["1c"], True), fetch("1", many))

    def test_the_names_of_several_kinds(self):
        found = fetch("a", FakeManager("a1", "b"), FakeManager("a2"))
        self.assertEqual(("a", ["a1", "a2"], True), found)


class TestWords(base.TestCase):
    """The words for objects: those that a command takes."""

    def test_words(self):
        names = ("web", "42", "0042", "id:7", "name:x", "c0ffee" * 5 + "00")
        pairs = [(str(number), name) for number, name in enumerate(names, 40)]
        for prefix, words in (
            (
                "",
                "0042 name:42 name:c0ffeec0ffeec0ffeec0ffeec0ffee00 name:id:7 name:name:x web",
            ),
            ("w", "web"),
            (
                "name:",
                "name:0042 name:42 name:c0ffeec0ffeec0ffeec0ffeec0ffee00 name:id:7 "
                "name:name:x name:web",
            ),
            ("name:4", "name:42"),
            ("name:n", "name:name:x"),
            ("id:", "id:40 id:41 id:42 id:43 id:44 id:45"),
            ("id:45", "id:45"),
            ("4", "40 41 42 43 44 45"),
        ):
            with self.subTest(prefix):
                found = completion_names._matching(Names(pairs, True), prefix)
                self.assertEqual(words.split(), found)

    def test_the_server_is_asked_for_the_name_without_the_mark(self):
        wanted = []
        with (
            mock.patch.object(
                completion_names, "_names", side_effect=lambda *given: wanted.append(given[1:])
            ),
        ):
            for prefix in ("name:web", "id:4", "web"):
                completion_names.main(["complete-names", "--", "hosts", prefix])
        self.assertEqual([("hosts", "web"), ("hosts", "4"), ("hosts", "web")], wanted)


class TestManagers(base.TestCase):
    """The managers of a collection."""

    def test_devices_are_hosts_and_network_devices(self):
        client: t.Any = mock.Mock()
        self.assertEqual(
            [client.hosts, client.network_devices],
            completion_names._managers(client, "devices"),
        )
        self.assertEqual([client.clouds], completion_names._managers(client, "clouds"))


class TestCache(base.TestCase):
    """The cache of names."""

    def setUp(self) -> None:
        super().setUp()
        patch = mock.patch.dict("os.environ", {"XDG_CACHE_HOME": str(self.folder())})
        patch.start()
        self.addCleanup(patch.stop)
        self.cache = NamesCache("key")

    def test_complete_names_serve_longer_prefixes(self):
        names = Names([("1", "web")], True)
        self.cache.write("w", names)
        self.assertEqual(names, self.cache.find("w"))
        self.assertEqual(names, self.cache.find("web-12"))
        self.assertIsNone(self.cache.find(""))
        self.assertIsNone(self.cache.find("x"))
        self.assertIsNone(NamesCache("other").find("w"))
        self.assertIsNone(self.cache.find("w", max_age=0))

    def test_incomplete_names_serve_their_own_prefix_only(self):
        names = Names([("1", "web")], False)
        self.cache.write("", names)
        self.assertEqual(names, self.cache.find(""))
        self.assertIsNone(self.cache.find("w"))

    def test_one_process_fetches(self):
        with self.cache.fetching("w") as first, self.cache.fetching("w") as second:
            self.assertEqual((True, False), (first, second))
            with self.cache.fetching("x") as other:
                self.assertTrue(other)
        with self.cache.fetching("w") as again:
            self.assertTrue(again)
