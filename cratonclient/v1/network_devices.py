# SPDX-License-Identifier: Apache-2.0
"""Network devices: switches, routers, firewalls."""

from __future__ import annotations

import typing as t

from cratonclient import crud
from cratonclient.fields import NOT_STORED, Cli, Field, Sub
from cratonclient.v1 import devices, labels, shared

# A create request may contain these fields. The server returns them in its response to
# that request and does not store them.
_ECHO = {"null": True, "shown": "created", "storage": NOT_STORED}


class NetworkDevice(devices.Device):
    """A network device, such as a switch, in a region or a cell."""

    name = shared.name("region", example="sw1")
    # Unlike for hosts, an update request cannot change this.
    active = Field(
        bool,
        "device is in use",
        default=True,
        cli=Cli(off="inactive"),
    )
    model_name = Field(
        str, "model of the hardware", null=True, update=True, cli=Cli(example="S4048")
    )
    os_version = Field(str, "version of the operating system", null=True, update=True)
    vlans = Field(str, "VLANs that the device carries", null=True, update=True)
    access_secret_id = Field(int, "accepted, but not stored", **_ECHO)
    interface_id = Field(int, "accepted, but not stored", **_ECHO)
    network_id = Field(int, "accepted, but not stored", **_ECHO)
    labels = Sub(labels.LabelManager, list, "labels of the device", create=False, shown="never")
    variables = shared.variables("in addition to the inherited ones")

    operations = crud.ALL_OPERATIONS
    filters = shared.DEVICE_FILTERS
    parameters: t.ClassVar[crud.Parameters] = {}
    columns = (*devices.Device.columns, "model_name")


class NetworkDeviceManager(crud.CRUDClient[NetworkDevice]):
    """A manager for network devices."""

    key = "network_device"
    base_path = "/network-devices"
    resource_class = NetworkDevice
