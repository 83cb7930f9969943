# SPDX-License-Identifier: Apache-2.0
"""``variable list``, ``show``, ``set`` and ``unset`` of every owner."""

from __future__ import annotations

import io
import json
import pathlib
import subprocess
import typing as t
from unittest import mock

from cratonclient.tests import base
from cratonclient.tests.integration.osc import programs, terminal

#: The result of a command that succeeds and prints nothing.
DONE = programs.Result(0, "", "")


#: The kinds whose lists accept ``--own``.
INHERITING = ("region", "cell", "host", "network device")


class VariableTestCase(base.FleetTestCase, programs.CommandTestCase):
    """Tests on a fleet with objects of every kind."""

    def setUp(self):
        super().setUp()
        with programs.opened(self.database) as fleet:
            programs.fill(fleet)

    def enter(self, *words: str, stdin: str = "") -> programs.Result:
        """Run ``craton`` on the fleet."""
        with mock.patch("sys.stdin", io.StringIO(stdin)):
            return programs.craton(*words, CRATON_URL=self.database)

    def set(self, *words: str, owner: str = "h2", stdin: str = "") -> None:
        """Set variables of a host."""
        done = self.enter("host", "variable", "set", owner, *words, stdin=stdin)
        self.assertEqual(DONE, done)

    def own(self, owner: str = "h2") -> dict[str, t.Any]:
        """Return the host's own variables."""
        done = self.enter("host", "variable", "show", "--own", owner, "-f", "json")
        return t.cast("dict[str, t.Any]", self.assert_done(done).json)


class TestOwners(VariableTestCase):
    """All kinds that have variables."""

    def test_round_trip(self):
        for kind, name in programs.OWNERS:
            with self.subTest(kind):
                command = (*kind.split(), "variable")
                self.assertEqual(
                    DONE,
                    self.enter(*command, "set", name, "a.b=1", "c=x"),
                )
                shown = self.enter(*command, "show", name, "a", "c", "-f", "json")
                self.assertEqual({"a": {"b": 1}, "c": "x"}, self.assert_done(shown).json)
                listed = self.enter(*command, "list", name, "-f", "json").json
                self.assertIn({"name": "c", "value": "x"}, listed)
                self.assertEqual(DONE, self.enter(*command, "unset", name, "a.b", "c"))
                shown = self.enter(*command, "show", name, "-f", "json").json
                self.assertEqual(({}, None), (shown["a"], shown.get("c")))
                self.assertEqual(DONE, self.enter(*command, "unset", name, "a"))

    def test_the_options_follow_the_rule_for_types(self):
        for kind, name in programs.OWNERS:
            with self.subTest(kind):
                words = kind.split()
                # Projects have no verb "set".
                verb = ("variable", "set", name) if kind == "project" else ("set", name)
                given = (
                    "text=5.10",
                    "number:=5.10",
                    "zip=0042",
                    'quoted="64"',
                    "big=9007199254740993",
                )
                flags = given if kind == "project" else [f"--var={word}" for word in given]
                self.assert_done(self.enter(*words, *verb, *flags))
                shown = self.enter(*words, "show", name, "-f", "json", "-c", "variables").json
                for variable, wanted in {
                    "text": "5.10",
                    "number": 5.1,
                    "zip": "0042",
                    "quoted": "64",
                    "big": 2**53 + 1,
                }.items():
                    self.assertEqual(wanted, shown["variables"][variable])
                for condition, found in (
                    *((word, True) for word in given),
                    *((word, False) for word in ("text:=5.10", "number=5.10", "quoted=64")),
                    *((word, False) for word in ("zip=42", "big=9007199254740992")),
                ):
                    own = ["--own"] if kind in INHERITING else []
                    options = ("--var", condition, *own, "-f", "value", "-c", "name")
                    listed = self.enter(*words, "list", *options).out.split()
                    self.assertEqual(found, name in listed, condition)

    def test_kinds_without(self):
        for kind in ("user", "network interface", "device"):
            refused = self.enter(*kind.split(), "variable", "list", "1")
            self.assert_refused(refused, 2, "not a command")

    def test_own_and_resolved(self):
        self.set("rack=r1")
        rows = self.enter("host", "variable", "list", "h2", "--long", "-f", "json").json
        self.assertEqual(
            {"dns": False, "ntp": False, "rack": True},
            {row["name"]: row["own"] for row in rows},
        )
        rows = self.enter("host", "variable", "list", "h2", "--own", "-f", "json").json
        self.assertEqual([{"name": "rack", "value": "r1"}], rows)
        refused = self.enter("network", "variable", "list", "lan", "--own")
        self.assert_refused(refused, 2, "--own")  # nothing is inherited


