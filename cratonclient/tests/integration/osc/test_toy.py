# SPDX-License-Identifier: Apache-2.0
"""A new kind of resource needs one file and the entry points that name it.

The kind is in a distribution of its own: a folder on the path. The tests use it with
the library, both programs and the server.
"""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import textwrap
import typing as t

import openapi_spec_validator
import requests

from cratonclient.tests.integration.osc import programs

#: The manager of a kind: the name of its class, and its key.
MANAGER = '''\
class {0}Manager(crud.CRUDClient):
    """A manager for {1}s."""

    key = "{1}"
    base_path = "/{1}s"
    resource_class = {0}
'''

TOY = '''\
"""Racks, which hold the hosts of a region."""

from __future__ import annotations

from cratonclient import crud
from cratonclient.fields import Cli, Field
from cratonclient.v1 import shared


class Rack(crud.Resource):
    """A rack in a region."""

    name = shared.name("region")
    units = Field(int, "height in rack units", null=True, update=True)
    locked = Field(bool, "locked", update=True, default=False, cli=Cli(off="unlocked"))
    region_id = shared.REGION
    project_id = shared.PROJECT
    variables = shared.variables("in addition to the inherited ones")

    filters = ("id", "name", "region_id", "locked")
    columns = ("id", "name", "region_id", "units")
    unique = ("region_id", "name")
    inherits = ("region_id", "project_id")


''' + MANAGER.format("Rack", "rack")

#: A kind whose parts are not named variables and labels.
CRATES = '''\
from cratonclient import crud
from cratonclient.fields import Sub
from cratonclient.v1 import labels, shared, variables


class Crate(crud.Resource):
    """A crate."""

    name = shared.name("project")
    project_id = shared.PROJECT
    power_settings = Sub(variables.VariableManager, dict, "settings of its power supply")
    tags = Sub(labels.LabelManager, list, "words to find the crate by")

    filters = ("id", "name")
    unique = ("project_id", "name")


''' + MANAGER.format("Crate", "crate")

ENTRY_POINTS = """\
[cratonclient.v1]
racks = toy:RackManager
crates = crates:CrateManager

[openstack.fleet_management.v1]
craton_crate_create = cratonclient_osc.commands:CrateCreate
craton_crate_list = cratonclient_osc.commands:CrateList
craton_crate_set = cratonclient_osc.commands:CrateSet
craton_crate_show = cratonclient_osc.commands:CrateShow
craton_crate_unset = cratonclient_osc.commands:CrateUnset
craton_rack_create = cratonclient_osc.commands:RackCreate
craton_rack_delete = cratonclient_osc.commands:RackDelete
craton_rack_list = cratonclient_osc.commands:RackList
craton_rack_set = cratonclient_osc.commands:RackSet
craton_rack_show = cratonclient_osc.commands:RackShow
craton_rack_unset = cratonclient_osc.commands:RackUnset
craton_rack_variable_list = cratonclient_osc.commands:RackVariableList
craton_rack_variable_set = cratonclient_osc.commands:RackVariableSet
craton_rack_variable_show = cratonclient_osc.commands:RackVariableShow
craton_rack_variable_unset = cratonclient_osc.commands:RackVariableUnset
"""

#: Creates, shows, changes, lists and deletes with the library, on a new region.
LIBRARY = """\
import json, sys
from cratonclient import auth, exceptions
from cratonclient.v1 import client

craton = client.Client(auth.create_session_with(None, True), url=sys.argv[1])
cloud = craton.clouds.create(name="prod")
region = craton.regions.create(
    name="east", cloud_id=cloud.id, variables={"power": "A+B", "cooling": "air"}
)
rack = craton.racks.create(name="r1", region_id=region.id, units=42, variables={"power": "A"})
craton.racks.update(rack.id, locked=True)
fetched = craton.racks.get(rack.id)
said = {
    "class": type(rack).__name__,
    "names": [one.name for one in craton.racks.list(region_id=region.id)],
    "locked": [one.name for one in craton.racks.list(locked=True)],
    "units": fetched.units,
    "resolved": fetched.to_dict()["variables"],
    "own": fetched.variables.get().to_dict(),
}
for name, call in {
    "unknown": lambda: craton.racks.create(name="r2", region_id=region.id, colour="red"),
    "taken": lambda: craton.racks.create(name="r1", region_id=region.id),
    "nowhere": lambda: craton.racks.create(name="r2", region_id=99),
}.items():
    try:
        call()
        said[name] = None
    except exceptions.HTTPError as error:
        said[name] = [error.status_code, error.server_message or str(error)]
gone = craton.racks.create(name="gone", region_id=region.id)
gone.delete()
said["after"] = [one.name for one in craton.racks.list()]
print(json.dumps(said))
"""


