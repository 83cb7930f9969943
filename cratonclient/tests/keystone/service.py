# SPDX-License-Identifier: Apache-2.0
"""A temporary, real Keystone on SQLite, in a virtual environment of its own."""

from __future__ import annotations

import fcntl
import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import typing as t
import uuid

import requests

ROOT = pathlib.Path(__file__).resolve().parents[3]
ENVIRONMENT = ROOT / ".venv" / "keystone"
CONSTRAINTS = ROOT / "tools" / "keystone-constraints.txt"
PASSWORD = "secret-of-the-tests"
REGION = "RegionOne"
SERVICE_TYPE = "fleet_management"

_CONFIGURATION = """\
[DEFAULT]
log_file = {folder}/keystone.log
[database]
connection = sqlite:///{folder}/keystone.db
[token]
provider = fernet
expiration = {expiration}
[fernet_tokens]
key_repository = {folder}/tokens
[fernet_receipts]
key_repository = {folder}/tokens
[credential]
key_repository = {folder}/credentials
[identity]
password_hash_rounds = 4
"""

#: Keystone parses the command line when it is imported, so the program resets it. The
#: program ends when its standard input is closed: it never outlives the tests.
_SERVE = """\
import os, socket, sys, threading
number = int(sys.argv[1])
sys.argv = ["keystone"]
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
from keystone.wsgi.api import application
import waitress
waitress.serve(application, sockets=[socket.socket(fileno=number)], threads=4)
"""


def install() -> None:
    """Create the virtual environment unless it exists. This takes a minute."""
    wanted = f"{ROOT}\n{CONSTRAINTS.read_text()}"
    stamp = ENVIRONMENT / "complete"
    ENVIRONMENT.parent.mkdir(exist_ok=True)
    with (ENVIRONMENT.parent / "keystone.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests run in several processes
        if stamp.exists() and stamp.read_text() == wanted:
            return
        _run(sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT))
        pip = (str(ENVIRONMENT / "bin" / "python"), "-m", "pip", "--disable-pip-version-check")
        _run(*pip, "install", "-qq", "keystone", "waitress", "--constraint", str(CONSTRAINTS))
        stamp.write_text(wanted)


