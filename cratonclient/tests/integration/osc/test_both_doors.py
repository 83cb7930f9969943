# SPDX-License-Identifier: Apache-2.0
"""Every command prints the same with ``craton`` and with ``openstack craton``.

``openstack`` takes a second to start, so here it also runs in this process.
"""

from __future__ import annotations

import re
from unittest import mock

from cratonclient.tests.integration.osc import examples, programs

#: Matches text that differs between runs: keys, the embedded server's host, times, UUIDs.
_CHANGING = re.compile(
    r"craton_[0-9a-f]{48}|whsec_[0-9A-Za-z+/=]+|[0-9a-f]{16}\.invalid|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
)


def without_times(result: programs.Result) -> programs.Result:
    """Return a result with zeros in place of times, UUIDs and keys."""
    said = [_CHANGING.sub(lambda m: "0" * len(m[0]), text) for text in result[1:]]
    return programs.Result(result.status, *said)


class TestBothDoors(examples.ExampleTestCase):
    """Both programs on copies of one fleet."""

    def openstack(self, *words: str) -> programs.Result:
        """Run ``openstack`` on a new copy of the fleet."""
        from openstackclient import shell
        from osc_lib import clientmanager

        # osc-lib caches the client for the life of the process.
        kept = vars(clientmanager.ClientManager).get("fleet_management")
        if kept:
            kept._handle = None
        wanted = {
            "auth-type": "craton",
            "endpoint": self.copy(),
            "username": "root",
            "token": "none",
            "project-id": programs.PROJECT,
        }
        options = [word for name, value in wanted.items() for word in (f"--os-{name}", value)]
        with mock.patch.object(shell.OpenStackShell, "NAME", "openstack"):
            return programs.run(lambda: shell.main([*options, *words]), {})

    def same(self, *words: str) -> None:
        """Run a command with both programs and compare the results."""
        mine = without_times(self.enter(*words))
        theirs = without_times(self.openstack("craton", *words))
        self.assertEqual(mine, theirs, str(words))

    def test_every_command(self):
        for name in examples.classes():
            if name == "webhook test":  # prints how long it took
                continue
            words = examples.example(name)
            if name.endswith(" create"):
                words[-1] += "-2"
            with self.subTest(name):
                self.same(*words)
            if name.endswith((" list", " show", " create")):
                with self.subTest(name, format="json"):
                    self.same(*words, "-f", "json")

    def test_every_help(self):
        for name in examples.classes():
            mine = self.enter("help", *name.split()).out
            theirs = self.openstack("help", "craton", *name.split()).out
            example = f"craton {name}"
            self.assertIn(f"  {example}", mine)
            self.assertIn(f"  openstack {example}", theirs)
            # The name of the program is longer, so lines break elsewhere.
            words = [
                re.sub(r"\s+", " ", text.replace("openstack ", "")) for text in (mine, theirs)
            ]
            self.assertEqual(*words)

    def test_failures(self):
        for words in (
            ("host", "show", "nobody"),
            ("host", "delete", "nobody", "web1"),
            ("host", "set", "web1"),
            ("host", "list", "--sort", "nmae"),
            ("host", "list", "-c", "nmae"),
            ("cloud", "create", "prod"),
            ("host", "variable", "set", "web1", "rack.x=1"),
            ("host", "list", "--nmae", "x"),
            ("host", "create", "--ip-adress", "10.0.0.1", "x"),
        ):
            mine, theirs = self.enter(*words), self.openstack("craton", *words)
            self.assertNotEqual(0, mine.status)
            said = theirs.err.replace("openstack help craton", "craton help")
            said = said.replace("openstack ", "")
            self.assertEqual(without_times(mine), without_times(theirs._replace(err=said)))
