# SPDX-License-Identifier: Apache-2.0
"""Read the configuration from options, environment variables and files.

Options take precedence over environment variables, and those over files. oslo.config does
the reading, as in all OpenStack services: INI files with sections, and environment variables
``OS_<GROUP>__<NAME>``. :mod:`cratonserver.config.settings` declares the settings.
"""

from __future__ import annotations

import dataclasses
import os
import re
import typing as t

from oslo_config import cfg, types

from cratonclient import exceptions, secrets
from cratonclient.process import environment
from cratonserver.config import files as files_module
from cratonserver.config import settings, variables
from cratonserver.config.files import Files
from cratonserver.config.settings import TOP, Declaration

#: The configuration file, if no other is named.
DEFAULT_FILE = "/etc/craton/craton-server.conf"
#: The environment variable with the path of the configuration file. Programs without
#: options, such as gunicorn, use it.
FILE_VARIABLE = "CRATON_SERVER_CONFIG"
#: The short name of the environment variable ``OS_DEFAULT__DATABASE``.
DATABASE_VARIABLE = "CRATON_DATABASE"
#: The section of keystonemiddleware, which reads it itself.
KEYSTONE = "keystone_authtoken"
#: Its options without which the server does not start.
_REQUIRED = ("www_authenticate_uri", "auth_url")


class ConfigurationError(Exception):
    """The configuration is invalid. The message is one line and names the place."""


@dataclasses.dataclass(frozen=True)
class Configuration:
    """A configuration and its sources.

    :param settings: the settings.
    :param origins: source of each setting, by group and name.
    :param parsed: the configuration as an object of oslo.config, for keystonemiddleware.
    :param middleware: options of keystonemiddleware.
    :param files: names of the files that were read, by the path in ``parsed``.
    """

    settings: settings.Settings
    origins: t.Mapping[tuple[str, str], str]
    parsed: cfg.ConfigOpts
    middleware: t.Collection[cfg.Opt] = ()
    files: Files = dataclasses.field(default_factory=dict)

    def lines(self) -> t.Iterator[str]:
        """Yield the lines of ``craton-server config``: each value, masked, and its source."""
        group = None
        for declared in settings.declarations():
            if declared.group != group:
                group = declared.group
                yield f"[{group}]" if group == TOP else f"\n[{group}]"
            holder = self.settings if group == TOP else getattr(self.settings, group)
            value = getattr(holder, declared.name)
            text = ",".join(value) if isinstance(value, tuple) else str(value)
            origin = self.origins[group, declared.name]
            yield f"{declared.name} = {secrets.mask_url(text)}  ({origin})"
        yield from self._middleware_lines()

    def _middleware_lines(self) -> t.Iterator[str]:
        """Yield the options of keystonemiddleware that are set. Most of them never are."""
        shown = False
        for option in self.middleware:
            location = self.parsed.get_location(option.dest, KEYSTONE)
            if location is None or not location.location.is_user_controlled:
                continue
            if not shown:
                yield f"\n[{KEYSTONE}]"
            shown = True
            hidden = option.secret or secrets.is_secret(option.dest)
            value = secrets.MASK if hidden else self.parsed[KEYSTONE][option.dest]
            origin = self.files.get(str(location.detail), location.detail)
            yield f"{option.dest} = {secrets.mask_url(str(value))}  ({origin})"


def load(given: t.Mapping[str, t.Any], files: t.Sequence[str] = ()) -> Configuration:
    """Read the configuration.

    :param given: values of command line options, by the name of the setting.
    :param files: paths of files to read; later files take precedence. The default is the
        file that ``CRATON_SERVER_CONFIG`` names, or else ``/etc/craton/craton-server.conf``
        if it exists.
    :raises ConfigurationError: if a value is invalid, or an option or section is unknown.
    """
    _check_environment()
    try:
        with files_module.readable(files or _default_files()) as readable:
            return _load(given, readable)
    except files_module.EncodingError as exc:
        raise ConfigurationError(str(exc)) from exc


