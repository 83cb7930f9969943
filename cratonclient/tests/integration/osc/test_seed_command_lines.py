# SPDX-License-Identifier: Apache-2.0
"""The command lines of the 2017 documentation, run as printed.

The tests replace placeholders, and values that were valid only on the authors' server,
with values of the live server.
"""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import typing as t

import cratonclient
from cratonclient.tests.integration.osc import programs

WITHOUT_A_COMMAND = r"""
craton --craton-url <craton-url> \
        --os-username <username> \
        --os-password <password> \
        --os-project-id <project-id>
"""
CRATONRC = """
# ~/cratonrc
export CRATON_URL=<craton-url>
export OS_USERNAME=<username>
export OS_PASSWORD=<password>
export OS_PROJECT_ID=<project-id>
"""

#: The command lines, and text that the output must contain.
LINES = (
    ("craton --version", cratonclient.__version__),
    ("craton --format=json host-list", '"h1-vm-box"'),
    ("craton --format=json region-show 1", '"east"'),
    ("craton --craton-url=https://craton.cloud.corp host-list", "h1-vm-box"),
    ("craton --craton-version=1 region-list", "east"),
    ("craton --os-project-id=b9f10eca66ac4c279c139d01e65f96b4 cell-list", "c1"),
    ("craton --os-username=demo project-list", "research"),
    ("craton --os-password=demo devices-list", "sw1"),
    ("craton help cell-create", "craton cell create"),
    ("craton help host-list", "craton host list"),
)


class TestSeedCommandLines(programs.ServerTestCase):
    """Each line runs in a shell, with the program on the path."""

    filled: t.ClassVar[dict[str, str]]

    @classmethod
    def setUpClass(cls):
        """Fill the fleet."""
        super().setUpClass()
        with programs.opened(cls.server.database) as fleet:
            programs.fill(fleet)
        known = cls.server.settings
        cls.filled = {
            "<craton-url>": known["CRATON_URL"],
            "<username>": known["OS_USERNAME"],
            "<password>": known["OS_PASSWORD"],
            "<project-id>": known["OS_PROJECT_ID"],
            "https://craton.cloud.corp": known["CRATON_URL"],
            "b9f10eca66ac4c279c139d01e65f96b4": known["OS_PROJECT_ID"].replace("-", ""),
            "username=demo": f"username={known['OS_USERNAME']}",
            "password=demo": f"password={known['OS_PASSWORD']}",
        }

    def sh(self, line: str, home: str = "", **settings: str) -> programs.Result:
        """Replace the placeholders of a line and run it in a shell."""
        for name, value in self.filled.items():
            line = line.replace(name, value)
        home = home or str(self.folder())
        path = os.pathsep.join([str(pathlib.Path(programs.script("craton")).parent), "/bin"])
        done = subprocess.run(
            ["bash", "-c", line],
            cwd=home,
            env=programs.clean_environment(home) | {"PATH": path} | settings,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=50,
        )
        return programs.Result(done.returncode, done.stdout, done.stderr)

    def test_every_line(self):
        for line, said in LINES:
            with self.subTest(line):
                # Options on the line must take precedence over the environment.
                given = {
                    name: "wrong"
                    for name in self.server.settings
                    if f"--{name.lower().replace('_', '-')}" in line
                }
                done = self.sh(line, **{**self.server.settings, **given})
                self.assertIn(said, self.assert_done(done).out)
                if "json" in line:
                    json.loads(done.out)

    def test_without_a_command(self):
        self.assert_done(self.sh(WITHOUT_A_COMMAND))
        reading = WITHOUT_A_COMMAND.strip() + " <<< 'host-show h2'"
        self.assertIn("10.0.1.4", self.assert_done(self.sh(reading)).out)

    def test_cratonrc(self):
        home = self.folder()
        text = CRATONRC
        for name, value in self.filled.items():
            text = text.replace(name, value)
        (home / "cratonrc").write_text(text)
        for line in ("source ~/cratonrc", ". ~/cratonrc"):
            done = self.sh(f"{line}\ncraton host-list", str(home))
            self.assertIn("h1-vm-box", self.assert_done(done).out)
