# SPDX-License-Identifier: Apache-2.0
"""The test runner behind tools/test: select tests by name, run them, count the results.

It runs the tests with stestr, which alone is not enough: a module with an import error
aborts its listing, a name that matches nothing is not an error, `--random` has no effect,
and it cannot start from a path with blanks.
"""

from __future__ import annotations

import contextlib
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
from collections.abc import Iterable, Iterator
from pathlib import Path

import subunit
import testtools
from subunit.test_results import CatFiles
from testtools.testresult.real import TestDict

from cratonclient.tests import postgresql

ROOT = Path(__file__).resolve().parents[1]
TESTS = ROOT / "cratonclient" / "tests"
PACKAGE = ["cratonclient", "tests"]
DEFAULT_SUITES = ["unit", "integration"]
# Environment variables that select an external server for the functional suite.
SERVER_VARIABLES = ("CRATON_URL", "OS_USERNAME", "OS_PASSWORD", "OS_PROJECT_ID")

# The prefix of the test id that unittest invents for a module that fails to import or
# that skips itself.
STAND_IN = re.compile(r"unittest\.loader\.(_FailedTest|ModuleSkipped)\.")
# The test id that unittest invents for a failed or skipped setUpClass or setUpModule.
FIXTURE = re.compile(r"setUp(?:Class|Module) \((.+)\)")


DATABASES = ("sqlite", "postgresql")
#: Free bytes required in memory: several times the peak disk usage of the tests.
REQUIRED_SPACE = 2**31


class UsageError(Exception):
    """The arguments contain an unknown test, database or option."""


def parse_database(arguments: list[str]) -> tuple[str, list[str]]:
    """Parse the option `--database NAME`.

    Returns:
        The database, by default sqlite, and the other arguments.

    Raises:
        UsageError: if the database is unknown, or there is another option.
    """
    database, names = "sqlite", []
    words = iter(arguments)
    for word in words:
        option, equals, value = word.partition("=")
        if option == "--database":
            database = value if equals else next(words, "")
        elif word.startswith("-"):
            raise UsageError(f"unknown option {word}; see tools/test --help")
        else:
            names.append(word)
    if database not in DATABASES:
        raise UsageError(f"unknown database {database!r}; use one of: {', '.join(DATABASES)}")
    return database, names


@contextlib.contextmanager
def temporary_folder() -> Iterator[dict[str, str]]:
    """Create a folder in memory for temporary files, if there is enough free space.

    The server syncs every change to disk. In memory that costs nothing.

    Yields:
        The environment variable TMPDIR; nothing if TMPDIR is already set.
    """
    memory = Path("/dev/shm")  # noqa: S108
    usable = os.access(memory, os.W_OK | os.X_OK) and "TMPDIR" not in os.environ
    if not usable or shutil.disk_usage(memory).free < REQUIRED_SPACE:
        yield {}
    else:
        with tempfile.TemporaryDirectory(prefix="craton-tests-", dir=memory) as folder:
            os.chmod(folder, 0o755)  # noqa: S103, PostgreSQL runs as another user
            yield {"TMPDIR": folder}


@contextlib.contextmanager
def running_database(database: str) -> Iterator[dict[str, str]]:
    """Start the database of the tests, and stop it afterwards. SQLite needs no start.

    Yields:
        The environment variable that passes the URL of the database to the tests.
    """
    if database == "sqlite":
        yield {}
        return
    with postgresql.running() as cluster:
        yield {"TEST_DATABASE": cluster.url()}


def suites() -> list[str]:
    """Return the names of the suites: the folders of cratonclient/tests."""
    return sorted(path.parent.name for path in TESTS.glob("*/__init__.py"))


def discover() -> list[str]:
    """Return the id of every test. A module that fails to import has an invented id."""

    def flat(suite: unittest.TestSuite) -> Iterator[str]:
        for test in suite:
            if isinstance(test, unittest.TestSuite):
                yield from flat(test)
            else:
                yield test.id()

    found = unittest.TestLoader().discover(str(TESTS), top_level_dir=str(ROOT))
    return list(flat(found))


