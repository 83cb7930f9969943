# SPDX-License-Identifier: Apache-2.0
"""Name the environment variables whose files TLS uses: CA bundles and the log of keys."""

from __future__ import annotations

import errno
import os

from cratonclient.printable import printable

#: The variables of CA bundles that requests reads, the one with precedence first.
_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")

#: Python writes the keys of TLS connections to the file of this variable.
_KEYS = "SSLKEYLOGFILE"

_NAME_ANOTHER = "Name a file that exists."

#: Errors of a file that cannot be opened. A connection has other ones, except for EACCES.
_UNUSABLE = (
    *(errno.ENOENT, errno.EACCES, errno.EPERM, errno.EISDIR, errno.ENOTDIR),
    *(errno.EROFS, errno.ELOOP, errno.ENAMETOOLONG),
)


def problem(cause: BaseException) -> str:
    """Return a message about a file that TLS cannot use, or an empty string.

    :param cause: a cause of a failed request. The exceptions of the libraries do not name
        the variable, and not always the file.
    """
    text = str(cause)
    path = text.partition("invalid path: ")[2]
    if text.startswith("Could not find the TLS certificate file"):
        return f"The client certificate {printable(path)} does not exist. {_NAME_ANOTHER}"
    if text.startswith("Could not find the TLS key file"):
        return f"The key {printable(path)} of the client does not exist. {_NAME_ANOTHER}"
    if text.startswith("Could not find a suitable TLS"):
        return _absent_bundle(path)
    if "NO_CERTIFICATE_OR_CRL_FOUND" in text or "PEM lib" in text:
        origin = next(filter(os.environ.get, _BUNDLES), "")
        also = origin and f", also that of {origin}, {printable(os.environ[origin])}"
        return f"The CA bundle contains no certificates in PEM. Check the CA bundle{also}."
    if getattr(cause, "errno", None) in _UNUSABLE:
        return _unusable_key_log(printable(getattr(cause, "strerror", None) or text))
    return ""


def unread_bundle(reason: str) -> str:
    """Return a sentence about a variable that other programs read, or an empty string.

    requests brings a CA bundle of its own, and ignores the variables of OpenSSL.

    :param reason: message of the exception of a failed request.
    """
    found = [name for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if os.environ.get(name)]
    if "CERTIFICATE_VERIFY_FAILED" not in reason or not found or os.environ.get(_BUNDLES[0]):
        return ""
    return f" {found[0]} is not read: name the CA bundle in {_BUNDLES[0]}."


def _absent_bundle(path: str) -> str:
    origin = next((name for name in _BUNDLES if path and os.environ.get(name) == path), "")
    if origin:
        return (
            f"The CA bundle {printable(path)} of {origin} does not exist. Name a file that "
            f"exists, or unset {origin}."
        )
    return f"The CA bundle {printable(path)} does not exist. {_NAME_ANOTHER}"


def _unusable_key_log(reason: str) -> str:
    path = os.environ.get(_KEYS)
    if not path or _can_write(path):
        return ""
    return (
        f"The file of {_KEYS}, {printable(path)!r}, cannot be written: {reason}. Unset "
        f"{_KEYS}, or name a file that you can write to."
    )


def _can_write(path: str) -> bool:
    """Return True if a file can be opened for writing. This creates nothing."""
    if os.path.exists(path):
        return os.path.isfile(path) and os.access(path, os.W_OK)
    folder = os.path.dirname(path) or "."
    return os.path.isdir(folder) and os.access(folder, os.W_OK)
