# SPDX-License-Identifier: Apache-2.0
"""The global options of ``craton``."""

from __future__ import annotations

import argparse
import os
import sys
import typing as t

from cratonclient_osc import usage
from cratonclient_osc.output import exit_status

#: The options that OpenStack's tools share. Other ways to log in than the usual
#: ones have more; those are added when they occur.
_OPENSTACK = {
    "username": ("<name>", "user to log in as"),
    "password": ("<key>", "API key of the user; with Keystone, the password"),
    "project-id": ("<id>", "project to log in to, a UUID"),
    "cloud": ("<name>", "cloud of clouds.yaml to log in to"),
    "auth-type": ("<type>", "way to log in: craton, password, v3applicationcredential, ..."),
    "auth-url": ("<url>", "URL of Keystone"),
    "token": ("<token>", "token of Keystone, or the API key with the type craton"),
    "endpoint": ("<url>", "URL of Craton with the type craton"),
    "project-name": ("<name>", "project to log in to, with a domain"),
    "project-domain-name": ("<name>", "domain of the project"),
    "project-domain-id": ("<id>", "domain of the project"),
    "user-domain-name": ("<name>", "domain of the user"),
    "user-domain-id": ("<id>", "domain of the user"),
    "application-credential-id": ("<id>", "application credential to log in with"),
    "application-credential-secret": ("<secret>", "secret of the application credential"),
    "region-name": ("<name>", "region of the catalogue to find Craton in"),
    "interface": ("<interface>", "public, internal or admin"),
    "cacert": ("<file>", "certificates of the authorities to trust"),
}


class Parser(argparse.ArgumentParser):
    """The parser of the global options, which may stand before or after a command.

    ``--format``, ``--help`` and ``--version`` are global before the command
    only; after it, they belong to the command.
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
        """Split a line into the values of the global options and the command."""
        self._add_plugin_options(sys.argv[1:] if args is None else args)
        options, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        command = options.command
        end = command.index("--") if "--" in command else len(command)
        options, rest = self._anywhere.parse_known_args(command[:end], options)
        return options, rest + command[end:]

    def _add_plugin_options(self, args: t.Sequence[str]) -> None:
        """Add the options of an uncommon way to log in, if a line has one."""
        found = {word.partition("=")[0] for word in args if word.startswith("--os-")}
        if found <= set(self._option_string_actions):
            return
        from keystoneauth1 import loading

        for name in loading.get_available_plugin_names():
            for option in loading.get_plugin_options(name):
                flag = f"--os-{option.name}"
                if flag in found and flag not in self._option_string_actions:
                    for parser in (self, self._anywhere):
                        _from_environment(parser, flag, "<value>", option.help or "")


def credentials(options: argparse.Namespace) -> dict[str, str]:
    """Give all that was said of credentials, by the names that plugins use.

    Options go before the environment, which may hold more than there are options.
    """
    named = {
        name.removeprefix("OS_").lower(): value
        for name, value in os.environ.items()
        if name.startswith("OS_")
    }
    named |= {
        name.removeprefix("os_"): value
        for name, value in vars(options).items()
        if name.startswith("os_")
    }
    return {name: value for name, value in named.items() if value}


class Version(argparse.Action):
    """Show the version, which is looked up only now."""

    def __call__(self, parser: argparse.ArgumentParser, *args: t.Any, **kw: t.Any) -> None:
        """Print it and leave."""
        import cratonclient

        try:
            print(f"craton {cratonclient.__version__}", flush=True)
        except BrokenPipeError:
            parser.exit(exit_status.OUTPUT_CLOSED)
        except OSError as exc:
            parser.exit(1, f"The output could not be written: {exc.strerror}.\n")
        parser.exit()


def _add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that may stand anywhere."""
    _from_environment(parser, "--craton-url", "<url>", "URL of Craton")
    parser.add_argument(
        "--craton-version",
        metavar="<version>",
        choices=("1", "v1"),
        default="1",
        help="version of the API: 1",
    )
    for name, (metavar, what) in _OPENSTACK.items():
        _from_environment(parser, f"--os-{name}", metavar, what)
    parser.add_argument(
        "--insecure", action="store_true", help="do not verify the server's certificate"
    )
    parser.add_argument(
        "--timeout",
        metavar="<seconds>",
        type=_seconds,
        default=60.0,
        help="how long to wait for the server (default: 60)",
    )
    parser.add_argument(
        "-v",
        "--verbose",
        action="count",
        dest="verbose_level",
        default=1,
        help="show more of what is done; may be repeated",
    )
    parser.add_argument(
        "-q",
        "--quiet",
        action="store_const",
        dest="verbose_level",
        const=0,
        help="show errors only",
    )
    parser.add_argument("--log-file", metavar="<file>", help="write a log to a file too")
    parser.add_argument(
        "--debug",
        action="store_true",
        help="show requests, answers and tracebacks, without secrets",
    )


def _from_environment(
    parser: argparse.ArgumentParser, option: str, metavar: str, what: str
) -> None:
    variable = option.strip("-").replace("-", "_").upper()
    parser.add_argument(
        option,
        metavar=metavar,
        default=os.environ.get(variable, ""),
        help=f"{what} (Env: {variable})",
    )


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive number of seconds")
    return value
