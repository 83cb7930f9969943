# SPDX-License-Identifier: Apache-2.0
"""Create the objects of a file: check all lines, then create all with one change set."""

from __future__ import annotations

import argparse
import typing as t

from cratonclient import exceptions, keywords, sentences, v1
from cratonclient.fields import Field, Ref
from cratonclient.printable import printable
from cratonclient_osc.output import differences, exit_status, terminal
from cratonclient_osc.verbs import (
    batch,
    bulk,
    columns,
    field_options,
    lookup,
    many_names,
    object_files,
    part_changes,
    places,
    selections,
    show,
)

if t.TYPE_CHECKING:
    from cratonclient import changes


#: The number of errors of lines to report.
_REPORTED = 100


class _Object:
    """An object to create.

    :param number: number of its line.
    :param values: its values by field. References are words until they are looked up.
    """

    def __init__(self, number: int, values: dict[str, t.Any]) -> None:
        self.number = number
        self.values = values
        #: The ids of the places that were looked up.
        self.where = places.Where()
        #: The fields whose values come from options.
        self.defaults: set[str] = set()
        self.errors: list[Exception | str] = []
        #: The fields whose values cannot be used.
        self.failed: set[str] = set()

    @property
    def usable(self) -> bool:
        """True if nothing is known that prevents the creation."""
        return bool(self.values) and not (self.errors or self.failed)


