# SPDX-License-Identifier: Apache-2.0
"""The OpenAPI document, its page, and the version document."""

from __future__ import annotations

import base64
import hashlib
import typing as t
from unittest import mock

import falcon
import jsonschema
import openapi_spec_validator
import requests
from keystoneauth1 import discover, token_endpoint
from keystoneauth1 import session as ksa_session

from cratonclient import v1
from cratonclient.tests.integration.server import base, described
from cratonserver import embedded, wsgi_keys
from cratonserver.api import application
from cratonserver.openapi import page

JSON = "application/json"
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE")


class TestDocument(base.ServerTestCase):
    """The OpenAPI document."""

    document: t.ClassVar[dict[str, t.Any]]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        nobody = base.Caller(cls.root.application, {})
        cls.document = nobody.get("/openapi.json").json

    def test_it_is_valid(self):
        openapi_spec_validator.validate(t.cast("t.Any", self.document))

    def test_it_has_every_path_with_every_method(self):
        there = {
            path.replace("{item_id:id}", "{id}").replace(":id}", "}"): {
                method for method in METHODS if method == "OPTIONS" or method in view.methods
            }
            for path, view in application.paths(self.store).items()
            if path != "/v1/"
        }
        described = {
            path: {name.upper() for name in item} - {"PARAMETERS"}
            for path, item in self.document["paths"].items()
        }
        self.assertEqual(there, described)

    def test_every_operation_has_the_answers_that_any_request_can_get(self):
        for path, item in self.document["paths"].items():
            for method in item.keys() - {"parameters"}:
                with self.about(f"{method} {path}"):
                    described = {int(status) for status in item[method]["responses"]}
                    wanted = {408, 411, 413, 414, 429, 431, 500, 501, 503, 504}
                    self.assertLessEqual(wanted, described)

    def test_parameters_that_mean_less_than_they_seem_to_say_so(self):
        operation = self.document["paths"]["/v1/changes"]["get"]
        said = {one["name"]: one["description"] for one in operation["parameters"]}
        self.assertIn("not with sort_dir=desc", said["after"])
        self.assertIn("ends earlier, with no changes", said["wait"])

    def test_names_of_operations_are_unique(self):
        names = [
            operation["operationId"]
            for item in self.document["paths"].values()
            for method, operation in item.items()
            if method != "parameters"
        ]
        self.assertEqual(len(names), len(set(names)))

    def test_every_field_and_parameter_is_explained(self):
        schemas = self.document["components"]["schemas"]
        for kind in v1.kinds():
            shown = schemas[kind.resource_class.__name__]["properties"]
            for name, field in kind.resource_class.fields().items():
                if field.shown != "never":
                    self.assertEqual(field.help, shown[name]["description"])
        known = described.Document(self.root.application)
        for operation in known.operations():
            for parameter in map(known.resolved, operation.described["parameters"]):
                with self.about(f"{operation.path} {parameter['name']}"):
                    self.assertTrue(parameter["description"])

    def test_it_has_every_header_that_is_read(self):
        known = described.Document(self.root.application)
        ids = {
            one: self.root.make(one)["id"]
            for one in (*base.COLLECTIONS, "user-keys", "webhooks")
        }
        ids["quotas"] = ids["projects"]
        # Deleted objects last.
        for operation in sorted(known.operations(), key=lambda one: one.method == "DELETE"):
            collection = operation.path.split("/")[2] if operation.path.count("/") > 1 else ""
            path = operation.path.replace("{id}", str(ids.get(collection, 1)))
            body = operation.described.get(
                "requestBody", {"content": {JSON: {"example": None}}}
            )
            with self.about(f"{operation.method} {path}"):
                read = self.headers_read(
                    operation.method,
                    path.replace("{revision}", "1"),
                    body["content"][JSON]["example"],
                )
                wanted = known.parameters(operation, "header")
                if "{id}" not in operation.path:
                    read.discard("If-Match")  # refused, as it is not for one object
                self.assertEqual(wanted, read)

    def headers_read(self, method: str, path: str, body: t.Any) -> set[str]:
        """Return the names of the headers that the application reads, except credentials."""
        read: set[str] = set()
        get_header = falcon.Request.get_header

        def note(request: t.Any, name: str, *args: t.Any, **kw: t.Any) -> t.Any:
            if not name.startswith("X-Auth-"):
                read.add(name)
            return get_header(request, name, *args, **kw)

        with mock.patch.object(falcon.Request, "get_header", note):
            self.root.call(method, path.removeprefix("/v1"), body)
        return read

    def test_examples_of_bodies_are_accepted(self):
        someone = self.member()
        for collection in ("clouds", "regions", "cells", "networks", "hosts"):
            item = self.document["paths"][f"/v1/{collection}"]["post"]
            example = item["requestBody"]["content"]["application/json"]["example"]
            needed = someone.needed(collection, {})
            place = {name: needed[name] for name in needed if name.endswith("_id")}
            answer = someone.post(f"/{collection}", {**example, **place})
            with self.about(collection):
                self.assertAnswer(answer, 201)


