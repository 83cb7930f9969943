# SPDX-License-Identifier: Apache-2.0
"""Lists that several threads read: the same objects in the same order."""

from __future__ import annotations

import threading
import typing as t
from unittest import mock

from cratonclient import exceptions, testing
from cratonclient.lists import parallel
from cratonclient.tests import base
from cratonclient.tests.unit.client import fakes
from cratonclient.v1 import client


class ParallelTestCase(base.TestCase):
    """A fleet that is long enough for many parts."""

    COUNT = 60

    def setUp(self):
        super().setUp()
        patch = mock.patch.object(parallel, "_IDS_IN_PART", 4)
        patch.start()
        self.addCleanup(patch.stop)
        hosts = [{"name": f"h{n:03}", "variables": {"odd": n % 2}} for n in range(self.COUNT)]
        devices = [{"name": f"sw{n:03}"} for n in range(10)]
        region = {"name": "east", "hosts": hosts, "network_devices": devices}
        fleet = {"clouds": [{"name": "prod", "regions": [region]}]}
        self.craton = self.enterContext(testing.fleet(fleet))

    def requests(self) -> list[dict[str, t.Any]]:
        """Record the query parameters of all requests from now on."""
        seen: list[dict[str, t.Any]] = []
        session: t.Any = self.craton.hosts.session
        paginate = session.paginate

        def remember(url, **options):
            seen.append(options["params"])
            return paginate(url, **options)

        session.paginate = remember
        return seen


class TestOrder(ParallelTestCase):
    def test_of_every_kind_of_list(self):
        queries: list[dict[str, t.Any]] = [
            {},
            {"sort_dir": "desc"},
            {"sort_keys": "id"},
            {"sort_keys": "created_at,id", "sort_dir": "desc", "limit": 10},
            {"vars": {"odd": 1}},
            {"details": True},
            {"region_id": 1},
            {"name": "h003"},
            {"region_id": 99},
        ]
        for query in queries:
            wanted = [host.to_dict() for host in self.craton.hosts.list(**query)]
            for workers in (2, 4, 16):
                found = self.craton.hosts.list(workers=workers, **query)
                self.assertEqual(wanted, [host.to_dict() for host in found], str(query))

    def test_of_devices(self):
        wanted = [(type(d), d.id) for d in self.craton.devices.list()]
        found = [(type(d), d.id) for d in self.craton.devices.list(workers=3)]
        self.assertEqual((wanted, 70), (found, len(found)))

    def test_of_pages(self):
        found = self.craton.hosts.pages(workers=3, limit=10)
        wanted = [host.id for host in self.craton.hosts.list()]
        self.assertEqual(wanted, [item["id"] for page in found for item in page])

    def test_of_an_order_that_ids_do_not_follow(self):
        """A fleet that was moved from another server may have such times."""
        whole: list[t.Any] = [host.to_dict() for host in self.craton.hosts.list(limit=100)]
        for item in whole:
            item["created_at"] = f"2026-01-01T00:00:{item['id'] * 7 % 60:02}.000000"
        wanted = sorted(whole, key=lambda item: (item["created_at"], item["id"]))
        fetch = Server(whole).fetch
        fields = self.craton.hosts.resource_class.fields()
        pages = parallel.walk(fetch, {"limit": 10}, fields, 4)
        self.assertEqual(wanted, [item for page in pages for item in page.items])


class Server:
    """Pages of dictionaries, as a server sends them."""

    def __init__(self, items: list[dict[str, t.Any]]) -> None:
        self.items = items

    def fetch(self, query: dict[str, t.Any]) -> t.Iterator[t.Any]:
        import json

        from cratonclient.lists.pagination import Page

        by_id = query.get("sort_keys") == "id"

        def place(item: t.Any) -> t.Any:
            return (item["id"],) if by_id else (item["created_at"], item["id"])

        items = sorted(self.items, key=place, reverse=query.get("sort_dir") == "desc")
        if "marker" in query:
            after = (*json.loads(query["marker_values"]), query["marker"])
            items = [item for item in items if place(item) > after]
        link = {"rel": "next", "href": "http://x/v1/hosts?limit=10&marker=1&marker_values=x"}
        response = fakes.answer({"hosts": [], "links": [link]})
        for start in range(0, len(items), query["limit"]):
            yield Page(response, items[start : start + query["limit"]])


