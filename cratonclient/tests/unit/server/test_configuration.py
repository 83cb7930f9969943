# SPDX-License-Identifier: Apache-2.0
"""Options override the environment, which overrides the file; errors are one line."""

from __future__ import annotations

import os
import pathlib
import re
import tempfile
import typing as t
from unittest import mock

from oslo_config import generator

from cratonclient.tests import base
from cratonserver.config import configuration, formats, settings
from cratonserver.db import clock

ROOT = pathlib.Path(__file__).parents[4]


class ConfigurationTestCase(base.TestCase):
    def load(
        self,
        text: str = "",
        given: t.Mapping[str, t.Any] | None = None,
        **environment: str,
    ) -> configuration.Configuration:
        """Load the settings from a file, options and an environment."""
        file = self.folder() / "server.conf"
        file.write_text(text, "utf-8")
        self.file = str(file)
        with mock.patch.dict(os.environ, environment):
            return configuration.load(given or {}, [self.file])

    def refused(self, *args: t.Any, **environment: str) -> str:
        """Load invalid settings and return the error message."""
        error = self.assertRaises(
            configuration.ConfigurationError, self.load, *args, **environment
        )
        self.assertEqual(1, len(str(error).splitlines()))
        return str(error)


class TestPrecedence(ConfigurationTestCase):
    FILE = "[DEFAULT]\ndatabase = sqlite:///file.db\n[serving]\nthreads = 3\n"

    def test_without_anything_the_defaults_hold(self):
        self.assertEqual(settings.Settings(), self.load().settings)

    def test_options_win_over_the_environment_and_that_over_the_file(self):
        environment = {
            "CRATON_DATABASE": "sqlite:///variable.db",
            "OS_SERVING__THREADS": "4",
            "OS_SERVING__STOP_TIMEOUT": "5",
        }

        found = self.load(self.FILE, {"threads": "6"}, **environment)

        self.assertEqual("sqlite:///variable.db", found.settings.database)
        self.assertEqual(6, found.settings.serving.threads)
        self.assertEqual(5, found.settings.serving.stop_timeout)
        self.assertEqual(3, self.load(self.FILE).settings.serving.threads)

    def test_the_last_file_wins(self):
        self.load(self.FILE)
        first = self.file
        self.load("[serving]\nthreads = 9\n")

        found = configuration.load({}, [first, self.file])

        self.assertEqual(9, found.settings.serving.threads)
        self.assertEqual("sqlite:///file.db", found.settings.database)

    def test_the_file_can_be_named_by_the_environment(self):
        self.load(self.FILE)

        with mock.patch.dict(os.environ, {"CRATON_SERVER_CONFIG": self.file}):
            found = configuration.load({})

        self.assertEqual(3, found.settings.serving.threads)

    def test_a_dollar_means_something_in_files_only(self):
        url = "postgresql://a:$b@h/d"

        self.assertEqual(url, self.load(given={"database": url}).settings.database)
        self.assertEqual(url, self.load(CRATON_DATABASE=url).settings.database)
        self.assertIn("written $$", self.refused(f"[DEFAULT]\ndatabase = {url}\n"))
        message = self.refused("[serving]\nthreads = $x\n")
        self.assertIn(f"{self.file}: [serving] threads = '$x': ", message)
        message = self.refused(OS_SERVING__THREADS="$x")
        self.assertIn("OS_SERVING__THREADS: [serving] threads = '$x': ", message)
        doubled = url.replace("$", "$$")
        found = self.load(f"[DEFAULT]\ndatabase = {doubled}\n")
        self.assertEqual(url, found.settings.database)

    def test_lists_and_booleans_are_read(self):
        found = self.load("[roles]\nroot_roles = a, b\n[log]\naccess_log = no\n")

        self.assertEqual(("a", "b"), found.settings.roles.root_roles)
        self.assertFalse(found.settings.log.access_log)


