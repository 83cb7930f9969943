# SPDX-License-Identifier: Apache-2.0
"""Devices: hosts and network devices. The API can only list devices."""

from __future__ import annotations

import typing as t

from cratonclient import crud, v1
from cratonclient.fields import NOT_STORED, Cli, Field, Parameter, Ref, Storage
from cratonclient.v1 import shared


class Device(crud.Resource):
    """A device: the fields that hosts and network devices share.

    Hosts and network devices share one id sequence, and a name is unique among all
    devices of a region.
    """

    name = shared.name("region", example="web1")
    ip_address = Field(str, "IPv4 or IPv6 address", required=True, update=True, format="ip")
    device_type = Field(
        str,
        "type of device, such as server",
        required=True,
        update=True,
        cli=Cli(example="server"),
    )
    active = Field(
        bool,
        "device is in use",
        update=True,
        default=True,
        cli=Cli(off="inactive"),
    )
    cloud_id = shared.CLOUD
    region_id = shared.MOVABLE_REGION
    cell_id = shared.MOVABLE_CELL
    parent_id = Ref(
        "devices",
        "parent device, such as the host of a container",
        null=True,
        update=True,
        clear=True,
        storage=Storage(cascade=False),
    )
    project_id = shared.PROJECT
    links = Field(list, "link to the nearest ancestor", items="object", storage=NOT_STORED)

    operations: t.ClassVar[tuple[crud.Operation, ...]] = ("list",)
    filters: t.ClassVar[tuple[str, ...]] = (
        "cloud_id",
        "region_id",
        "cell_id",
        "active",
        "parent_id",
    )
    parameters: t.ClassVar[crud.Parameters] = {
        "descendants": Parameter(bool, "include all descendants of the parent device"),
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
    """A manager for devices. It lists hosts and network devices together."""

    key = "device"
    base_path = "/devices"
    resource_class = Device
    nested = True

    def __init__(self, session: t.Any, url: str, **extra_request_kwargs: t.Any) -> None:
        super().__init__(session, url, **extra_request_kwargs)
        #: The managers of the listed objects, by collection.
        self._managers: dict[str, crud.CRUDClient[t.Any]] = {}

    def list(self, **kwargs: t.Any) -> t.Iterator[Device]:  # type: ignore[override]
        """Generate the hosts and the network devices.

        :param kwargs: as for :meth:`cratonclient.crud.CRUDClient.list`.
        """
        return super().list(**kwargs)

    def _listed(self, item: dict[str, t.Any]) -> Device:
        """Return a host or a network device, by the list that it came in."""
        collection = getattr(item, "collection", "").replace("-", "_")
        if collection not in self._managers:
            try:
                manager = v1.manager(collection)(self.session, self.url)
            except LookupError:
                return super()._listed(item)
            manager.related, manager.reachable = self.related, self.reachable
            self._managers[collection] = manager
        manager = self._managers[collection]
        return t.cast("Device", manager.resource_class(manager, item, loaded=True))
