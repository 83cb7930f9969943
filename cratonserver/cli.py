# SPDX-License-Identifier: Apache-2.0
"""The program ``craton-server``: run a command line, and return its exit status."""

from __future__ import annotations

import sys
import typing as t

from cratonclient.process import standard_output
from cratonserver.config import configuration
from cratonserver.db.store import StoreError
from cratonserver.program import messages, options, parser


def main(argv: list[str] | None = None) -> int:
    """Run the program.

    :param argv: command line arguments, without the name of the program. The default is
        ``sys.argv[1:]``.
    :returns: the exit status: 0 done, 1 failed, 2 wrong usage or configuration,
        130 interrupted, 141 output closed.
    """
    return standard_output.run(lambda: _run(argv), "craton-server: ")


def _run(argv: list[str] | None) -> int:
    parsed = parser.build().parse_args(argv)
    try:
        config = configuration.load(options.given(parsed), parsed.config_file)
        return t.cast("int", parsed.command(config, parsed))
    except configuration.ConfigurationError as exc:
        messages.error(exc)
        return 2
    except BrokenPipeError:
        return standard_output.OUTPUT_CLOSED
    except (StoreError, OSError) as exc:
        messages.error(exc)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
