# SPDX-License-Identifier: Apache-2.0
"""Tests that replay requests to a live server, or record them again.

Each test has one cassette, named after it. By default the test replays the cassette: it
needs no server, and a request that was not recorded is an error. With the environment
variable ``CRATON_RERECORD`` (``tox -e rerecord`` sets it) the test sends its requests to
the server of ``CRATON_URL``, or starts a server, and writes a new cassette.

A cassette holds no credentials. Placeholders replace login headers, the address of the
server and API keys in responses; made-up ids replace project ids.
"""

from __future__ import annotations

import json
import os
import pathlib
import re
import typing as t

import betamax
import fixtures
from betamax.serializers import json_serializer

from cratonclient import auth
from cratonclient.tests import base, servers
from cratonclient.v1 import client

RERECORD = "CRATON_RERECORD"

URL, KEY = "<CRATON_URL>", "<API_KEY>"
LOGIN_HEADERS = ("X-Auth-User", "X-Auth-Token", "X-Auth-Project")
#: The login variables while a cassette is replayed.
REPLAYED = {
    "CRATON_URL": "http://craton.example:7780",
    "OS_USERNAME": "replayed",
    "OS_PASSWORD": "replayed",
    "OS_PROJECT_ID": "00000000-0000-0000-0000-000000000001",
}
#: Matches the ids of projects, but not those of requests.
UUID = re.compile(r"(?<!req-)\b[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}\b")
#: The first characters of the ids that replace them.
MADE_UP = "00000000-0000-0000-0000-"


class RecordedTestCase(base.TestCase):
    """A test with a client whose requests are replayed from the test's cassette.

    Subclasses set ``cassettes``, the folder of the cassettes.
    """

    cassettes: t.ClassVar[pathlib.Path]

    def setUp(self) -> None:
        super().setUp()
        recording = bool(os.environ.get(RERECORD))
        self.login = servers.given_or_started(self) if recording else REPLAYED
        session = auth.craton_auth(
            self.login["OS_USERNAME"], self.login["OS_PASSWORD"], self.login["OS_PROJECT_ID"]
        )
        below = session._session.session
        self.addCleanup(below.close)
        if recording:
            (self.cassettes / f"{self.cassette_name()}.json").unlink(missing_ok=True)
        recorder = betamax.Betamax(below, cassette_library_dir=str(self.cassettes))
        recorder.use_cassette(
            self.cassette_name(),
            record="once" if recording else "none",
            match_requests_on=["method", "uri", "body"],
            serialize_with="scrubbed",
            placeholders=[{"placeholder": URL, "replace": self.login["CRATON_URL"]}],
        )
        self.useFixture(_Running(recorder))
        self.craton = client.Client(session, self.login["CRATON_URL"])

    def cassette_name(self) -> str:
        """Return the name of the cassette: the class and the test."""
        return ".".join(self.id().split(".")[-2:])


class _Running(fixtures.Fixture):
    """A recorder that runs during a test."""

    def __init__(self, recorder: betamax.Betamax) -> None:
        super().__init__()
        self._recorder = recorder

    def _setUp(self) -> None:
        self._recorder.start()
        self.addCleanup(self._recorder.stop)


class _Scrubbed(json_serializer.JSONSerializer):  # type: ignore[misc]  # has no types
    """A serializer that sorts and indents the JSON and removes secrets.

    It replaces ids only when the cassette is written, because a recording test still
    needs the real ids in the responses.
    """

    name = "scrubbed"

    def serialize(self, cassette_data: t.Any) -> str:
        for exchange in cassette_data["http_interactions"]:
            for name in LOGIN_HEADERS:
                exchange["request"]["headers"][name] = [f"<{name}>"]
            # Placeholders change the length of a response, which urllib3 would check.
            exchange["response"]["headers"].pop("Content-Length", None)
        text = json.dumps(cassette_data, indent=1, sort_keys=True)
        made_up: dict[str, str] = {}

        def replace(uuid: re.Match[str]) -> str:
            return made_up.setdefault(uuid[0], f"{MADE_UP}{len(made_up) + 1:012}")

        return UUID.sub(replace, _API_KEY.sub(rf"\1{KEY}\2", text)) + "\n"


#: Matches JSON inside a JSON string, so the quotes are escaped.
_API_KEY = re.compile(r'(\\"api_key\\": \\")[^"\\]+(\\")')

betamax.Betamax.register_serializer(_Scrubbed)
