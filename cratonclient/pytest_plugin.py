# SPDX-License-Identifier: Apache-2.0
"""A plugin for pytest: fixtures with fleets, for the tests of programs that use the library.

pytest imports this module in every run, so it imports nothing else before a fixture is used.
The module :mod:`cratonclient.testing` does the work.
"""

from __future__ import annotations

import contextlib
import typing as t

import pytest

if t.TYPE_CHECKING:
    from cratonclient.testing import Description, Server
    from cratonclient.v1.client import Client


@pytest.fixture
def craton_description() -> Description:
    """Return the description of the fleet of a test. Override it in a module or a class.

    It is empty by default.
    """
    return {}


@pytest.fixture
def craton(
    request: pytest.FixtureRequest, craton_description: Description
) -> t.Iterator[Client]:
    """Yield a client of the fleet of a test, which ``craton_description`` describes.

    In a test that uses ``craton_server`` as well, both have the same fleet.
    """
    from cratonclient import testing

    if "craton_server" in request.fixturenames:
        yield request.getfixturevalue("craton_server").client()
    else:
        with testing.fleet(craton_description) as client:
            yield client


@pytest.fixture
def craton_server(craton_description: Description) -> t.Iterator[Server]:
    """Yield a server of the fleet of a test, which ``craton_description`` describes."""
    from cratonclient import testing

    with testing.server(craton_description) as server:
        yield server


@pytest.fixture
def craton_fleet() -> t.Iterator[t.Callable[[Description], Client]]:
    """Yield a function that takes a description and returns a client of a fleet of its own."""
    from cratonclient import testing

    with contextlib.ExitStack() as stack:
        yield lambda description: stack.enter_context(testing.fleet(description))