def _load(given: t.Mapping[str, t.Any], files: Files) -> Configuration:
    """Read the configuration from files that can be read.

    :raises ConfigurationError: as for :func:`load`.
    """
    parsed = _parse(files, list_opts())
    overrides = _overrides(given)
    values: dict[tuple[str, str], t.Any] = {}
    origins: dict[tuple[str, str], str] = {}
    for declared in settings.declarations():
        place = declared.group, declared.name
        override = overrides.get(declared.name)
        values[place] = _value(parsed, declared, override, files)
        origins[place] = override.origin if override else _origin(parsed, declared, files)
        _check_text(f"{origins[place]}: [{declared.group}] {declared.name}", values[place])
    result = settings.from_values(values)
    middleware = _register_middleware(parsed) if result.auth == "keystone" else None
    known = _known_options({KEYSTONE: middleware})
    for message in (
        *files_module.unread(files, known),
        *files_module.repeated(files, dict(list_opts())),
        *variables.unread(known),
    ):
        raise ConfigurationError(message)
    _check_middleware(parsed, middleware or ())
    _refuse_misspelled(files, origins)
    return Configuration(result, origins, parsed, middleware or (), dict(files))


def _check_environment() -> None:
    """Check that the environment variables of the server have no invisible characters.

    :raises ConfigurationError: for the first variable that begins or ends with one.
    """
    for name in os.environ:
        if name in (FILE_VARIABLE, DATABASE_VARIABLE) or re.match("OS_.*__", name):
            _check_text(f"The environment variable {name}", os.environ[name])


def _check_text(source: str, value: object) -> None:
    """Check that a value is not a text that begins or ends with an invisible character.

    :param source: origin of the value, as the start of a message.
    :raises ConfigurationError: with the name of the character.
    """
    if isinstance(value, str):
        try:
            environment.check(source, value)
        except exceptions.ConfigurationError as exc:
            raise ConfigurationError(str(exc)) from exc


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    """Return all settings as options of oslo.config, by group.

    ``oslo-config-generator`` and the documentation call this by entry point.
    """
    groups: dict[str, list[cfg.Opt]] = {}
    for declared in settings.declarations():
        groups.setdefault(declared.group, []).append(_option(declared))
    return list(groups.items())


def option_of(name: str) -> str:
    """Return the command line option of a setting.

    >>> option_of("body_size")
    '--body-size'
    """
    return f"--{name.replace('_', '-')}"


class _Checked(types.String):
    """An oslo.config type for a text that a function validates."""

    def __init__(self, check: t.Callable[[str], object]) -> None:
        super().__init__()
        self._check = check

    def __call__(self, value: t.Any) -> str:
        text = super().__call__(value)
        self._check(text)
        return text


class _WholeNumber(types.Integer):
    """An oslo.config type for a number, only as it is printed: not ``1_0``, ``010`` or nothing.

    Python would read the first two as 10, and oslo.config the last one as ``None``.
    """

    def __call__(self, value: t.Any) -> int:
        if not re.fullmatch("0|[1-9][0-9]*", str(value)):
            raise ValueError(f"{value!r} is not a whole number")
        return t.cast("int", super().__call__(value))


def _option(declared: Declaration) -> cfg.Opt:
    setting = declared.setting
    options: dict[str, t.Any] = {"default": declared.default, "help": setting.help}
    if declared.type is int:
        number = _WholeNumber(min=setting.minimum, max=setting.maximum)
        return cfg.Opt(declared.name, type=number, **options)
    if declared.type is bool:
        return cfg.BoolOpt(declared.name, **options)
    if declared.type is tuple:
        options["default"] = list(declared.default)
        choices = list(setting.choices) or None
        item = _Checked(setting.check) if setting.check else types.String(choices=choices)
        return cfg.ListOpt(declared.name, item_type=item, **options)
    if setting.check:
        return cfg.Opt(declared.name, type=_Checked(setting.check), **options)
    return cfg.StrOpt(declared.name, choices=list(setting.choices.items()) or None, **options)


