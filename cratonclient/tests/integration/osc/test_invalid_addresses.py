# SPDX-License-Identifier: Apache-2.0
"""Commands refuse invalid addresses before they send them."""

from __future__ import annotations

import typing as t

from cratonclient.tests import base
from cratonclient.tests.integration.osc import programs


class TestInvalidAddresses(base.FleetTestCase, programs.CommandTestCase):
    def enter(self, *words: str) -> programs.Result:
        """Run ``craton`` on the fleet."""
        return programs.craton(*words, CRATON_URL=self.database)

    def test_they_are_named_and_not_sent(self):
        region = self.make_region()
        place: dict[str, t.Any] = {"cloud_id": region.cloud_id, "region_id": region.id}
        host = self.craton.hosts.create(
            name="here", ip_address="10.0.0.1", device_type="server", **place
        )
        lan: dict[str, t.Any] = {
            "cidr": "10.0.0.0/24",
            "gateway": "10.0.0.1",
            "netmask": "255.255.255.0",
        }
        self.craton.networks.create(name="lan", **lan, **place)
        where = ("--cloud", f"{place['cloud_id']}", "--region", f"{place['region_id']}")
        device = (*where, "--device-type", "x", "--ip-address")
        network = (*where, *(word for n, v in lan.items() for word in (f"--{n}", v)))
        address = "ip_address: '10.0.0.256' is not an IPv4 or IPv6 address"
        gateway = "gateway: '10.0.1.1' is not in the cidr '10.0.0.0/24'"
        for words, message in (
            (("host", "create", *device, "10.0.0.256", "x"), address),
            (("network", "device", "create", *device, "10.0.0.256", "x"), address),
            (("host", "set", *where[2:], "--ip-address", "10.0.0.256", "here"), address),
            (
                (
                    *("network", "interface", "create", "--device", f"{host.id}", "eth0"),
                    *("--interface-type", "x", "--ip-address", "10.0.0.256"),
                ),
                address,
            ),
            (("network", "create", *network, "--gateway", "10.0.1.1", "x"), gateway),
            (
                ("network", "set", *where[2:], "--cidr", "10.0.0.0", "lan"),
                "cidr: '10.0.0.0' is not an address range such as 10.0.0.0/24",
            ),
        ):
            refused = self.enter(*words)
            self.assert_refused(refused, 3, message)
            self.assertNotIn("Request-ID", refused.err)  # it was not sent
        stored = self.enter("network", "set", *where[2:], "--gateway", "10.0.1.1", "lan")
        self.assert_refused(stored, 3, gateway, "Request-ID")
