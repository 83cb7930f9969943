# SPDX-License-Identifier: Apache-2.0
"""Labels of hosts and network devices."""

from __future__ import annotations

import typing as t

from cratonclient.tests.integration.server import base


class TestLabels(base.ServerTestCase):
    """The labels of one device, under its path."""

    def _owners(self) -> t.Iterator[str]:
        for name in ("hosts", "network-devices"):
            yield f"/{name}/{self.root.make(name)['id']}/labels"

    def assertLabels(self, expected: set[str], path: str) -> None:
        """Check the labels of a device."""
        body = self.root.get(path).json
        self.assertEqual({"labels"}, set(body))
        self.assertEqual(sorted(expected), sorted(body["labels"]))

    def test_put_adds_and_never_takes_away(self):
        for path in self._owners():
            self.assertLabels(set(), path)
            answer = self.root.put(path, {"labels": ["b", "a"]})
            self.assertEqual((200, ["a", "b"]), (answer.status, sorted(answer.json["labels"])))
            answer = self.root.put(path, {"labels": ["c", "a"]})
            self.assertEqual(["a", "b", "c"], sorted(answer.json["labels"]))
            self.assertLabels({"a", "b", "c"}, path)

    def test_put_with_none_changes_nothing(self):
        for path in self._owners():
            self.root.put(path, {"labels": ["a"]})
            answer = self.root.put(path, {"labels": []})
            self.assertEqual({"labels": ["a"]}, answer.json)

    def test_repeated_ones_count_once(self):
        for path in self._owners():
            answer = self.root.put(path, {"labels": ["a", "a"]})
            self.assertEqual({"labels": ["a"]}, answer.json)
        host = self.root.make("hosts", labels=["x", "x", "y"])
        self.assertLabels({"x", "y"}, f"/hosts/{host['id']}/labels")

    def test_delete_takes_those_that_are_there(self):
        for path in self._owners():
            self.root.put(path, {"labels": ["a", "b", "c"]})
            answer = self.root.delete(path, {"labels": ["a", "nosuch", "B"]})
            self.assertEqual((204, ""), (answer.status, answer.text))
            self.assertLabels({"b", "c"}, path)

    def test_any_text_is_a_label(self):
        labels = {"", " ", "a, b", "ü☃", "a:b", "A", "a", "x" * 255}
        for path in self._owners():
            self.root.put(path, {"labels": sorted(labels)})
            self.assertLabels(labels, path)

    def test_bad_bodies_are_refused_and_change_nothing(self):
        for path in self._owners():
            self.root.put(path, {"labels": ["a"]})
            for method in ("PUT", "DELETE"):
                for text in (
                    None, "{}", "[]", '["a"]', '{"labels": null}', '{"labels": "a"}',
                    '{"labels": ["b", 1]}', '{"labels": ["a", "b"], "more": 1}',
                    '{"labels": {"a": 1}}', f'{{"labels": ["a", "{"x" * 256}"]}}',
                ):  # fmt: skip
                    with self.about(f"{method} {text}"):
                        self.assertAnswer(self.root.call(method, path, text=text), 400)
            self.assertLabels({"a"}, path)

    def test_they_are_shown_nowhere_else(self):
        host = self.root.make("hosts", labels=["x"])
        self.assertNotIn("labels", host)
        self.assertNotIn("labels", self.root.get(f"/hosts/{host['id']}").json)
        self.assertNotIn("labels", self.root.put(f"/hosts/{host['id']}", {"note": "n"}).json)