class TestShow(VariableTestCase):
    """``variable show``: one value, or many."""

    def test_one_value(self):
        self.set("hw.bios.version:=2.1", "rack=r1", "nics=[1]")
        for path, said in (
            ("hw.bios.version", "2.1"),
            ("rack", "r1"),
            ("nics", "[1]"),
            ("nics[0]", "1"),
            ("hw", '{"bios": {"version": 2.1}}'),
        ):
            done = self.enter("host", "variable", "show", "h2", path)
            self.assertEqual(f"{said}\n", self.assert_done(done).out)

    def test_structure_for_programs(self):
        self.set("hw.bios.version:=2.1")
        for words in (("-f", "json"), ("--format", "json")):
            shown = self.enter("host", "variable", "show", "h2", "hw", *words)
            self.assertEqual({"hw": {"bios": {"version": 2.1}}}, shown.json)
        shown = self.enter("--format", "json", "host", "variable", "show", "h2", "hw.bios")
        self.assertEqual({"hw.bios": {"version": 2.1}}, shown.json)

    def test_what_is_not_there(self):
        self.set("rack=r1")
        refused = self.enter("host", "variable", "show", "h2", "rakc")
        self.assert_refused(refused, 5, "'rakc'", "Did you mean rack?")
        for path in ("rack.x", "rack[0]", "nics[0]"):
            self.assert_refused(self.enter("host", "variable", "show", "h2", path), 5, path)


class TestNames(VariableTestCase):
    """Names that no variable can have are refused before a request."""

    def enter(self, *words: str, stdin: str = "") -> programs.Result:
        """Run ``craton`` without a server."""
        who = {"OS_USERNAME": "u", "OS_PASSWORD": "p", "OS_PROJECT_ID": programs.PROJECT}
        with mock.patch("sys.stdin", io.StringIO(stdin)):
            return programs.craton(*words, CRATON_URL="http://127.0.0.1:9", **who)

    def test_an_empty_name(self):
        path = self.folder() / "variables"
        path.write_text('a: 1\n"": 2\n')
        assigned, name = '""=1', '""'
        for kind, owner in programs.OWNERS:
            for words in (
                ("variable", "set", owner, assigned),
                ("variable", "set", owner, "a=1", f"{name}.b:=1"),
                ("variable", "set", owner, "--from-file", str(path)),
                ("variable", "set", owner, "-"),
                ("variable", "show", owner, name),
                ("variable", "unset", owner, name),
                ("create", owner, "--var", assigned),
                ("list", "--var", assigned),
                ("list", "-c", f"variables.{name}"),
                ("show", owner, "-c", f"variables.{name}"),
                ("set", owner, "--var", assigned),
                ("unset", owner, "--var", name),
            ):
                refused = self.enter(*kind.split(), *words, stdin='{"": 1}')
                self.assert_refused(refused, 2, "'' cannot be the name of a variable")

    def test_an_empty_name_in_2017_commands(self):
        for words, stdin in (
            (("host-vars-set", "h2"), '{"": 1}'),
            (("host-vars-delete", "h2"), '["a", ""]'),
            (("host-vars-delete", "h2", ""), ""),
        ):
            refused = self.enter(*words, stdin=stdin)
            self.assert_refused(refused, 2, "'' cannot be the name of a variable")


