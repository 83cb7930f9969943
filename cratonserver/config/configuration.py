# SPDX-License-Identifier: Apache-2.0
"""The one configuration: options over environment over file.

It is read with oslo.config, as operators of OpenStack know it: an INI file with
sections, and ``OS_<GROUP>__<NAME>`` in the environment. What can be set is
declared in :mod:`cratonserver.config.settings`.
"""

from __future__ import annotations

import dataclasses
import difflib
import os
import re
import typing as t

from oslo_config import cfg, types

from cratonserver.config import settings
from cratonserver.config.settings import TOP, Declared

#: Where the file is when nobody says.
DEFAULT_FILE = "/etc/craton/craton-server.conf"
#: Names the file, for programs that have no options of ours.
FILE_VARIABLE = "CRATON_SERVER_CONFIG"
#: The short name of one variable, as old as the server.
DATABASE_VARIABLE = "CRATON_DATABASE"
#: The section that is keystonemiddleware's.
KEYSTONE = "keystone_authtoken"


class ConfigurationError(Exception):
    """The configuration cannot be used; one line says where and why."""


@dataclasses.dataclass(frozen=True)
class Configuration:
    """A configuration, and where it came from.

    :param settings: the settings.
    :param origins: where each came from, by group and name.
    :param parsed: oslo.config's view of it, for keystonemiddleware.
    :param middleware: the options of the latter.
    """

    settings: settings.Settings
    origins: t.Mapping[tuple[str, str], str]
    parsed: cfg.ConfigOpts
    middleware: t.Collection[cfg.Opt] = ()

    def lines(self) -> t.Iterator[str]:
        """Show what is in force and where each value came from, without secrets."""
        group = None
        for declared in settings.declared():
            if declared.group != group:
                group = declared.group
                yield f"[{group}]" if group == TOP else f"\n[{group}]"
            of = self.settings if group == TOP else getattr(self.settings, group)
            value = getattr(of, declared.name)
            text = ",".join(value) if isinstance(value, tuple) else str(value)
            origin = self.origins[group, declared.name]
            yield f"{declared.name} = {_masked(text)}  ({origin})"
        yield from self._middleware_lines()

    def _middleware_lines(self) -> t.Iterator[str]:
        """Show what is set of keystonemiddleware's section, which is large."""
        shown = False
        for option in self.middleware:
            location = self.parsed.get_location(option.dest, KEYSTONE)
            if location is None or not location.location.is_user_controlled:
                continue
            if not shown:
                yield f"\n[{KEYSTONE}]"
            shown = True
            value = "***" if option.secret else self.parsed[KEYSTONE][option.dest]
            yield f"{option.dest} = {value}  ({location.detail})"


def load(given: t.Mapping[str, t.Any], files: t.Sequence[str] = ()) -> Configuration:
    """Read the configuration.

    :param given: what options of the command line say, by name.
    :param files: the files to read, the last one wins; else the one that
        ``CRATON_SERVER_CONFIG`` names, else the one in ``/etc/craton``, if it
        is there.
    :raises ConfigurationError: when something in it cannot be used.
    """
    files = files or _default_files()
    parsed = cfg.ConfigOpts()
    for group, options in list_opts():
        parsed.register_opts(options, group=None if group == TOP else group)
    try:
        parsed([], project="craton", default_config_files=[*files], default_config_dirs=[])
    except cfg.Error as exc:
        raise ConfigurationError(str(exc)) from exc
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigurationError(f"{', '.join(files)}: {exc}") from exc
    sources = _Sources(given, files)
    values: dict[tuple[str, str], t.Any] = {}
    origins: dict[tuple[str, str], str] = {}
    for declared in settings.declared():
        place = declared.group, declared.name
        values[place] = _read(parsed, declared, sources)
        origins[place] = sources.of(declared)[0]
    made = settings.make(values)
    middleware = _middleware(parsed) if made.auth == "keystone" else None
    sources.refuse_unknown({KEYSTONE: middleware})
    return Configuration(made, origins, parsed, middleware or ())


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    """Give all options in the words of oslo.config, which documents them."""
    groups: dict[str, list[cfg.Opt]] = {}
    for declared in settings.declared():
        groups.setdefault(declared.group, []).append(_option(declared))
    return list(groups.items())


def option_of(name: str) -> str:
    """Give the option of the command line that sets something."""
    return f"--{name.replace('_', '-')}"


class _Checked(types.String):
    """A text that has to pass a check."""

    def __init__(self, check: t.Callable[[str], object]) -> None:
        super().__init__()
        self._check = check

    def __call__(self, value: t.Any) -> str:
        text = super().__call__(value)
        self._check(text)
        return text


def _option(declared: Declared) -> cfg.Opt:
    rule = declared.rule
    options: dict[str, t.Any] = {"default": declared.default, "help": rule.help}
    if declared.type is int:
        return cfg.IntOpt(declared.name, min=rule.minimum, **options)
    if declared.type is bool:
        return cfg.BoolOpt(declared.name, **options)
    if declared.type is tuple:
        options["default"] = list(declared.default)
        choices = list(rule.choices) or None
        return cfg.ListOpt(declared.name, item_type=types.String(choices=choices), **options)
    if rule.check:
        return cfg.Opt(declared.name, type=_Checked(rule.check), **options)
    return cfg.StrOpt(declared.name, choices=list(rule.choices.items()) or None, **options)


