# SPDX-License-Identifier: Apache-2.0
"""Check the keywords of managers, and turn them into a request body or query parameters.

The fields of the kind decide which names are known. A class that declares no field of its
own, as programs of 2017 write them, may have any: its keywords are sent as they are.
"""

from __future__ import annotations

import collections.abc
import re
import typing as t

from cratonclient import exceptions, formats, ids, suggestions
from cratonclient.fields import Field, Ref, Sub
from cratonclient.json_values import Wrapped
from cratonclient.printable import shown
from cratonclient.resource import Resource

Keywords = t.Mapping[str, t.Any]
Writing = t.Literal["create", "update"]

#: Keywords of all methods that concern the request, not the object.
REQUEST_OPTIONS = ("timeout", "connect_retries", "status_code_retries")

#: Parameters of lists that are not filters. ``None`` means that they are not given.
LIST_OPTIONS = (
    *("limit", "marker", "marker_values", "sort_keys", "sort_dir"),
    *("details", "resolved_values", "resolved-values", "vars", "name_prefix"),
    "where",
)
_RESOLVED = ("resolved_values", "resolved-values")


def request_options(keywords: dict[str, t.Any]) -> dict[str, t.Any]:
    """Remove the keywords that concern the request, and return them.

    :param keywords: keywords of a method, modified in place.
    """
    return {name: keywords.pop(name) for name in REQUEST_OPTIONS if name in keywords}


def body(cls: t.Any, noun: str, keywords: Keywords, operation: Writing) -> dict[str, t.Any]:
    """Return the body of a create or update request.

    ``None`` for a field that may be null is the same as leaving the field out of a create
    request. Servers do not take it.

    :param cls: class of the objects.
    :param noun: name of the kind, for messages.
    :param keywords: values of the fields. A reference may be given without ``_id``, and may
        be an object: ``region=region`` is ``region_id=region.id``.
    :param operation: ``'create'`` or ``'update'``.
    :raises cratonclient.exceptions.BadRequest: if a field is unknown or cannot be written,
        if an object has the wrong kind, or if an id is not valid.

    >>> body(Host, 'host', {'name': 'web-1', 'region': region}, 'create')
    {'name': 'web-1', 'region_id': 1}
    """
    fields, values = _declared(cls), with_ids(cls, keywords)
    if not fields:
        return values
    writable = [name for name, field in fields.items() if getattr(field, operation)]
    for name in values:
        if name not in fields:
            raise _unknown(f"A {noun} has no field", name, writable)
        if name not in writable:
            raise exceptions.BadRequest(
                f"The field {name!r} of a {noun} cannot be set by {operation}(). "
                f"{_way_to_write(fields[name], noun, writable)}"
            )
    found = {name: _written(fields[name], value, operation) for name, value in values.items()}
    return {
        name: value
        for name, value in found.items()
        if not (value is None and fields[name].null and operation == "create")
    }


def checked_body(
    cls: t.Any, noun: str, keywords: Keywords, operation: Writing
) -> dict[str, t.Any]:
    """Return the body of a create or update request, as :func:`body` does.

    Invalid addresses are refused before they are sent: the original server stores them, and
    then fails to list them.

    :param cls: class of the objects.
    :param noun: name of the kind, for messages.
    :param keywords: values of the fields.
    :param operation: ``'create'`` or ``'update'``.
    :raises cratonclient.exceptions.BadRequest: naming each field and its value.
    """
    found = body(cls, noun, keywords, operation)
    fields = cls.fields() if is_kind(cls) else {}
    wrong = formats.problems(fields, found) or formats.conflicts(fields, found, found)
    if wrong:
        raise exceptions.BadRequest("; ".join(wrong))
    return found


def _way_to_write(field: Field[t.Any], noun: str, writable: t.Sequence[str]) -> str:
    """Return the sentence that says how a field is written, or which fields can be."""
    if isinstance(field, Sub):
        return f"Use the methods of the attribute {field.name} of the {noun}."
    return f"These fields can: {', '.join(writable) or 'none'}."