def words(test_id: str) -> list[str]:
    """Split a test id into module, class and test names, without its scenario."""
    return STAND_IN.sub("", test_id).partition("(")[0].split(".")


def within(part: list[str], whole: list[str]) -> bool:
    """Return True if a list is a contiguous part of another list."""
    starts = range(len(whole) - len(part) + 1)
    return any(whole[start : start + len(part)] == part for start in starts)


def named(argument: str) -> list[str]:
    """Return the words that an argument requires in the ids of its tests."""
    if argument == "all":
        return PACKAGE
    if argument in suites():
        return [*PACKAGE, argument]
    for path in (Path(argument), ROOT / argument):
        if path.exists() and path.resolve().is_relative_to(TESTS):
            return list(path.resolve().relative_to(ROOT).with_suffix("").parts)
    return argument.split(".")


def select(arguments: list[str], ids: list[str]) -> list[str]:
    """Return the ids that the arguments name.

    Raises:
        UsageError: if an argument matches no test.
    """
    selected: dict[str, None] = {}
    broken = [test_id for test_id in ids if "._FailedTest." in test_id]
    for argument in arguments:
        wanted = named(argument)
        matching = [test_id for test_id in ids if within(wanted, words(test_id))]
        # The test may be in a module that fails to import; select that module then.
        matching += [test_id for test_id in broken if within(words(test_id)[2:], wanted)]
        if not matching:
            reason = f"no test matches {argument!r}; suites: {', '.join(suites())}"
            if broken:
                modules = ", ".join(".".join(words(test_id)) for test_id in broken)
                reason += f"; modules that fail to import: {modules}"
            raise UsageError(reason)
        selected.update(dict.fromkeys(matching))
    return list(selected)


class Tally(testtools.StreamToDict):
    """A result stream that prints the progress of the tests and counts their outcomes."""

    #: Dots on one line.
    WIDTH = 72

    def __init__(self) -> None:
        super().__init__(self._finished)
        self.outcomes: dict[str, str] = {}
        self.skips: list[str] = []
        self.figures: list[str] = []
        self._column = 0

    def count(self, outcome: str) -> int:
        """Return the number of tests with an outcome: passed, failed or skipped."""
        return list(self.outcomes.values()).count(outcome)

    def add_missing(self, selected: Iterable[str]) -> None:
        """Count selected tests without a result as failed.

        If setUpClass or setUpModule failed or was skipped, its tests get that outcome.
        """
        fixtures = {
            match[1]: outcome
            for test_id, outcome in self.outcomes.items()
            if (match := FIXTURE.fullmatch(test_id))
        }
        for test_id in selected:
            if test_id in self.outcomes:
                continue
            place = test_id.rpartition(".")[0]
            outcome = fixtures.get(place) or fixtures.get(place.rpartition(".")[0])
            self.outcomes[test_id] = outcome or "failed"
            if outcome is None:
                self._show(f"\nFAILED {test_id}\n    The test did not run.\n")
        for test_id in [*self.outcomes]:
            if FIXTURE.fullmatch(test_id):
                del self.outcomes[test_id]

    def _finished(self, test: TestDict) -> None:
        test_id, status, details = test["id"], test["status"], test["details"]
        if status == "exists":
            return
        self.figures += (
            f"{test_id}: {details[name].as_text()}" for name in details if "figures" in name
        )
        if status in ("success", "xfail"):
            outcome, sign = "passed", "."
        elif status == "skip":
            outcome, sign = "skipped", "s"
            reason = details["reason"].as_text() if "reason" in details else ""
            self.skips.append(f"{test_id}: {reason}")
        else:
            outcome, sign = "failed", ""
            self._show(f"\nFAILED {test_id} ({status})\n")
            for name, content in details.items():
                if content.content_type.type == "text" and content.as_text().strip():
                    text = content.as_text().strip().replace("\n", "\n    ")
                    self._show(f"  {name}:\n    {text}\n")
        self.outcomes[test_id] = outcome
        self._progress(sign)

    def _progress(self, sign: str) -> None:
        self._column += len(sign)
        end = "\n" if self._column == self.WIDTH else ""
        self._column %= self.WIDTH
        print(sign, end=end, flush=True)

    def _show(self, text: str) -> None:
        print(text, end="", flush=True)
        self._column = 0


