# SPDX-License-Identifier: Apache-2.0
"""The options of keystonemiddleware.

This module is imported only if the configuration says ``auth = keystone``.
"""

from __future__ import annotations

from keystoneauth1 import loading
from keystonemiddleware import opts
from oslo_config import cfg

#: The section of the configuration that is keystonemiddleware's.
SECTION = "keystone_authtoken"
#: What of it has to be set.
REQUIRED = ("www_authenticate_uri", "auth_type", "auth_url")


def register(parsed: cfg.ConfigOpts) -> list[cfg.Opt]:
    """Make the section of the middleware known.

    :returns: the options that it may have.
    :raises keystoneauth1.exceptions.NoMatchingPlugin: when there is no
        ``auth_type`` of that name.
    """
    options: list[cfg.Opt] = []
    for group, found in opts.list_auth_token_opts():
        parsed.register_opts(found, group=group)
        options.extend(found)
    auth_type = parsed[SECTION].auth_type
    if auth_type:
        found = loading.get_auth_plugin_conf_options(auth_type)
        parsed.register_opts(found, group=SECTION)
        options.extend(found)
    return options
