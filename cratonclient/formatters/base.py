# SPDX-License-Identifier: Apache-2.0
"""The base class of formatters of other packages."""

from __future__ import annotations

import argparse
import collections.abc
import typing as t

from cratonclient import crud


class Formatter:
    """Base class of formatters: print one object, or a list of objects.

    A package names its subclass in the entry point group ``cratonclient.formatters``, for
    example ``names = fleet_formats:Names``. Then ``craton --format names host-list`` and
    ``craton host list -f names`` use it.

    :param parsed_args: the parsed arguments of the command.

    >>> class Names(Formatter):
    ...     def handle_instance(self, instance):
    ...         print(instance.name)
    ...     def handle_generator(self, generator):
    ...         for instance in generator:
    ...             self.handle_instance(instance)
    """

    def __init__(self, parsed_args: argparse.Namespace) -> None:
        self.args = parsed_args
        self.after_init()

    def after_init(self) -> None:
        """Initialize the formatter after ``__init__``. Subclasses override it."""

    def configure(self, *args: t.Any, **kwargs: t.Any) -> t.Self:
        """Accept settings of the command. Subclasses override it.

        :param args: not used by the commands.
        :param kwargs: ``fields``, the names of the columns of a list; ``wrap``, the width
            of the values of one object. Accept others as well.
        :returns: the formatter.
        """
        return self

    def handle(self, item_to_format: t.Any) -> None:
        """Print what a manager returned.

        :param item_to_format: a resource, or a generator of resources.
        :raises ValueError: if it is something else.
        """
        if isinstance(item_to_format, crud.Resource):
            self.handle_instance(item_to_format)
        elif isinstance(item_to_format, collections.abc.Iterator):
            self.handle_generator(item_to_format)
        else:
            raise ValueError(
                f"{item_to_format!r} is neither a resource nor a generator of resources."
            )

    def handle_instance(self, instance: t.Any) -> None:
        """Print one object. Subclasses must override it.

        :param instance: a :class:`cratonclient.crud.Resource`.
        """
        raise NotImplementedError(f"{type(self).__name__} cannot print a single object.")

    def handle_generator(self, generator: t.Iterator[t.Any]) -> None:
        """Print a list of objects. Subclasses must override it.

        :param generator: a generator of :class:`cratonclient.crud.Resource`. The objects
            are requested while it is read.
        """
        raise NotImplementedError(f"{type(self).__name__} cannot print a list.")
