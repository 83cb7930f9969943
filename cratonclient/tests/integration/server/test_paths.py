# SPDX-License-Identifier: Apache-2.0
"""The paths and methods of the API, and properties of every response."""

from __future__ import annotations

import json
import re
import typing as t
from urllib import parse

from cratonclient.tests.integration.server import base

NO_SUCH_PATH = (
    "The requested URL was not found on the server.  If you entered the URL "
    "manually please check your spelling and try again."
)
NO_SUCH_METHOD = "The method is not allowed for the requested URL."
MALFORMED = "The browser (or proxy) sent a request that this server could not understand."

METHODS = ("GET", "POST", "PUT", "DELETE")
#: The methods of each path. The path of an object is ``<collection>/ID``.
ALLOWED = {
    **{name: {"GET", "POST"} for name in base.COLLECTIONS},
    "devices": {"GET"},
    "ansible-inventory": {"GET"},
    **{f"{name}/ID": {"GET", "PUT", "DELETE"} for name in base.COLLECTIONS},
    "users/ID/key": {"POST"},
    "user-keys": {"GET", "POST"},
    "user-keys/ID": {"GET", "DELETE"},
    **{f"{name}/ID/variables": {"GET", "PUT", "DELETE"} for name in base.WITH_VARIABLES},
    "hosts/ID/labels": {"GET", "PUT", "DELETE"},
    "network-devices/ID/labels": {"GET", "PUT", "DELETE"},
}
UNKNOWN_PATHS = (
    "//",
    "/nosuch",
    "//hosts",
    "/Hosts",
    "/network_devices",
    "/devices/1",
    "/devices/1/variables",
    "/devices/1/labels",
    "/network-interfaces/1/variables",
    "/users/1/variables",
    "/clouds/1/regions",
    "/clouds/1/labels",
    "/hosts/1/variables/key",
    "/hosts/1/labels/key",
    "/hosts/1/nosuch",
)


#: The parts of each collection, and the body of a PUT.
PARTS: dict[str, list[tuple[str, t.Any]]] = {
    name: [("variables", {"a": 1})] for name in base.WITH_VARIABLES
}
for _name in ("hosts", "network-devices"):
    PARTS[_name].append(("labels", {"labels": ["a"]}))


def other_spellings(printed: int | str) -> list[str]:
    """Return texts that a lenient parser takes for an id, except its printed form."""
    if isinstance(printed, str):
        bare = printed.replace("-", "")
        different = (printed.upper(), bare.upper(), f"{{{printed}}}", f"urn:uuid:{printed}")
        return [*different, f" {printed}", f"{printed}\n", "0001"]
    arabic = str(printed).translate({48 + n: 0x660 + n for n in range(10)})
    texts = [f"000{printed}", f"+{printed}", f" {printed}", f"{printed} ", f"{printed}\n"]
    return [*texts, f"0_{printed}", arabic]


def offers(allowed: set[str]) -> set[str]:
    """Return the methods in the ``Allow`` header of a path."""
    return allowed | {"OPTIONS"} | ({"HEAD"} if "GET" in allowed else set())


