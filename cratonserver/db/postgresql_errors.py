# SPDX-License-Identifier: Apache-2.0
"""The causes of errors of PostgreSQL, and what to do about them."""

from __future__ import annotations

import re

import sqlalchemy as sa

from cratonserver.db import postgresql_connection
from cratonserver.db.dialect import BUSY_TIMEOUT, Diagnosis

_BUSY = Diagnosis("is busy", "Try again.", retryable=True)
_DOWN = Diagnosis(
    "cannot be reached", "Check that PostgreSQL runs there and accepts connections."
)
_LOGIN = Diagnosis("refuses the user", "Check the name and the password in the URL.")
_RIGHTS = Diagnosis(
    "denies privileges to this user",
    "Make the user the owner of the database: ALTER DATABASE ... OWNER TO ....",
)
_NO_DATABASE = Diagnosis(
    "does not exist", "Create it with createdb, with the user as its owner."
)

_UNKNOWN_OUTCOME = Diagnosis(
    "was lost while it committed the change, which may or may not have been made",
    "Look at the fleet before you repeat the request.",
)
#: The cause of an error of a statement that writes to a standby, and its SQLSTATE.
READ_ONLY = Diagnosis(
    "is read-only", "Use the URL of the primary, or name the primary and its standbys."
)
READ_ONLY_STATE = "25006"

#: Causes of errors by SQLSTATE, or by its class (appendix A of the PostgreSQL documentation).
_BY_SQLSTATE = {
    "08": _DOWN,
    READ_ONLY_STATE: READ_ONLY,
    "28": _LOGIN,
    "3D": _NO_DATABASE,
    "40": _BUSY,
    "42501": _RIGHTS,
    "53": Diagnosis("is out of resources", "Free disk space, or allow more connections."),
    "55P03": Diagnosis(
        "is locked",
        f"Another transaction has held a lock for {BUSY_TIMEOUT} seconds.",
        waited=True,
    ),
    "57": _DOWN,
    "57014": Diagnosis(
        "canceled a statement",
        "Check statement_timeout of the database and its user.",
        waited=True,
    ),
    "58": Diagnosis("cannot be read or written", "Check its disk."),
    "XX001": Diagnosis("is damaged", "Restore it from a backup."),
    "XX002": Diagnosis("is damaged", "Restore it from a backup."),
}
_PARAMETER = Diagnosis(
    "has an unknown or invalid parameter in its URL",
    "Correct it: PostgreSQL documents the parameters of libpq.",
)
#: Causes of errors by message. Errors of opening a connection have no SQLSTATE.
_BY_MESSAGE = (
    (
        re.compile("connection is bad: invalid|(unrecognized .*|invalid value for) parameter"),
        _PARAMETER,
    ),
    (re.compile("password|role .* does not exist|pg_hba.conf"), _LOGIN),
    (re.compile("database .* does not exist"), _NO_DATABASE),
    (re.compile("permission denied for database"), _RIGHTS),
    (re.compile("too many|connection slots"), _BY_SQLSTATE["53"]),
    (
        re.compile("session is read-only"),
        Diagnosis("has no primary at the moment", "Promote a standby, or start the primary."),
    ),
)


def diagnose(error: sa.exc.DBAPIError) -> Diagnosis | None:
    """Return the cause of an error, ``None`` if it is a bug of this server."""
    if isinstance(error.orig, postgresql_connection.UnknownOutcome):
        return _UNKNOWN_OUTCOME
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return _BY_SQLSTATE.get(state) or _BY_SQLSTATE.get(state[:2])
    if isinstance(error, sa.exc.OperationalError) or error.connection_invalidated:
        message = str(error.orig)
        return next((found for words, found in _BY_MESSAGE if words.search(message)), _DOWN)
    return _PARAMETER if "invalid connection option" in str(error.orig) else None
