# SPDX-License-Identifier: Apache-2.0
"""The folder in which several processes of a server share their metrics.

``prometheus_client`` keeps the metrics of each process in files of this folder. A scrape
adds them up, in whichever process it arrives. The library reads the environment variable
with the path when it is imported, so the variable must be set before.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import re
import shutil
import tempfile
import typing as t

#: The environment variable of ``prometheus_client`` with the path of the folder.
VARIABLE = "PROMETHEUS_MULTIPROC_DIR"

#: A file with the gauges of one process, which are worthless when the process has ended.
_GAUGES = re.compile(r"gauge_live\w+_(\d+)\.db")


@contextlib.contextmanager
def shared_folder() -> t.Iterator[t.Callable[[], None]]:
    """Let the processes that are started in the block share their metrics.

    The folder is private, and is removed at the end of the block. A folder that the
    environment names already is used instead, and kept.

    :returns: a context manager that yields a function, which removes the folder in case that
        the process with the block is killed.
    """
    if VARIABLE in os.environ:
        yield lambda: None
        return
    with tempfile.TemporaryDirectory(prefix="craton-metrics-") as folder:
        os.environ[VARIABLE] = folder
        try:
            yield lambda: shutil.rmtree(folder, ignore_errors=True)
        finally:
            del os.environ[VARIABLE]


def folder() -> str | None:
    """Return the path of the folder, ``None`` if this process does not share its metrics."""
    return os.environ.get(VARIABLE)


def forget_ended(path: str) -> None:
    """Remove the gauges of processes that have ended. Their counters still count.

    :param path: path of the folder.
    """
    for file in pathlib.Path(path).iterdir():
        found = _GAUGES.fullmatch(file.name)
        if found and not _runs(int(found[1])):
            file.unlink(missing_ok=True)


def _runs(process: int) -> bool:
    """Return True if a process with this id runs."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it runs, as another user
        return True
    return True
