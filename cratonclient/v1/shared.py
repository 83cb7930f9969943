# SPDX-License-Identifier: Apache-2.0
"""Fields that several kinds share."""

from __future__ import annotations

from cratonclient.fields import Cli, Field, Ref, Sub
from cratonclient.v1.variables import VariableManager

NOTE = Field(
    str,
    "free text",
    null=True,
    update=True,
    max_length=65535,
    cli=Cli(example="ask Ada first"),
)
PROJECT = Ref("projects", "project that owns the object", type=str, create=False)

#: The location of an object in the inventory.
CLOUD = Ref("clouds", "cloud that contains the object", required=True)
REGION = Ref("regions", "region that contains the object", required=True)

#: The location of an object that can move to another cell or region of its cloud.
MOVABLE_REGION = Ref(
    "regions", "region that contains the object", required=True, update=True, feature="moving"
)
MOVABLE_CELL = Ref(
    "cells",
    "cell that contains the object",
    null=True,
    update=True,
    clear=True,
    feature="moving",
)

#: Fields that lists of hosts and network devices can be filtered by.
DEVICE_FILTERS = (
    "id",
    "name",
    "ip_address",
    "device_type",
    "cloud_id",
    "region_id",
    "cell_id",
)


def variables(effect: str) -> Sub[VariableManager]:
    """Return the part for the variables of an object.

    :param effect: end of the help, such as ``'not inherited'``.
    """
    return Sub(VariableManager, dict, f"JSON variables, {effect}")


def name(scope: str, example: str = "") -> Field[str]:
    """Return the field for the name of an object.

    :param scope: kind of the object within which the name is unique, such as
        ``'region'``.
    :param example: name for the examples in the help of commands. The default is the
        key of the kind followed by ``1``, such as ``cell1``.
    """
    return Field(
        str,
        f"name, unique in the {scope}",
        required=True,
        update=True,
        cli=Cli(example=example),
    )
