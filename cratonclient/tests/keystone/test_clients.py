# SPDX-License-Identifier: Apache-2.0
"""The commands and the library with the credentials of OpenStack users."""

from __future__ import annotations

import http.server
import json
import pathlib
import textwrap
import threading
import typing as t
import uuid

from keystoneauth1 import loading
from keystoneauth1 import session as ksa_session

from cratonclient import auth, exceptions
from cratonclient.tests import servers
from cratonclient.tests.integration.osc import programs
from cratonclient.tests.keystone import base, service
from cratonclient.v1 import client

WRONG = "wrong-secret"


class ClientTestCase(base.KeystoneTestCase, programs.CommandTestCase):
    """Tests with all ways in which ``ada`` can log in to the project ``alpha``."""

    def password(self, **more: str) -> dict[str, str]:
        """Return the environment variables of an openrc file, with a password."""
        return {
            "OS_AUTH_URL": self.keystone.url,
            "OS_USERNAME": "ada",
            "OS_PASSWORD": service.PASSWORD,
            "OS_PROJECT_NAME": "alpha",
            "OS_USER_DOMAIN_NAME": "Default",
            "OS_PROJECT_DOMAIN_NAME": "Default",
            **more,
        }

    def token(self) -> dict[str, str]:
        """Return the environment variables for login with a token."""
        return {
            "OS_AUTH_TYPE": "v3token",
            "OS_AUTH_URL": self.keystone.url,
            "OS_TOKEN": self.keystone.token("ada", "alpha"),
            "OS_PROJECT_NAME": "alpha",
            "OS_PROJECT_DOMAIN_NAME": "Default",
        }

    def application_credential(self) -> dict[str, str]:
        """Return the environment variables for login with an application credential."""
        made = self.keystone.application_credential("ada", "alpha")
        return {
            "OS_AUTH_TYPE": "v3applicationcredential",
            "OS_AUTH_URL": self.keystone.url,
            "OS_APPLICATION_CREDENTIAL_ID": made["id"],
            "OS_APPLICATION_CREDENTIAL_SECRET": made["secret"],
        }

    def clouds(self, text: str) -> dict[str, str]:
        """Write a clouds.yaml and return the environment variables that refer to it."""
        path = self.folder() / "clouds.yaml"
        path.write_text(textwrap.dedent(text))
        return {"OS_CLIENT_CONFIG_FILE": str(path)}

    def in_file(self) -> dict[str, str]:
        """Return the environment variables for login with a cloud in clouds.yaml."""
        file = self.clouds(
            f"""
            clouds:
              alpha:
                region_name: {service.REGION}
                auth:
                  auth_url: {self.keystone.url}
                  username: ada
                  password: {service.PASSWORD}
                  project_name: alpha
                  user_domain_name: Default
                  project_domain_name: Default
            """
        )
        return {**file, "OS_CLOUD": "alpha"}

    def ways(self) -> dict[str, dict[str, str]]:
        """Return the environment variables of all ways to log in, by name."""
        return {
            "password": self.password(),
            "token": self.token(),
            "application credential": self.application_credential(),
            "clouds.yaml": self.in_file(),
        }

    def walk(self, run: t.Callable[..., programs.Result]) -> None:
        """Create a cloud with a region, and check that all verbs work."""
        name = f"cloud-{uuid.uuid4().hex[:8]}"

        def done(*words: str) -> programs.Result:
            return self.assert_done(run(*words))

        done("cloud", "create", name, "--note", "new", "-f", "json")
        done("region", "create", "--cloud", name, "east", "--var", "a=1", "-f", "json")
        done("cloud", "set", name, "--note", "used")
        done("cloud", "variable", "set", name, "ntp=b")
        shown = done("cloud", "show", name, "-f", "json").json
        listed = done("cloud", "list", "-f", "json").json
        done("cloud", "variable", "unset", name, "ntp")
        done("cloud", "delete", name)

        self.assertEqual(("used", {"ntp": "b"}), (shown["note"], shown["variables"]))
        self.assertIn(name, [cloud["name"] for cloud in listed])


