# SPDX-License-Identifier: Apache-2.0
"""The commands send no request that an original server refuses.

The tests use every option of every command. This project's server checks each request,
and so do the tables below, which describe the original server.
"""

from __future__ import annotations

import argparse
import json
import typing as t
from unittest import mock
from urllib import parse

import requests

from cratonclient import v1
from cratonclient.tests.integration.osc import examples, programs
from cratonclient_osc.verbs import examples as example_values

PAGES = "limit marker sort_keys sort_dir"
#: The query parameters that lists accept. ``network_type`` never works.
LISTS = {
    "clouds": f"{PAGES} details vars name id",
    "regions": f"{PAGES} details resolved-values vars name id cloud_id",
    "cells": f"{PAGES} details resolved-values vars name id cloud_id region_id",
    "hosts": f"{PAGES} details resolved-values vars name id cloud_id region_id cell_id "
    "device_type ip_address label",
    "devices": f"{PAGES} details resolved-values cloud_id region_id cell_id active parent_id "
    "descendants",
    "networks": f"{PAGES} details resolved-values vars name id region_id cell_id",
    "network-devices": f"{PAGES} details resolved-values vars name id cloud_id region_id "
    "cell_id device_type ip_address",
    "network-interfaces": f"{PAGES} id ip_address device_id interface_type",
    "projects": f"{PAGES} details vars name",
    "users": f"{PAGES} name id",
    "user-keys": f"{PAGES} id name user_id",  # an extension
    "webhooks": f"{PAGES} id name active",  # an extension
}
#: The collections whose objects accept ``resolved-values``.
RESOLVING = ("regions", "cells", "hosts", "network-devices")
DEVICE = (
    "name cloud_id region_id cell_id parent_id ip_address device_type active links variables"
)
#: The fields that POST accepts. The server checks the required fields.
POST = {
    "clouds": "name note variables",
    "regions": "name note cloud_id variables",
    "cells": "name note cloud_id region_id variables",
    "hosts": f"{DEVICE} note labels",
    "network-devices": f"{DEVICE} model_name os_version vlans",
    "networks": "name cloud_id region_id cell_id variables cidr gateway netmask "
    "ip_block_type nss",
    "network-interfaces": "name ip_address variables network_id device_id interface_type "
    "vlan_id port speed vlan duplex link cdp security",
    "projects": "name variables",
    "users": "username project_id is_admin role",  # role is an extension
    "user-keys": "name user_id expires_at",  # an extension
    "webhooks": "name url kinds changed_fields cloud_id region_id cell_id active",  # another
}
#: The fields that PUT accepts.
PUT = {
    "clouds": "name note",
    "regions": "name note",
    "cells": "name note",
    "hosts": "name note parent_id ip_address device_type active",
    "network-devices": "name parent_id ip_address device_type model_name os_version vlans",
    "networks": "name cidr gateway netmask ip_block_type nss",
    "network-interfaces": "name interface_type port speed vlan duplex link cdp security",
}
#: The fields that PUT accepts only on this project's server.
EXTENSIONS = {
    "projects": "name",
    "users": "is_admin role",
    "webhooks": "name url kinds changed_fields cloud_id region_id cell_id active position",
}
PARTS = {
    "variables": (
        "clouds",
        "regions",
        "cells",
        "hosts",
        "networks",
        "network-devices",
        "projects",
    ),
    "labels": ("hosts", "network-devices"),
}
UNSORTABLE = {
    "network-devices": ("model_name", "os_version", "vlans", "hostname"),
    "devices": ("model_name",),
    "hosts": ("model_name",),
}
#: The options that an option of a command needs besides those of the example.
NEEDED = {("webhook create", "--project"): ["--cloud", "prod"]}


def problems(method: str, url: str, body: t.Any) -> list[str]:
    """Return the reasons for which an original server would refuse a request."""
    split = parse.urlsplit(url)
    if (method, split.path) == ("GET", "/v1"):
        return []  # the version document, which tells features
    _, version, collection, *rest = split.path.split("/")
    if (method, collection, split.query) == ("POST", "changes", ""):
        return [found for change in body["changes"] for found in _change_problems(change)]
    query = dict(parse.parse_qsl(split.query, keep_blank_values=True))
    found = [] if version == "v1" and collection in LISTS else [split.path]
    if method not in ("GET", "HEAD"):
        found += [f"{method} with {query}"] if query else []
        return found + _body_problems(method, collection, rest, body)
    if not rest:
        found += sorted(query.keys() - set(LISTS[collection].split()))
        return found + list(_value_problems(collection, query))
    if rest[1:] == ["deletion"]:
        return []  # the original server returns 404; the command then counts in lists
    if rest[1:]:
        found += [] if collection in PARTS[rest[1]] else [split.path]
        allowed = (
            {"resolved-values"}
            if rest[1:] == ["variables"] and collection == "hosts"
            else set()
        )
    else:
        allowed = {"resolved-values"} if collection in RESOLVING else set()
    return found + sorted(query.keys() - allowed) + list(_value_problems(collection, query))


