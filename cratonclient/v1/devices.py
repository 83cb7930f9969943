# SPDX-License-Identifier: Apache-2.0
"""Devices: hosts and network devices together, which can only be listed."""

from __future__ import annotations

import typing as t

from cratonclient import crud
from cratonclient.fields import Field, Ref


class Device(crud.Resource):
    """What hosts and network devices have in common.

    A resource that extends another, as :class:`~cratonclient.v1.hosts.Host`
    extends this, is a kind of it: they share their ids and their names.
    """

    name = Field(
        str,
        "what it is called, unique in the region",
        required=True,
        update=True,
        example="web1",
    )
    ip_address = Field(str, "IPv4 or IPv6 address", required=True, update=True, format="ip")
    device_type = Field(
        str, "kind of device, such as server", example="server", required=True, update=True
    )
    active = Field(bool, "whether it is in use", default=True, update=True, off="inactive")
    cloud_id = Ref("clouds", "cloud it is in", required=True)
    region_id = Ref("regions", "region it is in", required=True)
    cell_id = Ref("cells", "cell it is in", null=True)
    parent_id = Ref(
        "devices", "device it is a part of", null=True, update=True, clear=True, cascade=False
    )
    project_id = Ref("projects", "project it belongs to", type=str, create=False)
    links = Field(list, "where it hangs in the fleet", items="object", stored=False)

    operations: t.ClassVar[tuple[crud.Operation, ...]] = ("list",)
    filters: t.ClassVar[tuple[str, ...]] = (
        "cloud_id",
        "region_id",
        "cell_id",
        "active",
        "parent_id",
    )
    parameters: t.ClassVar[crud.Parameters] = {
        "descendants": Field(bool, "also what is below the children of the parent"),
    }
    columns: t.ClassVar[tuple[str, ...]] = (
        "id",
        "name",
        "device_type",
        "ip_address",
        "region_id",
        "cell_id",
        "active",
    )
    unique = ("region_id", "name")
    inherits = ("parent_id", "cell_id", "region_id", "cloud_id", "project_id")


class DeviceManager(crud.CRUDClient[Device]):
    """A manager for devices. Their lists hold hosts and network devices apart."""

    key = "device"
    base_path = "/devices"
    resource_class = Device
    nested = True

    def list(self, **kwargs: t.Any) -> t.Iterator[Device]:  # type: ignore[override]
        """Generate the devices, as :meth:`cratonclient.crud.CRUDClient.list` does."""
        return super().list(**kwargs)
