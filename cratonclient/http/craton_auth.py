# SPDX-License-Identifier: Apache-2.0
"""The keystoneauth plugin of Craton's own authentication.

The public name is ``cratonclient.auth.CratonAuth``. The class is defined here, because
:mod:`cratonclient.session` uses it and :mod:`cratonclient.auth` imports that module.
"""

from __future__ import annotations

import typing as t

from keystoneauth1 import plugin as ksa_plugin
from keystoneauth1 import session as ksa_session

from cratonclient.http import credentials
from cratonclient.process import environment


class CratonAuth(ksa_plugin.FixedEndpointPlugin):
    """The keystoneauth plugin of Craton's own authentication.

    :param username: name of the user.
    :param project_id: UUID of the user's project.
    :param token: API key of the user.
    :param endpoint: URL of Craton. The default is the environment variable
        ``CRATON_URL``.
    :raises cratonclient.exceptions.UnableToAuthenticate: if a credential is missing
        or cannot be sent in an HTTP header.
    :raises cratonclient.exceptions.ConfigurationError: if ``CRATON_URL`` begins or ends
        with a blank or an invisible character.

    >>> plugin = CratonAuth(username='demo', project_id=PROJECT_ID, token='demo')
    """

    def __init__(
        self,
        username: str | None,
        project_id: str | None,
        token: str | None,
        endpoint: str | None = None,
    ) -> None:
        super().__init__(endpoint or environment.get("CRATON_URL"))
        credentials.headers(username, token, project_id)  # raises if one is not valid
        self.username = username
        self.project_id = project_id
        self.token = token

    def get_token(self, session: ksa_session.Session, **kwargs: t.Any) -> str | None:
        """Return the API key."""
        return self.token

    def get_headers(
        self, session: ksa_session.Session, **kwargs: t.Any
    ) -> dict[str, str] | None:
        """Return the three authentication headers of a request."""
        return credentials.headers(self.username, self.token, self.project_id)

    def get_project_id(self, session: ksa_session.Session) -> str | None:
        """Return the UUID of the project."""
        return self.project_id


# Show the public name in tracebacks and in the documentation, and use it in pickles.
CratonAuth.__module__ = "cratonclient.auth"