def _value_problems(collection: str, query: dict[str, str]) -> t.Iterator[str]:
    if not 10 <= int(query.get("limit", 10)) <= 100:
        yield f"limit {query['limit']}"
    for name in ("details", "resolved-values", "active", "descendants"):
        if query.get(name, "True") not in ("True", "False"):
            yield f"{name} {query[name]}"
    for name in ("id", "cloud_id", "region_id", "cell_id", "device_id", "parent_id"):
        if not query.get(name, "1").isdigit():
            yield f"{name} {query[name]}"
    if not query.get("marker", "1").isdigit() and collection != "projects":
        yield f"marker {query['marker']}"
    if query.get("sort_dir", "asc") not in ("asc", "desc"):
        yield f"sort_dir {query['sort_dir']}"
    keys = set(query.get("sort_keys", "id").split(","))
    known = v1.kind(collection.replace("-", "_")).resource_class.fields()
    yield from keys - {n for n, f in known.items() if f.storage.column}
    yield from keys & set(UNSORTABLE.get(collection, ()))
    for condition in query.get("vars", "a:1").split(","):
        path, colon, value = condition.partition(":")
        if not (path and colon):
            yield f"vars {condition}"
        try:
            json.loads(value)
        except ValueError:
            yield f"vars {condition}"


def _change_problems(change: dict[str, t.Any]) -> t.Iterator[str]:
    """Yield the problems of the single requests that would make a change of a change set."""
    path, values = v1.kind(change["kind"]).path, change.get("values", {})
    if change["action"] == "create":
        yield from _body_problems("POST", path, [], values)
        return
    yield from _body_problems("PUT", path, ["1"], values)
    yield from (part for part in PARTS.keys() & change.keys() if path not in PARTS[part])


def _body_problems(method: str, collection: str, rest: list[str], body: t.Any) -> list[str]:
    match (method, rest):
        case ("POST", []):
            return sorted(body.keys() - set(POST[collection].split()))
        case ("PUT", [_]):
            allowed = f"{PUT.get(collection, '')} {EXTENSIONS.get(collection, '')}".split()
            return sorted(body.keys() - set(allowed))
        case ("DELETE", [_]):
            return [] if body is None else ["a body"]
        case ("PUT" | "DELETE", [_, part]) if collection in PARTS[part]:
            wanted = list if (method, part) == ("DELETE", "variables") else dict
            return [] if isinstance(body, wanted) else [f"{part}: {body}"]
        case ("POST", [_, "key"]) if collection == "users":  # also an extension
            return []
    return [f"{method} {collection} {rest}"]


class TestProblems(programs.CommandTestCase):
    """The check finds invalid requests."""

    def test_right(self):
        for method, path, body in (
            ("GET", "hosts?limit=10&details=True&label=x&sort_keys=name%2Cid", None),
            ("GET", "hosts/1?resolved-values=False", None),
            ("POST", "users", {"username": "x", "project_id": "y"}),
            ("DELETE", "clouds/1/variables", ["a"]),
            ("PUT", "hosts/1/labels", {"labels": []}),
        ):
            self.assertEqual([], problems(method, f"http://x/v1/{path}", body), path)

    def test_wrong(self):
        for method, path, body in (
            ("GET", "hosts?detail=True", None),
            ("GET", "hosts?limit=5", None),
            ("GET", "hosts?details=1", None),
            ("GET", "clouds?resolved-values=True", None),
            ("GET", "network-devices/1/variables?resolved-values=False", None),
            ("GET", "clouds/1?details=True", None),
            ("GET", "hosts?sort_keys=labels", None),
            ("GET", "network-devices?sort_keys=vlans", None),
            ("GET", "hosts?vars=a", None),
            ("GET", "hosts?vars=a:x", None),
            ("GET", "cells?id=x", None),
            ("GET", "clouds/1/labels", None),
            ("GET", "ships", None),
            ("POST", "network-devices", {"labels": []}),
            ("POST", "hosts?x=1", {}),
            ("PUT", "regions/1", {"cloud_id": 2}),
            ("PUT", "users/1", {"username": "x"}),
            ("DELETE", "clouds/1/variables", {"a": 1}),
            ("DELETE", "clouds/1/labels", {"labels": []}),
            ("PATCH", "clouds/1", {}),
            ("POST", "changes", changes("create", "network_devices", values={"labels": []})),
            ("POST", "changes", changes("update", "regions", values={"cloud_id": 2})),
            ("POST", "changes", changes("update", "clouds", labels={"add": ["x"]})),
        ):
            try:
                found = problems(method, f"http://x/v1/{path}", body)
            except KeyError as exc:
                found = [str(exc)]
            self.assertTrue(found, f"{method} {path}")


def changes(action: str, kind: str, **more: t.Any) -> dict[str, t.Any]:
    """Return the body of a change set with one change."""
    return {"changes": [{"action": action, "kind": kind, **more}]}


