# SPDX-License-Identifier: Apache-2.0
"""The architecture: allowed imports, and declarations that must agree."""

from __future__ import annotations

import ast
import configparser
import importlib
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import typing as t

from cratonclient import v1
from cratonclient.tests import base, structure
from cratonclient.v1 import client
from cratonclient_osc import commands, standalone

ROOT = structure.ROOT
PACKAGES = structure.PACKAGES
HEADER = "# SPDX-License-Identifier: Apache-2.0"

#: Modules that a command must not import before it runs: ``openstack`` imports
#: the modules of all commands at every start.
SLOW_FOR_COMMANDS = (
    "requests",
    "keystoneauth1",
    "openstack",
    "cratonclient.session",
    "cratonclient.auth",
)
SLOW = (
    "requests",
    "keystoneauth1",
    "sqlalchemy",
    "prettytable",
    "cmd2",
    "openstack",
    "osc_lib",
)


class Import(t.NamedTuple):
    """An import: its full name, and whether it runs when the module is imported."""

    name: str
    at_once: bool


def imports_of(source: str, package: str) -> list[Import]:
    """Return the imports of a module.

    :param source: source text of the module.
    :param package: package of the module, for relative imports.
    """
    found: list[Import] = []

    def visit(node: ast.AST, at_once: bool) -> None:
        if isinstance(node, ast.Import):
            found.extend(Import(alias.name, at_once) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base_name = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base_name = ".".join([*above, *filter(None, [node.module])])
            found.append(Import(base_name, at_once))
            found.extend(Import(f"{base_name}.{alias.name}", at_once) for alias in node.names)
        elif isinstance(node, ast.If) and _is_for_types(node.test):
            for statement in node.body:
                visit(statement, False)
            for statement in node.orelse:
                visit(statement, at_once)
        else:
            later = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
            for child in ast.iter_child_nodes(node):
                visit(child, at_once and not later)

    visit(ast.parse(source), True)
    return found


def _is_for_types(test: ast.expr) -> bool:
    name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", "")
    return name == "TYPE_CHECKING"


def within(name: str, packages: t.Iterable[str]) -> bool:
    """Return whether a module is one of the packages or inside one."""
    return any(f"{name}.".startswith(f"{package}.") for package in packages)


def modules(package: str) -> list[pathlib.Path]:
    """Return the files of a package, without the tests."""
    found = sorted((ROOT / package).rglob("*.py"))
    return [path for path in found if "tests" not in path.relative_to(ROOT).parts]


def offences(package: str, forbidden: t.Iterable[str], at_once_only: bool = False) -> list[str]:
    """Return the forbidden imports of a package, as ``file: module``."""
    forbidden = tuple(forbidden)
    return [
        f"{path.relative_to(ROOT)}: {found.name}"
        for path in modules(package)
        for found in imports_of(
            path.read_text("utf-8"), ".".join(path.relative_to(ROOT).parent.parts)
        )
        if within(found.name, forbidden) and (found.at_once or not at_once_only)
    ]


def in_new_process(code: str) -> t.Any:
    """Run code in a new interpreter and return its output, parsed as JSON."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, timeout=60
        )
    if done.returncode:
        raise AssertionError(done.stderr)
    return json.loads(done.stdout)


class TestImportFinder(base.TestCase):
    """The import finder: it finds every form of import."""

    def test_finds_what_is_imported_at_once(self):
        source = "import a.b\nfrom c import d\ntry:\n    import e\nexcept ImportError: pass\n"
        names = {found.name for found in imports_of(source, "p") if found.at_once}
        self.assertEqual({"a.b", "c", "c.d", "e"}, names)

    def test_a_class_body_is_run_at_once(self):
        self.assertEqual([Import("a", True)], imports_of("class C:\n    import a\n", "p"))

    def test_functions_and_types_come_later(self):
        source = (
            "import typing as t\n"
            "if t.TYPE_CHECKING:\n    import a\nelse:\n    import b\n"
            "def f():\n    import c\n"
        )
        later = {found.name for found in imports_of(source, "p") if not found.at_once}
        self.assertEqual({"a", "c"}, later)

    def test_relative_imports(self):
        names = {
            found.name for found in imports_of("from . import x\nfrom ..q import y", "p.r")
        }
        self.assertLessEqual({"p.r.x", "p.q.y"}, names)

    def test_a_package_is_not_one_whose_name_it_begins_with(self):
        self.assertTrue(within("openstack.config", ["openstack"]))
        self.assertFalse(within("openstackclient", ["openstack"]))
        self.assertFalse(within("cratonclient_osc", ["cratonclient"]))


class TestArrows(base.TestCase):
    """Imports between the packages run in one direction."""

    def test_every_package_is_looked_at(self):
        for package in PACKAGES:
            self.assertTrue(modules(package), package)

    def test_the_library_imports_neither_commands_nor_server(self):
        self.assertEqual([], offences("cratonclient", ["cratonclient_osc", "cratonserver"]))

    def test_the_commands_do_not_import_the_server(self):
        self.assertEqual([], offences("cratonclient_osc", ["cratonserver"]))

    def test_the_server_does_not_import_the_commands(self):
        self.assertEqual([], offences("cratonserver", ["cratonclient_osc"]))

    def test_commands_import_no_http_stack_at_once(self):
        found = offences("cratonclient_osc", SLOW_FOR_COMMANDS, at_once_only=True)
        self.assertEqual([], found)

    def test_declarations_use_the_standard_library_only(self):
        allowed = {*sys.stdlib_module_names, "cratonclient"}
        for name in ("fields.py", "formats.py"):
            text = (ROOT / "cratonclient" / name).read_text("utf-8")
            names = {i.name.partition(".")[0] for i in imports_of(text, "x")}
            self.assertLessEqual(names, allowed, name)

    def test_addresses_are_parsed_only_when_there_are_some(self):
        for package in ("cratonclient", "cratonclient_osc"):
            self.assertEqual([], offences(package, ["ipaddress"], at_once_only=True))


#: The rooms of each package, from the top down. A room may import the rooms after it.
ROOMS = {
    "cratonclient": (
        "shell",
        "formatters",
        "common",
        "pytest_plugin",
        "testing",
        "identity",
        "v1",
        "changes",
        "change_sets",
        "change_records",
        "change_arguments",
        "login",
        "auth",
        "kinds",
        "crud",
        "finding",
        "keywords",
        "entity_tags",
        "resource",
        "features",
        "session",
        "reasons",
        "lists",
        "http",
        "comparisons",
        "fields",
        "formats",
        "conditions",
        "typed_values",
        "paths",
        "ids",
        "json_values",
        "process",
        "exceptions",
        "diagnosis",
        "secrets",
        "printable",
        "sentences",
        "suggestions",
    ),
    "cratonclient_osc": (
        "__main__",
        "plugin",
        "program",
        "completion",
        "standalone",
        "change",
        "quota",
        "whoami",
        "commands",
        "v1",
        "verbs",
        "base_command",
        "usage",
        "output",
    ),
    "cratonserver": (
        "__main__",
        "process_list",
        "cli",
        "program",
        "backup",
        "wsgi",
        "per_process",
        "temporary",
        "embedded",
        "fork_gate",
        "composition",
        "api",
        "auth",
        "serving",
        "metrics",
        "kinds",
        "webhooks",
        "openapi",
        "db",
        "patterns",
        "version_order",
        "request_limits",
        "config",
        "identity",
        "deadlines",
        "errors",
        "wsgi_keys",
    ),
}


def upward(package: str, arrows: structure.Graph) -> list[str]:
    """Return the imports between rooms that run upward, as ``room -> room``."""
    order = ROOMS[package]
    return [
        f"{room} -> {target}"
        for room, targets in structure.room_arrows(arrows).items()
        for target in targets
        if order.index(target) < order.index(room)
    ]


class TestRooms(base.TestCase):
    """Each package consists of rooms, and imports between them run in one direction."""

    def test_every_room_is_on_the_list(self):
        for package, order in ROOMS.items():
            there = structure.room_arrows(structure.module_arrows(package))
            self.assertEqual(sorted(order), sorted(there), package)

    def test_no_arrow_runs_up(self):
        for package in PACKAGES:
            self.assertEqual([], upward(package, structure.module_arrows(package)), package)

    def test_no_modules_import_each_other(self):
        for package in PACKAGES:
            found = structure.cycles(structure.module_arrows(package))
            self.assertEqual([], found, package)

    def test_an_arrow_up_would_be_found_wherever_it_is(self):
        for source in (
            "from cratonserver.api import view\n",
            "def f():\n    from cratonserver.api import view\n",
            "import typing as t\nif t.TYPE_CHECKING:\n    import cratonserver.api.view\n",
            "from ..api.view import View\n",
        ):
            root = self.folder()
            for name, text in (("db/tables.py", source), ("api/view.py", "")):
                path = root / "cratonserver" / name
                path.parent.mkdir(parents=True)
                path.write_text(text)
            arrows = structure.module_arrows("cratonserver", root)
            self.assertEqual(["db -> api"], upward("cratonserver", arrows), source)

    def test_a_circle_would_be_found(self):
        arrows = {"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a", "d"}}
        self.assertEqual([["b", "c"], ["d"]], structure.cycles(arrows))

    def test_every_folder_says_what_lives_in_it_and_what_does_not(self):
        for package, order in ROOMS.items():
            for room in order:
                path = ROOT / package / room / "__init__.py"
                if path.exists():
                    said = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
                    self.assertGreaterEqual(len(re.findall(r"\.(?:\s|$)", said)), 2, path)


class TestDeclarations(base.TestCase):
    """Declarations that must be written twice are the same in both places."""

    def setUp(self):
        super().setUp()
        parser = configparser.ConfigParser(interpolation=None, delimiters=("=",))
        parser.optionxform = str  # type: ignore[assignment,method-assign]
        parser.read(ROOT / "setup.cfg", "utf-8")
        self.entry_points: dict[str, dict[str, str]] = {}
        for group, value in parser["entry_points"].items():
            lines = [line.partition("=") for line in value.splitlines() if line.strip()]
            self.entry_points[group] = {n.strip(): target.strip() for n, _, target in lines}

    def _ours(self) -> list[str]:
        """Return the commands of this project's kinds, without other installed ones."""
        ours = tuple(f"{v1.kind(name).key.replace('_', ' ')} " for name in v1.COLLECTIONS)
        return [name for name in commands.names() if name.startswith(ours)]

    def test_commands_and_entry_points_are_the_same(self):
        wanted = {
            f"craton {name}".replace(" ", "_"): "cratonclient_osc.commands:"
            + name.title().replace(" ", "")
            for name in self._ours()
        }
        for name, place in standalone.COMMANDS.items():  # they have no object
            wanted[f"craton {name}".replace(" ", "_")] = place
        self.assertEqual(wanted, self.entry_points["openstack.fleet_management.v1"])

    def test_every_entry_point_loads(self):
        for group, entries in self.entry_points.items():
            for name, target in entries.items():
                with self.subTest(group=group, name=name):
                    module, _, attribute = target.partition(":")
                    loaded: t.Any = importlib.import_module(module)
                    if attribute:
                        loaded = getattr(loaded, attribute)
                    self.assertIsNotNone(loaded)

    def test_every_entry_point_is_the_command_that_its_name_says(self):
        for name, target in self.entry_points["openstack.fleet_management.v1"].items():
            if name.removeprefix("craton_").replace("_", " ") in standalone.COMMANDS:
                continue
            with self.subTest(name):
                module, _, attribute = target.partition(":")
                found = getattr(importlib.import_module(module), attribute)
                self.assertIs(found, commands.find(name.split("_")[1:]))
                self.assertEqual(attribute, found.__name__)
                words = name.removeprefix("craton_")
                self.assertTrue(words.startswith(f"{found.kind.key}_"), found.kind.key)
                verb = words.removeprefix(f"{found.kind.key}_").replace("_", " ")
                self.assertTrue(found.__mro__[1].__name__ == commands.VERBS[verb].class_name)

    def test_collections_and_modules_are_the_same(self):
        others = {"client", "inventory", "labels", "quotas", "relations", "shared", "types"}
        others |= {"__init__", "variables"}
        here = pathlib.Path(v1.__file__).parent
        names = {path.stem for path in here.glob("*.py")} - others
        self.assertEqual(set(v1.COLLECTIONS), names)

    def test_collections_are_listed_once(self):
        self.assertEqual(len(v1.COLLECTIONS), len(set(v1.COLLECTIONS)))

    def test_the_client_declares_every_collection(self):
        declared = {
            name: text.rpartition(".")[2]
            for name, text in client.Client.__annotations__.items()
        }
        wanted = {name: v1.manager_name(name) for name in v1.COLLECTIONS}
        self.assertEqual(wanted, declared)

    def test_a_collection_comes_after_what_it_refers_to(self):
        for place, name in enumerate(v1.COLLECTIONS):
            for field in v1.kind(name).resource_class.fields().values():
                target = getattr(field, "target", name)
                self.assertIn(target, v1.COLLECTIONS[: place + 1], f"{name}.{field.name}")

    def test_a_collection_is_named_after_the_key_of_its_manager(self):
        for name in v1.COLLECTIONS:
            self.assertEqual(name, v1.kind(name).collection)

    def test_declarations_name_only_fields_that_there_are(self):
        for name in v1.COLLECTIONS:
            resource = v1.kind(name).resource_class
            within = {field.within for field in resource.fields().values() if field.within}
            named = {*resource.filters, *resource.columns, *resource.unique, *within}
            named |= {*resource.inherits}
            self.assertLessEqual(named | {resource.NAME_ATTR}, set(resource.fields()), name)

    def test_every_field_says_what_it_is(self):
        for name in v1.COLLECTIONS:
            for field in v1.kind(name).resource_class.fields().values():
                self.assertTrue(field.help.strip(), f"{name}.{field.name}")


class TestStart(base.TestCase):
    """Programs that must start quickly import little."""

    def _loaded(self, *names: str) -> set[str]:
        code = (
            "import importlib, json, sys\n"
            f"for name in {names!r}: importlib.import_module(name)\n"
            "print(json.dumps(sorted({n.partition('.')[0] for n in sys.modules})))"
        )
        return set(in_new_process(code))

    def test_the_plugin_and_the_commands_import_nothing_slow(self):
        declarations = [f"cratonclient.v1.{name}" for name in v1.COLLECTIONS]
        loaded = self._loaded(
            "cratonclient_osc.plugin",
            "cratonclient_osc.commands",
            "cratonclient_osc.verbs.resource_command",
            *declarations,
        )
        self.assertEqual(set(), loaded & set(SLOW))

    def test_the_program_imports_nothing_slow(self):
        self.assertEqual(set(), self._loaded("cratonclient_osc.program.shell") & set(SLOW))

    def test_a_fleet_in_a_file_needs_nothing_that_runs_a_server(self):
        loaded = self._loaded("cratonserver.embedded")
        self.assertEqual(
            set(), loaded & {"oslo_config", "granian", "keystonemiddleware", "webob"}
        )

    def test_declarations_import_nothing_of_the_commands(self):
        loaded = self._loaded(*(f"cratonclient.v1.{name}" for name in v1.COLLECTIONS))
        self.assertEqual(
            set(), loaded & {"cliff", "osc_lib", "cratonclient_osc", "cratonserver"}
        )

    def test_a_command_is_found_without_a_scan_of_entry_points(self):
        code = (
            "import json, sys\n"
            "import importlib.metadata as metadata\n"
            "def scanned(*a, **k): raise AssertionError('entry points were scanned')\n"
            "metadata.entry_points = metadata.distributions = scanned\n"
            "metadata.packages_distributions = scanned\n"
            "from cratonclient_osc.program import command_manager as registry\n"
            "found = [registry.CommandManager().find_command(words.split()) for words in"
            " ('host list --long', 'network device show 1', 'cloud create x')]\n"
            "print(json.dumps([[c.__name__, name, rest] for c, name, rest in found]))"
        )
        found = in_new_process(code)
        self.assertEqual(
            [
                ["HostList", "host list", ["--long"]],
                ["NetworkDeviceShow", "network device show", ["1"]],
                ["CloudCreate", "cloud create", ["x"]],
            ],
            found,
        )

    def test_a_whole_command_runs_without_a_scan_and_imports_nothing_slow(self):
        code = (
            "import contextlib, http.server, io, json, sys, threading\n"
            "import importlib.metadata as metadata\n"
            "def scanned(*a, **k): raise AssertionError('entry points were scanned')\n"
            "metadata.entry_points = metadata.distributions = scanned\n"
            "metadata.packages_distributions = scanned\n"
            "class Empty(http.server.BaseHTTPRequestHandler):\n"
            "    def do_GET(self):\n"
            '        body = b\'{"hosts": [], "links": []}\'\n'
            "        self.send_response(200)\n"
            "        self.send_header('Content-Length', str(len(body)))\n"
            "        self.end_headers()\n"
            "        self.wfile.write(body)\n"
            "    def log_message(self, *a): pass\n"
            "server = http.server.HTTPServer(('127.0.0.1', 0), Empty)\n"
            "threading.Thread(target=server.serve_forever, daemon=True).start()\n"
            "from cratonclient_osc.program import shell\n"
            "out, err = io.StringIO(), io.StringIO()\n"
            "with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):\n"
            "    status = shell.main(['--craton-url', 'http://127.0.0.1:%d' %"
            " server.server_port, '--os-username', 'u', '--os-password', 'k',"
            " '--os-project-id', 'p', 'host', 'list', '-f', 'json'])\n"
            "server.shutdown()\n"
            "print(json.dumps([status, out.getvalue(), err.getvalue(), [n for n in"
            " ('prettytable', 'cmd2', 'openstack', 'osc_lib', 'sqlalchemy', 'cratonserver',"
            " 'keystoneauth1', 'yaml')"
            " if n in sys.modules]]))"
        )
        status, out, err, loaded = in_new_process(code)
        self.assertEqual((0, ""), (status, err))
        self.assertEqual([], json.loads(out))
        self.assertEqual([], loaded)


class TestFiles(base.TestCase):
    """Every file names its license."""

    def test_every_module_has_the_header(self):
        here = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
        self.assertTrue(here)
        missing = [
            str(path.relative_to(ROOT))
            for path in here
            if HEADER not in path.read_text("utf-8").splitlines()[:2]
        ]
        self.assertEqual([], missing)

    def test_every_package_is_typed(self):
        for package in PACKAGES:
            self.assertTrue((ROOT / package / "py.typed").exists(), package)
