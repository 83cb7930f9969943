# SPDX-License-Identifier: Apache-2.0
"""The ways to log in to a server, and the client that comes of it."""

from __future__ import annotations

import argparse
import functools
import os
import sys
import typing as t

from cratonclient import exceptions
from cratonclient_osc.output import exit_status
from cratonclient_osc.program import global_options

if t.TYPE_CHECKING:
    from cratonclient.v1 import client


#: The way to log in with Craton's own users.
OWN_TYPE = "craton"


class ClientManager:
    """Make the client of a session when the first command needs it.

    :param options: the global options.
    """

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options

    @functools.cached_property
    def fleet_management(self) -> client.Client:
        """The client.

        :raises cratonclient.exceptions.UnableToAuthenticate: when options are
            missing without which there is no way to log in.
        """
        return self._of_openstack() if self._is_of_openstack() else self._own()

    def _of_openstack(self) -> client.Client:
        """Log in with the credentials of a cloud, of Keystone or of a plugin."""
        from cratonclient.login import keystone
        from cratonclient.v1 import client

        given = self._options
        login = keystone.Login(
            global_options.credentials(given),
            given.os_cloud,
            given.os_auth_type,
            given.os_region_name,
            given.os_interface,
        )
        session = keystone.open_session(login, self._verify(), given.timeout)
        return client.Client(session=session, url=given.craton_url or None)

    def _own(self) -> client.Client:
        """Log in with Craton's own users, or open a fleet in a file."""
        from cratonclient import session as sessions
        from cratonclient.http import credentials, direct, transport
        from cratonclient.v1 import client

        options = self._options
        # What is set for openstack, with the type craton, will do here too.
        options.craton_url = options.craton_url or options.os_endpoint
        options.os_password = options.os_password or options.os_token or self._ask_for_key()
        needs_no_user = options.craton_url and not transport.is_http(options.craton_url)
        wanted = ["craton_url"]
        if not needs_no_user:
            wanted += ["os_username", "os_password", "os_project_id"]
        missing = [
            f"--{name.replace('_', '-')} or {name.upper()}"
            for name in wanted
            if not getattr(options, name)
        ]
        if missing:
            raise exceptions.UnableToAuthenticate(
                f"To reach Craton, give {', '.join(missing)}. A fleet in a file needs only "
                "a URL such as sqlite:///fleet.db."
            )
        headers = {}
        if not needs_no_user:
            headers = credentials.headers(
                options.os_username, options.os_password, options.os_project_id
            )
        below = direct.DirectSession(headers, self._verify(), options.timeout)
        return client.Client(session=sessions.Session(session=below), url=options.craton_url)

    def _ask_for_key(self) -> str:
        """Ask for the API key, where all else is there and there is somebody to ask."""
        from cratonclient.http import transport

        options = self._options
        known = options.os_username and options.os_project_id
        if not (known and transport.is_http(options.craton_url) and sys.stdin.isatty()):
            return ""
        import getpass

        return getpass.getpass("API key: ")

    def _is_of_openstack(self) -> bool:
        """Tell whether the credentials are of a cloud, of Keystone or of a plugin.

        Craton's own are asked for by their type, or there is nothing else.
        """
        from cratonclient.http import transport

        options = self._options
        if options.craton_url and not transport.is_http(options.craton_url):
            return False
        if options.os_auth_type:
            return bool(options.os_auth_type != OWN_TYPE or options.os_cloud)
        return bool(options.os_cloud or options.os_auth_url)

    def close(self) -> None:
        """Close the connections of the client, if there is one."""
        made = self.__dict__.get("fleet_management")
        if made:
            made.close()

    def _verify(self) -> bool | str:
        """Give what decides on the certificate of the server."""
        if self._options.insecure:
            import urllib3

            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
            return False
        bundle = self._options.os_cacert
        if bundle and not os.path.exists(bundle):
            raise exit_status.UsageError(
                f"There is no file {bundle!r}, which --os-cacert names."
            )
        return bundle or True