class TestThreads(ParallelTestCase):
    def test_parts_are_read_at_the_same_time(self):
        session: t.Any = self.craton.hosts.session
        paginate, lock, three = session.paginate, threading.Lock(), threading.Event()
        waiting: list[str] = []

        def wait(url, **options):
            if options["params"]["limit"] == 100:  # not the search for the parts
                with lock:
                    waiting.append(url)
                    if len(waiting) == 3:
                        three.set()
                three.wait(30)
            return paginate(url, **options)

        session.paginate = wait
        self.assertEqual(self.COUNT, len(list(self.craton.hosts.list(workers=3))))
        self.assertTrue(three.is_set())

    def test_one_thread_and_manual_pages_are_not_divided(self):
        seen = self.requests()
        list(self.craton.hosts.list(workers=1))
        list(self.craton.hosts.list(workers=4, autopaginate=False))
        self.assertEqual(2, len(seen))

    def test_what_cannot_be_divided_is_read_in_order(self):
        middle = list(self.craton.hosts.list())[30].id
        for query in ({"sort_keys": "name"}, {"marker": middle}):
            seen = self.requests()
            options: t.Any = {"workers": 4, **query}
            list(self.craton.hosts.list(**options))
            self.assertEqual(1, len(seen))

    def test_a_list_that_is_not_consumed_ends(self):
        found = self.craton.hosts.list(workers=4, limit=10)
        next(found)
        found.close()  # type: ignore[attr-defined]
        names = {thread.name for thread in threading.enumerate()}
        self.assertFalse([name for name in names if "ThreadPoolExecutor" in name])

    def test_a_failure_is_raised(self):
        session: t.Any = self.craton.hosts.session
        paginate = session.paginate

        def fail(url, **options):
            if "marker" in options["params"] and options["params"]["limit"] == 100:
                raise exceptions.ServiceUnavailable()
            return paginate(url, **options)

        session.paginate = fail
        self.assertRaises(
            exceptions.ServiceUnavailable, list, self.craton.hosts.list(workers=4)
        )

    def test_the_number_must_be_valid(self):
        for workers in (0, -1, "4", 1.5, None):
            found: t.Any = self.craton.hosts
            self.assertRaises(exceptions.CommandError, list, found.list(workers=workers))


class TestOtherWriters(ParallelTestCase):
    def test_nothing_is_lost_or_repeated(self):
        hosts = list(self.craton.hosts.list())
        gone, kept = hosts[::3], {host.id for host in hosts} - {host.id for host in hosts[::3]}
        session: t.Any = self.craton.hosts.session
        paginate, lock = session.paginate, threading.Lock()
        region = self.craton.regions.find(name="east")
        made = iter(range(1000))

        def write_first(url, **options):
            """Delete an object and create another one before each part is read."""
            with lock:
                if gone:
                    gone.pop().delete()
                    assert region
                    region.hosts.create(
                        name=f"new{next(made)}", ip_address="10.9.9.9", device_type="server"
                    )
            return paginate(url, **options)

        with mock.patch.object(session, "paginate", write_first):
            found = [host.id for host in self.craton.hosts.list(workers=4, limit=10)]

        self.assertEqual(sorted(found), found)
        self.assertEqual(len(set(found)), len(found))
        self.assertLessEqual(kept, set(found))
        self.assertLess(len(gone), len(hosts[::3]))


class TestOriginalServer(base.TestCase):
    """A server that finds its place by the marker object only."""

    def test_its_lists_are_read_in_order(self):
        rows = [{"id": n, "created_at": f"2026-01-01T00:00:{n:02}"} for n in range(1, 31)]
        link = {"rel": "next", "href": "http://craton.example/v1/hosts?limit=10&marker=10"}
        answers = [
            fakes.answer({"hosts": rows[:10], "links": [link]}),
            fakes.answer({"hosts": rows, "links": []}),
        ]
        session, below = fakes.session_on(*answers)
        craton = client.Client(session, "http://craton.example")
        self.assertEqual(30, len(list(craton.hosts.list(workers=4))))
        self.assertEqual(2, len(below.calls))
