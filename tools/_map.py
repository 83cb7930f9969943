# SPDX-License-Identifier: Apache-2.0
"""Write the list of files in the contributors' map, from the docstrings of the files.

::

    python tools/_map.py

A test compares the list with the tree.
"""

from __future__ import annotations

import ast
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[1]
PAGE = ROOT / "doc/source/contributor/map.rst"
PACKAGES = ("cratonclient", "cratonclient_osc", "cratonserver")
BEGIN, END = ".. The list of files begins here.\n", ".. The list of files ends here.\n"

#: Descriptions of the files that have no docstring.
OTHERS = {
    "py.typed": "Marker: the package has type annotations.",
    "json_contains.sql": "The function ``craton_matches`` for PostgreSQL.",
    "page.css": "The style sheet of the API page.",
    "script.py.mako": "Template for new migrations.",
    "craton.bash": "Completion for bash.",
    "craton.fish": "Completion for fish.",
    "craton.zsh": "Completion for zsh.",
    "cursor.sh": "Completion shared by bash and zsh.",
}


def files(package: str) -> list[pathlib.Path]:
    """Return the files of a package, without tests and caches, room by room."""
    found = [
        path
        for path in (ROOT / package).rglob("*")
        if path.is_file()
        and not {"tests", "__pycache__"} & {*path.relative_to(ROOT).parts}
        and path.suffix != ".pyc"
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
    for package in PACKAGES:
        lines += [package, "~" * len(package), ""]
        folder = None
        for path in files(package):
            inside = path.relative_to(ROOT)
            if inside.parent != folder:
                folder = inside.parent
                lines += ["", f"``{folder}/``", ""]
            if path.name == "__init__.py":
                lines[-2] += f"\n    {description(path)}"
                lines += ["    .. list-table::", "       :widths: 25 75", ""]
                continue
            lines += [f"       * - ``{path.name}``", f"         - {description(path)}"]
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
