# SPDX-License-Identifier: Apache-2.0
"""Labels: words that hosts and network devices are found by."""

from __future__ import annotations

import typing as t

from cratonclient import crud, exceptions
from cratonclient.http.response import body_of


class LabelManager(crud.CRUDClient[crud.Resource]):
    """The labels of one host or network device.

    >>> host.labels.add('web', 'rack-4')
    ['rack-4', 'web']
    >>> host.labels.remove('rack-4')
    True

    Source: wire document, section 10.
    """

    key = "label"
    part_name = "labels"
    base_path = "/labels"

    def get(self, **kwargs: t.Any) -> list[str]:  # type: ignore[override]
        """Give the labels, sorted.

        :raises cratonclient.exceptions.NotFound: when their owner is gone.
        """
        return self._from(self.session.get(self.build_url(kwargs)))

    def add(self, *labels: str) -> list[str]:
        """Add labels; those that are there already stay.

        :returns: all labels afterwards, sorted.
        """
        return self._from(
            self.session.put(self.build_url(), json={self.part_name: list(labels)})
        )

    def remove(self, *labels: str) -> bool:
        """Take labels away; those that are not there do not matter.

        :returns: True.
        """
        self.session.delete(self.build_url(), params={}, json={self.part_name: list(labels)})
        return True

    def _from(self, response: t.Any) -> list[str]:
        labels = body_of(response).get(self.part_name)
        if not isinstance(labels, list):
            raise exceptions.UnexpectedResponse(
                f"The answer from {response.url} has no list of {self.part_name}.",
                response=response,
            )
        return sorted(map(str, labels))
