# SPDX-License-Identifier: Apache-2.0
"""``craton-server``: make a fleet, and serve it."""

from __future__ import annotations

import argparse
import os
import shlex
import socket
import sys
import typing as t

import cratonclient
from cratonserver.identity import FIRST_PROJECT
from cratonserver.store import Store, StoreError

DEFAULT_DATABASE = "sqlite:///craton.db"
DEFAULT_LISTEN = "127.0.0.1:7780"


def main(argv: list[str] | None = None) -> int:
    """Run the program.

    :param argv: the words of the command line, without the program's name.
    :returns: the exit status: 0 done, 1 failed, 2 wrong usage.
    """
    options = _parser().parse_args(argv)
    store = None
    try:
        store = Store(options.database)
        store.open()
        return t.cast("int", options.command(store, options))
    except (StoreError, OSError) as exc:
        print(f"craton-server: {exc}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        if store is not None:
            store.close()


def initialize(store: Store, options: argparse.Namespace) -> int:
    """Add a root user and print how to log in, unless there is one."""
    key = store.add_root_user(options.username)
    if key is None:
        print(
            f"craton-server: {store.name} has a fleet with a root user already; "
            "nothing was changed.",
            file=sys.stderr,
        )
        return 1
    settings = {
        "CRATON_URL": options.url,
        "OS_USERNAME": options.username,
        "OS_PASSWORD": key,
        "OS_PROJECT_ID": FIRST_PROJECT,
    }
    for name, value in settings.items():
        print(f"export {name}={shlex.quote(value)}")
    return 0


def run(store: Store, options: argparse.Namespace) -> int:
    """Serve the fleet until interrupted."""
    import waitress.server

    from cratonserver import app

    # Bound here, so that the port is known before anybody is told about it.
    listening = socket.create_server(options.listen, family=_family(options.listen[0]))
    host, port = listening.getsockname()[:2]
    server = waitress.server.create_server(app.make(store), sockets=[listening], ident=None)
    shown = f"[{host}]" if ":" in host else host
    print(
        f"Serving {store.name} at http://{shown}:{port} (Ctrl-C to stop)",
        file=sys.stderr,
        flush=True,
    )
    server.run()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="craton-server", description=__doc__)
    parser.add_argument(
        "--version", action="version", version=f"craton-server {cratonclient.__version__}"
    )
    commands = parser.add_subparsers(metavar="<command>", required=True)
    database = argparse.ArgumentParser(add_help=False)
    database.add_argument(
        "--database",
        metavar="URL",
        default=os.environ.get("CRATON_DATABASE", DEFAULT_DATABASE),
        help="URL of the database, such as sqlite:////var/lib/craton/craton.db "
        f"(default: CRATON_DATABASE, else {DEFAULT_DATABASE})",
    )
    init = commands.add_parser(
        "init",
        parents=[database],
        help="make the database and a root user, and print a cratonrc",
    )
    init.add_argument(
        "--url",
        metavar="URL",
        default=f"http://{DEFAULT_LISTEN}",
        help="URL at which the server is going to be reached (default: %(default)s)",
    )
    init.add_argument(
        "--username", metavar="NAME", default="root", help="name of the user (default: root)"
    )
    init.set_defaults(command=initialize)
    serve = commands.add_parser("run", parents=[database], help="serve the fleet")
    serve.add_argument(
        "--listen",
        metavar="HOST:PORT",
        type=_listen,
        default=DEFAULT_LISTEN,
        help="address to listen at; port 0 takes a free one (default: %(default)s)",
    )
    serve.set_defaults(command=run)
    return parser


def _family(host: str) -> socket.AddressFamily:
    """Find out whether a host is IPv4 or IPv6."""
    return socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0][0]


def _listen(text: str) -> tuple[str, int]:
    """Read HOST:PORT; an IPv6 address stands in brackets."""
    host, colon, port = text.rpartition(":")
    if not (colon and host and port.isascii() and port.isdigit() and int(port) < 65536):
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT, such as {DEFAULT_LISTEN}")
    return host.strip("[]"), int(port)


if __name__ == "__main__":
    sys.exit(main())