def _written(field: Field[t.Any], value: t.Any, operation: Writing) -> t.Any:
    """Return the value of a field as it is sent.

    :raises cratonclient.exceptions.BadRequest: if it is not an id, or ``None`` for a field
        that a server does not clear.
    """
    if value is None and field.null and operation == "update" and not field.clear:
        raise exceptions.BadRequest(f"{field.name}: None cannot be set. No server clears it.")
    if isinstance(field, Ref) and value is not None:
        _check_id(field.name, value, field)
        return field.type(value)
    return value


def query(cls: t.Any, noun: str, keywords: Keywords) -> dict[str, t.Any]:
    """Return the query parameters of a list.

    :param cls: class of the objects.
    :param noun: name of the kind, for messages.
    :param keywords: filters and options of the list. A reference may be given as for
        :func:`body`. An option that is ``None`` is not sent.
    :raises cratonclient.exceptions.BadRequest: if a filter is unknown, is ``None`` or has
        several values, or if an id is not valid.

    >>> query(Host, 'host', {'region': region, 'marker': None})
    {'region_id': 1}
    """
    fields = _declared(cls)
    given = {
        name: _single(name, value)
        for name, value in keywords.items()
        if not (value is None and name in LIST_OPTIONS)
    }
    values = with_ids(cls, given)
    known = filters(cls)
    for name, value in values.items():
        if known is not None and name not in known and name not in LIST_OPTIONS:
            raise _unknown(f"A list of {noun}s has no filter", name, known, LIST_OPTIONS)
        _check_option(cls, noun, name)
        _check_filter(name, value, fields.get("id" if name == "marker" else name))
    wanted = values.get("vars")
    if isinstance(wanted, collections.abc.Mapping):
        del values["vars"]
        if wanted:
            from cratonclient import conditions

            values["vars"] = conditions.text_of(wanted)
    if "where" in values:
        values["where"] = _compared(cls, noun, values["where"])
    return {_api_name(name): value for name, value in values.items()}


def _compared(cls: t.Any, noun: str, given: object) -> list[str]:
    """Return the texts of comparisons.

    :raises cratonclient.exceptions.BadRequest: if one is not valid, or its field is unknown.
    """
    from cratonclient import comparisons

    found = comparisons.all_of(given)
    known = [*comparisons.comparable(_declared(cls))]
    for one in found:
        name = str(one.operand[0])
        if known and one.variable is None and name not in known:
            hint = suggestions.did_you_mean(name, known) or f" Known: {', '.join(known)}."
            raise exceptions.BadRequest(
                f"where: A {noun} has no field {shown(name)} to compare.{hint} The names of "
                "variables begin with vars., such as vars.rack."
            )
    return [*map(comparisons.write, found)]


def without_comparisons(query: dict[str, t.Any]) -> dict[str, t.Any] | None:
    """Return a query that finds the same objects without the parameter ``where``.

    :param query: query parameters of a list.
    :returns: the query for a server without comparisons, which can compare variables for
        equality only; ``None`` if there is no such query.
    """
    from cratonclient import comparisons, conditions

    texts = [query["vars"]] if "vars" in query else []
    written = []
    for one in map(comparisons.parse, query["where"]):
        if one.variable is None or one.operator != "=":
            return None
        written.append((one.variable, conditions.text_of_one(one.variable, one.value)))
    others = {name: value for name, value in query.items() if name not in ("vars", "where")}
    texts += [conditions.joined(written)] if written else []
    return {**others, "vars": ",".join(texts)} if texts else others


def item_query(
    cls: t.Any, noun: str, keywords: Keywords, known: t.Sequence[str] = _RESOLVED
) -> dict[str, t.Any]:
    """Return the query parameters of a request for one object.

    :param cls: class of the objects.
    :param noun: name of the kind, for messages.
    :param keywords: parameters, such as ``resolved_values``.
    :param known: parameters of the request.
    :raises cratonclient.exceptions.BadRequest: if a parameter is unknown, such as the name
        of a field.
    """
    for name in keywords:
        if _declared(cls) and name not in known:
            raise _unknown(f"A request for a {noun} has no parameter", name, known[:1])
    return parameters(keywords)


