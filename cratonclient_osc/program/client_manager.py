# SPDX-License-Identifier: Apache-2.0
"""The client manager: it chooses how to authenticate, and creates the client."""

from __future__ import annotations

import argparse
import functools
import os
import sys
import typing as t

from cratonclient import exceptions, reasons, secrets
from cratonclient_osc.output import exit_status
from cratonclient_osc.program import global_options

if t.TYPE_CHECKING:
    from cratonclient.v1 import client


#: The authentication type of Craton's own users, who need no Keystone.
CRATON_AUTH_TYPE = "craton"


def describe(options: argparse.Namespace) -> str:
    """Return a sentence with the server and the user of the global options.

    :param options: the global options. Nothing is requested, and no secret is shown.

    >>> describe(shell.options)
    'Server: http://127.0.0.1:7780, user: root, project: 00000000-0000-0000-0000-000000000001.'
    """
    from cratonclient.http import transport

    url = secrets.mask_url(options.craton_url or options.os_endpoint)
    if url and not transport.is_http(url):
        return f"Fleet: {transport.absolute(url)}."
    known = {
        "Server": url,
        "cloud": options.os_cloud,
        "Keystone": secrets.mask_url(options.os_auth_url),
        "user": options.os_username,
        "project": options.os_project_name or options.os_project_id,
    }
    said = ", ".join(f"{what}: {value}" for what, value in known.items() if value)
    return f"{said[0].upper()}{said[1:]}." if said else "No server: see 'craton --help'."


class ClientManager:
    """The client of a program run, created when a command first needs it.

    The global options decide how it authenticates: through keystoneauth (a cloud of
    clouds.yaml, Keystone, or another authentication plugin), with Craton's own users, or
    not at all, for a fleet in a file.

    :param options: the global options.
    """

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options

    @functools.cached_property
    def fleet_management(self) -> client.Client:
        """The client of the Craton API.

        :raises cratonclient.exceptions.UnableToAuthenticate: if the URL or credentials
            are missing.
        :raises cratonclient.exceptions.ConfigurationError: if an environment variable or
            an option begins or ends with a blank or an invisible character.
        :raises cratonclient_osc.output.exit_status.UsageError: if the CA bundle does not
            exist.
        """
        global_options.check_values(self._options)
        return (
            self._keystoneauth_client() if self._uses_keystoneauth() else self._direct_client()
        )

    def _keystoneauth_client(self) -> client.Client:
        """Return a client that authenticates through a keystoneauth plugin."""
        from cratonclient.login import keystone
        from cratonclient.v1 import client

        options = self._options
        login = keystone.Login(
            global_options.credentials(options),
            options.os_cloud,
            options.os_auth_type,
            options.os_region_name,
            options.os_interface,
        )
        session = keystone.open_session(
            login, self._verify(), options.timeout, options.max_wait
        )
        return client.Client(
            session=session, url=options.craton_url or None, reason=reasons.from_environment()
        )

    def _direct_client(self) -> client.Client:
        """Return a client that logs in as a user of Craton, or opens a fleet in a file."""
        from cratonclient import session as sessions
        from cratonclient.http import credentials, direct, transport
        from cratonclient.v1 import client

        options = self._options
        # Accept the options that "openstack" needs for the authentication type craton.
        # Store the values in the options, so a session asks for the key only once.
        options.craton_url = options.craton_url or options.os_endpoint
        if options.craton_url and transport.is_http(options.craton_url):
            transport.check_http(options.craton_url)
        options.os_password = options.os_password or options.os_token or self._ask_for_key()
        is_local = options.craton_url and not transport.is_http(options.craton_url)
        required = ["craton_url"]
        if not is_local:
            required += ["os_username", "os_password", "os_project_id"]
        missing = [
            f"--{name.replace('_', '-')} or {name.upper()}"
            for name in required
            if not getattr(options, name)
        ]
        if missing:
            raise exceptions.UnableToAuthenticate(
                f"To connect to Craton, set {', '.join(missing)}. A fleet in a file "
                "needs only a URL such as sqlite:///fleet.db."
                + global_options.misspelled_variables(options)
            )
        headers = {}
        if not is_local:
            headers = credentials.headers(
                options.os_username, options.os_password, options.os_project_id
            )
        http_session = direct.DirectSession(
            headers, self._verify(), options.timeout, options.max_wait
        )
        session = sessions.Session(session=http_session)
        return client.Client(
            session=session, url=options.craton_url, reason=reasons.from_environment()
        )

    def _ask_for_key(self) -> str:
        """Ask for the API key on the terminal if it is the only missing credential.

        :returns: the key; empty without a terminal, or if more is missing.
        """
        from cratonclient.http import transport

        options = self._options
        has_user = options.os_username and options.os_project_id
        on_terminal = sys.stdin is not None and sys.stdin.isatty()
        if not (on_terminal and has_user and transport.is_http(options.craton_url)):
            return ""
        import getpass

        return getpass.getpass("API key: ")

    def _uses_keystoneauth(self) -> bool:
        """Return True if a keystoneauth plugin authenticates, False for Craton's own users.

        A URL that is not http, such as ``sqlite:``, never needs a plugin. Otherwise
        ``--os-auth-type`` decides if it is given, and else a cloud or an authentication
        URL selects keystoneauth.
        """
        from cratonclient.http import transport

        options = self._options
        if options.craton_url and not transport.is_http(options.craton_url):
            return False
        if options.os_auth_type:
            return bool(options.os_auth_type != CRATON_AUTH_TYPE or options.os_cloud)
        return bool(options.os_cloud or options.os_auth_url)

    def close(self) -> None:
        """Close the connections of the client, if it was created."""
        created = self.__dict__.get("fleet_management")
        if created:
            created.close()

    def _verify(self) -> bool | str:
        """Return how to verify the server's certificate.

        :returns: False for ``--insecure``, the path of the CA bundle, or True for the
            default bundle.
        """
        if self._options.insecure:
            import urllib3

            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
            return False
        bundle = self._options.os_cacert
        if bundle and not os.path.exists(bundle):
            origin = global_options.origin(self._options, "os_cacert")
            raise exit_status.UsageError(f"{origin}: the file {bundle!r} does not exist.")
        return bundle or True