class FromFile:
    """The work of creating the objects of a file.

    :param command: the command ``create``.
    :param parsed_args: its arguments. Options are the values of lines that have no other ones.
    """

    def __init__(self, command: t.Any, parsed_args: argparse.Namespace) -> None:
        self._command = command
        self._args = parsed_args
        self._kind = command.kind
        self._fields = command.creatable
        self._name_attr = self._kind.resource_class.NAME_ATTR
        #: The errors of options, by option and message: many lines have them.
        self._option_errors: dict[tuple[str, str], exceptions.ClientException] = {}

    def run(self) -> int:
        """Create the objects, and return the exit status."""
        if any(field.secret for field in self._fields.values()) or self._kind.key == "user_key":
            raise exit_status.UsageError(
                f"--from-file: create {self._kind.plural} one by one, because each gets a "
                "secret that is shown only once."
            )
        objects = self._read()
        if len(objects) > bulk.MOST:
            raise exit_status.UsageError(
                f"The file has {self._counted(len(objects))}, and a change set can have at "
                f"most {bulk.MOST}: split the file."
            )
        for name, field in self._references():
            self._look_up(name, field, objects)
        for one in objects:
            if one.values:  # the line can be read
                self._find_problems(one)
        self._find_twins(objects)
        atomic = self._kind.resource_class.in_change_sets and "change_sets" in self._features
        if not all(one.usable for one in objects):
            if atomic:
                self._find_refusals([one for one in objects if one.usable])
            return self._report(objects)
        return self._post(objects) if atomic else self._create_singly(objects)

    @property
    def _features(self) -> frozenset[str]:
        return t.cast("frozenset[str]", self._command.client.features)

    def _read(self) -> list[_Object]:
        """Read the file, and add the values of options."""
        given = {n: getattr(self._args, n) for n in self._fields if hasattr(self._args, n)}
        given.pop(self._name_attr, None)
        if "variables" in given:
            from cratonclient import paths

            given["variables"] = paths.changed({}, given["variables"])
        known = columns.Columns(
            self._fields,
            {*self._kind.fields, show.REVISION} - {*self._fields} - {"links"},
        )
        format = self._args.input_format
        lines = object_files.read(self._args.from_file, format)
        objects = []
        for line in lines:
            one = _Object(line.number, {})
            objects.append(one)
            if line.error:
                one.errors.append(line.error)
            if line.error and not line.values:
                continue
            row = known.row(line.values)
            one.errors += row.problems
            one.failed = row.failed
            variables = {**given.get("variables", {}), **row.values.get("variables", {})}
            one.values = {**given, **row.values}
            one.defaults = given.keys() - row.values.keys()
            if variables:
                one.values["variables"] = variables
        return objects

    def _references(self) -> list[tuple[str, Ref[t.Any]]]:
        """Return the references, in the order in which they are looked up."""
        found = [(n, f) for n, f in self._fields.items() if isinstance(f, Ref)]
        names = {name for name, _ in found}
        return sorted(
            found, key=lambda item: len(names & self._command.target_fields(item[1]).keys())
        )

    def _look_up(self, name: str, field: Ref[t.Any], objects: t.Sequence[_Object]) -> None:
        """Replace the words for a reference by ids."""
        some = [one for one in objects if one.values.get(name) is not None]
        if not some:
            return
        client = self._command.client
        find = self._finder(client, field, {one.values[name] for one in some})
        within = self._command.target_fields(field)
        found: dict[t.Any, t.Any] = {}
        for one in some:
            word = one.values[name]
            near = one.where.within(within)
            key = word, tuple(near.items())
            if key not in found:
                try:
                    found[key] = find(word, near)
                except exceptions.ClientException as exc:
                    found[key] = exc
            if isinstance(found[key], Exception):
                self._add_error(one, name, found[key])
                del one.values[name]
            else:
                one.values[name] = one.where[name] = found[key]
                one.where.typed[name] = word

    def _finder(
        self, client: t.Any, field: Ref[t.Any], words: t.Collection[str]
    ) -> t.Callable[[str, places.Where], t.Any]:
        """Return a function that finds the id for a word in a place."""
        strict = field.storage.cascade
        kind = v1.kind(field.target)
        managers = lookup.managers(client, kind)
        if "lookups" in self._features and all(
            manager.resource_class.in_change_sets for manager in managers
        ):
            objects, _ = many_names.request(client, managers, words)
            known = many_names.Known(kind, objects)
            return lambda word, near: known.find(word, near, strict).id
        return lambda word, near: lookup.find_id(client, field.target, word, near, strict)

    def _add_error(self, one: _Object, name: str, error: Exception | str) -> None:
        """Add the error of a field to its line, or to the option that the value comes from."""
        one.failed.add(name)
        if name not in one.defaults:
            one.errors.append(error)
            return
        option = field_options.flag(name, self._fields[name])
        self._option_errors.setdefault((option, str(error)), _exception(error))

    def _find_problems(self, one: _Object) -> None:
        """Find all reasons why the values cannot be those of a new object."""
        missing = [
            columns_name(name, field)
            for name, field in self._fields.items()
            if field.required and one.values.get(name) in (None, "") and name not in one.failed
        ]
        if missing:
            are = "is" if len(missing) == 1 else "are"
            one.errors.append(f"{', '.join(missing)} {are} missing")
        given = {n: v for n, v in one.values.items() if self._fields[n].create}
        wrong = [(n, text) for n, v in given.items() for text in self._refused({n: v})]
        for name, text in wrong:
            self._add_error(one, name, text)
        if not wrong:
            one.errors += self._refused(given)

    def _refused(self, given: dict[str, t.Any]) -> list[str]:
        """Return why values cannot be those of a new object; nothing if they can."""
        try:
            keywords.checked_body(self._kind.resource_class, self._kind.noun, given, "create")
        except exceptions.ClientException as exc:
            return [str(exc)]
        return []

    def _find_twins(self, objects: t.Sequence[_Object]) -> None:
        """Refuse a line with the same name in the same place as a line before."""
        names = [n for n in self._kind.resource_class.unique if n != "project_id"]
        seen: dict[t.Any, int] = {}
        for one in objects if names else ():
            if {*names} & one.failed or not one.values.get(self._name_attr):
                continue
            key = tuple(str(one.values.get(name)) for name in names)
            first = seen.setdefault(key, one.number)
            if first != one.number:
                one.errors.append(f"line {first} has the same name")

    def _report(self, objects: t.Sequence[_Object]) -> int:
        """Report the errors of options, and the first of lines; return the exit status."""
        statuses = [
            self._command.report(error, f"{option}: ")
            for (option, _), error in self._option_errors.items()
        ]
        found = [(one, _exception(error)) for one in objects for error in one.errors]
        for one, error in found[:_REPORTED]:
            self._command.report(error, f"{self._label(one)}: ")
        if len(found) > _REPORTED:
            self._command.app.LOG.error("… and %d more.", len(found) - _REPORTED)
        self._command.app.LOG.error("Nothing was created.")
        return batch.combined(
            [*statuses, *(exit_status.status_of(error) for _, error in found)]
        )

    def _label(self, one: _Object) -> str:
        """Return the line and the name of an object, such as ``line 12 (web-7)``."""
        name = one.values.get(self._name_attr)
        return f"line {one.number}" + (f" ({name})" if name else "")

    def _post(self, objects: list[_Object]) -> int:
        """Create the objects with one change set."""
        change_set, positions = self._change_set(objects)
        try:
            if self._args.dry_run:
                differences.write(change_set.preview().objects, self._command.app.stdout)
                return exit_status.DONE
            if not self._agreed(objects):
                return exit_status.FAILED
            revision = change_set.post().revision
        except exceptions.RequestEntityTooLarge as exc:
            if exc.refused:
                raise
            raise exceptions.RequestEntityTooLarge(
                f"{exc.message} Split the file. Nothing was created.", response=exc.response
            ) from None
        except exceptions.HTTPError as exc:
            if not exc.refused:
                raise
            _add_refusals(exc, positions)
            return self._report(objects)
        self._tell(f"{self._counted(len(objects))} created in revision {revision}.")
        return exit_status.DONE

    def _find_refusals(self, objects: list[_Object]) -> None:
        """Find what the server refuses of some lines; other lines have errors already."""
        if not objects:
            return
        change_set, positions = self._change_set(objects)
        try:
            change_set.preview()
        except exceptions.ClientException as exc:
            _add_refusals(exc, positions)

    def _change_set(self, objects: list[_Object]) -> tuple[changes.ChangeSet, list[_Object]]:
        """Return the change set that creates objects, and the object of each position."""
        positions: list[_Object] = []
        change_set = self._command.client.changes.new()
        for one in objects:
            self._add(change_set, one)
            positions += [one] * (len(change_set) - len(positions))
        return change_set, positions

    def _add(self, change_set: changes.ChangeSet, one: _Object) -> None:
        """Add the creation of an object, and of the parts that a creation cannot contain."""
        parts = {n: v for n, v in one.values.items() if not self._fields[n].create}
        values = {
            n: v
            for n, v in one.values.items()
            if n not in parts and not (v is None and self._fields[n].null)
        }
        part_changes.add_creation(change_set, self._kind, values, parts)

    def _agreed(self, objects: t.Sequence[_Object]) -> bool:
        """Show what is created, and ask on a terminal."""
        names = [str(one.values[self._name_attr]) for one in objects]
        shown = f"{self._counted(len(objects))}: {selections.listed(names)}"
        if self._args.yes or not terminal.is_interactive():
            self._tell(shown)
            return True
        if terminal.confirm(f"Create {self._counted(len(objects))}?", shown):
            return True
        self._command.app.LOG.error("Nothing was created.")
        return False

    def _create_singly(self, objects: t.Sequence[_Object]) -> int:
        """Create the objects one after the other, and say that this is not atomic."""
        if self._args.dry_run:
            self._command.client.require_feature("change_sets")
            raise exit_status.UsageError(
                f"--dry-run: the server cannot show the effects on {self._kind.plural}."
            )
        if not self._agreed(objects):
            return exit_status.FAILED
        self._tell(
            f"The {self._kind.plural} are created one after the other, because the server "
            "cannot create them together: this is not atomic."
        )
        for number, one in enumerate(objects):
            try:
                self._command.create_from(dict(one.values))
            except exceptions.ClientException as exc:
                status = self._command.report(exc, f"{self._label(one)}: ")
                self._command.app.LOG.error(
                    "%s",
                    printable(
                        f"{number} of {self._counted(len(objects))} created. Remove their "
                        f"lines, those before line {one.number}, and try again."
                    ),
                )
                return status if not number else exit_status.FAILED
        self._tell(f"{self._counted(len(objects))} created.")
        return exit_status.DONE

    def _counted(self, number: int) -> str:
        return f"{number} {self._kind.noun if number == 1 else self._kind.plural}"

    def _tell(self, line: str) -> None:
        if not self._command.quiet:
            self._command.app.stderr.write(f"{printable(line)}\n")


def _exception(error: Exception | str) -> exceptions.ClientException:
    """Return an error with the message of another one, for reports."""
    if isinstance(error, exceptions.ClientException):
        return error
    return exceptions.BadRequest(sentences.ended(str(error)))


def _add_refusals(error: exceptions.ClientException, positions: t.Sequence[_Object]) -> None:
    """Add what a server refuses of a change set to the lines.

    :param error: the error of the request; nothing is added unless it is about some objects.
    :param positions: the object of each position in the change set.
    """
    for refused in getattr(error, "refused", ()):
        one = positions[refused.position]
        one.errors.append(exceptions.class_for(refused.status)(refused.message))


def columns_name(name: str, field: Field[t.Any]) -> str:
    """Return the usual column of a field."""
    return name.removesuffix("_id") if isinstance(field, Ref) else name
