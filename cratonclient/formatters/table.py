# SPDX-License-Identifier: Apache-2.0
"""The table of the 2017 client, as a formatter."""

from __future__ import annotations

import typing as t

from cratonclient.common import cliutils
from cratonclient.formatters import base


class Formatter(base.Formatter):
    """Print tables with borders.

    >>> Formatter(args).configure(fields=['id', 'name']).handle(craton.hosts.list())
    """

    def after_init(self) -> None:
        """Set the defaults."""
        self.fields: t.Sequence[str] = []
        self.formatters: t.Mapping[str, t.Callable[[t.Any], t.Any]] = {}
        self.sortby_index: int | None = 0
        self.mixed_case_fields: t.Collection[str] = ()
        self.field_labels: t.Sequence[str] = []
        self.dict_property = "Property"
        self.dict_value = "Value"
        self.wrap = 0

    def configure(
        self,
        fields: t.Sequence[str] | None = None,
        formatters: t.Mapping[str, t.Callable[[t.Any], t.Any]] | None = None,
        sortby_index: int | t.Literal[False] | None = False,
        mixed_case_fields: t.Collection[str] | None = None,
        field_labels: t.Sequence[str] | None = None,
        dict_property: str | None = None,
        dict_value: str | None = None,
        wrap: int | None = None,
        **kwargs: t.Any,
    ) -> t.Self:
        """Change settings. Those that are not given keep their values.

        :param fields: fields of a list, as for
            :func:`cratonclient.common.cliutils.print_list`.
        :param formatters: as for ``print_list``.
        :param sortby_index: as for ``print_list``. False is "not given", because None has
            a meaning.
        :param mixed_case_fields: as for ``print_list``.
        :param field_labels: as for ``print_list``. By default, titles of the fields.
        :param dict_property: as for :func:`cratonclient.common.cliutils.print_dict`.
        :param dict_value: as for ``print_dict``.
        :param wrap: as for ``print_dict``.
        :param kwargs: ignored.
        :returns: the formatter.
        """
        given = {
            "fields": fields,
            "formatters": formatters,
            "mixed_case_fields": mixed_case_fields,
            "field_labels": field_labels,
            "dict_property": dict_property,
            "dict_value": dict_value,
            "wrap": wrap,
        }
        for name, value in given.items():
            if value is not None:
                setattr(self, name, value)
        if sortby_index is not False:
            self.sortby_index = sortby_index
        return self

    def handle_instance(self, instance: t.Any) -> None:
        """Print the fields of an object, one in each row."""
        cliutils.print_dict(instance.to_dict(), self.dict_property, self.wrap, self.dict_value)

    def handle_generator(self, generator: t.Iterator[t.Any]) -> None:
        """Print one row for each object."""
        cliutils.print_list(
            generator,
            self.fields,
            self.formatters,
            self.sortby_index,
            self.mixed_case_fields,
            self.field_labels or cliutils.field_labels_from(self.fields),
        )
