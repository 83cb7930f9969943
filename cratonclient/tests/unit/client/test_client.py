# SPDX-License-Identifier: Apache-2.0
"""The client and the inventory: managers and URLs."""

from __future__ import annotations

import copy
import os
import typing as t
from unittest import mock

from cratonclient import auth, exceptions, v1
from cratonclient.tests import base
from cratonclient.tests.unit.client import fakes
from cratonclient.v1 import client, inventory

URL = "http://craton.example/v1"
PATHS = {
    "cells": ("cell", "/cells", "Cell"),
    "clouds": ("cloud", "/clouds", "Cloud"),
    "devices": ("device", "/devices", "Device"),
    "hosts": ("host", "/hosts", "Host"),
    "network_devices": ("network_device", "/network-devices", "NetworkDevice"),
    "network_interfaces": ("network_interface", "/network-interfaces", "NetworkInterface"),
    "networks": ("network", "/networks", "Network"),
    "projects": ("project", "/projects", "Project"),
    "regions": ("region", "/regions", "Region"),
    "user_keys": ("user_key", "/user-keys", "UserKey"),
    "users": ("user", "/users", "User"),
    "webhooks": ("webhook", "/webhooks", "Webhook"),
}


class TestSessions(base.TestCase):
    def test_a_text_is_not_a_session(self):
        for text in (URL, "prod"):
            error = self.assertRaises(exceptions.CommandError, client.Client, text)
            self.assertIn("url=", str(error))
            self.assertIn("Client.from_cloud()", str(error))


class TestManagers(base.TestCase):
    def setUp(self):
        super().setUp()
        self.session, self.below = fakes.session_on()
        self.craton = client.Client(self.session, URL)

    def test_each_collection_has_one(self):
        for name, (key, path, resource) in PATHS.items():
            manager = getattr(self.craton, name)
            self.assertEqual(f"{resource}Manager", type(manager).__name__)
            self.assertEqual(resource, manager.resource_class.__name__)
            self.assertEqual((key, path), (manager.key, manager.base_path))
            self.assertEqual(f"cratonclient.v1.{name}", type(manager).__module__)
            self.assertIs(self.session, manager.session)
            self.assertEqual(URL, manager.url)
        self.assertEqual([], self.below.calls)

    def test_they_are_made_once(self):
        self.assertIs(self.craton.hosts, self.craton.hosts)

    def test_they_are_listed(self):
        self.assertTrue(set(PATHS) <= set(dir(self.craton)))
        self.assertEqual(set(PATHS), set(v1.COLLECTIONS))

    def test_an_unknown_one_is_no_attribute(self):
        craton: t.Any = self.craton
        error = self.assertRaises(AttributeError, lambda: craton.servers)

        self.assertIn("servers", str(error))
        self.assertFalse(hasattr(self.craton, "_private"))

    def test_a_double_of_a_client_has_the_methods_of_managers(self):
        double = mock.create_autospec(client.Client, instance=True)
        for name in v1.COLLECTIONS:
            manager = getattr(double, name)
            manager.list(autopaginate=False)
            self.assertRaises(AttributeError, getattr, manager, "lsit")
        double.hosts.get(1)
        self.assertRaises(TypeError, double.hosts.get, 1, True, "too", "many")
        self.assertRaises(AttributeError, getattr, double, "hostz")

    def test_a_client_can_be_copied(self):
        self.assertEqual(URL, copy.copy(self.craton).hosts.url)

    def test_the_managers_are_looked_up_when_they_are_needed(self):
        with mock.patch("cratonclient.v1.hosts.HostManager") as manager:
            found = self.craton.hosts

        manager.assert_called_once_with(self.session, URL)
        self.assertIs(manager.return_value, found)


class TestEnvironment(base.TestCase):
    LOGIN: t.ClassVar = {
        "CRATON_URL": "https://craton.example",
        "OS_USERNAME": "ada",
        "OS_PASSWORD": "key-1",
        "OS_PROJECT_ID": "b9f10eca66ac4c279c139d01e65f96b4",
    }

    def made(self, **variables: str) -> client.Client:
        with mock.patch.dict(os.environ, variables, clear=True):
            found = client.Client.from_environment(timeout=7)
        self.addCleanup(found.close)
        return found

    def test_it_has_the_login_of_the_variables(self):
        found = self.made(**self.LOGIN)
        self.assertEqual("https://craton.example/v1", found.hosts.url)
        login = found.hosts.session.login()
        self.assertEqual(("ada", self.LOGIN["OS_PROJECT_ID"]), (login.user, login.project_id))
        self.assertEqual(7, found.hosts.session._session.timeout)
        self.assertIs(True, found.hosts.session._session.verify)

    def test_it_has_the_ca_bundle(self):
        found = self.made(**self.LOGIN, OS_CACERT="/etc/ca.pem")
        self.assertEqual("/etc/ca.pem", found.hosts.session._session.verify)

    def test_missing_variables_are_named(self):
        for name in self.LOGIN:
            others = {n: v for n, v in self.LOGIN.items() if n != name}
            for given in (others, {**others, name: ""}):
                error = self.assertRaises(exceptions.ConfigurationError, self.made, **given)
                self.assertIn(f"not set: {name}.", str(error))

    def test_values_with_invisible_characters_are_refused(self):
        given = {**self.LOGIN, "OS_USERNAME": "ada\r"}
        error = self.assertRaises(exceptions.ConfigurationError, self.made, **given)
        self.assertIn("OS_USERNAME", str(error))

    def test_a_fleet_in_a_file_needs_its_url_only(self):
        found = self.made(CRATON_URL=f"sqlite:///{self.folder()}/fleet.db")
        self.assertEqual("prod", found.clouds.create(name="prod").name)


