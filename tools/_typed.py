# SPDX-License-Identifier: Apache-2.0
"""Check with mypy and pyright what programs that use the library may write.

The programs are in ``cratonclient/tests/typed``. A checker must report an error in each line
that ends with ``# error``, and in no other line.
"""

from __future__ import annotations

import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
FOLDER = ROOT / "cratonclient" / "tests" / "typed"


def expected(path: pathlib.Path) -> set[int]:
    """Return the numbers of the lines with a mistake."""
    lines = path.read_text("utf-8").splitlines()
    return {number for number, line in enumerate(lines, 1) if line.endswith("# error")}


def mypy(path: pathlib.Path) -> set[int]:
    """Return the numbers of the lines in which mypy finds an error."""
    output = _run("mypy", "--warn-unused-ignores", str(path))
    found = re.findall(r"^.*?:(\d+)(?::\d+)?: error:", output, re.MULTILINE)
    return set(map(int, found))


def pyright(path: pathlib.Path) -> set[int]:
    """Return the numbers of the lines in which pyright finds an error."""
    report = json.loads(_run("pyright", "--outputjson", str(path)))
    errors = [one for one in report["generalDiagnostics"] if one["severity"] == "error"]
    return {one["range"]["start"]["line"] + 1 for one in errors}


def _run(*command: str) -> str:
    """Run a checker of the environment of this program, and return its output."""
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True
    )
    if done.returncode not in (0, 1):
        raise SystemExit(done.stdout + done.stderr)
    return done.stdout


def main() -> int:
    """Print the lines in which a checker differs. Return 1 if there are any."""
    failed = 0
    for path in sorted(FOLDER.glob("[!_]*.py")):
        lines, wanted = path.read_text("utf-8").splitlines(), expected(path)
        for check in (mypy, pyright):
            found = check(path)
            for number in sorted(found ^ wanted):
                failed += 1
                problem = "finds an error" if number in found else "finds no error"
                print(f"{path.name}:{number}: {check.__name__} {problem}: {lines[number - 1]}")
    print(f"{2 - failed if failed < 2 else 0} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