class TestCraton(ClientTestCase):
    def test_every_verb_with_every_way_to_log_in(self):
        for way, login in self.ways().items():
            with self.subTest(way):
                self.walk(lambda *words, login=login: programs.craton(*words, **login))

    def test_whoami(self):
        for way, login in self.ways().items():
            with self.subTest(way):
                found = self.assert_done(programs.craton("whoami", "-f", "json", **login)).json
                self.assertEqual(
                    ("ada", "alpha", "keystone"),
                    tuple(found[name] for name in ("user", "project", "auth")),
                )
                self.assertTrue(found["roles"])

    def test_options_go_before_the_environment(self):
        login = self.password(OS_PROJECT_NAME="nowhere", OS_USERNAME="nobody")

        result = programs.craton(
            *("--os-username", "ada", "--os-project-name", "alpha"),
            *("cloud", "list", "-f", "json"),
            **login,
        )

        self.assert_done(result)

    def test_the_environment_goes_before_clouds_yaml(self):
        login = {**self.in_file(), "OS_PASSWORD": WRONG}

        self.assert_refused(programs.craton("cloud", "list", **login), 4, "Keystone")

    def test_options_of_uncommon_ways_are_known(self):
        result = programs.craton(
            *("--os-auth-type", "v3totp", "--os-passcode", "123456", "cloud", "list"),
            **self.password(),
        )

        self.assert_refused(result, 4, "Keystone")

    def test_another_project_sees_nothing_of_the_first(self):
        name = f"cloud-{uuid.uuid4().hex[:8]}"
        self.assert_done(programs.craton("cloud", "create", name, **self.password()))
        other = self.password(OS_USERNAME="bea", OS_PROJECT_NAME="beta")

        self.assert_refused(programs.craton("cloud", "show", name, **other), 5)
        listed = programs.craton("cloud", "list", "-f", "json", **other).json
        self.assertNotIn(name, [cloud["name"] for cloud in listed])

    def test_a_reader_only_reads(self):
        reader = self.password(OS_USERNAME="rita")

        self.assert_done(programs.craton("cloud", "list", "-f", "json", **reader))
        self.assert_refused(programs.craton("cloud", "create", "x", **reader), 4)


class Page(http.server.BaseHTTPRequestHandler):
    """A handler that responds to every request with an HTML page."""

    def do_GET(self):
        page = b"<html><body>Welcome</body></html>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    do_POST = do_GET

    def log_message(self, *args):
        pass


