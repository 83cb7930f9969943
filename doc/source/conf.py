# SPDX-License-Identifier: Apache-2.0
"""How Sphinx builds this documentation."""

from importlib import metadata

project = "python-cratonclient"
author = "the OpenStack developers"
project_copyright = author
release = metadata.version(project)
version = ".".join(release.split(".")[:2])

extensions = [
    "oslo_config.sphinxext",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
]
html_theme = "furo"
html_title = f"{project} {version}"

autodoc_member_order = "bysource"
autodoc_typehints = "description"


def _describe(app, exception):
    """Write the OpenAPI document, and the page of it, beside the documentation."""
    if exception or app.builder.name != "html":
        return
    import json
    import pathlib

    from cratonserver import app as server
    from cratonserver import docs, openapi, store

    # Nothing is stored there: the document follows from the declarations.
    described = openapi.document(server.routes(store.Store("sqlite:///unused.db")))
    folder = pathlib.Path(app.outdir) / "server"
    (folder / "openapi.json").write_text(json.dumps(described, indent=1), encoding="utf-8")
    (folder / "api.html").write_text(docs.page(described), encoding="utf-8")


def setup(app):
    """Register what this file adds to Sphinx."""
    app.connect("build-finished", _describe)
