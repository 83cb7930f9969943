# SPDX-License-Identifier: Apache-2.0
"""The command ``craton-server run``."""

from __future__ import annotations

import argparse
import contextlib
import typing as t

from cratonserver.config import formats
from cratonserver.config.configuration import Configuration
from cratonserver.db.store import StoreError
from cratonserver.program import database, messages

if t.TYPE_CHECKING:
    from _typeshed import wsgi


def run(config: Configuration, options: argparse.Namespace) -> int:
    """Serve the fleet until a signal stops the server."""
    from cratonserver import per_process
    from cratonserver.metrics import processes
    from cratonserver.serving import logs
    from cratonserver.serving import server as serving

    logs.configure(config.settings)
    listen = config.settings.serving.listen
    with processes.shared_folder() as remove_folder, _reserved(listen) as address:
        # Create the fleet once, and refuse tables of another version. Each process opens the
        # database again, as connections do not survive a fork.
        with database.open_store(config) as store:
            name = store.name
        application = per_process.Application(config)

        def compose() -> wsgi.WSGIApplication:
            with contextlib.suppress(StoreError):  # the first request tries again
                application.compose()
            return application

        def ready() -> None:
            url = formats.url_of(*address)
            messages.note(f"Serving {name} at {url} (Ctrl-C to stop)")

        server = serving.Server(address, config.settings, compose, ready, remove_folder)
        finished = server.run()
    if not finished:
        messages.error("not all requests were finished: the log says why.")
    return 0 if finished else 1


@contextlib.contextmanager
def _reserved(listen: str) -> t.Iterator[tuple[str, int]]:
    """Reserve the address of the server.

    :param listen: HOST:PORT.
    :raises OSError: with a one-line message, if that is not possible.
    """
    from cratonserver.serving import server as serving

    with contextlib.ExitStack() as stack:
        try:
            address = stack.enter_context(serving.reserved(*formats.address(listen)))
        except (OSError, UnicodeError) as exc:
            # Python appends "(while attempting to bind ...)", which repeats the address.
            reason = str(getattr(exc, "strerror", None) or exc).partition(" (while ")[0]
            raise OSError(f"cannot listen at {listen}: {reason}") from exc
        yield address
