# SPDX-License-Identifier: Apache-2.0
"""Posting to webhooks: where they may point, hostile receivers, and signatures."""

from __future__ import annotations

import contextlib
import datetime
import ipaddress
import socket
import threading
import time
import typing as t
from unittest import mock

import standardwebhooks

from cratonclient.tests import base
from cratonclient.tests.integration.server.receivers import Receiver
from cratonserver.webhooks import addresses, secrets, sender

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
LOOPBACK = ("127.0.0.0/8",)
REFUSED = "the name resolves to an address that webhooks may not reach"

PRIVATE = (
    *("127.0.0.1", "127.8.8.8", "0.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1"),
    *("169.254.1.1", "169.254.169.254", "100.64.0.1", "100.100.100.200", "168.63.129.16"),
    *("192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "fe80::1", "fd00:ec2::254", "fc00::1", "ff02::1", "2001:db8::1"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254"),
    *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a00:1::1"),
    # Other forms of 127.0.0.1: IPv4-compatible, translated, local NAT64, Teredo and ISATAP.
    *("::127.0.0.1", "::ffff:0:127.0.0.1", "64:ff9b:1::7f00:1", "2001:0:7f00:1::"),
    "2a00::5efe:7f00:1",
    *("fec0::1", "5f00::1", "3fff::1", "100::1", "192.0.0.8", "192.0.0.9", "192.88.99.1"),
)
PUBLIC = ("8.8.8.8", "2001:4860:4860::8888", "64:ff9b::808:808", "2a00::5efe:808:808")


def resolving(*found: str) -> t.Any:
    """Return a patch of the resolver: each call returns the next address."""
    answers = iter(found)

    def resolve(host: str, port: int, *args: t.Any, **kwargs: t.Any) -> t.Any:
        address = next(answers)
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [(family, socket.SOCK_STREAM, 0, "", (address, port))]

    return mock.patch("cratonserver.webhooks.sender.socket.getaddrinfo", resolve)


class TestAddresses(base.TestCase):
    def test_only_public_addresses_are_allowed(self):
        for text in PRIVATE:
            self.assertFalse(addresses.is_allowed(ipaddress.ip_address(text), ()), text)
        for text in PUBLIC:
            self.assertTrue(addresses.is_allowed(ipaddress.ip_address(text), ()), text)

    def test_networks_of_the_configuration_are_allowed(self):
        for text, networks in (
            ("10.1.2.3", ("10.0.0.0/8",)),
            ("::ffff:10.1.2.3", ("10.0.0.0/8",)),
            ("127.0.0.1", ("*",)),
            ("fd00::7", ("fd00::/8", "10.0.0.0/8")),
        ):
            self.assertTrue(addresses.is_allowed(ipaddress.ip_address(text), networks), text)

    def test_metadata_services_have_to_be_listed_alone(self):
        for text in ("169.254.169.254", "fd00:ec2::254", "168.63.129.16"):
            address = ipaddress.ip_address(text)
            for networks in (("*",), ("169.254.0.0/16", "fd00::/8", "168.0.0.0/8")):
                self.assertFalse(addresses.is_allowed(address, networks), text)
            self.assertTrue(addresses.is_allowed(address, (text,)))

    def test_urls(self):
        for url in ("https://a.example", "https://a.example:8443/x?y=1", "https://[2a00::1]/"):
            addresses.check_url(url, (), False)
        for url in ("http://a.example", "https://u@a.example", "https://a.example\\@b/", "//a"):
            self.assertRaises(ValueError, addresses.check_url, url, ("*",), False)
        addresses.check_url("http://a.example", (), True)


class SendingTestCase(base.TestCase):
    timeout = 5.0

    def post(
        self, url: str, networks: t.Sequence[str] = LOOPBACK, body: bytes = b"{}"
    ) -> sender.Outcome:
        return sender.Sender(networks, True, self.timeout).post(url, SECRET, "m-1", body)


