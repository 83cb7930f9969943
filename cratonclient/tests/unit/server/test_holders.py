# SPDX-License-Identifier: Apache-2.0
"""The addresses that limits count as one."""

from __future__ import annotations

from cratonclient.tests import base
from cratonserver.serving.holders import holder


class TestHolders(base.TestCase):
    def test_an_ipv6_network_is_one_holder(self):
        self.assertEqual(holder("2001:db8::1"), holder("2001:db8:0:0:ffff::2"))
        self.assertNotEqual(holder("2001:db8::1"), holder("2001:db8:0:1::1"))

    def test_ipv4_addresses_are_holders(self):
        for address in ("192.0.2.7", "::ffff:192.0.2.7"):
            self.assertEqual("192.0.2.7", holder(address))

    def test_other_addresses_stay(self):
        for address in ("::1", "", "unix:", "fe80::1%eth0"):
            self.assertIsInstance(holder(address), str)
        self.assertNotEqual(holder("::1"), holder("::2"))