class TestMistakes(ClientTestCase):
    """Mistakes cause one line with the cause, an exit status, and no secret."""

    def refused(self, status: int, *said: str, words: t.Sequence[str] = (), **login: str):
        for debug in ((), ("--debug",)):
            result = programs.craton(*debug, *words, "cloud", "list", **login)
            for secret in (service.PASSWORD, WRONG):
                self.assertNotIn(secret, result.out + result.err)
            if not debug:
                self.assert_refused(result, status)
                for part in said:
                    self.assertIn(part, result.err)
            self.assertEqual(status, result.status, result.err)

    def test_a_wrong_password(self):
        self.refused(4, "Keystone refuses the credentials", **self.password(OS_PASSWORD=WRONG))

    def test_an_unknown_project(self):
        self.refused(4, "Keystone refuses", **self.password(OS_PROJECT_NAME="nowhere"))

    def test_no_project(self):
        self.refused(4, "--os-project-name", **self.password(OS_PROJECT_NAME=""))

    def test_no_domain(self):
        self.refused(
            4, "domain", **self.password(OS_USER_DOMAIN_NAME="", OS_PROJECT_DOMAIN_NAME="")
        )

    def test_what_is_missing_is_named(self):
        self.refused(4, "--os-auth-url or OS_AUTH_URL", OS_AUTH_TYPE="password")

    def test_what_is_not_complete(self):
        for login in (
            self.password(OS_USERNAME="", OS_PASSWORD=""),
            self.password(OS_AUTH_TYPE="v3password", OS_USER_DOMAIN_NAME=""),
        ):
            self.refused(4, "not complete", **login)

    def test_an_unknown_way_to_log_in(self):
        self.refused(2, "'nonsense'", "password", OS_AUTH_TYPE="nonsense")

    def test_keystone_that_is_down(self):
        self.refused(7, "127.0.0.1:1", **self.password(OS_AUTH_URL="http://127.0.0.1:1/v3"))

    def test_a_keystone_that_is_none(self):
        # Craton itself responds, with JSON that does not come from Keystone.
        self.refused(8, "Keystone", **self.password(OS_AUTH_URL=f"{self.craton.url}/v1"))

    def test_a_keystone_that_answers_with_a_page(self):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        url = f"http://127.0.0.1:{server.server_port}/v3"

        for kind in ("password", "v3password"):
            self.refused(8, "no Keystone", **self.password(OS_AUTH_URL=url, OS_AUTH_TYPE=kind))

    def test_a_catalogue_without_craton(self):
        login = self.password(OS_REGION_NAME="elsewhere")
        self.refused(7, "fleet_management", "elsewhere", **login)

    def test_a_cloud_that_is_not_there(self):
        self.refused(2, "Did you mean 'alpha'?", **{**self.in_file(), "OS_CLOUD": "alhpa"})

    def test_a_broken_clouds_yaml(self):
        login = self.clouds(f"clouds:\n  alpha:\n    auth: {{password: {WRONG}\n  x: [")
        self.refused(2, "clouds.yaml", "line", OS_CLOUD="alpha", **login)


class TestOpenStack(ClientTestCase):
    def test_it_shows_what_craton_shows(self):
        name = f"cloud-{uuid.uuid4().hex[:8]}"
        self.assert_done(programs.craton("cloud", "create", name, **self.password()))
        words = ("cloud", "show", name, "-f", "json")

        for way, login in self.ways().items():
            with self.subTest(way):
                theirs = self.assert_done(self.program("openstack", "craton", *words, **login))
                ours = self.assert_done(programs.craton(*words, **login))
                self.assertEqual(ours.out, theirs.out)

    def test_every_verb_with_every_way_to_log_in(self):
        for way, login in self.ways().items():
            with self.subTest(way):
                self.walk(
                    lambda *words, login=login: self.program(
                        "openstack", "craton", *words, **login
                    )
                )

    def test_the_cloud_may_say_where_craton_is(self):
        nowhere = "http://127.0.0.1:1/v1"
        login = {**self.in_file(), "OS_REGION_NAME": ""}
        path = pathlib.Path(login["OS_CLIENT_CONFIG_FILE"])
        setting = f"    fleet_management_endpoint_override: {nowhere}\n    auth:"
        path.write_text(path.read_text().replace("    auth:", setting, 1))

        for result in (
            self.program("openstack", "craton", "cloud", "list", **login),
            programs.craton("cloud", "list", **login),
        ):
            self.assertIn("127.0.0.1:1", result.err)

    def test_a_catalogue_without_craton_is_said_to_be_so(self):
        result = self.program(
            "openstack", "craton", "cloud", "list", **self.password(OS_REGION_NAME="elsewhere")
        )

        self.assertNotEqual(0, result.status)
        self.assertIn("fleet_management", result.err)