class TestWhatCannotBeUsed(ConfigurationTestCase):
    def test_it_names_the_file_the_option_and_the_value(self):
        said = self.refused("[limits]\nbody_size = lots\n")

        self.assertIn(f"{self.file}: [limits] body_size = 'lots'", said)
        self.assertIn("a whole number of at least 1024", said)

    def test_it_names_the_option_of_the_command_line(self):
        said = self.refused("", {"listen": "here"})

        self.assertIn("--listen: [serving] listen = 'here': must be HOST:PORT", said)

    def test_it_names_the_variable(self):
        said = self.refused(OS_LOG__LOG_LEVEL="loud")

        self.assertIn("OS_LOG__LOG_LEVEL", said)
        self.assertIn("debug, info, warning, error", said)

    def test_it_names_a_variable_with_an_invisible_character(self):
        for name in ("CRATON_DATABASE", "CRATON_SERVER_CONFIG", "OS_SERVING__LISTEN"):
            said = self.refused(**{name: "sqlite:///fleet.db\r"})
            self.assertIn(f"{name} ends with a carriage return", said)

    def test_it_names_a_value_with_an_invisible_character(self):
        wanted = "[DEFAULT] database ends with "
        said = self.refused("[DEFAULT]\ndatabase = sqlite:///fleet.db\u200b\n")
        self.assertIn(f"{self.file}: {wanted}zero width space (U+200B)", said)
        said = self.refused("", {"database": "sqlite:///fleet.db\r"})
        self.assertIn(f"--database: {wanted}a carriage return (U+000D)", said)

    def test_numbers_have_a_minimum(self):
        self.assertIn("at least 1", self.refused("[serving]\nthreads = 0\n"))

    def test_times_have_a_maximum(self):
        times = [
            one
            for one in settings.declarations()
            if one.type is int and re.search("days|hours|in seconds", one.setting.help, re.I)
        ]
        numbers = "99999999999", "1000000", "100000"
        for one in times:
            for number in numbers[: 1 if one.name == "webhook_patience" else None]:
                said = self.refused("", {one.name: number})
                self.assertIn(f"--{one.name.replace('_', '-')}: [{one.group}] ", said)
                self.assertIn(f"= {number!r}: must be a whole number between ", said)
                self.assertTrue(said.endswith(f" and {one.setting.maximum}"), said)
        self.assertEqual(7, len(times))

    def test_the_maximum_of_a_time_can_be_used(self):
        found = self.load("", {"history_days": "36500", "stop_timeout": "86400"}).settings

        self.assertEqual(36500, found.history.history_days)
        self.assertLess("1900", clock.seconds_ago(found.history.history_days * 86400))

    def test_a_number_is_written_as_it_is_printed(self):
        for text in ("", "1_0", "010", "+10", "1\u0660", "1e1"):
            with self.subTest(text):
                for said in (
                    self.refused(f"[serving]\nthreads = {text}\n"),
                    self.refused("", {"threads": text}),
                    self.refused(OS_SERVING__THREADS=text),
                ):
                    self.assertIn(f"threads = {text!r}: must be a whole number", said)

    def test_no_number_may_be_empty(self):
        numbers = [one for one in settings.declarations() if one.type is int]
        for one in numbers:
            said = self.refused(**{f"OS_{one.group}__{one.name}".upper(): ""})
            self.assertIn(f"{one.name} = '': must be a whole number", said)
        self.assertGreater(len(numbers), 9)

    def test_booleans_are_true_or_false(self):
        self.assertIn("true or false", self.refused("[log]\naccess_log = perhaps\n"))

    def test_an_unknown_option_is_refused_with_a_suggestion(self):
        said = self.refused("[serving]\nthread = 3\n")

        self.assertIn(f"{self.file}: [serving] has no option 'thread'", said)
        self.assertIn("did you mean 'threads'", said)

    def test_an_option_is_set_once_in_a_file(self):
        for text in (
            "[serving]\nthreads = 3\nlisten = [::1]:1\nthreads = 4\n",
            "[serving]\nthreads = 3\n[log]\n[serving]\nthreads = 3\n",
        ):
            said = self.refused(text)
            self.assertEqual(
                f"{self.file}: [serving] sets threads 2 times; keep one line", said
            )

    def test_an_unknown_section_is_refused_with_a_suggestion(self):
        self.assertIn("did you mean 'limits'", self.refused("[limit]\nbody_size = 2000\n"))

    def test_an_option_in_the_wrong_section_is_refused(self):
        self.assertIn("no option 'listen'", self.refused("[limits]\nlisten = 127.0.0.1:1\n"))

    def test_a_variable_that_nobody_reads_is_refused_with_a_suggestion(self):
        for variable, meant in (
            ("OS_SERVING__THREAD", "OS_SERVING__THREADS"),
            ("OS_DEFAULT__database", "OS_DEFAULT__DATABASE"),
            ("OS_serving__listen", "OS_SERVING__LISTEN"),
            ("OS_SERVNG__THREADS", "OS_SERVING__THREADS"),
            ("OS_SERVER__THREADS", "OS_SERVING__THREADS"),
            ("OS_LIMITS__LISTEN", "OS_SERVING__LISTEN"),
            ("OS_HTTP__LISTEN", "OS_SERVING__LISTEN"),
            ("OS_SERVING_THREADS", "OS_SERVING__THREADS"),
            ("OS_DEFAULT__DATABSE", "OS_DEFAULT__DATABASE"),
            ("OS_LOG__ACCES_LOG", "OS_LOG__ACCESS_LOG"),
            ("OS_SERVING__XYZZY", ""),
            ("OS_SERVING_THREAD", "OS_SERVING__THREADS"),
            ("OS_LIMITS_BODYSIZE", "OS_LIMITS__BODY_SIZE"),
            ("OS_LIMITS__BODYSIZE", "OS_LIMITS__BODY_SIZE"),
            ("OS_LIMITS__LENGTH", "OS_LIMITS__URL_LENGTH"),
        ):
            with self.subTest(variable):
                said = self.refused(**{variable: "hidden"})
                self.assertIn(variable, said)
                self.assertIn(f"did you mean '{meant}" if meant else "no such setting", said)
                self.assertNotIn("hidden", said)

    def test_a_name_like_no_other_gets_the_names_of_its_section(self):
        known = "[limits] has OS_LIMITS__BODY_SIZE, OS_LIMITS__URL_LENGTH"
        for variable in ("OS_LIMITS__X", "OS_LIMITS__THING", "OS_LIMITS__"):
            said = self.refused(**{variable: "hidden"})
            self.assertIn(f"{variable}: there is no such setting; {known}", said)
        said = self.refused("[limits]\nx = 1\n")
        self.assertIn("[limits] has no option 'x'; it has body_size, url_length", said)
        said = self.refused("[x]\nbody_size = 2000\n")
        self.assertIn("unknown section [x]; the sections are DEFAULT, serving, limits", said)

    def test_a_variable_of_another_program_is_ignored(self):
        others = {
            "OS_DATABASE__CONNECTION": "x",
            "OS_KEYSTONE_AUTHTOKEN__PASSWORD": "x",  # not read with auth = local
            "OS_USERNAME": "x",
            "CRATON_URL": "http://x",
            "CRATON_HOME": "x",
        }
        self.assertEqual(settings.Settings(), self.load("", None, **others).settings)

    def test_a_misspelled_variable_is_refused_if_its_value_is_missing(self):
        self.assertIn("'CRATON_DATABASE'", self.refused(CRATON_DATABSE="x"))
        self.load("[DEFAULT]\ndatabase = sqlite:///x.db\n", CRATON_DATABASE_URL="x")
        with mock.patch.dict(os.environ, {"CRATON_SERVER_CONF": "x"}):
            self.assertRaises(configuration.ConfigurationError, configuration.load, {})

    def test_text_that_is_no_ini_file_is_refused(self):
        self.assertIn(":1, ", self.refused("nonsense\n"))

    def test_a_file_that_is_not_there_is_refused(self):
        error = self.assertRaises(
            configuration.ConfigurationError, configuration.load, {}, ["/nowhere/at.conf"]
        )

        self.assertIn("/nowhere/at.conf", str(error))

    def test_urls_are_checked(self):
        for url in ("ftp://x", "http://", "x", "http://a b", "http://u:p@h", "http://h?q"):
            self.assertIn("http:// or https://", self.refused("", {"public_url": url}))

    def test_addresses_are_checked(self):
        for text in ("here", "1.2.3.4", ":80", "h:99999", "h:x", "::1:80", "[h]:80", "[::1]"):
            self.assertRaises(ValueError, formats.address, text)
        self.assertEqual(("h", 80), formats.address("h:80"))


