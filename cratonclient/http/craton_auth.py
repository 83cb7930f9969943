# SPDX-License-Identifier: Apache-2.0
"""The keystoneauth plugin of Craton's own authentication.

Programs import :class:`CratonAuth` from :mod:`cratonclient.auth`. It lives here,
because a session makes one and :mod:`cratonclient.auth` makes sessions.
"""

from __future__ import annotations

import os

from keystoneauth1 import plugin as ksa_plugin
from keystoneauth1 import session as ksa_session

from cratonclient.http import credentials


class CratonAuth(ksa_plugin.FixedEndpointPlugin):
    """The keystoneauth plugin of Craton's own authentication.

    :param username: the user.
    :param project_id: UUID of the project that the user belongs to.
    :param token: the user's API key.
    :param endpoint: the URL of Craton, for programs that look it up; default
        is the environment variable ``CRATON_URL``.
    :raises cratonclient.exceptions.UnableToAuthenticate: when one is missing, or
        cannot be sent in a header.

    Source: wire document, section 2.
    """

    def __init__(
        self,
        username: str | None,
        project_id: str | None,
        token: str | None,
        endpoint: str | None = None,
    ) -> None:
        super().__init__(endpoint or os.environ.get("CRATON_URL"))
        credentials.headers(username, token, project_id)  # refuses what cannot be sent
        self.username = username
        self.project_id = project_id
        self.token = token

    def get_token(self, session: ksa_session.Session) -> str | None:
        """Give the API key."""
        return self.token

    def get_headers(self, session: ksa_session.Session) -> dict[str, str] | None:
        """Give the three headers that every request carries."""
        return credentials.headers(self.username, self.token, self.project_id)

    def get_project_id(self, session: ksa_session.Session) -> str | None:
        """Give the UUID of the project."""
        return self.project_id


CratonAuth.__module__ = "cratonclient.auth"
