# SPDX-License-Identifier: Apache-2.0
"""The command ``craton-server run``."""

from __future__ import annotations

import argparse
import socket

from cratonserver.config import settings
from cratonserver.config.configuration import Configuration
from cratonserver.program import database, messages


def run(config: Configuration, options: argparse.Namespace) -> int:
    """Serve the fleet until a signal stops the server."""
    from cratonserver import composition
    from cratonserver.serving import logs
    from cratonserver.serving import server as serving

    logs.configure(config.settings)
    listen = config.settings.serving.listen
    with _listening(listen) as listening, database.open_store(config) as store:
        host, port = listening.getsockname()[:2]
        server = serving.Server(
            composition.application_of(store, config.settings, config.parsed),
            listening,
            config.settings,
        )
        url = settings.url_of(host, port)
        messages.note(f"Serving {store.name} at {url} (Ctrl-C to stop)")
        cut_off = server.run()
    if cut_off:
        were = "connection was" if cut_off == 1 else "connections were"
        messages.error(f"{cut_off} {were} cut off.")
    return 1 if cut_off else 0


def _listening(listen: str) -> socket.socket:
    """Return a listening socket.

    :param listen: HOST:PORT.
    :raises OSError: with a one-line message, if that is not possible.
    """
    host, port = settings.address(listen)
    try:
        family = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except (OSError, UnicodeError) as exc:
        # Python appends "(while attempting to bind ...)", which repeats the address.
        reason = str(getattr(exc, "strerror", None) or exc).partition(" (while ")[0]
        raise OSError(f"cannot listen at {listen}: {reason}") from exc