class TestRaw(VariableTestCase):
    """``variable show --raw``: the value, and nothing else."""

    TEXTS = ("-----BEGIN-----\nMII=\n-----END-----\n", "a\r\n\x1b\x01\x7f\u00e9\n\n", "", "x")

    def host(self) -> t.Any:
        """Return the host h2."""
        return next(self.craton.hosts.list(name="h2"))

    def test_bytes(self):
        for text in self.TEXTS:
            self.host().variables.update(cert={"pem": text})
            home = str(self.folder())
            done = subprocess.run(
                [
                    programs.script("craton"),
                    *("host", "variable", "show", "h2", "cert.pem", "--raw"),
                ],
                env=programs.clean_environment(home) | {"CRATON_URL": self.database},
                capture_output=True,
                check=True,
            )
            self.assertEqual((text.encode(), b""), (done.stdout, done.stderr))

    def test_other_values_are_json(self):
        self.set("n=64", 'o={"a": [true, null, "\u00e9"]}')
        for path, text in (
            ("n", "64"),
            ("o", '{"a": [true, null, "\u00e9"]}'),
            ("o.a[0]", "true"),
        ):
            done = self.assert_done(self.enter("host", "variable", "show", "h2", path, "--raw"))
            self.assertEqual(text, done.out)

    def test_what_raw_cannot_print(self):
        self.set("n=64", "m=1")
        for words, said in (
            (("n", "m"), "one path"),
            ((), "one path"),
            (("n", "-f", "json"), "remove --raw or -f"),
            (("n", "-c", "n"), "remove --raw or -c"),
        ):
            refused = self.enter("host", "variable", "show", "h2", "--raw", *words)
            self.assert_refused(refused, 2, said)
        refused = self.enter("host", "variable", "show", "h2", "--raw", "nope")
        self.assert_refused(refused, 5, "'nope'")

    def test_a_terminal_gets_no_control_characters(self):
        self.host().variables.update(x="a\x1b[2J", y="a\tb\nc")
        for path, status, said in (("x", 2, "control characters"), ("y", 0, "a\tb\r\nc")):
            run = terminal.Terminal(
                self.folder(),
                programs.script("craton"),
                *("host", "variable", "show", "h2", path, "--raw"),
                CRATON_URL=self.database,
                NO_COLOR="1",
            )
            self.assertEqual(status, run.ended())
            self.assertIn(said, run.child.before)
            self.assertNotIn("\x1b", run.child.before)


