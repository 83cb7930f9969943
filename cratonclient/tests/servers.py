# SPDX-License-Identifier: Apache-2.0
"""Live servers for tests: the server named in the environment, or a new one."""

from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import sys
import typing as t

from cratonclient.tests import base
from cratonclient.tests.integration.server import databases

BIN = pathlib.Path(sys.executable).parent
WANTED = ("CRATON_URL", "OS_USERNAME", "OS_PASSWORD", "OS_PROJECT_ID")


def given_or_started(test: base.TestCase) -> dict[str, str]:
    """Return the login variables of the environment's server, or of a new one."""
    given = {name: os.environ[name] for name in WANTED if os.environ.get(name)}
    return given if len(given) == len(WANTED) else start(test)


def start(test: base.TestCase) -> dict[str, str]:
    """Serve a new fleet until the test ends, and return the login variables."""
    database = f"--database={databases.new(test.addCleanup)}"
    said = subprocess.check_output([BIN / "craton-server", "init", database], text=True)
    variables = dict(line.removeprefix("export ").split("=", 1) for line in said.splitlines())
    options = ["--listen=127.0.0.1:0", "--no-access-log"]
    # The page about webhooks has a receiver on this machine.
    options += ["--webhook-http", "--webhook-networks=127.0.0.1"]
    server = subprocess.Popen(
        [BIN / "craton-server", "run", database, *options],
        stderr=subprocess.PIPE,
        text=True,
    )
    test.addCleanup(server.communicate)
    test.addCleanup(server.send_signal, signal.SIGTERM)
    line = t.cast("t.IO[str]", server.stderr).readline()
    return {**variables, "CRATON_URL": line.split(" at ")[1].split()[0]}
