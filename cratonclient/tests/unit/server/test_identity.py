# SPDX-License-Identifier: Apache-2.0
"""Project ids and key digests."""

from __future__ import annotations

from cratonclient.tests import base
from cratonserver import identity

PROJECT = "b9f10eca-66ac-4c27-9c13-9d01e65f96b4"


class TestProjectId(base.TestCase):
    """The accepted spellings of a project id."""

    def test_every_spelling_of_a_uuid_is_one_id(self):
        for text in (
            PROJECT,
            PROJECT.upper(),
            PROJECT.replace("-", ""),
            f"{{{PROJECT}}}",
            f"urn:uuid:{PROJECT}",
        ):
            self.assertEqual(PROJECT, identity.canonical_project_id(text))

    def test_a_number_is_the_value_of_a_uuid(self):
        self.assertEqual(identity.FIRST_PROJECT, identity.canonical_project_id("1"))
        self.assertEqual(identity.FIRST_PROJECT, identity.canonical_project_id("0001"))

    def test_32_digits_are_a_uuid_and_not_a_number(self):
        expected = "12345678-1234-1234-1234-123456789012"
        self.assertEqual(expected, identity.canonical_project_id(expected.replace("-", "")))

    def test_anything_else_is_refused(self):
        for text in ("", "abc", "None", "-1", "1.0", PROJECT[:-1], f"{PROJECT}0", "9" * 5000):
            self.assertRaises(ValueError, identity.canonical_project_id, text)


class TestDigest(base.TestCase):
    """The stored digest of a key."""

    def test_it_tells_keys_apart_and_shows_none(self):
        self.assertEqual(identity.digest("key"), identity.digest("key"))
        self.assertNotEqual(identity.digest("key"), identity.digest("Key"))
        self.assertNotIn("key", identity.digest("key"))
        self.assertEqual(64, len(identity.digest("")))