class Override(t.NamedTuple):
    """A value from the command line or from ``CRATON_DATABASE``.

    :param value: the value. Unlike in a file, ``$`` has no special meaning.
    :param origin: source of the value, for messages.
    """

    value: t.Any
    origin: str


def _overrides(given: t.Mapping[str, t.Any]) -> dict[str, Override]:
    """Return the values that take precedence over environment and files, by name."""
    overrides = {name: Override(value, option_of(name)) for name, value in given.items()}
    short = os.environ.get(DATABASE_VARIABLE)
    if short is not None and "OS_DEFAULT__DATABASE" not in os.environ:
        overrides.setdefault("database", Override(short, DATABASE_VARIABLE))
    return overrides


def _parse(files: Files, options: t.Iterable[tuple[str, list[cfg.Opt]]]) -> cfg.ConfigOpts:
    """Parse files with oslo.config, which validates a value when it is first read."""
    parsed = cfg.ConfigOpts()
    for group, found in options:
        parsed.register_opts(found, group=_oslo_group(group))
    try:
        parsed([], project="craton", default_config_files=[*files], default_config_dirs=[])
    except cfg.Error as exc:
        message = str(exc)
        for path, name in files.items():
            message = message.replace(path, name)
        raise ConfigurationError(message) from exc
    except OSError as exc:
        raise ConfigurationError(f"{', '.join(files.values())}: {exc}") from exc
    return parsed


def _oslo_group(group: str) -> str | None:
    """Return the name of a group in oslo.config."""
    return None if group == TOP else group


def _value(
    parsed: cfg.ConfigOpts,
    declared: Declaration,
    override: Override | None,
    files: Files,
) -> t.Any:
    """Return the value of one setting.

    :raises ConfigurationError: if it is invalid.
    """
    group, name = _oslo_group(declared.group), declared.name
    try:
        if override:
            literal = override.value
            if isinstance(literal, str):
                literal = literal.replace("$", "$$")
            parsed.set_override(name, literal, group)
        value = (parsed if group is None else parsed[group])[name]
    except (ValueError, cfg.Error) as exc:
        origin, text = override.origin if override else "", override.value if override else ""
        if not override:
            origin, text = _invalid_value(declared, files)
        shown = secrets.mask_url(str(text))
        # oslo.config writes its own words and a colon before the message of a check.
        reason = (
            str(exc).rpartition(": ")[2] if declared.setting.check else _requirement(declared)
        )
        if not isinstance(exc, ValueError):
            reason = "a literal $ must be written $$"
        raise ConfigurationError(
            f"{origin}: [{declared.group}] {name} = {shown!r}: {reason}"
        ) from exc
    return tuple(value) if declared.type is tuple else value


def _origin(parsed: cfg.ConfigOpts, declared: Declaration, files: Files) -> str:
    """Return where a value comes from: a variable, a file, or the default."""
    location = parsed.get_location(declared.name, _oslo_group(declared.group))
    if location is None or not location.location.is_user_controlled:
        return "default"
    return files.get(str(location.detail), str(location.detail))


def _invalid_value(declared: Declaration, files: Files) -> tuple[str, str]:
    """Return where an invalid value comes from, and its text."""
    lenient = _parse(files, [(declared.group, [cfg.StrOpt(declared.name)])])
    group = _oslo_group(declared.group)
    try:
        text = (lenient if group is None else lenient[group])[declared.name]
    except cfg.Error:  # a $ followed by the name of an unknown option
        return _unparsed_value(declared, files)
    return _origin(lenient, declared, files), str(text)


