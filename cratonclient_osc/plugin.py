# SPDX-License-Identifier: Apache-2.0
"""The plugin of OpenStackClient: its global option, and the client of its commands.

OpenStackClient imports this module at every start, so it imports nothing slow at once.
It uses osc-lib, which comes with OpenStackClient; the program ``craton`` does not import
this module.
"""

from __future__ import annotations

import argparse
import importlib
import logging
import os
import typing as t

from cratonclient import secrets
from cratonclient.secrets import logs

if t.TYPE_CHECKING:
    from cratonclient.v1 import client

API_NAME = "fleet_management"
API_VERSION_OPTION = "os_fleet_management_api_version"
DEFAULT_API_VERSION = "1"
API_VERSIONS = {"1": "cratonclient.v1.client.Client"}

_VARIABLE = "OS_FLEET_MANAGEMENT_API_VERSION"


def _mask_command_line(message: str) -> str:
    """Mask the secrets in the command line that ``openstack --debug`` logs."""
    is_command_line = message.startswith("START")
    return secrets.mask_joined_words(message) if is_command_line else secrets.mask(message)


logs.install(_mask_command_line, "osc_lib.shell")


class _Told(logging.Filter):
    """Raise records to the level that ``openstack`` shows by default."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the level of a record, and keep it."""
        record.levelno, record.levelname = logging.WARNING, "WARNING"
        return True


_TOLD = _Told()


def make_client(instance: t.Any) -> client.Client:
    """Return a client with the session of ``openstack``.

    :param instance: client manager of OpenStackClient.
    :returns: a client that finds Craton in the catalog, or at the endpoint override of
        the cloud.
    :raises osc_lib.exceptions.UnsupportedVersion: if the API version is unknown.
    :raises cratonclient.exceptions.UnableToAuthenticate: if the credentials are
        incomplete.
    :raises cratonclient.exceptions.ConfigurationError: if an environment variable begins
        or ends with a blank or an invisible character, or a number of retries in clouds.yaml
        is not valid.
    """
    from osc_lib import exceptions as osc_exceptions

    from cratonclient import auth, exceptions, reasons, session
    from cratonclient.login import clouds_yaml
    from cratonclient.process import environment

    environment.check_all()
    # It tells the user that a fleet in a file was created.
    embedded = logging.getLogger("cratonserver.embedded")
    embedded.setLevel(logging.INFO)
    embedded.addFilter(_TOLD)
    client_class = _client_class(str(instance._api_version[API_NAME]))
    config = getattr(instance, "_cli_options", None)
    numbers = clouds_yaml.retry_numbers(config) if config else None
    try:
        bound = auth.bind(
            instance.session,
            region_name=instance.region_name,
            interface=instance.interface,
            endpoint_override=config and config.get_endpoint(session.SERVICE_TYPE),
            connect_retries=numbers and numbers.connect,
            status_code_retries=numbers and numbers.status,
        )
    except osc_exceptions.AuthorizationFailure as exc:
        raise exceptions.UnableToAuthenticate(str(exc), exception=exc) from exc
    return t.cast("client.Client", client_class(bound, reason=reasons.from_environment()))


def build_option_parser(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Add the global option of this plugin.

    :param parser: parser of the global options of OpenStackClient.
    """
    from osc_lib import utils

    _check_auth_type(os.environ.get("OS_AUTH_TYPE", ""))
    parser.add_argument(
        "--os-fleet-management-api-version",
        metavar="<fleet-management-api-version>",
        default=utils.env(_VARIABLE, default=DEFAULT_API_VERSION),
        help=f"Fleet management (Craton) API version, default={DEFAULT_API_VERSION} "
        f"(Env: {_VARIABLE})",
    )
    return parser


def _check_auth_type(name: str) -> None:
    """Warn of invisible characters around the name of the plugin of Craton.

    ``openstack`` then finds no plugin of that name, and does not show the characters.
    """
    if "craton" in name and name != "craton":
        from cratonclient import exceptions
        from cratonclient.process import environment

        try:
            environment.check("The environment variable OS_AUTH_TYPE", name)
        except exceptions.ConfigurationError as exc:
            logging.getLogger(__name__).warning("%s", exc)


def _client_class(version: str) -> t.Any:
    """Return the client class of an API version, such as ``1`` or ``1.0``.

    osc-lib has a function for this, but has deprecated it without a successor.
    """
    from osc_lib import exceptions as osc_exceptions

    path = API_VERSIONS.get(version.partition(".")[0])
    if path is None:
        raise osc_exceptions.UnsupportedVersion(
            f"There is no version {version!r} of the fleet management API. "
            f"Versions are: {', '.join(API_VERSIONS)}."
        )
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)
