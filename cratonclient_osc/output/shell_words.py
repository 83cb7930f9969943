# SPDX-License-Identifier: Apache-2.0
"""Assignments that sh, bash, dash and zsh read in the same way."""

from __future__ import annotations

import itertools
import re
import typing as t

from cratonclient.printable import is_printable
from cratonclient_osc.output import exit_status
from cratonclient_osc.output.values import Names, plain

#: Lowercase variables with a meaning in zsh or bash. Assigning to them fails, or changes
#: how the shell works: in zsh, ``path`` is ``PATH``.
_RESERVED = frozenset(
    re.findall(
        r"\w+",
        "_ aliases argv auto_resume builtins cdpath commands dirstack dis_aliases "
        "dis_builtins dis_functions dis_functions_source dis_galiases dis_patchars "
        "dis_reswords dis_saliases epochtime errnos fignore fpath funcfiletrace "
        "funcsourcetrace funcstack functions functions_source functrace galiases histchars "
        "history historywords jobdirs jobstates jobtexts keymaps langinfo mailpath manpath "
        "mapfile module_path modules nameddirs options parameters patchars path pipestatus "
        "prompt psvar reswords saliases signals status sysparams termcap terminfo userdirs "
        "usergroups watch widgets zle_bracketed_paste zsh_eval_context zsh_scheduled_events",
    )
)

#: Characters of names that become ``_``: those between words, and those of paths.
_SEPARATORS = re.compile(r"[-. \[\]]")


def variables(names: Names, prefix: str = "") -> list[str]:
    """Return the names of the shell variables for the keys of an object.

    They are in lowercase, with ``_`` instead of ``-``, ``.``, brackets and spaces.

    :param names: keys of the object.
    :param prefix: beginning of each name.
    :raises cratonclient_osc.output.exit_status.UsageError: if a key has no name, or two
        keys have the same name.

    >>> variables(['ip_address', 'os.kernel', 'nics[0].mac'])
    ['ip_address', 'os_kernel', 'nics_0__mac']
    """
    keys: dict[str, str] = {}
    for key in names:
        name = prefix + _SEPARATORS.sub("_", key.lower())
        if not re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", name):
            raise _refused(key, f"{name!r} is not a valid name of a shell variable")
        if name in _RESERVED:
            raise _refused(key, f"shells use the variable {name} themselves; add --prefix")
        if name in keys:
            raise _refused(key, f"{keys[name]!r} has the same shell variable, {name}")
        keys[name] = key
    return list(keys)


def assignment(key: str, variable: str, value: t.Any) -> str:
    r"""Return the assignment of a value to a shell variable.

    The value is in double quotes. An exclamation mark is not, because bash replaces it
    there if a person pastes the line. Control characters come from ``printf``, because a
    terminal must not receive them.

    :param key: key of the value, for the error message.
    :param variable: name of the shell variable.
    :param value: value; a string as it is, any other value as JSON.
    :raises cratonclient_osc.output.exit_status.UsageError: if no shell can hold the value.

    >>> print(assignment('note', 'note', '5 $!\x07'))
    note="5 \$"\!"$(printf '\007')"
    """
    text = value if isinstance(value, str) else plain(value)
    if "\0" in text:
        raise _refused(key, "its value contains a NUL character")
    try:
        words = [quote("".join(part)) for quote, part in itertools.groupby(text, _quoting)]
    except UnicodeEncodeError:
        raise _refused(key, "its value is not valid Unicode") from None
    return f"{variable}={''.join(words) or _double_quoted('')}"


def _quoting(character: str) -> t.Callable[[str], str]:
    """Return the function that quotes a text of such characters."""
    if character == "!":
        return _backslashed
    return _double_quoted if is_printable(character) or character in "\n\t" else _octal


def _double_quoted(text: str) -> str:
    escaped = re.sub(r'([\\"$`])', r"\\\1", text)
    return f'"{escaped}"'


def _backslashed(text: str) -> str:
    return "".join(f"\\{character}" for character in text)


def _octal(text: str) -> str:
    octal = "".join(f"\\{byte:03o}" for byte in text.encode())
    return f"\"$(printf '{octal}')\""


def _refused(key: str, why: str) -> exit_status.UsageError:
    return exit_status.UsageError(
        f"{key!r} cannot be printed with -f shell: {why}. Select other columns with -c, or use "
        "-f json."
    )