class TestSet(VariableTestCase):
    """``variable set``: values, and paths into them."""

    def test_values(self):
        self.set("n=64", "f=1.5", "t=true", "z=null", 'q="64"', "s=yes", "e=", "w=a=b")
        self.set("g:=1.5", "l=[1.5]", "m:=[1]", 'c:="x"', '"a:"=1')
        wanted = {
            "n": 64,
            "f": "1.5",
            "g": 1.5,
            "t": True,
            "z": None,
            "q": "64",
            "s": "yes",
            "e": "",
            "w": "a=b",
            "l": [1.5],
            "m": [1],
            "c": "x",
            "a:": 1,
        }
        self.assertEqual(
            json.dumps(wanted, sort_keys=True), json.dumps(self.own(), sort_keys=True)
        )

    def test_what_is_no_json(self):
        for word in ("a:=x", "a:=NaN", 'a:={"x": 1, "x": 2}', "a={x}", "a=[1,]", "a:="):
            refused = self.enter("host", "variable", "set", "h2", "new=1", word)
            self.assert_refused(refused, 2, "The value of a is not valid JSON")
        self.assertEqual({}, self.own())

    def test_large_whole_numbers_are_exact(self):
        for number in (2**53 + 1, 2**63 + 1, 2**64 + 1, -(10**40) - 1):
            self.set(f"n={number}", f"l=[{number}]")
            self.set("-", stdin=f"y: {number}\no: {{m: {number}}}")
            self.assertEqual(
                {"n": number, "l": [number], "y": number, "o": {"m": number}}, self.own()
            )
            for path in ("n", "l[*]", "y", "o.m"):
                for wanted, found in ((number, "h2\n"), (number + 1, ""), (number - 1, "")):
                    words = ("--var", f"{path}={wanted}", "-f", "value", "-c", "name")
                    self.assertEqual(found, self.enter("host", "list", *words).out, path)
            for form in ("json", "jsonl", "yaml", "value", "table", "shell"):
                shown = self.enter("host", "variable", "show", "h2", "n", "-f", form)
                self.assertIn(str(number), self.assert_done(shown).out, form)
            for form in ("json", "jsonl", "yaml", "value", "table", "csv"):
                words = ("-f", form, "-c", "variables", "--name", "h2")
                shown = self.enter("host", "list", *words)
                self.assertIn(str(number), self.assert_done(shown).out, form)

    def test_what_is_beside_stays(self):
        self.set('hw={"bios": {"version": 1, "vendor": "x"}, "cores": 4}', "nics=[{},{}]")
        self.set("hw.bios.version=2", "nics[1].mac=a", "nics[2]=new")
        self.assertEqual(
            {
                "hw": {"bios": {"version": 2, "vendor": "x"}, "cores": 4},
                "nics": [{}, {"mac": "a"}, "new"],
            },
            self.own(),
        )

    def test_names_with_dots(self):
        self.set('"k8s.io/role"=node', "labels.'a.b'=1", '"x[0]"=2')
        self.assertEqual({"k8s.io/role": "node", "labels": {"a.b": 1}, "x[0]": 2}, self.own())

    def test_through_what_is_no_object(self):
        self.set("rack=r1", "nics=[1]")
        for words in (("rack.x=1",), ("rack[0]=1",), ("nics.x=1",), ("nics[2]=1",)):
            refused = self.enter("host", "variable", "set", "h2", "new=1", *words)
            self.assert_refused(refused, 2, words[0].partition("=")[0])
        self.assertEqual({"rack": "r1", "nics": [1]}, self.own())

    def test_inside_what_is_inherited(self):
        region = self.craton.regions.get(1)
        region.variables.update(hw={"bios": {"version": 1, "vendor": "x"}})
        done = self.enter("host", "variable", "set", "h2", "hw.bios.version=2")
        self.assertEqual((0, ""), (done.status, done.out))
        self.assertIn("'hw' was inherited", done.err)
        self.assertEqual({"hw": {"bios": {"version": 2, "vendor": "x"}}}, self.own())
        self.assertEqual(1, region.variables.get()["hw"].value["bios"]["version"])

    def test_files(self):
        folder = self.folder()
        (folder / "a.json").write_text('{"from": "json", "big": 1e22}')
        (folder / "b.yaml").write_text("from: yaml\nlist: [1, two]\n")
        (folder / "key.txt").write_text("ssh-rsa AAAA\n")
        self.set(
            *("--from-file", f"{folder}/a.json", "--from-file", f"{folder}/b.yaml"),
            *("from=words", f"key=@{folder}/key.txt", f"doc=@{folder}/a.json"),
        )
        self.assertEqual(
            {
                "from": "words",
                "big": 1e22,
                "list": [1, "two"],
                "key": "ssh-rsa AAAA",
                "doc": {"from": "json", "big": 1e22},
            },
            self.own(),
        )

    def test_stdin(self):
        for words in (("-",), ("--from-file", "-"), ("--from-file=-", "b=2")):
            self.set(*words, stdin='{"a": [1]}')
            self.assertEqual([1], self.own()["a"])
        self.set("doc=@-", stdin="[1, 2]")
        self.assertEqual([1, 2], self.own()["doc"])

    def test_stdin_is_not_read_unless_asked_for(self):
        self.set("a=1", stdin='{"b": 2}')
        self.assertEqual({"a": 1}, self.own())

    def test_files_that_are_none(self):
        folder = pathlib.Path(self.folder())
        (folder / "list.json").write_text("[1]")
        (folder / "bad.yaml").write_text("a: [")
        (folder / "nan.yaml").write_text("a: .nan")
        (folder / "keys.yaml").write_text("1: x")
        (folder / "binary").write_bytes(b"\xff\xfe")
        for name in ("list.json", "bad.yaml", "nan.yaml", "keys.yaml", "binary", "missing"):
            with self.subTest(name):
                refused = self.enter(
                    "host", "variable", "set", "h2", "--from-file", f"{folder}/{name}"
                )
                self.assert_refused(refused, 2, name)
        self.assertEqual({}, self.own())

    def test_line_ends_and_byte_order_marks(self):
        folder = self.folder()
        pem = b"-----BEGIN X-----\r\nAA==\r\n-----END X-----\r\n"
        (folder / "pem").write_bytes(pem)
        (folder / "pem_bom").write_bytes(b"\xef\xbb\xbf" + pem)
        (folder / "line").write_bytes(b"\xef\xbb\xbfr1\r\n")
        self.set(f"a=@{folder}/pem", f"b=@{folder}/pem_bom", f"c=@{folder}/line")
        wanted = pem.decode()
        self.assertEqual({"a": wanted, "b": wanted, "c": "r1"}, self.own())
        texts = {"x.json": '{\r\n"d":\r\n[1]}\r\n', "x.yaml": "d: |\r\n  x\r\n  y\r\n"}
        for (name, text), found in zip(texts.items(), ([1], "x\ny\n"), strict=True):
            (folder / name).write_bytes(b"\xef\xbb\xbf" + text.encode())
            self.set("--from-file", f"{folder}/{name}")
            self.assertEqual(found, self.own()["d"])

    def test_stdin_is_read_as_it_is(self):
        text = "\ufeff-----BEGIN X-----\r\nÄ==\r\n"
        stdin = io.TextIOWrapper(io.BytesIO(text.encode()), encoding="latin-1")
        with mock.patch("sys.stdin", stdin):
            words = ("host", "variable", "set", "h2", "a=@-")
            self.assertEqual(DONE, programs.craton(*words, CRATON_URL=self.database))
        self.assertEqual({"a": text[1:]}, self.own())

    def test_dates_of_yaml_are_texts(self):
        path = pathlib.Path(self.folder()) / "dates.yaml"
        path.write_text("when: 2026-01-01\nat: 2026-01-01 12:00:00")
        self.assert_done(self.enter("host", "variable", "set", "h2", "--from-file", str(path)))
        self.assertEqual({"when": "2026-01-01", "at": "2026-01-01 12:00:00"}, self.own())

    def test_stdin_is_there_once(self):
        for words in (("-", "a=@-"), ("--from-file", "-", "-"), ("a=@-", "b=@-")):
            command = ("host", "variable", "set", "h2", *words)
            self.assert_refused(self.enter(*command, stdin='{"x": 1}'), 2, "only once")
        self.assertEqual({}, self.own())

    def test_nothing_to_set(self):
        refused = self.enter("host", "variable", "set", "h2")
        self.assert_refused(refused, 2, "No variables to set", "--from-file")
        for word in ("x", "=1", ".a=1", "a..b=1", "a[=1", "[0]=1", "a[*]=1", "a.*=1"):
            refused = self.enter("host", "variable", "set", "h2", word)
            self.assert_refused(refused, 2, word.partition("=")[0])


class TestUnset(VariableTestCase):
    """``variable unset`` removes variables."""

    def test_several_elements_of_a_list(self):
        self.set("l=[0,1,2,3,4]", "o.l=[0,1]")
        done = self.enter(
            "host", "variable", "unset", "h2", "l[0]", "l[2]", "l[-1]", "o.l", "o"
        )
        self.assertEqual(DONE, done)
        self.assertEqual({"l": [1, 3]}, self.own())

    def test_what_is_not_there(self):
        self.set("a.b=1")
        for path in ("x", "a.x", "a.b.c", "a[0]", "dns"):
            refused = self.enter("host", "variable", "unset", "h2", "a.b", path)
            self.assert_refused(refused, 5, path, "nothing was changed")
        self.assertEqual({"a": {"b": 1}}, self.own())
