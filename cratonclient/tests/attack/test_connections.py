# SPDX-License-Identifier: Apache-2.0
"""Attacks with connections: clients that are slow, idle, or do not read."""

from __future__ import annotations

import contextlib
import time

from cratonclient.tests.attack import base


class TestSlowClients(base.AttackTestCase):
    def test_headers_that_arrive_byte_by_byte(self):
        with self.bystander() as seen, contextlib.ExitStack() as stack:
            sockets = [stack.enter_context(self.server.connect()) for _ in range(60)]
            for byte in b"GET / HTTP":
                for one in sockets:
                    one.sendall(bytes([byte]))
                time.sleep(0.1)
        self.assert_unharmed(seen)
