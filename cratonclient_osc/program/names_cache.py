# SPDX-License-Identifier: Apache-2.0
"""The cache of names of objects for completion: one file for each prefix that was asked for.

If all names with a prefix are known, its file serves the longer prefixes too. So typing on
asks the server nothing.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import pathlib
import time
import typing as t

from cratonclient.process import private_files

#: Seconds before names are fetched again. Until the new ones arrive, the old ones serve.
LIFETIME = 30
#: Seconds before names are forgotten.
_MAX_AGE = 100 * LIFETIME


class Names(t.NamedTuple):
    """Names of objects that begin with a prefix.

    :param pairs: pairs of an id and a name.
    :param complete: ``True`` if no name with the prefix is missing.
    """

    pairs: list[tuple[str, str]]
    complete: bool


class NamesCache:
    """The cached names of the objects of one collection, as one user sees them.

    :param key: text that identifies the server, the user and the collection. The names of
        files are hashes of it.
    """

    def __init__(self, key: str) -> None:
        # Without a home directory, no file can be created below the null device.
        folder = private_files.user_folder("XDG_CACHE_HOME", ".cache") or os.devnull
        self._folder = pathlib.Path(folder, "craton", "names")
        self._key = key

    def find(self, prefix: str, max_age: float = _MAX_AGE) -> Names | None:
        """Return the cached names for a prefix.

        :param prefix: beginning of the wanted names.
        :param max_age: maximum age of the names, in seconds.
        :returns: the names, some of which may begin otherwise; ``None`` if the cache does
            not have them.
        """
        for length in range(len(prefix), -1, -1):
            found = self._read(prefix[:length], max_age)
            if found and (found.complete or length == len(prefix)):
                return found
        return None

    def write(self, prefix: str, names: Names) -> None:
        """Write a file that only the user can read, and delete very old files."""
        private_files.make_folders(self._folder)
        for other in self._folder.iterdir():
            if time.time() - other.stat().st_mtime > _MAX_AGE:
                other.unlink(missing_ok=True)
        private_files.replace(self._path(prefix), json.dumps(names).encode())

    @contextlib.contextmanager
    def fetching(self, prefix: str) -> t.Iterator[bool]:
        """Tell other processes that this one fetches the names.

        :returns: ``False`` if another process fetches them already.
        """
        private_files.make_folders(self._folder)
        path = self._path(prefix).with_suffix(".lock")
        with private_files.open_binary(path, os.O_WRONLY) as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True

    def _read(self, prefix: str, max_age: float) -> Names | None:
        """Read a file. Return ``None`` if it is missing, too old or damaged."""
        path = self._path(prefix)
        try:
            if not 0 <= time.time() - path.stat().st_mtime < max_age:
                return None
            pairs, complete = json.loads(path.read_text())
            return Names([(str(number), str(name)) for number, name in pairs], bool(complete))
        except (OSError, ValueError, TypeError):
            return None

    def _path(self, prefix: str) -> pathlib.Path:
        text = json.dumps([self._key, prefix])
        return self._folder / f"{hashlib.sha256(text.encode()).hexdigest()[:32]}.json"
