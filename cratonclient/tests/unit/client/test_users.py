# SPDX-License-Identifier: Apache-2.0
"""Users: the methods that only their manager has."""

from __future__ import annotations

from unittest import mock

from cratonclient.tests import base
from cratonclient.tests.unit.client import fakes
from cratonclient.v1 import users


class TestManager(base.TestCase):
    def setUp(self):
        super().setUp()
        self.session = mock.Mock(spec=["post", "put"])
        self.manager = users.UserManager(self.session, "http://craton.example/v1")

    def test_a_new_key_comes_with_the_user(self):
        self.session.post.return_value = fakes.answer({"id": 2, "api_key": "new"})

        self.assertEqual("new", self.manager.replace_key(2).api_key)

        self.session.post.assert_called_once_with(
            "http://craton.example/v1/users/2/key", json={}
        )

    def test_an_admin_is_made_by_an_update(self):
        self.session.put.return_value = fakes.answer({"id": 2, "is_admin": True})

        self.assertIs(True, self.manager.update(2, is_admin=True).is_admin)

        self.session.put.assert_called_once_with(
            "http://craton.example/v1/users/2", json={"is_admin": True}
        )