class TestUrl(base.TestCase):
    def url_for(self, url):
        return client.Client(session=fakes.session_on()[0], url=url).hosts.url

    def test_the_version_is_added_where_it_is_missing(self):
        for url in (
            "http://craton.example",
            "http://craton.example/",
            "http://craton.example/v1",
            "http://craton.example/v1/",
        ):
            self.assertEqual(URL, self.url_for(url))

    def test_a_path_is_kept(self):
        self.assertEqual(
            "https://h.example:8443/craton/v1", self.url_for("https://h.example:8443/craton/")
        )

    def test_a_url_that_nothing_opens_is_refused_at_once(self):
        for url in ("craton.example", "gopher://craton.example", ""):
            self.assertRaises(
                exceptions.TransportNotFound, client.Client, fakes.session_on()[0], url
            )

    def test_left_out_it_comes_from_the_environment(self):
        with mock.patch.dict(os.environ, CRATON_URL="http://craton.example"):
            session = auth.craton_auth("demo", "key", "b9f10eca66ac4c279c139d01e65f96b4")

        self.assertEqual(URL, client.Client(session=session).hosts.url)

    def test_left_out_it_is_looked_up_once_and_only_when_needed(self):
        session = mock.Mock()
        session.endpoint.return_value = "http://craton.example"

        craton = client.Client(session)
        session.endpoint.assert_not_called()
        self.assertEqual([URL, URL], [craton.hosts.url, craton.cells.url])

        session.endpoint.assert_called_once_with()

    def test_without_any_the_error_says_what_to_do(self):
        with mock.patch.dict(os.environ):
            os.environ.pop("CRATON_URL", None)
            session = auth.craton_auth("demo", "key", "b9f10eca66ac4c279c139d01e65f96b4")
        craton = client.Client(session)

        error = self.assertRaises(exceptions.EndpointNotFound, lambda: craton.hosts)

        self.assertIn("CRATON_URL", str(error))


class TestInventory(base.TestCase):
    NAMES = ("cells", "devices", "hosts", "networks", "network_devices")

    def setUp(self):
        super().setUp()
        self.session, self.below = fakes.session_on()

    def test_its_managers_send_the_region(self):
        found = inventory.Inventory(self.session, URL, 5)

        for name in self.NAMES:
            manager = getattr(found, name)
            self.assertEqual({"region_id": 5}, manager.extra_request_kwargs)
            self.assertEqual(URL, manager.url)
            self.assertIs(self.session, manager.session)
        self.assertEqual([], self.below.calls)

    def test_it_takes_keywords(self):
        found = inventory.Inventory(session=self.session, url=URL, region_id=5)

        self.assertEqual({"region_id": 5}, found.hosts.extra_request_kwargs)

    def test_the_managers_are_looked_up_when_it_is_made(self):
        with mock.patch("cratonclient.v1.hosts.HostManager") as manager:
            found = inventory.Inventory(self.session, URL, 5)

        manager.assert_called_once_with(self.session, URL, region_id=5)
        self.assertIs(manager.return_value, found.hosts)

    def test_the_client_gives_one(self):
        found = client.Client(self.session, "http://craton.example").inventory(5)

        self.assertIsInstance(found, inventory.Inventory)
        self.assertEqual({"region_id": 5}, found.cells.extra_request_kwargs)
        self.assertEqual(URL, found.hosts.url)

    def test_of_no_region(self):
        craton: t.Any = client.Client(self.session, URL)
        self.assertRaises(exceptions.CommandError, craton.inventory, None)

    def test_the_class_is_looked_up_when_the_client_is_called(self):
        craton = client.Client(self.session, URL)

        with mock.patch("cratonclient.v1.inventory.Inventory") as cls:
            found = craton.inventory(region_id=5)

        cls.assert_called_once_with(self.session, URL, 5)
        self.assertIs(cls.return_value, found)


class TestKinds(base.TestCase):
    def test_each_is_found_by_its_name(self):
        for name in PATHS:
            self.assertEqual(name, v1.kind(name).collection)

    def test_an_unknown_one_is_a_lookup_error(self):
        error = self.assertRaises(LookupError, v1.kind, "servers")

        self.assertIn("'servers'", str(error))

    def test_what_is_referred_to_comes_first(self):
        seen: set[str] = set()
        for kind in v1.kinds():
            for field in kind.fields.values():
                target = getattr(field, "target", None)
                if target and target != kind.collection and target in PATHS:
                    self.assertIn(target, seen)
            seen.add(kind.collection)