def parameters(keywords: Keywords) -> dict[str, t.Any]:
    """Return query parameters with the names of the API.

    Python cannot pass ``resolved-values`` as a keyword, so programs write
    ``resolved_values``.
    """
    return {_api_name(name): value for name, value in keywords.items()}


def with_ids(cls: t.Any, keywords: Keywords) -> dict[str, t.Any]:
    """Return keywords with ids in place of objects.

    :param cls: class of the objects that have the keywords as fields.
    :param keywords: values of fields.
    :raises cratonclient.exceptions.BadRequest: if an object has the wrong kind, or if a
        reference is given twice, with different values.

    >>> with_ids(Host, {'region': region})
    {'region_id': 1}
    """
    fields = _declared(cls)
    found: dict[str, t.Any] = {}
    for given, value in keywords.items():
        name = f"{given}_id" if _is_reference(fields, given) else given
        field = fields.get("id" if name == "marker" else name)
        value = _reference(given, _bare(value), field, cls)
        if name in found and str(found[name]) != str(value):
            both = f"{name.removesuffix('_id')} and {name}"
            raise exceptions.BadRequest(f"{both} are different: pass only one of them.")
        found[name] = value
    return found


def _bare(value: t.Any) -> t.Any:
    """Return the value of a variable, and any other value as it is.

    Several variables are a mapping, and a filter needs to know that it has names.
    """
    if isinstance(value, Wrapped) and not isinstance(value, collections.abc.Mapping):
        return value.to_json()
    return value


def add_references(cls: type[Resource], values: dict[str, t.Any], within: Resource) -> None:
    """Add the references that a new object shares with the object that contains it.

    A host in a region is in the cloud of the region, too.

    :param cls: class of the new object.
    :param values: values of the new object by field, modified in place.
    :param within: object that contains it. It is loaded if a reference is missing.
    """
    known = type(within).fields()
    for name, field in cls.fields().items():
        if isinstance(field, Ref) and field.create and name in known and name not in values:
            value = getattr(within, name)
            if value is not None:
                values[name] = value


def filters(cls: t.Any) -> list[str] | None:
    """Return the names of the filters of a list, or ``None`` if the class declares none.

    :param cls: class of the objects.
    """
    return [*cls.filters, *cls.parameters] if _declared(cls) else None


def item_id(cls: t.Any, noun: str, value: t.Any) -> t.Any:
    """Return the id in a value that is an id or an object.

    :param cls: class of the objects.
    :param noun: name of the kind, for messages.
    :param value: the id or the object.
    :raises cratonclient.exceptions.CommandError: if the object is of another kind.
    """
    if not isinstance(value, Resource):
        return value
    if is_kind(cls) and not isinstance(value, cls):
        raise exceptions.CommandError(f"{_named(value)} is not a {noun}.")
    return value.id


def is_kind(cls: object) -> t.TypeGuard[type[Resource]]:
    """Return True for the class of a kind. A test may use a double instead."""
    return isinstance(cls, type) and issubclass(cls, Resource)


def _declared(cls: object) -> dict[str, Field[t.Any]]:
    """Return the fields of a kind, or none if the class does not declare its own."""
    if not is_kind(cls):
        return {}
    fields = cls.fields()
    return fields if len(fields) > len(Resource.fields()) else {}


def _is_reference(fields: t.Mapping[str, Field[t.Any]], name: str) -> bool:
    """Return True for the name of a reference without ``_id``."""
    return name not in fields and isinstance(fields.get(f"{name}_id"), Ref)


