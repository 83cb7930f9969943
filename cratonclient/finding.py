# SPDX-License-Identifier: Apache-2.0
"""Find one object by its fields, and create or update it.

The methods of managers with the same names call these functions.
"""

from __future__ import annotations

import typing as t

from cratonclient import exceptions, formats, json_values, keywords
from cratonclient.fields import Field, Ref, Sub
from cratonclient.printable import shown

Values = t.Mapping[str, t.Any]

#: Keywords of :meth:`cratonclient.crud.CRUDClient.list` that are not sent.
_LIST_KEYWORDS = (
    *("autopaginate", "nested", "workers", "max_items", "base_path", "skip_merge"),
    "entity_tags",
)


def find(manager: t.Any, given: Values) -> t.Any:
    """Return the object with some values, or ``None``.

    Fields that a list can be filtered by are sent to the server. The others are compared
    here, for which the client reads the list.

    :param manager: manager of the kind, a :class:`cratonclient.crud.CRUDClient`.
    :param given: values of fields, and parameters of lists.
    :raises cratonclient.exceptions.Ambiguous: if several objects have the values.
    :raises cratonclient.exceptions.BadRequest: if a name is unknown.
    """
    manager.check_collection()
    cls, noun = manager.resource_class, manager.noun
    manager.merge_request_arguments({**given}, False)  # refuses objects of other servers
    values = keywords.with_ids(cls, given)
    if not any(_selects(name, value) for name, value in values.items()):
        raise exceptions.CommandError(f"find() needs at least one field of the {noun}.")
    filters, compared = _split(manager, values)
    found: list[t.Any] = []
    for item in manager.list(short_is_last=True, **filters):
        if all(_is_equal(cls.fields()[n], getattr(item, n), v) for n, v in compared.items()):
            found.append(item)
        if len(found) > 1:
            wanted = ", ".join(f"{n}={shown(v)}" for n, v in values.items())
            ids = ", ".join(str(one.id) for one in found)
            raise exceptions.Ambiguous(
                f"More than one {noun} has {wanted}, such as those with the ids {ids}. "
                "Give more fields."
            )
    return found[0] if found else None


def get_or_create(manager: t.Any, defaults: Values | None, given: Values) -> tuple[t.Any, bool]:
    """Return the object with some values, which is created if it does not exist.

    :param manager: manager of the kind, a :class:`cratonclient.crud.CRUDClient`.
    :param defaults: more values for the new object.
    :param given: values to find the object by.
    :returns: the object, and whether it was created.
    :raises cratonclient.exceptions.BadRequest: if a name is unknown.
    """
    # Also if the object exists: a misspelled name must not wait for the first that does not.
    manager.check_collection()
    manager.merge_request_arguments({**(defaults or {})}, True)
    keywords.body(manager.resource_class, manager.noun, defaults or {}, "create")
    found = find(manager, given)
    if found is not None:
        return found, False
    try:
        return manager.create(**{**(defaults or {}), **given}), True
    except exceptions.Conflict:
        # Another client may have created it since.
        found = find(manager, given)
        if found is None:
            raise
        return found, False


def update_or_create(
    manager: t.Any, defaults: Values | None, given: Values
) -> tuple[t.Any, bool]:
    """Return the object with some values after an update; create it if it does not exist.

    :param manager: manager of the kind, a :class:`cratonclient.crud.CRUDClient`.
    :param defaults: the other values. Only those that differ are sent.
    :param given: values to find the object by.
    :returns: the object, and whether it was created.
    """
    found, created = get_or_create(manager, defaults, given)
    if not created:
        _update(found, keywords.with_ids(manager.resource_class, defaults or {}))
    return found, created


def _update(found: t.Any, values: Values) -> None:
    """Update the values of an object that differ. Parts are set or added to."""
    fields = type(found).fields()
    parts = {name: value for name, value in values.items() if _is_part(fields, name)}
    changed = {
        name: value
        for name, value in values.items()
        if name not in parts
        and not (name in fields and _is_equal(fields[name], getattr(found, name), value))
    }
    if changed:
        found.update(**changed)
    for name, value in parts.items():
        part = getattr(found, name)
        if value and fields[name].type is dict:
            _set_missing(part, json_values.plain(value))
        elif value:
            _add_missing(part, _several(name, value))


def _set_missing(part: t.Any, values: Values) -> None:
    """Set the variables that an object does not have itself, or with another value."""
    from cratonclient import entity_tags

    def work() -> None:
        read = part.read(resolved=False)
        changed = json_values.differing(read.to_dict(), values)
        if changed:
            part.write(read, changed)

    entity_tags.retrying(work)


def _add_missing(part: t.Any, values: t.Sequence[str]) -> None:
    """Add the labels that an object does not have."""
    from cratonclient import entity_tags

    def work() -> None:
        read = part.read()
        missing = [value for value in values if value not in read.values]
        if missing:
            part.write(read, missing)

    entity_tags.retrying(work)


def _several(name: str, value: t.Any) -> t.Any:
    """Return several values, which a single text is not.

    :raises cratonclient.exceptions.BadRequest: if it is a text.
    """
    if isinstance(value, str):
        raise exceptions.BadRequest(f"{name}: {shown(value)} is not a list.")
    return value


def _is_part(fields: t.Mapping[str, Field[t.Any]], name: str) -> bool:
    return isinstance(fields.get(name), Sub)


def _selects(name: str, value: t.Any) -> bool:
    """Return True for a value of a field or a filter, unlike for options such as ``limit``."""
    if name in keywords.LIST_OPTIONS:
        return name in ("vars", "where", "name_prefix") and bool(value)
    return name not in (*keywords.REQUEST_OPTIONS, *_LIST_KEYWORDS)


def _split(manager: t.Any, values: Values) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
    """Return the values to filter a list by, and the values to compare here.

    :raises cratonclient.exceptions.BadRequest: for a part, such as variables.
    """
    cls = manager.resource_class
    fields, known = cls.fields(), keywords.filters(cls) or [*values]
    parameter_of = {p.compares: name for name, p in cls.parameters.items() if p.compares}
    filters: dict[str, t.Any] = {}
    compared: dict[str, t.Any] = {}
    for name, value in values.items():
        if _is_part(fields, name):
            raise exceptions.BadRequest(
                f"A {manager.noun} cannot be found by its {name}. "
                f"Use {parameter_of.get(name, 'vars')}= in place of it."
            )
        if value is None and name in fields:
            compared[name] = None
        elif name in parameter_of:
            filters[parameter_of[name]] = value
        elif name in known or name in keywords.LIST_OPTIONS or name not in fields:
            filters[name] = value
        # Some servers take a name as a pattern.
        if name in fields and (name not in known or name == cls.NAME_ATTR):
            compared[name] = value
    return filters, compared


def _is_equal(field: Field[t.Any], one: t.Any, other: t.Any) -> bool:
    """Return True if two values of a field are equal, in any spelling of an address."""
    if one is None or other is None:
        return one is other
    if isinstance(field, Ref) or field.name == "id":
        return str(one) == str(other)
    if field.format and isinstance(one, str) and isinstance(other, str):
        return _canonical(field.format, one) == _canonical(field.format, other)
    return bool(one == other)


def _canonical(format: formats.Format, text: str) -> str:
    try:
        return formats.canonical(format, text)
    except ValueError:
        return text
