# SPDX-License-Identifier: Apache-2.0
"""Check the arguments of a request, before keystoneauth or requests see them."""

from __future__ import annotations

import typing as t
from urllib import parse

from cratonclient import exceptions, json_values
from cratonclient.http import basic_auth, failures, seconds
from cratonclient.printable import shown


def check(method: object, url: object, options: dict[str, t.Any]) -> str:
    """Refuse arguments that cannot be sent. Replace variables in the body by their values.

    :param method: HTTP method.
    :param url: URL of the request.
    :param options: keywords of the request, such as ``json``. If the body contains
        variables, it is replaced in place by a copy with their values.
    :returns: the URL, without a user name and a password.
    :raises cratonclient.exceptions.CommandError: if an argument is not valid.
    :raises cratonclient.exceptions.TransportNotFound: if the URL is not valid.
    """
    try:
        if not isinstance(url, str):
            raise failures.invalid_url(url)
        parse.urlsplit(url)
    except ValueError as exc:
        raise failures.invalid_url(url, exc) from exc
    if not (isinstance(method, str) and method.isascii() and method.isalpha()):
        raise exceptions.CommandError(f"{shown(method)} is not an HTTP method.")
    seconds.check_timeout(options.get("timeout"))
    if options.get("json") is not None:
        options["json"] = json_values.checked(options["json"])
    return basic_auth.without_login(url)


def check_count(name: str, value: object) -> None:
    """Refuse a value that is not a positive whole number.

    :param name: name of the argument, for the message.
    :raises cratonclient.exceptions.CommandError: if it is not one.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise exceptions.CommandError(
            f"{name} must be a positive whole number, not {shown(value)}."
        )
