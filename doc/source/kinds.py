# SPDX-License-Identifier: Apache-2.0
"""A directive that generates the tables of the kinds from their declarations.

::

    .. kinds::              a section for each kind, with the label kind-<collection>
    .. kinds:: classes      the classes of all kinds
"""

import inspect

from docutils import nodes, statemachine
from docutils.parsers import rst

from cratonclient import v1
from cratonclient.fields import Ref, Sub
from cratonclient.v1 import relations, types

#: When a response contains a field.
SHOWN = {
    "always": "",
    "details": "Only in single objects, and in lists with ``details=True``.",
    "created": "Only in the response that creates the object.",
    "never": "Not in responses.",
}

FIELDS = ("Field", "Type", "create", "update", "list", "Description")
PARAMETERS = ("Parameter", "Type", "Description")


class Kinds(rst.Directive):
    """The directive ``kinds``: the kinds of this package."""

    optional_arguments = 1

    def run(self):
        """Return a section for each kind, or the classes of all kinds."""
        kinds = [v1.kind(name) for name in v1.COLLECTIONS]
        if not self.arguments:
            return [self.section(kind) for kind in kinds]
        made = nodes.container()
        self.parse("\n\n".join(map(classes_of, kinds)), made)
        return made.children

    def section(self, kind):
        """Return the section of a kind, to which ``:ref:`` can link."""
        label = label_of(kind.collection)
        made = nodes.section(ids=[label], names=[label])
        self.state.document.note_explicit_target(made)
        made += nodes.title(text=kind.plural.capitalize())
        self.parse(text_of(kind), made)
        return made

    def parse(self, text, node):
        """Append the parsed text to a node."""
        lines = statemachine.StringList(text.splitlines(), source="the declarations")
        self.state.nested_parse(lines, self.content_offset, node)


def label_of(collection):
    """Return the label of the section of a kind."""
    return f"kind-{collection.replace('_', '-')}"


def text_of(kind):
    """Return the description of a kind in reStructuredText."""
    fields = [row(kind, name, field) for name, field in kind.fields.items()]
    parts = [introduction(kind), table(FIELDS, (17, 17, 10, 8, 6, 42), fields)]
    if kind.resource_class.parameters:
        rows = [parameter(name, f) for name, f in kind.resource_class.parameters.items()]
        parts += [
            "Further parameters of ``list``:",
            table(PARAMETERS, (17, 17, 66), rows),
        ]
    return "\n\n".join([*parts, *related(kind), *types_of(kind)])


def introduction(kind):
    """Return the classes and the methods of a kind."""
    module = kind.manager.__module__
    methods = ", ".join(f":meth:`~cratonclient.crud.CRUDClient.{m}`" for m in methods_of(kind))
    unique = " and ".join(f"``{field}``" for field in kind.resource_class.unique)
    sentences = [
        f"``craton.{kind.collection}`` is a :class:`~{module}.{kind.manager.__name__}`.",
        f"Its objects are :class:`~{module}.{kind.resource_class.__name__}` objects.",
        *([f"Unique: {unique}."] if unique else []),
        f"Methods: {methods}.",
    ]
    return " ".join(sentences)


def types_of(kind):
    """Return the types of the keywords and the dictionaries of a kind."""
    name = kind.resource_class.__name__
    names = [f"{name}{what}" for what in ("Create", "Update", "Filters", "Fields", "Dict")]
    known = [n for n in names if hasattr(types, n)]
    if known:
        found = ", ".join(f":class:`~cratonclient.v1.types.{n}`" for n in known)
        yield f"Types for :ref:`type checkers <type-checkers>`: {found}."


def classes_of(kind):
    """Return the directives for the classes of a kind."""
    own = [n for n, f in vars(kind.manager).items() if inspect.isfunction(f) and n[0] != "_"]
    module, label = kind.manager.__module__, label_of(kind.collection)
    members = [f"   :members: {', '.join(own)}"] if own else []
    return "\n".join(
        [
            f".. autoclass:: {module}.{kind.resource_class.__name__}",
            "",
            f"   Its fields are in :ref:`{label}`.",
            "",
            f".. autoclass:: {module}.{kind.manager.__name__}",
            *members,
        ]
    )


def methods_of(kind):
    """Return the methods that a manager has for a kind."""
    for name in ("create", "get", "update", "delete", "list"):
        if kind.can(name):
            yield name
    yield from ("pages", "find", "count")
    if kind.can("create"):
        yield from ("get_or_create", "update_or_create")


def row(kind, name, field):
    """Return the cells of a field."""
    create = "required" if field.required else "yes" if field.create else ""
    filters = "yes" if name in kind.resource_class.filters else ""
    return (
        f"``{name}``",
        type_of(field),
        create if kind.can("create") else "",
        "yes" if field.update and kind.can("update") else "",
        filters,
        description(field),
    )


def parameter(name, field):
    """Return the cells of a parameter of a list."""
    return f"``{name}``", type_of(field), description(field)


def type_of(field):
    """Return the type of a field, with a link to the kind or the manager that it names."""
    if isinstance(field, Sub):
        manager = field.manager
        return f":class:`~{manager.__module__}.{manager.__name__}`"
    text = f"``{field.type.__name__}``"
    if isinstance(field, Ref):
        noun = v1.kind(field.target).noun
        text += f", id of a :ref:`{noun} <{label_of(field.target)}>`"
    return f"{text}, or ``None``" if field.null else text


def description(field):
    """Return the help of a field, with its default and the responses that contain it."""
    sentences = [f"{field.help[:1].upper()}{field.help[1:]}."]
    if field.default is not None and field.create:
        sentences.append(f"Default: ``{field.default}``.")
    if isinstance(field, Sub):
        value = "a dictionary" if field.type is dict else "a list"
        sentences.append(f"``create`` takes {value}.")
    return " ".join([*sentences, SHOWN[field.shown]]).strip()


def related(kind):
    """Return the attributes for related objects, with links to their kinds."""
    one, many = [], []
    for name, collection in relations.reachable(kind.resource_class).items():
        target = f":ref:`{v1.kind(collection).noun} <{label_of(collection)}>`"
        if name == collection:
            target = f":ref:`{v1.kind(collection).plural} <{label_of(collection)}>`"
            many.append(f"``{kind.key}.{name}`` ({target})")
        else:
            one.append(f"``{kind.key}.{name}`` ({target})")
    if one:
        yield f"Related objects: {', '.join(one)}."
    if many:
        yield f"Managers of related objects: {', '.join(many)}."
    if kind.inherits and kind.has_variables:
        chain = [f"``{name.removesuffix('_id')}``" for name in kind.inherits]
        yield f"Inherits variables from, nearest first: {', '.join(chain)}."


def table(header, widths, rows):
    """Return a table in reStructuredText."""
    lines = [
        ".. list-table::",
        "   :header-rows: 1",
        f"   :widths: {' '.join(map(str, widths))}",
        "",
    ]
    for cells in (header, *rows):
        for number, cell in enumerate(cells):
            lines.append(f"   {'-' if number else '* -'} {cell}".replace("   -", "     -", 1))
    return "\n".join(line.rstrip() for line in lines)


def setup(app):
    """Add the directive to Sphinx."""
    app.add_directive("kinds", Kinds)
    return {"parallel_read_safe": True}
