# SPDX-License-Identifier: Apache-2.0
"""The inventory of one region: managers that send the id of the region themselves."""

from __future__ import annotations

import typing as t

from cratonclient import exceptions
from cratonclient.v1 import cells, devices, hosts, network_devices, networks, relations
from cratonclient.v1.relations import M

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

    def __init__(self, session: craton_session.Session, url: str, region_id: int | str) -> None:
        if region_id is None:
            raise exceptions.CommandError("region_id is required, and it must not be None.")
        self.session = session
        self.url = url
        self.region_id = region_id

        def manager(cls: type[M]) -> M:
            return relations.with_relations(cls(session, url, region_id=region_id))

        self.cells = manager(cells.CellManager)
        self.devices = manager(devices.DeviceManager)
        self.hosts = manager(hosts.HostManager)
        self.networks = manager(networks.NetworkManager)
        self.network_devices = manager(network_devices.NetworkDeviceManager)
