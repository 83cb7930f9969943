# SPDX-License-Identifier: Apache-2.0
"""The names of objects, for the completion of a shell: ``craton complete-names``.

A key press must not wait. What was asked for within half a minute is read from a
cache; else a process in the background asks the server, and what it has not
found out in time is there at the next key press. Nothing is ever complained of.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import itertools
import json
import os
import pathlib
import signal
import tempfile
import time
import typing as t

from cratonclient_osc.program import client_factory, global_options

#: How long to wait for names, in seconds; a process takes as long to start.
PATIENCE = 0.15
#: How long names are good, and how long the background may take to get them.
LIFETIME, LIMIT = 30, 20
#: More names than that are no help to anybody.
MOST = 1000

Names = list[tuple[str, str]]


def main(argv: list[str]) -> int:
    """Print the names of a collection, one on a line.

    :param argv: the command, a collection such as ``hosts``, and the beginning of
        the name; if that is a digit, ids are printed as well. Global options as
        everywhere.
    """
    parser = global_options.Parser()
    parser.add_argument("command", nargs=argparse.REMAINDER)
    with contextlib.suppress(Exception):
        given, words = parser.parse_known_args(argv)
        collection, begin = (*words[words[1] == "--" :][1:3], "")[:2]
        for text in _matching(_names(given, collection), begin):
            print(text)
    return 0


def _matching(names: Names, begin: str) -> list[str]:
    found = {name for _, name in names if name.startswith(begin)}
    if begin.isdigit():
        found |= {number for number, _ in names if number.startswith(begin)}
    return sorted(found)


def _names(given: argparse.Namespace, collection: str) -> Names:
    path = _path(given, collection)
    known = _read(path)
    if known is None:
        end = time.monotonic() + PATIENCE
        _in_background(lambda: _write(path, _fetch(given, collection)))
        while known is None and time.monotonic() < end:
            time.sleep(0.005)
            known = _read(path)
    return known or []


def _path(given: argparse.Namespace, collection: str) -> pathlib.Path:
    """Give the file for a collection as a user of a server sees it."""
    who = {
        name: str(value)
        for name, value in vars(given).items()
        if name.startswith(("craton_", "os_")) and "password" not in name
    }
    text = json.dumps([who, collection], sort_keys=True)
    folder = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(folder):  # as the XDG specification wants it
        folder = os.path.expanduser("~/.cache")
    name = hashlib.sha256(text.encode()).hexdigest()[:32]
    return pathlib.Path(folder, "craton", "names", f"{name}.json")


def _read(path: pathlib.Path) -> Names | None:
    try:
        if not 0 <= time.time() - path.stat().st_mtime < LIFETIME:
            return None
        return [(str(number), str(name)) for number, name in json.loads(path.read_text())]
    except (OSError, ValueError, TypeError):
        return None


def _write(path: pathlib.Path, names: Names) -> None:
    """Keep names for the user only; forget those that are old."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    for other in path.parent.iterdir():
        if time.time() - other.stat().st_mtime > 100 * LIFETIME:
            other.unlink(missing_ok=True)
    descriptor, new = tempfile.mkstemp(dir=path.parent)
    with open(descriptor, "w") as file:
        json.dump(names, file)
    os.replace(new, path)


def _fetch(given: argparse.Namespace, collection: str) -> Names:
    """Ask the server; a name that a terminal might obey is left out."""
    manager: t.Any = getattr(client_factory.ClientManager(given).fleet_management, collection)
    attribute = manager.resource_class.NAME_ATTR
    found = itertools.islice(manager.list(limit=100), MOST)
    names = [(str(one.id), str(getattr(one, attribute))) for one in found]
    return [(number, name) for number, name in names if name.isprintable() and name]


def _in_background(work: t.Callable[[], None]) -> None:
    """Do something in a process that nobody waits for, and that ends in any case."""
    if os.fork():
        return
    try:
        os.setsid()
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(LIMIT)
        # The shell waits until nobody has its pipe any more.
        nowhere = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(nowhere, descriptor)
        work()
    finally:
        os._exit(0)
