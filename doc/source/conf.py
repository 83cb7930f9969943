# SPDX-License-Identifier: Apache-2.0
"""How Sphinx builds this documentation."""

import pathlib
import sys
from importlib import metadata

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE))

project = "python-cratonclient"
author = "the OpenStack developers"
project_copyright = author
release = metadata.version(project)
version = ".".join(release.split(".")[:2])

extensions = [
    "oslo_config.sphinxext",
    "parsers",
    "reno.sphinxext",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
]
# -- of an option is no dash, and what is quoted is often typed.
smartquotes = False
highlight_language = "text"
html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["custom.css"]
html_title = f"{project} {version}"

# One for each program, and one for each object: craton-host(1).
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


def _describe(app, exception):
    """Write the OpenAPI document, and the page of it, beside the documentation."""
    if exception or app.builder.name != "html":
        return
    import json
    import pathlib

    from cratonserver.api import application as server
    from cratonserver.db import store
    from cratonserver.openapi import document, page

    # Nothing is stored there: the document follows from the declarations.
    described = document.document(server.routes(store.Store("sqlite:///unused.db")))
    folder = pathlib.Path(app.outdir) / "server"
    (folder / "openapi.json").write_text(json.dumps(described, indent=1), encoding="utf-8")
    (folder / "api.html").write_text(page.page(described), encoding="utf-8")


def setup(app):
    """Register what this file adds to Sphinx."""
    app.connect("build-finished", _describe)
