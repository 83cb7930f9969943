# SPDX-License-Identifier: Apache-2.0
"""Functions that build authenticated sessions, for Craton's own users and for Keystone."""

from __future__ import annotations

import typing as t

import requests
from keystoneauth1 import plugin as ksa_plugin
from keystoneauth1 import session as ksa_session

from cratonclient import secrets
from cratonclient import session as craton_session
from cratonclient.http import adapter, ksa
from cratonclient.http.craton_auth import CratonAuth
from cratonclient.http.retries import DEFAULT_MAX_WAIT

__all__ = ["CratonAuth", "bind", "craton_auth", "create_session_with", "keystone_auth"]


def craton_auth(
    username: str,
    token: str,
    project_id: str,
    verify: bool | str = True,
    *,
    session: requests.Session | None = None,
    cert: ksa.Certificate | None = None,
    timeout: float | None = craton_session.DEFAULT_TIMEOUT,
    retries: int | None = None,
    pool_size: int = adapter.DEFAULT_POOL_SIZE,
    max_wait: float = DEFAULT_MAX_WAIT,
) -> craton_session.Session:
    """Build a session for Craton's own authentication. This makes no request.

    :param username: name of the user.
    :param token: API key of the user.
    :param project_id: UUID of the user's project.
    :param verify: verify TLS certificates: True, False, or the path of a CA bundle.
    :param session: session of requests, as for :func:`create_session_with`. So are
        ``cert``, ``timeout``, ``retries``, ``pool_size`` and ``max_wait``.
    :returns: the session, with the timeout and the retries of this library.
    :raises cratonclient.exceptions.UnableToAuthenticate: if a credential is missing
        or cannot be sent in an HTTP header.
    :raises cratonclient.exceptions.CommandError: if another argument is not valid.

    >>> from cratonclient.v1 import client
    >>> craton = client.Client(craton_auth('demo', 'demo', PROJECT_ID), URL)
    """
    auth_plugin = CratonAuth(username=username, token=token, project_id=project_id)
    return create_session_with(
        auth_plugin,
        verify,
        session=session,
        cert=cert,
        timeout=timeout,
        retries=retries,
        pool_size=pool_size,
        max_wait=max_wait,
    )


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
    *,
    session: requests.Session | None = None,
    cert: ksa.Certificate | None = None,
    timeout: float | None = craton_session.DEFAULT_TIMEOUT,
    retries: int | None = None,
    pool_size: int = adapter.DEFAULT_POOL_SIZE,
    max_wait: float = DEFAULT_MAX_WAIT,
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
    :param session: session of requests, as for :func:`create_session_with`. So are
        ``cert``, ``timeout``, ``retries``, ``pool_size`` and ``max_wait``.
    :param auth_parameters: further arguments of ``keystoneauth1.identity.v3.Password``,
        such as ``trust_id``, ``domain_id`` or ``reauthenticate``.
    :returns: the session, with the timeout and the retries of this library.
    :raises cratonclient.exceptions.TransportNotFound: if ``auth_url`` is not valid.
    :raises cratonclient.exceptions.CommandError: if another argument is not valid.

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
    auth_plugin = ksa_password.Password(
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
    return create_session_with(
        auth_plugin,
        verify,
        session=session,
        cert=cert,
        timeout=timeout,
        retries=retries,
        pool_size=pool_size,
        max_wait=max_wait,
    )


def create_session_with(
    auth_plugin: ksa_plugin.BaseAuthPlugin | None,
    verify: bool | str,
    *,
    session: requests.Session | None = None,
    cert: ksa.Certificate | None = None,
    timeout: float | None = craton_session.DEFAULT_TIMEOUT,
    retries: int | None = None,
    pool_size: int = adapter.DEFAULT_POOL_SIZE,
    max_wait: float = DEFAULT_MAX_WAIT,
) -> craton_session.Session:
    """Build a session from any keystoneauth plugin.

    :param auth_plugin: the plugin, or ``None`` if the server needs no credentials.
    :param verify: verify TLS certificates: True, False, or the path of a CA bundle. With
        True, the setting of ``session`` applies.
    :param session: session of requests to use, with its proxies, headers and hooks. The
        transport adapters that you have mounted stay; those of requests itself are replaced.
    :param cert: client certificate: a file with the certificate and its key, or a pair of
        files.
    :param timeout: timeout in seconds, or ``None`` for no timeout.
    :param retries: retries of one request, 0 for none. The default is 3, of which one may
        follow a lost connection or a timeout.
    :param pool_size: number of idle connections to one server that are kept open. The number
        of threads that use the session is a good value.
    :param max_wait: seconds that one request waits in total, if a busy server asks for it
        with ``Retry-After``.
    :returns: the session, with the timeout and the retries of this library.
    :raises cratonclient.exceptions.CommandError: if an argument is not valid.

    >>> session = create_session_with(plugin, True, timeout=10, retries=0)
    """
    return craton_session.Session(
        session=ksa.build(
            auth_plugin,
            verify,
            cert,
            session=session,
            timeout=timeout,
            retry=retries,
            pool_size=pool_size,
            max_wait=max_wait,
        )
    )


def bind(
    session: ksa_session.Session,
    region_name: str | None = None,
    interface: str | list[str] | None = None,
    endpoint_override: str | None = None,
    *,
    connect_retries: int | None = None,
    status_code_retries: int | None = None,
) -> craton_session.Session:
    """Build a session that finds Craton in one region of the service catalog.

    :param session: session of keystoneauth. It is not modified.
    :param region_name: region of the catalog, or ``None`` for any region.
    :param interface: interface of the endpoint, such as ``'public'`` or
        ``'internal'``, or a list of interfaces in order of preference.
    :param endpoint_override: URL of Craton to use instead of the catalog.
    :param connect_retries: retries after a failed or lost connection, or a timeout; 0 for
        none. The default are those of ``session``.
    :param status_code_retries: retries if the server is busy, likewise.
    :returns: the session. It does not follow redirects, because a redirect could
        send the credentials to another server, and sends no credentials of ``.netrc``.
    :raises cratonclient.exceptions.CommandError: if a number of retries is not valid.
    """
    bound = ksa.Adapter(
        session,
        service_type=craton_session.SERVICE_TYPE,
        region_name=region_name,
        interface=interface,
        endpoint_override=endpoint_override,
    )
    return craton_session.Session(
        session=bound, connect_retries=connect_retries, status_code_retries=status_code_retries
    )