class TestPaths(base.ServerTestCase):
    """The table of paths and methods."""

    ids: t.ClassVar[t.Any]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        kinds = (*base.COLLECTIONS, "user-keys")
        cls.ids = {name: cls.root.make(name)["id"] for name in kinds}

    def _path(self, shape: str) -> str:
        collection = shape.partition("/")[0]
        return "/" + shape.replace("ID", str(self.ids.get(collection)))

    def test_every_path_answers_its_methods_and_refuses_the_others(self):
        for shape, allowed in ALLOWED.items():
            for method in METHODS:
                # The body is not JSON, so no request changes anything.
                path = self._path(shape)
                if method == "DELETE" and shape.endswith("/ID"):
                    path = path.replace(str(self.ids[shape[:-3]]), str(base.NOWHERE))
                answer = self.root.call(method, path, text="{")
                refused = answer.status == 405
                with self.about(f"{method} {shape}"):
                    self.assertEqual(method not in allowed, refused, answer.text)
                    self.assertIn(answer.status, (200, 204, 400, 405))

    def test_a_refused_method_is_told_which_there_are(self):
        for shape, allowed in ALLOWED.items():
            answer = self.root.call("PATCH", self._path(shape))
            with self.about(shape):
                self.assertAnswer(answer, 405, NO_SUCH_METHOD)
                offered = set(answer.headers["allow"].split(", "))
                self.assertEqual(offers(allowed), offered)

    def test_options_tells_the_methods(self):
        for shape, allowed in ALLOWED.items():
            answer = self.root.call("OPTIONS", self._path(shape))
            with self.about(shape):
                self.assertAnswer(answer, 200)
                self.assertEqual("", answer.text)
                offered = set(answer.headers["allow"].split(", "))
                self.assertEqual(offers(allowed), offered)

    def test_an_invented_method_is_refused_as_any_other(self):
        answer = self.root.call("INVENT", "/clouds")
        self.assertAnswer(answer, 405, NO_SUCH_METHOD)
        self.assertEqual("GET, HEAD, POST, OPTIONS", answer.headers["allow"])
        self.assertAnswer(self.root.call("INVENT", "/nosuch"), 404, NO_SUCH_PATH)

    def test_trace_is_refused(self):
        self.assertAnswer(self.root.call("TRACE", "/clouds"), 405, NO_SUCH_METHOD)

    def test_unknown_paths_are_not_found_whatever_the_method(self):
        for path in UNKNOWN_PATHS:
            for method in (*METHODS, "OPTIONS"):
                with self.about(f"{method} {path}"):
                    answer = self.root.call(method, path, text="{}")
                    self.assertAnswer(answer, 404, NO_SUCH_PATH)

    def test_a_slash_at_the_end_makes_another_path(self):
        for shape in ("clouds", "clouds/ID", "clouds/ID/variables", "hosts/ID/labels"):
            for method in METHODS:
                with self.about(f"{method} {shape}/"):
                    answer = self.root.call(method, self._path(shape) + "/", text="{}")
                    self.assertAnswer(answer, 404, NO_SUCH_PATH)

    def test_an_encoded_slash_is_a_slash(self):
        path = self._path("hosts/ID").replace("hosts/", "hosts%2F") + "%2Flabels"
        # The WSGI server decodes paths, so the application sees slashes.
        answer = self.root.get(path.replace("%2F", "/"))
        self.assertEqual({"labels": []}, answer.json)

    def test_head_is_get_without_the_body(self):
        for shape, allowed in ALLOWED.items():
            if "GET" not in allowed:
                continue
            path = self._path(shape)
            head, get = self.root.call("HEAD", path), self.root.get(path)
            with self.about(shape):
                self.assertEqual((get.status, ""), (head.status, head.text))
                self.assertEqual(str(len(get.text)), head.headers["content-length"])
                self.assertEqual(get.headers["content-type"], head.headers["content-type"])

    def test_head_checks_parameters_as_get_does(self):
        self.assertEqual(400, self.root.call("HEAD", "/hosts?nosuch=1").status)

    def test_parameters_of_post_put_and_delete_are_ignored(self):
        made = self.root.post("/clouds?limit=x&nosuch=1", {"name": "ignoring"})
        self.assertAnswer(made, 201)
        path = f"/clouds/{made.json['id']}"
        self.assertAnswer(self.root.put(f"{path}?nosuch=1", {"note": "n"}), 200)
        self.assertAnswer(self.root.put(f"{path}/variables?nosuch=1", {"a": 1}), 200)
        self.assertAnswer(self.root.delete(f"{path}/variables?nosuch=1", ["a"]), 204)
        self.assertAnswer(self.root.delete(f"{path}?nosuch=1"), 204)

    def test_a_body_of_get_or_of_delete_of_an_object_is_ignored(self):
        cloud = self.root.make("clouds")
        path = f"/clouds/{cloud['id']}"
        self.assertAnswer(self.root.get(path, text="{bad"), 200)
        self.assertAnswer(self.root.get("/clouds", text="{bad"), 200)
        self.assertAnswer(self.root.delete(path, text="{bad"), 204)
        self.assertAnswer(self.root.get(path), 404)

    def test_a_location_says_where_the_new_object_is(self):
        for name in base.COLLECTIONS:
            answer = self.root.post(f"/{name}", self.root.needed(name, {}))
            with self.about(name):
                where = f"{base.BASE}/{name}/{answer.json['id']}"
                self.assertEqual(where, answer.headers["location"])
                found = self.root.get(where.removeprefix(base.BASE))
                self.assertEqual(answer.json["id"], found.json["id"])

    def test_only_a_creation_has_a_location(self):
        path = self._path("clouds/ID")
        answers = (
            self.root.get(path),
            self.root.put(path, {"note": "x"}),
            self.root.delete(f"/clouds/{base.NOWHERE}"),
            self.root.post("/clouds", {}),
        )
        self.assertEqual([200, 200, 204, 400], [answer.status for answer in answers])
        for answer in answers:
            self.assertNotIn("location", answer.headers)

    def test_urls_are_built_from_the_host_header_alone(self):
        headers = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "other.example"}
        answer = self.root.post("/clouds", {"name": "forwarded"}, headers=headers)
        self.assertEqual(f"{base.BASE}/clouds/{answer.json['id']}", answer.headers["location"])


