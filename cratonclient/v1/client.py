# SPDX-License-Identifier: Apache-2.0
"""The entry point of the library: :class:`Client`."""

from __future__ import annotations

import functools
import typing as t

from cratonclient import exceptions, keywords, reasons, suggestions, v1
from cratonclient.http import transport
from cratonclient.printable import shown

if t.TYPE_CHECKING:
    import contextlib

    from cratonclient import changes, session
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
        quotas,
        regions,
        user_keys,
        users,
        webhooks,
    )
    from cratonclient.v1.regions import Region


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
        of keystoneauth, which keeps its own settings. A fleet in a file needs none.
    :param url: URL of the server, with or without ``/v1``. The default is the endpoint
        in the catalog, or the environment variable ``CRATON_URL`` with Craton's own
        authentication. A URL of another scheme, such as ``sqlite:///fleet.db``, needs a
        transport; see :mod:`cratonclient.http.transport`.
    :param connect_retries: retries after a failed or lost connection, or a timeout; 0 for
        none. The default are those of the session. It does not change the session.
    :param status_code_retries: retries if the server is busy, likewise.
    :param reason: why the program makes changes, up to 1000 characters. The history shows it
        with each change. :meth:`because` gives a reason for some of the changes.
    :raises cratonclient.exceptions.TransportNotFound: if the URL is not valid, or no
        installed transport can open it.
    :raises cratonclient.exceptions.UnableToAuthenticate: if a server needs a session.
    :raises cratonclient.exceptions.CommandError: if the session is a text, or a number of
        retries or the reason is not valid.

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
    user_keys: user_keys.UserKeyManager
    users: users.UserManager
    webhooks: webhooks.WebhookManager

    def __init__(
        self,
        session: t.Any = None,
        url: str | None = None,
        *,
        connect_retries: int | None = None,
        status_code_retries: int | None = None,
        reason: str | None = None,
    ) -> None:
        self._session = _wrap(session, url, connect_retries, status_code_retries, reason)
        if url is not None:
            self._url: str = self._api_url(url)

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

    @classmethod
    def from_environment(cls, *, reason: str | None = None, **options: t.Any) -> t.Self:
        """Build a client with Craton's own authentication from environment variables.

        These are the variables of the commands: ``CRATON_URL``, ``OS_USERNAME``,
        ``OS_PASSWORD`` (the API key), ``OS_PROJECT_ID``, ``OS_CACERT``, the path of a CA
        bundle, and ``CRATON_REASON``, the reason of changes. The URL of a fleet in a file needs
        no other variable.

        :param reason: why the program makes changes; by default, ``CRATON_REASON``.
        :param options: keywords of :func:`cratonclient.auth.craton_auth`, such as ``timeout``.
        :raises cratonclient.exceptions.ConfigurationError: if a variable is missing, or begins
            or ends with a blank or an invisible character.

        >>> Client.from_environment(timeout=10).hosts.get(1).name
        'my-host-0'
        """
        from cratonclient.process import environment

        names = ("CRATON_URL", "OS_USERNAME", "OS_PASSWORD", "OS_PROJECT_ID")
        url, *login = map(environment.get, names)
        if reason is None:
            reason = reasons.from_environment()
        if url and not transport.is_http(url):
            return cls(url=url, reason=reason)
        missing = [name for name, value in zip(names, [url, *login], strict=True) if not value]
        if missing:
            raise exceptions.ConfigurationError(
                f"These environment variables are not set: {', '.join(missing)}."
            )
        from cratonclient import auth

        options.setdefault("verify", environment.get("OS_CACERT") or True)
        session: t.Any = auth.craton_auth
        return cls(session(*login, **options), url, reason=reason)

    def because(self, reason: str) -> contextlib.AbstractContextManager[None]:
        """Send a reason with the changes that a ``with`` block makes with this client.

        Also objects that were fetched before the block send it. Threads that the block starts
        do not: pass ``reason`` to a client of their own.

        :param reason: why the program makes the changes, up to 1000 characters.
        :raises cratonclient.exceptions.CommandError: if the reason is empty or too long.

        >>> with craton.because('rack r7 is replaced'):
        ...     craton.hosts.delete(12)
        """
        return reasons.given(reasons.check(reason), self._session)

    def close(self) -> None:
        """Close the connections to the server. The client can be used again afterwards."""
        self._session.close()

    def __enter__(self) -> t.Self:
        """Return the client. The end of the ``with`` block closes its connections."""
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    @functools.cached_property
    def quotas(self) -> quotas.QuotaManager:
        """The quotas of projects: how much each of them may store.

        >>> craton.quotas.get(usage=True)['hosts']
        Quota(resource='hosts', limit=1000000, default=1000000, in_use=3)
        """
        from cratonclient.v1 import quotas

        return quotas.QuotaManager(self._session, self._url)

    @functools.cached_property
    def changes(self) -> changes.ChangeManager:
        """The history of the project, and change sets.

        >>> craton.changes.undo(7).revision
        8
        """
        from cratonclient import changes

        def class_of(collection: str) -> t.Any:
            return v1.kind(collection).resource_class

        return changes.ChangeManager(self._session, self._url, class_of)

    @property
    def features(self) -> frozenset[str]:
        """The names of what the server can do beyond the API of 2017; none if it is original.

        The first use sends a request.

        >>> 'change_sets' in craton.features
        True
        """
        from cratonclient import features

        return features.of(self._session, self._url)

    def require_feature(self, name: str) -> None:
        """Raise an exception if the server does not have a feature.

        :param name: name of the feature, such as ``moving``.
        :raises cratonclient.exceptions.FeatureMissing: if the server does not have it.

        >>> craton.require_feature('moving')
        """
        from cratonclient import features

        features.require(self._session, self._url, name)

    def inventory(self, region_id: int | str | Region) -> inventory.Inventory:
        """Return the managers of the objects in one region.

        :param region_id: id of the region, or the region.
        :raises cratonclient.exceptions.CommandError: if the id is None.

        >>> [host.name for host in craton.inventory(1).hosts.list()]
        ['my-host-0']
        """
        from cratonclient.v1 import inventory, regions

        found = keywords.item_id(regions.Region, "region", region_id)
        return inventory.Inventory(self._session, self._url, found)

    def _api_url(self, url: str) -> str:
        """Return the HTTP URL of the API of a server, and mount its transport if needed."""
        base = transport.mount(self._session, url).rstrip("/")
        return base if base.endswith("/v1") else f"{base}/v1"

    if not t.TYPE_CHECKING:  # type checkers know the declared collections, and no others

        def __getattr__(self, name: str) -> t.Any:
            if name == "_url":
                self._url = self._api_url(self._session.endpoint())
                return self._url
            if name.startswith("_"):
                raise AttributeError(name)
            try:
                return self._manager(name)
            except LookupError:
                hint = suggestions.did_you_mean(name, v1.COLLECTIONS)
                raise AttributeError(
                    f"the client has no collection named {name!r}.{hint}"
                ) from None

    def _manager(self, collection: str) -> t.Any:
        """Return the manager of a collection, which is created here.

        :raises LookupError: if the collection is unknown.
        """
        manager = v1.manager(collection)
        from cratonclient.v1 import relations

        made = relations.with_relations(manager(self._session, self._url))
        setattr(self, collection, made)
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


