# SPDX-License-Identifier: Apache-2.0
"""The global options of ``craton``."""

from __future__ import annotations

import argparse
import os
import sys
import typing as t

from cratonclient import secrets
from cratonclient.http import seconds
from cratonclient.process import environment
from cratonclient_osc import usage

#: The ``--os-...`` options that all OpenStack tools share: metavar and help of each.
#: Options of other authentication types are added when the command line uses them.
_OPENSTACK_OPTIONS = {
    "username": ("<name>", "user name"),
    "password": ("<key>", "API key of the user; with Keystone, the password"),
    "project-id": ("<id>", "ID of the project, a UUID"),
    "cloud": ("<name>", "name of the cloud in clouds.yaml"),
    "auth-type": (
        "<type>",
        "authentication type: craton, password, v3applicationcredential, ...",
    ),
    "auth-url": ("<url>", "URL of Keystone"),
    "token": ("<token>", "Keystone token; with authentication type craton, the API key"),
    "endpoint": ("<url>", "URL of the Craton server, for authentication type craton"),
    "project-name": ("<name>", "name of the project; requires a project domain"),
    "project-domain-name": ("<name>", "name of the project's domain"),
    "project-domain-id": ("<id>", "ID of the project's domain"),
    "user-domain-name": ("<name>", "name of the user's domain"),
    "user-domain-id": ("<id>", "ID of the user's domain"),
    "application-credential-id": ("<id>", "ID of the application credential"),
    "application-credential-secret": ("<secret>", "secret of the application credential"),
    "region-name": ("<name>", "region of the Craton endpoint in the service catalog"),
    "interface": ("<interface>", "interface of the endpoint: public, internal or admin"),
    "cacert": ("<file>", "CA bundle to verify the server's certificate with"),
}


