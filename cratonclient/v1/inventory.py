# SPDX-License-Identifier: Apache-2.0
"""What lives in one region, with managers that need not be told which."""

from __future__ import annotations

import typing as t

from cratonclient.v1 import cells, devices, hosts, network_devices, networks

if t.TYPE_CHECKING:
    from cratonclient import session as craton_session


class Inventory:
    """The managers of what lives in a region.

    :param session: a :class:`cratonclient.session.Session`.
    :param url: the URL of the API, with ``/v1``.
    :param region_id: id of the region, which every list and create sends.

    >>> [host.name for host in Inventory(session, URL, 1).hosts.list()]
    ['my-host-0']
    """

    def __init__(self, session: craton_session.Session, url: str, region_id: int) -> None:
        self.session = session
        self.url = url
        self.region_id = region_id
        self.cells = cells.CellManager(session, url, region_id=region_id)
        self.devices = devices.DeviceManager(session, url, region_id=region_id)
        self.hosts = hosts.HostManager(session, url, region_id=region_id)
        self.networks = networks.NetworkManager(session, url, region_id=region_id)
        self.network_devices = network_devices.NetworkDeviceManager(
            session, url, region_id=region_id
        )
