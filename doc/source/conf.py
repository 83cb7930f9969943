# SPDX-License-Identifier: Apache-2.0
"""The Sphinx configuration of the documentation."""

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


def setup(app):
    """Connect the function above to the end of a build."""
    app.connect("build-finished", _describe)
