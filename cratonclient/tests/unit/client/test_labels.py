# SPDX-License-Identifier: Apache-2.0
"""Labels: the requests of their manager."""

from __future__ import annotations

import typing as t
from unittest import mock

from cratonclient import exceptions
from cratonclient.tests import base
from cratonclient.tests.unit.client import fakes
from cratonclient.v1 import hosts, labels, network_devices

URL = "http://craton.example/v1/hosts/1"


class TestManager(base.TestCase):
    def setUp(self):
        super().setUp()
        self.session = mock.Mock(spec=["get", "put", "delete"])
        for verb in ("get", "put"):
            getattr(self.session, verb).return_value = fakes.answer({"labels": ["web", "a"]})
        self.manager = labels.LabelManager(self.session, URL)

    def test_get_gives_them_sorted(self):
        self.assertEqual(["a", "web"], self.manager.get())

        self.session.get.assert_called_once_with(f"{URL}/labels")

    def test_add_sends_them_and_gives_all(self):
        self.assertEqual(["a", "web"], self.manager.add("web"))

        self.session.put.assert_called_once_with(f"{URL}/labels", json={"labels": ["web"]})

    def test_they_have_no_other_methods(self):
        manager: t.Any = self.manager
        for call in (
            lambda: manager.create(name="web"),
            lambda: manager.update(["web"]),
            lambda: manager.delete("web"),
            lambda: list(manager.list()),
            lambda: manager.count(),
            lambda: manager.find(name="web"),
        ):
            error = self.assertRaises(exceptions.CommandError, call)
            self.assertIn("add('a', 'b')", str(error))
        self.assertEqual([], self.session.mock_calls)

    def test_remove_sends_them(self):
        self.assertIs(True, self.manager.remove("web", "a"))

        self.session.delete.assert_called_once_with(
            f"{URL}/labels", params={}, json={"labels": ["web", "a"]}
        )

    def test_an_answer_without_labels_is_named(self):
        bodies: list[t.Any] = [{}, {"labels": None}, {"labels": "web"}, [], None]
        for body in bodies:
            self.session.get.return_value = fakes.answer(body)
            self.assertRaises(exceptions.UnexpectedResponse, self.manager.get)

    def test_hosts_and_network_devices_have_them(self):
        for cls in (hosts.HostManager, network_devices.NetworkDeviceManager):
            manager: t.Any = cls(self.session, "http://craton.example/v1")
            item = manager.resource_class(manager, {"id": 1}, loaded=True)
            expected = f"http://craton.example/v1{cls.base_path}/1/labels"
            self.assertEqual(expected, item.labels.build_url())
