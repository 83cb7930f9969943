# SPDX-License-Identifier: Apache-2.0
"""Passwords in the list of processes."""

from __future__ import annotations

from cratonclient.tests import base
from cratonserver import process_list

URL = "postgresql://u:s3cret@h/d"


class TestArguments(base.TestCase):
    def test_each_form_of_the_option_is_found(self):
        for words in (
            ["--database", URL],
            [f"--database={URL}"],
            ["--data", URL],
            [f"--d={URL}"],
            ["--database", "sqlite:///x", "--database", URL],
        ):
            kept, url = process_list.without_database(["run", *words, "--threads=3"])
            self.assertEqual((["run", "--threads=3"], URL), (kept, url))

    def test_other_words_stay(self):
        words = ["user", "create", "database", "--project", "--", "-d", URL]
        self.assertEqual((words, ""), process_list.without_database(words))

    def test_passwords_of_urls(self):
        for url in (URL, "postgresql://u:a@b@h/d", "postgresql://h/d?user=u&password=x"):
            self.assertTrue(process_list.has_password(url), url)
        for url in ("", "sqlite:////tmp/a:b@c.db?", "postgresql://u@h/d", "postgresql:///d"):
            self.assertFalse(process_list.has_password(url), url)
