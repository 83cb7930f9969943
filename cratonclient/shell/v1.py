# SPDX-License-Identifier: Apache-2.0
"""Say where the functions of the 2017 commands went.

They were in modules such as ``cratonclient.shell.v1.hosts_shell``.
"""

from __future__ import annotations

import typing as t

_GONE = (
    "cratonclient.shell.v1 has no {} since version 3.0. Run a command with "
    "cratonclient.shell.main.main(['host-list']), or use the manager of a client, such as "
    "cratonclient.v1.client.Client(...).hosts.list()."
)

if not t.TYPE_CHECKING:

    def __getattr__(name):
        """Refuse all names, and the import of modules: for these, Python reads the path."""
        if name == "__path__":
            raise ImportError(_GONE.format("modules"))
        raise AttributeError(_GONE.format(name))
