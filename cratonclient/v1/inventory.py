# SPDX-License-Identifier: Apache-2.0
"""The inventory of one region: managers that send the id of the region themselves."""

from __future__ import annotations

import typing as t

from cratonclient import exceptions
from cratonclient.v1 import cells, devices, hosts, network_devices, networks

if t.TYPE_CHECKING:
    from cratonclient import session as craton_session


class Inventory:
    """The managers of the objects in one region.

    The methods ``list`` and ``create`` of these managers send ``region_id``.

    :param session: a :class:`cratonclient.session.Session`.
    :param url: URL of the API, including ``/v1``.
    :param region_id: id of the region.
    :raises cratonclient.exceptions.CommandError: if the id is None. The managers would list
        the objects of all regions.

    >>> [host.name for host in Inventory(session, URL, 1).hosts.list()]
    ['my-host-0']
    """

    def __init__(self, session: craton_session.Session, url: str, region_id: int) -> None:
        if region_id is None:
            raise exceptions.CommandError("region_id is required, and it must not be None.")
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
