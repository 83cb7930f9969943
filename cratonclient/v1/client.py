# SPDX-License-Identifier: Apache-2.0
"""The entry point of the library: :class:`Client`."""

from __future__ import annotations

import typing as t

from cratonclient import v1
from cratonclient.http import transport

if t.TYPE_CHECKING:
    from cratonclient import session
    from cratonclient.v1 import (
        cells,
        clouds,
        devices,
        hosts,
        inventory,
        network_devices,
        network_interfaces,
        networks,
        projects,
        regions,
        users,
    )


class Client:
    """Craton v1 API client: one attribute for each collection.

    :param session: a :class:`cratonclient.session.Session`, or a session or an
        adapter of keystoneauth, whose settings stay as they are.
    :param url: the URL of the server, with or without ``/v1``. Left out, it is
        looked up in the catalogue, or in the environment variable
        ``CRATON_URL`` where Craton does the authentication. A URL that is not
        http, such as ``sqlite:///fleet.db``, needs a transport: see
        :mod:`cratonclient.http.transport`.
    :raises cratonclient.exceptions.TransportNotFound: for a URL that nothing
        installed can open.

    Managers are made when they are first used; no request is made before.

    >>> craton = Client(session=auth.craton_auth('demo', 'demo', PROJECT_ID), url=URL)
    >>> [region.name for region in craton.regions.list()]
    ['my-region-0']

    Source: seed document, "v1 API Documentation".
    """

    cells: cells.CellManager
    clouds: clouds.CloudManager
    devices: devices.DeviceManager
    hosts: hosts.HostManager
    network_devices: network_devices.NetworkDeviceManager
    network_interfaces: network_interfaces.NetworkInterfaceManager
    networks: networks.NetworkManager
    projects: projects.ProjectManager
    regions: regions.RegionManager
    users: users.UserManager

    def __init__(self, session: t.Any, url: str | None = None) -> None:
        self._session = _own(session)
        self._given_url = url
        if url is not None:
            self._url = self._usable(url)

    @classmethod
    def from_cloud(cls, name: str | None = None, **overrides: t.Any) -> t.Self:
        """Make a client with the credentials of a cloud of clouds.yaml.

        :param name: the cloud; left out, the one of ``OS_CLOUD``, of the ``OS_*``
            variables, or the only one there is.
        :param overrides: settings that go before those of the file, such as
            ``region_name`` or ``interface``.
        :raises cratonclient.exceptions.ConfigurationError: when there is no such
            cloud, it cannot be used, or openstacksdk is not installed.

        >>> Client.from_cloud('prod').hosts.get(1).name
        'my-host-0'
        """
        from cratonclient.login import clouds_yaml

        return cls(clouds_yaml.open_session(name, **overrides))

    def close(self) -> None:
        """Close the connections to the server."""
        self._session.close()

    def inventory(self, region_id: int) -> inventory.Inventory:
        """Give the managers of what lives in one region.

        :param region_id: id of the region.
        """
        from cratonclient.v1 import inventory

        return inventory.Inventory(self._session, self._url, region_id)

    def _usable(self, url: str) -> str:
        """Turn the URL of a server into the http URL of its API."""
        base = transport.mount(self._session, url).rstrip("/")
        return base if base.endswith("/v1") else f"{base}/v1"

    def __getattr__(self, name: str) -> t.Any:
        if name == "_url":
            self._url = self._usable(self._session.endpoint())
            return self._url
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            manager = v1.manager(name)
        except LookupError:
            raise AttributeError(f"the client has no collection named {name!r}") from None
        self.__dict__[name] = manager(self._session, self._url)
        return self.__dict__[name]

    def __dir__(self) -> t.Iterable[str]:
        return {*super().__dir__(), *v1.COLLECTIONS}


def _own(session: t.Any) -> session.Session:
    """Give a session of this library; one of keystoneauth becomes one."""
    from cratonclient import session as craton_session

    if hasattr(session, "paginate"):
        return t.cast("craton_session.Session", session)
    return craton_session.Session(session=session)
