# SPDX-License-Identifier: Apache-2.0
"""The options of keystonemiddleware.

This module is imported only if the configuration says ``auth = keystone``.
"""

from __future__ import annotations

from keystoneauth1 import loading
from keystonemiddleware import opts
from oslo_config import cfg

#: Defaults other than those of the middleware, which has no timeout and repeats questions
#: that failed. Each question to Keystone holds a thread.
DEFAULTS = {"http_connect_timeout": 5, "http_request_max_retries": 0}


def register(parsed: cfg.ConfigOpts, section: str) -> list[cfg.Opt]:
    """Register the options of the middleware, and those of the chosen ``auth_type``.

    :param parsed: configuration of oslo.config, changed in place.
    :param section: section of the middleware.
    :returns: the registered options.
    :raises keystoneauth1.exceptions.NoMatchingPlugin: if ``auth_type`` is unknown.
    """
    options: list[cfg.Opt] = []
    for group, found in opts.list_auth_token_opts():
        parsed.register_opts(found, group=group)
        options.extend(found)
    for name, value in DEFAULTS.items():
        parsed.set_default(name, value, group=section)
    auth_type = parsed[section].auth_type
    if auth_type:
        found = loading.get_auth_plugin_conf_options(auth_type)
        parsed.register_opts(found, group=section)
        options.extend(found)
    return options