def install(folder: pathlib.Path) -> None:
    """Write the distribution of the toy into a folder."""
    (folder / "toy.py").write_text(TOY)
    (folder / "crates.py").write_text(CRATES)
    metadata = folder / "toy-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: toy\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(ENTRY_POINTS)


class ToyTestCase(programs.CommandTestCase):
    """Tests that run programs with the toy on their path."""

    toys: t.ClassVar[str]

    @classmethod
    def setUpClass(cls) -> None:
        """Install the toy."""
        super().setUpClass()
        folder = tempfile.mkdtemp(prefix="craton-test-")
        cls.addClassCleanup(shutil.rmtree, folder, ignore_errors=True)
        cls.toys = f"{folder}/toys"
        os.mkdir(cls.toys)
        install(pathlib.Path(cls.toys))

    def type(self, program: str, *words: str, **settings: str) -> programs.Result:
        """Run a program that has the toy on its path."""
        return self.program(program, *words, PYTHONPATH=self.toys, **settings)

    def through_the_library(self, url: str) -> dict[str, t.Any]:
        """Use the toy with the library."""
        home = str(self.folder())
        done = subprocess.run(
            [sys.executable, "-c", LIBRARY, url],
            cwd=home,
            env=programs.clean_environment(home) | {"PYTHONPATH": self.toys},
            capture_output=True,
            text=True,
            timeout=50,
        )
        self.assertEqual(0, done.returncode, done.stderr)
        return t.cast("dict[str, t.Any]", json.loads(done.stdout))


class TestToy(ToyTestCase):
    """The toy on a fleet in a file."""

    def setUp(self):
        super().setUp()
        self.url = programs.new_fleet(self.folder())

    def test_library(self):
        said = self.through_the_library(self.url)
        self.assertEqual("Rack", said["class"])
        self.assertEqual(["r1"], said["names"])
        self.assertEqual(["r1"], said["locked"])
        self.assertEqual(42, said["units"])
        self.assertEqual({"power": "A", "cooling": "air"}, said["resolved"])
        self.assertEqual({"power": "A"}, said["own"])
        self.assertEqual(400, said["unknown"][0])
        self.assertIn("A rack has no field 'colour'", said["unknown"][1])
        self.assertEqual([409, "A rack with the given name already exists."], said["taken"])
        self.assertEqual(404, said["nowhere"][0])
        self.assertEqual(["r1"], said["after"])

    def test_a_fleet_older_than_the_toy(self):
        with programs.opened(self.url) as fleet:
            fleet.clouds.create(name="old")
        said = self.through_the_library(self.url)
        self.assertEqual(["r1"], said["names"])
        with programs.opened(self.url) as fleet:  # without the toy
            self.assertEqual(["old", "prod"], [one.name for one in fleet.clouds.list()])

    def test_commands(self):
        with programs.opened(self.url) as fleet:
            cloud = fleet.clouds.create(name="prod")
            fleet.regions.create(name="east", cloud_id=cloud.id, variables={"power": "A+B"})
        here = {"CRATON_URL": self.url}
        create = ("rack", "create", "--region", "east", "--units", "42", "--locked", "r1")
        made = self.assert_done(self.type("craton", *create, **here))
        self.assertEqual(
            ("1", "42", "true"), tuple(map(made.fields.get, ("id", "units", "locked")))
        )

        listed = self.assert_done(
            self.type("craton", "rack", "list", "--region", "east", **here)
        )
        row = {"id": "1", "name": "r1", "region_id": "1", "units": "42"}
        self.assertEqual([row], listed.rows)

        shown = self.assert_done(
            self.type("craton", "rack", "show", "r1", "-f", "json", **here)
        )
        self.assertEqual({"power": "A+B"}, shown.json["variables"])

        self.assert_refused(
            self.type("craton", *create, **here), 6, "A rack with the given name"
        )

        for words in (
            ("set", "--cloud", "prod", "--unlocked", "r1"),
            ("variable", "set", "r1", "door.side=left"),
            ("unset", "--var", "door.side", "r1"),
        ):
            self.assert_done(self.type("craton", "rack", *words, **here))

        wanted = ("--os-username", "x", "--os-token", "x", "--os-project-id", programs.PROJECT)
        plugin = ("--os-auth-type", "craton", "--os-endpoint", self.url, *wanted)
        other = self.type("openstack", *plugin, "craton", "rack", "list", "--region", "east")
        self.assertEqual(listed, other)

    def test_parts_with_other_names(self):
        def run(*words: str) -> programs.Result:
            return self.type("craton", "crate", *words, CRATON_URL=self.url)

        create = ("--tag", "b", "--tag", "old", "--power-setting", "volts=230")
        self.assert_done(run("create", *create, "s1"))
        self.assert_done(run("set", "--tag", "a", "--power-setting", "phases=3", "s1"))
        self.assert_done(run("unset", "--tag", "old", "--power-setting", "volts", "s1"))
        message = "The crate 's1' has no tag 'old'; nothing was changed."
        self.assert_refused(run("unset", "--tag", "old", "s1"), 5, message)

        parts = {"tags": ["a", "b"], "power_settings": {"phases": 3}}
        columns = ("-c", "tags", "-c", "power_settings", "-f", "json")
        self.assertEqual(parts, self.assert_done(run("show", *columns, "s1")).json)
        self.assertEqual([parts], self.assert_done(run("list", *columns)).json)
        shown = self.assert_done(run("show", "s1", "-f", "json")).json
        self.assertEqual(parts, {name: shown[name] for name in parts})

    def test_help(self):
        said = self.assert_done(self.type("craton", "help"))
        self.assertIn("  rack create", said.out)
        self.assertIn("Create a rack", said.out)
        said = self.assert_done(self.type("craton", "help", "rack", "create"))
        for words in (
            "--region <region>",
            "--units <units>",
            "--unlocked",
            "height in rack units",
        ):
            self.assertIn(words, said.out)
        example = "example:\n  craton rack create --region east rack1\n"
        self.assertTrue(said.out.endswith(example), said.out)

    def test_without_the_toy_there_is_no_such_command(self):
        self.assert_refused(
            self.program("craton", "rack", "list", CRATON_URL=self.url), 2, "'rack list'"
        )


