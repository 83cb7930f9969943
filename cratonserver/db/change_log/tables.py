# SPDX-License-Identifier: Apache-2.0
"""The tables of the log.

A change is a row of ``changes``: who changed something, when and why. What it changed are
rows of ``change_rows``, which triggers write. For example, change 7 created host 12 with a
variable, and renamed region 3:

========= ======= ================ ===== ====== =================== ==========================
change_id seq     source           owner member before              after
========= ======= ================ ===== ====== =================== ==========================
7         101     host             12           NULL                ``{"id": 12, "name": …}``
7         102     device_variables 12    rack   NULL                ``{"row": 7}``
7         103     region           3            ``{"name": "east"}`` ``{"name": "west"}``
========= ======= ================ ===== ====== =================== ==========================

Each changed object has a row without a member, even if only its variables or labels changed.
Its source is the kind of the object. Null values are omitted. ``before`` and ``after`` of an
update have the columns that changed.

If an object was renamed or deleted, its row has its old name, and the project in which that
name is found.

Each project counts its changes from 1. So a revision says nothing about other projects.
"""

from __future__ import annotations

import dataclasses

import sqlalchemy as sa

from cratonserver.db import column_types


@dataclasses.dataclass(frozen=True)
class LogTables:
    """The tables of the log.

    :param changes: a row for each change.
    :param rows: a row for each value that a change changed.
    :param revisions: the last revision of each project, and the last one that was removed.
        Whoever updates a row of this table writes to the log of the project alone, until the
        transaction ends.
    """

    changes: sa.Table
    rows: sa.Table
    revisions: sa.Table


def add(metadata: sa.MetaData) -> LogTables:
    """Add the tables of the log.

    They refer to no project, because the log of a project outlives it.
    """
    return LogTables(_changes(metadata), _rows(metadata), _revisions(metadata))


def _changes(metadata: sa.MetaData) -> sa.Table:
    table = sa.Table(
        "changes",
        metadata,
        sa.Column("id", _big_id(), primary_key=True),
        sa.Column("project_id", column_types.identifier(str), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("created_at", column_types.TIMESTAMP, nullable=False),
        sa.Column("user_id", sa.Integer()),
        sa.Column("username", column_types.text(), nullable=False),
        sa.Column("key_name", column_types.text()),
        sa.Column("role", column_types.string(64), nullable=False),
        sa.Column("address", column_types.text()),
        sa.Column("request_id", column_types.text()),
        sa.Column("reason", column_types.text()),
        sa.Column("undoes", sa.BigInteger()),
        sqlite_autoincrement=True,
    )
    columns = table.c
    table.append_constraint(sa.UniqueConstraint(columns.project_id, columns.revision))
    sa.Index(None, columns.project_id, columns.username, columns.revision)
    sa.Index(None, columns.created_at)
    undoing = columns.undoes.is_not(None)
    sa.Index(
        "ix_changes_undoes",
        *(columns.project_id, columns.undoes, columns.revision),
        sqlite_where=undoing,
        postgresql_where=undoing,
    )
    return table


def _rows(metadata: sa.MetaData) -> sa.Table:
    table = sa.Table(
        "change_rows",
        metadata,
        sa.Column("seq", _big_id(), primary_key=True),
        sa.Column("change_id", sa.BigInteger(), nullable=False),
        sa.Column("source", column_types.string(255), nullable=False),
        sa.Column("owner", column_types.text(), nullable=False),
        sa.Column("member", column_types.text()),
        sa.Column("before", column_types.text()),
        sa.Column("after", column_types.text()),
        sa.Column("project_id", column_types.identifier(str)),
        sa.Column("old_name", column_types.text()),
    )
    columns = table.c
    sa.Index(None, columns.change_id, columns.source, columns.owner)
    objects = columns.member.is_(None)
    sa.Index(
        "ix_change_rows_objects",
        *(columns.source, columns.owner, columns.change_id),
        sqlite_where=objects,
        postgresql_where=objects,
    )
    known = columns.old_name.is_not(None)
    sa.Index(
        "ix_change_rows_old_names",
        *(columns.project_id, columns.source, columns.old_name, columns.owner),
        sqlite_where=known,
        postgresql_where=known,
    )
    return table


def _revisions(metadata: sa.MetaData) -> sa.Table:
    return sa.Table(
        "project_revisions",
        metadata,
        sa.Column("project_id", column_types.identifier(str), primary_key=True),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("pruned", sa.BigInteger(), nullable=False, server_default="0"),
        postgresql_with={"fillfactor": "50"},  # updates of a row stay on its page
    )


def _big_id() -> column_types.Type:
    # SQLite assigns ids only in a column of the type INTEGER.
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")