class TestLibrary(ClientTestCase):
    def session(self, **more: t.Any):
        return auth.keystone_auth(
            auth_url=self.keystone.url,
            username="ada",
            password=service.PASSWORD,
            project_name="alpha",
            project_domain_name="Default",
            user_domain_name="Default",
            **more,
        )

    def test_the_catalogue_says_where_craton_is(self):
        craton = client.Client(session=self.session())

        made = craton.clouds.create(name=uuid.uuid4().hex)

        self.assertEqual(made.id, craton.clouds.get(made.id).id)

    def test_a_session_of_keystoneauth_will_do(self):
        loader: loading.BaseLoader[t.Any] = loading.get_plugin_loader("v3token")
        plugin = loader.load_from_options(
            auth_url=self.keystone.url,
            token=self.keystone.token("ada", "alpha"),
            project_name="alpha",
            project_domain_name="Default",
        )

        craton = client.Client(ksa_session.Session(auth=plugin))

        self.assertIsInstance(list(craton.clouds.list()), list)

    def test_a_revoked_token_is_renewed_amid_a_list(self):
        craton = client.Client(session=self.session())
        cloud = craton.clouds.create(name=uuid.uuid4().hex)
        made = [
            craton.regions.create(name=f"r{number}", cloud_id=cloud.id).id
            for number in range(25)
        ]

        found: list[int] = []
        for region in craton.regions.list(cloud_id=cloud.id, limit=10):
            if len(found) in (5, 15):
                self.keystone.revoke(craton._session._session.auth.get_token(None))
            found.append(region.id)

        self.assertEqual(made, found)

    def test_wrong_credentials_are_an_error_of_the_library(self):
        craton = client.Client(
            session=auth.keystone_auth(
                self.keystone.url,
                "ada",
                WRONG,
                project_name="alpha",
                project_domain_name="Default",
                user_domain_name="Default",
            )
        )

        error = self.assertRaises(exceptions.Unauthorized, lambda: craton.clouds)

        self.assertNotIn(WRONG, str(error))


class TestWithoutKeystone(programs.CommandTestCase):
    """Craton's authentication plugin, in programs that do not know Craton."""

    def setUp(self):
        super().setUp()
        self.login = servers.start(self)
        file = self.folder() / "clouds.yaml"
        plugin = {
            "endpoint": self.login["CRATON_URL"],
            "username": self.login["OS_USERNAME"],
            "token": self.login["OS_PASSWORD"],
            "project_id": self.login["OS_PROJECT_ID"],
        }
        # JSON is valid YAML.
        file.write_text(
            json.dumps({"clouds": {"own": {"auth_type": "craton", "auth": plugin}}})
        )
        self.cloud = {"OS_CLIENT_CONFIG_FILE": str(file), "OS_CLOUD": "own"}
        self.plugin = plugin

    def test_openstack_and_craton_read_it_from_clouds_yaml(self):
        self.assert_done(programs.craton("cloud", "create", "prod", **self.cloud))
        words = ("cloud", "list", "-f", "json")

        theirs = self.assert_done(self.program("openstack", "craton", *words, **self.cloud))

        self.assertEqual(programs.craton(*words, **self.cloud).out, theirs.out)
        self.assertEqual(["prod"], [cloud["name"] for cloud in theirs.json])

    def test_openstack_takes_it_as_options(self):
        words = [f"--os-{name.replace('_', '-')}={v}" for name, v in self.plugin.items()]

        result = self.program(
            "openstack",
            "--os-auth-type=craton",
            *words,
            "craton",
            "cloud",
            "list",
            "-f",
            "json",
        )

        self.assertEqual([], self.assert_done(result).json)

    def test_openstacksdk_reaches_the_server(self):
        path = pathlib.Path(self.folder(), "with_sdk.py")
        path.write_text(
            "import openstack\n"
            "cloud = openstack.connect(cloud='own')\n"
            "filter = {'service_type': 'fleet_management'}\n"
            "print(cloud.session.get('/v1/clouds', endpoint_filter=filter).json()['clouds'])\n"
        )

        result = self.program("python", str(path), **self.cloud)

        self.assertEqual("[]\n", self.assert_done(result).out)

    def test_a_wrong_key_is_one_line(self):
        wrong = {**self.cloud, "OS_TOKEN": WRONG}

        self.assert_refused(programs.craton("cloud", "list", **wrong), 4)