class TestEveryAnswer(base.ServerTestCase):
    """Properties of all responses, whatever their status."""

    def _answers(self) -> t.Iterator[base.Answer]:
        nobody = base.Caller(self.root.application, {})
        path = f"/clouds/{self.root.make('clouds')['id']}"
        for expected, answer in (
            (200, self.root.get("/clouds")),
            (200, self.root.put(path, {"note": "n"})),
            (201, self.root.post("/clouds", self.root.needed("clouds", {}))),
            (204, self.root.delete(path)),
            (400, self.root.post("/clouds", {})),
            (400, self.root.post("/clouds", text="{")),
            (401, nobody.get("/clouds")),
            (401, nobody.get("/nosuch")),
            (404, self.root.get(path)),
            (404, self.root.get("/nosuch")),
            (405, self.root.put("/clouds")),
        ):
            self.assertAnswer(answer, expected)
            yield answer

    def test_it_has_a_request_id_of_its_own(self):
        found = [answer.headers["x-openstack-request-id"] for answer in self._answers()]
        pattern = re.compile(r"req-[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}")
        self.assertEqual([], [one for one in found if not pattern.fullmatch(one)])
        self.assertEqual(len(found), len(set(found)))

    def test_no_cache_may_share_it_between_users(self):
        for answer in self._answers():
            self.assertEqual("no-store", answer.headers["cache-control"])
            varies = set(answer.headers["vary"].lower().split(", "))
            self.assertLessEqual({"authorization", *map(str.lower, self.root.headers)}, varies)

    def test_a_request_id_that_the_client_sends_is_ignored(self):
        sent = "req-11111111-1111-4111-8111-111111111111"
        answer = self.root.get("/clouds", headers={"X-OpenStack-Request-Id": sent})
        self.assertNotEqual(sent, answer.headers["x-openstack-request-id"])

    def test_it_is_json_and_says_so(self):
        for answer in self._answers():
            if answer.status == 204:
                self.assertEqual("", answer.text)
            else:
                self.assertEqual("application/json", answer.headers["content-type"])
                self.assertEqual(dict, type(answer.json))

    def test_an_error_has_a_message_and_its_status(self):
        for answer in self._answers():
            if answer.status >= 400:
                self.assertEqual({"message", "status"}, set(answer.json))
                self.assertEqual(answer.status, answer.json["status"])
                self.assertTrue(answer.json["message"])

    def test_keys_are_sorted_and_indented_and_a_newline_ends_it(self):
        for answer in self._answers():
            if answer.status != 204:
                laid_out = json.dumps(answer.json, indent=2, sort_keys=True) + "\n"
                self.assertEqual(laid_out, answer.text)

    def test_characters_beyond_ascii_are_escaped(self):
        answer = self.root.post("/clouds", {"name": "Züri ☃"})
        self.assertIn('"name": "Z\\u00fcri \\u2603"', answer.text)
        self.assertEqual("Züri ☃", self.root.get(f"/clouds/{answer.json['id']}").json["name"])

    def test_what_a_client_accepts_is_ignored(self):
        for accept in ("text/html", "application/xml", "text/plain", ""):
            answer = self.root.get("/clouds", headers={"Accept": accept})
            self.assertEqual((200, "application/json"), (answer.status, _type_of(answer)))


