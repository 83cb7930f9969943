# SPDX-License-Identifier: Apache-2.0
"""Credentials from clouds.yaml, the configuration file of OpenStack clients.

openstacksdk defines the file format, so it reads the file. It is an optional dependency,
imported only when a cloud is opened.
"""

from __future__ import annotations

import contextlib
import difflib
import logging
import os
import typing as t

from keystoneauth1 import exceptions as ksa_exceptions
from keystoneauth1 import loading
from keystoneauth1 import session as ksa_session

from cratonclient import auth, exceptions, secrets, sentences
from cratonclient import session as craton_session
from cratonclient.http import ksa, retries, seconds
from cratonclient.process import environment

if t.TYPE_CHECKING:
    from openstack.config import cloud_region

INSTALL = "pip install 'python-cratonclient[clouds]'"

#: Credentials that openstacksdk may add itself, also if the auth type has no such option.
_ADDED_BY_LOADER = (
    "user_domain_id",
    "project_domain_id",
    "user_domain_name",
    "project_domain_name",
)


def open_session(
    name: str | None = None,
    credentials: t.Mapping[str, str] | None = None,
    **overrides: t.Any,
) -> craton_session.Session:
    """Build a session with the credentials of a cloud. This makes no request.

    The session finds Craton in the catalog, unless the cloud sets
    ``fleet_management_endpoint_override``.

    :param name: name of the cloud in clouds.yaml. The default is ``OS_CLOUD``, then the
        settings in the ``OS_*`` variables, then the only cloud of the file.
    :param credentials: credentials with precedence over those of the file. Credentials
        that the auth type of the cloud does not use are ignored.
    :param overrides: settings with precedence over those of the file, such as
        ``region_name``, ``interface`` or ``verify``.
    :returns: the session.
    :raises cratonclient.exceptions.ConfigurationError: if the cloud does not exist or
        cannot be used, or openstacksdk is not installed.

    >>> open_session('prod').get('/v1/hosts')
    <Response [200]>
    """
    cloud = load(name, credentials or {}, overrides)
    session = session_of(cloud, timeout=_timeout(cloud))
    return auth.bind(session, **endpoint_filter(cloud)._asdict())


def session_of(cloud: cloud_region.CloudRegion, **settings: t.Any) -> ksa_session.Session:
    """Return the session of a cloud, with its ``connect_retries`` and ``status_code_retries``.

    :param cloud: the cloud, as openstacksdk read it.
    :param settings: keywords of :func:`cratonclient.http.ksa.build`.
    """

    def construct(
        auth: t.Any, verify: t.Any, cert: t.Any, timeout: object, **options: t.Any
    ) -> ksa_session.Session:
        return ksa.build(auth, verify, cert, options=options, **settings)

    settings["retry"] = retry_numbers(cloud)
    cloud.set_session_constructor(t.cast("type[ksa_session.Session]", construct))
    return cloud.get_session()


def retry_numbers(cloud: cloud_region.CloudRegion) -> retries.Numbers:
    """Return the numbers of retries that a cloud sets.

    :param cloud: the cloud, as openstacksdk read it.
    :raises cratonclient.exceptions.ConfigurationError: if one is not a whole number, or
        negative.
    """
    service = craton_session.SERVICE_TYPE
    try:
        return retries.check(
            cloud.get_connect_retries(service), cloud.get_status_code_retries(service)
        )
    except (ValueError, TypeError, exceptions.CommandError) as exc:
        raise exceptions.ConfigurationError(
            f"The cloud {cloud.name!r} sets connect_retries or status_code_retries to a value "
            f"that is not a number of retries: {sentences.ended(str(exc))}",
            exception=exc,
        ) from exc


def _timeout(cloud: cloud_region.CloudRegion) -> float:
    """Return the timeout of a cloud in seconds.

    :raises cratonclient.exceptions.ConfigurationError: if it is not a positive number.
    """
    given = cloud.config.get("api_timeout")
    if given is None:
        return craton_session.DEFAULT_TIMEOUT
    number = given
    if isinstance(given, str):
        with contextlib.suppress(ValueError):
            number = seconds.parse(given)
    if not seconds.is_positive(number):
        raise exceptions.ConfigurationError(
            f"The cloud {cloud.name!r} sets api_timeout to {given!r}, which is not a positive "
            "number of seconds."
        )
    return float(number)


class EndpointFilter(t.NamedTuple):
    """The keywords of :func:`cratonclient.auth.bind`, which choose the endpoint of Craton."""

    region_name: str | None = None
    interface: str | list[str] | None = None
    endpoint_override: str | None = None


def endpoint_filter(cloud: cloud_region.CloudRegion) -> EndpointFilter:
    """Return the settings of a cloud that choose the endpoint of Craton.

    :param cloud: the cloud, as openstacksdk read it.
    """
    return EndpointFilter(
        cloud.get_region_name(craton_session.SERVICE_TYPE),
        cloud.get_interface(craton_session.SERVICE_TYPE),
        cloud.get_endpoint(craton_session.SERVICE_TYPE),
    )


