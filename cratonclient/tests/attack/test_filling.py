# SPDX-License-Identifier: Apache-2.0
"""Attacks on storage: a tenant fills its quota, and a disk that is full."""

from __future__ import annotations

import contextlib
import subprocess
import unittest
from concurrent import futures

import requests

from cratonclient.tests.attack import base
from cratonclient.tests.integration.server import databases

#: The quota, and the number of requests of the attack.
QUOTA, REQUESTS = 25, 120


class TestQuotas(base.AttackTestCase):
    def test_writers_in_all_processes_do_not_exceed_a_quota(self):
        tenant = self.server.new_user("tenant")
        project = tenant["X-Auth-Project"]
        self.server.client().quotas.update(project, clouds=QUOTA)

        def create(number: int) -> int:
            body = {"name": f"cloud-{number}"}
            url = f"{self.server.url}/v1/clouds"
            return requests.post(url, json=body, headers=tenant, timeout=30).status_code

        with self.bystander() as seen, futures.ThreadPoolExecutor(6) as threads:
            found = list(threads.map(create, range(REQUESTS)))

        self.assertLessEqual({*found}, {201, 403, 429, 503})
        self.assertEqual(QUOTA, found.count(201))
        in_use = self.server.client().quotas.get(project, usage=True)["clouds"].in_use
        self.assertEqual(QUOTA, in_use)
        lines = [line for line in self.server.log().splitlines() if "quota_clouds" in line]
        # One line for each process that refused, and not one for each refusal.
        self.assertTrue(1 <= len(lines) <= 8, str(lines))
        self.assertIn('"user": "tenant"', lines[0])
        self.assert_unharmed(seen)


@unittest.skipIf(databases.SERVER, "needs SQLite")
class TestFullDisk(base.AttackTestCase):
    """The fleet is on a disk of a few megabytes, which something else fills."""

    def setUp(self):
        self.disk = self.folder()
        mount = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(self.disk)]
        if subprocess.run(mount, capture_output=True, check=False).returncode:
            self.skipTest("needs the permission to mount a disk")
        self.addCleanup(subprocess.run, ["umount", "-l", str(self.disk)], check=True)
        super().setUp()

    def serve(self) -> base.Server:
        """Serve a fleet on the disk."""
        return base.Server(self, *self.options, database=f"sqlite:///{self.disk}/fleet.db")

    def test_the_health_check_fails_and_liveness_does_not(self):
        def status(path: str) -> int:
            return requests.get(f"{self.server.url}{path}", timeout=20).status_code

        self.assertEqual((200, 200), (status("/healthcheck"), status("/livez")))
        filler = self.disk / "filler"
        with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while file.write(bytes(65536)):
                pass
        base.wait_for(lambda: status("/healthcheck") == 503)
        self.assertEqual(200, status("/livez"))
        filler.unlink()
        base.wait_for(lambda: status("/healthcheck") == 200)
