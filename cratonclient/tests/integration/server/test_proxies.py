# SPDX-License-Identifier: Apache-2.0
"""Reverse proxies: trusted and ignored headers."""

from __future__ import annotations

import dataclasses
import socket
import ssl
import types
import typing as t

from cratonclient.tests.integration.server import base, databases
from cratonserver import composition
from cratonserver.config.settings import Proxies, Settings

PROXY, STRANGER = "192.0.2.7", "192.0.2.8"
FORWARDED = {
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "fleet.example",
    "X-Forwarded-For": "203.0.113.9",
}


NOTHING: t.Mapping[str, t.Any] = types.MappingProxyType({})


class TestProxies(base.ServerTestCase):
    def behind(
        self, peer: str, environ: t.Mapping[str, t.Any] = NOTHING, **proxies: t.Any
    ) -> base.Caller:
        """Return root as a caller whose requests come from an address.

        :param environ: what the WSGI server adds to the environment.
        """
        more = {"REMOTE_ADDR": peer, **environ}
        settings = dataclasses.replace(Settings(), proxies=Proxies(**proxies))
        made = composition.application_of(self.store, settings)

        def from_peer(environ: t.Any, start_response: t.Any) -> t.Any:
            return made({**environ, **more}, start_response)

        return base.Caller(from_peer, self.root.headers)

    def assertLinks(self, url: str, caller: base.Caller) -> None:
        """Check that all URLs in responses start with a URL."""
        page = caller.get("/clouds", headers=FORWARDED)
        made = caller.post("/clouds", {"name": base.unique("cloud")}, headers=FORWARDED)
        self.assertAnswer(made, 201)
        for link in [*(one["href"] for one in page.json["links"]), made.headers["location"]]:
            self.assertTrue(link.startswith(f"{url}/v1/clouds"), link)

    def test_nobody_is_believed_unless_it_is_said(self):
        self.assertLinks(f"http://{base.HOST}", self.behind(PROXY))

    def test_a_trusted_proxy_is_believed_and_a_stranger_is_not(self):
        self.assertLinks("https://fleet.example", self.behind(PROXY, trusted_proxy=PROXY))
        self.assertLinks(f"http://{base.HOST}", self.behind(STRANGER, trusted_proxy=PROXY))

    def test_a_stranger_cannot_turn_off_the_tls_of_the_server(self):
        with ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).wrap_socket(
            socket.socket(), server_side=True
        ) as tls:
            saying: tuple[dict[str, t.Any], ...] = (
                {"HTTPS": "on"},
                {"HTTPS": "1"},
                {"gunicorn.socket": tls},
            )
            for said in saying:
                caller = self.behind(STRANGER, {"wsgi.url_scheme": "https", **said})
                self.assertLinks(f"https://{base.HOST}", caller)
        with socket.socket() as plain:
            caller = self.behind(
                STRANGER, {"wsgi.url_scheme": "https", "gunicorn.socket": plain}
            )
            self.assertLinks(f"http://{base.HOST}", caller)

    def test_only_the_headers_that_are_set_are_believed(self):
        proxies: dict[str, t.Any] = {
            "trusted_proxy": PROXY,
            "trusted_proxy_headers": ("x-forwarded-proto",),
        }
        self.assertLinks(f"https://{base.HOST}", self.behind(PROXY, **proxies))

    def test_the_log_has_the_client_that_a_trusted_proxy_names(self):
        for peer, client in ((PROXY, "203.0.113.9"), (STRANGER, STRANGER)):
            with self.assertLogs("cratonserver.access", "INFO") as log:
                self.behind(peer, trusted_proxy=PROXY).get("/clouds", headers=FORWARDED)
            self.assertEqual(client, t.cast("t.Any", log.records[0]).fields["client"])

    def test_a_public_url_stands_above_all_headers(self):
        url = "https://inventory.example:8443/fleet"
        for trusted in ("", PROXY):
            caller = self.behind(PROXY, public_url=url, trusted_proxy=trusted)
            self.assertLinks(url, caller)


class TestFailures(base.ServerTestCase):
    def test_a_mistake_of_ours_is_500_and_explained_in_the_log_alone(self):
        with databases.writing(self.store) as connection:
            connection.exec_driver_sql("ALTER TABLE cells RENAME TO lost_cells")
        with self.assertLogs("cratonserver.api.application", "ERROR") as log:
            answer = self.root.get("/cells")

        self.assertAnswer(answer, 500, "An unknown exception occurred")
        record = t.cast("t.Any", log.records[0])
        self.assertEqual(answer.headers["x-openstack-request-id"], record.fields["request_id"])
        self.assertIn("cells", str(record.exc_info[1]))
