# SPDX-License-Identifier: Apache-2.0
"""The examples of the 2017 documentation, run as printed.

The tests define the names that a reader has to fill in, such as USERNAME, cloud_id and
print_cloud_info.
"""

from __future__ import annotations

import itertools
import os
import re
import shlex
import subprocess
import sys
import typing as t
from unittest import mock

from keystoneauth1 import fixture

from cratonclient import exceptions, testing
from cratonclient.tests import base
from cratonclient.tests.unit.client import fakes

CRATON_AUTHENTICATION = """
from cratonclient import auth
from cratonclient.v1 import client

craton_session = auth.craton_auth(
    username=USERNAME,
    token=TOKEN,
    project_id=PROJECT_ID,
)

craton = client.Client(
    session=craton_session,
    url=URL,
)
"""

KEYSTONE_AUTHENTICATION = """
from cratonclient import auth
from cratonclient.v1 import client

craton_session = auth.keystone_auth(
    auth_url=AUTH_URL,
    password=PASSWORD,
    username=USERNAME,
    user_domain_name=USER_DOMAIN_NAME,
    project_name=PROJECT_NAME,
    project_domain_name=PROJECT_DOMAIN_NAME,
)

craton = client.Client(
    session=craton_session,
    url=URL,
)
"""

COMMUNICATING = """
for region in craton.regions.list():
    print('Region {} contains:'.format(region.name))
    for host in craton.hosts.list(region_id=region.id):
        print('    {}'.format(host.name))
"""

HELPER_CRATON_AUTH = """
from cratonclient import auth
from cratonclient.v1 import client

craton = client.Client(session=auth.craton_auth(
    username='demo',
    token='demo',
    project_id='b9f10eca66ac4c279c139d01e65f96b4',
))
"""

HELPER_KEYSTONE_AUTH = """
from cratonclient import auth
from cratonclient.v1 import client

craton = client.Client(session=auth.keystone_auth(
    auth_url='https://keystone.cloud.org/v3',
    username='admin',
    password='s3cr373p@55w0rd',
    project_name='admin',
    project_domain_name='Default',
    user_domain_name='Default',
))
"""

VARIABLE_DELETE = "craton.hosts.get(1234).variables.delete('var-a', 'var-b')"

# The guides of all kinds share these texts: {s} stands for the plural of the kind, such
# as clouds, and {one} for the singular.
LIST = """
for {one} in craton.{s}.list():
    print_{one}_info({one})
"""

PAGES = """
first_page_of_{s} = list(craton.{s}.list(autopaginate=False))
marker_id = first_page_of_{s}[-1].id
second_page_of_{s} = list(craton.{s}.list(
    autopaginate=False,
    marker=marker_id,
))
marker_id = second_page_of_{s}[-1].id
third_page_of_{s} = list(craton.{s}.list(
    autopaginate=False,
    marker=marker_id,
))
# etc.
"""

LOOP = """
{s}_list = None
marker = None
while {s}_list and {s}_list is not None:
    {s}_list = list(craton.{s}.list(
        marker=marker,
        autopaginate=False,
    ))
    # do something with {s}_list
    if {s}_list:
        marker = {s}_list[-1].id
"""

GET = """
{one} = craton.{s}.get(1)
"""

VARIABLES = """
{one} = craton.{s}.get({one}_id)
{one}_vars = {one}.variables.get()
"""

UPDATE_VARIABLES = """
updated_vars = {{
    'var-a': 'new-var-a',
    'var-b': 'new-var-b',
    'updated-var': 'updated value',
}}
{one}.variables.update(**updated_vars)
"""

DELETE_VARIABLES = """
{one}.variables.delete('var-a', 'var-b', 'updated-var')
"""

UPDATE = """
craton.{s}.update(
    {one}_id,
    name='new name',
    note='Updated note.',
)
"""

UPDATE_PROJECT = """
craton.projects.update(
    project_id,
    name='new name',
)
"""

DELETE = """
craton.{s}.delete({one}_id)
"""

