# SPDX-License-Identifier: Apache-2.0
"""The fields that several kinds share, declared once."""

from __future__ import annotations

from cratonclient.fields import Cli, Field, Ref

NOTE = Field(
    str,
    "free text",
    null=True,
    update=True,
    max_length=65535,
    cli=Cli(example="ask Ada first"),
)
PROJECT = Ref("projects", "project it belongs to", type=str, create=False)

#: Where an object is.
CLOUD = Ref("clouds", "cloud it is in", required=True)
REGION = Ref("regions", "region it is in", required=True)
CELL = Ref("cells", "cell it is in", null=True)

#: What lists of hosts and of network devices can be filtered by.
DEVICE_FILTERS = (
    "id",
    "name",
    "ip_address",
    "device_type",
    "cloud_id",
    "region_id",
    "cell_id",
)


def name(scope: str, example: str = "") -> Field[str]:
    """Return the field for the name of an object.

    :param scope: what the name is unique in, such as ``'region'``.
    :param example: a name as a user types it. Without one, examples number the kind.
    """
    return Field(
        str,
        f"name, unique in the {scope}",
        required=True,
        update=True,
        cli=Cli(example=example),
    )
