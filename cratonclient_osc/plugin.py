# SPDX-License-Identifier: Apache-2.0
"""The plugin of OpenStackClient: its options, and the client its commands use.

OpenStackClient imports this at every start, so it imports nothing slow.
"""

from __future__ import annotations

import argparse
import os
import typing as t

if t.TYPE_CHECKING:
    from cratonclient.v1 import client

API_NAME = "fleet_management"
API_VERSION_OPTION = "os_fleet_management_api_version"
DEFAULT_API_VERSION = "1"
API_VERSIONS = {"1": "cratonclient.v1.client.Client"}


def make_client(instance: t.Any) -> client.Client:
    """Make the client from what ``openstack`` knows of the cloud.

    :param instance: the client manager of OpenStackClient.
    :returns: a client that finds Craton in the catalogue, or where an
        override says it is.
    """
    from cratonclient import auth, session
    from cratonclient.v1 import client

    config = getattr(instance, "_cli_options", None)
    return client.Client(
        auth.bind(
            instance.session,
            region_name=instance.region_name,
            interface=instance.interface,
            endpoint_override=config and config.get_endpoint(session.SERVICE_TYPE),
        )
    )


def build_option_parser(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Add the global option of this plugin."""
    parser.add_argument(
        "--os-fleet-management-api-version",
        metavar="<fleet-management-api-version>",
        default=os.environ.get("OS_FLEET_MANAGEMENT_API_VERSION", DEFAULT_API_VERSION),
        help="Fleet management (Craton) API version, default="
        f"{DEFAULT_API_VERSION} (Env: OS_FLEET_MANAGEMENT_API_VERSION)",
    )
    return parser
