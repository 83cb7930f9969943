# SPDX-License-Identifier: Apache-2.0
"""The entry point for WSGI servers such as gunicorn: ``cratonserver.wsgi:application``.

Importing the module reads the configuration, so that no server starts with an invalid one.
The first request in each process opens the database.
"""

from __future__ import annotations

from cratonserver import per_process
from cratonserver.config import configuration
from cratonserver.serving import logs


def _configured() -> per_process.Application:
    config = configuration.load({})
    logs.configure(config.settings)
    return per_process.Application(config)


application = _configured()
