# SPDX-License-Identifier: Apache-2.0
"""Cassettes hold no secrets and no address of the recording server."""

from __future__ import annotations

import json
import re
import typing as t

from cratonclient.tests import base, recorded
from cratonclient.tests.integration.client.test_recorded import CASSETTES

_ADDRESS = re.compile(r"https?://(?!<)|127\.0\.0\.1|localhost")
_API_KEY = re.compile(r"""api_key\\*": \\*"([^"\\]+)""")


class TestCassettes(base.TestCase):
    def test_there_are_some(self):
        self.assertGreater(len(list(CASSETTES.glob("*.json"))), 15)

    def test_none_holds_a_secret(self):
        for path in CASSETTES.glob("*.json"):
            self.assertEqual([], list(leaks(json.loads(path.read_text()))), path.name)

    def test_secrets_would_be_found(self):
        exchange = {
            "request": {
                "uri": "http://127.0.0.1:80/v1/users",
                "headers": {"X-Auth-Token": ["5f4dcc3b-5aa7-65d6-1d83-27deb882cf99"]},
                "body": {"string": "-"},
            },
            "response": {
                "url": "-",
                "headers": {},
                "body": {"string": '{"api_key": "5f4dcc3b5aa765d61d8327deb882cf99"}'},
            },
        }

        self.assertEqual(
            [
                "X-Auth-Token: 5f4dcc3b-5aa7-65d6-1d83-27deb882cf99",
                "http://",
                "127.0.0.1",
                "5f4dcc3b-5aa7-65d6-1d83-27deb882cf99",
                "5f4dcc3b5aa765d61d8327deb882cf99",
                "5f4dcc3b5aa765d61d8327deb882cf99",
            ],
            list(leaks({"http_interactions": [exchange]})),
        )


def leaks(cassette: dict[str, t.Any]) -> t.Iterator[str]:
    """Yield the texts of a cassette that it must not hold."""
    for exchange in cassette["http_interactions"]:
        for name in recorded.LOGIN_HEADERS:
            for value in exchange["request"]["headers"].get(name, []):
                if value != f"<{name}>":
                    yield f"{name}: {value}"
    text = json.dumps(cassette)
    yield from _ADDRESS.findall(text)
    yield from (i for i in recorded.UUID.findall(text) if not i.startswith(recorded.MADE_UP))
    yield from (key for key in _API_KEY.findall(text) if key != recorded.KEY)
