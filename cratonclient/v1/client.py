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


class _Attributes:
    """A class whose instances have a dictionary of attributes."""


#: The dictionary of attributes itself. :class:`Client` has a property instead.
_DICTIONARY: t.Any = vars(_Attributes)["__dict__"]


class Client(_Attributes):
    """Client of the Craton v1 API. Each collection has an attribute with its manager.

    The client creates a manager when the attribute is first read, and all managers for
    ``vars(client)``. Creating a client sends
    no request. Without ``url``, the first manager reads the catalog, which may send a
    request to Keystone and raise :class:`~cratonclient.exceptions.EndpointNotFound`.

    :param session: a :class:`cratonclient.session.Session`, or a session or an adapter
        of keystoneauth. A session of keystoneauth keeps its own settings.
    :param url: URL of the server, with or without ``/v1``. The default is the endpoint
        in the catalog, or the environment variable ``CRATON_URL`` with Craton's own
        authentication. A URL of another scheme, such as ``sqlite:///fleet.db``, needs a
        transport; see :mod:`cratonclient.http.transport`.
    :raises cratonclient.exceptions.TransportNotFound: if the URL is not valid, or no
        installed transport can open it.

    >>> craton = Client(session=auth.craton_auth('demo', 'demo', PROJECT_ID), url=URL)
    >>> [region.name for region in craton.regions.list()]
    ['my-region-0']
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
        self._session = _wrap(session)
        if url is not None:
            self._url = self._api_url(url)

    @classmethod
    def from_cloud(cls, name: str | None = None, **overrides: t.Any) -> t.Self:
        """Build a client with the credentials of a cloud in clouds.yaml.

        :param name: name of the cloud. The default is ``OS_CLOUD``, then the settings in
            the ``OS_*`` variables, then the only cloud of the file.
        :param overrides: settings with precedence over those of the file, such as
            ``region_name`` or ``interface``.
        :raises cratonclient.exceptions.ConfigurationError: if the cloud does not exist or
            cannot be used, or openstacksdk is not installed.

        >>> Client.from_cloud('prod').hosts.get(1).name
        'my-host-0'
        """
        from cratonclient.login import clouds_yaml

        return cls(clouds_yaml.open_session(name, **overrides))

    def close(self) -> None:
        """Close the connections to the server."""
        self._session.close()

    def inventory(self, region_id: int) -> inventory.Inventory:
        """Return the managers of the objects in one region.

        :param region_id: id of the region.
        :raises cratonclient.exceptions.CommandError: if the id is None.

        >>> [host.name for host in craton.inventory(1).hosts.list()]
        ['my-host-0']
        """
        from cratonclient.v1 import inventory

        return inventory.Inventory(self._session, self._url, region_id)

    def _api_url(self, url: str) -> str:
        """Return the HTTP URL of the API of a server, and mount its transport if needed."""
        base = transport.mount(self._session, url).rstrip("/")
        return base if base.endswith("/v1") else f"{base}/v1"

    def __getattr__(self, name: str) -> t.Any:
        if name == "_url":
            self._url = self._api_url(self._session.endpoint())
            return self._url
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            manager = v1.manager(name)
        except LookupError:
            raise AttributeError(f"the client has no collection named {name!r}") from None
        made = manager(self._session, self._url)
        setattr(self, name, made)
        return made

    @property
    def __dict__(self) -> dict[str, t.Any]:  # type: ignore[override]
        """The attributes, with the managers of all collections of this package.

        Programs of 2017 find the managers in ``vars(client)``.
        """
        for name in v1.COLLECTIONS:
            getattr(self, name)
        return self._attributes()

    def _attributes(self) -> dict[str, t.Any]:
        """Return the attributes that were set, without creating a manager."""
        return t.cast("dict[str, t.Any]", _DICTIONARY.__get__(self))

    def __setstate__(self, state: dict[str, t.Any]) -> None:
        self._attributes().update(state)

    def __dir__(self) -> t.Iterable[str]:
        return {*dir(type(self)), *self._attributes(), *v1.COLLECTIONS}


def _wrap(session: t.Any) -> session.Session:
    """Return a session of this library, which wraps a session of keystoneauth."""
    from cratonclient import session as craton_session

    if hasattr(session, "paginate"):
        return t.cast("craton_session.Session", session)
    return craton_session.Session(session=session)
