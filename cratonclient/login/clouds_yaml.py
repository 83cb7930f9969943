# SPDX-License-Identifier: Apache-2.0
"""Clouds of clouds.yaml: the credentials that OpenStack's other tools use too.

openstacksdk reads the files, since it is what defines them. It is imported only
when a cloud is asked for, and is not installed unless somebody wants it.
"""

from __future__ import annotations

import contextlib
import difflib
import logging
import typing as t

from keystoneauth1 import exceptions as ksa_exceptions
from keystoneauth1 import loading

from cratonclient import auth, exceptions, secrets
from cratonclient import session as craton_session

if t.TYPE_CHECKING:
    from openstack.config import cloud_region

INSTALL = "pip install 'python-cratonclient[clouds]'"


def open_session(
    name: str | None = None,
    credentials: t.Mapping[str, str] | None = None,
    **overrides: t.Any,
) -> craton_session.Session:
    """Make a session with the credentials of a cloud.

    :param name: the cloud in clouds.yaml; left out, the one of ``OS_CLOUD``, of
        the ``OS_*`` variables, or the only one there is.
    :param credentials: what goes before the credentials of the file. What the way
        to log in of the cloud does not know is left out.
    :param overrides: settings that go before those of the file, such as
        ``region_name``, ``interface`` or ``verify``.
    :returns: a session that finds Craton in the catalogue, or where
        ``fleet_management_endpoint_override`` of the cloud says. No request is
        made.
    :raises cratonclient.exceptions.ConfigurationError: when there is no such
        cloud, or it cannot be used.

    >>> open_session('prod').get('/v1/hosts')
    <Response [200]>
    """
    region = load(name, credentials or {}, overrides)
    session = region.get_session()
    timeout = region.config.get("api_timeout") or craton_session.DEFAULT_TIMEOUT
    craton_session.configure(session, float(timeout))
    return auth.bind(session, **place_of(region)._asdict())


class Place(t.NamedTuple):
    """Where to find Craton in a catalogue: the keywords of :func:`cratonclient.auth.bind`."""

    region_name: str | None = None
    interface: str | list[str] | None = None
    endpoint_override: str | None = None


def place_of(region: cloud_region.CloudRegion) -> Place:
    """Return where a cloud says that Craton is.

    :param region: the cloud, as openstacksdk has read it.
    """
    return Place(
        region.get_region_name(craton_session.SERVICE_TYPE),
        region.get_interface(craton_session.SERVICE_TYPE),
        region.get_endpoint(craton_session.SERVICE_TYPE),
    )


def load(
    name: str | None, credentials: t.Mapping[str, str], overrides: dict[str, t.Any]
) -> cloud_region.CloudRegion:
    """Read a cloud of clouds.yaml, without making a request.

    :param name: as for :func:`open_session`, like the other parameters.
    :raises cratonclient.exceptions.ConfigurationError: if there is no such cloud, or
        it cannot be used.
    """
    try:
        import openstack.exceptions
        from openstack.config import loader
    except ImportError as exc:
        raise exceptions.ConfigurationError(
            f"To read clouds.yaml, openstacksdk must be installed: {INSTALL}", exception=exc
        ) from exc
    with _warnings() as warnings:
        try:
            clouds = loader.OpenStackConfig()
            _check_name(clouds, name, warnings)
            known = _check_credentials(clouds, name, overrides)
            given = {option: credentials[option] for option in known if option in credentials}
            return clouds.get_one(cloud=name, **{**overrides, "auth": given})
        except (openstack.exceptions.SDKException, ksa_exceptions.ClientException) as exc:
            raise _unusable(name, str(exc), exc) from exc
        except (AttributeError, TypeError, ValueError) as exc:
            # The loader takes it that the files have the right shape. What it says
            # of a wrong one is of no use, and may quote a password.
            raise _unusable(name, "its settings do not have the shape of a cloud", exc) from exc


def _check_name(clouds: t.Any, name: str | None, warnings: list[str]) -> None:
    """Refuse a cloud that is not there, with what was meant or is wrong."""
    known = [str(cloud) for cloud in clouds.get_cloud_names()]
    wanted = name or clouds.default_cloud
    if wanted is None or wanted in known:
        return
    if warnings:
        raise exceptions.ConfigurationError(
            f"There is no cloud {wanted!r}. {' '.join(warnings)}."
        )
    close = difflib.get_close_matches(wanted, known, n=1)
    hint = f"Did you mean {close[0]!r}?" if close else "See clouds.yaml, and OS_CLOUD."
    raise exceptions.ConfigurationError(f"There is no cloud {wanted!r}. {hint}")


def _check_credentials(
    clouds: t.Any, name: str | None, overrides: dict[str, t.Any]
) -> set[str]:
    """Refuse credentials that the way to log in does not know: a typo, mostly.

    :returns: those that it knows.
    """
    config = clouds.get_one(cloud=name, validate=False, **overrides).config
    kind = str(config["auth_type"])
    if kind in ("None", "none", ""):
        return set()
    options = loading.get_plugin_loader(kind).get_options()
    names = {option.dest for option in options}
    known = names.union(*([old.dest for old in option.deprecated] for option in options))
    for given in config["auth"]:
        # get_one() fills in some of these itself.
        if given not in known and given not in _DEFAULTS:
            close = difflib.get_close_matches(given, names, n=1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            raise exceptions.ConfigurationError(
                f"The cloud {name or clouds.default_cloud!r} has {given!r} below 'auth', "
                f"which the type {kind!r} does not know.{hint}"
            )
    return {str(option) for option in names}


_DEFAULTS = ("user_domain_id", "project_domain_id", "user_domain_name", "project_domain_name")


def _unusable(name: str | None, why: str, exc: Exception) -> exceptions.ConfigurationError:
    which = f"The cloud {name!r}" if name else "The cloud of the environment"
    reason = secrets.mask(" ".join(why.split())).rstrip(".")
    return exceptions.ConfigurationError(f"{which} cannot be used: {reason}.", exception=exc)


@contextlib.contextmanager
def _warnings() -> t.Iterator[list[str]]:
    """Take what the loader warns of: that is all it does with a broken file."""
    found: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(secrets.mask(" ".join(record.getMessage().split())))

    logger, keep = logging.getLogger("openstack.config"), Keep(logging.WARNING)
    before = logger.propagate
    logger.propagate = False  # it becomes part of an error
    logger.addHandler(keep)
    try:
        yield found
    finally:
        logger.removeHandler(keep)
        logger.propagate = before