class TestFiles(ConfigurationTestCase):
    """Encodings of configuration files, and files that are no regular files."""

    TEXT = "[serving]\nthreads = 3\n[log]\naccess_log = no\n"

    def write(self, data: bytes) -> str:
        """Return the path of a file."""
        path = self.folder() / "server.conf"
        path.write_bytes(data)
        return str(path)

    def test_a_byte_order_mark_and_windows_line_ends_are_skipped(self):
        for end in ("\n", "\r\n"):
            file = self.write(self.TEXT.replace("\n", end).encode("utf-8-sig"))
            found = configuration.load({}, [file])
            self.assertEqual(3, found.settings.serving.threads)
            self.assertFalse(found.settings.log.access_log)
            self.assertIn(f"threads = 3  ({file})", [*found.lines()])

    def test_errors_name_the_file_with_the_mark_and_no_copy(self):
        before = os.listdir(tempfile.gettempdir())
        for text, said in (
            ("[serving]\nthreads = x\n", ": [serving] threads = 'x'"),
            ("[serving]\nthread = 3\n", ": [serving] has no option 'thread'"),
            ("[server]\nthreads = 3\n", ": unknown section [server]"),
            ("[serving]\nthreads = $x\n", ": [serving] threads = '$x'"),
            ("nonsense\n", ":1, "),
            ("[serving]\n\nnonsense\n", ":3, "),
        ):
            file = self.write(text.encode("utf-8-sig"))
            error = self.assertRaises(
                configuration.ConfigurationError, configuration.load, {}, [file]
            )
            self.assertIn(f"{file}{said}", str(error))
            self.assertEqual(1, len(str(error).splitlines()))
        made = {*os.listdir(tempfile.gettempdir())} - {*before}
        self.assertEqual([], [name for name in made if "server.conf" in name])

    def test_other_encodings_are_named_with_what_to_do(self):
        for encoding, said in (
            ("utf-16", "is in UTF-16. Save it in UTF-8"),
            ("utf-16-be", "is in UTF-16 or a binary format. Save it in UTF-8"),
            ("utf-32", "is in UTF-32. Save it in UTF-8"),
        ):
            file = self.write(self.TEXT.encode(encoding))
            error = self.assertRaises(
                configuration.ConfigurationError, configuration.load, {}, [file]
            )
            self.assertIn(f"{file}: the file {said}", str(error))
        file = self.write("[DEFAULT]\n# größe\n".encode("latin-1"))
        error = self.assertRaises(
            configuration.ConfigurationError, configuration.load, {}, [file]
        )
        self.assertIn(f"{file}: line 2 is not in UTF-8 (byte 0xf6)", str(error))

    def test_the_file_that_the_environment_names_is_read_alike(self):
        file = self.write(self.TEXT.encode("utf-8-sig"))
        with mock.patch.dict(os.environ, {"CRATON_SERVER_CONFIG": file}):
            self.assertEqual(3, configuration.load({}).settings.serving.threads)

    def test_a_pipe_is_read_once(self):
        reading, writing = os.pipe()
        self.addCleanup(os.close, reading)
        os.write(writing, b"[serving]\nthreads = 3\nthread = 4\n")
        os.close(writing)

        error = self.assertRaises(
            configuration.ConfigurationError, configuration.load, {}, [f"/dev/fd/{reading}"]
        )

        self.assertIn(f"/dev/fd/{reading}: [serving] has no option 'thread'", str(error))


