# SPDX-License-Identifier: Apache-2.0
"""Keep a response body in a temporary file, from the first byte to the last.

A response begins when its body is complete, so an error in the middle is an error response.
Its connection to the database is free before the client reads the first byte, so a client that
reads slowly occupies no connection.
"""

from __future__ import annotations

import tempfile
import time
import typing as t
import weakref

import falcon

from cratonserver import deadlines, errors, request_limits
from cratonserver.api import json_parts, json_response
from cratonserver.api.unread import Share
from cratonserver.db.variables import Mappings

#: The size up to which a body is kept in memory, in bytes.
_IN_MEMORY = 2**20
#: The size of the variables up to which a body is written at once.
_SMALL = 256 * 1024
#: The size of the pieces that are written and read.
_PIECE = 64 * 1024


class Body:
    """A response body in a temporary file: an iterator over its pieces.

    :param file: file, which is closed after sending, or with this object.
    :param share: the room that the file takes.
    """

    def __init__(self, file: t.IO[bytes], share: Share) -> None:
        self._file = file
        self._close = weakref.finalize(self, _close, file, share)

    def __iter__(self) -> Body:
        """Return this iterator."""
        return self

    def __next__(self) -> bytes:
        """Return the next piece of the body."""
        piece = self._file.read(_PIECE)
        if not piece:
            raise StopIteration
        return piece

    def close(self) -> None:
        """Close the file."""
        self._close()


def _close(file: t.IO[bytes], share: Share) -> None:
    file.close()
    share.release()


def set_parts(resp: falcon.Response, parts: t.Iterable[bytes], *, limited: bool = True) -> None:
    """Set the body of a response to the parts, which are all generated at once.

    Other threads get their turn between them.

    :param limited: refuse a body that is too large.
    :raises cratonserver.errors.Refused: with status 413, if the body is too large, or with
        429 or 503, if there is no room for it.
    :raises cratonserver.deadlines.Exceeded: at the deadline of the request.
    """
    limit = request_limits.current().response_size
    file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115
    share = Share(request_limits.client())
    body = Body(t.cast("t.IO[bytes]", file), share)
    try:
        for piece in _pieces(parts):
            deadlines.check()
            time.sleep(0)
            share.grow(len(piece))
            if limited and share.size > limit:
                raise too_large(limit)
            file.write(piece)
    except (OSError, errors.Refused) as exc:
        body.close()
        if limited and isinstance(exc, errors.Refused):
            raise
        done = "" if limited else "The change was made, but "
        message = f"{done}the server has no room for the response."
        reason = exc.reason if isinstance(exc, errors.Refused) else "disk"
        raise errors.Refused(503, message[0].upper() + message[1:], reason=reason) from exc
    file.seek(0)
    resp.content_type = falcon.MEDIA_JSON
    resp.set_stream(body, share.size)


def too_large(limit: int) -> errors.Refused:
    """Return the error for a response that is too large.

    :param limit: the limit in bytes.
    """
    return errors.Refused(
        413,
        f"The response would be larger than {limit} bytes (response_size). Ask for fewer "
        "objects, or for objects without their variables.",
        reason="response_size",
    )


def _pieces(parts: t.Iterable[bytes]) -> t.Iterator[bytes]:
    """Join small parts."""
    some: list[bytes] = []
    size = 0
    for part in parts:
        some.append(part)
        size += len(part)
        if size >= _PIECE:
            yield b"".join(some)
            some, size = [], 0
    yield b"".join(some)


def set_body(resp: falcon.Response, body: t.Any, variables: Mappings) -> None:
    """Set the body of a response with the variables of objects, at once if it is small.

    :param body: JSON value.
    :param variables: the variables in it.
    :raises cratonserver.errors.Refused: as :func:`set_parts`.
    """
    total = sum(variables.sizes.values())
    limit = request_limits.current().response_size
    if total < _SMALL:
        json_response.set_body(resp, body)
    elif total > limit and variables.least() > limit:
        raise too_large(limit)
    else:
        set_parts(resp, json_parts.parts(body))


def set_result(resp: falcon.Response, body: t.Any) -> None:
    """Set the body of a response to a change, at once if it is small.

    The change is committed, so no limit applies any more.

    :param body: JSON value.
    """
    if json_parts.is_light(body):
        json_response.set_body(resp, body)
    else:
        set_parts(resp, json_parts.parts(body), limited=False)
