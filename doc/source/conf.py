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
