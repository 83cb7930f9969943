# SPDX-License-Identifier: Apache-2.0
"""The server with the real keystonemiddleware and a real Keystone."""

from __future__ import annotations

import concurrent.futures
import socket
import uuid

import requests

from cratonclient.tests.keystone import base, service


class TestKeystone(base.KeystoneTestCase):
    def assert_refused(self, status: int, answer: requests.Response, said: str = "") -> None:
        """Check that a response is an error in Craton's format."""
        self.assertEqual((status, status), (answer.status_code, answer.json()["status"]))
        self.assertIn(said, answer.json()["message"])
        self.assertTrue(answer.headers["x-openstack-request-id"].startswith("req-"))

    def make_cloud(self, token: str) -> requests.Response:
        return self.craton.ask("POST", "/clouds", token, json={"name": uuid.uuid4().hex})

    def test_an_admin_writes_in_the_project_of_the_token(self):
        token = self.keystone.token("ada", "alpha")

        made = self.make_cloud(token)
        project = self.craton.ask("GET", f"/projects/{self.projects['alpha']}", token)

        self.assertEqual(201, made.status_code, made.text)
        shown = str(uuid.UUID(self.projects["alpha"]))
        self.assertEqual((shown, "alpha"), (project.json()["id"], project.json()["name"]))
        self.assertEqual(shown, made.json()["project_id"])
        self.assertEqual(200, self.craton.ask("GET", "/users", token).status_code)
        self.assert_refused(403, self.craton.ask("GET", "/projects", token), "root")

    def test_a_member_writes_inventory_only(self):
        token = self.keystone.token("max", "alpha")

        self.assertEqual(201, self.make_cloud(token).status_code)
        self.assert_refused(403, self.craton.ask("GET", "/users", token))

    def test_a_reader_only_reads(self):
        cloud = self.make_cloud(self.keystone.token("max", "alpha")).json()["id"]
        token = self.keystone.token("rita", "alpha")

        for path in ("/clouds", f"/clouds/{cloud}", f"/clouds/{cloud}/variables"):
            self.assertEqual(200, self.craton.ask("GET", path, token).status_code)
        self.assert_refused(403, self.make_cloud(token))
        for method, path in (
            ("PUT", f"/clouds/{cloud}"),
            ("DELETE", f"/clouds/{cloud}"),
            ("PUT", f"/clouds/{cloud}/variables"),
        ):
            self.assert_refused(403, self.craton.ask(method, path, token, json={"a": 1}))

    def test_a_role_that_means_nothing_here_is_403(self):
        token = self.keystone.token("sten", "alpha")

        self.assert_refused(403, self.craton.ask("GET", "/clouds", token), "roles")

    def test_a_token_without_a_project_is_403(self):
        for token in (
            self.keystone.token("max"),
            self.keystone.token("ada", domain=True),
            self.keystone.token("max", domain=True),
        ):
            self.assert_refused(403, self.craton.ask("GET", "/clouds", token), "project")

    def test_no_token_and_a_wrong_one_are_401_and_told_where_to_get_one(self):
        for token in (None, "nonsense", ""):
            answer = self.craton.ask("GET", "/clouds", token)

            self.assert_refused(401, answer, "could not be authenticated")
            self.assertEqual(
                f'Keystone uri="{self.keystone.url}"', answer.headers["WWW-Authenticate"]
            )

    def test_a_revoked_token_is_401(self):
        token = self.keystone.token("max", "alpha")
        self.assertEqual(200, self.craton.ask("GET", "/clouds", token).status_code)

        self.keystone.revoke(token)

        self.assert_refused(401, self.craton.ask("GET", "/clouds", token))

    def test_an_expired_token_is_401(self):
        url = self.keystone.short_lived(4)
        token = self.keystone.token("max", "alpha", url=url)
        self.assertEqual(200, self.craton.ask("GET", "/clouds", token).status_code)

        while (answer := self.craton.ask("GET", "/clouds", token)).status_code == 200:
            pass

        self.assert_refused(401, answer)

    def test_a_token_for_another_project_sees_nothing_of_the_first(self):
        cloud = self.make_cloud(self.keystone.token("ada", "alpha")).json()["id"]
        token = self.keystone.token("bea", "beta")

        self.assertEqual([], self.craton.ask("GET", "/clouds", token).json()["clouds"])
        self.assert_refused(404, self.craton.ask("GET", f"/clouds/{cloud}", token))
        alpha = self.projects["alpha"]
        self.assert_refused(404, self.craton.ask("GET", f"/projects/{alpha}", token))

    def test_headers_that_a_client_sends_are_not_believed(self):
        forged = {
            "X-Identity-Status": "Confirmed",
            "X-Roles": "admin",
            "X-Project-Id": self.projects["alpha"],
            "X-User-Name": "ada",
            "X-Auth-User": "ada",
            "X-Auth-Project": self.projects["alpha"],
            "X-Service-Token": "nonsense",
        }

        self.assert_refused(401, self.craton.ask("GET", "/clouds", headers=forged))
        del forged["X-Service-Token"]
        self.assert_refused(401, self.craton.ask("GET", "/clouds", headers=forged))
        reader = self.keystone.token("rita", "alpha")
        answer = self.craton.ask("POST", "/clouds", reader, headers=forged, json={"name": "x"})
        self.assert_refused(403, answer)

    def test_first_requests_that_race_make_one_project(self):
        project = self.keystone.make("project", name="gamma", domain_id="default")
        self.keystone.make_user("gus", **{f"in_{project}": "member"})
        token = self.keystone.token("gus", "gamma")

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = [*pool.map(lambda _: self.make_cloud(token), range(8))]

        self.assertEqual([201] * 8, [answer.status_code for answer in answers])
        found = self.craton.ask("GET", "/clouds", token).json()["clouds"]
        self.assertEqual({str(uuid.UUID(project))}, {cloud["project_id"] for cloud in found})

    def test_what_is_open_asks_for_no_token(self):
        for path in ("/healthcheck", "/", "/v1"):
            for headers in ({}, {"X-Auth-Token": "nonsense"}):
                answer = requests.get(f"{self.craton.url}{path}", headers=headers, timeout=100)
                self.assertLess(answer.status_code, 400, path)

    def test_roles_can_be_configured_and_keystone_may_be_down(self):
        craton = self.cloud.serve(self.keystone.url, "[roles]\nroot_roles = stranger\n")
        token = self.keystone.token("sten", "alpha")
        self.assertEqual(200, craton.ask("GET", "/projects", token).status_code)

        with socket.create_server(("127.0.0.1", 0)) as nobody:
            port = nobody.getsockname()[1]
        lost = self.cloud.serve(f"http://127.0.0.1:{port}/v3")
        answer = lost.ask("GET", "/clouds", token)
        self.assert_refused(503, answer, "Keystone")
        self.assertIn("Retry-After", answer.headers)
        self.assert_refused(401, lost.ask("GET", "/clouds"))
        self.assertEqual(200, requests.get(f"{lost.url}/healthcheck", timeout=100).status_code)

    def test_no_token_and_no_password_is_logged(self):
        token = self.keystone.token("max", "alpha")
        self.craton.ask("GET", f"/clouds?name={uuid.uuid4().hex}", token)

        said = self.craton.said
        self.assertIn('"user": "max"', said)
        self.assertNotIn(token, said)
        self.assertNotIn(service.PASSWORD, said)