def _type_of(answer: base.Answer) -> str:
    return answer.headers["content-type"]


class TestBodies(base.ServerTestCase):
    """The parsing of request bodies."""

    def _places(self) -> dict[str, tuple[str, str]]:
        host = self.root.make("hosts")["id"]
        return {
            "POST": ("POST", "/clouds"),
            "PUT": ("PUT", f"/hosts/{host}"),
            "PUT variables": ("PUT", f"/hosts/{host}/variables"),
            "DELETE variables": ("DELETE", f"/hosts/{host}/variables"),
            "PUT labels": ("PUT", f"/hosts/{host}/labels"),
            "DELETE labels": ("DELETE", f"/hosts/{host}/labels"),
        }

    def test_malformed_json_is_refused_everywhere(self):
        for name, (method, path) in self._places().items():
            for text in (b"{bad", b"", b"{'a': 1}", b'{"a": 1} x', b"\xff"):
                with self.about(f"{name} {text[:20]!r}"):
                    headers = {"Content-Type": "application/json"}
                    answer = self.root.call(method, path, text=text, headers=headers)
                    self.assertAnswer(answer, 400, MALFORMED)

    def test_numbers_that_json_does_not_know_are_refused(self):
        for name, (method, path) in self._places().items():
            for number in ("NaN", "Infinity", "-Infinity"):
                text = f'{{"name": "n", "variables": {{"a": [{number}]}}}}'
                problem = f"variables.a[0]: {number} is not valid JSON"
                with self.about(f"{name} {number}"):
                    self.assertInvalid(self.root.call(method, path, text=text), problem)

    def test_a_number_too_large_for_its_type_is_not_answered_as_infinity(self):
        path = f"/clouds/{self.root.make('clouds')['id']}/variables"
        answer = self.root.put(path, text='{"a": 1e999}')
        self.assertNotIn("Infinity", answer.text)
        self.assertNotIn("Infinity", self.root.get(path).text)

    def test_scalars_are_refused_everywhere(self):
        for name, (method, path) in self._places().items():
            for value, shown in ((5, "5"), ("x", "'x'"), (True, "True")):
                with self.about(f"{name} {value!r}"):
                    wanted = "array" if name == "DELETE variables" else "object"
                    answer = self.root.call(method, path, text=json.dumps(value))
                    self.assertInvalid(answer, f"{shown} is not of type '{wanted}'")

    def test_a_body_that_does_not_claim_to_be_json_counts_as_none(self):
        for name, (method, path) in self._places().items():
            for content_type in (None, "text/plain", "application/x-www-form-urlencoded"):
                with self.about(f"{name} {content_type}"):
                    answer = self.root.call(
                        method, path, text='{"name": "x"}', content_type=content_type
                    )
                    wanted = "array" if name == "DELETE variables" else "object"
                    if name == "PUT":
                        self.assertAnswer(answer, 200)
                        self.assertNotEqual("x", answer.json["name"])
                    else:
                        self.assertInvalid(answer, f"None is not of type '{wanted}'")

    def test_other_spellings_of_the_json_type_are_read(self):
        for content_type in (
            "application/json; charset=utf-8",
            "APPLICATION/JSON",
            "application/vnd.craton+json",
        ):
            with self.about(content_type):
                body = json.dumps(self.root.needed("clouds", {}))
                answer = self.root.post("/clouds", text=body, content_type=content_type)
                self.assertAnswer(answer, 201)

    def test_the_charset_is_honoured(self):
        answer = self.root.post(
            "/clouds",
            text='{"name": "Züri"}'.encode("latin-1"),
            content_type="application/json; charset=iso-8859-1",
        )
        self.assertAnswer(answer, 201)
        self.assertEqual("Züri", answer.json["name"])

    def test_an_unknown_charset_is_refused(self):
        answer = self.root.post(
            "/clouds", text='{"name": "x"}', content_type="application/json; charset=nosuch"
        )
        self.assertAnswer(answer, 400, MALFORMED)

    def test_half_a_character_is_refused(self):
        for text in ('{"name": "\\ud800"}', '{"name": "x", "variables": {"\\ud800": 1}}'):
            with self.about(text):
                self.assertAnswer(self.root.post("/clouds", text=text), 400)

    def test_characters_beyond_the_basic_plane_survive(self):
        made = self.root.make(
            "clouds", name="cloud \U0001f4a9", variables={"\U0001f600": "\U0001f600"}
        )
        found = self.root.get(f"/clouds/{made['id']}").json
        self.assertEqual("cloud \U0001f4a9", found["name"])
        self.assertEqual({"\U0001f600": "\U0001f600"}, found["variables"])


