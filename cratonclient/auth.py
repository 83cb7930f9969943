# SPDX-License-Identifier: Apache-2.0
"""Functions that build authenticated sessions, for Craton's own users and for Keystone."""

from __future__ import annotations

import typing as t

from keystoneauth1 import plugin as ksa_plugin
from keystoneauth1 import session as ksa_session

from cratonclient import secrets
from cratonclient import session as craton_session
from cratonclient.http import adapter, basic_auth
from cratonclient.http.craton_auth import CratonAuth

__all__ = ["CratonAuth", "bind", "craton_auth", "create_session_with", "keystone_auth"]


def craton_auth(
    username: str, token: str, project_id: str, verify: bool | str = True
) -> craton_session.Session:
    """Build a session for Craton's own authentication. This makes no request.

    :param username: name of the user.
    :param token: API key of the user.
    :param project_id: UUID of the user's project.
    :param verify: verify TLS certificates: True, False, or the path of a CA bundle.
    :returns: the session, with the timeout and the retries of this library.
    :raises cratonclient.exceptions.UnableToAuthenticate: if a credential is missing
        or cannot be sent in an HTTP header.

    >>> from cratonclient.v1 import client
    >>> craton = client.Client(craton_auth('demo', 'demo', PROJECT_ID), URL)
    """
    plugin = CratonAuth(username=username, token=token, project_id=project_id)
    return create_session_with(plugin, verify)


def keystone_auth(
    auth_url: str,
    username: str,
    password: str,
    verify: bool | str = True,
    project_name: str | None = None,
    project_id: str | None = None,
    project_domain_name: str | None = None,
    project_domain_id: str | None = None,
    user_domain_name: str | None = None,
    user_domain_id: str | None = None,
    **auth_parameters: t.Any,
) -> craton_session.Session:
    """Build a session for password authentication with Keystone v3.

    This makes no request. The first request of the session raises
    :class:`~cratonclient.exceptions.Unauthorized` if Keystone refuses the credentials.

    :param auth_url: URL of Keystone, such as ``https://keystone.example.org/v3``.
    :param username: name of the user.
    :param password: password of the user.
    :param verify: verify TLS certificates: True, False, or the path of a CA bundle.
    :param project_name: name of the project. It requires a project domain.
    :param project_id: id of the project, instead of its name.
    :param project_domain_name: name of the project's domain.
    :param project_domain_id: id of the project's domain, instead of its name.
    :param user_domain_name: name of the user's domain.
    :param user_domain_id: id of the user's domain, instead of its name.
    :param auth_parameters: further arguments of ``keystoneauth1.identity.v3.Password``,
        such as ``trust_id``, ``domain_id`` or ``reauthenticate``.
    :returns: the session, with the timeout and the retries of this library.
    :raises cratonclient.exceptions.TransportNotFound: if ``auth_url`` is not valid.

    >>> session = keystone_auth(
    ...     'https://keystone.example.org/v3',
    ...     username='ada',
    ...     password=PASSWORD,
    ...     project_name='alpha',
    ...     project_domain_name='Default',
    ...     user_domain_name='Default',
    ... )
    """
    from keystoneauth1.identity.v3 import password as ksa_password

    secrets.hide(password)
    plugin = ksa_password.Password(
        auth_url=auth_url,
        username=username,
        password=password,
        project_id=project_id,
        project_name=project_name,
        project_domain_id=project_domain_id,
        project_domain_name=project_domain_name,
        user_domain_id=user_domain_id,
        user_domain_name=user_domain_name,
        **auth_parameters,
    )
    return create_session_with(plugin, verify)


def create_session_with(
    auth_plugin: ksa_plugin.BaseAuthPlugin | None,
    verify: bool | str,
    *,
    timeout: float | None = craton_session.DEFAULT_TIMEOUT,
    max_wait: float = adapter.DEFAULT_MAX_WAIT,
) -> craton_session.Session:
    """Build a session from any keystoneauth plugin.

    :param auth_plugin: the plugin, or ``None`` if the server needs no credentials.
    :param verify: verify TLS certificates: True, False, or the path of a CA bundle.
    :param timeout: timeout in seconds, or ``None`` for no timeout.
    :param max_wait: seconds that one request waits in total, if a busy server asks for it
        with ``Retry-After``.
    :returns: the session, with the timeout and the retries of this library.
    :raises cratonclient.exceptions.CommandError: if ``timeout`` or ``max_wait`` is not valid.

    >>> session = create_session_with(plugin, True, timeout=10)
    """
    ksa = ksa_session.Session(auth=auth_plugin, verify=verify)
    craton_session.configure(ksa, timeout, max_wait)
    return craton_session.Session(session=ksa)


def bind(
    session: ksa_session.Session,
    region_name: str | None = None,
    interface: str | list[str] | None = None,
    endpoint_override: str | None = None,
) -> craton_session.Session:
    """Build a session that finds Craton in one region of the service catalog.

    :param session: session of keystoneauth. It is not modified.
    :param region_name: region of the catalog, or ``None`` for any region.
    :param interface: interface of the endpoint, such as ``'public'`` or
        ``'internal'``, or a list of interfaces in order of preference.
    :param endpoint_override: URL of Craton to use instead of the catalog.
    :returns: the session. It does not follow redirects, because a redirect could
        send the credentials to another server, and sends no credentials of ``.netrc``.
    """
    from keystoneauth1 import adapter as ksa_adapter

    class Adapter(ksa_adapter.Adapter):
        """A keystoneauth adapter that follows no redirects and reads no ``.netrc``."""

        def request(self, url: str, method: str, **kwargs: t.Any) -> t.Any:
            settings: dict[str, t.Any] = {"redirect": False}
            below = getattr(self.session, "session", None)
            if getattr(below, "auth", None) is None:
                settings["requests_auth"] = basic_auth.none
            return super().request(url, method, **{**settings, **kwargs})

    return craton_session.Session(
        session=Adapter(
            session,
            service_type=craton_session.SERVICE_TYPE,
            region_name=region_name,
            interface=interface,
            endpoint_override=endpoint_override,
        )
    )
