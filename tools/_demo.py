# SPDX-License-Identifier: Apache-2.0
"""Create the demo fleet of tools/quickstart.

::

    python tools/_demo.py DATABASE-URL
"""

from __future__ import annotations

import itertools
import sys
import typing as t

from cratonclient import auth
from cratonclient.v1 import client

REGIONS = ("east", "west")
CELLS = ("a", "b")
HOSTS = ("web", "db")


def main(url: str) -> None:
    """Create a cloud with regions, cells and hosts that inherit variables.

    :param url: URL of an empty database, such as ``sqlite:///fleet.db``.
    """
    craton = client.Client(auth.create_session_with(None, True), url)
    cloud = craton.clouds.create(name="demo", variables={"ntp": "ntp.example.org"})
    numbers = itertools.count(1)
    for region_name in REGIONS:
        region = craton.regions.create(
            name=region_name, cloud_id=cloud.id, variables={"dns": f"dns.{region_name}"}
        )
        place: dict[str, t.Any] = {"cloud_id": cloud.id, "region_id": region.id}
        craton.networks.create(
            name="management",
            cidr="10.0.0.0/24",
            gateway="10.0.0.1",
            netmask="255.255.255.0",
            **place,
        )
        for cell_name in CELLS:
            cell = craton.cells.create(name=cell_name, **place)
            number = next(numbers)
            switch = craton.network_devices.create(
                name=f"switch-{number}",
                ip_address=f"10.0.{number}.1",
                device_type="switch",
                model_name="SW-48",
                cell_id=cell.id,
                **place,
            )
            for offset, role in enumerate(HOSTS, 10):
                craton.hosts.create(
                    name=f"{role}-{number}",
                    ip_address=f"10.0.{number}.{offset}",
                    device_type="server",
                    cell_id=cell.id,
                    parent_id=switch.id,
                    labels=[role],
                    variables={"role": role},
                    **place,
                )


if __name__ == "__main__":
    main(sys.argv[1])
