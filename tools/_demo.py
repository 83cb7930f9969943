# SPDX-License-Identifier: Apache-2.0
"""Create the demo fleet of tools/quickstart, or show it.

::

    python tools/_demo.py create DATABASE-URL
    python tools/_demo.py show

``show`` logs in with the environment variables of craton. It prints the fleet as a tree,
and where a host gets its variables from.
"""

from __future__ import annotations

import itertools
import os
import signal
import sys
import typing as t

from cratonclient import auth
from cratonclient.v1 import client

REGIONS = ("east", "west")
CELLS = ("a", "b")
HOSTS = ("web", "db")
#: The host whose variables are shown. It inherits from its region and its cloud.
HOST = "web-1"


def create(url: str) -> None:
    """Create a cloud with regions, cells and hosts that inherit variables.

    :param url: URL of an empty database, such as ``sqlite:///fleet.db``.
    """
    craton = client.Client(auth.create_session_with(None, True), url)
    cloud = craton.clouds.create(name="demo", variables={"ntp": "ntp.example.org"})
    numbers = itertools.count(1)
    for region_name in REGIONS:
        region = craton.regions.create(
            name=region_name, cloud_id=cloud.id, variables={"dns": f"dns.{region_name}"}
        )
        place: dict[str, t.Any] = {"cloud_id": cloud.id, "region_id": region.id}
        craton.networks.create(
            name="management",
            cidr="10.0.0.0/24",
            gateway="10.0.0.1",
            netmask="255.255.255.0",
            **place,
        )
        for cell_name in CELLS:
            cell = craton.cells.create(name=cell_name, **place)
            number = next(numbers)
            switch = craton.network_devices.create(
                name=f"switch-{number}",
                ip_address=f"10.0.{number}.1",
                device_type="switch",
                model_name="SW-48",
                cell_id=cell.id,
                **place,
            )
            for offset, role in enumerate(HOSTS, 10):
                craton.hosts.create(
                    name=f"{role}-{number}",
                    ip_address=f"10.0.{number}.{offset}",
                    device_type="server",
                    cell_id=cell.id,
                    parent_id=switch.id,
                    labels=[role],
                    variables={"role": role},
                    **place,
                )


def show() -> None:
    """Print the fleet as a tree, and where a host gets its variables from."""
    login = (os.environ[f"OS_{name}"] for name in ("USERNAME", "PASSWORD", "PROJECT_ID"))
    username, key, project_id = login
    session = auth.craton_auth(username=username, token=key, project_id=project_id)
    craton = client.Client(session, os.environ["CRATON_URL"])
    print("\nThe fleet, with the variables that each object sets itself:\n")
    print(*tree(craton), sep="\n")
    print(f"\nThe variables of {HOST}, and the object that it has each of them from:\n")
    print(*origins(craton, HOST), sep="\n")


def tree(craton: client.Client) -> t.Iterator[str]:
    """Yield the lines of the tree of a fleet: clouds, regions, cells and devices."""
    own: dict[str, t.Any] = {"details": True, "resolved_values": False}
    regions, cells = [*craton.regions.list(**own)], [*craton.cells.list(**own)]
    devices = [*craton.network_devices.list(**own), *craton.hosts.list(**own)]

    def below(place: t.Any, field: str, found: list[t.Any]) -> list[t.Any]:
        return [one for one in found if getattr(one, field) == place.id]

    for cloud in craton.clouds.list(details=True):
        yield described(cloud)
        for branch, inner, region in branches(below(cloud, "cloud_id", regions)):
            yield branch + described(region)
            for twig, leaf, cell in branches(below(region, "region_id", cells)):
                yield inner + twig + described(cell)
                for last, _, device in branches(below(cell, "cell_id", devices)):
                    yield inner + leaf + last + described(device)


def branches(found: list[t.Any]) -> t.Iterator[tuple[str, str, t.Any]]:
    """Yield objects, each with what is drawn before it and before what is in it."""
    for one in found:
        yield ("└── ", "    ", one) if one is found[-1] else ("├── ", "│   ", one)


def described(one: t.Any) -> str:
    """Return the name, the address and the variables of an object in one line."""
    known = one.to_dict()
    variables = [f"{name}={value}" for name, value in known["variables"].items()]
    return "  ".join([one.name, *filter(None, [known.get("ip_address")]), *variables])


def origins(craton: client.Client, name: str) -> t.Iterator[str]:
    """Yield a line for each variable of a host, with the object that sets it."""
    (host,) = craton.hosts.list(name=name, details=True)
    places: dict[str, t.Any] = {
        "the host itself": craton.hosts.get(host.id, resolved_values=False),
        "switch": craton.network_devices.get(host.parent_id, resolved_values=False),
        "cell": craton.cells.get(host.cell_id, resolved_values=False),
        "region": craton.regions.get(host.region_id, resolved_values=False),
        "cloud": craton.clouds.get(host.cloud_id),
    }
    for variable, value in sorted(host.to_dict()["variables"].items()):
        setting = (n for n, place in places.items() if variable in place.to_dict()["variables"])
        noun = next(setting)
        where = noun if noun == "the host itself" else f"the {noun} {places[noun].name}"
        yield f"    {variable:<6}{value:<18}from {where}"


if __name__ == "__main__":
    if sys.argv[1] == "create":
        create(sys.argv[2])
    else:
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # for: tools/quickstart | head
        show()