CREATE = {
    "cloud": """
cloud = craton.clouds.create(
    name='my-cloud-0',
    note='This is my cloud, there are many like it, but this is mine.',
    variables={
        'some-var': 'some-var-value',
    },
)
""",
    "region": """
region = craton.regions.create(
    name='my-region-0',
    cloud_id=cloud_id,
    note='This is my region, there are many like it, but this is mine.',
    variables={
        'some-var': 'some-var-value',
    },
)
""",
    "cell": """
cell = craton.cells.create(
    name='my-cell-0',
    cloud_id=cloud_id,
    region_id=region_id,
    note='This is my cell, there are many like it, but this is mine.',
    variables={
        'some-var': 'some-var-value',
    },
)
""",
    "host": """
host = craton.hosts.create(
    name='my-host-0',
    ip_address='127.0.1.0',
    device_type='server',
    cloud_id=cloud_id,
    region_id=region_id,
    note='This is my host, there are many like it, but this is mine.',
    variables={
        'some-var': 'some-var-value',
    },
)
""",
    "project": """
project = craton.projects.create(
    name='my-project-0',
    variables={
        'some-var': 'some-var-value',
    },
)
""",
}

DEVICES = """
for device in craton.devices.list():
    print_device_info(device)
"""

PAGE = 30  # the default page size of the server


class Reader:
    """A reader of the documentation who runs the examples one after the other."""

    def __init__(self, **names: t.Any) -> None:
        self.names = names
        self.printed: list[t.Any] = []
        self.names["print"] = self.printed.append
        for kind in ("cloud", "region", "cell", "host", "device", "project"):
            self.names[f"print_{kind}_info"] = self.printed.append

    def types(self, example: str, **names: str) -> None:
        text = example.format(**names) if names else example
        exec(compile(text, "<example>", "exec"), self.names)  # noqa: S102  # the examples above

    def __getitem__(self, name: str) -> t.Any:
        return self.names[name]


class Guide(base.FleetTestCase):
    """The fleet of a reader of the guide."""

    def setUp(self):
        super().setUp()
        region = self.make_region()
        self.reader = Reader(craton=self.craton, cloud_id=region.cloud_id, region_id=region.id)


class Chapter(Guide):
    """The chapter about one kind. Each subclass tests one kind."""

    kind = ""
    #: The fields that an object requires besides its name.
    place: tuple[str, ...] = ()

    def setUp(self):
        super().setUp()
        self.manager = getattr(self.craton, f"{self.kind}s")

    def types(self, example):
        self.reader.types(example, one=self.kind, s=f"{self.kind}s")

    def create(self):
        """Run the example that creates an object, for use in the next examples."""
        self.reader.types(CREATE[self.kind])
        self.made = self.reader[self.kind]
        self.reader.names[f"{self.kind}_id"] = self.made.id

    def fill(self, count):
        """Create objects until there are ``count``."""
        fields = {name: self.reader[name] for name in self.place}
        for number in range(count - len(list(self.manager.list()))):
            if self.kind == "host":
                fields |= {"ip_address": f"10.0.1.{number}", "device_type": "server"}
            self.manager.create(name=f"{self.kind}-no-{number}", **fields)

    def test_listing(self):
        self.fill(2 * PAGE + 3)

        self.types(LIST)
        self.assertEqual(2 * PAGE + 3, len({item.id for item in self.reader.printed}))

        self.types(PAGES)
        names = [f"{page}_page_of_{self.kind}s" for page in ("first", "second", "third")]
        pages = [[item.id for item in self.reader[name]] for name in names]
        self.assertEqual([PAGE, PAGE, 3], [len(page) for page in pages])
        self.assertEqual([item.id for item in self.reader.printed], [*itertools.chain(*pages)])

        self.types(LOOP)  # as printed, the loop ends before its first step
        self.assertIsNone(self.reader[f"{self.kind}s_list"])

        self.types(LOOP.replace("_list = None", "_list = [0]"))
        self.assertEqual([], self.reader[f"{self.kind}s_list"])
        self.assertEqual(pages[-1][-1], self.reader["marker"])

    def test_creating(self):
        self.create()

        stored = self.manager.get(self.made.id)
        self.assertEqual(f"my-{self.kind}-0", stored.name)
        self.assertEqual({"some-var": "some-var-value"}, stored.to_dict()["variables"])
        for name in self.place:
            self.assertEqual(self.reader[name], getattr(stored, name))

    def test_retrieving(self):
        self.create()

        self.types(GET)

        first = next(self.manager.list())
        self.assertEqual(first.name, self.reader[self.kind].name)
        self.assertEqual(first.id, self.reader[self.kind].id)

    def test_using_variables(self):
        self.create()
        own = {"some-var": "some-var-value"}
        added = {
            "var-a": "new-var-a",
            "var-b": "new-var-b",
            "updated-var": "updated value",
        }

        self.types(VARIABLES)
        self.assertEqual(own, self.reader[f"{self.kind}_vars"].to_dict())
        self.types(UPDATE_VARIABLES)
        self.assertEqual(own | added, self.manager.get(self.made.id).variables.get())
        self.types(DELETE_VARIABLES)
        self.assertEqual(own, self.manager.get(self.made.id).variables.get())

    def test_updating(self):
        self.create()

        self.types(UPDATE)

        changed = self.manager.get(self.made.id)
        self.assertEqual(("new name", "Updated note."), (changed.name, changed.note))

    def test_deleting(self):
        self.create()

        self.types(DELETE)

        self.assertRaises(exceptions.NotFound, self.manager.get, self.made.id)
        self.assertNotIn(self.made.id, [item.id for item in self.manager.list()])