class ContractTestCase(examples.ExampleTestCase):
    """Tests of options, on copies of a fleet."""

    def check(self, *words: str, status: int = 0) -> None:
        """Run a command and check each request that it sends."""
        sent: list[tuple[str, str, t.Any]] = []
        send = requests.Session.send

        def record(session: requests.Session, request: t.Any, **kwargs: t.Any) -> t.Any:
            body = json.loads(request.body) if request.body else None
            sent.append((request.method, request.url, body))
            return send(session, request, **kwargs)

        with mock.patch("requests.Session.send", record):
            done = self.enter(*words)
        self.assertEqual(status, done.status, f"{words}: {done.err}")
        self.assertEqual(status == 0, bool(sent), str(words))
        for request in sent:
            self.assertEqual([], problems(*request), f"{words}: {request}")

    def options(self, name: str) -> t.Iterator[tuple[list[str], set[str]]]:
        """Yield the options of a command, each with a value if it takes one.

        :returns: the words of an option, and the options that conflict with it.
        """
        made: t.Any = examples.classes()[name]
        command = made(argparse.Namespace(options=argparse.Namespace()), None)
        parser = command.get_parser(f"craton {name}")
        # The filters of writing verbs are those of lists, and take the place of names. So do
        # files with objects.
        others = {
            id(action)
            for group in parser._action_groups
            if "formatter" in str(group.title)
            or str(group.title).startswith(("selecting", "creating many"))
            for action in group._group_actions
        }
        # These need more than an original server, or other arguments.
        skipped = {"help", "interactive", "more_paths", "where"}
        skipped |= set() if name.endswith("delete") else {"dry_run"}
        fields = {**command.fields, **command.scopes, **getattr(command, "filters", {})}
        for action in parser._actions:
            if id(action) in others or action.dest in skipped:
                continue
            exclusive = [
                other
                for group in parser._mutually_exclusive_groups
                if action in group._group_actions
                for other in group._group_actions
            ]
            rivals = {
                flag
                for other in parser._actions
                if other.dest == action.dest or other in exclusive
                if other is not action
                for flag in other.option_strings
            }
            for option in action.option_strings[-1:]:
                values = [] if action.nargs == 0 else self.values(command, action, fields)
                for given in [[option, value] for value in values] or [[option]]:
                    yield given, rivals

    def values(self, command: t.Any, action: t.Any, fields: dict[str, t.Any]) -> list[str]:
        """Return valid values of an option."""
        if action.dest == "sort":
            return [f"{name}:desc" for name in command.sort_keys]
        if action.metavar == "<path>":
            return [example_values.SHOW]
        if action.dest == "marker" and command.kind.key == "project":
            shown = self.enter("project", "show", "research", "-f", "value", "-c", "id")
            return [shown.out.strip()]
        if action.dest == "project_id" and command.kind.key not in ("user", "user_key"):
            return [programs.PROJECT]
        if action.dest == "parent_id" and command.kind.key == "host":
            return ["sw1"]  # an object cannot be its own parent
        if action.dest == "marker" and command.kind.key == "network_device":
            return ["2"]  # hosts and network devices share their ids
        fixed = {
            "limit": ["1", "10", "99", "1000"],
            "marker": ["1"],
            "id": ["1"],
            "vars": ["rack=r1", "hw.a[0].b=1", "l[*]=true", "o.*=null"],
            "from_file": ["/dev/null"],
            "change_reason": ["rack r7 is replaced"],
        }
        if action.dest in fixed:
            return fixed[action.dest]
        return [example_values.value_of(action.dest, fields[action.dest])]

    def every_option(self, *names: str) -> None:
        """Use every option of the commands."""
        for name in names:
            command, example = name.split(), examples.example(name)[len(name.split()) :]
            if command[-1] == "create":
                example[-1] += "-2"
            self.check(*command, *example)
            for option, rivals in self.options(name):
                rest = [word for word in example if word not in rivals]
                rest += NEEDED.get((name, option[0]), [])
                with self.subTest(name, option=option):
                    # An empty file is not a JSON object: exit status 2 before any request.
                    status = 2 if option[0] == "--from-file" else 0
                    self.check(*command, *rest, *option, status=status)  # the last one counts


def _reads(name: str) -> bool:
    return name.endswith((" list", " show"))


def _writes(name: str) -> bool:
    return not name.endswith((" list", " show", " test"))  # a test needs a receiver


# Two classes, so that two workers can share the work.
class TestWhatReads(ContractTestCase):
    """Commands that list or show objects."""

    def test_every_option(self):
        self.every_option(*filter(_reads, examples.classes()))

    def test_every_column(self):
        for name, made in examples.classes().items():
            if name.endswith(" list") and " variable" not in name:
                command = t.cast("t.Any", made)(None, None)
                for column in command.columns:
                    self.check(*name.split(), "-c", column)


class TestWhatWrites(ContractTestCase):
    """Commands that change objects."""

    def test_every_option(self):
        self.every_option(*filter(_writes, examples.classes()))