def _reference(name: str, value: t.Any, field: Field[t.Any] | None, cls: t.Any) -> t.Any:
    if not isinstance(value, Resource) or field is None:
        return value
    if field.name == "id" and not isinstance(value, cls):
        raise exceptions.BadRequest(f"{name}: {_named(value)} is not a {cls.__name__}.")
    if isinstance(field, Ref) and field.target not in collections_of(type(value)):
        target = field.target.replace("_", " ").removesuffix("s")
        raise exceptions.BadRequest(f"{name}: {_named(value)} is not a {target}.")
    return value.id if isinstance(field, Ref) or field.name == "id" else value


def collections_of(cls: type[Resource]) -> set[str]:
    """Return the collections that the objects of a class belong to.

    Classes are named after their collection. A host is a device, too.

    >>> sorted(collections_of(NetworkDevice))
    ['devices', 'network_devices']
    """
    names = [base.__name__ for base in cls.__mro__ if issubclass(base, Resource)]
    singular = [re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() for name in names]
    return {f"{name}s" for name in singular if name != "resource"}


def _check_option(cls: t.Any, noun: str, name: str) -> None:
    """Refuse an option about variables for a kind that has none, as servers do.

    :raises cratonclient.exceptions.BadRequest: if the kind has none.
    """
    if not _declared(cls):
        return
    has_own = isinstance(cls.fields().get("variables"), Sub)
    needs_any = name in ("details", *_RESOLVED)
    if (name == "vars" and not has_own) or (needs_any and not (has_own or cls.inherits)):
        raise exceptions.BadRequest(
            f"A list of {noun}s has no option {name!r}, because the variables of a {noun} are "
            "not in lists."
        )


def _check_filter(name: str, value: object, field: Field[t.Any] | None) -> None:
    """Refuse a filter that a server would ignore, or take for another value.

    :raises cratonclient.exceptions.BadRequest: if it is one.
    """
    if name == "where" or (name == "vars" and isinstance(value, collections.abc.Mapping)):
        return
    if _is_several(value):
        raise exceptions.BadRequest(
            f"{name}: {shown(value)} is not a single value. Servers would use the first one "
            "only, or none. Request one list for each value."
        )
    if isinstance(value, Resource):
        raise exceptions.BadRequest(
            f"{name}: {_named(value)} is an object. Pass the value of one of its fields."
        )
    if name in LIST_OPTIONS and name != "marker":
        return
    if value is None:
        raise exceptions.BadRequest(
            f"{name}: None is not a value. A server would ignore the filter and list all "
            "objects. Leave it out to do so."
        )
    if field is not None and (name in ("id", "marker") or isinstance(field, Ref)):
        _check_id(name, value, field)


def _is_several(value: object) -> bool:
    """Return True for a value that a query string contains once for each of its elements."""
    return isinstance(value, collections.abc.Iterable) and not isinstance(value, (str, bytes))


def _check_id(name: str, value: object, field: Field[t.Any]) -> None:
    """Refuse a value that cannot be an id.

    :raises cratonclient.exceptions.BadRequest: if it is none.
    """
    if not ids.may_be_sent(value, field.type):
        raise exceptions.BadRequest(
            f"{name}: {shown(value)} is not an id. An id must be spelled as it is printed. "
            "Use find(name=...) to get an object by its name."
        )


def _single(name: str, value: t.Any) -> t.Any:
    """Return the value of a parameter that has one value in a list."""
    if name == "sort_keys" and isinstance(value, (list, tuple)):
        return ",".join(map(str, value))
    if isinstance(value, (list, tuple, set, frozenset)) and len(value) == 1:
        return next(iter(value))
    return value


def _api_name(name: str) -> str:
    return "resolved-values" if name == "resolved_values" else name


def _unknown(
    what: str, name: str, known: t.Sequence[str], options: t.Sequence[str] = ()
) -> exceptions.BadRequest:
    hint = suggestions.did_you_mean(name, [*known, *options])
    hint = hint or f" Known: {', '.join(known) or 'none'}."
    return exceptions.BadRequest(f"{what} {name!r}.{hint}")


def _named(value: Resource) -> str:
    """Return an object for messages, such as ``Host 5``."""
    return f"{type(value).__name__} {shown(value.id)}"
