# SPDX-License-Identifier: Apache-2.0
"""Tests that replay exchanges with a live server, and record them anew.

A test has one cassette, named after it. By default it is replayed: no server is
needed, and a request that was not recorded is an error. With ``CRATON_RERECORD``
in the environment (``tox -e rerecord`` sets it) the exchanges really take place,
with the server of ``CRATON_URL``, or else with one that is started, and what was
said becomes the new cassette.

A cassette holds no credentials: what logs in, where the server is, and keys that
an answer shows are replaced by placeholders, ids of projects by made-up ones.
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
#: How to log in while a cassette is replayed.
REPLAYED = {
    "CRATON_URL": "http://craton.example:7780",
    "OS_USERNAME": "replayed",
    "OS_PASSWORD": "replayed",
    "OS_PROJECT_ID": "00000000-0000-0000-0000-000000000001",
}
#: Ids of projects, but not those of requests.
UUID = re.compile(r"(?<!req-)\b[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}\b")
#: The first characters of the ids that stand for them.
MADE_UP = "00000000-0000-0000-0000-"


class RecordedTestCase(base.TestCase):
    """Has a client whose exchanges come from the test's cassette.

    ``cassettes`` is the folder of the cassettes, set by the class.
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
        """Give the name of the cassette: the class and the test."""
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
    """Write a cassette so that it can be read and compared, and holds no secret.

    It is done as late as here because a test sees answers as they were recorded,
    and goes on with the ids in them.
    """

    name = "scrubbed"

    def serialize(self, cassette_data: t.Any) -> str:
        for exchange in cassette_data["http_interactions"]:
            for name in LOGIN_HEADERS:
                exchange["request"]["headers"][name] = [f"<{name}>"]
            # urllib3 would count the bytes of an answer, and placeholders change them.
            exchange["response"]["headers"].pop("Content-Length", None)
        text = json.dumps(cassette_data, indent=1, sort_keys=True)
        made_up: dict[str, str] = {}

        def replace(uuid: re.Match[str]) -> str:
            return made_up.setdefault(uuid[0], f"{MADE_UP}{len(made_up) + 1:012}")

        return UUID.sub(replace, _API_KEY.sub(rf"\1{KEY}\2", text)) + "\n"


#: As JSON within JSON: the quotes are escaped.
_API_KEY = re.compile(r'(\\"api_key\\": \\")[^"\\]+(\\")')

betamax.Betamax.register_serializer(_Scrubbed)