class TestChangeSets(base.ServerTestCase):
    """The document and the server accept and refuse the same change sets."""

    def setUp(self):
        super().setUp()
        self.user = self.member()
        document = described.Document(self.root.application)
        (operation,) = (
            one for one in document.operations() if one[:2] == ("POST", "/v1/changes")
        )
        self.schema = jsonschema.Draft202012Validator(document.body(operation))
        self.host = self.user.make("hosts")["id"]

    def judged(self, change: t.Any, **more: t.Any) -> tuple[bool, bool]:
        """Return whether the schema and the server accept a change set with one change."""
        body = {"changes": [change], "dry_run": True, **more}
        answer = self.user.post("/changes", body)
        self.assertIn(answer.status, (200, 400, 404), answer.text)
        return self.schema.is_valid(body), answer.status == 200

    def test_good_ones(self):
        host = {"kind": "hosts", "id": self.host}
        last = self.user.get("/changes").json["last_revision"]
        for change in (
            {"action": "create", "kind": "clouds", "values": {"name": "c"}},
            {"action": "update", **host},
            {"action": "update", **host, "values": {"note": "x"}, "unchanged_since": last},
            {"action": "update", **host, "variables": {"set": {"a": [1]}, "unset": ["b"]}},
            {"action": "update", **host, "variables": {}},
            {"action": "update", **host, "labels": {"add": ["a"], "remove": ["b"]}},
            {"action": "delete", **host, "unchanged_since": last},
            {"action": "delete", "kind": "hosts", "id": str(self.host)},
        ):
            with self.about(str(change)):
                self.assertEqual((True, True), self.judged(change))

    def test_bad_ones(self):
        host = {"kind": "hosts", "id": self.host}
        update, values = {"action": "update", **host}, {"values": {"name": "c"}}
        create = {"action": "create", "kind": "clouds"}
        for change in _any(
            *(None, [], {}, host, {"action": "update"}, {**update, "action": "rename"}),
            *({**update, "kind": "nope"}, {**update, "id": None}, {**update, "id": [1]}),
            *({**update, "id": {}}, {**update, "id": {"created": -1}}),
            *({"action": one, "kind": "hosts"} for one in ("update", "delete")),
            *({**update, "values": []}, {**update, "unchanged_since": -1}),
            *({**update, "unchanged_since": "7"}, {**update, "tags": {}}),
            *({**update, "variables": one} for one in _any([], None, {"add": ["a"]}, {"x": 1})),
            *({**update, "variables": {"set": one}} for one in _any([], None, {"": 1}, "a")),
            *({**update, "variables": {"unset": one}} for one in _any({}, None, [1], "a")),
            *({**update, "labels": one} for one in _any([], None, {"set": {}}, {"x": []})),
            *({**update, "labels": {"add": one}} for one in _any({}, None, [1], "a")),
            *({**update, "labels": {"remove": one}} for one in _any({}, None, [1], "a")),
            *(create, {**create, **values, "id": 1}, {**create, **values, "variables": {}}),
            *({**create, **values, "unchanged_since": 1}, {**create, "values": []}),
            {"action": "delete", **host, **values},
            {"action": "delete", **host, "labels": {}},
        ):
            with self.about(str(change)):
                self.assertEqual((False, False), self.judged(change))

    def test_bad_envelopes(self):
        change = {"action": "update", "kind": "hosts", "id": self.host}
        for more in _any({"reason": 5}, {"dry_run": 1}, {"changes": []}, {"x": 1}):
            with self.about(str(more)):
                self.assertEqual((False, False), self.judged(change, **more))


def _any(*values: t.Any) -> tuple[t.Any, ...]:
    return values


class TestDocs(base.ServerTestCase):
    """The documentation page."""

    def test_it_needs_no_credentials_and_has_every_path(self):
        nobody = base.Caller(self.root.application, {})
        answer = nobody.get("/docs")
        self.assertAnswer(answer, 200)
        self.assertEqual("text/html; charset=utf-8", answer.headers["content-type"])
        for path in nobody.get("/openapi.json").json["paths"]:
            self.assertIn(f"<code>{path}</code>", answer.text)

    def test_it_fetches_nothing_and_runs_nothing(self):
        answer = self.root.get("/docs")
        for word in ("<script", "http:", "https:", "@import", "url(", " src=", " style="):
            self.assertNotIn(word, answer.text)
        policy = answer.headers["content-security-policy"]
        self.assertIn("default-src 'none'", policy)
        css = answer.text.partition("<style>")[2].partition("</style>")[0]
        digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
        self.assertIn(f"style-src 'sha256-{digest}'", policy)

    def test_what_a_declaration_says_stays_text(self):
        document = self.root.get("/openapi.json").json
        document["info"]["title"] = "<script>"
        self.assertIn("&lt;script&gt;", page.page(document))
        self.assertNotIn("<script>", page.page(document))


class TestVersions(base.ServerTestCase):
    """Version discovery by OpenStack clients."""

    def _session(self, endpoint: str) -> ksa_session.Session:
        def answer(environ: t.Any, start_response: t.Any) -> t.Any:
            del environ[wsgi_keys.IDENTITY]
            return self.root.application(environ, start_response)

        http = requests.Session()
        http.mount("http://", embedded.Adapter(answer, self.store))
        auth = token_endpoint.Token(endpoint, "token")
        return ksa_session.Session(auth=auth, session=http)

    def test_keystoneauth_finds_version_1(self):
        for end in ("", "/", "/v1", "/v1/"):
            session = self._session(f"http://{base.HOST}{end}")
            with self.about(end):
                found = session.get_endpoint_data(service_type="fleet_management", version="1")
                self.assertEqual(base.BASE, str(found and found.url).rstrip("/"))
                version = session.get_api_major_version(service_type="fleet_management")
                self.assertEqual((1, 0), version)

    def test_keystoneauth_finds_no_version_2(self):
        for end in ("/", "/v1"):
            url = f"http://{base.HOST}{end}"
            known = discover.Discover(self._session(url), url)
            self.assertEqual(base.BASE, known.url_for("1"))
            self.assertIsNone(known.url_for("2"))