class _Collection:
    """The attribute of a collection. Read from the class, it is the manager class.

    Doubles need the signatures of managers, such as those of ``create_autospec(Client)``.

    :param name: name of the collection.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, client: Client | None, owner: type) -> t.Any:
        return v1.manager(self._name) if client is None else client._manager(self._name)


for _name in v1.COLLECTIONS:
    setattr(Client, _name, _Collection(_name))


def _wrap(
    session: t.Any,
    url: str | None,
    connect_retries: int | None,
    status_code_retries: int | None,
    reason: str | None,
) -> session.Session:
    """Return a session of this library, which wraps a session of keystoneauth."""
    from cratonclient import session as craton_session

    if isinstance(session, str):
        raise exceptions.CommandError(
            f"{shown(session)} is not a session. Pass a URL as url=..., and the name of a "
            "cloud in clouds.yaml to Client.from_cloud()."
        )
    if session is None:
        session = _without_credentials(url)
    is_wrapped = hasattr(session, "paginate")
    if is_wrapped and (connect_retries, status_code_retries, reason) == (None, None, None):
        return t.cast("craton_session.Session", session)
    if issubclass(type(session), craton_session.Session):
        made = session.with_retries(connect_retries, status_code_retries)
    else:
        made = craton_session.Session(
            session=session,
            connect_retries=connect_retries,
            status_code_retries=status_code_retries,
        )
    return t.cast(
        "craton_session.Session", made if reason is None else made.with_reason(reason)
    )


def _without_credentials(url: str | None) -> t.Any:
    """Return a session without credentials, for the fleet in a file.

    :raises cratonclient.exceptions.UnableToAuthenticate: if the URL needs credentials.
    """
    from cratonclient.http import direct

    if url is None or (isinstance(url, str) and transport.is_http(url)):
        raise exceptions.UnableToAuthenticate(
            "A client of a Craton server needs a session with credentials. Pass "
            "session=auth.craton_auth(...) or session=auth.keystone_auth(...), or use "
            "Client.from_cloud(). Only the URL of a fleet in a file, such as "
            "sqlite:///fleet.db, needs no session."
        )
    return direct.DirectSession({})
