# SPDX-License-Identifier: Apache-2.0
"""All commands on a server without features work as on one that has them, or say why not."""

from __future__ import annotations

import re

from cratonclient.tests.integration.osc import examples, original, programs

#: The kinds that an original server does not have.
_NEW_KINDS = ("user key", "webhook")


def without_times(text: str) -> str:
    """Return an output without what differs: times, keys, hosts in links, revisions."""
    text = re.sub(r"\| revision  .*\n", "", text)
    text = re.sub(r"[0-9a-f]{16}\.invalid", "HOST", text)
    text = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+", "TIME", text)
    text = re.sub(r"craton_[0-9a-f]{20,}", "KEY", text)
    return re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}", "UUID", text)


def shown(text: str) -> str:
    """Return an output without what differs, and without the time of the last change.

    A change set shows a new object after its labels were added, single requests before.
    """
    return re.sub(r"\| updated_at  .*\n", "", without_times(text))


class TestEveryCommand(examples.ExampleTestCase):
    def on_copy(self, *words: str) -> programs.Result:
        """Run a command on a new copy of the fleet."""
        return programs.craton(*words, CRATON_URL=self.copy())

    def test_they_print_the_same(self):
        for name in examples.classes():
            if name.startswith(_NEW_KINDS):
                continue
            words = examples.example(name)
            if name.endswith("create"):
                words[-1] += "-2"
            with self.subTest(name):
                ours = self.on_copy(*words)
                with original.served():
                    theirs = self.on_copy(*words)
                self.assertEqual(0, theirs.status, theirs.err)
                self.assertEqual(shown(ours.out), shown(theirs.out))

    def test_reasons_are_ignored(self):
        with original.served():
            done = self.on_copy("cloud", "set", "prod", "--note", "n", "--reason", "why")
        self.assertEqual((0, ""), (done.status, done.out), done.err)

    def test_the_history_is_refused_in_one_line(self):
        for words, said in {
            ("change", "list"): "does not have a history of changes",
            ("change", "show", "7"): "does not have a history of changes",
            ("change", "undo", "7", "--yes"): "does not have a way to undo changes",
            ("change", "undo", "7", "--dry-run"): "does not have a way to undo changes",
            ("change", "follow"): "does not have requests that wait for changes",
            ("change", "follow", "--after", "3"): "does not have requests that wait",
        }.items():
            with original.served():
                done = self.on_copy(*words)
            self.assert_refused(done, 1, said)
