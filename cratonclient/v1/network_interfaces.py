# SPDX-License-Identifier: Apache-2.0
"""Network interfaces: the ports of devices, which attach them to networks."""

from __future__ import annotations

from cratonclient import crud
from cratonclient.fields import NOT_STORED, Cli, Field, Ref, Storage
from cratonclient.v1 import shared


class NetworkInterface(crud.Resource):
    """A network interface of a device."""

    name = shared.name("device", example="eth0")
    interface_type = Field(
        str,
        "type of interface, such as ethernet",
        required=True,
        update=True,
        cli=Cli(example="ethernet"),
    )
    ip_address = Field(str, "IPv4 or IPv6 address", required=True, format="ip")
    device_id = Ref("devices", "device of the interface", required=True)
    network_id = Ref(
        "networks",
        "network of the interface",
        null=True,
        storage=Storage(cascade=False),
    )
    vlan_id = Field(int, "number of the VLAN", null=True)
    vlan = Field(str, "name of the VLAN", null=True, update=True, cli=Cli(example="storage"))
    port = Field(int, "number of the port", null=True, update=True)
    speed = Field(int, "speed in Mbit/s", null=True, update=True, read_as=str)
    duplex = Field(str, "duplex mode, such as full", null=True, update=True)
    link = Field(str, "state of the link", null=True, update=True)
    cdp = Field(str, "Cisco Discovery Protocol (CDP) setting", null=True, update=True)
    security = Field(str, "port security setting", null=True, update=True)
    project_id = shared.PROJECT
    # Not a part: the API has no path for these variables, so only a create request can
    # set them.
    variables = Field(dict, "JSON variables", shown="details", storage=NOT_STORED)

    filters = ("id", "ip_address", "device_id", "interface_type")
    columns = ("id", "name", "device_id", "network_id", "ip_address", "interface_type")
    unique = ("device_id", "name")


class NetworkInterfaceManager(crud.CRUDClient[NetworkInterface]):
    """A manager for network interfaces."""

    key = "network_interface"
    base_path = "/network-interfaces"
    resource_class = NetworkInterface
