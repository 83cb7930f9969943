# SPDX-License-Identifier: Apache-2.0
"""The keystoneauth loader of Craton's own authentication.

It is registered as ``craton`` in ``keystoneauth1.plugin``, so whatever loads
plugins by name reaches a Craton server that has no Keystone: ``openstack
--os-auth-type craton``, clouds.yaml, openstacksdk. It stands apart from
:mod:`cratonclient.auth` because keystoneauth's loading is slow to import and
most programs do not need it.
"""

from __future__ import annotations

import typing as t

from keystoneauth1 import exceptions, loading

from cratonclient.http import craton_auth


class CratonLoader(loading.BaseLoader[craton_auth.CratonAuth]):
    """Load :class:`cratonclient.auth.CratonAuth` from options."""

    @property
    def plugin_class(self) -> type[craton_auth.CratonAuth]:
        """The class of the plugin."""
        return craton_auth.CratonAuth

    def get_options(self) -> list[loading.Opt]:
        """Give the options: endpoint, username, token and project-id."""
        return [
            *super().get_options(),
            loading.Opt("endpoint", help="URL of the Craton server"),
            loading.Opt("username", help="user of Craton", required=True),
            loading.Opt(
                "token",
                help="API key of the user",
                secret=True,
                # Required as well, but openstack asks only for what is not said to be.
                prompt="API key: ",
            ),
            loading.Opt("project-id", help="project of the user, a UUID", required=True),
        ]

    def load_from_options(self, **kwargs: t.Any) -> craton_auth.CratonAuth:
        """Make the plugin.

        :raises keystoneauth1.exceptions.MissingRequiredOptions: when one is missing.
        """
        needed = [o for o in self.get_options() if o.required or o.dest == "token"]
        missing = [option for option in needed if not kwargs.get(option.dest)]
        if missing:
            raise exceptions.MissingRequiredOptions(missing)
        return super().load_from_options(**kwargs)
