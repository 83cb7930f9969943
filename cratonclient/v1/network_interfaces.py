# SPDX-License-Identifier: Apache-2.0
"""Network interfaces: how devices are attached to networks."""

from __future__ import annotations

from cratonclient import crud
from cratonclient.fields import Field, Ref


class NetworkInterface(crud.Resource):
    """A port of a device."""

    name = Field(
        str,
        "what it is called, unique in the device",
        required=True,
        update=True,
        example="eth0",
    )
    interface_type = Field(
        str,
        "kind of interface, such as ethernet",
        example="ethernet",
        required=True,
        update=True,
    )
    ip_address = Field(str, "IPv4 or IPv6 address", required=True, format="ip")
    device_id = Ref("devices", "device it belongs to", required=True)
    network_id = Ref("networks", "network it is attached to", null=True, cascade=False)
    vlan_id = Field(int, "number of its VLAN", null=True)
    vlan = Field(str, "its VLAN", example="storage", null=True, update=True)
    port = Field(int, "port of the device", null=True, update=True)
    speed = Field(int, "speed in Mbit/s", null=True, update=True, read_as=str)
    duplex = Field(str, "such as full", null=True, update=True)
    link = Field(str, "state of the link", null=True, update=True)
    cdp = Field(str, "Cisco Discovery Protocol", null=True, update=True)
    security = Field(str, "port security", null=True, update=True)
    project_id = Ref("projects", "project it belongs to", type=str, create=False)
    # They have no path of their own, so they are set once, when it is created.
    variables = Field(dict, "JSON values", shown="details", stored=False)

    filters = ("id", "ip_address", "device_id", "interface_type")
    columns = ("id", "name", "device_id", "network_id", "ip_address", "interface_type")
    unique = ("device_id", "name")


class NetworkInterfaceManager(crud.CRUDClient[NetworkInterface]):
    """A manager for network interfaces."""

    key = "network_interface"
    base_path = "/network-interfaces"
    resource_class = NetworkInterface
