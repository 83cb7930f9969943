# SPDX-License-Identifier: Apache-2.0
"""Sentences that messages consist of."""

from __future__ import annotations


def ended(text: str) -> str:
    """Return a text with one full stop at its end, or with the question mark of a suggestion.

    >>> ended('The column is unknown'), ended('The column is unknown. Did you mean name?')
    ('The column is unknown.', 'The column is unknown. Did you mean name?')
    """
    text = text.rstrip(".")
    return text if text.endswith("?") else f"{text}."
