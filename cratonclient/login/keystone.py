# SPDX-License-Identifier: Apache-2.0
"""Log in with Keystone, or with any other authentication plugin of keystoneauth.

This module is for programs that read credentials from command-line options and
environment variables. Its messages name these options and variables. It is slow to
import, because the loading module of keystoneauth is slow to import.
"""

from __future__ import annotations

import getpass
import sys
import typing as t

from keystoneauth1 import exceptions as ksa_exceptions
from keystoneauth1 import loading
from keystoneauth1 import session as ksa_session

from cratonclient import auth, exceptions, secrets
from cratonclient import session as craton_session
from cratonclient.http import failures, ksa, retries
from cratonclient.login import clouds_yaml

DEFAULT_TYPE = "password"


class Login(t.NamedTuple):
    """The credentials and settings of a login.

    :param credentials: values of plugin options by name, such as ``username``.
    :param cloud: name of a cloud in clouds.yaml, or an empty string.
    :param auth_type: name of a plugin of keystoneauth. The default is the type of the
        cloud, or ``password`` without a cloud.
    :param region_name: region of the catalog. The default is the region of the cloud, or
        any region without a cloud.
    :param interface: interface of the endpoint, such as ``internal``. The default is the
        interface of the cloud, or ``public`` without a cloud.
    """

    credentials: t.Mapping[str, str]
    cloud: str = ""
    auth_type: str = ""
    region_name: str = ""
    interface: str = ""


def open_session(
    login: Login,
    verify: bool | str = True,
    timeout: float = craton_session.DEFAULT_TIMEOUT,
    max_wait: float = retries.DEFAULT_MAX_WAIT,
) -> craton_session.Session:
    """Build a session and log in.

    :param login: credentials and settings.
    :param verify: verify TLS certificates, of Keystone too: True, False, or the path of
        a CA bundle.
    :param timeout: timeout in seconds.
    :param max_wait: seconds that one request waits in total for a busy server.
    :returns: a session that finds Craton in the catalog.
    :raises cratonclient.exceptions.ConfigurationError: if the cloud or the auth type
        cannot be used.
    :raises cratonclient.exceptions.UnableToAuthenticate: if a credential is missing, or
        Keystone refuses the credentials.
    :raises cratonclient.exceptions.UnexpectedResponse: if the URL does not belong to a
        Keystone.
    :raises cratonclient.exceptions.ConnectionFailed: if Keystone cannot be reached.
    """
    source = _from_cloud if login.cloud else _from_credentials
    session, endpoint_filter = source(login, timeout=timeout, max_wait=max_wait)
    if verify is not True:
        session.verify = verify
    _log_in(session)
    return auth.bind(session, **endpoint_filter._asdict())


def _from_cloud(
    login: Login, **settings: t.Any
) -> tuple[ksa_session.Session, clouds_yaml.EndpointFilter]:
    given = {
        "auth_type": login.auth_type,
        "region_name": login.region_name,
        "interface": login.interface,
    }
    cloud = clouds_yaml.load(
        login.cloud,
        login.credentials,
        {name: value for name, value in given.items() if value},
    )
    return clouds_yaml.session_of(cloud, **settings), clouds_yaml.endpoint_filter(cloud)


def _from_credentials(
    login: Login, **settings: t.Any
) -> tuple[ksa_session.Session, clouds_yaml.EndpointFilter]:
    auth_type = login.auth_type or DEFAULT_TYPE
    try:
        loader: loading.BaseLoader[t.Any] = loading.get_plugin_loader(auth_type)
    except ksa_exceptions.NoMatchingPlugin as exc:
        raise exceptions.ConfigurationError(
            f"The auth type {auth_type!r} is unknown. Common values of --os-auth-type are "
            "craton, password, v3token and v3applicationcredential.",
            exception=exc,
        ) from exc
    values = {
        option.dest: login.credentials.get(option.dest) or _ask_for(option)
        for option in loader.get_options()
    }
    for option in loader.get_options():
        if option.secret:
            secrets.hide(values[option.dest])
    try:
        plugin = loader.load_from_options(**{n: v for n, v in values.items() if v})
    except ksa_exceptions.MissingRequiredOptions as exc:
        names = " and ".join(_flag_and_variable(option) for option in exc.options)
        raise exceptions.UnableToAuthenticate(
            f"The credentials are not complete: set {names}.", exception=exc
        ) from exc
    except ksa_exceptions.AuthPluginException as exc:  # such as a user name without a domain
        raise exceptions.UnableToAuthenticate(
            f"The credentials are not complete: {exc}", exception=exc
        ) from exc
    endpoint_filter = clouds_yaml.EndpointFilter(
        login.region_name or None, login.interface or None
    )
    return ksa.build(plugin, **settings), endpoint_filter


def _ask_for(option: loading.Opt) -> str | None:
    """Prompt for a missing secret, if standard input is a terminal."""
    if option.prompt and option.secret and sys.stdin.isatty():
        return getpass.getpass(option.prompt) or None
    return None


def _flag_and_variable(option: loading.Opt) -> str:
    return f"--os-{option.name} or OS_{option.name.replace('-', '_').upper()}"


def _log_in(session: ksa_session.Session) -> None:
    """Request a token from Keystone.

    The first request of the session would do that too. Doing it here distinguishes
    errors of Keystone from errors of Craton.
    """
    plugin = session.auth
    try:
        token = session.get_token()
        secrets.hide(token)
        project = session.get_project_id()
    except (ksa_exceptions.HttpError, ksa_exceptions.AuthorizationFailure) as exc:
        if isinstance(exc, ksa_exceptions.HttpServerError):
            raise exceptions.raise_from(exc) from exc
        reason = secrets.mask(" ".join(str(exc).split()))
        raise exceptions.UnableToAuthenticate(
            f"Keystone refuses the credentials: {reason}", exception=exc
        ) from exc
    except (ksa_exceptions.DiscoveryFailure, ksa_exceptions.InvalidResponse) as exc:
        raise exceptions.UnexpectedResponse(
            f"There is no Keystone at {getattr(plugin, 'auth_url', 'the URL')}: the response "
            "does not follow the Keystone API. Check --os-auth-url, and the domains of the "
            "user and the project.",
        ) from exc
    except ksa_exceptions.ClientException as exc:
        raise failures.error_for(exc, getattr(plugin, "auth_url", "")) from exc
    except OSError as exc:  # of requests, such as a CA bundle that does not exist
        raise failures.error_for(exc, getattr(plugin, "auth_url", "")) from exc
    except Exception as exc:  # keystoneauth raises Exception for a missing password
        raise exceptions.UnableToAuthenticate(
            f"The credentials are not complete: {exc}", exception=exc
        ) from exc
    if token and not project and not isinstance(plugin, auth.CratonAuth):
        raise exceptions.UnableToAuthenticate(
            "The token is not scoped to a project. Set --os-project-name or --os-project-id."
        )
