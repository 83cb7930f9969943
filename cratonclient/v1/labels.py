# SPDX-License-Identifier: Apache-2.0
"""Labels: strings on hosts and network devices. Lists of hosts can be filtered by them."""

from __future__ import annotations

import typing as t

from cratonclient import crud, exceptions
from cratonclient.http.response import body_of, check_deletion, entity_tag
from cratonclient.resource import IfMatch


class Labels(t.NamedTuple):
    """The labels of an object as they were read.

    :param values: the labels, sorted.
    :param entity_tag: entity tag of the object; ``None`` on an original server.
    """

    values: list[str]
    entity_tag: str | None


class LabelManager(crud.CRUDClient[crud.Resource]):
    """The labels of one host or network device.

    >>> host.labels.add('web', 'rack-4')
    ['rack-4', 'web']
    >>> host.labels.remove('rack-4')
    True
    """

    key = "label"
    part_name = "labels"
    base_path = "/labels"

    def get(self, **kwargs: t.Any) -> list[str]:  # type: ignore[override]
        """Return the labels, sorted.

        :param kwargs: ``base_path``, as for :meth:`cratonclient.crud.CRUDClient.build_url`.
        :raises cratonclient.exceptions.NotFound: if the host or device does not exist.
        """
        return self._from(self.session.get(self.build_url(kwargs)))

    def add(self, *labels: str, if_match: IfMatch = None) -> list[str]:
        """Add labels. Existing labels are kept.

        :param labels: labels to add.
        :param if_match: refuse the change if the object was changed since it had this entity
            tag. It can be the object that was read, or True for the object of this manager.
        :returns: all labels of the object, sorted.
        :raises cratonclient.exceptions.NotFound: if the host or device does not exist.
        :raises cratonclient.exceptions.PreconditionFailed: if the object was changed.
        :raises cratonclient.exceptions.FeatureMissing: if ``if_match`` is given, and the server
            has no entity tags.
        """
        with self._expecting(if_match) as condition:
            response = self._add(labels, condition)
        found = self._from(response)
        self._adopt(if_match, entity_tag(response))
        return found

    def remove(self, *labels: str, if_match: IfMatch = None) -> bool:
        """Remove labels. Labels that do not exist are ignored.

        :param labels: labels to remove.
        :param if_match: as for :meth:`add`.
        :returns: True.
        :raises cratonclient.exceptions.NotFound: if the host or device does not exist.
        :raises cratonclient.exceptions.PreconditionFailed: if the object was changed.
        """
        with self._expecting(if_match) as condition:
            tag = self._remove(labels, condition)
        self._adopt(if_match, tag)
        return True

    def read(self) -> Labels:
        """Return the labels with the entity tag of the object.

        :raises cratonclient.exceptions.NotFound: if the host or device does not exist.

        >>> host.labels.read()
        Labels(values=['rack-4', 'web'], entity_tag='"7"')
        """
        response = self.session.get(self.build_url())
        return Labels(self._from(response), entity_tag(response))

    def write(
        self, read: Labels, added: t.Collection[str] = (), removed: t.Collection[str] = ()
    ) -> None:
        """Add or remove labels, if nobody has changed the object since they were read.

        An original server does not check it.

        :param read: the labels that the change builds on.
        :param added: labels to add.
        :param removed: labels to remove.
        :raises cratonclient.exceptions.PreconditionFailed: if the object was changed.

        >>> host.labels.write(host.labels.read(), removed=['rack-4'])
        """
        from cratonclient import entity_tags

        condition = entity_tags.headers(read.entity_tag)
        if added:
            tag = entity_tag(self._add(added, condition))
            condition = entity_tags.headers(tag)
        if removed:
            self._remove(removed, condition)

    def _add(self, labels: t.Iterable[str], condition: dict[str, t.Any]) -> t.Any:
        """Add labels, and return the response."""
        body = {self.part_name: list(labels)}
        return self.session.put(self.build_url(), json=body, **condition)

    def _remove(self, labels: t.Iterable[str], condition: dict[str, t.Any]) -> str | None:
        """Remove labels, and return the entity tag of the object."""
        body = {self.part_name: list(labels)}
        response = self.session.delete(self.build_url(), params={}, json=body, **condition)
        check_deletion(response)
        return entity_tag(response)

    def _present(self, url: str) -> list[str]:
        return self.get()

    def _check_operation(self, operation: crud.Operation) -> None:
        """Refuse the methods of other managers, of which labels have none but ``get``."""
        raise exceptions.CommandError(
            f"Labels have no {operation}(). Call get(), add('a', 'b') or remove('a', 'b')."
        )

    def _from(self, response: t.Any) -> list[str]:
        labels = body_of(response).get(self.part_name)
        if not isinstance(labels, list):
            raise exceptions.UnexpectedResponse(
                f"The response from {response.url} has no list of {self.part_name}. Check "
                "that the URL belongs to a Craton server.",
                response=response,
            )
        return sorted(map(str, labels))
