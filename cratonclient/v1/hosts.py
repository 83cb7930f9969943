# SPDX-License-Identifier: Apache-2.0
"""Hosts: servers, containers and virtual machines."""

from __future__ import annotations

import typing as t

from cratonclient import crud
from cratonclient.fields import Parameter, Sub
from cratonclient.v1 import devices, labels, shared


class Host(devices.Device):
    """A server, container or virtual machine in a region or a cell."""

    note = shared.NOTE
    labels = Sub(
        labels.LabelManager, list, "labels; lists can be filtered by them", shown="never"
    )
    variables = shared.variables("in addition to the inherited ones")

    operations = crud.ALL_OPERATIONS
    filters = shared.DEVICE_FILTERS
    parameters: t.ClassVar[crud.Parameters] = {
        "label": Parameter(str, "label of the host", compares="labels")
    }


class HostManager(crud.CRUDClient[Host]):
    """A manager for hosts."""

    key = "host"
    base_path = "/hosts"
    resource_class = Host