class TestClouds(Chapter):
    kind = "cloud"


class TestRegions(Chapter):
    kind = "region"
    place = ("cloud_id",)


class TestCells(Chapter):
    kind = "cell"
    place = ("cloud_id", "region_id")


class TestHosts(Chapter):
    kind = "host"
    place = ("cloud_id", "region_id")


class TestProjects(Chapter):
    kind = "project"

    def test_updating(self):
        self.create()

        self.types(UPDATE_PROJECT)

        self.assertEqual("new name", self.manager.get(self.made.id).name)


# The base class is not a test.
del Chapter


class TestOtherExamples(base.TestCase):
    """Examples about objects that exist already."""

    def setUp(self):
        super().setUp()
        east = {
            "name": "east",
            "hosts": [{"name": "web-1", "variables": {"var-a": 1, "var-b": 2, "var-c": 3}}],
            "network_devices": [{"name": "switch"}],
        }
        cloud = {"name": "prod", "regions": [east, {"name": "empty"}]}
        self.craton = self.enterContext(testing.fleet({"clouds": [cloud]}))
        self.reader = Reader(craton=self.craton, cloud_id=1, region_id=1)

    def test_listing_devices(self):
        self.reader.types(DEVICES)

        self.assertEqual({"web-1", "switch"}, {device.name for device in self.reader.printed})

    def test_communicating(self):
        self.reader.types(COMMUNICATING)

        self.assertEqual(
            ["Region east contains:", "    web-1", "Region empty contains:"],
            self.reader.printed,
        )

    def test_deleting_variables_of_a_host(self):
        self.reader.types(VARIABLE_DELETE.replace("1234", "1"))

        self.assertEqual({"var-c": 3}, self.craton.hosts.get(1).variables.get())

    def test_the_helper_for_craton(self):
        server = fakes.Server(fakes.Reply(body={"hosts": [], "links": []}))
        self.addCleanup(server.close)

        with mock.patch.dict(os.environ, CRATON_URL=server.url):
            self.reader.types(HELPER_CRATON_AUTH)
        craton = self.reader["craton"]
        self.addCleanup(craton.close)
        self.assertEqual([], list(craton.hosts.list()))

        [seen] = server.seen
        self.assertEqual("/v1/hosts?limit=100", seen.path)
        self.assertEqual(
            ("demo", "demo"), (seen.headers["X-Auth-User"], seen.headers["X-Auth-Token"])
        )
        self.assertEqual("b9f10eca66ac4c279c139d01e65f96b4", seen.headers["X-Auth-Project"])

    def test_the_helper_for_keystone(self):
        self.reader.types(HELPER_KEYSTONE_AUTH)

        plugin = self.reader["craton"]._session._session.auth
        self.assertEqual("https://keystone.cloud.org/v3", plugin.auth_url)
        self.assertEqual("admin", plugin.project_name)


