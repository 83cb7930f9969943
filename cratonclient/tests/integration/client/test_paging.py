# SPDX-License-Identifier: Apache-2.0
"""Lists that are longer than a page."""

from __future__ import annotations

import itertools
import typing as t
from unittest import mock

from cratonclient import exceptions, testing
from cratonclient.tests import base


class TestPages(base.TestCase):
    def setUp(self):
        super().setUp()
        regions = [
            {"name": "east", "hosts": [{"name": f"east-{number}"} for number in range(25)]},
            {"name": "west", "hosts": [{"name": "west-1", "variables": {"rack": "r1"}}]},
        ]
        fleet = {"clouds": [{"name": "prod", "regions": regions}]}
        self.craton = self.enterContext(testing.fleet(fleet))
        self.ids = [host.id for host in self.craton.hosts.list(limit=100)]
        session = self.craton.hosts.session
        self.requests = self.enterContext(
            mock.patch.object(session, "request", side_effect=session.request)
        )

    def test_a_walk_gives_each_once_and_in_order(self):
        self.assertEqual(self.ids, [host.id for host in self.craton.hosts.list(limit=10)])

    def test_a_walk_ends_with_an_empty_page(self):
        list(self.craton.hosts.list(limit=10))

        self.assertEqual(4, self.requests.call_count)

    def test_a_page_is_fetched_when_it_is_needed(self):
        found = list(itertools.islice(self.craton.hosts.list(limit=10), 10))
        self.assertEqual((10, 1), (len(found), self.requests.call_count))

        list(itertools.islice(self.craton.hosts.list(limit=10), 11))
        self.assertEqual(3, self.requests.call_count)

    def test_one_page_is_one_request(self):
        found = list(self.craton.hosts.list(limit=10, autopaginate=False))

        self.assertEqual(self.ids[:10], [host.id for host in found])
        self.assertEqual(1, self.requests.call_count)

    def test_a_marker_resumes(self):
        found = self.craton.hosts.list(limit=10, autopaginate=False, marker=self.ids[9])
        self.assertEqual(self.ids[10:20], [host.id for host in found])

        found = self.craton.hosts.list(limit=10, marker=self.ids[9])
        self.assertEqual(self.ids[10:], [host.id for host in found])

    def test_a_marker_of_none_is_the_beginning(self):
        found = list(self.craton.hosts.list(limit=10, autopaginate=False, marker=None))

        self.assertEqual(self.ids[0], found[0].id)

    def test_a_walk_by_hand_ends_with_an_empty_list(self):
        found: list[int] = []
        marker = None
        while page := list(self.craton.hosts.list(limit=10, autopaginate=False, marker=marker)):
            marker = page[-1].id
            found.extend(host.id for host in page)

        self.assertEqual(self.ids, found)

    def test_filters_hold_on_every_page(self):
        found = self.craton.hosts.list(limit=10, region_id=1)

        self.assertEqual(self.ids[:25], [host.id for host in found])

    def test_order_and_details_hold_on_every_page(self):
        found = list(
            self.craton.hosts.list(limit=10, sort_keys="id", sort_dir="desc", details=True)
        )

        self.assertEqual(self.ids[::-1], [host.id for host in found])
        self.assertEqual({"rack": "r1"}, found[0].to_dict()["variables"])

    def test_an_inventory_lists_its_region(self):
        found = self.craton.inventory(1).hosts.list(limit=10)

        self.assertEqual(self.ids[:25], [host.id for host in found])

    def test_an_unknown_marker_is_refused(self):
        error = self.assertRaises(
            exceptions.BadRequest, list, self.craton.hosts.list(marker=9999)
        )

        self.assertIn("9999", str(error))

    def test_an_unknown_parameter_is_refused_with_the_first_object(self):
        hosts: t.Any = self.craton.hosts
        found = hosts.list(colour="red")

        error = self.assertRaises(exceptions.BadRequest, next, found)

        self.assertIn("'colour'", str(error))

    def test_a_list_that_shrinks_meanwhile_gives_the_rest(self):
        found = self.craton.hosts.list(limit=10)
        first = [next(found).id for _ in range(10)]
        self.craton.hosts.delete(self.ids[12])

        rest = [host.id for host in found]

        self.assertEqual([i for i in self.ids if i != self.ids[12]], first + rest)


class TestDevices(base.TestCase):
    def setUp(self):
        super().setUp()
        # Hosts are created after each switch, so that every page has both kinds.
        switches = [
            {
                "name": f"switch-{number}",
                "device_type": "switch",
                "hosts": [{"name": f"web-{number}-{port}"} for port in range(2)],
            }
            for number in range(8)
        ]
        regions = [
            {"name": "east", "network_devices": switches},
            {"name": "west", "hosts": [{"name": f"west-{number}"} for number in range(12)]},
        ]
        fleet = {"clouds": [{"name": "prod", "regions": regions}]}
        self.craton = self.enterContext(testing.fleet(fleet))
        self.devices = self.craton.inventory(1).devices

    def test_a_walk_gives_both_kinds_once(self):
        found = [device.name for device in self.devices.list(limit=10)]

        self.assertEqual(24, len(found))
        self.assertEqual(24, len(set(found)))

    def test_one_page_holds_both_kinds(self):
        found = list(self.devices.list(limit=10, autopaginate=False))

        self.assertEqual(10, len(found))
        self.assertEqual({"server", "switch"}, {device.device_type for device in found})

    def test_a_page_of_one_kind_alone_does_not_end_the_walk(self):
        found = [device.id for device in self.craton.devices.list(limit=10)]

        self.assertEqual(36, len(set(found)))

    def test_an_inventory_lists_those_of_its_region(self):
        names = {device.name for device in self.devices.list()}

        self.assertEqual((24, set()), (len(names), {n for n in names if n.startswith("west")}))

    def test_without_any_the_list_is_empty(self):
        self.assertEqual([], list(self.craton.devices.list(active=False)))