def load(
    name: str | None, credentials: t.Mapping[str, str], overrides: dict[str, t.Any]
) -> cloud_region.CloudRegion:
    """Read a cloud of clouds.yaml. This makes no request.

    :param name: as for :func:`open_session`.
    :param credentials: as for :func:`open_session`.
    :param overrides: as for :func:`open_session`.
    :raises cratonclient.exceptions.ConfigurationError: if the cloud does not exist or
        cannot be used, or openstacksdk is not installed.
    """
    try:
        import openstack.exceptions
        from openstack.config import loader
    except ImportError as exc:
        raise exceptions.ConfigurationError(
            f"Reading clouds.yaml requires openstacksdk. Install it: {INSTALL}", exception=exc
        ) from exc
    if name is None:  # the environment decides
        environment.check_all()
    with _captured_warnings() as warnings:
        try:
            clouds = loader.OpenStackConfig(
                config_files=_files(loader, "clouds"),
                secure_files=_files(loader, "secure"),
                vendor_files=_files(loader, "clouds-public"),
            )
            _check_name(clouds, name, warnings)
            known = _check_credentials(clouds, name, overrides)
            given = {option: credentials[option] for option in known if option in credentials}
            cloud = clouds.get_one(cloud=name, **{**overrides, "auth": given})
            _timeout(cloud)  # the loader does not check it
            retry_numbers(cloud)
        except (openstack.exceptions.SDKException, ksa_exceptions.ClientException) as exc:
            raise _unusable(name, str(exc), exc) from exc
        except (AttributeError, TypeError, ValueError) as exc:
            # The loader does not validate the structure of the file. Its messages about
            # a wrong structure do not help, and may quote a password.
            raise _unusable(name, "the structure of its settings is not valid", exc) from exc
    for option, value in cloud.config["auth"].items():
        if secrets.is_secret(option):
            secrets.hide(value)
    return cloud


def _files(loader: t.Any, stem: str) -> list[str]:
    """Return the files to look for: those of openstacksdk outside the current directory.

    A file in the current directory may belong to another user, and could send the
    credentials to another server.

    :param loader: module of openstacksdk with the folders.
    :param stem: name of the file without its suffix, such as ``'clouds'``.
    """
    folders = (
        *(loader.CONFIG_HOME, loader.UNIX_CONFIG_HOME),
        *(loader.SITE_CONFIG_HOME, loader.UNIX_SITE_CONFIG_HOME),
    )
    suffixes = (*loader.YAML_SUFFIXES, *loader.JSON_SUFFIXES)
    # A user without a home directory has relative folders.
    absolute = [folder for folder in folders if os.path.isabs(folder)]
    return [os.path.join(folder, stem + suffix) for folder in absolute for suffix in suffixes]


def _check_name(clouds: t.Any, name: str | None, warnings: list[str]) -> None:
    """Refuse an unknown cloud. Suggest a similar name, or quote warnings about the file.

    :param warnings: messages of the loader about files that it cannot read.
    """
    known = [str(cloud) for cloud in clouds.get_cloud_names()]
    wanted = name or clouds.default_cloud
    if wanted is None or wanted in known:
        return
    if warnings:
        raise exceptions.ConfigurationError(
            f"There is no cloud {wanted!r}. {' '.join(warnings)}."
        )
    close = difflib.get_close_matches(wanted, known, n=1)
    hint = f"Did you mean {close[0]!r}?" if close else "Check clouds.yaml and OS_CLOUD."
    if os.path.exists("clouds.yaml") and not close:
        hint = (
            "The clouds.yaml in the current directory is not read. To use it, set "
            "OS_CLIENT_CONFIG_FILE to its path."
        )
    raise exceptions.ConfigurationError(f"There is no cloud {wanted!r}. {hint}")


def _check_credentials(
    clouds: t.Any, name: str | None, overrides: dict[str, t.Any]
) -> set[str]:
    """Refuse credentials that the auth type does not accept, such as a misspelled name.

    :returns: names of the credentials that the auth type accepts.
    """
    config = clouds.get_one(cloud=name, validate=False, **overrides).config
    _check_texts(name or clouds.default_cloud, {**config, **config["auth"]})
    auth_type = str(config["auth_type"])
    if auth_type in ("None", "none", ""):
        return set()
    options = loading.get_plugin_loader(auth_type).get_options()
    names = {str(option.dest) for option in options}
    known = names.union(*([old.dest for old in option.deprecated] for option in options))
    for given in config["auth"]:
        if given not in known and given not in _ADDED_BY_LOADER:
            close = difflib.get_close_matches(given, names, n=1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            raise exceptions.ConfigurationError(
                f"The cloud {name or clouds.default_cloud!r} sets {given!r} below 'auth', "
                f"but the auth type {auth_type!r} has no such option.{hint}"
            )
    return names


def _check_texts(cloud: object, settings: t.Mapping[str, t.Any]) -> None:
    """Refuse settings that begin or end with an invisible character.

    A password may begin or end with spaces: in a file, they are there only in quotes.
    """
    for option, value in settings.items():
        if isinstance(value, str):
            text = value.strip(" ") if secrets.is_secret(option) else value
            environment.check(f"The setting {option!r} of the cloud {cloud!r}", text)


def _unusable(name: str | None, why: str, exc: Exception) -> exceptions.ConfigurationError:
    which = f"The cloud {name!r}" if name else "The cloud configured by the environment"
    reason = sentences.ended(secrets.mask(" ".join(why.split())))
    return exceptions.ConfigurationError(f"{which} cannot be used: {reason}", exception=exc)


@contextlib.contextmanager
def _captured_warnings() -> t.Iterator[list[str]]:
    """Collect the warnings of the loader. It reports a broken file only as a warning."""
    found: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(secrets.mask(" ".join(record.getMessage().split())))

    logger, keep = logging.getLogger("openstack.config"), Keep(logging.WARNING)
    before = logger.propagate
    logger.propagate = False  # the warnings become part of an exception instead
    logger.addHandler(keep)
    try:
        yield found
    finally:
        logger.removeHandler(keep)
        logger.propagate = before