class TestIds(base.ServerTestCase):
    """Ids in paths."""

    def test_an_id_that_nothing_has_is_not_found(self):
        for name in base.COLLECTIONS:
            unknown = base.NO_PROJECT if name == "projects" else base.NOWHERE
            for end in ("", "/variables", "/labels"):
                if f"{name}/ID{end}" not in ALLOWED:
                    continue
                path = f"/{name}/{unknown}{end}"
                with self.about(path):
                    self.assertAnswer(self.root.get(path), 404, "Not Found")
                    if name != "users":
                        body: t.Any = {"labels": []} if end == "/labels" else {}
                        self.assertAnswer(self.root.put(path, body), 404, "Not Found")

    def test_deleting_what_is_not_there_succeeds(self):
        for name in base.COLLECTIONS:
            for unknown in (base.NO_PROJECT, base.NOWHERE, "abc", "0"):
                with self.about(f"{name} {unknown}"):
                    self.assertAnswer(self.root.delete(f"/{name}/{unknown}"), 204)

    def test_deleting_twice_succeeds(self):
        path = f"/clouds/{self.root.make('clouds')['id']}"
        self.assertAnswer(self.root.delete(path), 204)
        self.assertAnswer(self.root.delete(path), 204)

    def test_labels_and_variables_of_what_is_not_there_cannot_be_deleted(self):
        path = f"/hosts/{base.NOWHERE}"
        self.assertAnswer(self.root.delete(f"{path}/variables", ["a"]), 404, "Not Found")
        self.assertAnswer(self.root.delete(f"{path}/labels", {"labels": []}), 404, "Not Found")

    def test_text_that_only_begins_with_an_id_is_no_id(self):
        cloud = self.root.make("clouds", name="begins")
        for text in (f"{cloud['id']}abc", f"{cloud['id']}.0", f"-{cloud['id']}", "abc", "1e0"):
            path = f"/clouds/{text}"
            with self.about(path):
                self.assertAnswer(self.root.get(path), 404, "Not Found")
                self.assertAnswer(self.root.put(path, {"name": "x"}), 404, "Not Found")
                self.assertAnswer(self.root.delete(path), 204)
        self.assertEqual("begins", self.root.get(f"/clouds/{cloud['id']}").json["name"])

    def test_numbers_beyond_all_ids_are_not_found(self):
        for number in (2**31, 2**63, 2**64, "9" * 5000):
            with self.about(str(number)[:30]):
                self.assertAnswer(self.root.get(f"/hosts/{number}"), 404, "Not Found")
                self.assertAnswer(self.root.delete(f"/hosts/{number}"), 204)

    def test_hosts_and_network_devices_do_not_answer_for_each_other(self):
        host, device = self.root.make("hosts"), self.root.make("network-devices")
        for path in (f"/network-devices/{host['id']}", f"/hosts/{device['id']}"):
            with self.about(path):
                self.assertAnswer(self.root.get(path), 404, "Not Found")
                self.assertAnswer(self.root.put(path, {"name": "x"}), 404, "Not Found")
                self.assertAnswer(self.root.get(f"{path}/labels"), 404, "Not Found")
                self.assertAnswer(self.root.get(f"{path}/variables"), 404, "Not Found")
                self.assertAnswer(self.root.put(f"{path}/variables", {"a": 1}), 404)
                self.assertAnswer(self.root.put(f"{path}/labels", {"labels": ["a"]}), 404)
                self.assertAnswer(self.root.delete(path), 204)
        found = self.root.get(f"/hosts/{host['id']}").json
        self.assertEqual(host["name"], found["name"])
        found = self.root.get(f"/network-devices/{device['id']}").json
        self.assertEqual(device["name"], found["name"])

    def test_hosts_and_network_devices_share_their_ids(self):
        region = self.root.make("regions")["id"]
        made = [
            self.root.make(name, region_id=region)["id"]
            for name in ("hosts", "network-devices", "hosts", "network-devices")
        ]
        self.assertEqual(4, len(set(made)))

    def test_an_id_is_not_used_again(self):
        for name in ("clouds", "users", "hosts"):
            first = self.root.make(name)["id"]
            self.root.delete(f"/{name}/{first}")
            self.assertNotEqual(first, self.root.make(name)["id"])

    def test_an_id_has_one_spelling(self):
        for name in base.COLLECTIONS:
            made = self.root.make(name)["id"]
            item, parts = f"/{name}", PARTS.get(name, ())
            for spelling in other_spellings(made):
                path = f"{item}/{parse.quote(spelling, safe='')}"
                with self.about(path):
                    self.assertAnswer(self.root.get(path), 404, "Not Found")
                    self.assertAnswer(self.root.delete(path), 404, "Not Found")
                    for part, body in parts:
                        below = f"{path}/{part}"
                        self.assertAnswer(self.root.get(below), 404, "Not Found")
                        self.assertAnswer(self.root.put(below, body), 404, "Not Found")
                        some = body if part == "labels" else [*body]
                        self.assertAnswer(self.root.delete(below, some), 404, "Not Found")
            self.assertAnswer(self.root.get(f"{item}/{made}"), 200)

    def test_a_project_has_the_id_that_keystone_prints(self):
        made = self.root.make("projects")["id"]
        found = self.root.get(f"/projects/{made.replace('-', '')}")
        self.assertAnswer(found, 200)
        self.assertEqual(made, found.json["id"])

    def test_an_object_with_another_spelling_is_not_changed(self):
        for name in ("clouds", "hosts", "network-interfaces", "projects"):
            made = self.root.make(name)
            for spelling in other_spellings(made["id"]):
                path = f"/{name}/{parse.quote(spelling, safe='')}"
                self.assertAnswer(self.root.put(path, {"name": "x"}), 404, "Not Found")
            self.assertEqual(made["name"], self.root.get(f"/{name}/{made['id']}").json["name"])

    def test_the_key_of_a_user_is_below_its_printed_id(self):
        user = self.root.make("users")["id"]
        for spelling in other_spellings(user):
            path = f"/users/{parse.quote(spelling, safe='')}/key"
            self.assertAnswer(self.root.post(path, {}), 404, "Not Found")

    def test_filters_and_markers_take_printed_ids_only(self):
        made = self.root.make("hosts")
        for name, value in (
            ("region_id", made["region_id"]),
            ("id", made["id"]),
            ("marker", made["id"]),
        ):
            self.assertAnswer(self.root.get(f"/hosts?{name}={value}"), 200)
            for spelling in other_spellings(value):
                path = f"/hosts?{parse.urlencode({name: spelling})}"
                with self.about(path):
                    self.assertAnswer(self.root.get(path), 400)
        project = self.root.make("projects")["id"]
        for spelling in other_spellings(project):
            query = parse.urlencode({"marker": spelling})
            self.assertAnswer(self.root.get(f"/projects?{query}"), 400)

    def test_a_number_is_the_project_with_that_uuid(self):
        found = self.root.get("/projects/1").json
        self.assertEqual("00000000-0000-0000-0000-000000000001", found["id"])
