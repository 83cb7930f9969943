# SPDX-License-Identifier: Apache-2.0
"""Write YAML that readers of YAML 1.1 and of YAML 1.2 understand in the same way.

PyYAML quotes the strings that YAML 1.1 takes for other values, as far as PyYAML itself
reads them so. Other readers know more forms: ``1e3``, ``0o14``, ``09``, ``y``, ``00:11``.
"""

from __future__ import annotations

import re
import typing as t

import yaml

#: Plain text that some reader takes for a number, a boolean or a date, but PyYAML does not.
_MISREAD = re.compile(
    r"""(?: [yYnN]
    | [-+]? 0[oOxXbB][0-9a-fA-F_]+
    | [-+]? (?: \.[0-9_]+ | [0-9][0-9_]*(?:\.[0-9_]*)? ) (?: [eE][-+]?[0-9]+ )?
    | [-+]? [0-9][0-9_]* (?: :[0-9]{1,2} )+ (?: \.[0-9_]* )?
    | [0-9]{4}-[0-9]{1,2}-[0-9]{1,2} (?: [Tt\s].* )?
    )\Z""",
    re.VERBOSE,
)


class _Dumper(yaml.SafeDumper):
    """Writes every value in full, and quotes every string that a reader may misread."""

    def ignore_aliases(self, data: t.Any) -> bool:
        """Return True: write a value that occurs twice in full, without an alias."""
        return True


# The tag only has to differ from the tag of strings, which makes PyYAML quote them.
_Dumper.add_implicit_resolver("!misread", _MISREAD, [*"yYnN-+.0123456789"])


def write(value: t.Any, out: t.TextIO) -> None:
    """Write a JSON value as YAML, with the members of objects in their order.

    :param value: the value.
    :param out: stream to write to.
    """
    yaml.dump(value, out, _Dumper, default_flow_style=False, sort_keys=False)
