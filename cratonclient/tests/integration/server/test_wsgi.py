# SPDX-License-Identifier: Apache-2.0
"""The application behind gunicorn, in several processes."""

from __future__ import annotations

import contextlib
import json
import pathlib
import subprocess
import sys
import typing as t

import requests

from cratonclient.tests import base
from cratonclient.tests.integration.osc.programs import clean_environment
from cratonclient.tests.integration.server import databases, live
from cratonserver import composition
from cratonserver.identity import FIRST_PROJECT

GUNICORN = pathlib.Path(sys.executable).parent / "gunicorn"


class TestGunicorn(base.TestCase):
    def setUp(self):
        super().setUp()
        self.path = self.folder()
        self.database = databases.new(self.addCleanup)

    def serve(self, **settings: str) -> str:
        """Start two workers with two threads each, and return the URL."""
        said = self.path / "said"
        words = "--workers=2 --worker-class=gthread --threads=2 --bind=127.0.0.1:0 --preload"
        with said.open("w") as stream:
            server = subprocess.Popen(
                [GUNICORN, *words.split(), "cratonserver.wsgi:application"],
                cwd=self.path,
                env=clean_environment(str(self.path)) | settings,
                stderr=stream,
            )
        self.addCleanup(server.wait, 50)
        self.addCleanup(server.terminate)
        return live.url_of(server, said)

    def logged(self) -> list[dict[str, t.Any]]:
        """Return the entries of the access log."""
        lines = (self.path / "said").read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def serve_fleet(self) -> tuple[str, dict[str, str]]:
        """Serve a new fleet; return its URL and the headers of root."""
        with contextlib.closing(composition.store_at(self.database)) as store:
            store.open()
            key = str(store.add_root_user("root"))
        url = self.serve(CRATON_DATABASE=self.database, OS_LIMITS__BODY_SIZE="2000")
        return url, {
            "X-Auth-User": "root",
            "X-Auth-Token": key,
            "X-Auth-Project": FIRST_PROJECT,
            "Content-Type": "application/json",
        }

    def test_several_processes_serve_one_fleet(self):
        url, login = self.serve_fleet()

        made: list[str] = []
        while len({line["process"] for line in self.logged()}) < 2:
            cloud = {"name": f"cloud-{len(made)}"}
            answer = requests.post(f"{url}/v1/clouds", json=cloud, headers=login, timeout=50)
            self.assertEqual(201, answer.status_code, answer.text)
            made.append(cloud["name"])

        found = requests.get(f"{url}/v1/clouds?limit=100", headers=login, timeout=50).json()[
            "clouds"
        ]
        self.assertEqual(made[:100], [cloud["name"] for cloud in found])

    def test_a_prefix_in_a_header_is_believed_from_trusted_proxies_only(self):
        url, login = self.serve_fleet()
        for trusted, statuses in (("", (404, 404, 200)), ("127.0.0.1", (200, 200, 404))):
            if trusted:
                url = self.serve(
                    CRATON_DATABASE=self.database, OS_PROXIES__TRUSTED_PROXY=trusted
                )
            found = tuple(
                requests.get(
                    f"{url}{path}", headers={**login, "SCRIPT_NAME": prefix}, timeout=50
                ).status_code
                for path, prefix in (
                    ("/fleet/v1/clouds", "/fleet"),
                    ("/a%20fleet/v1/clouds", "/a%20fleet"),
                    ("/v1/clouds", "/v1"),
                )
            )
            self.assertEqual(statuses, found, trusted)

    def test_the_process_that_creates_the_fleet_logs_it_once(self):
        url = self.serve(CRATON_DATABASE=self.database)

        for _ in range(20):
            requests.get(f"{url}/v1/clouds", timeout=50)

        messages = [line["message"] for line in self.logged()]
        created = [message for message in messages if "Created the fleet" in message]
        self.assertEqual(1, len(created), str(messages))
        self.assertIn("://", created[0])

    def test_chunks_are_read_up_to_the_limit(self):
        url, login = self.serve_fleet()

        def post(size: int) -> requests.Response:
            body = b'{"name": "a"}'.ljust(size)
            chunks = iter([body[:9], body[9:]])
            return requests.post(f"{url}/v1/clouds", data=chunks, headers=login, timeout=50)

        self.assertEqual(201, post(2000).status_code)
        refused = post(2001)
        self.assertEqual((413, 413), (refused.status_code, refused.json()["status"]))
        self.assertTrue(refused.headers["x-openstack-request-id"])

    def test_a_database_that_is_not_there_is_503_and_named_in_the_log(self):
        url = self.serve(CRATON_DATABASE="sqlite:////nowhere/at-all/fleet.db")

        for path in ("/v1/clouds", "/healthcheck"):
            answer = requests.get(f"{url}{path}", timeout=50)
            self.assertEqual((503, 503), (answer.status_code, answer.json()["status"]))
            self.assertNotIn("nowhere", answer.text)
        self.assertIn("/nowhere/at-all", str(self.logged()))

    def test_a_bad_configuration_is_said_at_the_start(self):
        done = subprocess.run(
            [sys.executable, "-c", "import cratonserver.wsgi"],
            cwd=self.path,
            env=clean_environment(str(self.path)) | {"OS_SERVING__THREADS": "many"},
            capture_output=True,
            text=True,
        )

        self.assertNotEqual(0, done.returncode)
        self.assertIn("OS_SERVING__THREADS: [serving] threads = 'many'", done.stderr)
