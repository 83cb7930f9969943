# SPDX-License-Identifier: Apache-2.0
"""Lists that are longer than a page."""

from __future__ import annotations

import itertools
import typing as t

from cratonclient import exceptions
from cratonclient.tests import base


class TestPages(base.FleetTestCase):
    COUNT = 25

    def setUp(self):
        super().setUp()
        self.region = self.make_region()
        place = {"cloud_id": self.region.cloud_id, "region_id": self.region.id}
        self.hosts = [self.make_host(**place) for _ in range(self.COUNT)]
        self.ids = [host.id for host in self.hosts]
        session = self.craton._session
        self.requests: list[str] = []
        original = session._session.request

        def remember(**kwargs):
            self.requests.append(kwargs["url"])
            return original(**kwargs)

        session._session.request = remember

    def test_a_walk_gives_each_once_and_in_order(self):
        self.assertEqual(self.ids, [host.id for host in self.craton.hosts.list(limit=10)])

    def test_a_walk_ends_with_an_empty_page(self):
        list(self.craton.hosts.list(limit=10))

        self.assertEqual(4, len(self.requests))

    def test_a_page_is_fetched_when_it_is_needed(self):
        found = list(itertools.islice(self.craton.hosts.list(limit=10), 10))
        self.assertEqual((10, 1), (len(found), len(self.requests)))

        list(itertools.islice(self.craton.hosts.list(limit=10), 11))
        self.assertEqual(3, len(self.requests))

    def test_one_page_is_one_request(self):
        found = list(self.craton.hosts.list(limit=10, autopaginate=False))

        self.assertEqual(self.ids[:10], [host.id for host in found])
        self.assertEqual(1, len(self.requests))

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
        self.make_host()  # in another region

        found = self.craton.hosts.list(limit=10, region_id=self.region.id)

        self.assertEqual(self.ids, [host.id for host in found])

    def test_order_and_details_hold_on_every_page(self):
        self.hosts[0].variables.update(rack="r1")

        found = list(
            self.craton.hosts.list(limit=10, sort_keys="id", sort_dir="desc", details=True)
        )

        self.assertEqual(self.ids[::-1], [host.id for host in found])
        self.assertEqual({"rack": "r1"}, found[-1].to_dict()["variables"])

    def test_an_inventory_lists_its_region(self):
        self.make_host()

        found = self.craton.inventory(self.region.id).hosts.list(limit=10)

        self.assertEqual(self.ids, [host.id for host in found])

    def test_an_unknown_marker_is_refused(self):
        error = self.assertRaises(
            exceptions.BadRequest, list, self.craton.hosts.list(marker=9999)
        )

        self.assertIn("9999", str(error))

    def test_an_unknown_parameter_is_refused_with_the_first_object(self):
        found = self.craton.hosts.list(colour="red")

        error = self.assertRaises(exceptions.BadRequest, next, found)

        self.assertIn("'colour'", str(error))

    def test_a_list_that_shrinks_meanwhile_gives_the_rest(self):
        found = self.craton.hosts.list(limit=10)
        first = [next(found).id for _ in range(10)]
        self.craton.hosts.delete(self.ids[12])

        rest = [host.id for host in found]

        self.assertEqual([i for i in self.ids if i != self.ids[12]], first + rest)


class TestDevices(base.FleetTestCase):
    def setUp(self):
        super().setUp()
        region = self.make_region()
        self.place: dict[str, t.Any] = {"cloud_id": region.cloud_id, "region_id": region.id}
        self.ids = set()
        for number in range(24):
            if number % 3:
                self.ids.add(self.make_host(**self.place).id)
            else:
                switch = self.craton.network_devices.create(
                    name=f"switch-{number}",
                    ip_address=f"10.9.0.{number}",
                    device_type="switch",
                    **self.place,
                )
                self.ids.add(switch.id)

    def test_a_walk_gives_both_kinds_once(self):
        found = [device.id for device in self.craton.devices.list(limit=10)]

        self.assertEqual(24, len(found))
        self.assertEqual(self.ids, set(found))

    def test_one_page_holds_both_kinds(self):
        found = list(self.craton.devices.list(limit=10, autopaginate=False))

        self.assertEqual(10, len(found))
        self.assertEqual({"server", "switch"}, {device.device_type for device in found})

    def test_a_page_of_one_kind_alone_does_not_end_the_walk(self):
        for _ in range(12):
            self.make_host(**self.place)

        found = [device.id for device in self.craton.devices.list(limit=10)]

        self.assertEqual(36, len(set(found)))

    def test_an_inventory_lists_those_of_its_region(self):
        self.make_host()

        found = self.craton.inventory(self.place["region_id"]).devices.list()

        self.assertEqual(self.ids, {device.id for device in found})

    def test_without_any_the_list_is_empty(self):
        self.assertEqual([], list(self.craton.devices.list(active=False)))