class TestCratonAuthentication(base.TestCase):
    """Authentication with a live server."""

    def setUp(self):
        super().setUp()
        database = f"sqlite:///{self.folder() / 'fleet.db'}"
        program = [sys.executable, "-m", "cratonserver.cli"]
        cratonrc = subprocess.run(
            [*program, "init", "--database", database],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        settings = dict(
            line.removeprefix("export ").split("=", 1) for line in cratonrc.splitlines()
        )
        self.settings = {name: shlex.split(value)[0] for name, value in settings.items()}

        server = subprocess.Popen(
            [
                *program,
                "run",
                "--database",
                database,
                "--listen",
                "127.0.0.1:0",
                "--no-access-log",
            ],
            stderr=subprocess.PIPE,
            text=True,
        )
        self.addCleanup(_stop, server)
        assert server.stderr is not None
        found = None
        for line in server.stderr:
            if found := re.search(r"^Serving .* at (http://\S+)", line):
                break
        assert found is not None, "the server did not write its URL"
        self.url = found[1]

    def read(self, token):
        reader = Reader(
            USERNAME=self.settings["OS_USERNAME"],
            TOKEN=token,
            PROJECT_ID=self.settings["OS_PROJECT_ID"],
            URL=self.url,
        )
        reader.types(CRATON_AUTHENTICATION)
        self.addCleanup(reader["craton"].close)
        return reader

    def test_the_right_key_opens_the_fleet_and_a_wrong_one_does_not(self):
        reader = self.read(self.settings["OS_PASSWORD"])

        reader.types(CREATE["cloud"])
        reader.names["cloud_id"] = reader["cloud"].id
        reader.types(CREATE["region"])
        reader.types(COMMUNICATING)
        self.assertEqual(["Region my-region-0 contains:"], reader.printed)

        stranger = self.read("wrong")
        error = self.assertRaises(exceptions.Unauthorized, stranger.types, COMMUNICATING)
        self.assertEqual("The request could not be authenticated.", error.server_message)


class TestKeystoneAuthentication(base.TestCase):
    """Authentication with a fake Keystone and a fake Craton."""

    def setUp(self):
        super().setUp()
        self.server = Cloud()
        self.addCleanup(self.server.close)
        self.reader = Reader(
            AUTH_URL=f"{self.server.url}/v3",
            USERNAME="admin",
            PASSWORD="s3cr373p@55w0rd",
            USER_DOMAIN_NAME="Default",
            PROJECT_NAME="admin",
            PROJECT_DOMAIN_NAME="Default",
            URL=self.server.url,
        )

    def listed(self):
        craton = self.reader["craton"]
        self.addCleanup(craton.close)
        return list(craton.hosts.list())

    def test_requests_carry_the_token(self):
        self.reader.types(KEYSTONE_AUTHENTICATION)

        self.assertEqual([], self.listed())

        [request] = [seen for seen in self.server.seen if seen.path.startswith("/v1/hosts")]
        self.assertEqual("the-token", request.headers["X-Auth-Token"])
        self.assertNotIn("X-Auth-User", request.headers)

    def test_without_a_url_the_catalogue_names_it(self):
        self.reader.types(KEYSTONE_AUTHENTICATION.replace("    url=URL,\n", ""))

        self.assertEqual([], self.listed())

        self.assertEqual(
            ["/v1/hosts?limit=100"], [s.path for s in self.server.seen if s.method == "GET"]
        )

    def test_a_wrong_password_is_not_authenticated(self):
        self.reader.names["PASSWORD"] = "wrong"

        self.reader.types(KEYSTONE_AUTHENTICATION)

        error = self.assertRaises(exceptions.Unauthorized, self.listed)
        self.assertEqual("No.", error.server_message)
        self.assertNotIn("wrong", str(error))


class Cloud(fakes.Server):
    """A fake Keystone, and a fake Craton in its catalog, on one port."""

    def __init__(self) -> None:
        super().__init__(fakes.Reply(body={"hosts": [], "links": []}))

    def reply(self, seen: fakes.Seen) -> fakes.Reply:
        if seen.path != "/v3/auth/tokens":
            return super().reply(seen)
        if b"s3cr373p@55w0rd" not in seen.body:
            return fakes.Reply(401, {"error": {"code": 401, "message": "No."}})
        token = fixture.V3Token(project_id="p", project_name="admin")
        service = token.add_service("fleet_management", name="craton")
        service.add_standard_endpoints(public=f"{self.url}/v1")
        return fakes.Reply(201, dict(token), {"X-Subject-Token": "the-token"})


def _stop(server: subprocess.Popen[str]) -> None:
    """Stop a server and close its pipes."""
    server.terminate()
    server.communicate(timeout=30)
