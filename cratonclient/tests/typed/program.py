# SPDX-License-Identifier: Apache-2.0
"""A program that type checkers accept, and lines that they must not accept.

A line with a mistake ends with ``# error``. All other lines have none.
"""

from __future__ import annotations

import datetime
import typing as t

from cratonclient import crud
from cratonclient.v1 import client, types
from cratonclient.v1.hosts import Host, HostManager
from cratonclient.v1.network_devices import NetworkDevice
from cratonclient.v1.network_interfaces import NetworkInterface
from cratonclient.v1.regions import Region


def attributes(craton: client.Client, interface: NetworkInterface) -> None:
    """Read attributes of objects after create, get and list."""
    host = craton.hosts.get(1)
    t.assert_type(host, Host)
    t.assert_type(host.name, str)
    t.assert_type(host.note, str | None)
    t.assert_type(host.active, bool)
    t.assert_type(host.region_id, int)
    t.assert_type(host.cell_id, int | None)
    t.assert_type(host.created, datetime.datetime | None)
    t.assert_type(interface.speed, int | None)
    t.assert_type(interface.variables, dict[str, t.Any] | None)
    t.assert_type(craton.users.get(1).api_key, str | None)
    t.assert_type(host.to_dict(), types.HostDict)
    for device in craton.devices.list():
        t.assert_type(device, Host | NetworkDevice)
    host.nmae  # error
    host.to_dict()["nmae"]  # error
    craton.hostz  # error
    host.name = "web-2"  # error
    host.nmae = "web-2"  # error
    host.variables = {}  # error


def relations(host: Host, region: Region) -> None:
    """Follow references."""
    t.assert_type(host.region.cloud.name, str)
    if cell := host.cell:
        t.assert_type(cell.name, str)
    t.assert_type(region.hosts, HostManager)
    t.assert_type(host.project.name, str)
    host.cell.name  # error
    region.hostz  # error
    host.cloud.hosts.create(name="h", ip_address="10.0.0.1", device_type="server")


def keywords(craton: client.Client, region: Region, host: Host) -> None:
    """Call the methods of managers."""
    made = craton.hosts.create(
        name="web-1",
        ip_address="10.0.0.1",
        device_type="server",
        cloud_id=1,
        region=region,
        cell=None,
        variables={"rack": "r1"},
        labels=["web"],
        timeout=5,
    )
    t.assert_type(made, Host)
    craton.hosts.create(name="h", ip_address="10.0.0.1", device_type="server", nmae=1)  # error
    craton.hosts.create(name="h", ip_address="10.0.0.1")  # error
    craton.hosts.update(host, parent=None, connect_retries=0)
    craton.hosts.update(host, note=None)  # error
    craton.hosts.update(host, note=1)  # error
    craton.hosts.update(host, region=region, cell=None)
    craton.hosts.update(host, region=None)  # error
    craton.hosts.update(host, cloud_id=1)  # error
    host.update(note="x", parent=host)
    host.update(nmae="x")  # error
    craton.hosts.delete(host)
    craton.hosts.update(host, note="x", if_match=True)
    craton.hosts.update(host, note="x", if_match=7)  # error
    craton.hosts.delete(host, if_match=host.entity_tag)
    host.update(note="x", if_match=host)
    host.delete(if_match=True)
    t.assert_type(host.entity_tag, str | None)
    values: dict[str, int] = {"a": 1}
    host.variables.update(**values)
    host.variables.set("os.version", 13, if_match=True)
    host.labels.add("web", if_match=host.variables.get())
    craton.hosts.get(host, resolved_values=False)
    craton.hosts.get(host, resolved=False)  # error
    t.assert_type(craton.hosts.find(name="web-1", region=region), Host | None)
    t.assert_type(craton.hosts.get_or_create({"note": "x"}, name="w"), tuple[Host, bool])
    craton.hosts.find(name="web-1", cell=None, region_id=1, label="web", details=True)
    t.assert_type(craton.hosts.count(label="web"), int)
    craton.hosts.count(lable="web")  # error


def lists(craton: client.Client, region: Region) -> None:
    """List objects."""
    for host in craton.hosts.list(region=region, details=True, vars={"rack": "r1"}):
        t.assert_type(host, Host)
    craton.hosts.list(region_id="1", sort_keys=["name"], sort_dir="desc", limit=10)
    craton.hosts.list(region=None)  # error
    craton.hosts.list(name=["a", "b"])  # error
    craton.hosts.list(sort_dir="down")  # error
    craton.hosts.list(note="x")  # error
    craton.projects.list(name="alpha", marker=None)
    for page in craton.hosts.pages(name="web-1", ahead=False):
        t.assert_type(page[0]["name"], str)


def programs_of_2017(craton: client.Client, session: t.Any) -> None:
    """Use what programs of 2017 use."""
    manager = HostManager(session, "https://craton.example/v1", region_id=1)
    resource: crud.Resource = manager.get(item_id=1)
    t.assert_type(resource.human_id, str | None)
    craton.hosts.get(host_id=1)
    craton.hosts.create(True, name="h", ip_address="10.0.0.1", device_type="server")
    values: types.HostCreate = {"name": "h", "ip_address": "10.0.0.1", "device_type": "x"}
    craton.hosts.create(**values)
    changes: t.Any = {"note": "x"}
    craton.hosts.update(1, **changes)
