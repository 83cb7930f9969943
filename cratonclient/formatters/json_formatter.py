# SPDX-License-Identifier: Apache-2.0
"""The JSON of the 2017 client, as a formatter."""

from __future__ import annotations

import json
import typing as t

from cratonclient.formatters import base


class Formatter(base.Formatter):
    """Print JSON with sorted keys.

    >>> Formatter(args).handle(craton.clouds.get(1))
    """

    def format(self, dictionary: t.Any) -> str:
        """Return a value as JSON.

        :param dictionary: the fields of an object.
        """
        return json.dumps(dictionary, sort_keys=True, indent=4)

    def handle_instance(self, instance: t.Any) -> None:
        """Print an object."""
        print(self.format(instance.to_dict()))

    def handle_generator(self, generator: t.Iterator[t.Any]) -> None:
        """Print an array of objects."""
        print(self.format([instance.to_dict() for instance in generator]))