class TestKeystone(ConfigurationTestCase):
    """The section of keystonemiddleware, and its absence."""

    SECTION = "[keystone_authtoken]\nwww_authenticate_uri = http://k\nauth_url = http://k\n"
    FILE = "[DEFAULT]\nauth = keystone\n" + SECTION + "auth_type = password\n"

    def test_the_options_of_the_middleware_and_of_the_plugin_are_known(self):
        self.load(self.FILE + "username = craton\nuser-domain-name = Default\n")
        self.load(self.FILE, OS_KEYSTONE_AUTHTOKEN__PASSWORD="x")

    def test_an_unknown_option_is_refused_with_a_suggestion(self):
        said = self.refused(self.FILE + "usernme = craton\n")
        self.assertIn("[keystone_authtoken] has no option 'usernme'", said)
        self.assertIn("did you mean 'username'", said)
        said = self.refused(self.FILE.replace("auth_url", "auth_ulr"))
        self.assertIn("has no option 'auth_ulr'; did you mean 'auth_url'", said)
        said = self.refused(self.FILE, OS_KEYSTONE_AUTHTOKEN__USERNME="x")
        self.assertIn("did you mean 'OS_KEYSTONE_AUTHTOKEN__USERNAME'", said)

    def test_without_an_auth_type_this_is_said_first(self):
        text = self.FILE.replace("auth_type", "auth_typ") + "username = craton\n"
        self.assertIn("auth_type must be set", self.refused(text))

    def test_with_local_users_the_section_is_refused(self):
        for text in (self.SECTION, "[DEFAULT]\nauth = local\n" + self.SECTION + "x = 1\n"):
            said = self.refused(text)
            self.assertIn(f"{self.file}: [keystone_authtoken] is not read with auth = ", said)
            self.assertIn("auth = keystone", said)