def _unparsed_value(declared: Declaration, files: Files) -> tuple[str, str]:
    """Return where a value that oslo.config cannot read comes from, and its text."""
    variable = variables.variable_of(declared.group, declared.name)
    if variable in os.environ:
        return variable, os.environ[variable]
    for path in reversed([*files]):
        found = files_module.sections(path).get(declared.group, {}).get(declared.name)
        if found:
            return files[path], str(found[-1])
    return ", ".join(files.values()), ""


def _known_options(
    others: t.Mapping[str, t.Collection[cfg.Opt] | None],
) -> dict[str, list[str] | None]:
    """Return the names of all options by section.

    :param others: options of the sections of libraries, by section. ``None`` for a section
        that is not read.
    """
    known: dict[str, list[str] | None] = {}
    for group, found in list_opts():
        known[group] = [option.name for option in found]
    for group, options in others.items():
        known[group] = None if options is None else [n for o in options for n in _names(o)]
    return known


def _refuse_misspelled(files: Files, origins: t.Mapping[tuple[str, str], str]) -> None:
    """Refuse a misspelling of a variable of this program whose value is missing.

    :raises ConfigurationError: for the first misspelled variable.
    """
    missing = [] if files else [FILE_VARIABLE]
    if origins[TOP, "database"] == "default":
        missing.append(DATABASE_VARIABLE)
    for message in filter(None, map(variables.misspelled, missing)):
        raise ConfigurationError(message)


def _names(option: cfg.Opt) -> set[str]:
    """Return all names of an option, including deprecated ones."""
    old = {str(deprecated.name) for deprecated in option.deprecated_opts}
    return {name.replace("-", "_") for name in {option.name, *old}} | {option.name, *old}


def _register_middleware(parsed: cfg.ConfigOpts) -> list[cfg.Opt]:
    """Register the options of keystonemiddleware and of its plugin, and return them.

    :raises ConfigurationError: if ``auth_type`` or a package is missing.
    """
    try:
        from cratonserver.config import keystone_options
    except ImportError as exc:
        raise ConfigurationError(
            f"auth = keystone requires more packages ({exc}): "
            "pip install 'python-cratonclient[server,keystone]'"
        ) from exc
    try:
        options = keystone_options.register(parsed, KEYSTONE)
    except Exception as exc:  # a plugin of keystoneauth may raise anything
        raise ConfigurationError(f"[{KEYSTONE}] auth_type: {exc}") from exc
    if not parsed[KEYSTONE].auth_type:
        # Without its plugin, the options of the plugin are not known.
        raise ConfigurationError(f"[{KEYSTONE}] auth_type must be set")
    return options


def _check_middleware(parsed: cfg.ConfigOpts, options: t.Iterable[cfg.Opt]) -> None:
    """Check the values of the options of keystonemiddleware.

    :raises ConfigurationError: if an option is invalid or missing.
    """
    for option in options:
        try:
            value = parsed[KEYSTONE][option.dest]
        except (ValueError, cfg.Error) as exc:
            shown = "" if option.secret else f": {exc}"
            raise ConfigurationError(f"[{KEYSTONE}] {option.dest} is invalid{shown}") from exc
        if option.dest in _REQUIRED and not value:
            raise ConfigurationError(f"[{KEYSTONE}] {option.dest} must be set")


def _requirement(declared: Declaration) -> str:
    """Return the description of a valid value, for messages."""
    if declared.type is bool:
        return "must be true or false"
    if declared.setting.choices:
        return f"must be one of {', '.join(declared.setting.choices)}"
    if declared.type is int:
        least, most = declared.setting.minimum, declared.setting.maximum
        if most is not None:
            return f"must be a whole number between {least} and {most}"
        return f"must be a whole number of at least {least}"
    return "the value is invalid"


def _default_files() -> list[str]:
    """Return the files to read if none are named on the command line."""
    named = os.environ.get(FILE_VARIABLE)
    if named:
        return [named]
    return [DEFAULT_FILE] if os.path.exists(DEFAULT_FILE) else []
