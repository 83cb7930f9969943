# SPDX-License-Identifier: Apache-2.0
"""Hosts: servers, containers, virtual machines."""

from __future__ import annotations

import typing as t

from cratonclient import crud
from cratonclient.fields import Field, Sub
from cratonclient.v1 import devices, labels, variables


class Host(devices.Device):
    """A machine in a region or a cell."""

    note = Field(
        str, "free text", example="ask Ada first", null=True, update=True, max_length=65535
    )
    labels = Sub(labels.LabelManager, list, "words to find it by", shown="never")
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
    parameters: t.ClassVar[crud.Parameters] = {"label": Field(str, "label that it carries")}


class HostManager(crud.CRUDClient[Host]):
    """A manager for hosts."""

    key = "host"
    base_path = "/hosts"
    resource_class = Host