def _run(*words: str) -> None:
    """Run a program, and raise an error with its output if it fails."""
    done = subprocess.run(
        words,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        raise AssertionError(f"{words} failed:\n{done.stdout}")


class Keystone:
    """A Keystone with an admin user, served on the loopback interface.

    :param cleanup: function that registers a cleanup, such as ``addCleanup``.
    """

    def __init__(self, cleanup: t.Callable[..., t.Any]) -> None:
        install()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="craton-keystone-"))
        cleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self._cleanup = cleanup
        listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listening.getsockname()[1]}/v3"
        self._configure("usual", 3600)
        self._manage("db_sync")
        user = pwd.getpwuid(os.getuid()).pw_name
        owner = ("--keystone-user", user, "--keystone-group", user)
        for name in ("tokens", "credentials"):
            (self.folder / name).mkdir(mode=0o700)
        self._manage("fernet_setup", *owner)
        self._manage("credential_setup", *owner)
        self._manage(
            *("bootstrap", "--bootstrap-password", PASSWORD),
            *("--bootstrap-public-url", self.url, "--bootstrap-internal-url", self.url),
            *("--bootstrap-admin-url", self.url, "--bootstrap-region-id", REGION),
        )
        self._serve("usual", listening)
        self.session = requests.Session()
        cleanup(self.session.close)
        self.session.headers["X-Auth-Token"] = self.token("admin", "admin")

    def short_lived(self, seconds: int) -> str:
        """Serve the same Keystone at a second URL, with short-lived tokens; return the URL.

        :param seconds: lifetime of the tokens.
        """
        listening = socket.create_server(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/v3"
        self._configure("short", seconds)
        self._serve("short", listening)
        return url

    def _configure(self, name: str, expiration: int) -> None:
        place = self.folder / name
        place.mkdir()
        text = _CONFIGURATION.format(folder=self.folder, expiration=expiration)
        (place / "keystone.conf").write_text(text)

    def _manage(self, *words: str) -> None:
        configuration = str(self.folder / "usual" / "keystone.conf")
        _run(
            *(str(ENVIRONMENT / "bin" / "keystone-manage"), "--config-file", configuration),
            *words,
        )

    def _serve(self, name: str, listening: socket.socket) -> None:
        """Serve on a listening socket: early requests wait until Keystone has started."""
        place = self.folder / name
        number = listening.fileno()
        with listening, (place / "said").open("w") as said:
            process = subprocess.Popen(
                [ENVIRONMENT / "bin" / "python", "-c", _SERVE, str(number)],
                env={
                    **os.environ,
                    "PYTHONWARNINGS": "ignore",
                    "OS_KEYSTONE_CONFIG_DIR": str(place),
                },
                pass_fds=[number],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=said,
            )
        self._cleanup(process.communicate)  # closes its standard input

    def token(self, user: str, project: str | None = None, **more: t.Any) -> str:
        """Authenticate a user and return the token.

        :param project: name of the project; ``None`` for an unscoped token.
        :param more: ``domain`` for a domain-scoped token, ``url`` of another Keystone.
        """
        domain = {"id": "default"}
        login: dict[str, t.Any] = {
            "identity": {
                "methods": ["password"],
                "password": {"user": {"name": user, "domain": domain, "password": PASSWORD}},
            },
            "scope": "unscoped",
        }
        if project:
            login["scope"] = {"project": {"name": project, "domain": domain}}
        if more.get("domain"):
            login["scope"] = {"domain": domain}
        url = more.get("url", self.url)
        answer = requests.post(f"{url}/auth/tokens", json={"auth": login}, timeout=100)
        assert answer.status_code == 201, answer.text
        return answer.headers["X-Subject-Token"]

    def application_credential(self, user: str, project: str) -> dict[str, t.Any]:
        """Create an application credential and return it, with its id and secret."""
        token = self.token(user, project)
        headers = {"X-Auth-Token": token, "X-Subject-Token": token}
        said = requests.get(f"{self.url}/auth/tokens", headers=headers, timeout=100).json()
        answer = requests.post(
            f"{self.url}/users/{said['token']['user']['id']}/application_credentials",
            json={"application_credential": {"name": uuid.uuid4().hex}},
            headers={"X-Auth-Token": token},
            timeout=100,
        )
        assert answer.status_code == 201, answer.text
        return dict(answer.json()["application_credential"])

    def revoke(self, token: str) -> None:
        """Revoke a token."""
        headers = {"X-Subject-Token": token}
        answer = self.session.delete(f"{self.url}/auth/tokens", headers=headers, timeout=100)
        assert answer.status_code == 204, answer.text

    def make(self, kind: str, **fields: t.Any) -> str:
        """Create an object, such as a project, and return its id."""
        answer = self.session.post(f"{self.url}/{kind}s", json={kind: fields}, timeout=100)
        assert answer.status_code == 201, answer.text
        return str(answer.json()[kind]["id"])

    def make_user(self, name: str, **roles: str) -> str:
        """Create a user and return its id.

        :param roles: names of roles; each key is ``in_<project id>`` or ``on_domain``.
        """
        user = self.make("user", name=name, password=PASSWORD, domain_id="default")
        for where, role in roles.items():
            place = "domains/default" if where == "on_domain" else f"projects/{where[3:]}"
            found = self.session.get(f"{self.url}/roles", params={"name": role}, timeout=100)
            role_id = found.json()["roles"][0]["id"]
            answer = self.session.put(
                f"{self.url}/{place}/users/{user}/roles/{role_id}", timeout=100
            )
            assert answer.status_code == 204, answer.text
        return user

    def register(self, url: str) -> None:
        """Add a Craton server to the catalog."""
        service = self.make("service", type=SERVICE_TYPE, name="craton")
        for interface in ("public", "internal", "admin"):
            self.make(
                "endpoint", service_id=service, interface=interface, url=url, region_id=REGION
            )
