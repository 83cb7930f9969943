# SPDX-License-Identifier: Apache-2.0
"""Delete the entries of an index of variables together with their owners, on PostgreSQL.

A foreign key would do the same, but PostgreSQL checks it with a query for each new row: two
thirds of the time that 100,000 entries take. Nothing needs the check, because entries are
written in the transaction that writes the values, whose foreign key locks the owner. For
example::

    CREATE FUNCTION craton_delete_device_variable_keys() RETURNS trigger … AS $$ BEGIN
        DELETE FROM device_variable_keys WHERE owner_id = OLD.id;
        RETURN NULL;
    END $$
    CREATE TRIGGER craton_delete_device_variable_keys AFTER DELETE ON devices
    FOR EACH ROW EXECUTE FUNCTION craton_delete_device_variable_keys()
"""

from __future__ import annotations


def creation(owners: str, entries: str) -> list[str]:
    """Return the statements that create the trigger.

    :param owners: name of the table of the owners.
    :param entries: name of the table of the entries, which has a column ``owner_id``.
    """
    name = _name(entries)
    return [
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "  # noqa: S608
        f"DELETE FROM {entries} WHERE owner_id = OLD.id; RETURN NULL; END $$",
        f"CREATE TRIGGER {name} AFTER DELETE ON {owners} "
        f"FOR EACH ROW EXECUTE FUNCTION {name}()",
    ]


def removal(entries: str) -> str:
    """Return the statement that drops the trigger."""
    return f"DROP FUNCTION {_name(entries)} CASCADE"


def _name(entries: str) -> str:
    return f"craton_delete_{entries}"
