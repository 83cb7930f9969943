# SPDX-License-Identifier: Apache-2.0
"""The keystoneauth loader of Craton's own authentication.

It is registered as ``craton`` in the entry point group ``keystoneauth1.plugin``. With it,
``openstack --os-auth-type craton``, clouds.yaml and openstacksdk can use a Craton server
without Keystone. It is not part of :mod:`cratonclient.auth`, because the loading module of
keystoneauth is slow to import and most programs do not need it.
"""

from __future__ import annotations

import typing as t

from keystoneauth1 import exceptions, loading

from cratonclient.http import craton_auth
from cratonclient.process import environment


class CratonLoader(loading.BaseLoader[craton_auth.CratonAuth]):
    """Loader of :class:`cratonclient.auth.CratonAuth`."""

    @property
    def plugin_class(self) -> type[craton_auth.CratonAuth]:
        """The plugin class."""
        return craton_auth.CratonAuth

    def get_options(self) -> list[loading.Opt]:
        """Return the options: endpoint, username, token and project-id."""
        return [
            *super().get_options(),
            loading.Opt("endpoint", help="URL of the Craton server"),
            loading.Opt("username", help="name of the user", required=True),
            loading.Opt(
                "token",
                help="API key of the user",
                secret=True,
                # Also required. But openstack does not prompt for options with
                # required=True, so load_from_options() checks this one.
                prompt="API key: ",
            ),
            loading.Opt("project-id", help="UUID of the user's project", required=True),
        ]

    def load_from_options(self, **kwargs: t.Any) -> craton_auth.CratonAuth:
        """Build the plugin.

        :param kwargs: values of the options, such as ``project_id``.
        :raises keystoneauth1.exceptions.MissingRequiredOptions: if the username, the token
            or the project id is missing.
        :raises cratonclient.exceptions.ConfigurationError: if an environment variable
            begins or ends with a blank or an invisible character.
        """
        environment.check_all()
        needed = [o for o in self.get_options() if o.required or o.dest == "token"]
        missing = [option for option in needed if not kwargs.get(option.dest)]
        if missing:
            raise exceptions.MissingRequiredOptions(missing)
        return super().load_from_options(**kwargs)
