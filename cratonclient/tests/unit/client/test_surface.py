# SPDX-License-Identifier: Apache-2.0
"""The public names of the 2017 package are there, and take the same arguments."""

from __future__ import annotations

import importlib
import inspect
import types
import typing as t
from importlib import metadata

from cratonclient.tests import base
from cratonclient.tests.unit.client import fakes, surface_of_2017
from cratonclient.v1 import client

_NAMED = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def found_by(name: str) -> t.Any:
    """Return the object that ``module:qualified.name`` names."""
    module, _, path = name.partition(":")
    found: t.Any = importlib.import_module(module)
    for part in path.split("."):
        found = getattr(found, part)
    return found


def signature_of(name: str) -> inspect.Signature:
    """Return the signature of a function, as a caller sees it."""
    found = inspect.signature(found_by(name))
    class_name, dot, _ = name.rpartition(".")
    in_class = bool(dot) and ":" in class_name and inspect.isclass(found_by(class_name))
    if in_class and isinstance(found_by(name), types.FunctionType):
        return found.replace(parameters=list(found.parameters.values())[1:])
    return found


def parsed(text: str) -> inspect.Signature:
    """Return the signature that a text such as ``(item_id=None, **kwargs)`` describes."""
    scope: dict[str, t.Any] = {}
    exec(f"def function{text}: ...", scope)  # noqa: S102  # the text is in the tests
    return inspect.signature(scope["function"])


def differences(old: inspect.Signature, new: inspect.Signature) -> t.Iterator[tuple[str, str]]:
    """Yield the parameters whose arguments of 2017 are not accepted any more, and why.

    New parameters are permitted behind the old ones if they have a default, and as keywords.
    """
    positional = [p for p in new.parameters.values() if p.kind in _NAMED]
    by_kind = {p.kind: p for p in new.parameters.values()}
    variable = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    known = set()
    for index, wanted in enumerate(old.parameters.values()):
        known.add(wanted.name)
        if wanted.kind in variable:
            if wanted.kind not in by_kind:
                yield wanted.name, "is not accepted"
            continue
        found = positional[index] if index < len(positional) else None
        if found is None or found.name != wanted.name:
            yield wanted.name, f"is not argument {index + 1}"
        elif found.kind != wanted.kind:
            yield wanted.name, f"is {found.kind.description}"
        elif wanted.default is not wanted.empty and found.default is found.empty:
            yield wanted.name, "has become required"
        elif wanted.default is not wanted.empty and found.default != wanted.default:
            yield wanted.name, f"has the default {found.default!r}"
    for added in new.parameters.values():
        required = added.default is added.empty and added.kind not in variable
        if required and added.name not in known:
            yield added.name, "is new and required"


class TestSurface(base.TestCase):
    def test_every_name_is_there(self):
        for name in surface_of_2017.SURFACE:
            with self.subTest(name):
                found_by(name)

    def test_every_function_takes_the_same_arguments(self):
        found = {
            (name, parameter): said
            for name, text in surface_of_2017.SURFACE.items()
            if text is not None
            for parameter, said in differences(parsed(text), signature_of(name))
        }
        self.assertEqual(surface_of_2017.EXCEPTIONS.keys(), found.keys(), str(found))

    def test_the_client_has_its_managers(self):
        craton = client.Client(fakes.session_on()[0], fakes.URL)
        managers = {n: type(getattr(craton, n)).__name__ for n in surface_of_2017.MANAGERS}
        self.assertEqual(surface_of_2017.MANAGERS, managers)
        self.assertLessEqual(surface_of_2017.MANAGERS.keys(), vars(craton).keys())

    def test_the_entry_points_load(self):
        for group, name in surface_of_2017.ENTRY_POINTS:
            (entry,) = metadata.distribution("python-cratonclient").entry_points.select(
                group=group, name=name
            )
            self.assertTrue(callable(entry.load()), entry)


class TestComparison(base.TestCase):
    """The comparison finds every change that breaks a call, and no other."""

    OLD = "(item_id=None, skip_merge=True, **kwargs)"

    def compared(self, new: str, old: str = OLD) -> list[tuple[str, str]]:
        return list(differences(parsed(old), parsed(new)))

    def test_additions_are_permitted(self):
        for new in (
            self.OLD,
            "(item_id=None, skip_merge=True, json=None, **kwargs)",
            "(item_id=None, skip_merge=True, *, wait=False, **kwargs)",
            "(item_id=None, skip_merge=True, *args, **kwargs)",
        ):
            self.assertEqual([], self.compared(new), new)
        self.assertEqual([], self.compared("(session, url=None)", "(session, url)"))

    def test_breaks_are_found(self):
        for new, wanted in (
            ("(skip_merge=True, item_id=None, **kwargs)", "item_id"),
            ("(id=None, skip_merge=True, **kwargs)", "item_id"),
            ("(item_id, skip_merge=True, **kwargs)", "item_id"),
            ("(item_id=None, skip_merge=False, **kwargs)", "skip_merge"),
            ("(item_id=None, *, skip_merge=True, **kwargs)", "skip_merge"),
            ("(item_id=None, /, skip_merge=True, **kwargs)", "item_id"),
            ("(item_id=None, skip_merge=True)", "kwargs"),
            ("(item_id=None, skip_merge=True, *, wait, **kwargs)", "wait"),
            ("(wait=0, item_id=None, skip_merge=True, **kwargs)", "item_id"),
        ):
            self.assertIn(wanted, [name for name, _ in self.compared(new)], new)

    def test_a_missing_name_would_be_found(self):
        self.assertRaises(AttributeError, found_by, "cratonclient.crud:CRUDClient.nothing")
        self.assertRaises(ImportError, found_by, "cratonclient.nothing:nothing")