class TestConnecting(SendingTestCase):
    """The address of the connection is checked, not the name."""

    def setUp(self):
        super().setUp()
        self.receiver = Receiver(self.addCleanup)

    def test_what_a_name_resolves_to_is_checked(self):
        port = self.receiver.url.split(":")[2]
        for address in ("127.0.0.1", "::ffff:127.0.0.1", "169.254.169.254", "10.0.0.1"):
            with resolving(address):
                outcome = self.post(f"http://cmdb.example.com:{port}", networks=())
            self.assertEqual((None, REFUSED), (outcome.status, outcome.error))
        self.assertEqual([], self.receiver.requests)

    def test_localhost_is_refused(self):
        outcome = self.post(self.receiver.url.replace("127.0.0.1", "localhost"), networks=())
        self.assertEqual(REFUSED, outcome.error)

    def test_unusual_spellings_of_loopback_are_refused(self):
        port = self.receiver.url.split(":")[2]
        for host in ("127.1", "2130706433", "0x7f000001", "017700000001", "0", "[::]"):
            outcome = self.post(f"http://{host}:{port}", networks=())
            self.assertIsNone(outcome.status, host)
            self.assertIn("may not reach", str(outcome.error), host)
        self.assertEqual([], self.receiver.requests)

    def test_it_connects_to_the_address_that_was_checked(self):
        # A second look-up would connect to another address.
        with resolving("127.0.0.1", "10.0.0.1"):
            outcome = self.post(self.receiver.url.replace("127.0.0.1", "rebinding.example"))
        self.assertEqual(204, outcome.status)

    def test_one_bad_address_among_others_is_refused(self):
        found = [
            (socket.AF_INET, socket.SOCK_STREAM, 0, "", (address, 80))
            for address in ("127.0.0.1", "10.0.0.1")
        ]
        with mock.patch("cratonserver.webhooks.sender.socket.getaddrinfo", return_value=found):
            self.assertEqual(REFUSED, self.post("http://two.example").error)

    def test_no_proxy_of_the_environment(self):
        proxies = dict.fromkeys(("HTTP_PROXY", "http_proxy", "ALL_PROXY"), "http://127.0.0.1:1")
        with mock.patch.dict("os.environ", proxies):
            self.assertEqual(204, self.post(self.receiver.url).status)

    def test_errors_have_no_secrets(self):
        with mock.patch(
            "cratonserver.webhooks.sender.socket.getaddrinfo", side_effect=socket.gaierror(-2)
        ):
            error = self.post("http://nowhere.example/s3cret?token=s3cret").error
        self.assertEqual("the host name does not resolve", error)
        free = socket.create_server(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/s3cret"
        free.close()
        self.assertEqual("the connection was refused", self.post(url).error)

    def test_tls_is_verified(self):
        url = self.receiver.url.replace("http:", "https:")
        self.assertEqual("TLS failed", self.post(url).error)


class TestHostileReceivers(SendingTestCase):
    """Receivers that send nothing, too much, or very slowly."""

    timeout = 0.3

    def serve(self, talk: t.Callable[[socket.socket], object]) -> str:
        """Return the URL of a server that talks to one client."""
        listening = socket.create_server(("127.0.0.1", 0))

        def run() -> None:
            with contextlib.suppress(OSError), listening:
                client, _address = listening.accept()
                with client:
                    talk(client)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        self.addCleanup(thread.join)
        return f"http://127.0.0.1:{listening.getsockname()[1]}/"

    def test_nothing(self):
        done = threading.Event()
        self.addCleanup(done.set)
        outcome = self.post(self.serve(lambda client: done.wait(10)))
        self.assertEqual("timed out after 0.3 seconds", outcome.error)
        self.assertLess(outcome.seconds, 5)

    def test_one_that_reads_slowly(self):
        done = threading.Event()

        def sip(client: socket.socket) -> None:
            while not done.wait(0.05):
                client.recv(16384)

        url = self.serve(sip)
        self.addCleanup(done.set)
        # The connection holds some megabytes that nobody has read yet.
        outcome = self.post(url, body=b'"' + 10_000_000 * b"x" + b'"')
        self.assertEqual("timed out after 0.3 seconds", outcome.error)
        self.assertLess(outcome.seconds, 5)

    def test_one_byte_after_the_other(self):
        def drip(client: socket.socket) -> None:
            client.sendall(b"HTTP/1.1 200 OK\r\nX: ")
            while True:
                client.sendall(b"x")
                time.sleep(0.02)

        outcome = self.post(self.serve(drip))
        self.assertEqual("timed out after 0.3 seconds", outcome.error)
        self.assertLess(outcome.seconds, 5)

    def test_endless_interim_responses(self):
        def repeat(client: socket.socket) -> None:
            while True:
                client.sendall(b"HTTP/1.1 102 Processing\r\n\r\n" * 100)

        outcome = self.post(self.serve(repeat))
        self.assertIsNotNone(outcome.error)
        self.assertLess(outcome.seconds, 5)

    def test_endless_headers(self):
        def repeat(client: socket.socket) -> None:
            client.sendall(b"HTTP/1.1 200 OK\r\n")
            while True:
                client.sendall(b"X: " + b"x" * 1000 + b"\r\n")

        outcome = self.post(self.serve(repeat))
        self.assertEqual("the receiver did not send a valid response", outcome.error)

    def test_an_endless_body_is_not_read(self):
        def repeat(client: socket.socket) -> None:
            client.recv(65536)
            client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                client.sendall(b"x" * 65536)

        self.assertEqual((200, None), self.post(self.serve(repeat))[:2])

    def test_no_http(self):
        def greet(client: socket.socket) -> None:
            client.sendall(b"\x1b[31mhello\r\n\r\n")
            while client.recv(65536):  # an earlier end could reset the connection
                pass

        outcome = self.post(self.serve(greet))
        self.assertEqual("the receiver did not send a valid response", outcome.error)

    def test_a_connection_that_is_closed(self):
        outcome = self.post(self.serve(lambda client: None))
        self.assertIn("closed the connection", str(outcome.error))


class TestSignatures(SendingTestCase):
    def test_a_receiver_verifies_them(self):
        receiver = Receiver(self.addCleanup)
        self.post(receiver.url)
        [(headers, body)] = receiver.requests
        self.assertEqual({}, standardwebhooks.Webhook(SECRET).verify(body, headers))
        self.assertRaises(
            standardwebhooks.WebhookVerificationError,
            standardwebhooks.Webhook(secrets.new()).verify,
            body,
            headers,
        )

    def test_the_example_of_the_specification(self):
        # https://github.com/standard-webhooks/standard-webhooks/tree/main/spec
        at = datetime.datetime.fromtimestamp(1614265330, datetime.UTC)
        found = standardwebhooks.Webhook(SECRET).sign(
            "msg_p5jXN8AQM9LWM0D4loKWxJek", at, '{"test": 2432232314}'
        )
        self.assertEqual("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", found)
