# SPDX-License-Identifier: Apache-2.0
"""Configuration files: text in UTF-8, with or without a byte order mark.

oslo.config opens files itself, and takes a byte order mark for a part of the first line. So
it gets a copy of such a file, which is deleted when the configuration has been read.
"""

from __future__ import annotations

import codecs
import contextlib
import os
import pathlib
import tempfile
import typing as t

from oslo_config import cfg

from cratonserver.config import suggestions
from cratonserver.config.variables import Sections

#: The byte order marks of other encodings. That of UTF-32 begins like that of UTF-16.
_OTHERS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}

#: Names of files as the user wrote them, by the path from which oslo.config reads them.
Files = t.Mapping[str, str]


class EncodingError(Exception):
    """A file is not in UTF-8. The message is one line and names the file."""


@contextlib.contextmanager
def readable(names: t.Iterable[str]) -> t.Iterator[Files]:
    """Yield the files to read. Files that cannot be read twice, such as pipes, are copied.

    :param names: paths of files. Files that cannot be opened are left to oslo.config.
    :raises EncodingError: if a file is not in UTF-8.
    """
    found = {}
    with contextlib.ExitStack() as stack:
        for name in names:
            path = os.path.abspath(name)
            with contextlib.suppress(OSError):
                data = pathlib.Path(path).read_bytes()
                _check(name, data)
                if data.startswith(codecs.BOM_UTF8) or not os.path.isfile(path):
                    folder = stack.enter_context(tempfile.TemporaryDirectory())  # mode 0700
                    path = os.path.join(folder, "copy.conf")
                    pathlib.Path(path).write_bytes(data.removeprefix(codecs.BOM_UTF8))
            found[path] = name
        yield found


def _check(name: str, data: bytes) -> None:
    """Check that a file is in UTF-8.

    :raises EncodingError: if it is not.
    """
    encoding = next((found for mark, found in _OTHERS.items() if data.startswith(mark)), "")
    if not encoding and b"\0" in data:
        encoding = "UTF-16 or a binary format"
    if encoding:
        raise EncodingError(f"{name}: the file is in {encoding}. Save it in UTF-8.")
    try:
        data.decode()
    except UnicodeDecodeError as exc:
        line = data.count(b"\n", 0, exc.start) + 1
        raise EncodingError(
            f"{name}: line {line} is not in UTF-8 (byte 0x{data[exc.start]:02x}). "
            "Save the file in UTF-8."
        ) from exc


def sections(path: str) -> dict[str, dict[str, list[str]]]:
    """Return the lists of values in a file, by section and option."""
    found: dict[str, dict[str, list[str]]] = {}
    cfg.ConfigParser(path, found).parse()
    return found


def unread(files: Files, known: Sections) -> t.Iterator[str]:
    """Yield an error message for each section and each option that nobody reads.

    :param files: the files.
    :param known: the names of the options that the server reads.
    """
    for path, file in files.items():
        for section, options in sections(path).items():
            if section not in known:
                found = suggestions.similar(section, known)
                hint = suggestions.did_you_mean(found, "the sections are", [*known])
                yield f"{file}: unknown section [{section}]{hint}"
                continue
            names = known[section]
            if names is None:
                yield (
                    f"{file}: [{section}] is not read with auth = local; remove the section, "
                    "or set auth = keystone"
                )
                continue
            for name in options:
                if name not in names:
                    found = suggestions.similar(name, names)
                    hint = suggestions.did_you_mean(found, "it has", [*names])
                    yield f"{file}: [{section}] has no option {name!r}{hint}"


def repeated(files: Files, own: t.Container[str]) -> t.Iterator[str]:
    """Yield an error message for each option that a file sets twice: one value has no effect.

    :param files: the files.
    :param own: the sections of this server. Options of libraries may be lists of lines.
    """
    for path, file in files.items():
        for section, options in sections(path).items():
            for name, values in options.items() if section in own else ():
                if len(values) > 1:
                    yield f"{file}: [{section}] sets {name} {len(values)} times; keep one line"
