# SPDX-License-Identifier: Apache-2.0
"""Labels: strings on hosts and network devices. Lists of hosts can be filtered by them."""

from __future__ import annotations

import typing as t

from cratonclient import crud, exceptions
from cratonclient.http.response import body_of, check_deletion


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

    def add(self, *labels: str) -> list[str]:
        """Add labels. Existing labels are kept.

        :param labels: labels to add.
        :returns: all labels of the object, sorted.
        :raises cratonclient.exceptions.NotFound: if the host or device does not exist.
        """
        return self._from(
            self.session.put(self.build_url(), json={self.part_name: list(labels)})
        )

    def remove(self, *labels: str) -> bool:
        """Remove labels. Labels that do not exist are ignored.

        :param labels: labels to remove.
        :returns: True.
        :raises cratonclient.exceptions.NotFound: if the host or device does not exist.
        """
        body = {self.part_name: list(labels)}
        check_deletion(self.session.delete(self.build_url(), params={}, json=body))
        return True

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