class TestToyOnServer(ToyTestCase):
    """The toy on a live server."""

    def test_server(self):
        folder = str(self.folder())
        server = programs.Server(folder, PYTHONPATH=self.toys)
        self.addCleanup(server.stop)
        headers = {
            "X-Auth-User": "root",
            "X-Auth-Token": server.key,
            "X-Auth-Project": programs.PROJECT,
        }
        http = requests.Session()
        self.addCleanup(http.close)
        http.headers.update(headers)

        def post(path: str, **body: t.Any) -> requests.Response:
            return http.post(f"{server.url}/v1/{path}", json=body, timeout=20)

        def get(path: str) -> requests.Response:
            return http.get(f"{server.url}/v1/{path}", timeout=20)

        self.assertEqual(201, post("clouds", name="prod").status_code)
        region = {"name": "east", "cloud_id": 1, "variables": {"power": "A+B"}}
        self.assertEqual(201, post("regions", **region).status_code)
        made = post("racks", name="r1", region_id=1, units=42)
        self.assertEqual(201, made.status_code, made.text)
        self.assertEqual(f"{server.url}/v1/racks/1", made.headers["Location"])

        listed = get("racks?region_id=1").json()
        self.assertEqual([("r1", 42)], [(one["name"], one["units"]) for one in listed["racks"]])
        self.assertEqual({"power": "A+B"}, get("racks/1").json()["variables"])
        self.assertEqual({}, get("racks/1?resolved-values=false").json()["variables"])

        refused = post("racks", name="r2", region_id=1, colour="red")
        self.assertEqual(400, refused.status_code)
        self.assertIn("'colour' was unexpected", refused.json()["message"])
        self.assertEqual(400, post("racks", name="r2", region_id=1, units="42").status_code)
        self.assertEqual(400, get("racks?colour=red").status_code)
        self.assertEqual(409, post("racks", name="r1", region_id=1).status_code)
        self.assertEqual(404, get("racks/99").status_code)

        mine = self.assert_done(self.type("craton", "rack", "list", **server.settings))
        self.assertEqual(["r1"], [row["name"] for row in mine.rows])
        theirs = self.type("openstack", "craton", "rack", "list", **server.cloud)
        self.assertEqual(mine, theirs)

        document = get("openapi.json").json()
        openapi_spec_validator.validate(document)
        self.assertEqual(
            {"", "/{id}", "/{id}/deletion", "/{id}/variables"},
            {path.removeprefix("/v1/racks") for path in document["paths"] if "rack" in path},
        )
        create = document["components"]["schemas"]["RackCreate"]
        self.assertEqual(["name", "region_id"], create["required"])
        self.assertIn("height in rack units", create["properties"]["units"]["description"])
        self.assertIn("/v1/racks/{id}", get("docs").text)

        deleted = http.delete(f"{server.url}/v1/racks/1", timeout=20)
        self.assertEqual(204, deleted.status_code)
        self.assertEqual([], get("racks").json()["racks"])


class TestToyText(programs.CommandTestCase):
    """The declaration of the toy is short."""

    def test_a_kind_is_about_forty_lines(self):
        self.assertLessEqual(len(textwrap.dedent(TOY).splitlines()), 40)
