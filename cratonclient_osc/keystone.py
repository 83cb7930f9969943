# SPDX-License-Identifier: Apache-2.0
"""Log in with what OpenStack's tools log in with: Keystone, or any plugin there is.

Credentials come from options, else from the environment, else from clouds.yaml.
Imported only when there are any: keystoneauth's loading is slow to import.
"""

from __future__ import annotations

import argparse
import getpass
import sys
import typing as t

from keystoneauth1 import exceptions as ksa_exceptions
from keystoneauth1 import loading
from keystoneauth1 import session as ksa_session

from cratonclient import auth, cloud_config, exceptions, redact
from cratonclient import session as craton_session
from cratonclient_osc import options as global_options

DEFAULT_TYPE = "password"


def open_session(
    options: argparse.Namespace, verify: bool | str, timeout: float
) -> craton_session.Session:
    """Make a session, and log in with it.

    :param options: the global options.
    :param verify: what decides on certificates; those of Keystone as well.
    :param timeout: seconds.
    :raises cratonclient.exceptions.ConfigurationError: when the cloud or the type
        cannot be used.
    :raises cratonclient.exceptions.UnableToAuthenticate: when something is missing,
        or Keystone refuses it.
    :raises cratonclient.exceptions.ConnectionFailed: when Keystone is not reached.
    """
    session = _from_cloud(options) if options.os_cloud else _from_options(options)
    below = session._session.session
    if verify is not True:
        below.verify = verify
    craton_session.configure(below, timeout)
    _log_in(below)
    return session


def _from_cloud(options: argparse.Namespace) -> craton_session.Session:
    given = {
        "auth_type": options.os_auth_type,
        "region_name": options.os_region_name,
        "interface": options.os_interface,
    }
    return cloud_config.open_session(
        options.os_cloud,
        credentials=global_options.credentials(options),
        **{name: value for name, value in given.items() if value},
    )


def _from_options(options: argparse.Namespace) -> craton_session.Session:
    kind = options.os_auth_type or DEFAULT_TYPE
    try:
        loader: loading.BaseLoader[t.Any] = loading.get_plugin_loader(kind)
    except ksa_exceptions.NoMatchingPlugin as exc:
        raise exceptions.ConfigurationError(
            f"There is no way to log in of the type {kind!r} (--os-auth-type). Usual ones "
            "are craton, password, v3token and v3applicationcredential.",
            exception=exc,
        ) from exc
    given = global_options.credentials(options)
    values = {
        option.dest: given.get(option.dest) or _ask_for(option)
        for option in loader.get_options()
    }
    try:
        plugin = loader.load_from_options(**{n: v for n, v in values.items() if v})
    except ksa_exceptions.MissingRequiredOptions as exc:
        names = " and ".join(_option(option) for option in exc.options)
        raise exceptions.UnableToAuthenticate(
            f"To log in, {names} must be given.", exception=exc
        ) from exc
    return auth.bind(
        ksa_session.Session(auth=plugin),
        region_name=options.os_region_name or None,
        interface=options.os_interface or None,
    )


def _ask_for(option: loading.Opt) -> str | None:
    """Ask for a secret that is missing, where there is somebody to ask."""
    if option.prompt and option.secret and sys.stdin.isatty():
        return getpass.getpass(option.prompt) or None
    return None


def _option(option: loading.Opt) -> str:
    return f"--os-{option.name} or OS_{option.name.replace('-', '_').upper()}"


def _log_in(session: ksa_session.Session) -> None:
    """Get the token that the first request needs, to tell who refuses what."""
    plugin = session.auth
    try:
        token = session.get_token()
        project = session.get_project_id()
    except (ksa_exceptions.HttpError, ksa_exceptions.AuthorizationFailure) as exc:
        if isinstance(exc, ksa_exceptions.HttpServerError):
            raise exceptions.raise_from(exc) from exc
        reason = redact.mask(" ".join(str(exc).split()))
        raise exceptions.UnableToAuthenticate(
            f"Keystone refuses the credentials: {reason}", exception=exc
        ) from exc
    except ksa_exceptions.DiscoveryFailure as exc:
        raise exceptions.UnexpectedResponse(
            f"There is no Keystone at {getattr(plugin, 'auth_url', 'the URL')}: what answers "
            "there does not speak as Keystone does. Check --os-auth-url, or a domain that is "
            "missing.",
        ) from exc
    except ksa_exceptions.ClientException as exc:
        raise exceptions.raise_from(exc) from exc
    if token and not project and not isinstance(plugin, auth.CratonAuth):
        raise exceptions.UnableToAuthenticate(
            "The token is for no project, so it opens no fleet. Give --os-project-name or "
            "--os-project-id."
        )
