# SPDX-License-Identifier: Apache-2.0
"""Create files that only the user can read, in folders of the user.

The permissions are part of the call that creates a file, so the file cannot be read by others
at any time. A symbolic link with the name of the file is not followed: in a folder where
others may write, it could name any file of the user.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import pathlib
import typing as t

FILE_MODE, FOLDER_MODE = 0o600, 0o700

#: The open files of this process, on Linux.
_DESCRIPTORS = "/proc/self/fd"


def open_binary(path: str | os.PathLike[str], flags: int) -> t.BinaryIO:
    """Open a file. Create it if it does not exist; an existing file keeps its permissions.

    :param path: path of the file.
    :param flags: flags of :func:`os.open`, such as ``os.O_WRONLY | os.O_APPEND``. With
        ``os.O_EXCL``, the file must not exist.
    :raises OSError: if the file cannot be opened, or the path is a symbolic link.

    >>> with open_binary('craton.log', os.O_WRONLY | os.O_APPEND) as file:
    ...     file.write(b'line')
    """
    try:
        descriptor = os.open(path, flags | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, FILE_MODE)
    except OSError as exc:
        if exc.errno == errno.ELOOP:
            reason = "it is a symbolic link, which is not followed"
            raise OSError(exc.errno, reason, str(path)) from exc
        raise
    writes = {os.O_RDONLY: "rb", os.O_RDWR: "r+b"}.get(flags & os.O_ACCMODE, "wb")
    return t.cast("t.BinaryIO", open(descriptor, "ab" if flags & os.O_APPEND else writes))


@contextlib.contextmanager
def new_file(path: str | os.PathLike[str]) -> t.Iterator[t.TextIO]:
    """Create a text file, and yield it for writing. Delete it if the block fails.

    :param path: path of the file, which must not exist.
    :raises OSError: if the file exists or cannot be written.
    """
    with io.TextIOWrapper(open_binary(path, os.O_WRONLY | os.O_EXCL), "utf-8") as file:
        try:
            yield file
            file.flush()
            os.fsync(file.fileno())
        except BaseException:
            os.unlink(path)
            raise


def replace(path: pathlib.Path, content: bytes) -> None:
    """Write a file in one step. A reader sees the old content or the new content.

    :param path: path of the file. A symbolic link with this name is replaced.
    :raises OSError: if the file cannot be written.
    """
    with _partial(path) as (file, temporary):
        file.write(content)
        file.flush()
        os.replace(temporary, path)


@contextlib.contextmanager
def appearing(path: pathlib.Path) -> t.Iterator[t.BinaryIO]:
    """Yield a binary file that gets its name at the end of the block, when it is complete.

    :param path: path of the file, which must not exist.
    :raises FileExistsError: if it exists at the end of the block. It is not replaced.
    :raises OSError: if the file cannot be written.
    """
    with contextlib.ExitStack() as stack:
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        stack.callback(os.close, folder)
        file, temporary = _unnamed(folder), ""
        if file is None:
            file, temporary = stack.enter_context(_partial(path))
        else:
            stack.enter_context(file)
        yield file
        file.flush()
        os.fsync(file.fileno())
        if not temporary:
            os.link(f"{_DESCRIPTORS}/{file.fileno()}", path.name, dst_dir_fd=folder)
        elif os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
        else:
            os.rename(temporary, path)
        os.fsync(folder)


def _unnamed(folder: int) -> t.BinaryIO | None:
    """Create a file without a name, of which a killed process leaves nothing.

    :param folder: descriptor of the folder in which it will get a name.
    :returns: the file, for reading and writing; ``None`` where there are no such files.
    """
    if not hasattr(os, "O_TMPFILE") or not os.path.isdir(_DESCRIPTORS):
        return None
    flags = os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC
    try:
        return t.cast("t.BinaryIO", open(os.open(".", flags, FILE_MODE, dir_fd=folder), "w+b"))
    except OSError as exc:
        if exc.errno in (errno.EOPNOTSUPP, errno.EISDIR):  # such as NFS, an old kernel
            return None
        raise


@contextlib.contextmanager
def _partial(path: pathlib.Path) -> t.Iterator[tuple[t.BinaryIO, str]]:
    """Yield a temporary file beside another one, and its path. Remove it at the end.

    A killed process leaves it, so its name says which file it was for.
    """
    import tempfile  # its import is slow

    descriptor, temporary = tempfile.mkstemp(".partial", f"{path.name}.", path.parent)
    try:
        with open(descriptor, "w+b") as file:
            yield file, temporary
    finally:
        with contextlib.suppress(FileNotFoundError):  # it was renamed
            os.unlink(temporary)


def make_folders(path: pathlib.Path) -> None:
    """Create a folder and its parents, which only the user can read. Keep existing ones.

    :raises OSError: if a folder cannot be created.
    """
    if not path.is_dir():
        make_folders(path.parent)
        path.mkdir(FOLDER_MODE, exist_ok=True)


def user_folder(variable: str, below_home: str) -> pathlib.Path | None:
    """Return a folder for files of the user, as the XDG base directory specification says.

    :param variable: environment variable with the path, such as ``XDG_CACHE_HOME``. A
        relative path is ignored.
    :param below_home: path below ``HOME`` if the variable is not set, such as ``.cache``.
    :returns: the folder, which may not exist; ``None`` if the user has no home directory.

    >>> user_folder('XDG_CACHE_HOME', '.cache')
    PosixPath('/home/ada/.cache')
    """
    given, home = os.environ.get(variable, ""), os.environ.get("HOME", "")
    if os.path.isabs(given):
        return pathlib.Path(given)
    return (
        pathlib.Path(home, below_home) if os.path.isabs(home) and os.path.isdir(home) else None
    )


def protect_caches() -> None:
    """Let only the user read the caches of libraries. Without a home directory, allow none.

    stevedore would create the folder of its cache for all users. Without a home directory,
    or if ``XDG_CACHE_HOME`` is relative, it would write to the current directory.
    """
    folder = user_folder("XDG_CACHE_HOME", ".cache")
    if folder is None:
        os.environ["XDG_CACHE_HOME"] = os.devnull  # no file can be created below it
    else:
        os.environ["XDG_CACHE_HOME"] = str(folder)
        with contextlib.suppress(OSError):  # then stevedore cannot write to it either
            make_folders(folder / "python-entrypoints")
