# SPDX-License-Identifier: Apache-2.0
"""Fleets that differ in what one of their projects has, and in nothing else.

Both fleets have two projects, ``ours`` and ``theirs``, with the same ids. The history of
``ours`` is the same. In one fleet, ``theirs`` still has all that it has created. In the other
one, it has deleted it. So ids are equal in both. Users of ``ours`` must notice no difference.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import re
import typing as t

import sqlalchemy as sa

from cratonclient.tests.integration.server import base, databases
from cratonserver import composition, identity

OURS = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"
THEIRS = "bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb"
#: Users of ``ours``, from whom ``theirs`` is hidden.
STRANGERS = ("member", "reader", "admin")
#: Users who see ``theirs``.
INSIDERS = ("owner", "root")

#: What differs in two responses to one request: ids of requests, and new secrets.
_CHANGING = (
    (r"req-[0-9a-f-]{36}", "REQUEST"),
    (r'("(?:api_key|secret)": )"[^"]+"', r"\1SECRET"),
)


@dataclasses.dataclass
class Things:
    """The objects of a project, and other values.

    :param objects: an object of each collection.
    :param values: other values by name, such as the username of its admin.
    """

    objects: dict[str, dict[str, t.Any]]
    values: dict[str, t.Any]


class Seen(t.NamedTuple):
    """A response, and the work for it.

    :param status: status of the response.
    :param headers: its headers.
    :param text: its body.
    :param statements: the statements that the request runs, which take time.
    """

    status: int
    headers: dict[str, str]
    text: str
    statements: tuple[str, ...]


class Clock:
    """A clock that stands still, so that both fleets have the same times.

    It replaces that of :mod:`cratonserver.db.clock`.
    """

    def __init__(self) -> None:
        #: The time in seconds, from the beginning of a year.
        self.seconds = 0

    def now(self) -> str:
        """Return the time in the format of the store. Each second has one time."""
        self.seconds += 1
        time = datetime.datetime(2030, 1, 1) + datetime.timedelta(seconds=self.seconds)
        return time.isoformat(timespec="microseconds")


class World:
    """A fleet with both projects.

    :param add_cleanup: function that registers a cleanup, such as ``addCleanup``.
    :param clock: clock of both fleets.
    :param url: URL of the webhooks.
    :param emptied: the project ``theirs`` has deleted everything.
    """

    def __init__(
        self, add_cleanup: t.Callable[..., t.Any], clock: Clock, url: str, emptied: bool
    ) -> None:
        self._clock = clock
        self._requests = 10_000
        clock.seconds = 0
        self.store = composition.store_at(databases.new(add_cleanup))
        add_cleanup(self.store.close)
        self.store.open()
        key = str(self.store.add_root_user("root"))
        application = composition.application_of(self.store, base.SETTINGS)
        root = base.Caller(application, base.credentials("root", key, identity.FIRST_PROJECT))
        #: The users, by role. ``owner`` is an admin of ``theirs``, the others are in ``ours``.
        self.callers = {"root": root, "nobody": base.Caller(application, {})}
        for project_id in (OURS, THEIRS):
            self._add_project(project_id)
        for role in STRANGERS:
            self.callers[role] = self._user(OURS, f"our-{role}", role)
        self.callers["owner"] = self._user(THEIRS, "their-admin", "admin")
        self.ours = self._fill(OURS, "admin", "our", url)
        self.theirs = self._fill(THEIRS, "owner", "their", url)
        if emptied:
            self._empty()

    def see(self, role: str, method: str, path: str, body: t.Any, headers: t.Any) -> Seen:
        """Send a request, and return what the user notices."""
        self._requests += 100
        self._clock.seconds = self._requests
        with self._statements() as ran:
            answer = self.callers[role].call(method, path, body, headers=headers)
        shown = {name: constant(text) for name, text in answer.headers.items()}
        return Seen(answer.status, shown, constant(answer.text), tuple(ran))

    def state_of_theirs(self) -> list[str]:
        """Return everything about ``theirs``, as its admin sees it."""
        lists = [*base.INVENTORY, "users", "user-keys", "webhooks", "changes"]
        paths = [f"/{one}?limit=100" for one in lists]
        paths += [f"/projects/{THEIRS}", f"/quotas/{THEIRS}?usage=true"]
        for collection, one in self.theirs.objects.items():
            paths.append(f"/{collection}/{one['id']}")
        return [self.callers["owner"].get(path).text for path in paths]

    def _add_project(self, project_id: str) -> None:
        """Add a project with an id that is the same in all fleets, as Keystone gives it."""
        projects = self.store.tables.metadata.tables["projects"]
        values = {"id": project_id, "name": "project", "created_at": self._clock.now()}
        with databases.writing(self.store, project_id) as connection:
            connection.execute(sa.insert(projects).values(values))

    def _user(self, project_id: str, name: str, role: str) -> base.Caller:
        root = self.callers["root"]
        user = root.make("users", username=name, project_id=project_id, role=role)
        headers = base.credentials(name, user["api_key"], project_id)
        return base.Caller(root.application, headers)

    def _fill(self, project_id: str, admin: str, word: str, url: str) -> Things:
        """Let a project create something of each kind, change it and delete some."""
        root, caller = self.callers["root"], self.callers[admin]
        root.put(f"/projects/{project_id}", {"name": f"{word}-project"})
        root.put(f"/projects/{project_id}/variables", {f"{word}-secret": "value"})
        root.put(f"/quotas/{project_id}", {"networks": 700, "webhooks": 500})
        made = {"projects": root.get(f"/projects/{project_id}").json}
        made["users"] = caller.make("users", username=f"{word}-user", role="member")
        known = {"user_id": made["users"]["id"], "expires_at": "2099-01-01T00:00:00.000000"}
        made["user-keys"] = caller.make("user-keys", name=f"{word}-key", **known)
        address = "192.0.2.1" if word == "our" else "198.51.100.7"
        for collection in base.INVENTORY:
            made[collection] = self._make(caller, collection, made, word, address)
        places = {f"{one[:-1]}_id": made[one]["id"] for one in ("clouds", "regions", "cells")}
        named = {"name": f"{word}-webhook", "kinds": ["hosts"], "changed_fields": ["note"]}
        made["webhooks"] = caller.make("webhooks", url=url, **named, **places)
        values = self._change(caller, made, word)
        values["username"] = caller.headers["X-Auth-User"]
        return Things(made, values)

    def _make(
        self, caller: base.Caller, collection: str, made: t.Any, word: str, address: str
    ) -> dict[str, t.Any]:
        """Create an object of the inventory that refers to the others."""
        kind = self.store.tables.kind(collection.replace("-", "_"))
        fields: dict[str, t.Any] = {"name": f"{word}-{collection}"}
        for name in kind.fields:
            target = {"parent_id": "hosts", "device_id": "hosts"}.get(name, f"{name[:-3]}s")
            if name.endswith("_id") and target in made and name != "project_id":
                fields[name] = made[target]["id"]
        fields["variables"] = {f"{word}-secret": "value", "rack": word}
        if "ip_address" in kind.fields:
            fields["ip_address"] = address
        if "device_type" in kind.fields:
            fields["device_type"] = f"{word}-type"
        return caller.make(collection, **fields)

    def _change(self, caller: base.Caller, made: t.Any, word: str) -> dict[str, t.Any]:
        """Change and move something, and return values of the history."""
        host, device = made["hosts"]["id"], made["network-devices"]["id"]
        for path in (f"/hosts/{host}", f"/network-devices/{device}"):
            caller.put(f"{path}/labels", {"labels": [f"{word}-label"]})
        caller.put(f"/hosts/{host}", {"cell_id": None}, headers={"X-Craton-Reason": word})
        caller.put(f"/hosts/{host}", {"cell_id": made["cells"]["id"]})
        gone = caller.make("clouds", name=f"{word}-gone")["id"]
        caller.delete(f"/clouds/{gone}")
        history = caller.get("/changes?limit=10").json
        return {
            "label": f"{word}-label",
            "word": word,
            "revision": history["last_revision"],
            "tag": caller.get(f"/hosts/{host}").headers["etag"],
            "created_at": history["changes"][0]["created_at"],
        }

    def _empty(self) -> None:
        """Let ``theirs`` delete everything except its admin."""
        root, owner, made = self.callers["root"], self.callers["owner"], self.theirs.objects
        for collection in ("webhooks", "users"):
            owner.delete(f"/{collection}/{made[collection]['id']}")
        for collection in reversed(base.INVENTORY):
            owner.delete(f"/{collection}/{made[collection]['id']}")
        root.put(f"/projects/{THEIRS}", {"name": "nobody-is-here"})
        root.delete(f"/projects/{THEIRS}/variables", ["their-secret"])
        root.delete(f"/quotas/{THEIRS}")
        left = [one for one in base.INVENTORY if owner.items(f"/{one}")]
        assert not left, left

    @contextlib.contextmanager
    def _statements(self) -> t.Iterator[list[str]]:
        ran: list[str] = []

        def remember(_c: t.Any, _u: t.Any, statement: str, *_: t.Any) -> None:
            ran.append(statement)

        sa.event.listen(self.store.engine, "before_cursor_execute", remember)
        try:
            yield ran
        finally:
            sa.event.remove(self.store.engine, "before_cursor_execute", remember)


def constant(text: str) -> str:
    """Return a text without what differs each time."""
    for pattern, word in _CHANGING:
        text = re.sub(pattern, word, text)
    return text
