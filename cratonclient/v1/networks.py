# SPDX-License-Identifier: Apache-2.0
"""Networks: address ranges in a region or a cell."""

from __future__ import annotations

from cratonclient import crud
from cratonclient.fields import Cli, Field
from cratonclient.v1 import shared


class Network(crud.Resource):
    """A network: an address range in a region or a cell."""

    name = shared.name("region", example="lan")
    cidr = Field(
        str,
        "address range, such as 10.0.0.0/24",
        required=True,
        update=True,
        format="cidr",
        cli=Cli(example="10.0.0.0/24"),
    )
    gateway = Field(
        str,
        "address of the gateway in the network, such as 10.0.0.1",
        required=True,
        update=True,
        format="ip",
        within="cidr",
        cli=Cli(example="10.0.0.1"),
    )
    netmask = Field(
        str,
        "network mask, such as 255.255.255.0",
        required=True,
        update=True,
        format="netmask",
        within="cidr",
        cli=Cli(example="255.255.255.0"),
    )
    ip_block_type = Field(
        str, "purpose of the address range", null=True, update=True, cli=Cli(example="storage")
    )
    nss = Field(str, "name service", null=True, update=True)
    cloud_id = shared.CLOUD
    region_id = shared.MOVABLE_REGION
    cell_id = shared.MOVABLE_CELL
    project_id = shared.PROJECT
    variables = shared.variables("without inheritance")

    filters = ("id", "name", "region_id", "cell_id")
    columns = ("id", "name", "cidr", "gateway", "region_id", "cell_id")
    unique = ("project_id", "region_id", "name")


class NetworkManager(crud.CRUDClient[Network]):
    """A manager for networks."""

    key = "network"
    base_path = "/networks"
    resource_class = Network
