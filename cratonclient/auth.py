# SPDX-License-Identifier: Apache-2.0
"""Sessions that know how to authenticate: with Craton itself, or with Keystone."""

from __future__ import annotations

import typing as t

from keystoneauth1 import plugin as ksa_plugin
from keystoneauth1 import session as ksa_session

from cratonclient import secrets
from cratonclient import session as craton_session
from cratonclient.http.craton_auth import CratonAuth

__all__ = ["CratonAuth", "bind", "craton_auth", "create_session_with", "keystone_auth"]


def craton_auth(
    username: str, token: str, project_id: str, verify: bool | str = True
) -> craton_session.Session:
    """Make a session that uses Craton's own authentication.

    :param username: the user.
    :param token: the user's API key.
    :param project_id: UUID of the project that the user belongs to.
    :param verify: whether to verify the certificate of an HTTPS server, or the
        path of a file with the authorities to trust.
    :returns: the session. No request is made.
    :raises cratonclient.exceptions.UnableToAuthenticate: when one is missing.

    >>> from cratonclient.v1 import client
    >>> craton = client.Client(craton_auth('demo', 'demo', PROJECT_ID), URL)

    Source: seed document, "Authentication Helpers"; wire document, section 2.
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
    """Make a session that authenticates with a password at Keystone (v3).

    :param auth_url: the URL of Keystone.
    :param username: the user.
    :param password: the user's password.
    :param verify: as in :func:`craton_auth`.
    :param project_name: the project; its name needs one of the domains.
    :param project_id: the project, instead of its name.
    :param project_domain_name: the domain of the project.
    :param project_domain_id: the domain of the project, instead of its name.
    :param user_domain_name: the domain of the user.
    :param user_domain_id: the domain of the user, instead of its name.
    :param auth_parameters: more for keystoneauth's ``v3.Password``, such as
        ``trust_id``, ``domain_id`` or ``reauthenticate``.
    :returns: the session. No request is made, so wrong credentials show with
        the first one, as :class:`~cratonclient.exceptions.Unauthorized`.

    Source: seed document, "Authentication Helpers".
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
    **options: float | None,
) -> craton_session.Session:
    """Make a session from any keystoneauth plugin.

    :param auth_plugin: the plugin; ``None`` where no credentials are needed.
    :param verify: as in :func:`craton_auth`.
    :param options: ``timeout`` in seconds, ``None`` to wait for ever.
    :returns: a session with this library's time-out and retries.
    """
    ksa = ksa_session.Session(auth=auth_plugin, verify=verify)
    craton_session.configure(ksa, **options)
    return craton_session.Session(session=ksa)


def bind(
    session: ksa_session.Session,
    region_name: str | None = None,
    interface: str | list[str] | None = None,
    endpoint_override: str | None = None,
) -> craton_session.Session:
    """Make a session that looks for Craton in one region of a catalogue.

    :param session: of keystoneauth; it stays as it is.
    :param region_name: the region; ``None`` for any.
    :param interface: such as ``public`` or ``internal``, or several to choose from.
    :param endpoint_override: the URL of Craton, whatever the catalogue says.
    :returns: a session that does not follow redirects, since they could carry
        the credentials elsewhere.
    """
    from keystoneauth1 import adapter

    class Adapter(adapter.Adapter):
        """A keystoneauth adapter that stays where it was sent."""

        def request(self, url: str, method: str, **kwargs: t.Any) -> t.Any:
            return super().request(url, method, **{"redirect": False, **kwargs})

    return craton_session.Session(
        session=Adapter(
            session,
            service_type=craton_session.SERVICE_TYPE,
            region_name=region_name,
            interface=interface,
            endpoint_override=endpoint_override,
        )
    )
