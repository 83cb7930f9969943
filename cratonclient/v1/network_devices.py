# SPDX-License-Identifier: Apache-2.0
"""Network devices: switches, routers, firewalls."""

from __future__ import annotations

import typing as t

from cratonclient import crud
from cratonclient.fields import Field, Sub
from cratonclient.v1 import devices, labels, variables

# Accepted when a network device is created, shown once, and not kept.
_ECHO = {"null": True, "shown": "created", "stored": False}


class NetworkDevice(devices.Device):
    """A switch, router or the like in a region or a cell."""

    name = Field(
        str,
        "what it is called, unique in the region",
        required=True,
        update=True,
        example="sw1",
    )
    active = Field(bool, "whether it is in use", default=True, off="inactive")
    model_name = Field(str, "model of the hardware", example="S4048", null=True, update=True)
    os_version = Field(str, "version of its software", null=True, update=True)
    vlans = Field(str, "VLANs that it carries", null=True, update=True)
    access_secret_id = Field(int, "accepted, not kept", **_ECHO)
    interface_id = Field(int, "accepted, not kept", **_ECHO)
    network_id = Field(int, "accepted, not kept", **_ECHO)
    labels = Sub(labels.LabelManager, list, "words to find it by", create=False, shown="never")
    variables = Sub(variables.VariableManager, dict, "JSON values, beside the inherited ones")

    operations = ("list", "get", "create", "update", "delete")
    filters = (
        "id",
        "name",
        "ip_address",
        "device_type",
        "cloud_id",
        "region_id",
        "cell_id",
    )
    parameters: t.ClassVar[crud.Parameters] = {}
    columns = (*devices.Device.columns, "model_name")


class NetworkDeviceManager(crud.CRUDClient[NetworkDevice]):
    """A manager for network devices."""

    key = "network_device"
    base_path = "/network-devices"
    resource_class = NetworkDevice
