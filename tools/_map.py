# SPDX-License-Identifier: Apache-2.0
"""Write the list of files in the contributors' map, from the docstrings of the files.

::

    python tools/_map.py

A test compares the list with the tree.
"""

from __future__ import annotations

import ast
import itertools
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[1]
PAGE = ROOT / "doc/source/contributor/map.rst"
FOLDERS = ("cratonclient", "cratonclient_osc", "cratonserver", "cratonclient/tests", "tools")
BEGIN, END = ".. The list of files begins here.\n", ".. The list of files ends here.\n"

#: Descriptions of the files that have no docstring.
OTHERS = {
    "py.typed": "Marker: the package has type annotations.",
    "postgresql.sql": "The functions of the log for PostgreSQL.",
    "json_contains.sql": "The function ``craton_matches`` for PostgreSQL.",
    "page.css": "The style sheet of the API page.",
    "script.py.mako": "Template for new migrations.",
    "craton.bash": "Completion for bash.",
    "craton.fish": "Completion for fish.",
    "craton.zsh": "Completion for zsh.",
    "cursor.sh": "Completion shared by bash and zsh.",
    "exchanges.jsonl": "Requests, and the responses of an original server of 2017.",
    "bench": "Run the benchmarks.",
    "cover": "Report the test coverage of each package.",
    "keystone-constraints.txt": "Versions of the Keystone server that the tests start.",
    "lib.sh": "Shell functions for the scripts in this folder.",
    "quickstart": "Serve a demo fleet, and list it.",
    "test": "Run tests.",
}


def files(folder: str) -> list[pathlib.Path]:
    """Return the files below a folder, sorted by folder.

    The files do not include caches, recorded responses and generated stubs and, except for
    the folder of the tests, no tests.
    """
    skipped = {"__pycache__", "cassettes"}
    if "tests" not in folder:
        skipped.add("tests")
    found = [
        path
        for path in (ROOT / folder).rglob("*")
        if path.is_file()
        and not skipped & {*path.relative_to(ROOT).parts}
        and path.suffix not in (".pyc", ".pyi")
    ]
    return sorted(found, key=lambda path: (path.parent.parts, path.name))


def description(path: pathlib.Path) -> str:
    """Return one line about a file: the first paragraph of its docstring."""
    if path.suffix != ".py":
        return OTHERS[path.name]
    text = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    paragraph = " ".join(text.partition("\n\n")[0].split())
    return paragraph.replace("::", ".") if paragraph.endswith("::") else paragraph


def listing() -> str:
    """Return the list of files as reStructuredText."""
    lines = []
    for top in FOLDERS:
        lines += [top, "~" * len(top), ""]
        for folder, paths in itertools.groupby(files(top), lambda path: path.parent):
            others = {path.name: path for path in paths}
            package = others.pop("__init__.py", None)
            lines.append(f"``{folder.relative_to(ROOT)}/``")
            if package:
                lines.append(f"    {description(package)}")
            if others:
                lines += ["", "    .. list-table::", "       :widths: 25 75", ""]
            for name, path in others.items():
                lines += [f"       * - ``{name}``", f"         - {description(path)}"]
            lines.append("")
    return "\n".join(lines)


def main() -> None:
    """Rewrite the list in the page."""
    text = PAGE.read_text("utf-8")
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}\n{listing()}\n{END}{after}", "utf-8")


if __name__ == "__main__":
    main()
