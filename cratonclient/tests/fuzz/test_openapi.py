# SPDX-License-Identifier: Apache-2.0
"""schemathesis sends valid and invalid requests to every operation of the API.

The server must not fail, and every response must match the OpenAPI document in status,
content type, headers and body. The environment variable ``FUZZ_EXAMPLES`` sets the number
of requests for each operation, and ``TEST_SEED`` the seed.
"""

from __future__ import annotations

import os
import random
import typing as t

import hypothesis
import schemathesis
from hypothesis import strategies
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from cratonclient.tests.integration.server import base
from cratonserver import identity, wsgi_keys

PROJECT = identity.FIRST_PROJECT
PEOPLE = {
    "root": identity.Identity(PROJECT, "root", is_admin=True, is_root=True),
    "admin": identity.Identity(PROJECT, "admin", is_admin=True),
    "plain": identity.Identity(PROJECT, "plain"),
}
#: The other checks of schemathesis do not fit: a flag accepts any text, deleting an
#: absent object is not an error, and a marker must exist.
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "3"))
SEED = int(os.environ.get("TEST_SEED", "0"))


class TestDescribed(base.ServerTestCase):
    """The application matches the document, for each kind of user."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for _ in range(2):
            host = cls.root.make("hosts", labels=["x"], variables={"a": {"b": [1]}})
            cls.root.make("network-interfaces", device_id=host["id"])
            place = {name: host[name] for name in ("cloud_id", "region_id")}
            cls.root.make("network-devices", parent_id=host["id"], **place)
            cls.root.make("networks", **place)

    def test_root(self):
        self._call_everything("root")

    def test_admin(self):
        self._call_everything("admin")

    def test_plain(self):
        self._call_everything("plain")

    def _call_everything(self, who: str) -> None:
        def application(environ: t.Any, start_response: t.Any) -> t.Any:
            environ[wsgi_keys.IDENTITY] = PEOPLE[who]
            return self.root.application(environ, start_response)

        schema = schemathesis.openapi.from_wsgi("/v1/openapi.json", application)
        found = [t.cast("t.Any", each).ok() for each in schema.get_all_operations()]
        operations = sorted(found, key=lambda each: str(each.method).upper() == "DELETE")
        self.assertGreater(len(operations), 100)
        for operation in operations:
            if operation.label != "DELETE /v1/projects/{id}":  # it would delete all objects
                self._call(operation)

    def _call(self, operation: t.Any) -> None:
        modes = [GenerationMode.POSITIVE]
        if operation.method.upper() not in ("HEAD", "OPTIONS"):
            modes.append(GenerationMode.NEGATIVE)
        chance = random.Random(SEED)

        @hypothesis.seed(SEED)
        @hypothesis.settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            suppress_health_check=list(hypothesis.HealthCheck),
            phases=[hypothesis.Phase.generate],
        )
        @hypothesis.given(
            strategies.one_of(*(operation.as_strategy(generation_mode=mode) for mode in modes))
        )
        def go(case: t.Any) -> None:
            _use_existing_ids(case, chance)
            case.validate_response(case.call(), checks=CHECKS)

        try:
            go()
        except BaseExceptionGroup as group:  # a group would end the whole run
            self.fail("\n".join(map(str, group.exceptions)))


def _use_existing_ids(case: t.Any, chance: random.Random) -> None:
    """Make most ids small, so that they refer to existing objects."""
    for values in (case.path_parameters, case.body):
        if isinstance(values, dict):
            for name, value in values.items():
                if name == "id" and str(value).isdigit():
                    values[name] = chance.choice(["1", "2", "3", value])
                elif name.endswith("_id") and isinstance(value, int | float):
                    values[name] = chance.choice([1, 2, 3, value])
