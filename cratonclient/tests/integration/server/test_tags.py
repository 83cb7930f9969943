# SPDX-License-Identifier: Apache-2.0
"""Entity tags of the HTTP API: each response about an object has the tag of its state."""

from __future__ import annotations

import typing as t

from cratonclient.tests.integration.server import base

#: Changes of an object, by the part that they change: method, end of the path, and body.
CHANGES: dict[str, list[tuple[str, str, t.Any]]] = {
    "": [("PUT", "", {"name": "renamed"})],
    "variables": [("PUT", "/variables", {"a": [1]}), ("DELETE", "/variables", ["a"])],
    "labels": [("PUT", "/labels", {"labels": ["a"]}), ("DELETE", "/labels", {"labels": ["a"]})],
}


class TestChanges(base.ServerTestCase):
    """A client that has changed an object knows its tag, without another request."""

    def setUp(self):
        super().setUp()
        self.someone = self.member()

    def changes(self) -> t.Iterator[tuple[str, str, str, t.Any]]:
        """Generate the path of an object, and a change of it, for all kinds and parts."""
        for kind in self.store.tables.kinds:
            if kind.collection in base.INVENTORY or kind.path in base.INVENTORY:
                path = f"/{kind.path}/{self.someone.make(kind.path)['id']}"
                for part in ("", *kind.parts):
                    for method, end, body in CHANGES[part]:
                        yield path, method, f"{path}{end}", body

    def test_a_change_has_the_tag_of_its_result(self):
        for path, method, target, body in self.changes():
            with self.about(f"{method} {target}"):
                before = self.someone.get(path).headers["etag"]
                tag = self.someone.call(method, target, body).headers["etag"]
                self.assertNotEqual(own(before), own(tag))
                self.assertEqual(own(self.someone.get(path).headers["etag"]), own(tag))

    def test_a_change_that_changes_nothing_has_the_tag_of_the_present_state(self):
        for path, method, target, body in self.changes():
            with self.about(f"{method} {target}"):
                self.someone.call(method, target, body)
                before = self.someone.get(path).headers["etag"]
                self.someone.make("clouds")  # another change of the project
                again = self.someone.call(method, target, body)
                self.assertLess(again.status, 300, again.text)
                self.assertEqual(own(before), own(again.headers["etag"]))

    def test_the_tag_of_a_change_can_be_built_on(self):
        for path, method, target, body in self.changes():
            with self.about(f"{method} {target}"):
                for _ in range(2):  # the second one changes nothing
                    tag = self.someone.call(method, target, body).headers["etag"]
                    given = {"If-Match": tag}
                    answer = self.someone.call(method, target, body, headers=given)
                    self.assertLess(answer.status, 300, answer.text)
                self.someone.put(path, {"name": base.unique("newer")})
                answer = self.someone.call(method, target, body, headers=given)
                self.assertAnswer(answer, 412)
                self.assertEqual(
                    own(self.someone.get(path).headers["etag"]), answer.headers["etag"]
                )


def own(tag: str) -> str:
    """Return the part of a tag that counts the changes of the object itself."""
    return f'"{tag.strip(chr(34)).partition(".")[0]}"'
