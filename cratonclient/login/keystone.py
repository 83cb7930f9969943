# SPDX-License-Identifier: Apache-2.0
"""Log in with what OpenStack's tools log in with: Keystone, or any plugin there is.

It serves programs that take credentials from their options and the environment, and
so speaks of those. It is slow to import, as keystoneauth's loading is.
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
from cratonclient.login import clouds_yaml

DEFAULT_TYPE = "password"


class Login(t.NamedTuple):
    """How to log in.

    :param credentials: by the names that plugins use, such as ``username``.
    :param cloud: name of a cloud of clouds.yaml; empty where there is none.
    :param auth_type: name of a plugin of keystoneauth; empty for a password, or for
        what the cloud says.
    :param region_name: region of the catalogue; empty for any.
    :param interface: such as ``internal``; empty for the usual one.
    """

    credentials: t.Mapping[str, str]
    cloud: str = ""
    auth_type: str = ""
    region_name: str = ""
    interface: str = ""


def open_session(
    login: Login, verify: bool | str = True, timeout: float = craton_session.DEFAULT_TIMEOUT
) -> craton_session.Session:
    """Make a session, and log in with it.

    :param login: how.
    :param verify: what decides on certificates; those of Keystone as well.
    :param timeout: seconds.
    :raises cratonclient.exceptions.ConfigurationError: when the cloud or the type
        cannot be used.
    :raises cratonclient.exceptions.UnableToAuthenticate: when something is missing,
        or Keystone refuses it.
    :raises cratonclient.exceptions.ConnectionFailed: when Keystone is not reached.
    """
    session, place = _from_cloud(login) if login.cloud else _from_credentials(login)
    if verify is not True:
        session.verify = verify
    craton_session.configure(session, timeout)
    _log_in(session)
    return auth.bind(session, **place._asdict())


def _from_cloud(login: Login) -> tuple[ksa_session.Session, clouds_yaml.Place]:
    given = {
        "auth_type": login.auth_type,
        "region_name": login.region_name,
        "interface": login.interface,
    }
    region = clouds_yaml.load(
        login.cloud,
        login.credentials,
        {name: value for name, value in given.items() if value},
    )
    return region.get_session(), clouds_yaml.place_of(region)


def _from_credentials(login: Login) -> tuple[ksa_session.Session, clouds_yaml.Place]:
    kind = login.auth_type or DEFAULT_TYPE
    try:
        loader: loading.BaseLoader[t.Any] = loading.get_plugin_loader(kind)
    except ksa_exceptions.NoMatchingPlugin as exc:
        raise exceptions.ConfigurationError(
            f"There is no way to log in of the type {kind!r} (--os-auth-type). Usual ones "
            "are craton, password, v3token and v3applicationcredential.",
            exception=exc,
        ) from exc
    values = {
        option.dest: login.credentials.get(option.dest) or _ask_for(option)
        for option in loader.get_options()
    }
    try:
        plugin = loader.load_from_options(**{n: v for n, v in values.items() if v})
    except ksa_exceptions.MissingRequiredOptions as exc:
        names = " and ".join(_option(option) for option in exc.options)
        raise exceptions.UnableToAuthenticate(
            f"To log in, {names} must be given.", exception=exc
        ) from exc
    except ksa_exceptions.AuthPluginException as exc:  # such as a name without a domain
        raise exceptions.UnableToAuthenticate(
            f"The credentials are not complete: {exc}", exception=exc
        ) from exc
    place = clouds_yaml.Place(login.region_name or None, login.interface or None)
    return ksa_session.Session(auth=plugin), place


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
        reason = secrets.mask(" ".join(str(exc).split()))
        raise exceptions.UnableToAuthenticate(
            f"Keystone refuses the credentials: {reason}", exception=exc
        ) from exc
    except (ksa_exceptions.DiscoveryFailure, ksa_exceptions.InvalidResponse) as exc:
        raise exceptions.UnexpectedResponse(
            f"There is no Keystone at {getattr(plugin, 'auth_url', 'the URL')}: what answers "
            "there does not speak as Keystone does. Check --os-auth-url, or a domain that is "
            "missing.",
        ) from exc
    except ksa_exceptions.ClientException as exc:
        raise exceptions.raise_from(exc) from exc
    except Exception as exc:  # of no class of its own: a password that is missing
        raise exceptions.UnableToAuthenticate(
            f"The credentials are not complete: {exc}", exception=exc
        ) from exc
    if token and not project and not isinstance(plugin, auth.CratonAuth):
        raise exceptions.UnableToAuthenticate(
            "The token is for no project, so it opens no fleet. Give --os-project-name or "
            "--os-project-id."
        )