def is_attack(test_id: str) -> bool:
    """Return True for a test that measures time, which needs the machine for itself."""
    return words(test_id)[:3] == [*PACKAGE, "attack"]


def run(selected: list[str], environment: dict[str, str]) -> Tally:
    """Run tests in the parallel workers of stestr. Attacks run one after the other."""
    # stestr starts its workers through a shell and does not quote the path of the
    # interpreter, which may contain blanks. So pass only its name, and put its folder
    # first in PATH.
    folder = os.path.dirname(sys.executable)
    path = os.pathsep.join([folder, environment.get("PATH", os.defpath)])
    environment = environment | {"PATH": path, "PYTHON": "python"}

    tally = Tally()
    printed = CatFiles(sys.stdout.buffer)
    results = testtools.StreamResultRouter(tally)
    results.add_rule(printed, "test_id", test_id=None)
    with tempfile.NamedTemporaryFile("w", encoding="utf-8") as names:
        names.write("\n".join(selected) + "\n")
        names.flush()
        command = [sys.executable, "-m", "stestr", "run", "--subunit"]
        if any(map(is_attack, selected)):
            command.append("--serial")
        else:
            # One more than processors, because many tests wait for a program.
            command += ["--concurrency", str(1 + (os.cpu_count() or 1))]
        with subprocess.Popen(
            [*command, "--load-list", names.name],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
        ) as stestr:
            stream = subunit.ByteStreamToStreamResult(stestr.stdout, "stdout")
            results.startTestRun()
            try:
                stream.run(results)
            finally:
                results.stopTestRun()
    if stestr.returncode:
        tally.outcomes[f"stestr ended with status {stestr.returncode}"] = "failed"
    tally.add_missing(selected)
    return tally


def main(arguments: list[str]) -> int:
    """Run the tests that the arguments select, and return the exit status."""
    seed = os.environ.setdefault("TEST_SEED", str(random.randrange(10**6)))
    server = {name: os.environ.get(name, "") for name in SERVER_VARIABLES}
    for name in [*os.environ]:
        if name.startswith(("OS_", "CRATON_")):
            del os.environ[name]

    try:
        database, arguments = parse_database(arguments)
        selected = select(arguments or DEFAULT_SUITES, discover())
    except UsageError as error:
        print(f"tools/test: {error}", file=sys.stderr)
        return 2

    environment = dict(os.environ)
    functional = [*PACKAGE, "functional"]
    if server["CRATON_URL"] and all(words(i)[:3] == functional for i in selected):
        environment |= {name: value for name, value in server.items() if value}

    # On SIGTERM, exit through the context managers: they delete the temporary folder and
    # stop PostgreSQL.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    os.chdir(ROOT)
    plural = "" if len(selected) == 1 else "s"
    print(f"{len(selected)} test{plural} in random order, TEST_SEED={seed}", flush=True)
    try:
        with temporary_folder() as folder, running_database(database) as connection:
            tally = run(selected, environment | folder | connection)
    except postgresql.NotInstalled as error:
        print(f"tools/test: {error}", file=sys.stderr)
        return 1

    passed, failed = tally.count("passed"), tally.count("failed")
    skipped = tally.count("skipped")
    print("", *(f"figures {line}" for line in sorted(tally.figures)), sep="\n")
    print(*(f"skipped {line}" for line in sorted(tally.skips)), sep="\n")
    for test_id in sorted(i for i, how in tally.outcomes.items() if how == "failed"):
        print(f"failed {test_id}")
    total = f"{passed} passed, {failed} failed"
    print(f"{total}, {skipped} skipped" if skipped else total)
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
