# SPDX-License-Identifier: Apache-2.0
"""Networks: ranges of addresses in a region or a cell."""

from __future__ import annotations

from cratonclient import crud
from cratonclient.fields import Field, Ref, Sub
from cratonclient.v1 import variables


class Network(crud.Resource):
    """A range of addresses."""

    name = Field(
        str,
        "what it is called, unique in the region",
        required=True,
        update=True,
        example="lan",
    )
    cidr = Field(
        str, "its range, such as 10.0.0.0/24", example="10.0.0.0/24", required=True, update=True
    )
    gateway = Field(
        str, "address of its gateway", example="10.0.0.1", required=True, update=True
    )
    netmask = Field(
        str,
        "its mask, such as 255.255.255.0",
        example="255.255.255.0",
        required=True,
        update=True,
    )
    ip_block_type = Field(
        str, "what the range is for", example="storage", null=True, update=True
    )
    nss = Field(str, "its name service", null=True, update=True)
    cloud_id = Ref("clouds", "cloud it is in", required=True)
    region_id = Ref("regions", "region it is in", required=True)
    cell_id = Ref("cells", "cell it is in", null=True)
    project_id = Ref("projects", "project it belongs to", type=str, create=False)
    variables = Sub(variables.VariableManager, dict, "JSON values")

    filters = ("id", "name", "region_id", "cell_id")
    columns = ("id", "name", "cidr", "gateway", "region_id", "cell_id")
    unique = ("project_id", "region_id", "name")


class NetworkManager(crud.CRUDClient[Network]):
    """A manager for networks."""

    key = "network"
    base_path = "/networks"
    resource_class = Network