class _Sources:
    """Who says what, to name it in messages.

    :param given: what options say, by name.
    :param files: the files, the last one wins.
    """

    def __init__(self, given: t.Mapping[str, t.Any], files: t.Sequence[str]) -> None:
        self.given = given
        self._files: dict[str, dict[str, dict[str, list[str]]]] = {}
        for file in files:
            sections: dict[str, dict[str, t.Any]] = {}
            cfg.ConfigParser(file, sections).parse()
            self._files[file] = sections

    def of(self, declared: Declared) -> tuple[str, str]:
        """Tell where a setting comes from, and the text of it."""
        group, name = declared.group, declared.name
        if name in self.given:
            return option_of(name), str(self.given[name])
        for variable in (_variable(group, name), *_short_variable(name)):
            if variable in os.environ:
                return variable, os.environ[variable]
        for file, sections in reversed(self._files.items()):
            if name in sections.get(group, {}):
                return file, sections[group][name][-1]
        return "default", str(declared.default)

    def refuse_unknown(self, others: t.Mapping[str, t.Collection[cfg.Opt] | None]) -> None:
        """Refuse what no setting is called.

        :param others: sections that are somebody else's, and their options; ``None``
            where nobody looks at them.
        """
        known: dict[str, set[str]] = {}
        for declared in settings.declared():
            known.setdefault(declared.group, set()).add(declared.name)
        for group, options in others.items():
            known[group] = {name for option in options or () for name in _names(option)}
        ignored = [group for group, options in others.items() if options is None]
        for file, sections in self._files.items():
            for group, values in sections.items():
                if group in ignored:
                    continue
                if group not in known:
                    hint = _nearest(group, known)
                    raise ConfigurationError(f"{file}: there is no section [{group}]{hint}")
                for name in values:
                    if name not in known[group]:
                        hint = _nearest(name, known[group])
                        raise ConfigurationError(
                            f"{file}: [{group}] has no option {name!r}{hint}"
                        )


def _names(option: cfg.Opt) -> set[str]:
    """Give all that an option may be called."""
    old = {str(deprecated.name) for deprecated in option.deprecated_opts}
    return {name.replace("-", "_") for name in {option.name, *old}} | {option.name, *old}


def _middleware(parsed: cfg.ConfigOpts) -> list[cfg.Opt]:
    """Make keystonemiddleware's section known, and check that it can be used."""
    try:
        from cratonserver.auth import keystone
    except ImportError as exc:
        raise ConfigurationError(
            f"auth = keystone needs more than is installed ({exc}): "
            "pip install 'python-cratonclient[server,keystone]'"
        ) from exc
    try:
        options = keystone.register(parsed)
    except Exception as exc:  # whatever a plugin of keystoneauth does
        raise ConfigurationError(f"[{KEYSTONE}] auth_type: {exc}") from exc
    for option in options:
        try:
            value = parsed[KEYSTONE][option.dest]
        except (ValueError, cfg.Error) as exc:
            shown = "" if option.secret else f": {exc}"
            raise ConfigurationError(
                f"[{KEYSTONE}] {option.dest} cannot be used{shown}"
            ) from exc
        if option.dest in keystone.REQUIRED and not value:
            raise ConfigurationError(f"[{KEYSTONE}] {option.dest} has to be set")
    return options


def _read(parsed: cfg.ConfigOpts, declared: Declared, sources: _Sources) -> t.Any:
    """Read one setting."""
    group, name = declared.group, declared.name
    origin, text = sources.of(declared)
    where = None if group == TOP else group
    try:
        if name in sources.given or origin == DATABASE_VARIABLE:
            # Nothing in these stands for anything else: $ is $.
            value = sources.given.get(name, text)
            literal = value.replace("$", "$$") if isinstance(value, str) else value
            parsed.set_override(name, literal, where)
        value = (parsed if where is None else parsed[where])[name]
    except (ValueError, cfg.Error) as exc:
        shown = f"{origin}: [{group}] {name} = {_masked(text)!r}"
        reason = str(exc).rpartition(": ")[2] if declared.rule.check else _wanted(declared)
        if not isinstance(exc, ValueError):
            reason = "a $ that stands for itself is written $$"
        raise ConfigurationError(f"{shown}: {reason}") from exc
    return tuple(value) if declared.type is tuple else value


def _masked(text: str) -> str:
    """Take passwords out of a URL of a database, also out of one that is malformed."""
    return re.sub(r"(?<=://).*(?=@)|(?<=password=)[^&]*", "***", text)


def _wanted(declared: Declared) -> str:
    """Say what a setting has to be."""
    if declared.type is bool:
        return "it has to be true or false"
    if declared.rule.choices:
        return f"it has to be one of {', '.join(declared.rule.choices)}"
    if declared.type is int:
        return f"it has to be a whole number of at least {declared.rule.minimum}"
    return "it cannot be used"


def _default_files() -> list[str]:
    named = os.environ.get(FILE_VARIABLE)
    if named:
        return [named]
    return [DEFAULT_FILE] if os.path.exists(DEFAULT_FILE) else []


def _variable(group: str, name: str) -> str:
    return f"OS_{group.upper()}__{name.upper()}"


def _short_variable(name: str) -> tuple[str, ...]:
    return (DATABASE_VARIABLE,) if name == "database" else ()


def _nearest(name: str, known: t.Iterable[str]) -> str:
    """Suggest what may have been meant."""
    found = difflib.get_close_matches(name, [*known], 1)
    return f"; did you mean {found[0]!r}?" if found else ""