class Parser(argparse.ArgumentParser):
    """The parser of the global options, which are accepted before and after the command.

    ``--format``, ``--help``, ``--version`` and ``--keep-going`` are global options only
    before the command. After it, they belong to the command.
    """

    def __init__(self, **kwargs: t.Any) -> None:
        super().__init__(prog="craton", add_help=False, **kwargs)
        usage.one_line_errors(self, "craton --help")
        self._anywhere = argparse.ArgumentParser(
            prog="craton", add_help=False, allow_abbrev=False
        )
        usage.one_line_errors(self._anywhere, "craton --help")
        _add_options(self)
        _add_options(self._anywhere)

    def parse_known_args(  # type: ignore[override]
        self, args: t.Sequence[str] | None = None, namespace: t.Any = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse a command line.

        :param args: arguments of the command line; default ``sys.argv[1:]``.
        :param namespace: namespace to store the global options in; default a new one.
        :returns: the global options, and the words of the command.
        """
        self._add_plugin_options(sys.argv[1:] if args is None else args)
        options, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        command = options.command[options.command[:1] == ["--"] :]
        end = command.index("--") if "--" in command else len(command)
        options, rest = self._anywhere.parse_known_args(command[:end], options)
        return options, rest + command[end:]

    def _add_plugin_options(self, args: t.Sequence[str]) -> None:
        """Add the options of keystoneauth plugins that a command line uses.

        Loading the plugins is slow, so this happens only for unknown ``--os-`` options.
        """
        used = {word.partition("=")[0] for word in args if word.startswith("--os-")}
        if used <= set(self._option_string_actions):
            return
        from keystoneauth1 import loading

        for name in loading.get_available_plugin_names():
            for option in loading.get_plugin_options(name):
                flag = f"--os-{option.name}"
                if flag in used and flag not in self._option_string_actions:
                    for parser in (self, self._anywhere):
                        _add_with_variable(parser, flag, "<value>", option.help or "")


def credentials(options: argparse.Namespace) -> dict[str, str]:
    """Return the credentials from ``OS_`` environment variables and ``--os-`` options.

    An option overrides the environment variable of the same name. Variables without an
    option are included: an authentication plugin may read them.

    :param options: the global options.
    :returns: the values, by option names of keystoneauth plugins, such as ``'username'``.
    """
    found = {
        name.removeprefix("OS_").lower(): value
        for name, value in os.environ.items()
        if name.startswith("OS_")
    }
    found |= {
        name.removeprefix("os_"): value
        for name, value in vars(options).items()
        if name.startswith("os_")
    }
    return {name: value for name, value in found.items() if value}


def is_for_start(option: str) -> bool:
    """Return True for an option that completion does not offer in a session.

    These say where and how to log in, or are for scripts.
    """
    return option.startswith(("--os-", "--craton-")) or option in ("--insecure", "--keep-going")


def check_values(options: argparse.Namespace) -> None:
    """Check the environment variables and the options that connect to the server.

    A secret given as an option is not checked: the quotes around its blanks are intended.

    :param options: the global options.
    :raises cratonclient.exceptions.ConfigurationError: if a value begins or ends with a
        blank or an invisible character.
    """
    overridden = set()
    for name, value in vars(options).items():
        if not name.startswith(("craton_", "os_")) or origin(options, name) == name.upper():
            continue
        overridden.add(name.upper())
        if not secrets.is_secret(name):
            environment.check(f"The option --{name.replace('_', '-')}", value)
    environment.check_all(without=overridden)


def origin(options: argparse.Namespace, name: str) -> str:
    """Return the environment variable or the option that a value comes from.

    :param options: the global options.
    :param name: name of an option with a variable, such as ``'os_cacert'``.

    >>> origin(options, 'os_cacert')
    '--os-cacert'
    """
    variable = name.upper()
    if getattr(options, name) == os.environ.get(variable, ""):
        return variable
    return f"--{name.replace('_', '-')}"


def misspelled_variables(options: argparse.Namespace) -> str:
    """Return a hint at variables of the environment that look like those of options.

    :param options: the global options. Only those without a value are considered.
    :returns: sentences to append to an error message, or an empty text. Values are not shown.
    """
    import difflib

    variables = {name.upper(): value for name, value in vars(options).items()}
    others = {name for name in os.environ if name.startswith(("CRATON_", "OS_"))}
    hints = []
    for variable, value in variables.items():
        close = difflib.get_close_matches(variable, others - {*variables}, 1, cutoff=0.8)
        if close and not value and variable.startswith(("CRATON_", "OS_")):
            hints.append(f" {close[0]} is not read: did you mean {variable}?")
    return "".join(hints)


class Version(argparse.Action):
    """The action of ``--version``. It looks the version up only when it is used."""

    def __call__(self, parser: argparse.ArgumentParser, *args: t.Any, **kw: t.Any) -> None:
        """Print the version and exit."""
        import cratonclient

        print(f"craton {cratonclient.__version__}")
        parser.exit()


def _add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that are accepted before and after the command."""
    _add_with_variable(
        parser, "--craton-url", "<url>", "URL of the Craton server, or sqlite:///<path>"
    )
    parser.add_argument(
        "--craton-version",
        metavar="<version>",
        choices=("1", "v1"),
        default="1",
        help="version of the Craton API (default: 1)",
    )
    for name, (metavar, text) in _OPENSTACK_OPTIONS.items():
        _add_with_variable(parser, f"--os-{name}", metavar, text)
    parser.add_argument(
        "--insecure", action="store_true", help="do not verify the server's certificate"
    )
    parser.add_argument(
        "--timeout",
        metavar="<seconds>",
        type=_seconds,
        default=60.0,
        help="seconds to wait for the server (default: 60)",
    )
    parser.add_argument(
        "--max-wait",
        metavar="<seconds>",
        type=_seconds_or_none,
        default=60.0,
        help="seconds that a request waits in total when a busy server asks for it; "
        "0 does not wait (default: 60)",
    )
    parser.add_argument(
        "-v",
        "--verbose",
        action="count",
        dest="verbose_level",
        default=1,
        help="log each request to standard error; repeat for more detail",
    )
    parser.add_argument(
        "-q",
        "--quiet",
        action="store_const",
        dest="verbose_level",
        const=0,
        help="show errors only",
    )
    parser.add_argument("--log-file", metavar="<file>", help="also write the log to this file")
    parser.add_argument(
        "--debug",
        action="store_true",
        help="show requests, responses and tracebacks, without secrets",
    )


def _add_with_variable(
    parser: argparse.ArgumentParser, option: str, metavar: str, text: str
) -> None:
    """Add an option whose default is the value of an environment variable.

    ``--os-auth-url`` reads ``OS_AUTH_URL``.

    :param option: such as ``'--os-auth-url'``.
    :param text: help text of the option, without the name of the variable.
    """
    variable = option.strip("-").replace("-", "_").upper()
    parser.add_argument(
        option,
        metavar=metavar,
        default=os.environ.get(variable, ""),
        help=f"{text} (Env: {variable})",
    )


def _seconds(text: str) -> float:
    """Parse a positive number of seconds."""
    value = _number(text)
    if not seconds.is_positive(value):
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive number of seconds")
    return value


def _seconds_or_none(text: str) -> float:
    """Parse a number of seconds, which may be zero."""
    value = _number(text)
    if value and not seconds.is_positive(value):
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive number of seconds, nor 0")
    return value


def _number(text: str) -> float:
    """Parse a number of seconds, and return -1 for any other text."""
    try:
        return seconds.parse(text)
    except ValueError:
        return -1.0
