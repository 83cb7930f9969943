# SPDX-License-Identifier: Apache-2.0
"""Check the arguments of a request, before keystoneauth or requests see them."""

from __future__ import annotations

import collections.abc
import json
import typing as t
from urllib import parse

from cratonclient import exceptions
from cratonclient.http import basic_auth, failures, seconds
from cratonclient.printable import shown


def check(method: object, url: object, options: t.Mapping[str, t.Any]) -> str:
    """Refuse arguments that cannot be sent.

    :param method: HTTP method.
    :param url: URL of the request.
    :param options: keywords of the request, such as ``json``.
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
    body = options.get("json")
    if body is not None:
        check_json(body)
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


def check_json(body: object) -> None:
    """Refuse a value that JSON cannot represent, such as a set or a number that is NaN.

    :param body: the value.
    :raises cratonclient.exceptions.CommandError: if JSON cannot represent it. The message
        names the member of the body that is not valid.
    """
    problem = _problem(body)
    if problem is None:
        return
    where = ""
    if isinstance(body, collections.abc.Mapping):
        names = [name for name, value in body.items() if _problem(value) is not None]
        where = f" of {shown(names[0])}" if names else ""
    raise exceptions.CommandError(
        f"The value{where} cannot be sent as JSON: {problem}.", exception=problem
    )


def _problem(value: object) -> Exception | None:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, OverflowError, RecursionError) as exc:
        return exc
    return None
