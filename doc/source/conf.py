# SPDX-License-Identifier: Apache-2.0
"""The Sphinx configuration of the documentation."""

import ast
import importlib
import inspect
import pathlib
import pkgutil
import sys
import typing
from importlib import metadata

import requests

import cratonclient

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE))

project = "python-cratonclient"
author = "the OpenStack developers"
project_copyright = author
release = metadata.version(project)
version = ".".join(release.split(".")[:2])

extensions = [
    "kinds",
    "oslo_config.sphinxext",
    "parsers",
    "reno.sphinxext",
    "sphinx.ext.autodoc",
    "sphinx.ext.viewcode",
]
# Options begin with two hyphens, and readers copy quoted text.
smartquotes = False
highlight_language = "text"
html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["custom.css"]
html_title = f"{project} {version}"

# One man page per program and one per object, such as craton-host(1).
man_pages = [
    ("cli/craton", "craton", "reach a fleet from the command line", [], 1),
    ("cli/craton-server", "craton-server", "serve a fleet", [], 1),
    *(
        (f"cli/{path.stem}", f"craton-{path.stem}", f"the commands of {path.stem}s", [], 1)
        for path in sorted((HERE / "cli").glob("*.rst"))
        if path.stem not in ("index", "craton", "craton-server")
    ),
]

autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented_params"
autodoc_typehints_format = "fully-qualified"


def _resolve_annotations():
    """Resolve the annotations of the library, so that Sphinx shows full names.

    Sphinx resolves the annotations of functions, but not those of constructors, and it
    does not run the imports under ``TYPE_CHECKING``.
    """
    requests.Response.__module__ = "requests"  # the name by which programs import it
    found = pkgutil.walk_packages(cratonclient.__path__, "cratonclient.")
    # The plugin needs pytest, which runs no documentation.
    skipped = (".tests", ".pytest_plugin")
    names = [m.name for m in found if not any(part in m.name for part in skipped)]
    modules = [importlib.import_module(name) for name in names]
    for module in modules:
        for node in ast.parse(pathlib.Path(module.__file__).read_text("utf-8")).body:
            if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
                exec(ast.unparse(node.body), vars(module))  # noqa: S102
    for module in modules:
        for _, cls in inspect.getmembers(module, inspect.isclass):
            for constructor in (vars(cls).get("__init__"), vars(cls).get("__new__")):
                if cls.__module__ == module.__name__ and inspect.isfunction(constructor):
                    hints = typing.get_type_hints(constructor, vars(module))
                    hints.pop("return", None)
                    constructor.__annotations__ = hints


_resolve_annotations()


def _describe(app, exception):
    """Add the OpenAPI document and its page to the HTML output."""
    if exception or app.builder.name != "html":
        return
    import json
    import pathlib

    from cratonserver import composition
    from cratonserver.api import application
    from cratonserver.openapi import document, page

    # The document follows from the declarations, so the database is never opened.
    store = composition.store_at("sqlite:///unused.db")
    described = document.document(application.paths(store), store.tables)
    folder = pathlib.Path(app.outdir) / "server"
    (folder / "openapi.json").write_text(json.dumps(described, indent=1), encoding="utf-8")
    (folder / "api.html").write_text(page.page(described), encoding="utf-8")


def _skip_tuple_fields(app, what, name, obj, skip, options):
    """Skip the fields of named tuples, which are described as parameters."""
    return True if type(obj).__name__ == "_tuplegetter" else None


def setup(app):
    """Connect the functions above to the events of a build."""
    app.connect("autodoc-skip-member", _skip_tuple_fields)
    app.connect("build-finished", _describe)