class TestShowing(ConfigurationTestCase):
    def test_it_tells_where_each_value_came_from(self):
        lines = [*self.load("[serving]\nthreads = 3\n", {"auth": "local"}).lines()]

        self.assertIn(f"threads = 3  ({self.file})", lines)
        self.assertIn("auth = local  (--auth)", lines)
        self.assertIn("body_size = 4194304  (default)", lines)

    def test_it_shows_no_password(self):
        for url in (
            "postgresql://craton:s3cret@h/d",
            "postgresql://craton:a/s3cret@h/d",
            "postgresql://h/d?user=craton&password=s3cret",
        ):
            shown = "\n".join(self.load(given={"database": url}).lines())

            self.assertNotIn("s3cret", shown)
            self.assertIn("postgresql://", shown)


class TestDeclarations(base.TestCase):
    def test_names_are_unique_over_all_groups(self):
        names = [declared.name for declared in settings.declarations()]

        self.assertEqual(sorted(set(names)), sorted(names))

    def test_every_default_passes_its_own_check(self):
        for declared in settings.declarations():
            check = declared.setting.check or (lambda value: None)
            for value in declared.default if declared.type is tuple else [declared.default]:
                check(value)

    def test_the_sample_has_everything_that_can_be_set(self):
        sample = self.folder() / "sample"

        generator.main(
            ["--namespace=cratonserver", "--wrap-width=80", f"--output-file={sample}"]
        )

        kept = (ROOT / "etc/craton-server.conf.sample").read_text()
        self.assertEqual(kept, sample.read_text())
